//! Statuses as the crate reads them, and exec.

use super::start::given;
use crate::calls::{self, AsFd, Errno};
use crate::cases::Outcome;
use crate::cases::tools::{MILLISECOND, child, handle, interrupt, no_core, status_after, stay};
use core::ffi::CStr;
use core::ptr;
use sinew::process::{ExitStatus, wait, wait3, wait4};
use sinew::sys::{self, DupFlags, WaitOptions};

/// S-063, S-064, S-073: how real children ended, in the crate's words.
fn a_status_is_read_as_it_was_left() -> Outcome {
    let nine = child(|| calls::exit(9))?;
    let end = wait()?;
    check_eq!((end.pid, end.status.code(), end.status.signal()), (nine, Some(9), None));
    check!(!end.status.success() && !end.status.core_dumped());
    let killed = child(|| {
        no_core()?;
        calls::abort()
    })?;
    let end = wait4(killed, WaitOptions::empty())?.map(|end| end.status);
    check_eq!(end.and_then(ExitStatus::signal), Some(calls::SIGABRT));
    check_eq!(end.and_then(ExitStatus::code), None);
    let stopped = child(|| stay())?;
    check!(wait3(WaitOptions::NOHANG)?.is_none());
    calls::kill(stopped, calls::SIGSTOP)?;
    let end = wait4(stopped, WaitOptions::UNTRACED)?.map(|end| end.status);
    check_eq!(end.and_then(ExitStatus::stopped_signal), Some(calls::SIGSTOP));
    calls::kill(stopped, calls::SIGCONT)?;
    let end = wait4(stopped, WaitOptions::CONTINUED)?.map(|end| end.status);
    check_eq!(end.map(ExitStatus::continued), Some(true));
    calls::kill(stopped, calls::SIGKILL)?;
    check_eq!(wait()?.status.signal(), Some(calls::SIGKILL));
    check_eq!(wait().err(), Some(Errno::CHILD));
    Ok(())
}

/// P-061: a wait goes on when a handler has interrupted it.
fn a_wait_goes_on_after_a_signal() -> Outcome {
    handle(calls::SIGALRM, interrupt, 0)?;
    calls::setitimer(calls::ITIMER_REAL, 1000, 1000)?;
    for _ in 0..2 {
        let child = child(|| {
            let _ = calls::nanosleep(30 * MILLISECOND);
            Ok(())
        })?;
        check_eq!(wait().map(|end| end.pid), Ok(child));
    }
    Ok(())
}

/// S-063: what a child has used is told with its end.
fn a_childs_use_is_told() -> Outcome {
    let child = child(|| {
        let start = calls::clock_gettime(calls::CLOCK_PROCESS_CPUTIME_ID)?;
        while calls::clock_gettime(calls::CLOCK_PROCESS_CPUTIME_ID)? - start < 30_000_000 {}
        Ok(())
    })?;
    let Some(end) = wait4(child, WaitOptions::empty())? else { return Err(Errno::CHILD.into()) };
    let time = |time: sys::Timeval| time.tv_sec * 1_000_000 + time.tv_usec;
    check!(time(end.usage.ru_utime) + time(end.usage.ru_stime) >= 25_000);
    check!(end.usage.ru_maxrss > 0);
    Ok(())
}

const SELF: &CStr = c"/proc/self/exe";

/// P-002, S-039: an exec that fails comes back with the reason.
fn a_failed_exec_comes_back() -> Outcome {
    let execute = |path| {
        let argv = [c"x".as_ptr(), ptr::null()];
        // SAFETY: the blocks end with a null.
        unsafe { sys::execve(path, argv.as_ptr(), argv[1..].as_ptr()) }
    };
    check_eq!(execute(c"/proc/no such file"), Errno::NOENT);
    check_eq!(execute(c"/proc/self/status/x"), Errno::NOTDIR);
    check_eq!(execute(c"/"), Errno::ACCES);
    check_eq!(execute(c"/proc/self/status"), Errno::ACCES);
    Ok(())
}

/// S-036, S-038: an exec starts the program anew, with these arguments and no others, in the
/// same process; it knows a case from a word that is none.
fn an_exec_starts_the_program_anew() -> Outcome {
    let run = |argument: &CStr| {
        status_after(|| {
            let null = calls::open(c"/dev/null", calls::O_RDWR, 0)?;
            for number in [1, 2] {
                // SAFETY: it is this child's own.
                let copy = unsafe { sys::dup3(null.as_fd(), number, DupFlags::empty())? };
                core::mem::forget(copy);
            }
            let argv = [c"selftest".as_ptr(), argument.as_ptr(), ptr::null()];
            // SAFETY: the blocks end with a null.
            let error = unsafe { sys::execve(SELF, argv.as_ptr(), given()?.envp()) };
            Err(error.into())
        })
    };
    check_eq!(run(c"bytes_go_one_way"), Ok(0));
    check_eq!(run(c"no such case"), Ok(64 << 8));
    Ok(())
}

cases! {
    a_status_is_read_as_it_was_left,
    a_wait_goes_on_after_a_signal,
    a_childs_use_is_told,
    a_failed_exec_comes_back,
    an_exec_starts_the_program_anew,
}
