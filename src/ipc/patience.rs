//! How long a side of a ring spins before it sleeps.
//!
//! Spinning pays when the peer runs on another processor: then it costs at most about as
//! much as the wake-up that it saves. On the same processor it only keeps the peer from
//! running, and yielding lets it run. What helped last time tells which it is; and who wakes
//! a sleeper tells him where he runs.

use crate::sys;
use crate::time::Instant;
use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;

/// About what it costs to wake a sleeper on another processor.
const SPIN: Duration = Duration::from_micros(50);

/// Turns of the loop between two looks at the clock.
const TURNS: u32 = 64;

/// How often to let others run before sleeping.
const YIELDS: u32 = 2;

/// What a side knows of where the two run.
pub(super) struct Patience {
    apart: bool,
}

impl Patience {
    pub(super) fn new() -> Self {
        Self { apart: true }
    }

    /// Waits without sleeping until `done`, for as long as it can pay; says whether it is done.
    pub(super) fn wait(&mut self, done: impl Fn() -> bool) -> bool {
        if self.apart && spin(&done) {
            return true;
        }
        // On the same processor the peer gets to run so, for as long as it has work, and
        // neither side has to be woken.
        let yielded = (0..YIELDS).any(|_| {
            sys::sched_yield();
            done()
        });
        if yielded {
            self.apart = false;
        }
        yielded
    }

    /// After a sleep: compares our processor with that of the side that woke us.
    pub(super) fn woken(&mut self, by: &AtomicU32) {
        let by = by.load(Ordering::Relaxed);
        if by != 0 {
            self.apart = by != processor();
        }
    }
}

/// The number of our processor, plus one; 0 where the kernel does not tell.
pub(super) fn processor() -> u32 {
    sys::getcpu().map_or(0, |(cpu, _)| cpu.wrapping_add(1))
}

fn spin(done: &impl Fn() -> bool) -> bool {
    let turns = || {
        (0..TURNS).any(|_| {
            let done = done();
            if !done {
                core::hint::spin_loop();
            }
            done
        })
    };
    // A peer that answers at once is seen before the clock is.
    if turns() {
        return true;
    }
    let start = Instant::now();
    while start.elapsed() < SPIN {
        if turns() {
            return true;
        }
    }
    false
}
