#![allow(missing_docs)]
use super::*;
use crate::arch::*;
use crate::errno::*;
use core::ffi::c_void;
pub fn exit_group(status: i32) -> ! {
    unsafe { syscall1_noreturn(linux_raw_sys::general::__NR_exit_group as usize, status.into()) }
}
pub fn gettid() -> Pid {
    unsafe { syscall0_readonly(linux_raw_sys::general::__NR_gettid as usize) }.addr() as Pid
}
pub fn tgkill(a: Pid, b: Pid, c: i32) -> Result<(), Errno> {
    check(unsafe {
        syscall3_readonly(linux_raw_sys::general::__NR_tgkill as usize, a.into(), b.into(), c.into())
    })
    .map(drop)
}
#[derive(Default)]
#[repr(C)]
pub struct SigAction([usize; 4]);
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct SigSet(u64);
impl SigSet {
    pub const ALL: Self = Self(!0);
}
#[derive(Clone, Copy)]
pub enum MaskHow {
    Unblock = 1,
}
pub unsafe fn rt_sigaction(
    a: i32,
    new: Option<&SigAction>,
    old: Option<&mut SigAction>,
) -> Result<(), Errno> {
    check(unsafe {
        syscall4(
            linux_raw_sys::general::__NR_rt_sigaction as usize,
            a.into(),
            new.into(),
            old.into(),
            8usize.into(),
        )
    })
    .map(drop)
}
pub fn rt_sigprocmask(how: MaskHow, new: Option<&SigSet>, old: Option<&mut SigSet>) -> Result<(), Errno> {
    check(unsafe {
        syscall4(
            linux_raw_sys::general::__NR_rt_sigprocmask as usize,
            (how as i32).into(),
            new.into(),
            old.into(),
            8usize.into(),
        )
    })
    .map(drop)
}
pub fn prctl_get_auxv(_: &mut [usize]) -> Result<usize, Errno> {
    Err(Errno::NOSYS)
}
pub struct Advice(i32);
impl Advice {
    pub const NORMAL: Self = Self(0);
}
pub unsafe fn madvise(a: *mut c_void, b: usize, c: Advice) -> Result<(), Errno> {
    check(unsafe { syscall3(linux_raw_sys::general::__NR_madvise as usize, a.into(), b.into(), c.0.into()) })
        .map(drop)
}
#[repr(C)]
pub struct Timespec {
    pub tv_sec: i64,
    pub tv_nsec: i64,
}
#[derive(Clone, Copy)]
pub struct Clock(i32);
impl Clock {
    pub fn raw(self) -> i32 {
        self.0
    }
}
pub fn clock_gettime(_: Clock) -> Result<Timespec, Errno> {
    Err(Errno::NOSYS)
}
