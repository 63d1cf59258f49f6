//! The functions that the compiler calls for copies, fills and comparisons: with `sinew` the
//! runtime's, with the C library its own. More about them stands in
//! `tests/memory_functions.rs`; this shows that the final program has them and calls them.

use super::Outcome;
use super::tools::{memory, page};
use crate::calls;
use core::cmp::Ordering;
use core::ffi::CStr;
use core::hint::black_box;
use core::ptr;

const ROOM: usize = 1100;

/// Bytes of which no two neighbours are alike.
fn pattern() -> [u8; ROOM] {
    let mut bytes = [0; ROOM];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = (index * 7 + index / 256) as u8;
    }
    bytes
}

/// Every length to 300 and some above, at every alignment to 16.
fn lengths() -> impl Iterator<Item = (usize, usize)> {
    (0..300).chain([511, 512, 1000, 1024]).flat_map(|length| [0, 1, 7, 8, 15].map(|offset| (length, offset)))
}

/// `memcpy` and `memset`: the bytes that they are told, and no others.
fn copies_and_fills_keep_their_bounds() -> Outcome {
    let source = pattern();
    for (length, offset) in lengths() {
        let mut to = [0xee; ROOM];
        let length = black_box(length);
        to[offset..offset + length].copy_from_slice(&source[offset / 2..][..length]);
        check!(to[offset..offset + length].iter().eq(&source[offset / 2..][..length]));
        check!(to[..offset].iter().chain(&to[offset + length..]).all(|byte| *byte == 0xee));
        to[offset..offset + length].fill(black_box(0x11));
        check!(to[offset..offset + length].iter().all(|byte| *byte == 0x11));
        check!(to[..offset].iter().chain(&to[offset + length..]).all(|byte| *byte == 0xee));
    }
    Ok(())
}

/// `memmove`: either way over itself.
fn a_move_may_overlap() -> Outcome {
    let source = pattern();
    for (length, offset) in lengths().filter(|(length, _)| *length < ROOM - 32) {
        let length = black_box(length);
        for (from, to) in [(offset, 16), (16, offset), (16, 17), (17, 16)] {
            let mut bytes = source;
            bytes.copy_within(from..from + length, to);
            check!(bytes[to..to + length].iter().eq(&source[from..from + length]));
            check!(bytes[..to].iter().eq(&source[..to]));
            check!(bytes[to + length..].iter().eq(&source[to + length..]));
        }
    }
    Ok(())
}

/// `memcmp` and `bcmp`: the first difference counts, as unsigned bytes.
fn a_comparison_finds_the_first_difference() -> Outcome {
    let source = pattern();
    for (length, offset) in lengths().filter(|(length, _)| *length > 0) {
        let length = black_box(length);
        let one = &source[offset..offset + length];
        let mut copy = source;
        check!(copy[offset..offset + length] == *one);
        check_eq!(copy[offset..offset + length].cmp(one), Ordering::Equal);
        for at in [0, length / 2, length - 1] {
            copy = source;
            let to = &mut copy[offset + at];
            *to = to.wrapping_add(0x80);
            let order = (source[offset + at].wrapping_add(0x80)).cmp(&source[offset + at]);
            check!(copy[offset..offset + length] != *one);
            check_eq!((length, at, copy[offset..offset + length].cmp(one)), (length, at, order));
        }
    }
    Ok(())
}

/// `strlen`: up to the zero.
fn a_string_ends_at_its_zero() -> Outcome {
    for (length, offset) in lengths() {
        let mut bytes = [0x80_u8; ROOM];
        bytes[offset + length] = 0;
        // SAFETY: there is a zero, and the bytes live.
        let string = unsafe { CStr::from_ptr(black_box(bytes.as_ptr().add(offset)).cast()) };
        check_eq!(string.count_bytes(), length);
    }
    Ok(())
}

/// None of them touches the page behind.
fn the_next_page_is_not_touched() -> Outcome {
    let length = page();
    let start = memory(2 * length)?;
    // SAFETY: the second page is unmapped, the first is ours; every range ends with it.
    unsafe {
        calls::munmap(start.add(length), length)?;
        for count in (0..200).chain([length - 64, length]).map(black_box) {
            let from = start.add(length - count);
            let mut buffer = [0_u8; 256];
            let small = count.min(buffer.len());
            ptr::copy_nonoverlapping(start.add(length - small), buffer.as_mut_ptr(), small);
            ptr::write_bytes(from, 1, count);
            ptr::copy(from, start, count);
            let [a, b] = [from, start].map(|at| core::slice::from_raw_parts(at.cast_const(), count));
            check!(a == b);
            if count > 0 {
                start.add(length - 1).write(0);
                check_eq!(CStr::from_ptr(from.cast()).count_bytes(), count - 1);
            }
        }
    }
    Ok(())
}

cases! {
    copies_and_fills_keep_their_bounds,
    a_move_may_overlap,
    a_comparison_finds_the_first_difference,
    a_string_ends_at_its_zero,
    the_next_page_is_not_touched,
}
