//! Waiting for children.

use super::status::ExitStatus;
use crate::errno::{Errno, retry};
use crate::sys::{self, Pid, Rusage, WaitOptions};

/// What a wait has learned about a child.
#[derive(Clone, Copy, Debug)]
pub struct End {
    /// Which child.
    pub pid: Pid,
    /// How it ended, or that it stopped or went on.
    pub status: ExitStatus,
    /// What it has used, and its children that it has waited for.
    pub usage: Rusage,
}

/// Waits until a child ends.
///
/// # Errors
///
/// - [`Errno::CHILD`]: there are no children.
pub fn wait() -> Result<End, Errno> {
    // Without NOHANG the kernel has always something to say.
    wait3(WaitOptions::empty())?.ok_or(Errno::CHILD)
}

/// Waits for any child; with [`WaitOptions::NOHANG`] it is `None` if there is nothing yet.
///
/// # Errors
///
/// - [`Errno::CHILD`]: there are no children.
/// - [`Errno::INVAL`]: an option that the kernel does not know.
pub fn wait3(options: WaitOptions) -> Result<Option<End>, Errno> {
    wait4(-1, options)
}

/// Waits for a child: `pid`; any, for -1; any in the own process group, for 0; any in the
/// process group `-pid`, for less. It goes on when a signal handler interrupts it.
///
/// With [`WaitOptions::NOHANG`] it is `None` if there is nothing yet. With
/// [`WaitOptions::UNTRACED`] and [`WaitOptions::CONTINUED`] it also tells, once each, that
/// a child has stopped or goes on.
///
/// # Errors
///
/// - [`Errno::CHILD`]: there is no such child.
/// - [`Errno::INVAL`]: an option that the kernel does not know.
///
/// # References
///
/// - [wait4(2)](https://man7.org/linux/man-pages/man2/wait4.2.html)
pub fn wait4(pid: Pid, options: WaitOptions) -> Result<Option<End>, Errno> {
    let mut status = 0;
    let mut usage = Rusage::default();
    let pid = retry(|| sys::wait4(pid, Some(&mut status), options, Some(&mut usage)))?;
    Ok((pid != 0).then_some(End { pid, status: ExitStatus::from_raw(status), usage }))
}
