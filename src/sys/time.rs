//! Clocks and timers.

use super::macros::{assert_layout, constants, flags};
use super::nr;
use crate::arch::{syscall2, syscall3, syscall4};
use crate::errno::{Errno, check};
use core::mem::MaybeUninit;
use linux_raw_sys::general as raw;

/// A time or a span: the kernel's `struct timespec`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(C)]
pub struct Timespec {
    /// Whole seconds.
    pub tv_sec: i64,
    /// Nanoseconds, 0 to 999 999 999.
    pub tv_nsec: i64,
}

/// A time or a span: the kernel's `struct timeval`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(C)]
pub struct Timeval {
    /// Whole seconds.
    pub tv_sec: i64,
    /// Microseconds, 0 to 999 999.
    pub tv_usec: i64,
}

/// The state of an interval timer: the kernel's `struct itimerval`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(C)]
pub struct Itimerval {
    /// What it starts from again when it has expired; 0 for a timer that fires once.
    pub it_interval: Timeval,
    /// What is left until it expires; 0 for a timer that is off.
    pub it_value: Timeval,
}

assert_layout!(Timespec, raw::__kernel_timespec, { tv_sec = tv_sec, tv_nsec = tv_nsec });
assert_layout!(Timespec, raw::timespec, { tv_sec = tv_sec, tv_nsec = tv_nsec });
assert_layout!(Timeval, raw::timeval, { tv_sec = tv_sec, tv_usec = tv_usec });
assert_layout!(Timeval, raw::__kernel_old_timeval, { tv_sec = tv_sec, tv_usec = tv_usec });
assert_layout!(Itimerval, raw::itimerval, { it_interval = it_interval, it_value = it_value });

constants! {
    /// A clock. [`from_raw`](Self::from_raw) takes the CPU clocks of other processes.
    pub struct Clock: i32 {
        /// `CLOCK_REALTIME`: since 1970-01-01 UTC; people and programs set it.
        REALTIME = raw::CLOCK_REALTIME;
        /// `CLOCK_MONOTONIC`: since some point, never set; stands still while suspended.
        MONOTONIC = raw::CLOCK_MONOTONIC;
        /// `CLOCK_PROCESS_CPUTIME_ID`: what this process has used of processors.
        PROCESS_CPUTIME_ID = raw::CLOCK_PROCESS_CPUTIME_ID;
        /// `CLOCK_THREAD_CPUTIME_ID`: what this thread has used of processors.
        THREAD_CPUTIME_ID = raw::CLOCK_THREAD_CPUTIME_ID;
        /// `CLOCK_MONOTONIC_RAW`: as `MONOTONIC`, without NTP's adjustments.
        MONOTONIC_RAW = raw::CLOCK_MONOTONIC_RAW;
        /// `CLOCK_REALTIME_COARSE`: as `REALTIME` at the last tick.
        REALTIME_COARSE = raw::CLOCK_REALTIME_COARSE;
        /// `CLOCK_MONOTONIC_COARSE`: as `MONOTONIC` at the last tick.
        MONOTONIC_COARSE = raw::CLOCK_MONOTONIC_COARSE;
        /// `CLOCK_BOOTTIME`: as `MONOTONIC`, and goes on while suspended.
        BOOTTIME = raw::CLOCK_BOOTTIME;
        /// `CLOCK_TAI`: international atomic time, without leap seconds.
        TAI = raw::CLOCK_TAI;
    }

    /// An interval timer of the process.
    pub struct Itimer: u32 {
        /// `ITIMER_REAL`: real time; sends `SIGALRM`.
        REAL = raw::ITIMER_REAL;
        /// `ITIMER_VIRTUAL`: processor time in user mode; sends `SIGVTALRM`.
        VIRTUAL = raw::ITIMER_VIRTUAL;
        /// `ITIMER_PROF`: processor time; sends `SIGPROF`.
        PROF = raw::ITIMER_PROF;
    }
}

flags! {
    /// Flags of [`clock_nanosleep`].
    pub struct NanosleepFlags: u32 {
        /// `TIMER_ABSTIME`: until that time, not for that span.
        ABSTIME = raw::TIMER_ABSTIME;
    }
}

/// `clock_gettime(2)`: the time of a clock, through the kernel.
///
/// # Errors
///
/// - [`Errno::INVAL`]: no such clock.
/// - [`Errno::NODEV`]: its device is gone.
///
/// # References
///
/// - [clock_gettime(2)](https://man7.org/linux/man-pages/man2/clock_gettime.2.html)
#[inline]
pub fn clock_gettime(clock: Clock) -> Result<Timespec, Errno> {
    let mut time = MaybeUninit::<Timespec>::uninit();
    // SAFETY: the kernel fills the struct on success.
    unsafe {
        check(syscall2(nr::CLOCK_GETTIME, clock.into(), time.as_mut_ptr().into()))?;
        Ok(time.assume_init())
    }
}

/// `clock_nanosleep(2)`: sleeps for a span, or until a time with [`NanosleepFlags::ABSTIME`].
///
/// If a signal handler cuts a span short, `remaining` gets what was left of it.
///
/// # Errors
///
/// - [`Errno::INTR`]: a signal handler ran.
/// - [`Errno::INVAL`]: nanoseconds or seconds out of range, or no such clock.
/// - [`Errno::OPNOTSUPP`]: a clock that nobody can wait for, such as
///   [`Clock::THREAD_CPUTIME_ID`].
///
/// # References
///
/// - [clock_nanosleep(2)](https://man7.org/linux/man-pages/man2/clock_nanosleep.2.html)
#[doc(alias = "nanosleep")]
#[inline]
pub fn clock_nanosleep(
    clock: Clock,
    flags: NanosleepFlags,
    time: &Timespec,
    remaining: Option<&mut Timespec>,
) -> Result<(), Errno> {
    // SAFETY: the kernel reads the one struct and writes the other.
    check(unsafe {
        syscall4(nr::CLOCK_NANOSLEEP, clock.into(), flags.into(), Some(time).into(), remaining.into())
    })
    .map(drop)
}

/// `setitimer(2)`: sets an interval timer; `old` gets what it was.
///
/// # Errors
///
/// - [`Errno::INVAL`]: no such timer, or microseconds or seconds out of range.
///
/// # References
///
/// - [setitimer(2)](https://man7.org/linux/man-pages/man2/setitimer.2.html)
#[doc(alias = "alarm")]
#[inline]
pub fn setitimer(timer: Itimer, new: &Itimerval, old: Option<&mut Itimerval>) -> Result<(), Errno> {
    // SAFETY: the kernel reads the one struct and writes the other.
    check(unsafe { syscall3(nr::SETITIMER, timer.into(), Some(new).into(), old.into()) }).map(drop)
}

/// `getitimer(2)`: what is left of an interval timer.
///
/// # Errors
///
/// - [`Errno::INVAL`]: no such timer.
#[inline]
pub fn getitimer(timer: Itimer) -> Result<Itimerval, Errno> {
    let mut value = MaybeUninit::<Itimerval>::uninit();
    // SAFETY: the kernel fills the struct on success.
    unsafe {
        check(syscall2(nr::GETITIMER, timer.into(), value.as_mut_ptr().into()))?;
        Ok(value.assume_init())
    }
}
