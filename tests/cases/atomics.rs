//! Atomic operations. On aarch64 the compiler calls a function that chooses between two kinds
//! of instructions at run time; the guests have a processor of each kind.

use super::Outcome;
use super::tools::{child, shared_words, status_of};
use core::hint::black_box;
use core::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering};

macro_rules! every_operation {
    ($name:ident, $Atomic:ty, $Integer:ty) => {
        /// Each operation does what its name says, in every order.
        fn $name() -> Outcome {
            use Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};
            let word = black_box(<$Atomic>::new(5));
            for order in [Relaxed, Acquire, Release, AcqRel, SeqCst].map(black_box) {
                word.store(5, SeqCst);
                check_eq!(word.fetch_add(3, order), 5);
                check_eq!(word.fetch_sub(9, order), 8);
                check_eq!(word.fetch_and(0x0f, order), <$Integer>::MAX);
                check_eq!(word.fetch_or(0x70, order), 0x0f);
                check_eq!(word.fetch_xor(0x11, order), 0x7f);
                check_eq!(word.swap(1, order), 0x6e);
                check_eq!(word.compare_exchange(2, 3, order, Relaxed), Err(1));
                check_eq!(word.compare_exchange(1, 3, order, Relaxed), Ok(1));
                check_eq!(word.fetch_max(9, order), 3);
                check_eq!(word.fetch_min(2, order), 9);
                check_eq!(word.load(SeqCst), 2);
            }
            Ok(())
        }
    };
}

every_operation!(operations_on_8_bits, AtomicU8, u8);
every_operation!(operations_on_16_bits, AtomicU16, u16);
every_operation!(operations_on_32_bits, AtomicU32, u32);
every_operation!(operations_on_64_bits, AtomicU64, u64);

/// Nothing is lost when two processes count at once.
fn two_processes_count_together() -> Outcome {
    const EACH: u32 = 50_000;
    let words = shared_words()?;
    let count = || {
        for _ in 0..EACH {
            words[0].fetch_add(1, Ordering::Relaxed);
            // By another instruction.
            while words[1].swap(1, Ordering::Acquire) != 0 {
                core::hint::spin_loop();
            }
            words[2].store(words[2].load(Ordering::Relaxed) + 1, Ordering::Relaxed);
            words[1].store(0, Ordering::Release);
        }
    };
    let child = child(|| {
        count();
        Ok(())
    })?;
    count();
    check_eq!(status_of(child), Ok(0));
    check_eq!(words[0].load(Ordering::SeqCst), 2 * EACH);
    check_eq!(words[2].load(Ordering::SeqCst), 2 * EACH);
    Ok(())
}

cases! {
    operations_on_8_bits,
    operations_on_16_bits,
    operations_on_32_bits,
    operations_on_64_bits,
    two_processes_count_together,
}
