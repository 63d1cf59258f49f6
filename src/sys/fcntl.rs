//! `fcntl(2)`: one function for each of its commands.
//!
//! Record locks are left out: they belong to the process and vanish when it closes any
//! descriptor of the file, which no ownership can express.

use super::file::OpenFlags;
use super::macros::flags;
use super::nr;
use crate::arch::{Arg, syscall3_readonly};
use crate::errno::{Errno, check};
use crate::fd::{BorrowedFd, FromRawFd, OwnedFd, RawFd};
use linux_raw_sys::general as raw;

flags! {
    /// Flags of a descriptor: [`fcntl_getfd`], [`fcntl_setfd`].
    pub struct FdFlags: u32 {
        /// `FD_CLOEXEC`: closed by a successful exec.
        CLOEXEC = raw::FD_CLOEXEC;
    }

    /// What can no longer be done to a memory file: [`fcntl_add_seals`], [`fcntl_get_seals`].
    pub struct SealFlags: u32 {
        /// `F_SEAL_SEAL`: add seals.
        SEAL = raw::F_SEAL_SEAL;
        /// `F_SEAL_SHRINK`: make it shorter.
        SHRINK = raw::F_SEAL_SHRINK;
        /// `F_SEAL_GROW`: make it longer.
        GROW = raw::F_SEAL_GROW;
        /// `F_SEAL_WRITE`: change its bytes.
        WRITE = raw::F_SEAL_WRITE;
        /// `F_SEAL_FUTURE_WRITE`: change its bytes, but through mappings that are there.
        FUTURE_WRITE = raw::F_SEAL_FUTURE_WRITE;
        /// `F_SEAL_EXEC`: change its executable bits (Linux 6.3).
        EXEC = raw::F_SEAL_EXEC;
    }
}

#[inline]
fn fcntl(fd: BorrowedFd<'_>, command: u32, argument: Arg) -> Result<usize, Errno> {
    // SAFETY: the commands of this file take a number and touch no memory.
    check(unsafe { syscall3_readonly(nr::FCNTL, fd.into(), command.into(), argument) })
}

/// `fcntl(2)` with `F_GETFD`: the flags of the descriptor.
///
/// # Errors
///
/// - [`Errno::BADF`]: it is not open.
#[doc(alias = "F_GETFD")]
#[inline]
pub fn fcntl_getfd(fd: BorrowedFd<'_>) -> Result<FdFlags, Errno> {
    fcntl(fd, raw::F_GETFD, Arg::ZERO).map(|bits| FdFlags::from_bits_retain(bits as u32))
}

/// `fcntl(2)` with `F_SETFD`: sets the flags of the descriptor.
///
/// # Errors
///
/// - [`Errno::BADF`]: it is not open.
#[doc(alias = "F_SETFD")]
#[inline]
pub fn fcntl_setfd(fd: BorrowedFd<'_>, flags: FdFlags) -> Result<(), Errno> {
    fcntl(fd, raw::F_SETFD, flags.into()).map(drop)
}

/// `fcntl(2)` with `F_GETFL`: how the file is open, and its status flags.
///
/// # Errors
///
/// - [`Errno::BADF`]: it is not open.
#[doc(alias = "F_GETFL")]
#[inline]
pub fn fcntl_getfl(fd: BorrowedFd<'_>) -> Result<OpenFlags, Errno> {
    fcntl(fd, raw::F_GETFL, Arg::ZERO).map(|bits| OpenFlags::from_bits_retain(bits as u32))
}

/// `fcntl(2)` with `F_SETFL`: sets the status flags, for all copies of the descriptor.
///
/// Only `APPEND`, `DIRECT`, `NOATIME` and `NONBLOCK` can change; the others are ignored.
///
/// # Errors
///
/// - [`Errno::BADF`]: it is not open.
/// - [`Errno::INVAL`]: the file cannot do `DIRECT`.
/// - [`Errno::PERM`]: `APPEND` is fixed for the file, or `NOATIME` on another's file.
#[doc(alias = "F_SETFL")]
#[inline]
pub fn fcntl_setfl(fd: BorrowedFd<'_>, flags: OpenFlags) -> Result<(), Errno> {
    fcntl(fd, raw::F_SETFL, flags.into()).map(drop)
}

