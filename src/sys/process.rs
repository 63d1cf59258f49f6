//! Calls of a process on itself and on others: its program, its end, its kin, signals.

use super::macros::flags;
use super::{AtFlags, Pid, SigInfo, failure, nr};
use crate::arch::{
    syscall0_readonly, syscall1_noreturn, syscall1_readonly, syscall2, syscall2_readonly, syscall3,
    syscall3_readonly, syscall4, syscall5_readonly,
};
use crate::errno::{Errno, check};
use crate::fd::{BorrowedFd, FromRawFd, OwnedFd, RawFd};
use core::ffi::{CStr, c_char};
use linux_raw_sys::general as raw;

flags! {
    /// Flags of [`pidfd_open`].
    pub struct PidfdFlags: u32 {
        // linux-raw-sys 0.12 lacks both (include/uapi/linux/pidfd.h).
        /// `PIDFD_NONBLOCK`: waiting for a process that runs is [`Errno::AGAIN`] (Linux 5.10).
        NONBLOCK = raw::O_NONBLOCK;
        /// `PIDFD_THREAD`: a thread, not a process (Linux 6.9).
        THREAD = raw::O_EXCL;
    }

    /// Whom [`pidfd_send_signal`] sends to, where the descriptor alone does not say (Linux 6.9).
    pub struct PidfdSignalFlags: u32 {
        // linux-raw-sys 0.12 lacks all three (include/uapi/linux/pidfd.h).
        /// `PIDFD_SIGNAL_THREAD`: the thread.
        THREAD = 1 << 0;
        /// `PIDFD_SIGNAL_THREAD_GROUP`: the process.
        THREAD_GROUP = 1 << 1;
        /// `PIDFD_SIGNAL_PROCESS_GROUP`: the process group that it leads.
        PROCESS_GROUP = 1 << 2;
    }
}

/// `execve(2)`: executes another program in this process; comes back only to say why not.
///
/// `argv` and `envp` are arrays of pointers to strings, each ended by a null pointer.
///
/// # Errors
///
/// - [`Errno::ACCES`]: not executable, no regular file, on a `noexec` mount, or no way to it.
/// - [`Errno::AGAIN`]: the user had too many processes when the uid changed.
/// - [`Errno::FAULT`]: a pointer leads nowhere.
/// - [`Errno::INVAL`], [`Errno::ISDIR`], [`Errno::LIBBAD`]: the ELF interpreter is wrong.
/// - [`Errno::IO`]: the device failed.
/// - [`Errno::LOOP`], [`Errno::NAMETOOLONG`], [`Errno::NOTDIR`]: the path is no way.
/// - [`Errno::MFILE`], [`Errno::NFILE`]: no descriptor left in the process, in the system.
/// - [`Errno::NOENT`]: it, or its interpreter, is missing.
/// - [`Errno::NOEXEC`]: not a format that the kernel executes.
/// - [`Errno::NOMEM`]: no memory in the kernel.
/// - [`Errno::PERM`]: it would gain a privilege, and may not.
/// - [`Errno::TOOBIG`]: arguments and environment are too long.
/// - [`Errno::TXTBSY`]: somebody has it open for writing.
///
/// # Safety
///
/// `argv` and `envp` must be null or end with a null pointer, and every pointer before that
/// must lead to a string that ends with a zero byte.
///
/// # References
///
/// - [execve(2)](https://man7.org/linux/man-pages/man2/execve.2.html)
#[inline]
#[must_use]
pub unsafe fn execve(path: &CStr, argv: *const *const c_char, envp: *const *const c_char) -> Errno {
    // SAFETY: the caller vouches for the arrays; the kernel writes nothing that is left here.
    failure(unsafe { syscall3_readonly(nr::EXECVE, path.into(), argv.into(), envp.into()) })
}

