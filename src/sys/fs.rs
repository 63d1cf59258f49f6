//! Calls on names in the file system.

use super::macros::flags;
use super::nr;
use crate::arch::{syscall1_readonly, syscall3_readonly, syscall4_readonly};
use crate::errno::{Errno, check};
use crate::fd::BorrowedFd;
use core::ffi::CStr;
use linux_raw_sys::general as raw;

flags! {
    /// How a path is looked up: [`statx`](super::statx), [`execveat`](super::execveat).
    pub struct AtFlags: u32 {
        /// `AT_SYMLINK_NOFOLLOW`: the link itself, if the last component is one.
        SYMLINK_NOFOLLOW = raw::AT_SYMLINK_NOFOLLOW;
        /// `AT_NO_AUTOMOUNT`: do not mount what the last component would mount.
        NO_AUTOMOUNT = raw::AT_NO_AUTOMOUNT;
        /// `AT_EMPTY_PATH`: with an empty path, the descriptor's file.
        EMPTY_PATH = raw::AT_EMPTY_PATH;
        /// `AT_STATX_FORCE_SYNC`: ask the server of a network file system.
        STATX_FORCE_SYNC = raw::AT_STATX_FORCE_SYNC;
        /// `AT_STATX_DONT_SYNC`: do not ask it.
        STATX_DONT_SYNC = raw::AT_STATX_DONT_SYNC;
    }

    /// Flags of [`unlinkat`].
    pub struct UnlinkFlags: u32 {
        /// `AT_REMOVEDIR`: an empty directory, not a file.
        REMOVEDIR = raw::AT_REMOVEDIR;
    }
}

/// `mknodat(2)`: makes a FIFO, a device, a socket or an empty file.
///
/// `mode` is the type (`S_IFIFO`, …; 0 for a file) with the permissions, of which the umask
/// takes some away. `device` counts only for a device: the number that `makedev(3)` gives.
///
/// # Errors
///
/// - [`Errno::ACCES`]: a permission is missing on the way.
/// - [`Errno::BADF`]: a relative path, and `dir` is not open.
/// - [`Errno::DQUOT`], [`Errno::NOSPC`]: no room.
/// - [`Errno::EXIST`]: the name is taken.
/// - [`Errno::INVAL`]: no such type, or a device number above 32 bits.
/// - [`Errno::LOOP`], [`Errno::NAMETOOLONG`], [`Errno::NOENT`], [`Errno::NOTDIR`]: the path is
///   no way.
/// - [`Errno::NOMEM`]: no memory in the kernel.
/// - [`Errno::PERM`]: a device without the privilege, a directory, or the file system has none.
/// - [`Errno::ROFS`]: the file system is read-only.
///
/// # References
///
/// - [mknodat(2)](https://man7.org/linux/man-pages/man2/mknod.2.html)
#[doc(alias = "mkfifo")]
#[inline]
pub fn mknodat(dir: BorrowedFd<'_>, path: &CStr, mode: u32, device: u64) -> Result<(), Errno> {
    // The kernel takes an unsigned int, and would silently drop the rest.
    let device = u32::try_from(device).map_err(|_| Errno::INVAL)?;
    // SAFETY: the kernel reads the path.
    check(unsafe { syscall4_readonly(nr::MKNODAT, dir.into(), path.into(), mode.into(), device.into()) })
        .map(drop)
}

/// `mkdirat(2)`: makes a directory with these permissions, less the umask's.
///
/// # Errors
///
/// - [`Errno::ACCES`]: a permission is missing on the way.
/// - [`Errno::BADF`]: a relative path, and `dir` is not open.
/// - [`Errno::DQUOT`], [`Errno::NOSPC`]: no room.
/// - [`Errno::EXIST`]: the name is taken.
/// - [`Errno::INVAL`]: a bad name.
/// - [`Errno::LOOP`], [`Errno::NAMETOOLONG`], [`Errno::NOENT`], [`Errno::NOTDIR`]: the path is
///   no way.
/// - [`Errno::MLINK`]: the directory above has too many.
/// - [`Errno::NOMEM`]: no memory in the kernel.
/// - [`Errno::PERM`]: the file system has no directories.
/// - [`Errno::ROFS`]: the file system is read-only.
#[inline]
pub fn mkdirat(dir: BorrowedFd<'_>, path: &CStr, mode: u32) -> Result<(), Errno> {
    // SAFETY: the kernel reads the path.
    check(unsafe { syscall3_readonly(nr::MKDIRAT, dir.into(), path.into(), mode.into()) }).map(drop)
}

