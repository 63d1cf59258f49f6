//! Calls that wait for children, and what a process has used.

use super::macros::{assert_layout, constants, flags};
use super::{Pid, SigInfo, Timeval, nr};
use crate::arch::{syscall2, syscall4, syscall5};
use crate::errno::{Errno, check};
use crate::fd::{AsRawFd, BorrowedFd};
use core::mem::MaybeUninit;
use linux_raw_sys::general as raw;

flags! {
    /// What [`wait4`] and [`waitid`] wait for. `EXITED`, `STOPPED` and `NOWAIT` are for
    /// [`waitid`] only; [`wait4`] always waits for the end.
    pub struct WaitOptions: u32 {
        /// `WNOHANG`: do not wait.
        NOHANG = raw::WNOHANG;
        /// `WUNTRACED`: children that a signal has stopped, too.
        UNTRACED = raw::WUNTRACED;
        /// `WSTOPPED`: children that a signal has stopped; the same bit.
        STOPPED = raw::WSTOPPED;
        /// `WEXITED`: children that have ended.
        EXITED = raw::WEXITED;
        /// `WCONTINUED`: children that `SIGCONT` has set going again.
        CONTINUED = raw::WCONTINUED;
        /// `WNOWAIT`: leave the child as it is, for another wait.
        NOWAIT = raw::WNOWAIT;
        /// `__WNOTHREAD`: no children of other threads of this process.
        NOTHREAD = raw::__WNOTHREAD;
        /// `__WALL`: children whatever their exit signal is.
        ALL = raw::__WALL;
        /// `__WCLONE`: only children whose exit signal is not `SIGCHLD`.
        CLONE = raw::__WCLONE;
    }
}

/// Whom [`waitid`] waits for.
#[derive(Clone, Copy, Debug)]
pub enum WaitId<'fd> {
    /// `P_ALL`: any child.
    All,
    /// `P_PID`: this child.
    Pid(Pid),
    /// `P_PGID`: any child in this process group; 0 for the caller's own (Linux 5.4).
    Group(Pid),
    /// `P_PIDFD`: the child of this descriptor (Linux 5.4).
    PidFd(BorrowedFd<'fd>),
}

/// `wait4(2)`: waits for a child, gives its number, and buries it if it has ended.
///
/// `pid` is a child's number, -1 for any child, 0 for any in this process group, `-group`
/// for any in that one. `status` gets what the macros of `wait(2)` read. With
/// [`WaitOptions::NOHANG`] the result is 0, and nothing is written, if there is nothing yet.
///
/// # Errors
///
/// - [`Errno::CHILD`]: no such child.
/// - [`Errno::INTR`]: a signal handler ran.
/// - [`Errno::INVAL`]: an option that this call does not take.
/// - [`Errno::SRCH`]: `pid` is `i32::MIN`.
///
/// # References
///
/// - [wait4(2)](https://man7.org/linux/man-pages/man2/wait4.2.html)
#[doc(alias = "waitpid")]
#[inline]
pub fn wait4(
    pid: Pid,
    status: Option<&mut i32>,
    options: WaitOptions,
    usage: Option<&mut Rusage>,
) -> Result<Pid, Errno> {
    // SAFETY: the kernel writes to what the two references lend.
    check(unsafe { syscall4(nr::WAIT4, pid.into(), status.into(), options.into(), usage.into()) })
        .map(|pid| pid as Pid)
}

