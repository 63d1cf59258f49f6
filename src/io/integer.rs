//! Integers as text.

use core::sync::atomic::{Ordering, compiler_fence};

/// An integer that can be written in decimal: every type of the language.
///
/// It is for [`BufWriter::write_integer`](super::BufWriter::write_integer); nobody else can
/// implement it.
pub trait Integer: private::Sealed {}

pub(super) mod private {
    pub trait Sealed: Copy {
        /// Puts its text at the start of `room` and says how long it is.
        fn put(self, room: &mut [u8; super::LENGTH_MAX]) -> usize;
    }
}

/// The length of the longest, `i128::MIN`.
pub(super) const LENGTH_MAX: usize = 40;

macro_rules! integers {
    ($($Integer:ty $(, if it fits $Half:ty)?;)*) => {$(
        impl Integer for $Integer {}

        impl private::Sealed for $Integer {
            #[inline(always)]
            fn put(self, room: &mut [u8; LENGTH_MAX]) -> usize {
                // Most numbers are small, and their division costs less.
                $(
                    if let Ok(half) = <$Half>::try_from(self) {
                        return copy(itoa::Buffer::new().format(half), room);
                    }
                )?
                copy(itoa::Buffer::new().format(self), room)
            }
        }
    )*};
}

integers! {
    i8; u8; i16; u16; i32; u32;
    i64, if it fits i32;
    u64, if it fits u32;
    isize, if it fits i32;
    usize, if it fits u32;
    i128, if it fits i64;
    u128, if it fits u64;
}

/// Copies a number's text.
///
/// `itoa` stores two digits at a time. A load that spans several stores has to wait until
/// they have left the processor's store buffer, which takes longer than the conversion;
/// so the digits are fetched as they were stored.
#[inline(always)]
fn copy(text: &str, room: &mut [u8; LENGTH_MAX]) -> usize {
    let text = text.as_bytes();
    let Some(to) = room.get_mut(..text.len()) else { return 0 };
    // The one that is left over if their number is odd. There is always a first one.
    if let ([first, ..], [to, ..]) = (text, &mut *to) {
        *to = *first;
    }
    for (pair, to) in text.rchunks_exact(2).zip(to.rchunks_exact_mut(2)) {
        to.copy_from_slice(pair);
        // Without it the compiler makes one copy of them all.
        compiler_fence(Ordering::SeqCst);
    }
    text.len()
}

/// The text of a number that did not fit where it belongs.
#[cold]
pub(super) fn text(number: impl Integer, room: &mut [u8; LENGTH_MAX]) -> &[u8] {
    let length = number.put(room);
    room.get(..length).unwrap_or_default()
}
