//! `sinew init`.

use super::{with_options, wrong_usage};
use sinew::process::ExitStatus;
use sinew::runtime::{Args, ExitCode, Start};
use sinew::service::init;
use sinew::{eprintln, println};

const HELP: &str = "\
Usage: sinew init [--boot] PROGRAM [ARGUMENT...]

Starts PROGRAM, buries every orphan, and exits as PROGRAM did: with its code, or
with 128 and the number of the signal that killed it. PROGRAM is a path.

  --boot      be the init of a machine: mount /proc, /sys, /dev and /tmp first,
              say how PROGRAM ended, and turn the machine off
  -h, --help  say this";

/// Runs the command.
pub fn main(start: Start, arguments: Args) -> ExitCode {
    let count = arguments.len();
    let mut boot = false;
    let parsed = with_options(arguments, |options| {
        use getargs::Opt::{Long, Short};
        while let Some(option) = options.next_opt().transpose() {
            match option {
                Ok(Long(b"boot")) => boot = true,
                Ok(Short(b'h') | Long(b"help")) => {
                    println!("{HELP}");
                    return Err(ExitCode::SUCCESS);
                }
                Ok(option) => {
                    return Err(wrong_usage("init", format_args!("unknown option {}", Shown(option))));
                }
                Err(error) => return Err(wrong_usage("init", format_args!("{error:?}"))),
            }
        }
        Ok(options.positionals().count())
    });
    let operands = match parsed {
        Ok(0) => return wrong_usage("init", format_args!("no program to start")),
        Ok(operands) => operands,
        Err(code) => return code,
    };
    let _ = count;

    // The operands are the last of the arguments, and the kernel's block ends with them.
    // SAFETY: the block holds that many pointers and a null.
    let argv = unsafe { start.argv().add(start.args().len() - operands) };
    if boot {
        init::mount_all();
    }
    // SAFETY: both are the kernel's own blocks, and there is one thread.
    let result = unsafe { init::run(argv, start.envp()) };
    let code = match result {
        Ok(status) => exit_code(status),
        Err(error) => {
            eprintln!("sinew init: cannot fork: {error}");
            ExitCode::OSERR
        }
    };
    if boot {
        if let Ok(status) = result {
            // SAFETY: the block has at least one pointer before its null.
            let program = unsafe { core::ffi::CStr::from_ptr(*argv) };
            eprintln!("sinew init: {}: {status}", program.to_bytes().escape_ascii());
        }
        eprintln!("sinew init: cannot power off: {}", init::power_off());
    }
    code
}

/// As a shell shows it: the code, or 128 and the signal.
fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default());
    ExitCode::from(code as u8)
}
