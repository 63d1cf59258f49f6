//! Clocks and timers.

use crate::{in_child, must};
use sinew::Errno;
use sinew::sys::*;

const LONG: Timespec = Timespec { tv_sec: 1000, tv_nsec: 0 };

#[test]
fn clocks_go_forward() {
    for clock in [
        Clock::MONOTONIC,
        Clock::BOOTTIME,
        Clock::MONOTONIC_RAW,
        Clock::MONOTONIC_COARSE,
        Clock::PROCESS_CPUTIME_ID,
        Clock::THREAD_CPUTIME_ID,
    ] {
        let first = clock_gettime(clock).unwrap();
        let second = clock_gettime(clock).unwrap();
        assert!(first <= second, "{clock:?}");
        assert!((0..1_000_000_000).contains(&second.tv_nsec));
    }
    let seconds = clock_gettime(Clock::REALTIME).unwrap().tv_sec;
    let std = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
    assert!(seconds.unsigned_abs().abs_diff(std) <= 2);
    assert_eq!(clock_gettime(Clock::from_raw(9999)), Err(Errno::INVAL));
}

#[test]
fn a_sleep_lasts_as_long_as_it_shall() {
    let start = clock_gettime(Clock::MONOTONIC).unwrap();
    let span = Timespec { tv_sec: 0, tv_nsec: 2_000_000 };
    assert_eq!(clock_nanosleep(Clock::MONOTONIC, NanosleepFlags::empty(), &span, None), Ok(()));
    let end = clock_gettime(Clock::MONOTONIC).unwrap();
    let slept = (end.tv_sec - start.tv_sec) * 1_000_000_000 + end.tv_nsec - start.tv_nsec;
    assert!(slept >= 2_000_000);
    // A time that is over.
    assert_eq!(clock_nanosleep(Clock::MONOTONIC, NanosleepFlags::ABSTIME, &start, None), Ok(()));
    let wrong = Timespec { tv_sec: 0, tv_nsec: -1 };
    assert_eq!(clock_nanosleep(Clock::MONOTONIC, NanosleepFlags::empty(), &wrong, None), Err(Errno::INVAL));
    assert_eq!(
        clock_nanosleep(Clock::THREAD_CPUTIME_ID, NanosleepFlags::empty(), &span, None),
        Err(Errno::OPNOTSUPP)
    );
}

unsafe extern "C" fn nothing(_signal: i32) {}

#[test]
fn a_timer_cuts_a_sleep_short_and_tells_what_was_left() {
    in_child(|| {
        let handler = SigHandler::function(nothing);
        let action = SigAction::new(handler, SigActionFlags::RESTART, SigSet::empty());
        // SAFETY: the handler does nothing.
        must!(unsafe { rt_sigaction(libc::SIGALRM, Some(&action), None) } == Ok(()));
        // It fires again and again: the first may come before the sleep.
        let tick = Timeval { tv_sec: 0, tv_usec: 10_000 };
        let timer = Itimerval { it_interval: tick, it_value: tick };
        must!(setitimer(Itimer::REAL, &timer, None) == Ok(()));
        let mut left = Timespec::default();
        let slept = clock_nanosleep(Clock::MONOTONIC, NanosleepFlags::empty(), &LONG, Some(&mut left));
        must!(slept == Err(Errno::INTR));
        must!(left > Timespec { tv_sec: 900, tv_nsec: 0 } && left < LONG);
    });
}

#[test]
fn a_timer_is_read_and_replaced() {
    in_child(|| {
        let value = Timeval { tv_sec: 500, tv_usec: 1 };
        let timer = Itimerval { it_interval: Timeval { tv_sec: 7, tv_usec: 9 }, it_value: value };
        must!(setitimer(Itimer::VIRTUAL, &timer, None) == Ok(()));
        must!(getitimer(Itimer::VIRTUAL).is_ok_and(
            |left| left.it_interval == timer.it_interval && (499..=500).contains(&left.it_value.tv_sec)
        ));
        let mut old = Itimerval::default();
        must!(setitimer(Itimer::VIRTUAL, &Itimerval::default(), Some(&mut old)) == Ok(()));
        must!(old.it_interval == timer.it_interval);
        must!(getitimer(Itimer::VIRTUAL) == Ok(Itimerval::default()));
        must!(getitimer(Itimer::PROF) == Ok(Itimerval::default()));
        let wrong = Itimerval { it_value: Timeval { tv_sec: 0, tv_usec: 1_000_000 }, ..timer };
        must!(setitimer(Itimer::VIRTUAL, &wrong, None) == Err(Errno::INVAL));
        must!(getitimer(Itimer::from_raw(9)) == Err(Errno::INVAL));
    });
}
