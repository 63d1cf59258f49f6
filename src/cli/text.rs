//! Text, piece by piece.
//!
//! `core::fmt` would take a third of the program for what is done here in a few lines.

use sinew::fd::STDERR;
use sinew::io::{self, stdout};
use sinew::sys::IoSlice;

/// Writes a message to standard error, in one piece.
#[inline(never)]
pub fn complain(parts: &mut [IoSlice<'_>]) {
    // A message that cannot be written has nowhere else to go; the exit code remains.
    let _ = io::write_all_vectored(STDERR, parts);
}

/// A part of such a message.
pub fn part(bytes: &[u8]) -> IoSlice<'_> {
    IoSlice::new(bytes)
}

/// Writes a piece. A failure is kept by standard output, which tells it at the end.
#[inline(never)]
pub fn put(text: &str) {
    let _ = stdout().write_all(text.as_bytes());
}

/// Writes bytes that came from outside, with `?` for what is not printable ASCII, or would
/// end a string in JSON.
pub fn put_foreign(bytes: &[u8]) {
    for &byte in bytes {
        let plain = byte == b' ' || byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
        let _ = stdout().write_all(&[if plain { byte } else { b'?' }]);
    }
}

/// Writes a number.
#[inline(never)]
pub fn put_number(number: u64) {
    let mut digits = itoa::Buffer::new();
    put(digits.format(number));
}

/// Writes so many spaces.
#[inline(never)]
pub fn put_spaces(count: usize) {
    for _ in 0..count {
        put(" ");
    }
}

/// Writes text and fills it up to a width.
#[inline(never)]
pub fn put_padded(text: &str, width: usize) {
    put(text);
    put_spaces(width.saturating_sub(text.len()));
}

/// Writes `value / unit` with three digits at least, rounded, flush right. Units are powers
/// of ten, at most 10^9.
#[inline(never)]
pub fn put_scaled(value: u64, unit: u64, width: usize) {
    let (scale, decimals) = match value / unit {
        0..10 => (100, 2),
        10..100 => (10, 1),
        _ => (1, 0),
    };
    let scaled = value / unit * scale + (value % unit * scale + unit / 2) / unit;
    let (whole, part) = (scaled / scale, scaled % scale);
    let digits = whole.checked_ilog10().unwrap_or(0) as usize + 1;
    let length = digits + if decimals == 0 { 0 } else { decimals + 1 };
    put_spaces(width.saturating_sub(length));
    put_number(whole);
    if decimals > 0 {
        put(if decimals == 2 && part < 10 { ".0" } else { "." });
        put_number(part);
    }
}
