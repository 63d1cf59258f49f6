//! Calls on descriptors that move bytes.

use super::macros::{assert_layout, constants};
use super::nr;
use crate::arch::{syscall3, syscall3_readonly, syscall4};
use crate::errno::{Errno, check};
use crate::fd::BorrowedFd;
use core::marker::PhantomData;
use core::mem::{MaybeUninit, take};
use core::ops::{Deref, DerefMut};
use linux_raw_sys::general as raw;

// The calls that write to a file do not take the read-only stub: the file may be mapped,
// and then they change memory that Rust can see.

/// `read(2)`: reads up to `buffer.len()` bytes; 0 is the end of the file.
///
/// # Errors
///
/// - [`Errno::AGAIN`]: nothing to read now, and the descriptor is non-blocking.
/// - [`Errno::BADF`]: the descriptor is not open for reading.
/// - [`Errno::INTR`]: a signal handler ran before anything was read.
/// - [`Errno::INVAL`]: the object cannot be read, or `O_DIRECT` and a bad alignment.
/// - [`Errno::IO`]: the device failed, or a background process reads its terminal.
/// - [`Errno::ISDIR`]: it is a directory.
///
/// # References
///
/// - [read(2)](https://man7.org/linux/man-pages/man2/read.2.html)
#[inline]
pub fn read(fd: BorrowedFd<'_>, buffer: &mut [u8]) -> Result<usize, Errno> {
    // SAFETY: the kernel writes within the buffer.
    unsafe { read_raw(fd, buffer.as_mut_ptr(), buffer.len()) }
}

/// `read(2)` into memory that need not be initialised: the first bytes, as many as the
/// result says, are then.
///
/// # Errors
///
/// Those of [`read`].
#[inline]
pub fn read_uninit(fd: BorrowedFd<'_>, buffer: &mut [MaybeUninit<u8>]) -> Result<usize, Errno> {
    // SAFETY: the kernel writes within the buffer and does not read it.
    unsafe { read_raw(fd, buffer.as_mut_ptr().cast(), buffer.len()) }
}

/// `read(2)` into memory that no reference can describe, such as a shared mapping.
///
/// # Errors
///
/// Those of [`read`], and [`Errno::FAULT`] if the memory is not there.
///
/// # Safety
///
/// It must be sound to write `length` bytes at `buffer`.
#[inline]
pub unsafe fn read_raw(fd: BorrowedFd<'_>, buffer: *mut u8, length: usize) -> Result<usize, Errno> {
    // SAFETY: the caller lends the memory.
    check(unsafe { syscall3(nr::READ, fd.into(), buffer.into(), length.into()) })
}

/// `write(2)`: writes up to `bytes.len()` bytes and says how many it took.
///
/// # Errors
///
/// - [`Errno::AGAIN`]: no room now, and the descriptor is non-blocking.
/// - [`Errno::BADF`]: the descriptor is not open for writing.
/// - [`Errno::DQUOT`], [`Errno::FBIG`], [`Errno::NOSPC`]: the user's quota, the limit on the
///   file's size, the device is exhausted.
/// - [`Errno::INTR`]: a signal handler ran before anything was written.
/// - [`Errno::INVAL`]: the object cannot be written, or `O_DIRECT` and a bad alignment.
/// - [`Errno::IO`]: the device failed.
/// - [`Errno::PERM`]: a seal forbids it.
/// - [`Errno::PIPE`]: nobody reads the pipe or the socket; `SIGPIPE` is sent as well.
///
/// # References
///
/// - [write(2)](https://man7.org/linux/man-pages/man2/write.2.html)
#[inline]
pub fn write(fd: BorrowedFd<'_>, bytes: &[u8]) -> Result<usize, Errno> {
    // SAFETY: the kernel reads within the slice.
    unsafe { write_raw(fd, bytes.as_ptr(), bytes.len()) }
}

/// `write(2)` from memory that no reference can describe, such as a shared mapping.
///
/// # Errors
///
/// Those of [`write()`], and [`Errno::FAULT`] if the memory is not there.
///
/// # Safety
///
/// It must be sound to read `length` bytes at `bytes`.
#[inline]
pub unsafe fn write_raw(fd: BorrowedFd<'_>, bytes: *const u8, length: usize) -> Result<usize, Errno> {
    // SAFETY: the caller lends the memory.
    check(unsafe { syscall3(nr::WRITE, fd.into(), bytes.into(), length.into()) })
}

