//! Pipes.

use crate::errno::Errno;
use crate::fd::OwnedFd;
use crate::sys::{self, PipeFlags};

/// Opens a pipe: its reading end, then its writing end. Both are close-on-exec.
///
/// Bytes come out in the order in which they went in. The kernel holds up to 64 KiB of
/// them (16 pages; `F_SETPIPE_SZ` changes it); a write of up to 4096 bytes (`PIPE_BUF`) is
/// never mixed with another's. These are two different numbers: the tutorials' "4 KiB" is
/// the second. A pipe has no name, takes no disk space, and is gone with its last end.
///
/// A read waits for data; it gives 0 bytes, the end, when no writing end is open anywhere.
/// So every process has to close the end that it does not use. A write waits for room; when
/// no reading end is left it raises SIGPIPE, and fails with [`Errno::PIPE`] where that signal
/// is ignored.
///
/// ```
/// use sinew::io;
/// use sinew::ipc::pipe;
///
/// let (reader, writer) = pipe()?;
/// io::write_all(&writer, b"hello")?;
/// drop(writer);
/// let mut buffer = [0; 16];
/// assert_eq!(io::read(&reader, &mut buffer)?, 5);
/// assert_eq!(io::read(&reader, &mut buffer)?, 0);
/// # Ok::<(), sinew::Errno>(())
/// ```
///
/// # Errors
///
/// - [`Errno::MFILE`], [`Errno::NFILE`]: no descriptor left in the process, in the system.
///
/// # References
///
/// - [pipe(7)](https://man7.org/linux/man-pages/man7/pipe.7.html)
pub fn pipe() -> Result<(OwnedFd, OwnedFd), Errno> {
    pipe_with(PipeFlags::empty())
}

/// [`pipe`] with flags, such as [`PipeFlags::NONBLOCK`] for both ends; close-on-exec is added.
///
/// # Errors
///
/// As [`pipe`], and [`Errno::INVAL`] for a flag that the kernel does not know.
pub fn pipe_with(flags: PipeFlags) -> Result<(OwnedFd, OwnedFd), Errno> {
    sys::pipe2(flags | PipeFlags::CLOEXEC)
}
