//! Running the cases: each in a process of its own, so that a crash is one failed case and
//! not the end.

use super::outcome::{Outcome, Report};
use super::{Case, tools};
use crate::calls::{self, Errno};
use core::fmt;

/// How long one may take, in nanoseconds. The slowest takes a fraction of a second, and under
/// emulation everything takes longer.
pub const LIMIT: u64 = 20_000_000_000;

/// How many there were.
#[derive(Default)]
pub struct Count {
    pub passed: usize,
    pub failed: usize,
}

/// Runs these cases and prints a line for each, and then how many there were.
pub fn run<'a>(
    cases: impl Iterator<Item = &'a Case>,
    print: &mut dyn FnMut(fmt::Arguments<'_>),
) -> Result<Count, Errno> {
    let report = Report::new()?;
    let mut count = Count::default();
    for case in cases {
        report.clear();
        let name = case.name;
        match run_one(case)? {
            None => print(format_args!("FAILED {name}: it has not ended")),
            Some(0) => {
                print(format_args!("ok {name}"));
                count.passed += 1;
                continue;
            }
            // Whoever fails says why; no words mean that it did not end by itself.
            Some(status) if report.text().is_empty() => {
                print(format_args!("FAILED {name}: it ended with status {status:#06x}"));
            }
            Some(_) => print(format_args!("FAILED {name}: {}", report.text())),
        }
        count.failed += 1;
    }
    print(format_args!("{} passed, {} failed", count.passed, count.failed));
    Ok(count)
}

/// The status word that the case leaves; `None` if it had to be killed.
fn run_one(case: &Case) -> Result<Option<i32>, Errno> {
    let child = tools::child(|| start(case))?;
    let end = calls::pidfd_open(child)?;
    let ended = calls::poll(&end, calls::POLLIN, LIMIT)? != 0;
    // Whatever the case has left behind, too. There may be nothing.
    let _ = calls::kill(-child, calls::SIGKILL);
    if !ended {
        // Should it have left its group.
        let _ = calls::pidfd_send_signal(&end, calls::SIGKILL);
    }
    let (_, status) = calls::wait4(child, 0)?;
    Ok(ended.then_some(status))
}

/// Runs a case as if nobody had run before it.
fn start(case: &Case) -> Outcome {
    calls::setpgid(0, 0)?;
    // The harness of the standard library ignores it.
    tools::set(calls::SIGPIPE, calls::SIG_DFL, 0)?;
    calls::sigprocmask(calls::SIG_SETMASK, Some(0))?;
    (case.function)()
}
