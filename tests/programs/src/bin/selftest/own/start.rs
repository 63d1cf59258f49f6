//! What the program was started with, held against what the kernel has on record.

use crate::calls::{self, Errno};
use crate::cases::Outcome;
use crate::cases::tools::{bytes, read_full, status_after};
use core::cell::OnceCell;
use core::ffi::CStr;
use sinew::runtime::{self, Start};
use sinew::sys::{self, Clock};

/// What `main` was given.
struct Given(OnceCell<Start>);

// SAFETY: the program has one thread.
unsafe impl Sync for Given {}

static GIVEN: Given = Given(OnceCell::new());

/// Tells the cases what `main` was given.
pub fn set(start: Start) {
    // It is called once.
    let _ = GIVEN.0.set(start);
}

/// What `main` was given.
pub fn given() -> Result<Start, Errno> {
    GIVEN.0.get().copied().ok_or(Errno::INVAL)
}

/// Whether the file holds these strings and nothing else, each with its zero.
fn holds(path: &CStr, strings: impl Iterator<Item = &'static CStr>) -> Result<bool, Errno> {
    let file = calls::open(path, calls::O_RDONLY, 0)?;
    let buffer = bytes(1 << 20)?;
    let length = read_full(&file, buffer)?;
    let mut left = &buffer[..length];
    for string in strings {
        match left.strip_prefix(string.to_bytes_with_nul()) {
            Some(rest) => left = rest,
            None => return Ok(false),
        }
    }
    Ok(left.is_empty())
}

/// The arguments are the kernel's.
fn the_arguments_are_the_kernels() -> Outcome {
    let start = given()?;
    check!(start.args().len() >= 1);
    check!(holds(c"/proc/self/cmdline", start.args())?);
    // SAFETY: the pointer behind the arguments ends them.
    check!(unsafe { start.argv().add(start.args().len()).read() }.is_null());
    Ok(())
}

/// The environment is the kernel's.
fn the_environment_is_the_kernels() -> Outcome {
    let start = given()?;
    check!(holds(c"/proc/self/environ", start.env())?);
    for entry in start.env().map(CStr::to_bytes) {
        let Some(length) = entry.iter().position(|byte| *byte == b'=') else { continue };
        // The first of that name counts.
        let first = start
            .env()
            .map(CStr::to_bytes)
            .find_map(|other| other.strip_prefix(&entry[..length])?.strip_prefix(b"="));
        check_eq!(start.var(&entry[..length]).map(CStr::to_bytes), first.filter(|_| length > 0));
    }
    Ok(())
}

/// By the vDSO and by the system call it is the same time.
fn the_vdso_tells_the_same_time() -> Outcome {
    for clock in [Clock::MONOTONIC, Clock::REALTIME] {
        for _ in 0..100 {
            let before = sys::clock_gettime(clock)?;
            let between = runtime::clock_gettime(clock)?;
            let after = sys::clock_gettime(clock)?;
            check!(before <= between && between <= after);
        }
    }
    Ok(())
}

/// A child that is forked has the same start behind it.
fn a_child_has_its_parents_arguments() -> Outcome {
    let status = status_after(|| {
        check!(holds(c"/proc/self/cmdline", given()?.args())?);
        Ok(())
    })?;
    check_eq!(status, 0);
    Ok(())
}

cases! {
    the_arguments_are_the_kernels,
    the_environment_is_the_kernels,
    the_vdso_tells_the_same_time,
    a_child_has_its_parents_arguments,
}
