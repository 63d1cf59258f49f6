//! `each PROGRAM...`: runs the programs one after the other and says how each ended; the exit
//! code is 1 if one has failed. A guest runs its tests so.
#![no_std]
#![no_main]

use core::ffi::CStr;
use core::ptr;
use sinew::process::{Fork, fork, wait4};
use sinew::runtime::{ExitCode, Start};
use sinew::sys::{self, WaitOptions};
use sinew::{Errno, eprintln, println};

sinew::entry!(main);

fn main(start: Start) -> Result<ExitCode, Errno> {
    let mut failed = 0;
    for program in start.args().skip(1) {
        // SAFETY: there is one thread.
        let child = match unsafe { fork() }? {
            Fork::Child => execute(program, start),
            Fork::Parent(child) => child,
        };
        let end = wait4(child, WaitOptions::empty())?.ok_or(Errno::CHILD)?;
        let program = program.to_bytes().escape_ascii();
        if end.status.success() {
            println!("ok {program}");
        } else {
            println!("FAILED {program}: {}", end.status);
            failed += 1;
        }
    }
    println!("{} passed, {failed} failed", (start.args().len() - 1).saturating_sub(failed));
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Becomes the program, without arguments.
fn execute(program: &CStr, start: Start) -> ! {
    let argv = [program.as_ptr(), ptr::null()];
    // SAFETY: both blocks end with a null.
    let error = unsafe { sys::execve(program, argv.as_ptr(), start.envp()) };
    eprintln!("{}: {error}", program.to_bytes().escape_ascii());
    sys::exit_group(127)
}
