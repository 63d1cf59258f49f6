//! What a process may use.

use super::macros::{assert_layout, constants};
use super::{Pid, nr};
use crate::arch::syscall4;
use crate::errno::{Errno, check};
use linux_raw_sys::general as raw;

constants! {
    /// What [`prlimit64`] limits.
    pub struct Resource: u32 {
        /// `RLIMIT_CPU`: processor time, in seconds.
        CPU = raw::RLIMIT_CPU;
        /// `RLIMIT_FSIZE`: the length of a file that it writes, in bytes.
        FSIZE = raw::RLIMIT_FSIZE;
        /// `RLIMIT_DATA`: the data segment, in bytes.
        DATA = raw::RLIMIT_DATA;
        /// `RLIMIT_STACK`: the main thread's stack, in bytes.
        STACK = raw::RLIMIT_STACK;
        /// `RLIMIT_CORE`: the length of a core dump, in bytes.
        CORE = raw::RLIMIT_CORE;
        /// `RLIMIT_RSS`: without effect.
        RSS = raw::RLIMIT_RSS;
        /// `RLIMIT_NPROC`: how many threads its user has.
        NPROC = raw::RLIMIT_NPROC;
        /// `RLIMIT_NOFILE`: descriptors; one more than the highest.
        NOFILE = raw::RLIMIT_NOFILE;
        /// `RLIMIT_MEMLOCK`: locked memory, in bytes.
        MEMLOCK = raw::RLIMIT_MEMLOCK;
        /// `RLIMIT_AS`: the address space, in bytes.
        AS = raw::RLIMIT_AS;
        /// `RLIMIT_LOCKS`: without effect.
        LOCKS = raw::RLIMIT_LOCKS;
        /// `RLIMIT_SIGPENDING`: queued signals of its user.
        SIGPENDING = raw::RLIMIT_SIGPENDING;
        /// `RLIMIT_MSGQUEUE`: its user's message queues, in bytes.
        MSGQUEUE = raw::RLIMIT_MSGQUEUE;
        /// `RLIMIT_NICE`: the ceiling of its nice value, as 20 - limit.
        NICE = raw::RLIMIT_NICE;
        /// `RLIMIT_RTPRIO`: its real-time priority.
        RTPRIO = raw::RLIMIT_RTPRIO;
        /// `RLIMIT_RTTIME`: real-time processing without a pause, in microseconds.
        RTTIME = raw::RLIMIT_RTTIME;
    }
}

/// A limit: the kernel's `struct rlimit64`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(C)]
pub struct Rlimit {
    /// The limit that holds, the soft one.
    pub rlim_cur: u64,
    /// The ceiling of that, the hard one.
    pub rlim_max: u64,
}

assert_layout!(Rlimit, raw::rlimit64, { rlim_cur = rlim_cur, rlim_max = rlim_max });
assert_layout!(Rlimit, raw::rlimit, { rlim_cur = rlim_cur, rlim_max = rlim_max });

impl Rlimit {
    /// `RLIM_INFINITY`: no limit.
    pub const INFINITY: u64 = u64::MAX;
}

/// `prlimit64(2)`: sets a limit of a process (0: this one); `old` gets what it was.
///
/// # Errors
///
/// - [`Errno::INVAL`]: no such resource, or a soft limit above the hard one.
/// - [`Errno::PERM`]: raising a hard limit, or another user's process.
/// - [`Errno::SRCH`]: no such process.
///
/// # References
///
/// - [prlimit(2)](https://man7.org/linux/man-pages/man2/prlimit.2.html)
#[doc(alias("getrlimit", "setrlimit"))]
#[inline]
pub fn prlimit64(
    pid: Pid,
    resource: Resource,
    new: Option<&Rlimit>,
    old: Option<&mut Rlimit>,
) -> Result<(), Errno> {
    // SAFETY: the kernel reads the one struct and writes the other.
    check(unsafe { syscall4(nr::PRLIMIT64, pid.into(), resource.into(), new.into(), old.into()) }).map(drop)
}
