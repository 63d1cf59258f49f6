//! Waiting for a word of memory to change.
//!
//! Without [`FutexFlags::PRIVATE`] the word may be shared with other processes.

use super::macros::flags;
use super::{Timespec, nr};
use crate::arch::{Arg, syscall3, syscall4, syscall6};
use crate::errno::{Errno, check};
use core::sync::atomic::AtomicU32;
use linux_raw_sys::general as raw;

flags! {
    /// Flags of the futex calls.
    pub struct FutexFlags: u32 {
        /// `FUTEX_PRIVATE_FLAG`: only threads of this process use the word.
        PRIVATE = raw::FUTEX_PRIVATE_FLAG;
        /// `FUTEX_CLOCK_REALTIME`: the deadline is of [`Clock::REALTIME`](super::Clock).
        CLOCK_REALTIME = raw::FUTEX_CLOCK_REALTIME;
    }
}

impl FutexFlags {
    /// The operation with these flags. A bit that is no flag would make it another operation,
    /// one that writes through arguments that it was not given.
    const fn with(self, operation: u32) -> u32 {
        operation | self.bits() & !(raw::FUTEX_CMD_MASK as u32)
    }
}

// None of these takes the read-only stub: another thread writes the word meanwhile.

/// `futex(2)` with `FUTEX_WAIT`: sleeps until somebody wakes the word, if it still holds
/// `expected`; for at most `timeout`, a span of the monotonic clock.
///
/// It can also return without a cause: look at the word again.
///
/// # Errors
///
/// - [`Errno::AGAIN`]: the word holds something else.
/// - [`Errno::INTR`]: a signal handler ran.
/// - [`Errno::INVAL`]: the timeout is out of range.
/// - [`Errno::TIMEDOUT`]: the time is over.
///
/// # References
///
/// - [futex(2)](https://man7.org/linux/man-pages/man2/futex.2.html)
#[doc(alias = "FUTEX_WAIT")]
#[inline]
pub fn futex_wait(
    word: &AtomicU32,
    expected: u32,
    flags: FutexFlags,
    timeout: Option<&Timespec>,
) -> Result<(), Errno> {
    let operation = flags.with(raw::FUTEX_WAIT);
    // SAFETY: the kernel reads the word and the timeout.
    check(unsafe {
        syscall4(nr::FUTEX, word.as_ptr().into(), operation.into(), expected.into(), timeout.into())
    })
    .map(drop)
}

/// `futex(2)` with `FUTEX_WAIT_BITSET`: [`futex_wait`] until a time of the monotonic clock, or
/// of the real one with [`FutexFlags::CLOCK_REALTIME`].
///
/// A wait that is begun again needs no arithmetic.
///
/// # Errors
///
/// Those of [`futex_wait`].
#[doc(alias = "FUTEX_WAIT_BITSET")]
#[inline]
pub fn futex_wait_until(
    word: &AtomicU32,
    expected: u32,
    flags: FutexFlags,
    deadline: Option<&Timespec>,
) -> Result<(), Errno> {
    let operation = flags.with(raw::FUTEX_WAIT_BITSET);
    // SAFETY: the kernel reads the word and the deadline.
    check(unsafe {
        syscall6(
            nr::FUTEX,
            word.as_ptr().into(),
            operation.into(),
            expected.into(),
            deadline.into(),
            Arg::ZERO,
            raw::FUTEX_BITSET_MATCH_ANY.into(),
        )
    })
    .map(drop)
}

/// `futex(2)` with `FUTEX_WAKE`: wakes up to `count` of those who wait for the word, and says
/// how many. `u32::MAX` stands for all.
///
/// # Errors
///
/// - [`Errno::INVAL`]: somebody uses the word as a lock with priority inheritance.
#[doc(alias = "FUTEX_WAKE")]
#[inline]
pub fn futex_wake(word: &AtomicU32, count: u32, flags: FutexFlags) -> Result<usize, Errno> {
    let operation = flags.with(raw::FUTEX_WAKE);
    // The kernel takes an int, of which a negative one would wake a single waiter.
    let count = count.min(i32::MAX as u32);
    // SAFETY: the kernel takes the word's address and does not touch it.
    check(unsafe { syscall3(nr::FUTEX, word.as_ptr().into(), operation.into(), count.into()) })
}