/// `fcntl(2)` with `F_DUPFD_CLOEXEC`: copies a descriptor to the lowest free number that is
/// not below `lowest`, close-on-exec.
///
/// # Errors
///
/// - [`Errno::BADF`]: it is not open.
/// - [`Errno::INVAL`]: `lowest` is negative or beyond the limit.
/// - [`Errno::MFILE`]: no descriptor left in the process.
#[doc(alias = "F_DUPFD_CLOEXEC")]
#[inline]
pub fn fcntl_dupfd_cloexec(fd: BorrowedFd<'_>, lowest: RawFd) -> Result<OwnedFd, Errno> {
    let fd = fcntl(fd, raw::F_DUPFD_CLOEXEC, lowest.into())?;
    // SAFETY: the kernel gave a descriptor that nobody else owns.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as RawFd) })
}

/// `fcntl(2)` with `F_GETPIPE_SZ`: how many bytes the pipe can hold.
///
/// # Errors
///
/// - [`Errno::BADF`]: it is not open, or is no pipe.
#[doc(alias = "F_GETPIPE_SZ")]
#[inline]
pub fn fcntl_getpipe_size(fd: BorrowedFd<'_>) -> Result<usize, Errno> {
    fcntl(fd, raw::F_GETPIPE_SZ, Arg::ZERO)
}

/// `fcntl(2)` with `F_SETPIPE_SZ`: makes the pipe hold at least `size` bytes, and gives what
/// it holds now.
///
/// # Errors
///
/// - [`Errno::BADF`]: it is not open, or is no pipe.
/// - [`Errno::BUSY`]: it holds more bytes at the moment.
/// - [`Errno::INVAL`]: more than the kernel can count.
/// - [`Errno::NOMEM`]: no memory in the kernel.
/// - [`Errno::PERM`]: more than `/proc/sys/fs/pipe-max-size` or the user's share allows.
#[doc(alias = "F_SETPIPE_SZ")]
#[inline]
pub fn fcntl_setpipe_size(fd: BorrowedFd<'_>, size: usize) -> Result<usize, Errno> {
    // The kernel takes an unsigned int, and would silently drop the rest.
    let size = u32::try_from(size).map_err(|_| Errno::INVAL)?;
    fcntl(fd, raw::F_SETPIPE_SZ, size.into())
}

/// `fcntl(2)` with `F_ADD_SEALS`: forbids things to a memory file, for good.
///
/// # Errors
///
/// - [`Errno::BADF`]: it is not open.
/// - [`Errno::BUSY`]: [`SealFlags::WRITE`], and a shared mapping could still write.
/// - [`Errno::INVAL`]: the file takes no seals, or an unknown one.
/// - [`Errno::PERM`]: it is not open for writing, or [`SealFlags::SEAL`] is set.
#[doc(alias = "F_ADD_SEALS")]
#[inline]
pub fn fcntl_add_seals(fd: BorrowedFd<'_>, seals: SealFlags) -> Result<(), Errno> {
    fcntl(fd, raw::F_ADD_SEALS, seals.into()).map(drop)
}

/// `fcntl(2)` with `F_GET_SEALS`: what is forbidden to a memory file.
///
/// # Errors
///
/// - [`Errno::BADF`]: it is not open.
/// - [`Errno::INVAL`]: the file takes no seals.
#[doc(alias = "F_GET_SEALS")]
#[inline]
pub fn fcntl_get_seals(fd: BorrowedFd<'_>) -> Result<SealFlags, Errno> {
    fcntl(fd, raw::F_GET_SEALS, Arg::ZERO).map(|bits| SealFlags::from_bits_retain(bits as u32))
}
