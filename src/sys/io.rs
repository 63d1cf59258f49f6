//! Calls on descriptors that move bytes.

use super::nr;
use crate::arch::{syscall3, syscall3_readonly};
use crate::errno::{Errno, check};
use crate::fd::{AsRawFd, BorrowedFd};

/// `read(2)`: reads up to `buffer.len()` bytes; 0 is the end of the file.
#[inline]
pub fn read(fd: BorrowedFd<'_>, buffer: &mut [u8]) -> Result<usize, Errno> {
    // SAFETY: the kernel writes within the buffer.
    check(unsafe {
        syscall3(nr::READ, fd.as_raw_fd().into(), buffer.as_mut_ptr().into(), buffer.len().into())
    })
}

/// `write(2)`: writes up to `bytes.len()` bytes and says how many it took.
#[inline]
pub fn write(fd: BorrowedFd<'_>, bytes: &[u8]) -> Result<usize, Errno> {
    // SAFETY: the kernel reads within the slice.
    check(unsafe {
        syscall3_readonly(nr::WRITE, fd.as_raw_fd().into(), bytes.as_ptr().into(), bytes.len().into())
    })
}
