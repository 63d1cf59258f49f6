//! The end that nobody wanted.

use crate::errno::Errno;
use crate::fd::STDERR;
use crate::sys::{self, SigAction, SigActionFlags, SigHandler, SigMaskHow, SigSet};
use core::fmt::{self, Write};
use core::panic::PanicInfo;

/// Standard error without a buffer. What cannot be written there has nowhere else to go.
struct Stderr;

impl fmt::Write for Stderr {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut left = text.as_bytes();
        while !left.is_empty() {
            match sys::write(STDERR, left) {
                Ok(0) => return Err(fmt::Error),
                Ok(count) => left = &left[count.min(left.len())..],
                Err(Errno::INTR) => {}
                Err(_) => return Err(fmt::Error),
            }
        }
        Ok(())
    }
}

/// Says it on standard error. The process is about to end badly; that says it even where
/// this cannot be written.
fn say(parts: &[&str]) {
    let _ = parts.iter().try_for_each(|part| Stderr.write_str(part));
}

/// Says `error: …` on standard error. It does without `core::fmt`, which a program that
/// only prints text has no other use for.
pub(super) fn print_error(error: Errno) {
    match error.text() {
        Some(text) => say(&["error: ", text, "\n"]),
        None => say(&["error: Unknown error ", itoa::Buffer::new().format(error.raw()), "\n"]),
    }
}

/// The panic handler: message and place on standard error, then SIGABRT.
#[doc(hidden)]
pub fn panic(info: &PanicInfo<'_>) -> ! {
    if let Some(place) = info.location() {
        let [mut line, mut column] = [itoa::Buffer::new(), itoa::Buffer::new()];
        let (line, column) = (line.format(place.line()), column.format(place.column()));
        say(&["panicked at ", place.file(), ":", line, ":", column, ":\n"]);
    }
    // As above: the process dies of SIGABRT whether or not this can be written.
    let _ = writeln!(Stderr, "{}", info.message());
    abort()
}

/// Ends the process by SIGABRT, even where that signal is blocked, ignored or handled.
///
/// # References
///
/// - [abort(3)](https://man7.org/linux/man-pages/man3/abort.3.html)
pub fn abort() -> ! {
    const SIGABRT: i32 = linux_raw_sys::general::SIGABRT as i32;
    // Should any of these fail, the exit code below still says what a shell would say.
    let _ = sys::tgkill(sys::getpid(), sys::gettid(), SIGABRT);
    let default = SigAction::new(SigHandler::DEFAULT, SigActionFlags::empty(), SigSet::empty());
    // SAFETY: the default action runs no code of ours.
    let _ = unsafe { sys::rt_sigaction(SIGABRT, Some(&default), None) };
    let _ = sys::rt_sigprocmask(SigMaskHow::UNBLOCK, Some(&SigSet::full()), None);
    let _ = sys::tgkill(sys::getpid(), sys::gettid(), SIGABRT);
    sys::exit_group(128 + SIGABRT)
}
