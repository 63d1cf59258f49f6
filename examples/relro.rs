//! A program with a table of pointers: it says in a word how many arguments it got.
//!
//! Where the program is loaded is known only when it runs. So it first adds that address to
//! each pointer of the table, and then makes the table read-only.
#![no_std]
#![no_main]

use sinew::fd::STDOUT;
use sinew::runtime::{ExitCode, Start};
use sinew::sys;

/// By the number of arguments; the program's name is the first.
static WORDS: [&str; 4] = ["no name\n", "none\n", "one\n", "many\n"];

sinew::entry!(main);

fn main(start: Start) -> ExitCode {
    let word = WORDS[start.args().len().min(WORDS.len() - 1)];
    match sys::write(STDOUT, word.as_bytes()) {
        Ok(written) if written == word.len() => ExitCode::SUCCESS,
        _ => ExitCode::IOERR,
    }
}
