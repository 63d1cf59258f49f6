//! Reading: one call, or until enough is there.

use super::{SLICES_MAX, retry};
use crate::errno::Errno;
use crate::fd::{AsFd, BorrowedFd};
use crate::sys::{self, IoSliceMut};
use core::fmt;

/// Reads up to `buffer.len()` bytes; 0 is the end of the file. Retries on `EINTR`.
///
/// ```
/// use sinew::io;
///
/// let (reader, writer) = sinew::ipc::pipe()?;
/// io::write_all(&writer, b"abc")?;
/// drop(writer);
/// let mut buffer = [0; 8];
/// assert_eq!(io::read(&reader, &mut buffer), Ok(3));
/// assert_eq!(io::read(&reader, &mut buffer), Ok(0));
/// # Ok::<(), sinew::Errno>(())
/// ```
///
/// # Errors
///
/// Those of [`sys::read`] but for [`Errno::INTR`].
///
/// # References
///
/// - [read(2)](https://man7.org/linux/man-pages/man2/read.2.html)
#[inline]
pub fn read(fd: impl AsFd, buffer: &mut [u8]) -> Result<usize, Errno> {
    retry(|| sys::read(fd.as_fd(), buffer))
}

/// Reads into several buffers, one after the other, as [`read`] does. Of more than 1024
/// buffers the first 1024 are used.
///
/// # Errors
///
/// Those of [`sys::readv`] but for [`Errno::INTR`].
///
/// # References
///
/// - [readv(2)](https://man7.org/linux/man-pages/man2/readv.2.html)
#[inline]
pub fn read_vectored(fd: impl AsFd, buffers: &mut [IoSliceMut<'_>]) -> Result<usize, Errno> {
    let count = buffers.len().min(SLICES_MAX);
    retry(|| sys::readv(fd.as_fd(), &mut buffers[..count]))
}

/// Fills the buffer. Retries on `EINTR`, and goes on after a short read.
///
/// ```
/// use sinew::io::{self, ReadErrorKind};
///
/// let (reader, writer) = sinew::ipc::pipe()?;
/// io::write_all(&writer, b"abcde")?;
/// drop(writer);
///
/// let mut buffer = [0; 4];
/// io::read_exact(&reader, &mut buffer)?;
/// assert_eq!(&buffer, b"abcd");
///
/// let error = io::read_exact(&reader, &mut buffer).unwrap_err();
/// assert_eq!(error.kind, ReadErrorKind::UnexpectedEof);
/// assert_eq!(&buffer[..error.read], b"e");
/// # Ok::<(), sinew::Errno>(())
/// ```
///
/// # Errors
///
/// - [`ReadErrorKind::UnexpectedEof`]: the file ended before.
/// - [`ReadErrorKind::Os`]: a read failed.
///
/// Either way [`ReadError::read`] bytes are in the buffer.
pub fn read_exact(fd: impl AsFd, buffer: &mut [u8]) -> Result<(), ReadError> {
    match fill(fd.as_fd(), buffer)? {
        read if read < buffer.len() => Err(ReadError { read, kind: ReadErrorKind::UnexpectedEof }),
        _ => Ok(()),
    }
}

/// Fills several buffers, one after the other, as [`read_exact`] does; any number of them.
///
/// What has been filled is gone from the slices, after an error too: the same call again
/// goes on where this one stopped.
///
/// # Errors
///
/// Those of [`read_exact`].
pub fn read_exact_vectored(fd: impl AsFd, buffers: &mut [IoSliceMut<'_>]) -> Result<(), ReadError> {
    let fd = fd.as_fd();
    let mut read = 0;
    let mut left = advance(buffers, 0);
    while !left.is_empty() {
        match read_vectored(fd, left) {
            Ok(0) => return Err(ReadError { read, kind: ReadErrorKind::UnexpectedEof }),
            Ok(count) => {
                read += count;
                left = advance(left, count);
            }
            Err(error) => return Err(ReadError { read, kind: ReadErrorKind::Os(error) }),
        }
    }
    Ok(())
}

/// Reads to the end of the file, and says how many bytes there were. Retries on `EINTR`.
///
/// Only a read that gives nothing shows the end, so the buffer must be longer than the
/// file by one byte at least.
///
/// ```
/// use sinew::io::{self, ReadErrorKind};
///
/// let (reader, writer) = sinew::ipc::pipe()?;
/// io::write_all(&writer, b"abcde")?;
/// drop(writer);
///
/// let mut buffer = [0; 8];
/// let error = io::read_to_end(&reader, &mut buffer[..3]).unwrap_err();
/// assert_eq!(error.kind, ReadErrorKind::BufferFull);
/// // Nothing is lost: what came stands in the buffer, and the rest can still be read.
/// let read = 3 + io::read_to_end(&reader, &mut buffer[3..])?;
/// assert_eq!(&buffer[..read], b"abcde");
/// # Ok::<(), sinew::Errno>(())
/// ```
///
/// # Errors
///
/// - [`ReadErrorKind::BufferFull`]: the buffer is full, and the end did not come.
/// - [`ReadErrorKind::Os`]: a read failed.
///
/// Either way [`ReadError::read`] bytes are in the buffer.
pub fn read_to_end(fd: impl AsFd, buffer: &mut [u8]) -> Result<usize, ReadError> {
    match fill(fd.as_fd(), buffer)? {
        read if read < buffer.len() => Ok(read),
        read => Err(ReadError { read, kind: ReadErrorKind::BufferFull }),
    }
}

/// Reads until the buffer is full or the file ends; says how much there is.
fn fill(fd: BorrowedFd<'_>, buffer: &mut [u8]) -> Result<usize, ReadError> {
    let mut read = 0;
    while let Some(left) = buffer.get_mut(read..)
        && !left.is_empty()
    {
        match self::read(fd, left) {
            Ok(0) => break,
            Ok(count) => read += count,
            Err(error) => return Err(ReadError { read, kind: ReadErrorKind::Os(error) }),
        }
    }
    Ok(read)
}

/// Drops the first `count` bytes of the slices, and the empty ones that then stand in front.
fn advance<'s, 'b>(slices: &'s mut [IoSliceMut<'b>], mut count: usize) -> &'s mut [IoSliceMut<'b>] {
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

/// Why a read stopped, and how much it had read before: that much is in the buffer.
///
/// As an [`Errno`] it is [`Errno::NODATA`] for an unexpected end and [`Errno::NOBUFS`] for a
/// full buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadError {
    /// How many bytes were read.
    pub read: usize,
    /// Why it was not more.
    pub kind: ReadErrorKind,
}

/// The reasons of a [`ReadError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadErrorKind {
    /// The file ended before the buffer was full.
    UnexpectedEof,
    /// The buffer was full before the file ended.
    BufferFull,
    /// The system said no.
    Os(Errno),
}

impl From<ReadError> for Errno {
    fn from(error: ReadError) -> Self {
        match error.kind {
            ReadErrorKind::UnexpectedEof => Self::NODATA,
            ReadErrorKind::BufferFull => Self::NOBUFS,
            ReadErrorKind::Os(error) => error,
        }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            ReadErrorKind::UnexpectedEof => f.write_str("unexpected end of file")?,
            ReadErrorKind::BufferFull => f.write_str("the buffer is full before the end of the file")?,
            ReadErrorKind::Os(error) => error.fmt(f)?,
        }
        write!(f, ", after {} bytes", self.read)
    }
}

impl core::error::Error for ReadError {}
