//! Calls that open, close, copy and shape descriptors.

use super::macros::flags;
use super::nr;
use crate::arch::{syscall1_readonly, syscall2, syscall2_readonly, syscall3_readonly, syscall4};
use crate::errno::{Errno, check};
use crate::fd::{BorrowedFd, FromRawFd, OwnedFd, RawFd};
use core::ffi::CStr;
use linux_raw_sys::general as raw;

flags! {
    /// Flags of [`openat`], and what [`fcntl_getfl`](super::fcntl_getfl) gives back.
    pub struct OpenFlags: u32 {
        /// `O_RDONLY`: for reading; it is 0, the absence of the two others.
        RDONLY = raw::O_RDONLY;
        /// `O_WRONLY`: for writing.
        WRONLY = raw::O_WRONLY;
        /// `O_RDWR`: for both.
        RDWR = raw::O_RDWR;
        /// `O_ACCMODE`: the bits of these three.
        ACCMODE = raw::O_ACCMODE;
        /// `O_APPEND`: every write goes to the end.
        APPEND = raw::O_APPEND;
        /// `O_CLOEXEC`: closed by a successful exec.
        CLOEXEC = raw::O_CLOEXEC;
        /// `O_CREAT`: create it if it is missing; then `mode` counts.
        CREAT = raw::O_CREAT;
        /// `O_DIRECT`: past the page cache; for a pipe, in packets.
        DIRECT = raw::O_DIRECT;
        /// `O_DIRECTORY`: fail unless it is a directory.
        DIRECTORY = raw::O_DIRECTORY;
        /// `O_DSYNC`: a write returns when its data is on the device.
        DSYNC = raw::O_DSYNC;
        /// `O_EXCL`: with `CREAT`, fail if it is there.
        EXCL = raw::O_EXCL;
        /// `O_LARGEFILE`: the kernel adds it on these architectures.
        LARGEFILE = raw::O_LARGEFILE;
        /// `O_NOATIME`: reading leaves the time of the last access alone.
        NOATIME = raw::O_NOATIME;
        /// `O_NOCTTY`: a terminal does not become the controlling one.
        NOCTTY = raw::O_NOCTTY;
        /// `O_NOFOLLOW`: fail if the last component is a symbolic link.
        NOFOLLOW = raw::O_NOFOLLOW;
        /// `O_NONBLOCK`: what would wait fails with [`Errno::AGAIN`].
        NONBLOCK = raw::O_NONBLOCK;
        /// `O_PATH`: only a place in the tree, not for reading or writing.
        PATH = raw::O_PATH;
        /// `O_SYNC`: a write returns when data and metadata are on the device.
        SYNC = raw::O_SYNC;
        /// `O_TMPFILE`: a file without a name in that directory.
        TMPFILE = raw::O_TMPFILE;
        /// `O_TRUNC`: cut a regular file to length 0.
        TRUNC = raw::O_TRUNC;
    }

    /// Flags of [`pipe2`].
    pub struct PipeFlags: u32 {
        /// `O_CLOEXEC`: both ends are closed by a successful exec.
        CLOEXEC = raw::O_CLOEXEC;
        /// `O_DIRECT`: in packets: a read takes what one write put in.
        DIRECT = raw::O_DIRECT;
        /// `O_NONBLOCK`: what would wait fails with [`Errno::AGAIN`].
        NONBLOCK = raw::O_NONBLOCK;
    }

    /// Flags of [`dup3`].
    pub struct DupFlags: u32 {
        /// `O_CLOEXEC`: the copy is closed by a successful exec.
        CLOEXEC = raw::O_CLOEXEC;
    }

    /// Flags of [`close_range`].
    pub struct CloseRangeFlags: u32 {
        // linux-raw-sys 0.12 lacks both (include/uapi/linux/close_range.h).
        /// `CLOSE_RANGE_UNSHARE`: first give this process a table of its own.
        UNSHARE = 1 << 1;
        /// `CLOSE_RANGE_CLOEXEC`: do not close, but set close-on-exec (Linux 5.11).
        CLOEXEC = 1 << 2;
    }

    /// Flags of [`memfd_create`].
    pub struct MemfdFlags: u32 {
        /// `MFD_CLOEXEC`: closed by a successful exec.
        CLOEXEC = raw::MFD_CLOEXEC;
        /// `MFD_ALLOW_SEALING`: seals may be added.
        ALLOW_SEALING = raw::MFD_ALLOW_SEALING;
        /// `MFD_HUGETLB`: of huge pages; their size stands in the bits from 26 on.
        HUGETLB = raw::MFD_HUGETLB;
        /// `MFD_NOEXEC_SEAL`: not executable, for good (Linux 6.3).
        NOEXEC_SEAL = raw::MFD_NOEXEC_SEAL;
        /// `MFD_EXEC`: executable (Linux 6.3).
        EXEC = raw::MFD_EXEC;
    }
}

