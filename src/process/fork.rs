//! One call that returns twice.

use crate::errno::Errno;
use crate::io;
use crate::sys::{self, CloneFlags, Pid};
use core::ptr;

/// On which side of a [`fork`] the program finds itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fork {
    /// In the parent; the child has this number and must be waited for.
    Parent(Pid),
    /// In the child.
    Child,
}

/// Makes a child that is a copy of this process: its memory, copied when written, and its
/// descriptors, which stay shared.
///
/// What this process has buffered for standard output is written first, so that it does
/// not come out twice.
///
/// # Safety
///
/// Only the calling thread exists in the child. If the process has others, the child must
/// do no more than make system calls until it execs or exits: a lock that another thread
/// held, an allocator's among them, stays held for ever. Beside a libc the child also has
/// to leave by [`sys::exit_group`], since the libc knows nothing of this fork. Values that
/// own something outside the memory (a temporary file, a pid file) now exist twice: drop
/// them on one side only.
///
/// # Errors
///
/// - [`Errno::AGAIN`]: `RLIMIT_NPROC`, the cgroup's or the system's limit is reached.
/// - [`Errno::NOMEM`]: no memory for the tables of the child.
/// - [`Errno::NOSYS`]: the child's PID namespace has lost its init (also `NOMEM`).
/// - Whatever writing the buffered output fails with; then there is no child.
///
/// # References
///
/// - [fork(2)](https://man7.org/linux/man-pages/man2/fork.2.html),
///   [signal-safety(7)](https://man7.org/linux/man-pages/man7/signal-safety.7.html)
pub unsafe fn fork() -> Result<Fork, Errno> {
    io::flush_stdout()?;
    // aarch64 has no fork(2); this is what it stands for.
    const SIGCHLD: i32 = linux_raw_sys::general::SIGCHLD as i32;
    // SAFETY: the child goes on with a copy of this very stack; the caller keeps the rest.
    let pid = unsafe { sys::clone(CloneFlags::empty(), SIGCHLD, ptr::null_mut(), ptr::null_mut(), 0)? };
    Ok(if pid == 0 { Fork::Child } else { Fork::Parent(pid) })
}
