//! Time in nanoseconds, as one number: the figures are ratios of such numbers.

use sinew::runtime::clock_gettime;
use sinew::sys::Clock;

/// The monotonic clock, in ns; the same in all processes.
pub fn now() -> u64 {
    // Every kernel has this clock.
    clock_gettime(Clock::MONOTONIC).map_or(0, |time| time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64)
}

/// How many in a second, if there are `amount` in `time` ns.
pub fn per_second(amount: u64, time: u64) -> u64 {
    scale(amount, time, 1_000_000_000)
}

/// How many there are in `aim` ns, if there are `amount` in `time` ns; at least 1.
#[inline(never)]
pub fn scale(amount: u64, time: u64, aim: u64) -> u64 {
    ((amount as f64 * aim as f64 / time.max(1) as f64) as u64).max(1)
}
