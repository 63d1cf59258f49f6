//! What a program without libc needs before and after `main`.
//!
//! [`entry!`](crate::entry) puts it into the final program and nowhere else: a library, a
//! test or a program on `std` that does not use the macro gets none of it.
//!
//! ```ignore
//! #![no_std]
//! #![no_main]
//!
//! use sinew::runtime::{ExitCode, Start};
//!
//! sinew::entry!(main);
//!
//! fn main(start: Start) -> ExitCode {
//!     for argument in start.args() {
//!         sinew::println!("{}", argument.to_bytes().escape_ascii());
//!     }
//!     ExitCode::SUCCESS
//! }
//! ```
//!
//! # What happens at the start
//!
//! `_start` (assembly, `arch/*/start.s`) relocates a static-PIE, makes its relocated
//! constants read-only, and calls `main` with a [`Start`]. An image with an unknown
//! relocation stops with an illegal instruction. At the end what is left in the buffer of
//! standard output is written, and the process exits. A panic prints its message and place
//! on standard error and ends in SIGABRT, as in `std`.
//!
//! # What is left out
//!
//! Thread-local storage, constructors (`.init_array`), `atexit` lists and unwinding: a
//! program here has one thread and one `main`. SIGPIPE keeps its default, as in C and
//! unlike `std`.

mod auxiliary;
mod exit;
mod panic;
mod start;
mod vdso;

pub(crate) use auxiliary::is_running;
pub use auxiliary::{auxiliary, page_size};
pub(crate) use exit::run_at_exit;
pub use exit::{ExitCode, Termination, exit, set_at_exit};
pub use panic::abort;
#[doc(hidden)]
pub use panic::panic;
#[doc(hidden)]
pub use start::start;
pub use start::{Args, Env, Start};
pub use vdso::clock_gettime;

/// Makes a function the program's `main`: `fn(Start) -> impl Termination`.
///
/// The program must be `#![no_std]` and `#![no_main]`, its profiles must say
/// `panic = "abort"`, and its `build.rs` must call `sinew_link`.
///
/// Under `cargo test`, which builds examples with unwinding whatever the profile says, and
/// with the feature `std`, the program takes `std`'s panic handler instead of ours. So it
/// still links; but `std` needs what only a libc prepares, so do not run it.
#[macro_export]
macro_rules! entry {
    ($main:path) => {
        $crate::__entry_assembly!();

        #[unsafe(no_mangle)]
        unsafe extern "C" fn __sinew_start(stack: *const usize) -> i32 {
            // SAFETY: `_start` passes the stack pointer that the kernel gave.
            unsafe { $crate::runtime::start(stack, $main) }
        }

        $crate::__entry_panic!();
    };
}

/// The panic handler of a program: ours.
#[cfg(not(feature = "std"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __entry_panic {
    () => {
        #[cfg(panic = "abort")]
        #[panic_handler]
        fn __sinew_panic(info: &::core::panic::PanicInfo<'_>) -> ! {
            $crate::runtime::panic(info)
        }

        // The precompiled core refers to these in debug builds, even with panic = "abort"
        // (rust-lang/rust#56152). Nothing unwinds, so nothing calls them.
        #[cfg(panic = "abort")]
        ::core::arch::global_asm!(
            ".section .text.__sinew_unwind, \"ax\"",
            ".weak rust_eh_personality",
            ".weak _Unwind_Resume",
            ".hidden rust_eh_personality",
            ".hidden _Unwind_Resume",
            "rust_eh_personality:",
            "_Unwind_Resume:",
            ".8byte 0",
            ".text",
        );

        #[cfg(not(panic = "abort"))]
        extern crate std as _;
    };
}

/// The panic handler of a program: that of `std`, which is linked anyway.
#[cfg(feature = "std")]
#[doc(hidden)]
#[macro_export]
macro_rules! __entry_panic {
    () => {
        extern crate std as _;
    };
}
