//! The 16 bits that a child leaves.

use crate::signal;
use core::fmt;

/// How a child ended, stopped or went on: the status word of `wait(2)`.
///
/// The low byte is the signal (bit 7 of it: a core was dumped), the high byte the exit
/// code. Each question has an answer or `None`, never garbage.
///
/// ```
/// use sinew::process::ExitStatus;
///
/// assert_eq!(ExitStatus::from_raw(3 << 8).to_string(), "exit status 3");
/// assert_eq!(ExitStatus::from_raw(9).to_string(), "killed by signal 9 (SIGKILL)");
/// assert_eq!(ExitStatus::from_raw(0x137f).stopped_signal(), Some(19));
/// ```
///
/// # References
///
/// - [wait(2)](https://man7.org/linux/man-pages/man2/wait.2.html)
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ExitStatus(i32);

impl ExitStatus {
    /// The status that stands in this word.
    #[must_use]
    pub const fn from_raw(word: i32) -> Self {
        Self(word)
    }

    /// The word.
    #[must_use]
    pub const fn raw(self) -> i32 {
        self.0
    }

    /// Whether it exited with code 0.
    #[must_use]
    pub const fn success(self) -> bool {
        matches!(self.code(), Some(0))
    }

    /// The exit code, 0 to 255, if it exited (`WIFEXITED`, `WEXITSTATUS`).
    #[must_use]
    pub const fn code(self) -> Option<i32> {
        if self.low() == 0 { Some(self.high()) } else { None }
    }

    /// The signal that killed it, if one did (`WIFSIGNALED`, `WTERMSIG`).
    #[must_use]
    pub const fn signal(self) -> Option<i32> {
        if self.low() != 0 && self.low() != STOPPED { Some(self.low()) } else { None }
    }

    /// Whether it was killed and left a core (`WCOREDUMP`).
    #[must_use]
    pub const fn core_dumped(self) -> bool {
        self.signal().is_some() && self.0 & 0x80 != 0
    }

    /// The signal that stopped it, if it is stopped (`WIFSTOPPED`, `WSTOPSIG`).
    #[must_use]
    pub const fn stopped_signal(self) -> Option<i32> {
        if self.0 & 0xff == STOPPED { Some(self.high()) } else { None }
    }

    /// Whether it was stopped and goes on again (`WIFCONTINUED`).
    #[must_use]
    pub const fn continued(self) -> bool {
        self.0 == CONTINUED
    }

    const fn low(self) -> i32 {
        self.0 & 0x7f
    }

    const fn high(self) -> i32 {
        self.0 >> 8 & 0xff
    }
}

const STOPPED: i32 = 0x7f;
const CONTINUED: i32 = 0xffff;

impl fmt::Display for ExitStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(code) = self.code() {
            return write!(f, "exit status {code}");
        }
        if self.continued() {
            return f.write_str("continued");
        }
        let (what, number) = match (self.signal(), self.stopped_signal()) {
            (Some(number), _) => ("killed", number),
            (_, Some(number)) => ("stopped", number),
            _ => return write!(f, "status {:#x}", self.0),
        };
        write!(f, "{what} by signal {number}")?;
        if let Some(name) = signal::name(number) {
            write!(f, " ({name})")?;
        }
        if self.core_dumped() { f.write_str(", core dumped") } else { Ok(()) }
    }
}