/// `execveat(2)`: [`execve`] with a path relative to a directory, or with
/// [`AtFlags::EMPTY_PATH`] and an empty path the file `dir` itself.
///
/// # Errors
///
/// Those of [`execve`], and
///
/// - [`Errno::BADF`]: `dir` is not open.
/// - [`Errno::INVAL`]: an unknown flag.
/// - [`Errno::LOOP`]: [`AtFlags::SYMLINK_NOFOLLOW`], and it is a symbolic link.
/// - [`Errno::NOENT`]: a script, and `dir` is close-on-exec: its interpreter could not open it.
///
/// # Safety
///
/// That of [`execve`].
///
/// # References
///
/// - [execveat(2)](https://man7.org/linux/man-pages/man2/execveat.2.html)
#[inline]
#[must_use]
pub unsafe fn execveat(
    dir: BorrowedFd<'_>,
    path: &CStr,
    argv: *const *const c_char,
    envp: *const *const c_char,
    flags: AtFlags,
) -> Errno {
    // SAFETY: the caller vouches for the arrays; the kernel writes nothing that is left here.
    failure(unsafe {
        syscall5_readonly(nr::EXECVEAT, dir.into(), path.into(), argv.into(), envp.into(), flags.into())
    })
}

/// `exit_group(2)`: ends the process with all its threads. Nothing is dropped or flushed.
///
/// The parent sees the low 8 bits of `status`.
#[inline]
pub fn exit_group(status: i32) -> ! {
    // SAFETY: it takes no address and does not return.
    unsafe { syscall1_noreturn(nr::EXIT_GROUP, status.into()) }
}

/// `exit(2)`, the system call: ends this thread only, and the process with its last one.
///
/// # Safety
///
/// No value on this thread's stack is dropped, and the stack may be given back: nobody may
/// borrow from it. A C library in the process must not own the thread.
#[inline]
pub unsafe fn exit(status: i32) -> ! {
    // SAFETY: the caller vouches for the thread.
    unsafe { syscall1_noreturn(nr::EXIT, status.into()) }
}

/// `getpid(2)`: the number of this process.
#[inline]
#[must_use]
pub fn getpid() -> Pid {
    // SAFETY: it takes nothing and cannot fail.
    unsafe { syscall0_readonly(nr::GETPID) }.addr() as Pid
}

/// `getppid(2)`: the number of the parent, or of the one who inherited this process; 0 if it
/// is in another PID namespace.
#[inline]
#[must_use]
pub fn getppid() -> Pid {
    // SAFETY: it takes nothing and cannot fail.
    unsafe { syscall0_readonly(nr::GETPPID) }.addr() as Pid
}

/// `gettid(2)`: the number of this thread.
#[inline]
#[must_use]
pub fn gettid() -> Pid {
    // SAFETY: it takes nothing and cannot fail.
    unsafe { syscall0_readonly(nr::GETTID) }.addr() as Pid
}

/// `setsid(2)`: makes this process the leader of a new session and of a new process group,
/// without a controlling terminal; gives its number.
///
/// # Errors
///
/// - [`Errno::PERM`]: it leads a process group already, or its number is a group's.
///
/// # References
///
/// - [setsid(2)](https://man7.org/linux/man-pages/man2/setsid.2.html)
#[inline]
pub fn setsid() -> Result<Pid, Errno> {
    // SAFETY: it takes nothing.
    check(unsafe { syscall0_readonly(nr::SETSID) }).map(|pid| pid as Pid)
}

/// `setpgid(2)`: puts a process (0: this one) into a process group (0: one of its own).
///
/// # Errors
///
/// - [`Errno::ACCES`]: the child has executed a program already.
/// - [`Errno::INVAL`]: the group is negative.
/// - [`Errno::PERM`]: it leads a session, or it or the group is in another session.
/// - [`Errno::SRCH`]: it is neither this process nor a child.
///
/// # References
///
/// - [setpgid(2)](https://man7.org/linux/man-pages/man2/setpgid.2.html)
#[inline]
pub fn setpgid(pid: Pid, group: Pid) -> Result<(), Errno> {
    // SAFETY: it takes no address.
    check(unsafe { syscall2_readonly(nr::SETPGID, pid.into(), group.into()) }).map(drop)
}

/// `getpgid(2)`: the process group of a process (0: this one).
///
/// # Errors
///
/// - [`Errno::SRCH`]: no such process.
#[doc(alias = "getpgrp")]
#[inline]
pub fn getpgid(pid: Pid) -> Result<Pid, Errno> {
    // SAFETY: it takes no address.
    check(unsafe { syscall1_readonly(nr::GETPGID, pid.into()) }).map(|pid| pid as Pid)
}

