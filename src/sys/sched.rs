//! Which processors a thread runs on.

use super::{Pid, nr};
use crate::arch::{Arg, syscall0, syscall3, syscall3_readonly};
use crate::errno::{Errno, check};
use core::ptr;

/// A set of processors, 0 to 1023: the kernel's `cpumask` in the size of the C library's
/// `cpu_set_t`.
///
/// ```
/// use sinew::sys::CpuSet;
///
/// let mut set = CpuSet::empty();
/// set.set(0)?;
/// set.set(70)?;
/// assert!(set.iter().eq([0, 70]));
/// # Ok::<(), sinew::Errno>(())
/// ```
#[doc(alias = "cpu_set_t")]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct CpuSet([u64; CpuSet::CAPACITY / 64]);

impl CpuSet {
    /// How many processors it can name.
    pub const CAPACITY: usize = 1024;

    /// No processor.
    #[must_use]
    pub const fn empty() -> Self {
        Self([0; Self::CAPACITY / 64])
    }

    /// Adds a processor.
    ///
    /// # Errors
    ///
    /// - [`Errno::INVAL`]: a number above 1023.
    pub const fn set(&mut self, cpu: usize) -> Result<(), Errno> {
        if cpu >= Self::CAPACITY {
            return Err(Errno::INVAL);
        }
        self.0[cpu / 64] |= 1 << (cpu % 64);
        Ok(())
    }

    /// Takes a processor out. One above 1023 is never in.
    pub const fn clear(&mut self, cpu: usize) {
        if cpu < Self::CAPACITY {
            self.0[cpu / 64] &= !(1 << (cpu % 64));
        }
    }

    /// Whether a processor is in.
    #[must_use]
    pub const fn contains(&self, cpu: usize) -> bool {
        cpu < Self::CAPACITY && self.0[cpu / 64] & 1 << (cpu % 64) != 0
    }

    /// How many processors are in.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::empty()
    }

    /// The processors, from the lowest on.
    pub fn iter(&self) -> impl Iterator<Item = usize> {
        (0..Self::CAPACITY).filter(|cpu| self.contains(*cpu))
    }
}

impl Default for CpuSet {
    fn default() -> Self {
        Self::empty()
    }
}

impl core::fmt::Debug for CpuSet {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// `sched_setaffinity(2)`: lets a thread (0: this one) run on these processors only.
///
/// # Errors
///
/// - [`Errno::INVAL`]: none of them is there, or permitted by the cgroup.
/// - [`Errno::PERM`]: the thread is another user's.
/// - [`Errno::SRCH`]: no such thread.
///
/// # References
///
/// - [sched_setaffinity(2)](https://man7.org/linux/man-pages/man2/sched_setaffinity.2.html)
#[inline]
pub fn sched_setaffinity(pid: Pid, cpus: &CpuSet) -> Result<(), Errno> {
    // SAFETY: the kernel reads the set.
    check(unsafe {
        syscall3_readonly(nr::SCHED_SETAFFINITY, pid.into(), size_of::<CpuSet>().into(), Some(cpus).into())
    })
    .map(drop)
}

/// `sched_getaffinity(2)`: the processors that a thread (0: this one) may run on.
///
/// # Errors
///
/// - [`Errno::INVAL`]: the kernel counts more than 1024 processors.
/// - [`Errno::SRCH`]: no such thread.
#[inline]
pub fn sched_getaffinity(pid: Pid) -> Result<CpuSet, Errno> {
    // The kernel may fill less than the whole set.
    let mut cpus = CpuSet::empty();
    // SAFETY: the kernel writes within the set.
    check(unsafe {
        syscall3(
            nr::SCHED_GETAFFINITY,
            pid.into(),
            size_of::<CpuSet>().into(),
            ptr::from_mut(&mut cpus).into(),
        )
    })?;
    Ok(cpus)
}

/// `sched_yield(2)`: lets other threads run first.
#[inline]
pub fn sched_yield() {
    // SAFETY: it takes nothing and cannot fail. Others may write memory meanwhile.
    unsafe { syscall0(nr::SCHED_YIELD) };
}

/// `getcpu(2)`: the processor and the NUMA node that this thread runs on, or just did.
///
/// # Errors
///
/// None that a program can cause.
#[inline]
pub fn getcpu() -> Result<(u32, u32), Errno> {
    let (mut cpu, mut node) = (0, 0);
    // SAFETY: the kernel writes two numbers; it has ignored the third argument since 2.6.24.
    check(unsafe { syscall3(nr::GETCPU, Some(&mut cpu).into(), Some(&mut node).into(), Arg::ZERO) })?;
    Ok((cpu, node))
}
