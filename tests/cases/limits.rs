//! Limits of a process.

use super::Outcome;
use super::tools::{no_core, set, status_after};
use crate::calls::{self, Errno};

/// S-115: a limit can be lowered, is what was set, and is inherited.
fn a_limit_is_what_was_set() -> Outcome {
    let (_, ceiling) = calls::prlimit(calls::RLIMIT_NOFILE, None)?;
    let new = (ceiling.min(64), ceiling);
    calls::prlimit(calls::RLIMIT_NOFILE, Some(new))?;
    check_eq!(calls::prlimit(calls::RLIMIT_NOFILE, None), Ok(new));
    let status = status_after(|| {
        check_eq!(calls::prlimit(calls::RLIMIT_NOFILE, None), Ok(new));
        Ok(())
    })?;
    check_eq!(status, 0);
    Ok(())
}

/// What holds cannot lie above its ceiling, and an unknown resource has no limit.
fn a_limit_stays_below_its_ceiling() -> Outcome {
    check_eq!(calls::prlimit(calls::RLIMIT_NOFILE, Some((2, 1))), Err(Errno::INVAL));
    check_eq!(calls::prlimit(99, None), Err(Errno::INVAL));
    Ok(())
}

/// A file that would grow beyond the limit costs the process its life, or is an error to who
/// ignores the signal.
fn a_file_stays_below_its_limit() -> Outcome {
    let write = || {
        no_core()?;
        calls::prlimit(calls::RLIMIT_FSIZE, Some((100, 100)))?;
        let file = calls::memfd_create(c"case")?;
        check_eq!(calls::write(&file, &[1; 90]), Ok(90));
        check_eq!(calls::write(&file, &[1; 90]), Ok(10));
        check!(calls::write(&file, &[1; 90]).is_err());
        Ok(())
    };
    check_eq!(status_after(write), Ok(calls::SIGXFSZ));
    set(calls::SIGXFSZ, calls::SIG_IGN, 0)?;
    check_eq!(status_after(write), Ok(0));
    Ok(())
}

cases! {
    a_limit_is_what_was_set,
    a_limit_stays_below_its_ceiling,
    a_file_stays_below_its_limit,
}
