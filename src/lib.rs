#![cfg_attr(not(feature = "std"), no_std)]
//! Processes and IPC on the bare Linux kernel: no libc, no allocator.

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
