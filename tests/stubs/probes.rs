//! Each stub, inlined into a function of the C calling convention, beside its twin in
//! assembly. `tests/stubs.rs` compiles this for each architecture and compares the two.
#![no_std]

use core::arch::global_asm;
use sinew::{arch, sys};

global_asm!(include_str!(env!("TWINS")), options(raw));

macro_rules! probes {
    ($($name:ident = $stub:ident($($argument:ident),*);)*) => {$(
        /// One call.
        ///
        /// # Safety
        ///
        /// None: nobody calls it.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name($($argument: usize),*) -> usize {
            // SAFETY: nobody calls it.
            unsafe { arch::$stub(0x123 $(, $argument.into())*) }.addr()
        }
    )*};
}

probes! {
    probe_0 = syscall0();
    probe_1 = syscall1(a);
    probe_2 = syscall2(a, b);
    probe_3 = syscall3(a, b, c);
    probe_4 = syscall4(a, b, c, d);
    probe_5 = syscall5(a, b, c, d, e);
    probe_6 = syscall6(a, b, c, d, e, f);
    probe_0_readonly = syscall0_readonly();
    probe_1_readonly = syscall1_readonly(a);
    probe_2_readonly = syscall2_readonly(a, b);
    probe_3_readonly = syscall3_readonly(a, b, c);
    probe_4_readonly = syscall4_readonly(a, b, c, d);
    probe_5_readonly = syscall5_readonly(a, b, c, d, e);
    probe_6_readonly = syscall6_readonly(a, b, c, d, e, f);
}

/// A call that does not return.
#[unsafe(no_mangle)]
pub extern "C" fn probe_noreturn(status: usize) -> ! {
    // SAFETY: nobody calls it.
    unsafe { arch::syscall1_noreturn(0x123, status.into()) }
}

/// The typed calls add nothing.
#[unsafe(no_mangle)]
pub extern "C" fn probe_getpid() -> i32 {
    sys::getpid()
}

/// Nor does one that extends its argument's sign.
#[unsafe(no_mangle)]
pub extern "C" fn probe_exit_group(status: i32) -> ! {
    sys::exit_group(status)
}
