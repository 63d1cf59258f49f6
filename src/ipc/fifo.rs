//! FIFOs: pipes with a name, for processes that are not related.
//!
//! A FIFO is a name in the file system and nothing else there: its size is always 0, its
//! data lives in the kernel, and what nobody has read is gone when both ends are closed. It
//! goes one way; two processes that answer each other need two.
//!
//! Opening one end waits until somebody opens the other. Without waiting
//! ([`OpenFlags::NONBLOCK`]) a reader opens at once, and a writer fails with
//! [`Errno::NXIO`] while nobody reads.
//!
//! ```
//! use sinew::ipc::fifo;
//! use sinew::sys::OpenFlags;
//! # let folder = std::env::temp_dir().join(format!("sinew-doc-{}", std::process::id()));
//! # let path = folder.to_str().unwrap();
//!
//! fifo::create(path, 0o600)?;
//! let reader = fifo::open_reader(path, OpenFlags::NONBLOCK)?;
//! let writer = fifo::open_writer(path, OpenFlags::empty())?;
//! sinew::io::write_all(&writer, b"hi")?;
//! let mut buffer = [0; 8];
//! assert_eq!(sinew::io::read(&reader, &mut buffer)?, 2);
//! fifo::unlink(path)?;
//! # Ok::<(), sinew::Errno>(())
//! ```
//!
//! # References
//!
//! - [fifo(7)](https://man7.org/linux/man-pages/man7/fifo.7.html)

use crate::errno::{Errno, retry};
use crate::fd::{CWD, OwnedFd};
use crate::path::AsPath;
use crate::sys::{self, OpenFlags, UnlinkFlags};

/// Makes a FIFO with these permissions, less the umask's.
///
/// # Errors
///
/// - [`Errno::EXIST`]: there is something of that name; do not look first, ask by this.
/// - [`Errno::ACCES`], [`Errno::NOENT`], [`Errno::NOTDIR`], [`Errno::ROFS`], [`Errno::NOSPC`]:
///   the folder.
pub fn create(path: impl AsPath, mode: u32) -> Result<(), Errno> {
    path.with_c_str(|path| sys::mknodat(CWD, path, linux_raw_sys::general::S_IFIFO | mode & 0o7777, 0))
}

/// Opens the reading end; waits for a writer unless `flags` say [`OpenFlags::NONBLOCK`].
///
/// # Errors
///
/// Those of `open(2)`; a path that names something else than a FIFO is opened as what it is.
pub fn open_reader(path: impl AsPath, flags: OpenFlags) -> Result<OwnedFd, Errno> {
    open(path, flags | OpenFlags::RDONLY)
}

/// Opens the writing end; waits for a reader unless `flags` say [`OpenFlags::NONBLOCK`].
///
/// # Errors
///
/// - [`Errno::NXIO`]: not waiting, and nobody reads.
/// - Those of `open(2)`.
pub fn open_writer(path: impl AsPath, flags: OpenFlags) -> Result<OwnedFd, Errno> {
    open(path, flags | OpenFlags::WRONLY)
}

/// Removes the name; ends that are open stay so.
///
/// # Errors
///
/// - [`Errno::NOENT`]: there is nothing of that name.
/// - [`Errno::ACCES`], [`Errno::PERM`], [`Errno::ROFS`]: the folder.
pub fn unlink(path: impl AsPath) -> Result<(), Errno> {
    path.with_c_str(|path| sys::unlinkat(CWD, path, UnlinkFlags::empty()))
}

fn open(path: impl AsPath, flags: OpenFlags) -> Result<OwnedFd, Errno> {
    path.with_c_str(|path| retry(|| sys::openat(CWD, path, flags | OpenFlags::CLOEXEC, 0)))
}
