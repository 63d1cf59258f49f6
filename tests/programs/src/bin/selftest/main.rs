//! `selftest [CASE...]`: all cases, or those that are named. A line for each says how it went,
//! the last one how many there were; the exit code is 1 if one has failed.
#![no_std]
#![no_main]

#[path = "../../../../calls/sinew.rs"]
mod calls;
#[macro_use]
#[path = "../../../../cases/mod.rs"]
mod cases;
mod own;

use cases::{Case, run};
use sinew::runtime::{ExitCode, Start};
use sinew::{Errno, eprintln, println};

sinew::entry!(main);

fn main(start: Start) -> Result<ExitCode, Errno> {
    own::start::set(start);
    let all = || cases::SHARED.iter().chain(own::CASES).copied().flatten();
    let wanted = || start.args().skip(1).map(|name| name.to_bytes());
    for name in wanted() {
        if !all().any(|case| case.name.as_bytes() == name) {
            eprintln!("selftest: there is no case {}", name.escape_ascii());
            return Ok(ExitCode::USAGE);
        }
    }
    let is_wanted = |case: &&Case| wanted().len() == 0 || wanted().any(|name| case.name.as_bytes() == name);
    let count = run::run(all().filter(is_wanted), &mut |line| println!("{line}"))?;
    Ok(if count.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
