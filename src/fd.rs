//! Owned and borrowed descriptors.
//!
//! With feature `std` these are the standard library's own types; without it they have the
//! same names, the same shape and the same promises (RFC 3128). A descriptor that an
//! [`OwnedFd`] holds is closed once, when the value is dropped.
//!
//! ```
//! use sinew::fd::{AsFd, AsRawFd, STDOUT};
//!
//! assert_eq!(STDOUT.as_fd().as_raw_fd(), 1);
//! ```

#[cfg(feature = "std")]
pub use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};

#[cfg(not(feature = "std"))]
pub use own::{AsFd, AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};

/// Standard input, descriptor 0.
// SAFETY: the standard descriptors are open by convention; a program that closes one of them
// and uses these gets EBADF, or what it opened in its place.
pub const STDIN: BorrowedFd<'static> = unsafe { BorrowedFd::borrow_raw(0) };

/// Standard output, descriptor 1.
// SAFETY: see `STDIN`.
pub const STDOUT: BorrowedFd<'static> = unsafe { BorrowedFd::borrow_raw(1) };

/// Standard error, descriptor 2.
// SAFETY: see `STDIN`.
pub const STDERR: BorrowedFd<'static> = unsafe { BorrowedFd::borrow_raw(2) };

/// The working directory, for calls that take a path relative to a directory. It is not a
/// descriptor: other calls answer `EBADF`.
#[doc(alias = "AT_FDCWD")]
// SAFETY: it is -100, not -1, and nobody can open or close it.
pub const CWD: BorrowedFd<'static> = unsafe { BorrowedFd::borrow_raw(linux_raw_sys::general::AT_FDCWD) };

#[cfg(not(feature = "std"))]
mod own {
    use crate::arch::syscall1;
    use core::marker::PhantomData;
    use core::mem::ManuallyDrop;
    use core::num::NonZeroU32;

    /// The kernel's number for a descriptor.
    pub type RawFd = i32;

    /// A number that is not -1, so that an `Option` costs nothing.
    #[derive(Clone, Copy)]
    #[repr(transparent)]
    struct NotMinusOne(NonZeroU32);

    impl NotMinusOne {
        /// # Safety
        ///
        /// `fd` must not be -1.
        const unsafe fn new(fd: RawFd) -> Self {
            // SAFETY: the complement is zero for -1 only.
            Self(unsafe { NonZeroU32::new_unchecked(!(fd as u32)) })
        }

        const fn get(self) -> RawFd {
            !self.0.get() as RawFd
        }
    }

    /// A descriptor that belongs to this value and is closed with it.
    #[repr(transparent)]
    pub struct OwnedFd(NotMinusOne);

    /// A descriptor that somebody else keeps open for `'fd`.
    #[derive(Clone, Copy)]
    #[repr(transparent)]
    pub struct BorrowedFd<'fd>(NotMinusOne, PhantomData<&'fd OwnedFd>);

    impl BorrowedFd<'_> {
        /// Borrows a number.
        ///
        /// # Safety
        ///
        /// `fd` must stay open for the lifetime that is asked for, and must not be -1.
        #[inline]
        #[must_use]
        pub const unsafe fn borrow_raw(fd: RawFd) -> Self {
            // SAFETY: the caller promises that it is not -1.
            Self(unsafe { NotMinusOne::new(fd) }, PhantomData)
        }
    }

    /// Gives the number.
    pub trait AsRawFd {
        /// The number; the owner keeps the descriptor.
        fn as_raw_fd(&self) -> RawFd;
    }

    /// Takes a number over.
    pub trait FromRawFd {
        /// Takes ownership of a descriptor.
        ///
        /// # Safety
        ///
        /// `fd` must be open, must not be -1, and nobody else may close it.
        unsafe fn from_raw_fd(fd: RawFd) -> Self;
    }

    /// Gives the number and the duty to close it.
    pub trait IntoRawFd {
        /// The number; whoever takes it has to close the descriptor.
        fn into_raw_fd(self) -> RawFd;
    }

    /// Lends a descriptor.
    pub trait AsFd {
        /// The descriptor, borrowed.
        fn as_fd(&self) -> BorrowedFd<'_>;
    }

    impl AsRawFd for OwnedFd {
        #[inline]
        fn as_raw_fd(&self) -> RawFd {
            self.0.get()
        }
    }

    impl AsRawFd for BorrowedFd<'_> {
        #[inline]
        fn as_raw_fd(&self) -> RawFd {
            self.0.get()
        }
    }

    impl FromRawFd for OwnedFd {
        #[inline]
        unsafe fn from_raw_fd(fd: RawFd) -> Self {
            // SAFETY: the caller promises that it is not -1.
            Self(unsafe { NotMinusOne::new(fd) })
        }
    }

    impl IntoRawFd for OwnedFd {
        #[inline]
        fn into_raw_fd(self) -> RawFd {
            ManuallyDrop::new(self).0.get()
        }
    }

    impl AsFd for OwnedFd {
        #[inline]
        fn as_fd(&self) -> BorrowedFd<'_> {
            BorrowedFd(self.0, PhantomData)
        }
    }

    impl AsFd for BorrowedFd<'_> {
        #[inline]
        fn as_fd(&self) -> BorrowedFd<'_> {
            *self
        }
    }

    impl<T: AsFd + ?Sized> AsFd for &T {
        #[inline]
        fn as_fd(&self) -> BorrowedFd<'_> {
            T::as_fd(self)
        }
    }

    impl<T: AsFd + ?Sized> AsFd for &mut T {
        #[inline]
        fn as_fd(&self) -> BorrowedFd<'_> {
            T::as_fd(self)
        }
    }

    impl core::fmt::Debug for OwnedFd {
        fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
            f.debug_struct("OwnedFd").field("fd", &self.as_raw_fd()).finish()
        }
    }

    impl core::fmt::Debug for BorrowedFd<'_> {
        fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
            f.debug_struct("BorrowedFd").field("fd", &self.as_raw_fd()).finish()
        }
    }

    impl Drop for OwnedFd {
        fn drop(&mut self) {
            // `close` is never retried: Linux frees the number even when it answers EINTR.
            // SAFETY: the number is ours, and nobody uses it after this.
            unsafe { syscall1(crate::sys::nr::CLOSE, self.as_raw_fd().into()) };
        }
    }

    static_assertions::assert_eq_size!(Option<OwnedFd>, RawFd);
}
