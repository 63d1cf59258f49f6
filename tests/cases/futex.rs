//! Waiting for a word of memory, within a process and between two.

use super::Outcome;
use super::tools::{MILLISECOND, child, handle, interrupt, shared_words, status_of};
use crate::calls::{self, Errno};
use core::sync::atomic::Ordering;

/// A word that has changed already is not waited for.
fn a_changed_word_is_not_waited_for() -> Outcome {
    let words = shared_words()?;
    check_eq!(calls::futex_wait(&words[0], 1, None), Err(Errno::AGAIN));
    check_eq!(calls::futex_wake(&words[0], 1), Ok(0));
    Ok(())
}

/// A wait ends with its time, and with a signal.
fn a_wait_ends_in_time() -> Outcome {
    let words = shared_words()?;
    let start = calls::clock_gettime(calls::CLOCK_MONOTONIC)?;
    check_eq!(calls::futex_wait(&words[0], 0, Some(20 * MILLISECOND)), Err(Errno::TIMEDOUT));
    check!(calls::clock_gettime(calls::CLOCK_MONOTONIC)? - start >= 20 * MILLISECOND);
    handle(calls::SIGALRM, interrupt, 0)?;
    calls::setitimer(calls::ITIMER_REAL, 20_000, 20_000)?;
    check_eq!(calls::futex_wait(&words[0], 0, Some(10_000 * MILLISECOND)), Err(Errno::INTR));
    Ok(())
}

/// One process wakes another by memory that they share.
fn a_wake_reaches_another_process() -> Outcome {
    let words = shared_words()?;
    let child = child(|| {
        while words[0].load(Ordering::SeqCst) == 0 {
            match calls::futex_wait(&words[0], 0, None) {
                Ok(()) | Err(Errno::AGAIN) => {}
                Err(error) => return Err(error.into()),
            }
        }
        words[1].store(1, Ordering::SeqCst);
        calls::futex_wake(&words[1], 1)?;
        Ok(())
    })?;
    words[0].store(1, Ordering::SeqCst);
    calls::futex_wake(&words[0], 1)?;
    while words[1].load(Ordering::SeqCst) == 0 {
        let _ = calls::futex_wait(&words[1], 0, Some(100 * MILLISECOND));
    }
    check_eq!(status_of(child), Ok(0));
    Ok(())
}

/// A wake for one wakes one, and says so.
fn a_wake_for_one_wakes_one() -> Outcome {
    let words = shared_words()?;
    let waiter = || child(|| Ok(calls::futex_wait(&words[0], 0, None)?));
    let children = [waiter()?, waiter()?];
    let mut woken = 0;
    // They sleep sooner or later.
    while woken < 1 {
        woken = calls::futex_wake(&words[0], 1)?;
    }
    check_eq!(woken, 1);
    let (first, status) = calls::wait4(-1, 0)?;
    check_eq!(status, 0);
    check!(children.contains(&first));
    while calls::futex_wake(&words[0], 10)? == 0 {}
    check_eq!(calls::wait4(-1, 0)?.1, 0);
    Ok(())
}

cases! {
    a_changed_word_is_not_waited_for,
    a_wait_ends_in_time,
    a_wake_reaches_another_process,
    a_wake_for_one_wakes_one,
}
