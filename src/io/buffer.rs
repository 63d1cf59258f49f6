//! Many small writes in few system calls.

use super::integer::{self, Integer, LENGTH_MAX};
use super::{IoSlice, WriteError, write_all, write_all_vectored};
use crate::errno::Errno;
use crate::fd::{AsFd, BorrowedFd};
use core::fmt;

/// A descriptor with a buffer before it, in memory that the caller lends (`&mut [u8]`) or
/// gives (`[u8; N]`).
///
/// ```
/// use sinew::io::{self, BufWriter};
///
/// let (reader, writer) = sinew::ipc::pipe()?;
/// let mut numbers = BufWriter::new(writer, [0; 4096]);
/// for number in 1..=3 {
///     numbers.write_integer(number)?;
///     numbers.write_all(b"\n")?;
/// }
/// write!(numbers, "{:?}", "end")?;
/// numbers.finish()?;
///
/// let mut text = [0; 64];
/// let length = io::read_to_end(&reader, &mut text)?;
/// assert_eq!(&text[..length], b"1\n2\n3\n\"end\"");
/// # Ok::<(), sinew::Errno>(())
/// ```
///
/// What is written stays in the buffer until it is full, [`flush`](Self::flush) is called,
/// or the writer is dropped. A piece that does not fit goes out after what is in the buffer;
/// one that is longer than the whole buffer goes out with it, in one `writev(2)`. Pieces
/// that fit into the buffer are not torn into two system calls.
///
/// # When a write fails
///
/// Nothing is lost and nothing is written twice: what is in the buffer and has not been
/// written stays there for the next attempt. An error while the writer is dropped is seen by
/// nobody, so end with [`finish`](Self::finish) or [`flush`](Self::flush).
pub struct BufWriter<F: AsFd, B: AsMut<[u8]>> {
    fd: F,
    pending: Pending<B>,
}

impl<F: AsFd, B: AsMut<[u8]>> BufWriter<F, B> {
    /// Puts a buffer before a descriptor. What the buffer holds does not matter.
    ///
    /// 4 KiB is enough for most uses, more than 64 KiB gains nothing; with no byte at all,
    /// every piece is a system call.
    pub const fn new(fd: F, buffer: B) -> Self {
        Self { fd, pending: Pending::new(buffer) }
    }

    /// Writes all of it, into the buffer if there is room.
    ///
    /// # Errors
    ///
    /// Those of [`write_all`](super::write_all). [`WriteError::written`] says how many of
    /// these bytes were taken, by the system or into the buffer; the others have to be
    /// written again.
    #[inline]
    pub fn write_all(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        if self.pending.append(bytes) {
            return Ok(());
        }
        self.pending.write_all(self.fd.as_fd(), bytes)
    }

    /// Writes a number in decimal: what `write!(writer, "{number}")` does, several times as fast.
    ///
    /// # Errors
    ///
    /// As for [`write_all`](Self::write_all).
    #[inline]
    pub fn write_integer(&mut self, number: impl Integer) -> Result<(), WriteError> {
        if self.pending.append_integer(number) {
            return Ok(());
        }
        self.pending.write_integer(self.fd.as_fd(), number)
    }

    /// What [`write!`] calls, with the errno of a write that failed.
    ///
    /// # Errors
    ///
    /// Those of [`write_all`](super::write_all), and [`Errno::INVAL`] if one of the values
    /// refused to be formatted. What came before it has been written.
    pub fn write_fmt(&mut self, arguments: fmt::Arguments<'_>) -> Result<(), Errno> {
        format(arguments, |text| self.write_all(text.as_bytes()))
    }

    /// Writes what is in the buffer.
    ///
    /// # Errors
    ///
    /// Those of [`write_all`](super::write_all); what was not written stays in the buffer.
    pub fn flush(&mut self) -> Result<(), Errno> {
        self.pending.flush(self.fd.as_fd())
    }

    /// What is in the buffer and not yet written.
    #[must_use]
    pub fn buffered(&self) -> &[u8]
    where
        B: AsRef<[u8]>,
    {
        self.pending.bytes.as_ref().get(..self.pending.length).unwrap_or_default()
    }

    /// Writes what is in the buffer and ends the writer.
    ///
    /// # Errors
    ///
    /// Those of [`write_all`](super::write_all); what was not written is then lost. To try
    /// again instead, call [`flush`](Self::flush) first.
    pub fn finish(mut self) -> Result<(), Errno> {
        let result = self.flush();
        self.pending.clear();
        result
    }
}

/// For code that only formats; [`BufWriter::write_fmt`] also says which error there was.
impl<F: AsFd, B: AsMut<[u8]>> fmt::Write for BufWriter<F, B> {
    #[inline]
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.write_all(text.as_bytes()).map_err(|_| fmt::Error)
    }
}

impl<F: AsFd, B: AsMut<[u8]>> Drop for BufWriter<F, B> {
    fn drop(&mut self) {
        // Documented: whoever wants to know calls `finish`.
        let _ = self.flush();
    }
}

