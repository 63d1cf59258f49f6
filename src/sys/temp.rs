#![allow(missing_docs)]
use crate::arch::*;
use crate::errno::*;
#[derive(Default)] #[repr(C)] pub struct SigAction([usize; 4]);
#[derive(Clone,Copy)] #[repr(transparent)] pub struct SigSet(u64);
impl SigSet { pub const ALL: Self = Self(!0); }
#[derive(Clone,Copy)] pub enum MaskHow { Unblock = 1 }
pub unsafe fn rt_sigaction(a: i32, new: Option<&SigAction>, old: Option<&mut SigAction>) -> Result<(), Errno> { check(unsafe { syscall4(linux_raw_sys::general::__NR_rt_sigaction as usize, a.into(), new.into(), old.into(), 8usize.into()) }).map(drop) }
pub fn rt_sigprocmask(how: MaskHow, new: Option<&SigSet>, old: Option<&mut SigSet>) -> Result<(), Errno> { check(unsafe { syscall4(linux_raw_sys::general::__NR_rt_sigprocmask as usize, (how as i32).into(), new.into(), old.into(), 8usize.into()) }).map(drop) }
pub fn prctl_get_auxv(_: &mut [usize]) -> Result<usize, Errno> { Err(Errno::NOSYS) }
