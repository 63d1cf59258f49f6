//! Clocks and sleeping.

use super::Outcome;
use super::outcome::failed;
use super::tools::{MILLISECOND, handle, interrupt};
use crate::calls::{self, Errno};

/// The monotonic clock never goes back, and goes on.
fn the_monotonic_clock_goes_forward() -> Outcome {
    let start = calls::clock_gettime(calls::CLOCK_MONOTONIC)?;
    let mut last = start;
    for _ in 0..1000 {
        let now = calls::clock_gettime(calls::CLOCK_MONOTONIC)?;
        check!(now >= last);
        last = now;
    }
    check!(last > start);
    Ok(())
}

/// The clock of the day counts from 1970: this was written in 2026, and nobody will run it
/// in 2200.
fn the_real_time_is_of_this_time() -> Outcome {
    const YEAR: u64 = 31_556_952_000_000_000;
    let now = calls::clock_gettime(calls::CLOCK_REALTIME)?;
    // An emulated board may have no clock and start at 0.
    check!(now / YEAR < 230);
    Ok(())
}

/// The clock of the processor stands still while the process sleeps.
fn the_cpu_clock_stands_still_in_sleep() -> Outcome {
    let cpu = calls::clock_gettime(calls::CLOCK_PROCESS_CPUTIME_ID)?;
    let real = calls::clock_gettime(calls::CLOCK_MONOTONIC)?;
    calls::nanosleep(50 * MILLISECOND).map_err(|(error, _)| error)?;
    let cpu = calls::clock_gettime(calls::CLOCK_PROCESS_CPUTIME_ID)? - cpu;
    let real = calls::clock_gettime(calls::CLOCK_MONOTONIC)? - real;
    check!(cpu < real);
    Ok(())
}

/// An unknown clock is an error, on the way through the vDSO as well.
fn an_unknown_clock_is_refused() -> Outcome {
    check_eq!(calls::clock_gettime(4242), Err(Errno::INVAL));
    Ok(())
}

/// A sleep lasts at least as long as it was asked to.
fn a_sleep_is_not_too_short() -> Outcome {
    let start = calls::clock_gettime(calls::CLOCK_MONOTONIC)?;
    check_eq!(calls::nanosleep(20 * MILLISECOND), Ok(()));
    check!(calls::clock_gettime(calls::CLOCK_MONOTONIC)? - start >= 20 * MILLISECOND);
    Ok(())
}

/// S-250, P-064: a sleep that a signal cuts short says what is left of it.
fn an_interrupted_sleep_says_what_is_left() -> Outcome {
    handle(calls::SIGALRM, interrupt, 0)?;
    calls::setitimer(calls::ITIMER_REAL, 20_000, 0)?;
    let start = calls::clock_gettime(calls::CLOCK_MONOTONIC)?;
    let Err((error, left)) = calls::nanosleep(15_000 * MILLISECOND) else {
        return Err(failed(format_args!("it slept to the end")));
    };
    let slept = calls::clock_gettime(calls::CLOCK_MONOTONIC)? - start;
    check_eq!(error, Errno::INTR);
    check!(left < 15_000 * MILLISECOND && slept + left >= 15_000 * MILLISECOND);
    Ok(())
}

cases! {
    the_monotonic_clock_goes_forward,
    the_real_time_is_of_this_time,
    the_cpu_clock_stands_still_in_sleep,
    an_unknown_clock_is_refused,
    a_sleep_is_not_too_short,
    an_interrupted_sleep_says_what_is_left,
}
