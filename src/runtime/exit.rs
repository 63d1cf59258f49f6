//! How a program ends.

use crate::errno::Errno;
use crate::sys;
use core::sync::atomic::{AtomicPtr, Ordering};
use core::{mem, ptr};

/// The status that a program leaves: 0 to 255, with the names of `sysexits.h`.
///
/// ```
/// use sinew::runtime::ExitCode;
///
/// assert_eq!(ExitCode::USAGE.raw(), 64);
/// assert_eq!(ExitCode::from(3).raw(), 3);
/// ```
///
/// # References
///
/// - [sysexits.h(3head)](https://man7.org/linux/man-pages/man3/sysexits.h.3head.html)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExitCode(u8);

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $value:literal,)*) => {
        impl ExitCode {
            $($(#[$doc])* pub const $name: Self = Self($value);)*

            /// Every constant by its name.
            #[doc(hidden)]
            pub const ALL: &[(&str, Self)] = &[$((stringify!($name), Self::$name)),*];
        }
    };
}

codes! {
    /// All went well (`EX_OK`).
    SUCCESS = 0,
    /// Something failed, with no better word for it.
    FAILURE = 1,
    /// The command line was wrong (`EX_USAGE`).
    USAGE = 64,
    /// The input was wrong (`EX_DATAERR`).
    DATAERR = 65,
    /// An input could not be opened (`EX_NOINPUT`).
    NOINPUT = 66,
    /// The user does not exist (`EX_NOUSER`).
    NOUSER = 67,
    /// The host does not exist (`EX_NOHOST`).
    NOHOST = 68,
    /// A service is not there (`EX_UNAVAILABLE`).
    UNAVAILABLE = 69,
    /// The program found a fault in itself (`EX_SOFTWARE`).
    SOFTWARE = 70,
    /// The system refused, such as a fork (`EX_OSERR`).
    OSERR = 71,
    /// A system file is missing or wrong (`EX_OSFILE`).
    OSFILE = 72,
    /// An output could not be created (`EX_CANTCREAT`).
    CANTCREAT = 73,
    /// Reading or writing failed (`EX_IOERR`).
    IOERR = 74,
    /// It may go better later (`EX_TEMPFAIL`).
    TEMPFAIL = 75,
    /// The peer did not keep to the protocol (`EX_PROTOCOL`).
    PROTOCOL = 76,
    /// Not allowed (`EX_NOPERM`).
    NOPERM = 77,
    /// The configuration is wrong (`EX_CONFIG`).
    CONFIG = 78,
}

impl ExitCode {
    /// The number.
    #[must_use]
    pub const fn raw(self) -> u8 {
        self.0
    }
}

impl From<u8> for ExitCode {
    fn from(code: u8) -> Self {
        Self(code)
    }
}

/// What `main` may return.
pub trait Termination {
    /// The status to exit with; a failure says why on standard error.
    fn report(self) -> ExitCode;
}

impl Termination for () {
    fn report(self) -> ExitCode {
        ExitCode::SUCCESS
    }
}

impl Termination for ExitCode {
    fn report(self) -> ExitCode {
        self
    }
}

/// `Err` prints `error: …` with the text of the error and exits with 1.
impl<T: Termination> Termination for Result<T, Errno> {
    fn report(self) -> ExitCode {
        match self {
            Ok(value) => value.report(),
            Err(error) => {
                super::panic::print_error(error);
                ExitCode::FAILURE
            }
        }
    }
}

/// The one function that runs before the process exits, or null.
static AT_EXIT: AtomicPtr<()> = AtomicPtr::new(ptr::null_mut());

/// Names the function that [`exit`] calls first. There is one place; it is meant for
/// [`crate::io::stdout`], which uses it by itself.
pub fn set_at_exit(function: fn() -> Result<(), Errno>) {
    AT_EXIT.store(function as *mut (), Ordering::Relaxed);
}

/// Calls the function of [`set_at_exit`], if there is one.
#[inline]
pub(crate) fn run_at_exit() -> Result<(), Errno> {
    let function = AT_EXIT.load(Ordering::Relaxed);
    if function.is_null() {
        return Ok(());
    }
    // SAFETY: nothing but a function of this type is ever stored there.
    let function: fn() -> Result<(), Errno> = unsafe { mem::transmute(function) };
    function()
}

/// Ends the process: writes what is left of standard output, then `exit_group(2)`.
///
/// If that last write fails, a successful program exits with [`ExitCode::IOERR`] instead,
/// with a message on standard error: output that is lost must not look like success.
/// Values on the stack are not dropped. For no clean-up at all (the `_exit` of C), use
/// [`sys::exit_group`].
pub fn exit(code: ExitCode) -> ! {
    sys::exit_group(finish(code))
}

/// What happens after `main`; gives the exit status.
#[inline]
pub(super) fn finish(code: ExitCode) -> i32 {
    let code = match run_at_exit() {
        Err(error) => {
            super::panic::print_error(error);
            if code == ExitCode::SUCCESS { ExitCode::IOERR } else { code }
        }
        Ok(()) => code,
    };
    code.raw().into()
}
