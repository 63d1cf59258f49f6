//! aarch64: the number in x8, arguments in x0 to x5, the result in x0; `svc` preserves
//! every other register and the flags (arch/arm64/kernel/entry.S of the kernel; the
//! call's own convention stands in syscall(2)).

use super::{Arg, Ret};
use core::arch::{asm, global_asm};
use core::ffi::{c_int, c_void};

/// A stub for one number of arguments; with `readonly`, for calls that write no memory.
macro_rules! stubs {
    ($($name:ident ($($first:ident $(, $arg:ident = $register:tt)*)?) $($readonly:ident)?;)*) => {$(
        #[doc = concat!("`", stringify!($name), "`: one system call.")]
        ///
        /// # Safety
        ///
        /// The call must be sound with these arguments, as its manual page says; the
        /// kernel must write no memory that Rust can see if this is the `_readonly` form.
        #[inline(always)]
        #[allow(dead_code, reason = "the set is complete, whatever the calls need")]
        pub unsafe fn $name(number: usize $(, $first: Arg $(, $arg: Arg)*)?) -> Ret {
            let ret: Ret;
            // SAFETY: the caller vouches for the call; the clobbers are those of the ABI.
            unsafe {
                asm!(
                    "svc 0",
                    in("x8") number,
                    $(in("x0") $first.0, $(in($register) $arg.0,)*)?
                    lateout("x0") ret,
                    options(nostack, preserves_flags $(, $readonly)?),
                );
            }
            ret
        }
    )*};
}

stubs! {
    syscall0();
    syscall1(a);
    syscall2(a, b = "x1");
    syscall3(a, b = "x1", c = "x2");
    syscall4(a, b = "x1", c = "x2", d = "x3");
    syscall5(a, b = "x1", c = "x2", d = "x3", e = "x4");
    syscall6(a, b = "x1", c = "x2", d = "x3", e = "x4", f = "x5");
    syscall0_readonly() readonly;
    syscall1_readonly(a) readonly;
    syscall2_readonly(a, b = "x1") readonly;
    syscall3_readonly(a, b = "x1", c = "x2") readonly;
    syscall4_readonly(a, b = "x1", c = "x2", d = "x3") readonly;
    syscall5_readonly(a, b = "x1", c = "x2", d = "x3", e = "x4") readonly;
    syscall6_readonly(a, b = "x1", c = "x2", d = "x3", e = "x4", f = "x5") readonly;
}

/// A system call that does not return, such as `exit_group`.
///
/// # Safety
///
/// The call must be sound with this argument and must not return.
#[inline(always)]
pub unsafe fn syscall1_noreturn(number: usize, a: Arg) -> ! {
    // SAFETY: the caller vouches that the kernel never comes back. The compiler puts a trap
    // behind it, for one that does (tests/stubs.rs sees to it).
    unsafe {
        asm!(
            "svc 0",
            in("x8") number,
            in("x0") a.0,
            options(nostack, noreturn),
        );
    }
}

/// The arguments of `clone(2)` in this architecture's order.
///
/// aarch64 takes `tls` before `child_tid` (clone(2), "C library/kernel differences").
#[inline(always)]
pub fn clone_arguments(
    flags: usize,
    stack: *mut c_void,
    parent_tid: *mut c_int,
    child_tid: *mut c_int,
    tls: usize,
) -> [Arg; 5] {
    [flags.into(), stack.into(), parent_tid.into(), tls.into(), child_tid.into()]
}

global_asm!(include_str!("clone.s"), options(raw));
global_asm!(include_str!("signal.s"), options(raw));

unsafe extern "C" {
    /// `clone(2)` with a child on a stack of its own, which calls `entry(argument)` and
    /// exits with what that returns. The parent gets the raw result of the call.
    #[link_name = "__sinew_clone"]
    pub fn clone_call(
        flags: usize,
        stack: *mut c_void,
        parent_tid: *mut c_int,
        child_tid: *mut c_int,
        tls: usize,
        entry: unsafe extern "C" fn(*mut c_void) -> c_int,
        argument: *mut c_void,
    ) -> Ret;

    /// `clone3(2)` in the same way; the stack stands in the block of arguments.
    #[link_name = "__sinew_clone3"]
    pub fn clone3_call(
        arguments: *const c_void,
        size: usize,
        entry: unsafe extern "C" fn(*mut c_void) -> c_int,
        argument: *mut c_void,
    ) -> Ret;

    /// Where the kernel returns to from a signal handler.
    #[link_name = "__sinew_signal_return"]
    pub fn signal_return();
}

/// The name of the clock in the vDSO.
#[allow(dead_code, reason = "for the runtime")]
pub const VDSO_CLOCK_GETTIME: &[u8] = b"__kernel_clock_gettime";
