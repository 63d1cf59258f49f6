//! x86_64: the number in rax, arguments in rdi, rsi, rdx, r10, r8, r9, the result in
//! rax; `syscall` overwrites rcx and r11 and nothing else (System V ABI, AMD64
//! supplement, A.2.1).

use super::{Arg, Ret};
use core::arch::{asm, global_asm};
use core::ffi::{c_int, c_void};

/// A stub for one number of arguments; with `readonly`, for calls that write no memory.
macro_rules! stubs {
    ($($name:ident ($($arg:ident = $register:tt),*) $($readonly:ident)?;)*) => {$(
        #[doc = concat!("`", stringify!($name), "`: one system call.")]
        ///
        /// # Safety
        ///
        /// The call must be sound with these arguments, as its manual page says; the
        /// kernel must write no memory that Rust can see if this is the `_readonly` form.
        #[inline(always)]
        #[allow(dead_code, reason = "the set is complete, whatever the calls need")]
        pub unsafe fn $name(number: usize $(, $arg: Arg)*) -> Ret {
            let ret: Ret;
            // SAFETY: the caller vouches for the call; the clobbers are those of the ABI,
            // and the kernel restores the flags from r11.
            unsafe {
                asm!(
                    "syscall",
                    inlateout("rax") number => ret,
                    $(in($register) $arg.0,)*
                    lateout("rcx") _,
                    lateout("r11") _,
                    options(nostack, preserves_flags $(, $readonly)?),
                );
            }
            ret
        }
    )*};
}

stubs! {
    syscall0();
    syscall1(a = "rdi");
    syscall2(a = "rdi", b = "rsi");
    syscall3(a = "rdi", b = "rsi", c = "rdx");
    syscall4(a = "rdi", b = "rsi", c = "rdx", d = "r10");
    syscall5(a = "rdi", b = "rsi", c = "rdx", d = "r10", e = "r8");
    syscall6(a = "rdi", b = "rsi", c = "rdx", d = "r10", e = "r8", f = "r9");
    syscall0_readonly() readonly;
    syscall1_readonly(a = "rdi") readonly;
    syscall2_readonly(a = "rdi", b = "rsi") readonly;
    syscall3_readonly(a = "rdi", b = "rsi", c = "rdx") readonly;
    syscall4_readonly(a = "rdi", b = "rsi", c = "rdx", d = "r10") readonly;
    syscall5_readonly(a = "rdi", b = "rsi", c = "rdx", d = "r10", e = "r8") readonly;
    syscall6_readonly(a = "rdi", b = "rsi", c = "rdx", d = "r10", e = "r8", f = "r9") readonly;
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
            "syscall",
            in("rax") number,
            in("rdi") a.0,
            options(nostack, noreturn),
        );
    }
}

/// The arguments of `clone(2)` in this architecture's order.
///
/// x86_64 takes `tls` last (clone(2), "C library/kernel differences").
#[inline(always)]
pub fn clone_arguments(
    flags: usize,
    stack: *mut c_void,
    parent_tid: *mut c_int,
    child_tid: *mut c_int,
    tls: usize,
) -> [Arg; 5] {
    [flags.into(), stack.into(), parent_tid.into(), child_tid.into(), tls.into()]
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
pub const VDSO_CLOCK_GETTIME: &[u8] = b"__vdso_clock_gettime";