/// `symlinkat(2)`: makes a symbolic link at `path` that leads to `target`, which need not be
/// there.
///
/// # Errors
///
/// - [`Errno::ACCES`]: a permission is missing on the way.
/// - [`Errno::BADF`]: a relative path, and `dir` is not open.
/// - [`Errno::DQUOT`], [`Errno::NOSPC`]: no room.
/// - [`Errno::EXIST`]: the name is taken.
/// - [`Errno::LOOP`], [`Errno::NAMETOOLONG`], [`Errno::NOENT`], [`Errno::NOTDIR`]: the path is
///   no way, or a path is empty.
/// - [`Errno::NOMEM`]: no memory in the kernel.
/// - [`Errno::PERM`]: the file system has no links.
/// - [`Errno::ROFS`]: the file system is read-only.
///
/// # References
///
/// - [symlinkat(2)](https://man7.org/linux/man-pages/man2/symlink.2.html)
#[doc(alias = "symlink")]
#[inline]
pub fn symlinkat(target: &CStr, dir: BorrowedFd<'_>, path: &CStr) -> Result<(), Errno> {
    // SAFETY: the kernel reads the paths.
    check(unsafe { syscall3_readonly(nr::SYMLINKAT, target.into(), dir.into(), path.into()) }).map(drop)
}

/// `unlinkat(2)`: removes a name; the file goes when nobody has it open or mapped any more.
///
/// # Errors
///
/// - [`Errno::ACCES`]: a permission is missing on the way.
/// - [`Errno::BADF`]: a relative path, and `dir` is not open.
/// - [`Errno::BUSY`]: the system uses it, as a mount point say.
/// - [`Errno::INVAL`]: an unknown flag, or the last component is `.`.
/// - [`Errno::IO`]: the device failed.
/// - [`Errno::ISDIR`]: a directory, without [`UnlinkFlags::REMOVEDIR`].
/// - [`Errno::LOOP`], [`Errno::NAMETOOLONG`], [`Errno::NOENT`], [`Errno::NOTDIR`]: the path is
///   no way; the last also for a file with [`UnlinkFlags::REMOVEDIR`].
/// - [`Errno::NOMEM`]: no memory in the kernel.
/// - [`Errno::NOTEMPTY`]: the directory is not empty.
/// - [`Errno::PERM`]: a sticky directory and another's file, or a file that may not change.
/// - [`Errno::ROFS`]: the file system is read-only.
///
/// # References
///
/// - [unlinkat(2)](https://man7.org/linux/man-pages/man2/unlink.2.html)
#[doc(alias("unlink", "rmdir"))]
#[inline]
pub fn unlinkat(dir: BorrowedFd<'_>, path: &CStr, flags: UnlinkFlags) -> Result<(), Errno> {
    // SAFETY: the kernel reads the path.
    check(unsafe { syscall3_readonly(nr::UNLINKAT, dir.into(), path.into(), flags.into()) }).map(drop)
}

/// `chdir(2)`: sets the working directory of the process.
///
/// # Errors
///
/// - [`Errno::ACCES`]: a permission is missing on the way.
/// - [`Errno::IO`]: the device failed.
/// - [`Errno::LOOP`], [`Errno::NAMETOOLONG`], [`Errno::NOENT`], [`Errno::NOTDIR`]: the path is
///   no way to a directory.
/// - [`Errno::NOMEM`]: no memory in the kernel.
#[inline]
pub fn chdir(path: &CStr) -> Result<(), Errno> {
    // SAFETY: the kernel reads the path.
    check(unsafe { syscall1_readonly(nr::CHDIR, path.into()) }).map(drop)
}

/// `umask(2)`: sets the permissions that the process's new files do not get, and gives the
/// old ones. Only the lowest 9 bits count.
#[inline]
pub fn umask(mask: u32) -> u32 {
    // SAFETY: it takes no address and cannot fail.
    unsafe { syscall1_readonly(nr::UMASK, mask.into()) }.addr() as u32
}
