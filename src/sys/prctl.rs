//! `prctl(2)`: settings of a process or a thread.
//!
//! All five arguments are passed every time, as zeros where the option takes none: some
//! kernels look at them.

use super::nr;
use crate::arch::{Arg, syscall5};
use crate::errno::{Errno, check};
use core::ptr;
use linux_raw_sys::prctl as raw;

#[inline]
unsafe fn call(option: u32, arguments: [Arg; 4]) -> Result<usize, Errno> {
    let [a, b, c, d] = arguments;
    // SAFETY: the caller vouches for the option and its arguments.
    check(unsafe { syscall5(nr::PRCTL, option.into(), a, b, c, d) })
}

/// `prctl(2)` with any option. An address is passed as the number that
/// `expose_provenance` gives.
///
/// # Errors
///
/// Those of the option; [`Errno::INVAL`] for one that the kernel does not know.
///
/// # Safety
///
/// The option must be sound with these arguments, as its manual page says. Some change how
/// memory works, or what others may count on.
///
/// # References
///
/// - [prctl(2)](https://man7.org/linux/man-pages/man2/prctl.2.html)
#[inline]
pub unsafe fn prctl(option: u32, a: usize, b: usize, c: usize, d: usize) -> Result<usize, Errno> {
    // SAFETY: the caller vouches for the option and its arguments.
    unsafe { call(option, [a.into(), b.into(), c.into(), d.into()]) }
}

/// `prctl(2)` with `PR_SET_PDEATHSIG`: this process gets the signal when the *thread* that
/// made it ends; 0 for none.
///
/// The parent may have ended already: compare [`getppid`](super::getppid) afterwards. A
/// forked child does not inherit it, and a program that gains privileges loses it.
///
/// # Errors
///
/// - [`Errno::INVAL`]: no such signal.
///
/// # References
///
/// - [PR_SET_PDEATHSIG(2const)](https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html)
#[doc(alias = "PR_SET_PDEATHSIG")]
#[inline]
pub fn set_pdeathsig(signal: i32) -> Result<(), Errno> {
    // SAFETY: it takes a number.
    unsafe { call(raw::PR_SET_PDEATHSIG, [signal.into(), Arg::ZERO, Arg::ZERO, Arg::ZERO]) }.map(drop)
}

/// `prctl(2)` with `PR_GET_PDEATHSIG`: the signal that [`set_pdeathsig`] has set; 0 for none.
///
/// # Errors
///
/// None that a program can cause.
#[doc(alias = "PR_GET_PDEATHSIG")]
#[inline]
pub fn get_pdeathsig() -> Result<i32, Errno> {
    let mut signal = 0_i32;
    // SAFETY: the kernel writes an int.
    unsafe { call(raw::PR_GET_PDEATHSIG, [Some(&mut signal).into(), Arg::ZERO, Arg::ZERO, Arg::ZERO])? };
    Ok(signal)
}

/// `prctl(2)` with `PR_SET_CHILD_SUBREAPER`: this process inherits the orphans among its
/// descendants, as init otherwise would.
///
/// # Errors
///
/// - [`Errno::INVAL`]: the kernel is older than 3.4.
///
/// # References
///
/// - [PR_SET_CHILD_SUBREAPER(2const)](https://man7.org/linux/man-pages/man2/PR_SET_CHILD_SUBREAPER.2const.html)
#[doc(alias = "PR_SET_CHILD_SUBREAPER")]
#[inline]
pub fn set_child_subreaper(on: bool) -> Result<(), Errno> {
    let on = usize::from(on);
    // SAFETY: it takes a number.
    unsafe { call(raw::PR_SET_CHILD_SUBREAPER, [on.into(), Arg::ZERO, Arg::ZERO, Arg::ZERO]) }.map(drop)
}

/// `prctl(2)` with `PR_GET_CHILD_SUBREAPER`: whether this process inherits orphans.
///
/// # Errors
///
/// - [`Errno::INVAL`]: the kernel is older than 3.4.
#[doc(alias = "PR_GET_CHILD_SUBREAPER")]
#[inline]
pub fn get_child_subreaper() -> Result<bool, Errno> {
    let mut on = 0_i32;
    // SAFETY: the kernel writes an int.
    unsafe { call(raw::PR_GET_CHILD_SUBREAPER, [Some(&mut on).into(), Arg::ZERO, Arg::ZERO, Arg::ZERO])? };
    Ok(on != 0)
}

/// `prctl(2)` with `PR_GET_AUXV`: writes the auxiliary vector, as pairs of a kind and a value,
/// and says how many bytes it has: more than `vector` holds, if that was too short.
///
/// # Errors
///
/// - [`Errno::INVAL`]: the kernel is older than 6.4.
///
/// # References
///
/// - [PR_GET_AUXV(2const)](https://man7.org/linux/man-pages/man2/PR_GET_AUXV.2const.html)
#[doc(alias = "PR_GET_AUXV")]
#[inline]
pub fn get_auxv(vector: &mut [usize]) -> Result<usize, Errno> {
    let length = size_of_val(vector);
    // SAFETY: the kernel writes within the slice.
    unsafe {
        call(
            raw::PR_GET_AUXV,
            [ptr::from_mut(vector).cast::<usize>().into(), length.into(), Arg::ZERO, Arg::ZERO],
        )
    }
}
