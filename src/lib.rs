#![cfg_attr(not(feature = "std"), no_std)]
//! Processes and IPC on the bare Linux kernel, on x86_64 and aarch64: no libc, no allocator,
//! no hidden threads.
//!
//! A program without libc is this, with `sinew-link` in its build script and
//! `panic = "abort"` in its profiles:
//!
//! ```ignore
//! #![no_std]
//! #![no_main]
//!
//! sinew::entry!(main);
//!
//! fn main(_: sinew::runtime::Start) {
//!     sinew::println!("Hello, world!");
//! }
//! ```
//!
//! Everything but [`entry!`] also works in a program on `std`, beside a libc.
//!
//! # Where to find what
//!
//! | module | what it holds |
//! |---|---|
//! | [`process`] | making processes and waiting for them |
//! | [`ipc`] | pipes, FIFOs, and a ring in shared memory |
//! | [`memory`] | mappings: private, shared, of files |
//! | [`io`] | loops that go on, a buffered writer, standard output |
//! | [`runtime`] | what a program without libc starts and ends with |
//! | [`service`] | the first process of a machine |
//! | [`time`], [`signal`], [`path`], [`fd`] | what the others need of these |
//! | [`sys`] | the system calls themselves |
//!
//! # Conventions
//!
//! - A failure is an [`Errno`]; where it has a place, a small error carries that beside it and
//!   turns into an `Errno` by `?`.
//! - Nothing allocates. Callers lend buffers, and what does not fit is an error.
//! - Descriptors are owned, and close-on-exec from birth. The functions above [`sys`] go on
//!   when a signal handler has interrupted them, unless they say that they do not.
//! - What another process can write is checked before it is used.
//!
//! # Features
//!
//! None is needed. With `std`, the descriptor types of [`fd`] are those of the standard
//! library, paths may be `std::path::Path`, and [`Errno`] turns into `std::io::Error`.

#[cfg(not(all(
    target_os = "linux",
    target_pointer_width = "64",
    target_endian = "little",
    any(target_arch = "x86_64", target_arch = "aarch64")
)))]
compile_error!("sinew runs on Linux on x86_64 and aarch64 only: it is made of their system calls");

// Public for `tests/stubs.rs` alone, which holds the machine code of the stubs against code
// written by hand.
#[doc(hidden)]
#[path = "../arch/mod.rs"]
pub mod arch;
mod errno;
pub mod fd;
pub mod io;
pub mod ipc;
pub mod memory;
pub mod path;
pub mod process;
pub mod runtime;
pub mod service;
pub mod signal;
pub mod sys;
pub mod time;

pub use errno::Errno;

include!(concat!(env!("OUT_DIR"), "/assembly.rs"));