/// `openat(2)`: opens a file, relative to a directory; `mode` are the permissions of a new one.
///
/// # Errors
///
/// - [`Errno::ACCES`]: a permission is missing on the file or on the way to it.
/// - [`Errno::AGAIN`]: non-blocking, and a lease is in the way.
/// - [`Errno::BADF`]: a relative path, and `dir` is not open.
/// - [`Errno::BUSY`]: exclusive, and the device is in use.
/// - [`Errno::DQUOT`], [`Errno::NOSPC`]: no room to create it.
/// - [`Errno::EXIST`]: [`OpenFlags::EXCL`], and it is there.
/// - [`Errno::INTR`]: a signal came while it waited, for the other end of a FIFO say.
/// - [`Errno::INVAL`]: flags that do not go together, or a bad name.
/// - [`Errno::ISDIR`]: a directory cannot be opened for writing.
/// - [`Errno::LOOP`]: too many symbolic links, or one with [`OpenFlags::NOFOLLOW`].
/// - [`Errno::MFILE`], [`Errno::NFILE`]: no descriptor left in the process, in the system.
/// - [`Errno::NAMETOOLONG`]: a component above 255 bytes or a path above 4095.
/// - [`Errno::NODEV`], [`Errno::NXIO`]: no such device; also a FIFO without a reader that is
///   opened for writing, non-blocking.
/// - [`Errno::NOENT`]: it, or a directory on the way, is missing.
/// - [`Errno::NOMEM`]: no memory in the kernel.
/// - [`Errno::NOTDIR`]: something on the way is no directory.
/// - [`Errno::OPNOTSUPP`]: the file system lacks [`OpenFlags::TMPFILE`].
/// - [`Errno::OVERFLOW`]: the file is too large for its type.
/// - [`Errno::PERM`]: [`OpenFlags::NOATIME`] on another's file, or a seal forbids it.
/// - [`Errno::ROFS`]: the file system is read-only.
/// - [`Errno::TXTBSY`]: it is being executed, or is a swap file.
///
/// # References
///
/// - [openat(2)](https://man7.org/linux/man-pages/man2/openat.2.html)
#[doc(alias = "open")]
#[inline]
pub fn openat(dir: BorrowedFd<'_>, path: &CStr, flags: OpenFlags, mode: u32) -> Result<OwnedFd, Errno> {
    // SAFETY: the kernel reads the path, and gives a descriptor that nobody else owns. It
    // is not the read-only stub: truncating changes what others have mapped.
    unsafe {
        let fd = check(syscall4(nr::OPENAT, dir.into(), path.into(), flags.into(), mode.into()))?;
        Ok(OwnedFd::from_raw_fd(fd as RawFd))
    }
}

/// `close(2)`: closes a descriptor. It is closed even if this fails; never call it again.
///
/// # Errors
///
/// - [`Errno::BADF`]: it was not open.
/// - [`Errno::DQUOT`], [`Errno::IO`], [`Errno::NOSPC`]: an earlier write has failed only now.
/// - [`Errno::INTR`]: a signal came while it waited.
///
/// # Safety
///
/// The caller must own the descriptor, and nobody may use it afterwards.
///
/// # References
///
/// - [close(2)](https://man7.org/linux/man-pages/man2/close.2.html)
#[inline]
pub unsafe fn close(fd: RawFd) -> Result<(), Errno> {
    // SAFETY: the caller gives the descriptor up.
    check(unsafe { syscall1_readonly(nr::CLOSE, fd.into()) }).map(drop)
}

/// `close_range(2)`: closes the descriptors from `first` to `last`, both included.
///
/// Numbers that are not open are skipped, and errors of closing are not told.
///
/// # Errors
///
/// - [`Errno::INVAL`]: `first` is above `last`, or an unknown flag.
/// - [`Errno::MFILE`], [`Errno::NOMEM`]: [`CloseRangeFlags::UNSHARE`] cannot copy the table.
/// - [`Errno::NOSYS`]: the kernel is older than 5.9.
///
/// # Safety
///
/// The caller must own all open descriptors in the range, and nobody may use them
/// afterwards; with [`CloseRangeFlags::CLOEXEC`], nobody may count on them after an exec.
///
/// # References
///
/// - [close_range(2)](https://man7.org/linux/man-pages/man2/close_range.2.html)
#[inline]
pub unsafe fn close_range(first: u32, last: u32, flags: CloseRangeFlags) -> Result<(), Errno> {
    // SAFETY: the caller gives the descriptors up.
    check(unsafe { syscall3_readonly(nr::CLOSE_RANGE, first.into(), last.into(), flags.into()) }).map(drop)
}

