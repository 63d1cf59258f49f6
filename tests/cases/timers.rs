//! Interval timers.

use super::Outcome;
use super::tools::{MILLISECOND, handle, interrupt, set_of, status_after, stay};
use crate::calls::{self, Errno};
use core::sync::atomic::{AtomicU64, Ordering};

static TICKS: AtomicU64 = AtomicU64::new(0);

extern "C" fn tick(_: i32) {
    TICKS.fetch_add(1, Ordering::SeqCst);
}

fn ticks() -> u64 {
    TICKS.load(Ordering::SeqCst)
}

/// S-258: who does nothing about it dies of an alarm.
fn an_alarm_kills_by_default() -> Outcome {
    let status = status_after(|| {
        calls::setitimer(calls::ITIMER_REAL, 1000, 0)?;
        stay()
    })?;
    check_eq!(status, calls::SIGALRM);
    Ok(())
}

/// S-259: a forked child has no timer of its parent's.
fn a_child_does_not_inherit_a_timer() -> Outcome {
    handle(calls::SIGALRM, interrupt, 0)?;
    calls::setitimer(calls::ITIMER_REAL, 10_000_000, 3_000_000)?;
    let status = status_after(|| {
        check_eq!(calls::getitimer(calls::ITIMER_REAL), Ok((0, 0)));
        Ok(())
    })?;
    check_eq!(status, 0);
    check!(calls::getitimer(calls::ITIMER_REAL)?.0 > 0);
    Ok(())
}

/// S-260, S-266, S-267: a timer says what is left of it, and a new one what was left.
fn a_new_timer_gives_the_rest_of_the_old() -> Outcome {
    check_eq!(calls::setitimer(calls::ITIMER_REAL, 50_000_000, 3_000_000), Ok((0, 0)));
    let (value, interval) = calls::getitimer(calls::ITIMER_REAL)?;
    // The kernel counts up to the next of its ticks.
    check!((30_000_000..=50_010_000).contains(&value));
    check_eq!(interval, 3_000_000);
    let (value, interval) = calls::setitimer(calls::ITIMER_REAL, 0, 0)?;
    check!((30_000_000..=50_010_000).contains(&value));
    check_eq!(interval, 3_000_000);
    check_eq!(calls::getitimer(calls::ITIMER_REAL), Ok((0, 0)));
    Ok(())
}

/// S-263, P-073: it ticks in its interval until it is switched off.
fn a_timer_ticks_until_it_is_switched_off() -> Outcome {
    handle(calls::SIGALRM, tick, 0)?;
    calls::setitimer(calls::ITIMER_REAL, 5000, 2000)?;
    let start = calls::clock_gettime(calls::CLOCK_MONOTONIC)?;
    while ticks() < 5 {
        let _ = calls::nanosleep(1000 * MILLISECOND);
    }
    check!(calls::clock_gettime(calls::CLOCK_MONOTONIC)? - start >= 5 * MILLISECOND);
    calls::setitimer(calls::ITIMER_REAL, 0, 0)?;
    let last = ticks();
    check_eq!(calls::nanosleep(20 * MILLISECOND), Ok(()));
    check_eq!(ticks(), last);
    Ok(())
}

/// P-074: the shortest timer there is does fire.
fn a_microsecond_is_not_nothing() -> Outcome {
    calls::sigprocmask(calls::SIG_BLOCK, Some(set_of(calls::SIGALRM)))?;
    calls::setitimer(calls::ITIMER_REAL, 1, 0)?;
    check_eq!(calls::sigtimedwait(set_of(calls::SIGALRM), 10_000 * MILLISECOND), Ok(calls::SIGALRM));
    Ok(())
}

/// S-264: the virtual timer stands still while the process sleeps, and goes on when it works.
fn the_virtual_timer_counts_work_only() -> Outcome {
    handle(calls::SIGVTALRM, tick, 0)?;
    calls::setitimer(calls::ITIMER_VIRTUAL, 20_000, 0)?;
    check_eq!(calls::nanosleep(60 * MILLISECOND), Ok(()));
    check_eq!(ticks(), 0);
    while ticks() == 0 {
        core::hint::spin_loop();
    }
    Ok(())
}

/// S-264, S-265: the profiling timer counts work in the kernel as well; by default it kills.
fn the_profiling_timer_counts_calls_too() -> Outcome {
    let status = status_after(|| {
        calls::setitimer(calls::ITIMER_PROF, 10_000, 0)?;
        loop {
            calls::kill(calls::getpid(), 0)?;
        }
    })?;
    check_eq!(status, calls::SIGPROF);
    Ok(())
}

/// P-072: there are three timers, and a negative or nameless one is none of them.
fn an_unknown_timer_is_refused() -> Outcome {
    for timer in [3, u32::MAX] {
        check_eq!(calls::setitimer(timer, 0, 0), Err(Errno::INVAL));
        check_eq!(calls::getitimer(timer), Err(Errno::INVAL));
    }
    Ok(())
}

cases! {
    an_alarm_kills_by_default,
    a_child_does_not_inherit_a_timer,
    a_new_timer_gives_the_rest_of_the_old,
    a_timer_ticks_until_it_is_switched_off,
    a_microsecond_is_not_nothing,
    the_virtual_timer_counts_work_only,
    the_profiling_timer_counts_calls_too,
    an_unknown_timer_is_refused,
}
