//! Prints the numbers from 0 up, a line each: `counter COUNT WAY`.
//!
//! The way is `lock` (the buffer of standard output), `println` (the same through the macro),
//! `writer` (a buffer of one's own), or `unbuffered` (a system call for each line).
#![no_std]
#![no_main]

use sinew::fd::STDOUT;
use sinew::io::{self, BufWriter};
use sinew::runtime::{ExitCode, Start};

sinew::entry!(main);

fn main(start: Start) -> ExitCode {
    let mut arguments = start.args().skip(1).map(|argument| argument.to_bytes());
    let count = arguments.next().and_then(|count| str::from_utf8(count).ok()?.parse().ok());
    let Some(count) = count else {
        sinew::eprintln!("usage: counter COUNT [lock | println | writer | unbuffered]");
        return ExitCode::USAGE;
    };
    let result = match arguments.next() {
        None | Some(b"lock") => lock(count),
        Some(b"println") => {
            (0..count).for_each(|number| sinew::println!("{number}"));
            // An error is found at the end.
            Ok(())
        }
        Some(b"writer") => writer(count),
        Some(b"unbuffered") => unbuffered(count),
        Some(_) => return ExitCode::USAGE,
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            sinew::eprintln!("counter: {error}");
            ExitCode::IOERR
        }
    }
}

fn lock(count: u64) -> Result<(), io::WriteError> {
    let mut out = io::stdout().lock();
    for number in 0..count {
        out.write_integer(number)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

fn writer(count: u64) -> Result<(), io::WriteError> {
    let mut out = BufWriter::new(STDOUT, [0; 64 * 1024]);
    for number in 0..count {
        out.write_integer(number)?;
        out.write_all(b"\n")?;
    }
    out.finish().map_err(|error| io::WriteError { written: 0, error })
}

fn unbuffered(count: u64) -> Result<(), io::WriteError> {
    let mut out = BufWriter::new(STDOUT, [0; 64]);
    for number in 0..count {
        out.write_integer(number)?;
        out.write_all(b"\n")?;
        out.flush().map_err(|error| io::WriteError { written: 0, error })?;
    }
    Ok(())
}
