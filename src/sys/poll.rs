//! Waiting for descriptors.

use super::macros::{assert_layout, flags};
use super::{SigSet, Timespec, nr};
use crate::arch::syscall5;
use crate::errno::{Errno, check};
use crate::fd::{AsRawFd, BorrowedFd, RawFd};
use core::marker::PhantomData;
use linux_raw_sys::general as raw;

flags! {
    /// What can happen to a descriptor.
    pub struct PollEvents: u16 {
        /// `POLLIN`: something to read, or the end of it.
        IN = raw::POLLIN;
        /// `POLLPRI`: something exceptional.
        PRI = raw::POLLPRI;
        /// `POLLOUT`: room to write.
        OUT = raw::POLLOUT;
        /// `POLLERR`: an error; for the writing end of a pipe, that nobody reads. Always told.
        ERR = raw::POLLERR;
        /// `POLLHUP`: the other side is gone. Always told.
        HUP = raw::POLLHUP;
        /// `POLLNVAL`: it is not open. Always told.
        NVAL = raw::POLLNVAL;
        /// `POLLRDHUP`: the other side of a stream will write no more.
        RDHUP = raw::POLLRDHUP;
        /// `POLLRDNORM`: as `IN`.
        RDNORM = raw::POLLRDNORM;
        /// `POLLWRNORM`: as `OUT`.
        WRNORM = raw::POLLWRNORM;
    }
}

/// A descriptor to wait for: the kernel's `struct pollfd`.
#[doc(alias = "pollfd")]
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct PollFd<'fd> {
    fd: RawFd,
    events: PollEvents,
    revents: PollEvents,
    borrow: PhantomData<BorrowedFd<'fd>>,
}

assert_layout!(PollFd, raw::pollfd, { fd = fd, events = events, revents = revents; borrow });

impl<'fd> PollFd<'fd> {
    /// Waits for these events of this descriptor.
    #[must_use]
    pub fn new(fd: BorrowedFd<'fd>, events: PollEvents) -> Self {
        Self { fd: fd.as_raw_fd(), events, revents: PollEvents::empty(), borrow: PhantomData }
    }

    /// Waits for nothing: an entry that the kernel skips.
    #[must_use]
    pub const fn none() -> Self {
        Self { fd: -1, events: PollEvents::empty(), revents: PollEvents::empty(), borrow: PhantomData }
    }

    /// What is waited for.
    #[must_use]
    pub const fn events(&self) -> PollEvents {
        self.events
    }

    /// Waits for these events from now on.
    pub const fn set_events(&mut self, events: PollEvents) {
        self.events = events;
    }

    /// What happened, as the last [`ppoll`] told.
    #[must_use]
    pub const fn revents(&self) -> PollEvents {
        self.revents
    }
}

/// `ppoll(2)`: waits until something happens to one of the descriptors, and says to how many.
///
/// 0 is the end of the time; `None` waits without end. `timeout` holds what is left of it
/// afterwards. With a `mask`, the thread blocks these signals and no others meanwhile.
///
/// # Errors
///
/// - [`Errno::INTR`]: a signal handler ran.
/// - [`Errno::INVAL`]: more descriptors than the process may have, or the timeout is out of
///   range.
/// - [`Errno::NOMEM`]: no memory in the kernel.
///
/// # References
///
/// - [ppoll(2)](https://man7.org/linux/man-pages/man2/poll.2.html)
#[doc(alias = "poll")]
#[inline]
pub fn ppoll(
    fds: &mut [PollFd<'_>],
    timeout: Option<&mut Timespec>,
    mask: Option<&SigSet>,
) -> Result<usize, Errno> {
    // SAFETY: the kernel writes to the entries and to the timeout, and reads the mask.
    check(unsafe {
        syscall5(
            nr::PPOLL,
            fds.as_mut_ptr().into(),
            fds.len().into(),
            timeout.into(),
            mask.into(),
            size_of::<SigSet>().into(),
        )
    })
}
