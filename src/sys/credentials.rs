//! Users and groups. A number of `u32::MAX` stands for no user: `None` says it better.
//!
//! The kernel keeps these per thread. A C library makes its own functions act on all threads
//! of the process; these calls act on the caller's only.

use super::nr;
use crate::arch::{
    Arg, syscall0_readonly, syscall1_readonly, syscall2, syscall2_readonly, syscall3_readonly,
};
use crate::errno::{Errno, check};

/// `getuid(2)`: the real user.
#[inline]
#[must_use]
pub fn getuid() -> u32 {
    // SAFETY: it takes nothing and cannot fail.
    unsafe { syscall0_readonly(nr::GETUID) }.addr() as u32
}

/// `geteuid(2)`: the effective user, whose permissions count.
#[inline]
#[must_use]
pub fn geteuid() -> u32 {
    // SAFETY: it takes nothing and cannot fail.
    unsafe { syscall0_readonly(nr::GETEUID) }.addr() as u32
}

/// `getgid(2)`: the real group.
#[inline]
#[must_use]
pub fn getgid() -> u32 {
    // SAFETY: it takes nothing and cannot fail.
    unsafe { syscall0_readonly(nr::GETGID) }.addr() as u32
}

/// `getegid(2)`: the effective group.
#[inline]
#[must_use]
pub fn getegid() -> u32 {
    // SAFETY: it takes nothing and cannot fail.
    unsafe { syscall0_readonly(nr::GETEGID) }.addr() as u32
}

/// `setuid(2)`: sets the effective user, and with `CAP_SETUID` the real and the saved too.
///
/// Set the groups first: afterwards the privilege is gone.
///
/// # Errors
///
/// - [`Errno::AGAIN`]: the kernel lacked memory, or before 3.1 the user's limit on processes.
/// - [`Errno::INVAL`]: no such user in this user namespace.
/// - [`Errno::PERM`]: without the privilege, neither the real nor the saved user.
///
/// # References
///
/// - [setuid(2)](https://man7.org/linux/man-pages/man2/setuid.2.html)
#[inline]
pub fn setuid(uid: u32) -> Result<(), Errno> {
    // SAFETY: it takes no address.
    check(unsafe { syscall1_readonly(nr::SETUID, uid.into()) }).map(drop)
}

/// `setgid(2)`: sets the effective group, and with `CAP_SETGID` the real and the saved too.
///
/// # Errors
///
/// - [`Errno::INVAL`]: no such group in this user namespace.
/// - [`Errno::PERM`]: without the privilege, neither the real nor the saved group.
#[inline]
pub fn setgid(gid: u32) -> Result<(), Errno> {
    // SAFETY: it takes no address.
    check(unsafe { syscall1_readonly(nr::SETGID, gid.into()) }).map(drop)
}

/// What tells the kernel to leave an id as it is.
fn or_unchanged(id: Option<u32>) -> Arg {
    id.unwrap_or(u32::MAX).into()
}

/// `setresuid(2)`: sets the real, the effective and the saved user; `None` leaves one as it is.
///
/// # Errors
///
/// Those of [`setuid`].
///
/// # References
///
/// - [setresuid(2)](https://man7.org/linux/man-pages/man2/setresuid.2.html)
#[inline]
pub fn setresuid(real: Option<u32>, effective: Option<u32>, saved: Option<u32>) -> Result<(), Errno> {
    let [a, b, c] = [real, effective, saved].map(or_unchanged);
    // SAFETY: it takes no address.
    check(unsafe { syscall3_readonly(nr::SETRESUID, a, b, c) }).map(drop)
}

/// `setresgid(2)`: sets the real, the effective and the saved group; `None` leaves one as it is.
///
/// # Errors
///
/// Those of [`setgid`].
#[inline]
pub fn setresgid(real: Option<u32>, effective: Option<u32>, saved: Option<u32>) -> Result<(), Errno> {
    let [a, b, c] = [real, effective, saved].map(or_unchanged);
    // SAFETY: it takes no address.
    check(unsafe { syscall3_readonly(nr::SETRESGID, a, b, c) }).map(drop)
}

/// `setgroups(2)`: sets the supplementary groups, at most 65536.
///
/// # Errors
///
/// - [`Errno::INVAL`]: too many, or no such group in this user namespace.
/// - [`Errno::NOMEM`]: no memory in the kernel.
/// - [`Errno::PERM`]: without `CAP_SETGID`, or denied in this user namespace.
///
/// # References
///
/// - [setgroups(2)](https://man7.org/linux/man-pages/man2/setgroups.2.html)
#[inline]
pub fn setgroups(groups: &[u32]) -> Result<(), Errno> {
    // SAFETY: the kernel reads the slice.
    check(unsafe { syscall2_readonly(nr::SETGROUPS, groups.len().into(), groups.as_ptr().into()) }).map(drop)
}

/// `getgroups(2)`: writes the supplementary groups and says how many there are. An empty
/// buffer asks only for the number.
///
/// # Errors
///
/// - [`Errno::INVAL`]: the buffer is not empty and too short.
#[inline]
pub fn getgroups(groups: &mut [u32]) -> Result<usize, Errno> {
    // SAFETY: the kernel writes within the slice.
    check(unsafe { syscall2(nr::GETGROUPS, groups.len().into(), groups.as_mut_ptr().into()) })
}
