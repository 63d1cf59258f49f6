//! Time: at first, how long something took.
//!
//! ```
//! use sinew::time::Instant;
//!
//! let start = Instant::now();
//! assert!(start.elapsed() < std::time::Duration::from_secs(60));
//! ```

use crate::runtime::clock_gettime;
use crate::sys::Clock;
use core::time::Duration;

/// A point on the monotonic clock, which no one can set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant(Duration);

impl Instant {
    /// Now, by the vDSO (about 20 ns).
    #[must_use]
    pub fn now() -> Self {
        match clock_gettime(Clock::MONOTONIC) {
            Ok(time) => Self(Duration::new(time.tv_sec as u64, time.tv_nsec as u32)),
            Err(_) => unreachable!("every kernel has this clock"),
        }
    }

    /// The time since then.
    #[must_use]
    pub fn elapsed(self) -> Duration {
        Self::now().since(self)
    }

    /// The time from `earlier` to this point; zero if it is the other way round.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }

    /// The point as the kernel counts it: time since some start.
    #[must_use]
    pub fn since_start(self) -> Duration {
        self.0
    }
}
