//! All that differs between the architectures, behind one set of names.
//!
//! `README.md` beside this file says what an architecture owes. This file holds
//! what the architectures share: the selection, and the type of an argument.

use core::ffi::c_void;
use core::ptr;

#[cfg_attr(target_arch = "x86_64", path = "x86_64/mod.rs")]
#[cfg_attr(target_arch = "aarch64", path = "aarch64/mod.rs")]
mod selected;

pub use selected::*;

/// One argument of a system call: a register's worth of bits.
///
/// It is a pointer, so that an address that is handed to the kernel keeps its
/// provenance: the compiler then knows that the kernel may reach what is behind it.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Arg(*mut c_void);

/// What the kernel leaves in the result register: a value, an address, or a negated error.
pub type Ret = *mut c_void;

impl Arg {
    /// An argument that the call ignores but that some kernels check, as `prctl(2)` says.
    pub const ZERO: Self = Self(ptr::null_mut());
}

impl From<usize> for Arg {
    #[inline(always)]
    fn from(value: usize) -> Self {
        Self(ptr::without_provenance_mut(value))
    }
}

/// Integers are extended to the register's width: signed ones by their sign.
macro_rules! from_integers {
    ($($integer:ty),*) => {$(
        impl From<$integer> for Arg {
            #[inline(always)]
            fn from(value: $integer) -> Self {
                Self::from(value as usize)
            }
        }
    )*};
}

from_integers!(isize, i32, u32, i64, u64, u16);

impl<T> From<*const T> for Arg {
    #[inline(always)]
    fn from(value: *const T) -> Self {
        Self(value.cast_mut().cast())
    }
}

impl<T> From<*mut T> for Arg {
    #[inline(always)]
    fn from(value: *mut T) -> Self {
        Self(value.cast())
    }
}

impl<T> From<Option<&T>> for Arg {
    #[inline(always)]
    fn from(value: Option<&T>) -> Self {
        value.map_or(Self::ZERO, |value| Self::from(ptr::from_ref(value)))
    }
}

impl<T> From<Option<&mut T>> for Arg {
    #[inline(always)]
    fn from(value: Option<&mut T>) -> Self {
        value.map_or(Self::ZERO, |value| Self::from(ptr::from_mut(value)))
    }
}
