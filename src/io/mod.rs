//! Reading and writing that go on: loops, a buffered writer, and standard output.
//!
//! The calls of [`crate::sys`] do once what they are asked. The functions here have the
//! patience that most programs want: a call that a signal interrupted is made again, and a
//! transfer that moved only a part is continued.
//!
//! ```
//! use sinew::fd::CWD;
//! use sinew::io;
//! use sinew::sys::{self, OpenFlags};
//!
//! let file = sys::openat(CWD, c"/proc/self/status", OpenFlags::CLOEXEC, 0)?;
//! let mut start = [0; 5];
//! io::read_exact(&file, &mut start)?;
//! assert_eq!(&start, b"Name:");
//! # Ok::<(), sinew::Errno>(())
//! ```
//!
//! # Which one
//!
//! - [`read`], [`write()`], [`read_vectored`], [`write_vectored`]: one system call, made again
//!   after a signal. They move what is there or what there is room for, and say how much.
//! - [`read_exact`], [`write_all`], [`read_to_end`] and the vectored forms: until all is
//!   done. Their errors, [`ReadError`] and [`WriteError`], say how far they came, so that
//!   nothing is lost; `?` turns them into an [`Errno`] where that is enough.
//! - [`BufWriter`]: few system calls for many small pieces, in memory that the caller lends.
//! - [`stdout`], [`print!`](crate::print), [`println!`](crate::println): the process-wide
//!   standard output, by lines on a terminal and by 64 KiB elsewhere.
//!   [`eprint!`](crate::eprint) and [`eprintln!`](crate::eprintln): standard error, at once.
//!
//! # What output costs
//!
//! A debug build prints its log, a release build drops it: here is what that saves. A loop
//! that prints a counter, one number a line, in million lines a second on one processor
//! (`cargo bench --bench stdout` prints the same table for the machine at hand):
//!
//! | way | `/dev/null` | file | pipe | terminal |
//! |---|---|---|---|---|
//! TABLE
//!
//! A line that makes its own system call costs RATIO times what it costs in a buffer, and
//! on a terminal the terminal is what costs. So print into a buffer, and print nothing that
//! nobody reads.
//!
//! # What is left out
//!
//! Traits for reading and writing: everything here takes whatever lends a descriptor, and
//! [`core::fmt::Write`] serves code that only formats. A buffered reader: read into your own
//! buffer. Waiting on a non-blocking descriptor: `EAGAIN` comes back with the count.

mod buffer;
mod integer;
mod macros;
mod read;
mod stdout;
mod write;

pub use crate::sys::{IoSlice, IoSliceMut};
pub use buffer::BufWriter;
pub use integer::Integer;
pub use macros::{_eprint, _print};
pub use read::{ReadError, ReadErrorKind, read, read_exact, read_exact_vectored, read_to_end, read_vectored};
pub use stdout::{Buffering, Stdout, StdoutLock, flush_stdout, stdout};
pub use write::{WriteError, write, write_all, write_all_vectored, write_vectored};

use crate::errno::Errno;
use crate::fd::AsFd;
use crate::sys;

/// How many slices `readv(2)` and `writev(2)` take at once (`IOV_MAX`).
const SLICES_MAX: usize = linux_raw_sys::general::UIO_MAXIOV as usize;

/// Makes a call again for as long as a signal handler interrupts it.
#[inline(always)]
fn retry<T>(mut call: impl FnMut() -> Result<T, Errno>) -> Result<T, Errno> {
    loop {
        match call() {
            Err(Errno::INTR) => {}
            result => return result,
        }
    }
}

/// Whether the descriptor is a terminal.
///
/// ```
/// let (reader, _) = sinew::ipc::pipe()?;
/// assert!(!sinew::io::is_terminal(&reader));
/// # Ok::<(), sinew::Errno>(())
/// ```
///
/// # References
///
/// - [isatty(3)](https://man7.org/linux/man-pages/man3/isatty.3.html)
#[doc(alias = "isatty")]
#[must_use]
pub fn is_terminal(fd: impl AsFd) -> bool {
    sys::ioctl_tcgets(fd.as_fd()).is_ok()
}
