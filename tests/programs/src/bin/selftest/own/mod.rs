//! The cases that only `sinew` can run: its own types, its start, its stubs.

use crate::cases::Case;

mod clone3;
mod io;
mod ipc;
mod memory;
mod mount;
mod process;
mod signals;
pub mod start;

/// All of them.
pub const CASES: &[&[Case]] = &[
    start::CASES,
    io::CASES,
    process::CASES,
    clone3::CASES,
    ipc::CASES,
    memory::CASES,
    signals::CASES,
    mount::CASES,
];
