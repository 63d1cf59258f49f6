//! Descriptors of processes.

use super::Outcome;
use super::tools::{MILLISECOND, child, status_of, stay};
use crate::calls::{self, Errno};

/// P-043: it needs a process that is there, and is closed on exec from birth.
fn a_pidfd_needs_a_process() -> Outcome {
    check_eq!(calls::pidfd_open(-1).err(), Some(Errno::INVAL));
    let ended = child(|| Ok(()))?;
    check_eq!(status_of(ended), Ok(0));
    check_eq!(calls::pidfd_open(ended).err(), Some(Errno::SRCH));
    let own = calls::pidfd_open(calls::getpid())?;
    check_eq!(calls::descriptor_flags(&own), Ok(calls::FD_CLOEXEC));
    Ok(())
}

/// P-043, S-100: it carries signals, and becomes readable when the process has ended.
fn a_pidfd_tells_of_the_end() -> Outcome {
    let child = child(|| stay())?;
    let fd = calls::pidfd_open(child)?;
    check_eq!(calls::poll(&fd, calls::POLLIN, 0), Ok(0));
    check_eq!(calls::pidfd_send_signal(&fd, 0), Ok(()));
    check_eq!(calls::pidfd_send_signal(&fd, calls::SIGTERM), Ok(()));
    check_eq!(calls::poll(&fd, calls::POLLIN, 10_000 * MILLISECOND), Ok(calls::POLLIN));
    check_eq!(status_of(child), Ok(calls::SIGTERM));
    Ok(())
}

/// P-045: no signal reaches a process that has been buried, whoever has its number now.
fn a_pidfd_outlives_the_number() -> Outcome {
    let child = child(|| Ok(()))?;
    let fd = calls::pidfd_open(child)?;
    check_eq!(status_of(child), Ok(0));
    check_eq!(calls::pidfd_send_signal(&fd, calls::SIGKILL), Err(Errno::SRCH));
    Ok(())
}

cases! {
    a_pidfd_needs_a_process,
    a_pidfd_tells_of_the_end,
    a_pidfd_outlives_the_number,
}
