//! Integers as text.

use core::sync::atomic::{Ordering, compiler_fence};

/// An integer that can be written in decimal: every type of the language.
///
/// It is for [`BufWriter::write_integer`](super::BufWriter::write_integer); nobody else can
/// implement it.
pub trait Integer: private::Sealed {}

pub(super) mod private {
    pub trait Sealed: Copy {
        /// Its text, right-aligned in the buffer.
        fn format(self, buffer: &mut itoa::Buffer) -> &[u8];
    }
}

macro_rules! integers {
    ($($Integer:ty $(as $Half:ty)?,)*) => {$(
        impl Integer for $Integer {}

        impl private::Sealed for $Integer {
            #[inline(always)]
            fn format(self, buffer: &mut itoa::Buffer) -> &[u8] {
                // Most numbers are small, and a division of 32 bits costs less.
                $(
                    if let Ok(half) = <$Half>::try_from(self) {
                        return buffer.format(half).as_bytes();
                    }
                )?
                buffer.format(self).as_bytes()
            }
        }
    )*};
}

integers! {
    i8, u8, i16, u16, i32, u32,
    i64 as i32, u64 as u32, isize as i32, usize as u32,
    i128 as i64, u128 as u64,
}

/// The length of the longest: `i128::MIN`.
pub(super) const LENGTH_MAX: usize = 40;

/// Copies a number's text to a place of the same length.
///
/// `itoa` stores two digits at a time. A load that spans several stores has to wait until
/// they have left the processor's store buffer, which takes longer than the conversion;
/// so the digits are fetched as they were stored.
#[inline(always)]
pub(super) fn copy(text: &[u8], to: &mut [u8]) {
    // The one that is left over if their number is odd. There is always a first one.
    if let ([first, ..], [to, ..]) = (text, &mut *to) {
        *to = *first;
    }
    for (pair, to) in text.rchunks_exact(2).zip(to.rchunks_exact_mut(2)) {
        to.copy_from_slice(pair);
        // Or the compiler makes one copy of them all.
        compiler_fence(Ordering::SeqCst);
    }
}