/// `readv(2)`: reads into several buffers, one after the other.
///
/// # Errors
///
/// Those of [`read`]; [`Errno::INVAL`] also for more than 1024 buffers.
///
/// # References
///
/// - [readv(2)](https://man7.org/linux/man-pages/man2/readv.2.html)
#[inline]
pub fn readv(fd: BorrowedFd<'_>, buffers: &mut [IoSliceMut<'_>]) -> Result<usize, Errno> {
    // SAFETY: each `IoSliceMut` describes memory that it borrows exclusively.
    check(unsafe { syscall3(nr::READV, fd.into(), buffers.as_mut_ptr().into(), buffers.len().into()) })
}

/// `writev(2)`: writes several slices, one after the other.
///
/// # Errors
///
/// Those of [`write()`]; [`Errno::INVAL`] also for more than 1024 slices.
///
/// # References
///
/// - [writev(2)](https://man7.org/linux/man-pages/man2/writev.2.html)
#[inline]
pub fn writev(fd: BorrowedFd<'_>, slices: &[IoSlice<'_>]) -> Result<usize, Errno> {
    // SAFETY: each `IoSlice` describes memory that it borrows.
    check(unsafe { syscall3(nr::WRITEV, fd.into(), slices.as_ptr().into(), slices.len().into()) })
}

/// `pread64(2)`: reads at `offset` bytes from the start; the file's own offset stays.
///
/// # Errors
///
/// Those of [`read`]; [`Errno::INVAL`] also for an offset above `i64::MAX`, and
/// [`Errno::SPIPE`] for a pipe, a socket or a terminal.
#[inline]
pub fn pread64(fd: BorrowedFd<'_>, buffer: &mut [u8], offset: u64) -> Result<usize, Errno> {
    // SAFETY: the kernel writes within the buffer.
    check(unsafe {
        syscall4(nr::PREAD64, fd.into(), buffer.as_mut_ptr().into(), buffer.len().into(), offset.into())
    })
}

/// `pwrite64(2)`: writes at `offset` bytes from the start; the file's own offset stays.
///
/// With `O_APPEND`, Linux writes at the end whatever the offset is.
///
/// # Errors
///
/// Those of [`write()`]; [`Errno::INVAL`] also for an offset above `i64::MAX`, and
/// [`Errno::SPIPE`] for a pipe, a socket or a terminal.
#[inline]
pub fn pwrite64(fd: BorrowedFd<'_>, bytes: &[u8], offset: u64) -> Result<usize, Errno> {
    // SAFETY: the kernel reads within the slice.
    check(unsafe {
        syscall4(nr::PWRITE64, fd.into(), bytes.as_ptr().into(), bytes.len().into(), offset.into())
    })
}

constants! {
    /// Where [`lseek`] counts from.
    pub struct Whence: u32 {
        /// `SEEK_SET`: the start of the file.
        SET = raw::SEEK_SET;
        /// `SEEK_CUR`: the present offset.
        CUR = raw::SEEK_CUR;
        /// `SEEK_END`: the end of the file.
        END = raw::SEEK_END;
        /// `SEEK_DATA`: the first byte at or after the offset that is no hole.
        DATA = raw::SEEK_DATA;
        /// `SEEK_HOLE`: the first hole at or after the offset; the end of the file is one.
        HOLE = raw::SEEK_HOLE;
    }
}

/// `lseek(2)`: moves the file's offset and gives the new one, in bytes from the start.
///
/// # Errors
///
/// - [`Errno::INVAL`]: a `whence` that the kernel does not know, or an offset before the start.
/// - [`Errno::NXIO`]: [`Whence::DATA`] or [`Whence::HOLE`] at or behind the end.
/// - [`Errno::OVERFLOW`]: the new offset does not fit the file's type.
/// - [`Errno::SPIPE`]: it is a pipe, a socket or a terminal.
#[inline]
pub fn lseek(fd: BorrowedFd<'_>, offset: i64, whence: Whence) -> Result<u64, Errno> {
    // SAFETY: it touches no memory.
    check(unsafe { syscall3_readonly(nr::LSEEK, fd.into(), offset.into(), whence.into()) })
        .map(|offset| offset as u64)
}