/// `getsid(2)`: the session of a process (0: this one).
///
/// # Errors
///
/// - [`Errno::SRCH`]: no such process.
#[inline]
pub fn getsid(pid: Pid) -> Result<Pid, Errno> {
    // SAFETY: it takes no address.
    check(unsafe { syscall1_readonly(nr::GETSID, pid.into()) }).map(|pid| pid as Pid)
}

// The calls that send a signal do not take the read-only stub: a handler may run in them.

/// `kill(2)`: sends a signal to a process, to a group (`-pid`), to this one's group (0), to
/// all that may be sent to (-1). Signal 0 only looks whether it could be sent.
///
/// # Errors
///
/// - [`Errno::INVAL`]: no such signal.
/// - [`Errno::PERM`]: none of the receivers may be sent to.
/// - [`Errno::SRCH`]: no such process or group.
///
/// # References
///
/// - [kill(2)](https://man7.org/linux/man-pages/man2/kill.2.html)
#[inline]
pub fn kill(pid: Pid, signal: i32) -> Result<(), Errno> {
    // SAFETY: it takes no address.
    check(unsafe { syscall2(nr::KILL, pid.into(), signal.into()) }).map(drop)
}

/// `tgkill(2)`: sends a signal to the thread `tid` of the process `tgid`.
///
/// # Errors
///
/// - [`Errno::AGAIN`]: a real-time signal, and the user's queue is full.
/// - [`Errno::INVAL`]: no such signal, or a number that is not positive.
/// - [`Errno::PERM`]: it may not be sent to.
/// - [`Errno::SRCH`]: no such thread in that process.
#[inline]
pub fn tgkill(tgid: Pid, tid: Pid, signal: i32) -> Result<(), Errno> {
    // SAFETY: it takes no address.
    check(unsafe { syscall3(nr::TGKILL, tgid.into(), tid.into(), signal.into()) }).map(drop)
}

/// `pidfd_open(2)`: a descriptor of a process. It is close-on-exec, and readable when the
/// process has ended.
///
/// # Errors
///
/// - [`Errno::INVAL`]: the number is not positive or is a thread's, or an unknown flag.
/// - [`Errno::MFILE`], [`Errno::NFILE`]: no descriptor left in the process, in the system.
/// - [`Errno::NOSYS`]: the kernel is older than 5.3.
/// - [`Errno::SRCH`]: no such process.
///
/// # References
///
/// - [pidfd_open(2)](https://man7.org/linux/man-pages/man2/pidfd_open.2.html)
#[inline]
pub fn pidfd_open(pid: Pid, flags: PidfdFlags) -> Result<OwnedFd, Errno> {
    // SAFETY: the kernel gives a descriptor that nobody else owns.
    unsafe {
        let fd = check(syscall2_readonly(nr::PIDFD_OPEN, pid.into(), flags.into()))?;
        Ok(OwnedFd::from_raw_fd(fd as RawFd))
    }
}

/// `pidfd_send_signal(2)`: sends a signal to the process of a descriptor, never to another
/// that has got its number since.
///
/// Without `info` the receiver sees what [`kill`] would tell it.
///
/// # Errors
///
/// - [`Errno::BADF`]: the descriptor is of no process.
/// - [`Errno::INVAL`]: no such signal, an unknown flag, or `info` names another signal.
/// - [`Errno::PERM`]: it may not be sent to, or `info` claims to be from the kernel.
/// - [`Errno::SRCH`]: the process has been waited for.
///
/// # References
///
/// - [pidfd_send_signal(2)](https://man7.org/linux/man-pages/man2/pidfd_send_signal.2.html)
#[inline]
pub fn pidfd_send_signal(
    pidfd: BorrowedFd<'_>,
    signal: i32,
    info: Option<&SigInfo>,
    flags: PidfdSignalFlags,
) -> Result<(), Errno> {
    // SAFETY: the kernel reads the information.
    check(unsafe { syscall4(nr::PIDFD_SEND_SIGNAL, pidfd.into(), signal.into(), info.into(), flags.into()) })
        .map(drop)
}
