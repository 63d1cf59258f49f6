//! `sinew init`.

use super::text::{complain, part};
use super::{UNKNOWN, Word, Words, options, wrong_usage};
use core::ffi::CStr;
use getargs::Opt;
use sinew::Errno;
use sinew::process::ExitStatus;
use sinew::runtime::{Args, ExitCode, Start};
use sinew::service::init;

const HELP: &str = "\
Usage: sinew init [--boot] PROGRAM [ARGUMENT...]

Starts PROGRAM, buries every orphan, and exits as PROGRAM did: with its code, or
with 128 and the number of the signal that killed it. PROGRAM is a path.

  --boot      be the init of a machine: mount /proc, /sys, /dev, /run and /tmp
              first, say how PROGRAM ended, and turn the machine off
  -h, --help  say this
";

/// Runs the command.
pub fn main(start: Start, arguments: Args) -> ExitCode {
    let mut boot = false;
    let mut known = |option: Opt<Word>, _: &mut Words| match option {
        Opt::Long(b"boot") => {
            boot = true;
            Ok(())
        }
        _ => Err(UNKNOWN),
    };
    let operands = match options("sinew init", HELP, arguments, &mut known) {
        Ok(mut words) => words.positionals().count(),
        Err(code) => return code,
    };
    if operands == 0 {
        return wrong_usage("sinew init", "there is no program to start", b"");
    }

    // The operands are the last arguments, and the kernel's block of pointers ends with them.
    // SAFETY: the block holds that many pointers and a null.
    let argv = unsafe { start.argv().add(start.args().len() - operands) };
    if boot {
        init::mount_all(tell);
    }
    // SAFETY: both are the kernel's own blocks, and there is one thread.
    let result = unsafe { init::run(argv, start.envp(), tell) };
    if boot {
        if let Ok(status) = result {
            // SAFETY: at least one operand stands there.
            tell_end(unsafe { CStr::from_ptr(*argv) }, status);
        }
        tell(c"power off", init::power_off());
    }
    match result {
        Ok(status) => exit_code(status),
        Err(error) => {
            tell(c"fork", error);
            ExitCode::OSERR
        }
    }
}

/// Says what could not be had.
fn tell(what: &CStr, error: Errno) {
    let text = error.text().unwrap_or("unknown error");
    say(what, ": ", text);
}

/// Says how the program ended, in the words of [`ExitStatus`].
fn tell_end(program: &CStr, status: ExitStatus) {
    let (what, number) = match status.signal() {
        Some(signal) => (": killed by signal ", signal),
        None => (": exit status ", status.code().unwrap_or_default()),
    };
    let mut digits = itoa::Buffer::new();
    // It is not negative.
    say(program, what, digits.format(number as u64));
}

#[inline(never)]
fn say(about: &CStr, what: &str, more: &str) {
    complain(&mut [
        part(b"sinew init: "),
        part(about.to_bytes()),
        part(what.as_bytes()),
        part(more.as_bytes()),
        part(b"\n"),
    ]);
}

/// As a shell shows it: the code, or 128 and the signal.
fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default());
    // A code has 8 bits and a signal 7.
    ExitCode::from(code as u8)
}