/// `dup(2)`: copies a descriptor to the lowest free number. The copy survives an exec.
///
/// # Errors
///
/// - [`Errno::BADF`]: it is not open.
/// - [`Errno::MFILE`]: no descriptor left in the process.
#[inline]
pub fn dup(fd: BorrowedFd<'_>) -> Result<OwnedFd, Errno> {
    // SAFETY: the kernel gives a descriptor that nobody else owns.
    unsafe {
        let fd = check(syscall1_readonly(nr::DUP, fd.into()))?;
        Ok(OwnedFd::from_raw_fd(fd as RawFd))
    }
}

/// `dup3(2)`: copies a descriptor to the number `new`, which is closed first if it is open.
///
/// # Errors
///
/// - [`Errno::BADF`]: `old` is not open, or `new` is negative or beyond the limit.
/// - [`Errno::BUSY`]: somebody is just opening `new`.
/// - [`Errno::INTR`]: a signal came while `new` was being closed.
/// - [`Errno::INVAL`]: `old` and `new` are the same, or an unknown flag.
///
/// # Safety
///
/// The caller must own `new` if it is open, and nobody may use what it was before. The value
/// that comes back owns it now.
///
/// # References
///
/// - [dup3(2)](https://man7.org/linux/man-pages/man2/dup.2.html)
#[doc(alias = "dup2")]
#[inline]
pub unsafe fn dup3(old: BorrowedFd<'_>, new: RawFd, flags: DupFlags) -> Result<OwnedFd, Errno> {
    // SAFETY: the caller gives `new` up, and the kernel makes it a copy that nobody else owns.
    unsafe {
        let fd = check(syscall3_readonly(nr::DUP3, old.into(), new.into(), flags.into()))?;
        Ok(OwnedFd::from_raw_fd(fd as RawFd))
    }
}

/// `pipe2(2)`: opens a pipe; returns its reading end, then its writing end.
///
/// # Errors
///
/// - [`Errno::INVAL`]: a flag that the kernel does not know.
/// - [`Errno::MFILE`], [`Errno::NFILE`]: no descriptor left in the process, in the system;
///   the latter also when the user's pipes hold too much memory.
///
/// # References
///
/// - [pipe2(2)](https://man7.org/linux/man-pages/man2/pipe.2.html)
#[doc(alias = "pipe")]
#[inline]
pub fn pipe2(flags: PipeFlags) -> Result<(OwnedFd, OwnedFd), Errno> {
    let mut fds = [0; 2];
    // SAFETY: the kernel writes two descriptors, which nobody else owns, and only on success.
    unsafe {
        check(syscall2(nr::PIPE2, fds.as_mut_ptr().into(), flags.into()))?;
        Ok((OwnedFd::from_raw_fd(fds[0]), OwnedFd::from_raw_fd(fds[1])))
    }
}

/// `memfd_create(2)`: makes a file that lives in memory only, of length 0.
///
/// `name`, at most 249 bytes, is for people: it appears in `/proc/<pid>/fd`.
///
/// # Errors
///
/// - [`Errno::ACCES`]: `vm.memfd_noexec` forbids an executable one.
/// - [`Errno::INVAL`]: the name is too long, or flags that the kernel does not take.
/// - [`Errno::MFILE`], [`Errno::NFILE`]: no descriptor left in the process, in the system.
/// - [`Errno::NOMEM`]: no memory in the kernel.
/// - [`Errno::PERM`]: [`MemfdFlags::HUGETLB`] without the privilege.
///
/// # References
///
/// - [memfd_create(2)](https://man7.org/linux/man-pages/man2/memfd_create.2.html)
#[inline]
pub fn memfd_create(name: &CStr, flags: MemfdFlags) -> Result<OwnedFd, Errno> {
    // SAFETY: the kernel reads the name, and gives a descriptor that nobody else owns.
    unsafe {
        let fd = check(syscall2_readonly(nr::MEMFD_CREATE, name.into(), flags.into()))?;
        Ok(OwnedFd::from_raw_fd(fd as RawFd))
    }
}

/// `ftruncate(2)`: makes a file `length` bytes long; what is new reads as zeros.
///
/// # Errors
///
/// - [`Errno::BADF`], [`Errno::INVAL`]: it is not open for writing, is not a regular file, or
///   the length is above `i64::MAX`.
/// - [`Errno::FBIG`]: more than the file system or the limit of the process allows.
/// - [`Errno::INTR`]: a signal came while it waited.
/// - [`Errno::IO`], [`Errno::NOSPC`]: the device failed, is full.
/// - [`Errno::PERM`]: a seal forbids it.
/// - [`Errno::TXTBSY`]: it is being executed.
#[inline]
pub fn ftruncate(fd: BorrowedFd<'_>, length: u64) -> Result<(), Errno> {
    // SAFETY: it takes no address. It is not the read-only stub: the file may be mapped.
    check(unsafe { syscall2(nr::FTRUNCATE, fd.into(), length.into()) }).map(drop)
}
