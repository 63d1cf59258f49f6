//! The cases of the self-test: what holds between a program and the kernel.
//!
//! They are compiled twice. In `examples/selftest.rs` their calls (`crate::calls`) go through
//! `sinew`; in `tests/oracle.rs` through the host's C library, which shows that what a case
//! expects is what Linux does, and not what we believe. What only `sinew` has stands in
//! [`own`](../own) and runs in the program alone.
//!
//! A case is a function that gives an [`Outcome`]; its name says what it proves. It runs in a
//! process of its own, in a process group of its own, and has [`run::LIMIT`] to end.

/// The cases of a file: a function that is left out is dead code, which the compiler tells.
macro_rules! cases {
    ($($name:ident,)*) => {
        pub const CASES: &[$crate::cases::Case] =
            &[$($crate::cases::Case { name: stringify!($name), function: $name }),*];
    };
}

#[macro_use]
pub mod outcome;
pub mod run;

mod atomics;
mod clock;
mod clone;
mod errno;
mod fd;
mod fifo;
mod futex;
mod limits;
mod map;
mod memory_functions;
mod pidfd;
mod pipe;
mod process;
mod registers;
mod signals;
mod start;
mod timers;
pub mod tools;

pub use outcome::Outcome;

/// One case.
pub struct Case {
    pub name: &'static str,
    pub function: fn() -> Outcome,
}

/// All that both compile.
pub const SHARED: &[&[Case]] = &[
    start::CASES,
    clock::CASES,
    errno::CASES,
    fd::CASES,
    pipe::CASES,
    fifo::CASES,
    process::CASES,
    clone::CASES,
    pidfd::CASES,
    map::CASES,
    memory_functions::CASES,
    atomics::CASES,
    futex::CASES,
    signals::CASES,
    registers::CASES,
    timers::CASES,
    limits::CASES,
];