/// `waitid(2)`: waits for a child and describes what happened to it in `info`.
///
/// At least one of `EXITED`, `STOPPED` and `CONTINUED` must be asked for. With
/// [`WaitOptions::NOHANG`], [`SigInfo::pid`] is 0 if there is nothing yet.
///
/// # Errors
///
/// - [`Errno::AGAIN`]: the descriptor is non-blocking and its process still runs.
/// - [`Errno::BADF`]: the descriptor is not open.
/// - [`Errno::CHILD`]: no such child.
/// - [`Errno::INTR`]: a signal handler ran.
/// - [`Errno::INVAL`]: nothing to wait for, an unknown option, a number that is not positive,
///   or the descriptor is of no process.
///
/// # References
///
/// - [waitid(2)](https://man7.org/linux/man-pages/man2/waitid.2.html)
#[inline]
pub fn waitid(
    id: WaitId<'_>,
    info: Option<&mut SigInfo>,
    options: WaitOptions,
    usage: Option<&mut Rusage>,
) -> Result<(), Errno> {
    let (kind, number) = match id {
        WaitId::All => (raw::P_ALL, 0),
        WaitId::Pid(pid) => (raw::P_PID, pid),
        WaitId::Group(group) => (raw::P_PGID, group),
        WaitId::PidFd(fd) => (raw::P_PIDFD, fd.as_raw_fd()),
    };
    // SAFETY: the kernel writes to what the two references lend.
    check(unsafe {
        syscall5(nr::WAITID, kind.into(), number.into(), info.into(), options.into(), usage.into())
    })
    .map(drop)
}

constants! {
    /// Whose use [`getrusage`] tells.
    pub struct RusageWho: i32 {
        /// `RUSAGE_SELF`: this process.
        SELF = raw::RUSAGE_SELF;
        /// `RUSAGE_CHILDREN`: the children that have ended and been waited for, and theirs.
        CHILDREN = raw::RUSAGE_CHILDREN;
        /// `RUSAGE_THREAD`: this thread.
        THREAD = raw::RUSAGE_THREAD;
    }
}

/// What processes have used: the kernel's `struct rusage`. Fields that Linux does not
/// maintain are 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Rusage {
    /// Time in user mode.
    pub ru_utime: Timeval,
    /// Time in the kernel.
    pub ru_stime: Timeval,
    /// The most memory that was resident at once, in KiB; of children, that of the largest.
    pub ru_maxrss: i64,
    /// Not maintained.
    pub ru_ixrss: i64,
    /// Not maintained.
    pub ru_idrss: i64,
    /// Not maintained.
    pub ru_isrss: i64,
    /// Page faults without a read from a device.
    pub ru_minflt: i64,
    /// Page faults with one.
    pub ru_majflt: i64,
    /// Not maintained.
    pub ru_nswap: i64,
    /// Reads from a file system's device, in blocks of 512 bytes.
    pub ru_inblock: i64,
    /// Writes to a file system's device, in blocks of 512 bytes.
    pub ru_oublock: i64,
    /// Not maintained.
    pub ru_msgsnd: i64,
    /// Not maintained.
    pub ru_msgrcv: i64,
    /// Not maintained.
    pub ru_nsignals: i64,
    /// How often it gave the processor up, to wait for something.
    pub ru_nvcsw: i64,
    /// How often the processor was taken from it.
    pub ru_nivcsw: i64,
}

assert_layout!(Rusage, raw::rusage, {
    ru_utime = ru_utime,
    ru_stime = ru_stime,
    ru_maxrss = ru_maxrss,
    ru_ixrss = ru_ixrss,
    ru_idrss = ru_idrss,
    ru_isrss = ru_isrss,
    ru_minflt = ru_minflt,
    ru_majflt = ru_majflt,
    ru_nswap = ru_nswap,
    ru_inblock = ru_inblock,
    ru_oublock = ru_oublock,
    ru_msgsnd = ru_msgsnd,
    ru_msgrcv = ru_msgrcv,
    ru_nsignals = ru_nsignals,
    ru_nvcsw = ru_nvcsw,
    ru_nivcsw = ru_nivcsw,
});

/// `getrusage(2)`: what this process, this thread or the buried children have used.
///
/// # Errors
///
/// - [`Errno::INVAL`]: a `who` that the kernel does not know.
///
/// # References
///
/// - [getrusage(2)](https://man7.org/linux/man-pages/man2/getrusage.2.html)
#[inline]
pub fn getrusage(who: RusageWho) -> Result<Rusage, Errno> {
    let mut usage = MaybeUninit::<Rusage>::uninit();
    // SAFETY: the kernel fills the struct on success.
    unsafe {
        check(syscall2(nr::GETRUSAGE, who.into(), usage.as_mut_ptr().into()))?;
        Ok(usage.assume_init())
    }
}