impl<F: AsFd + fmt::Debug, B: AsMut<[u8]>> fmt::Debug for BufWriter<F, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BufWriter").field("fd", &self.fd).field("buffered", &self.pending.length).finish()
    }
}

/// A buffer of bytes that are still to be written.
pub(super) struct Pending<B> {
    bytes: B,
    /// How many there are. No more than `bytes` is long, unless somebody's `AsMut` gives
    /// another slice each time: then bytes get lost, and no more than that.
    length: usize,
}

impl<B: AsMut<[u8]>> Pending<B> {
    pub(super) const fn new(bytes: B) -> Self {
        Self { bytes, length: 0 }
    }

    pub(super) fn length(&self) -> usize {
        self.length
    }

    pub(super) fn clear(&mut self) {
        self.length = 0;
    }

    /// The bytes from `start` on.
    pub(super) fn from(&mut self, start: usize) -> &[u8] {
        self.bytes.as_mut().get(start..self.length).unwrap_or_default()
    }

    /// Takes all of it or, where there is no room, nothing.
    #[inline(always)]
    pub(super) fn append(&mut self, bytes: &[u8]) -> bool {
        let Some(room) = self.room(bytes.len()) else { return false };
        room.copy_from_slice(bytes);
        self.length += bytes.len();
        true
    }

    /// The same for a number; there must be room for the longest.
    #[inline(always)]
    pub(super) fn append_integer(&mut self, number: impl Integer) -> bool {
        // One store of the length: nothing here needs to read it a second time.
        let length = self.length;
        let Some(room) = self.room(LENGTH_MAX).and_then(<[u8]>::first_chunk_mut) else { return false };
        self.length = length + number.put(room);
        true
    }

    #[inline(always)]
    fn room(&mut self, length: usize) -> Option<&mut [u8]> {
        let start = self.length;
        self.bytes.as_mut().get_mut(start..start.checked_add(length)?)
    }

    /// Makes room and takes it, or writes it past the buffer.
    #[cold]
    pub(super) fn write_all(&mut self, fd: BorrowedFd<'_>, bytes: &[u8]) -> Result<(), WriteError> {
        if bytes.len() > self.bytes.as_mut().len() {
            return self.write_through(fd, bytes);
        }
        self.flush(fd).map_err(|error| WriteError { written: 0, error })?;
        if self.append(bytes) { Ok(()) } else { write_all(fd, bytes) }
    }

    /// The same for a number.
    #[cold]
    pub(super) fn write_integer(
        &mut self,
        fd: BorrowedFd<'_>,
        number: impl Integer,
    ) -> Result<(), WriteError> {
        self.write_all(fd, integer::text(number, &mut [0; LENGTH_MAX]))
    }

    /// Writes the buffer and, behind it, what is longer than the buffer.
    fn write_through(&mut self, fd: BorrowedFd<'_>, bytes: &[u8]) -> Result<(), WriteError> {
        let buffered = self.length;
        let result = write_all_vectored(fd, &mut [IoSlice::new(self.from(0)), IoSlice::new(bytes)]);
        let written = result.map_or_else(|error| error.written, |()| buffered);
        self.remove(written.min(buffered));
        result.map_err(|error| WriteError { written: error.written.saturating_sub(buffered), ..error })
    }

    /// Writes it all.
    pub(super) fn flush(&mut self, fd: BorrowedFd<'_>) -> Result<(), Errno> {
        self.flush_first(fd, self.length)
    }

    /// Writes the first `count` bytes.
    pub(super) fn flush_first(&mut self, fd: BorrowedFd<'_>, count: usize) -> Result<(), Errno> {
        let bytes = self.from(0);
        let result = write_all(fd, bytes.get(..count).unwrap_or(bytes));
        self.remove(result.map_or_else(|error| error.written, |()| count));
        Ok(result?)
    }

    /// Moves what stands behind the first `count` bytes to the front.
    fn remove(&mut self, count: usize) {
        let bytes = self.bytes.as_mut();
        if count < self.length && self.length <= bytes.len() {
            bytes.copy_within(count..self.length, 0);
        }
        self.length = self.length.saturating_sub(count);
    }
}

/// Formats by pieces, for as long as `write` takes them.
pub(super) fn format<E: Into<Errno>>(
    arguments: fmt::Arguments<'_>,
    write: impl FnMut(&str) -> Result<(), E>,
) -> Result<(), Errno> {
    struct Pieces<W> {
        write: W,
        error: Option<Errno>,
    }

    impl<W: FnMut(&str) -> Result<(), E>, E: Into<Errno>> fmt::Write for Pieces<W> {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            (self.write)(text).map_err(|error| {
                self.error = Some(error.into());
                fmt::Error
            })
        }
    }

    let mut pieces = Pieces { write, error: None };
    match fmt::write(&mut pieces, arguments) {
        Ok(()) => Ok(()),
        Err(fmt::Error) => Err(pieces.error.unwrap_or(Errno::INVAL)),
    }
}
