//! Paths as the kernel takes them: bytes with a zero at the end.
//!
//! The functions of this crate that name a file take any [`AsPath`]: a string, bytes, or a
//! `CStr`, which costs no copy.
//!
//! ```
//! use sinew::Errno;
//! use sinew::path::AsPath;
//!
//! assert_eq!("a/b".with_c_str(|path| Ok(path.count_bytes())), Ok(3));
//! assert_eq!("a\0b".with_c_str(|_| Ok(())), Err(Errno::INVAL));
//! ```

use crate::errno::Errno;
use core::ffi::CStr;
use core::mem::MaybeUninit;
use core::{ptr, slice};

/// The longest path that the kernel takes, its zero included (`PATH_MAX`).
pub const MAX: usize = linux_raw_sys::general::PATH_MAX as usize;

/// Something that names a file.
pub trait AsPath {
    /// Calls `function` with the path as the kernel takes it; the copy, if one is needed,
    /// stands on the stack.
    ///
    /// # Errors
    ///
    /// - [`Errno::INVAL`]: there is a zero within the path.
    /// - [`Errno::NAMETOOLONG`]: it has [`MAX`] bytes or more.
    /// - Whatever `function` fails with.
    fn with_c_str<T>(&self, function: impl FnOnce(&CStr) -> Result<T, Errno>) -> Result<T, Errno>;
}

impl AsPath for CStr {
    fn with_c_str<T>(&self, function: impl FnOnce(&CStr) -> Result<T, Errno>) -> Result<T, Errno> {
        function(self)
    }
}

impl AsPath for [u8] {
    fn with_c_str<T>(&self, function: impl FnOnce(&CStr) -> Result<T, Errno>) -> Result<T, Errno> {
        let mut copy = [MaybeUninit::uninit(); MAX];
        function(terminate(self, &mut copy)?)
    }
}

/// Copies a path and puts a zero behind it. It stands for itself, so that it is there once
/// and not in each function that takes a path.
#[inline(never)]
fn terminate<'a>(path: &[u8], copy: &'a mut [MaybeUninit<u8>; MAX]) -> Result<&'a CStr, Errno> {
    let (body, rest) = copy.split_at_mut_checked(path.len()).ok_or(Errno::NAMETOOLONG)?;
    let end = rest.first_mut().ok_or(Errno::NAMETOOLONG)?;
    // SAFETY: both have the length of the path; plain bytes are valid as `MaybeUninit`.
    unsafe { ptr::copy_nonoverlapping(path.as_ptr().cast(), body.as_mut_ptr(), path.len()) };
    end.write(0);
    // SAFETY: that many bytes and the zero have just been written.
    let bytes = unsafe { slice::from_raw_parts(copy.as_ptr().cast(), path.len() + 1) };
    CStr::from_bytes_with_nul(bytes).map_err(|_| Errno::INVAL)
}

impl AsPath for str {
    fn with_c_str<T>(&self, function: impl FnOnce(&CStr) -> Result<T, Errno>) -> Result<T, Errno> {
        self.as_bytes().with_c_str(function)
    }
}

impl<const N: usize> AsPath for [u8; N] {
    fn with_c_str<T>(&self, function: impl FnOnce(&CStr) -> Result<T, Errno>) -> Result<T, Errno> {
        self.as_slice().with_c_str(function)
    }
}

#[cfg(feature = "std")]
impl AsPath for std::path::Path {
    fn with_c_str<T>(&self, function: impl FnOnce(&CStr) -> Result<T, Errno>) -> Result<T, Errno> {
        use std::os::unix::ffi::OsStrExt;
        self.as_os_str().as_bytes().with_c_str(function)
    }
}

impl<P: AsPath + ?Sized> AsPath for &P {
    fn with_c_str<T>(&self, function: impl FnOnce(&CStr) -> Result<T, Errno>) -> Result<T, Errno> {
        P::with_c_str(self, function)
    }
}
