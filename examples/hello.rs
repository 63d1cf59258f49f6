//! The smallest program: one line on standard output.
#![no_std]
#![no_main]

use sinew::fd::STDOUT;
use sinew::runtime::{ExitCode, Start};
use sinew::sys;

sinew::entry!(main);

fn main(_: Start) -> ExitCode {
    match sys::write(STDOUT, b"Hello, world!\n") {
        Ok(14) => ExitCode::SUCCESS,
        _ => ExitCode::IOERR,
    }
}
