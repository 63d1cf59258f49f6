//! How a case says that something is not as it should be.

use crate::calls::{self, Errno};
use core::fmt::{self, Write};
use core::panic::Location;
use core::ptr;
use core::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

/// What a case gives.
pub type Outcome = Result<(), Failed>;

/// The case has failed, and why stands in the report.
pub struct Failed(());

/// Where the failing process leaves its words for the one that runs the cases: memory that
/// they share. The first process that fails has them.
pub struct Report {
    length: AtomicUsize,
    text: [u8; Report::ROOM],
}

impl Report {
    const ROOM: usize = 1000;

    /// An empty report, in which failures stand from now on.
    pub fn new() -> Result<&'static Self, Errno> {
        let protection = calls::PROT_READ | calls::PROT_WRITE;
        let flags = calls::MAP_SHARED | calls::MAP_ANONYMOUS;
        // SAFETY: the memory is new, zeroed and never unmapped; zeros are an empty report.
        let report = unsafe { calls::mmap(size_of::<Self>(), protection, flags, None, 0)? }.cast::<Self>();
        CURRENT.store(report, Ordering::Relaxed);
        // SAFETY: as above. The text is only read when the processes that write it are gone.
        Ok(unsafe { &*report })
    }

    /// Forgets what stands there.
    pub fn clear(&self) {
        self.length.store(0, Ordering::Relaxed);
    }

    /// What stands there.
    pub fn text(&self) -> &str {
        let length = self.length.load(Ordering::Acquire).min(Self::ROOM);
        // SAFETY: the bytes are initialised, and their writer has ended.
        let bytes = unsafe { core::slice::from_raw_parts(ptr::from_ref(&self.text).cast::<u8>(), length) };
        core::str::from_utf8(bytes).unwrap_or("(words that are no text)")
    }
}

static CURRENT: AtomicPtr<Report> = AtomicPtr::new(ptr::null_mut());

/// Appends to the report. What has no room is left out: it is for people.
struct Words(*mut Report);

impl Write for Words {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // SAFETY: it is the current report, in shared memory that stays. Only this process
        // writes, and what it writes lies within the room that is left.
        unsafe {
            let start = (*self.0).length.load(Ordering::Relaxed);
            let room = text.len().min(Report::ROOM - start);
            let count = (0..=room).rfind(|count| text.is_char_boundary(*count)).unwrap_or(0);
            let to = (&raw mut (*self.0).text).cast::<u8>().add(start);
            ptr::copy_nonoverlapping(text.as_ptr(), to, count);
            (*self.0).length.store(start + count, Ordering::Release);
        }
        Ok(())
    }
}

/// Says what has failed, and where.
#[track_caller]
pub fn failed(what: fmt::Arguments<'_>) -> Failed {
    let report = CURRENT.load(Ordering::Relaxed);
    // SAFETY: if there is one, it is mapped for good.
    if !report.is_null() && unsafe { (*report).length.load(Ordering::Acquire) } == 0 {
        let place = Location::caller();
        let file = place.file().rsplit('/').next().unwrap_or_default();
        // Nothing that is written here can fail.
        let _ = write!(Words(report), "{what} ({file}:{})", place.line());
    }
    Failed(())
}

/// `?` on a call that must not fail.
impl From<Errno> for Failed {
    #[track_caller]
    fn from(error: Errno) -> Self {
        failed(format_args!("a call failed with {error:?}"))
    }
}

/// Fails unless the condition holds.
macro_rules! check {
    ($condition:expr) => {
        if !$condition {
            return Err($crate::cases::outcome::failed(format_args!("{}", stringify!($condition))));
        }
    };
}

/// Fails unless both are equal, and says what they are.
macro_rules! check_eq {
    ($left:expr, $right:expr) => {
        match (&$left, &$right) {
            (left, right) => {
                if *left != *right {
                    return Err($crate::cases::outcome::failed(format_args!(
                        "{} is {left:?}, not {right:?}",
                        stringify!($left)
                    )));
                }
            }
        }
    };
}
