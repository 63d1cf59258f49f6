//! `probe QUESTION [ANSWER]`: what a test asks the runtime about.
#![no_std]
#![no_main]

use core::fmt::{self, Write};
use core::hint::black_box;
use core::str;
use sinew::fd::{STDIN, STDOUT};
use sinew::runtime::{self, ExitCode, Start};
use sinew::{Errno, sys};

/// Standard output without a buffer.
struct Stdout;

impl Write for Stdout {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        print(text.as_bytes());
        Ok(())
    }
}

/// What a test reads comes whole through a pipe, or the test fails.
fn print(bytes: &[u8]) {
    let written = if bytes.is_empty() { Ok(0) } else { sys::write(STDOUT, bytes) };
    assert_eq!(written, Ok(bytes.len()));
}

/// Says when it is dropped.
struct Guard;

impl Drop for Guard {
    fn drop(&mut self) {
        print(b"dropped\n");
    }
}

fn at_exit() -> Result<(), Errno> {
    print(b"at exit\n");
    Ok(())
}

fn at_exit_fails() -> Result<(), Errno> {
    Err(Errno::NOSPC)
}

/// A constant that holds a pointer: the loader relocates it and then write-protects it.
static CONSTANT: &str = "constant";

sinew::entry!(main);

fn main(start: Start) -> Result<ExitCode, Errno> {
    let mut arguments = start.args().map(|argument| argument.to_bytes());
    let question = arguments.nth(1).unwrap_or_default();
    let answer = arguments.next().unwrap_or_default();
    let number = || str::from_utf8(answer).ok()?.parse::<i32>().ok();
    let code = || number().map_or(ExitCode::USAGE, |number| ExitCode::from(number as u8));

    let _guard = Guard;
    runtime::set_at_exit(at_exit);
    match question {
        b"return" => return Ok(code()),
        b"exit" => runtime::exit(code()),
        b"exit_group" => sys::exit_group(number().unwrap_or(-1)),
        b"error" => return Err(Errno::NOENT),
        b"panic" => panic!("the number {} is wrong", black_box(7)),
        b"abort" => runtime::abort(),
        b"lost" => {
            runtime::set_at_exit(at_exit_fails);
            runtime::exit(code())
        }
        _ => {}
    }

    // What follows prints its answer and nothing else.
    core::mem::forget(_guard);
    runtime::set_at_exit(|| Ok(()));
    match question {
        b"arguments" => start.args().for_each(|argument| print(argument.to_bytes_with_nul())),
        b"environment" => start.env().for_each(|entry| print(entry.to_bytes_with_nul())),
        b"variable" => match start.var(answer) {
            Some(value) => print(value.to_bytes_with_nul()),
            None => return Ok(ExitCode::FAILURE),
        },
        b"auxiliary" => {
            let value = number().and_then(|number| runtime::auxiliary(number as usize));
            let _ = writeln!(Stdout, "{value:?} {}", runtime::page_size());
        }
        b"clock" => {
            let times =
                [runtime::clock_gettime(sys::Clock::MONOTONIC), sys::clock_gettime(sys::Clock::MONOTONIC)];
            for time in times {
                let time = time?;
                let _ = writeln!(Stdout, "{}.{:09}", time.tv_sec, time.tv_nsec);
            }
        }
        b"constant" => {
            let place = (&raw const CONSTANT).cast_mut().cast::<u8>();
            let _ = writeln!(Stdout, "{place:p} {}", black_box(CONSTANT));
            sys::read(STDIN, &mut [0])?;
            // SAFETY: none; this is the fault that the test waits for.
            unsafe { place.write_volatile(0) };
        }
        _ => return Ok(ExitCode::USAGE),
    }
    Ok(ExitCode::SUCCESS)
}
