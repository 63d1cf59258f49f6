//! Writing: one call, or until all is written.

use super::{SLICES_MAX, retry};
use crate::errno::Errno;
use crate::fd::{AsFd, BorrowedFd};
use crate::sys::{self, IoSlice};
use core::fmt;

/// Writes up to `bytes.len()` bytes and says how many it took. Retries on `EINTR`.
///
/// # Errors
///
/// Those of [`sys::write`] but for [`Errno::INTR`].
///
/// # References
///
/// - [write(2)](https://man7.org/linux/man-pages/man2/write.2.html)
#[inline]
pub fn write(fd: impl AsFd, bytes: &[u8]) -> Result<usize, Errno> {
    retry(|| sys::write(fd.as_fd(), bytes))
}

/// Writes several slices, one after the other, as [`write()`] does. Of more than 1024 slices
/// the first 1024 are used.
///
/// # Errors
///
/// Those of [`sys::writev`] but for [`Errno::INTR`].
///
/// # References
///
/// - [writev(2)](https://man7.org/linux/man-pages/man2/writev.2.html)
#[inline]
pub fn write_vectored(fd: impl AsFd, slices: &[IoSlice<'_>]) -> Result<usize, Errno> {
    let first = slices.get(..SLICES_MAX).unwrap_or(slices);
    retry(|| sys::writev(fd.as_fd(), first))
}

/// Writes all of it. Retries on `EINTR`, and goes on after a short write.
///
/// ```
/// use sinew::sys::PipeFlags;
/// use sinew::{Errno, io, ipc};
///
/// let (_reader, writer) = ipc::pipe_with(PipeFlags::NONBLOCK)?;
/// io::write_all(&writer, b"text")?;
/// // A pipe holds 64 KiB.
/// let error = io::write_all(&writer, &[b'.'; 100_000]).unwrap_err();
/// assert_eq!(error.error, Errno::AGAIN);
/// assert!(error.written > 0);
/// # Ok::<(), sinew::Errno>(())
/// ```
///
/// # Errors
///
/// Those of [`write()`], with the number of bytes that were written before; [`Errno::IO`] also
/// if the system took nothing without a reason.
#[inline]
pub fn write_all(fd: impl AsFd, bytes: &[u8]) -> Result<(), WriteError> {
    fn write_all(fd: BorrowedFd<'_>, bytes: &[u8]) -> Result<(), WriteError> {
        let mut written = 0;
        while let Some(left) = bytes.get(written..)
            && !left.is_empty()
        {
            match write(fd, left) {
                Ok(0) => return Err(WriteError { written, error: Errno::IO }),
                Ok(count) => written += count,
                Err(error) => return Err(WriteError { written, error }),
            }
        }
        Ok(())
    }
    write_all(fd.as_fd(), bytes)
}

/// Writes all of several slices, one after the other, as [`write_all`] does; any number of
/// them.
///
/// What has been written is gone from the slices, after an error too: the same call again
/// goes on where this one stopped.
///
/// ```
/// use sinew::io::{self, IoSlice};
///
/// let (reader, writer) = sinew::ipc::pipe()?;
/// io::write_all_vectored(&writer, &mut [IoSlice::new(b"name="), IoSlice::new(b"value")])?;
/// let mut buffer = [0; 10];
/// io::read_exact(&reader, &mut buffer)?;
/// assert_eq!(&buffer, b"name=value");
/// # Ok::<(), sinew::Errno>(())
/// ```
///
/// # Errors
///
/// Those of [`write_all`].
#[inline]
pub fn write_all_vectored(fd: impl AsFd, slices: &mut [IoSlice<'_>]) -> Result<(), WriteError> {
    fn write_all_vectored(fd: BorrowedFd<'_>, slices: &mut [IoSlice<'_>]) -> Result<(), WriteError> {
        let mut written = 0;
        let mut left = advance(slices, 0);
        while !left.is_empty() {
            match write_vectored(fd, left) {
                Ok(0) => return Err(WriteError { written, error: Errno::IO }),
                Ok(count) => {
                    written += count;
                    left = advance(left, count);
                }
                Err(error) => return Err(WriteError { written, error }),
            }
        }
        Ok(())
    }
    write_all_vectored(fd.as_fd(), slices)
}

/// Drops the first `count` bytes of the slices, and the empty ones that then stand in front:
/// a call on nothing but empty slices would answer 0.
fn advance<'s, 'b>(slices: &'s mut [IoSlice<'b>], mut count: usize) -> &'s mut [IoSlice<'b>] {
    let mut empty = 0;
    for slice in slices.iter_mut() {
        let step = count.min(slice.len());
        slice.advance(step);
        count -= step;
        if !slice.is_empty() {
            break;
        }
        empty += 1;
    }
    slices.get_mut(empty..).unwrap_or_default()
}

/// Why a write stopped, and how much had been written before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriteError {
    /// How many bytes were taken.
    pub written: usize,
    /// Why it was not more.
    pub error: Errno,
}

impl From<WriteError> for Errno {
    fn from(error: WriteError) -> Self {
        error.error
    }
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, after {} bytes", self.error, self.written)
    }
}

impl core::error::Error for WriteError {}