/// Borrowed bytes as [`writev`] takes them: the kernel's `struct iovec`.
///
/// It has the shape of `std::io::IoSlice`.
#[doc(alias = "iovec")]
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct IoSlice<'a>(Iovec, PhantomData<&'a [u8]>);

/// An exclusively borrowed buffer as [`readv`] takes it: the kernel's `struct iovec`.
///
/// It has the shape of `std::io::IoSliceMut`.
#[doc(alias = "iovec")]
#[repr(transparent)]
pub struct IoSliceMut<'a>(Iovec, PhantomData<&'a mut [u8]>);

#[derive(Clone, Copy)]
#[repr(C)]
struct Iovec {
    base: *mut u8,
    length: usize,
}

assert_layout!(Iovec, raw::iovec, { base = iov_base, length = iov_len });

impl Iovec {
    fn advance(&mut self, count: usize) {
        assert!(count <= self.length, "advancing beyond the end of the slice");
        // SAFETY: it stays within the slice, or one byte behind it.
        self.base = unsafe { self.base.add(count) };
        self.length -= count;
    }
}

// SAFETY: it is what it borrows, a slice of bytes; so are the three below.
unsafe impl Send for IoSlice<'_> {}
// SAFETY: see above.
unsafe impl Sync for IoSlice<'_> {}
// SAFETY: see above.
unsafe impl Send for IoSliceMut<'_> {}
// SAFETY: see above.
unsafe impl Sync for IoSliceMut<'_> {}

impl<'a> IoSlice<'a> {
    /// Wraps a slice.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(Iovec { base: bytes.as_ptr().cast_mut(), length: bytes.len() }, PhantomData)
    }

    /// Drops the first `count` bytes.
    ///
    /// # Panics
    ///
    /// If there are fewer.
    pub fn advance(&mut self, count: usize) {
        self.0.advance(count);
    }

    /// Drops the first `count` bytes of several slices, whole slices included.
    ///
    /// # Panics
    ///
    /// If there are fewer.
    pub fn advance_slices(slices: &mut &mut [Self], mut count: usize) {
        let mut whole = 0;
        for slice in slices.iter() {
            let Some(left) = count.checked_sub(slice.len()) else { break };
            count = left;
            whole += 1;
        }
        *slices = &mut take(slices)[whole..];
        match slices.first_mut() {
            Some(first) => first.advance(count),
            None => assert!(count == 0, "advancing beyond the end of the slices"),
        }
    }
}

impl<'a> IoSliceMut<'a> {
    /// Wraps a buffer.
    #[must_use]
    pub const fn new(buffer: &'a mut [u8]) -> Self {
        Self(Iovec { base: buffer.as_mut_ptr(), length: buffer.len() }, PhantomData)
    }

    /// Drops the first `count` bytes.
    ///
    /// # Panics
    ///
    /// If there are fewer.
    pub fn advance(&mut self, count: usize) {
        self.0.advance(count);
    }

    /// Drops the first `count` bytes of several buffers, whole buffers included.
    ///
    /// # Panics
    ///
    /// If there are fewer.
    pub fn advance_slices(buffers: &mut &mut [Self], mut count: usize) {
        let mut whole = 0;
        for buffer in buffers.iter() {
            let Some(left) = count.checked_sub(buffer.len()) else { break };
            count = left;
            whole += 1;
        }
        *buffers = &mut take(buffers)[whole..];
        match buffers.first_mut() {
            Some(first) => first.advance(count),
            None => assert!(count == 0, "advancing beyond the end of the buffers"),
        }
    }
}

impl Deref for IoSlice<'_> {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        // SAFETY: it was made of a slice that is still borrowed.
        unsafe { core::slice::from_raw_parts(self.0.base, self.0.length) }
    }
}

impl Deref for IoSliceMut<'_> {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        // SAFETY: it was made of a slice that is still borrowed.
        unsafe { core::slice::from_raw_parts(self.0.base, self.0.length) }
    }
}

impl DerefMut for IoSliceMut<'_> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: it was made of a slice that is still exclusively borrowed.
        unsafe { core::slice::from_raw_parts_mut(self.0.base, self.0.length) }
    }
}

impl core::fmt::Debug for IoSlice<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        (**self).fmt(f)
    }
}

impl core::fmt::Debug for IoSliceMut<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        (**self).fmt(f)
    }
}
