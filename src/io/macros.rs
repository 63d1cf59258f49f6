//! `print!` and its kin.

use super::{BufWriter, stdout, write_all};
use crate::fd::STDERR;
use core::fmt;

/// Prints on standard output, as `std::print!` does, but never panics.
///
/// The text goes through the buffer of [`io::stdout`](crate::io::stdout), whose docs say
/// when it is written and what happens to an error. Text without arguments costs no
/// formatting, and a program that prints nothing else does not contain any.
///
/// ```
/// sinew::print!("{} of {}", 1, 2);
/// # sinew::println!();
/// ```
#[macro_export]
macro_rules! print {
    ($($arguments:tt)*) => {
        $crate::io::_print(::core::format_args!($($arguments)*))
    };
}

/// Prints a line on standard output, as `std::println!` does, but never panics.
///
/// See [`print!`](crate::print).
///
/// ```
/// let number = 3;
/// sinew::println!("number {number}");
/// ```
#[macro_export]
macro_rules! println {
    () => {
        $crate::io::_print(::core::format_args!("\n"))
    };
    ($($arguments:tt)*) => {
        $crate::io::_print(::core::format_args!("{}\n", ::core::format_args!($($arguments)*)))
    };
}

/// Prints on standard error, as `std::eprint!` does, but never panics: what cannot be
/// written there has nowhere else to go.
///
/// Nothing is kept back; a text of up to 512 bytes is one `write(2)`, so that it stays in
/// one piece among those of other processes.
///
/// ```
/// sinew::eprint!("{}%", 50);
/// # sinew::eprintln!();
/// ```
#[macro_export]
macro_rules! eprint {
    ($($arguments:tt)*) => {
        $crate::io::_eprint(::core::format_args!($($arguments)*))
    };
}

/// Prints a line on standard error, as `std::eprintln!` does, but never panics.
///
/// See [`eprint!`](crate::eprint).
///
/// ```
/// sinew::eprintln!("error: {}", sinew::Errno::NOENT);
/// ```
#[macro_export]
macro_rules! eprintln {
    () => {
        $crate::io::_eprint(::core::format_args!("\n"))
    };
    ($($arguments:tt)*) => {
        $crate::io::_eprint(::core::format_args!("{}\n", ::core::format_args!($($arguments)*)))
    };
}

/// [`print!`](crate::print).
#[doc(hidden)]
#[inline(always)]
pub fn _print(arguments: fmt::Arguments<'_>) {
    // Inlined, so that the compiler knows which of the two it is and drops the other.
    match arguments.as_str() {
        Some(text) => stdout::print(text),
        None => stdout::print_formatted(arguments),
    }
}

/// [`eprint!`](crate::eprint).
#[doc(hidden)]
#[inline(always)]
pub fn _eprint(arguments: fmt::Arguments<'_>) {
    match arguments.as_str() {
        Some(text) => eprint(text),
        None => eprint_formatted(arguments),
    }
}

#[inline(never)]
fn eprint(text: &str) {
    // Documented: nobody is left to be told.
    let _ = write_all(STDERR, text.as_bytes());
}

#[inline(never)]
fn eprint_formatted(arguments: fmt::Arguments<'_>) {
    let mut stderr = BufWriter::new(STDERR, [0; 512]);
    let _ = stderr.write_fmt(arguments);
}
