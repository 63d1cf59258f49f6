//! What the kernel tells a program at its start.

use super::Outcome;
use super::tools::{self, memory, page};
use crate::calls;

/// S-213: the size of a page is the kernel's, and mappings start at multiples of it.
fn the_page_size_is_what_mappings_are_made_of() -> Outcome {
    check!(page().is_power_of_two() && page() >= 4096);
    let [first, second] = [memory(1)?, memory(1)?];
    check_eq!(first.addr() % page(), 0);
    check_eq!(second.addr() % page(), 0);
    // SAFETY: one byte was asked for; a whole page came, and the test ends with it.
    unsafe { first.add(page() - 1).write_volatile(1) };
    // SAFETY: the address is not touched, only asked about.
    let half = unsafe { calls::mprotect(first.add(page() / 2), 1, calls::PROT_READ) };
    check_eq!(half.err(), Some(calls::Errno::INVAL));
    Ok(())
}

/// The auxiliary vector is the one that the kernel has on record.
fn the_auxiliary_vector_is_the_kernels() -> Outcome {
    let file = calls::open(c"/proc/self/auxv", calls::O_RDONLY, 0)?;
    let mut bytes = [0; 1024];
    let length = tools::read_full(&file, &mut bytes)?;
    let mut compared = 0;
    for entry in bytes[..length].chunks_exact(16) {
        let (kind, value) = entry.split_at(8);
        let [kind, value] =
            [kind, value].map(|word| usize::from_ne_bytes(word.try_into().unwrap_or_default()));
        // To the C library a value of 0 is none, and 16, AT_HWCAP, is of its own making.
        if ![0, 16].contains(&kind) && value != 0 {
            check_eq!((kind, calls::getauxval(kind)), (kind, Some(value)));
            compared += 1;
        }
    }
    check!(compared >= 10);
    check_eq!(calls::getauxval(4242), None);
    Ok(())
}

cases! {
    the_page_size_is_what_mappings_are_made_of,
    the_auxiliary_vector_is_the_kernels,
}
