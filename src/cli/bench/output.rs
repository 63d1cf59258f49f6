//! What it costs to print: a counter, one line a number.

use super::channel::open_temporary;
use super::clock::now;
use super::duel::{Placement, fork_bound, pin};
use super::machine::pseudo_terminal;
use linux_raw_sys::general::S_IFREG;
use sinew::Errno;
use sinew::fd::{AsFd, BorrowedFd, CWD, OwnedFd};
use sinew::io::{self, BufWriter};
use sinew::ipc::pipe;
use sinew::process::{Fork, wait4};
use sinew::sys::{self, OpenFlags, Rusage, Timeval, WaitOptions};

/// Where the lines go.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Sink {
    /// `/dev/null`.
    Null,
    /// A file.
    File,
    /// A pipe that the other process reads.
    Pipe,
    /// A pseudo-terminal that the other process reads.
    Terminal,
}

impl Sink {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Null, Self::File, Self::Pipe, Self::Terminal];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Null => "/dev/null",
            Self::File => "file",
            Self::Pipe => "pipe",
            Self::Terminal => "pty",
        }
    }

    /// The end that is read, if one is, and the end that is written.
    fn open(self, folder: Option<&[u8]>) -> Result<(Option<OwnedFd>, OwnedFd), Errno> {
        let both = |(reader, writer)| (Some(reader), writer);
        match self {
            Self::Null => {
                let flags = OpenFlags::WRONLY | OpenFlags::CLOEXEC;
                Ok((None, sys::openat(CWD, c"/dev/null", flags, 0)?))
            }
            Self::File => open_temporary(folder.ok_or(Errno::ROFS)?, S_IFREG).map(both),
            Self::Pipe => pipe().map(both),
            Self::Terminal => pseudo_terminal().map(both),
        }
    }
}

/// What one run of the loop took, in ns.
#[derive(Clone, Copy)]
pub struct Cost {
    /// From the first line to the return of the last `write`.
    pub time: u64,
    /// Processor time in the program itself.
    pub user: u64,
    /// Processor time in the kernel for it.
    pub system: u64,
}

/// Prints `lines` lines in a child that is pinned to `placement.here`; this process reads
/// them, where they can be read, on `placement.there`, and compares every byte.
///
/// # Errors
///
/// - [`Errno::BADMSG`]: something else came out than was printed.
pub fn measure(
    sink: Sink,
    buffered: bool,
    lines: u64,
    placement: Placement,
    folder: Option<&[u8]>,
) -> Result<Cost, Errno> {
    let (mut reader, writer) = sink.open(folder)?;
    let (time_reader, time_writer) = pipe()?;
    pin(placement.there)?;
    let child = match fork_bound()? {
        Fork::Child => {
            drop((reader, time_reader));
            let printed = pin(placement.here).and_then(|()| {
                let start = now();
                print(writer.as_fd(), buffered, lines)?;
                let time = now() - start;
                Ok(io::write_all(&time_writer, &time.to_le_bytes())?)
            });
            sys::exit_group(printed.err().map_or(0, Errno::raw))
        }
        Fork::Parent(child) => child,
    };
    drop((writer, time_writer));
    let check = |reader: &Option<OwnedFd>| match reader {
        Some(reader) => check(reader, sink == Sink::Terminal, lines),
        None => Ok(()),
    };
    // Whoever reads a file does not wait for what is still to be written.
    let mut checked = if sink == Sink::File { Ok(()) } else { check(&reader) };
    if checked.is_err() {
        // The child need not wait for a reader.
        drop(reader.take());
    }
    let end = wait4(child, WaitOptions::empty())?.ok_or(Errno::CHILD)?;
    if let Some(error) = end.status.code().and_then(Errno::new) {
        return Err(error);
    }
    let mut time = [0; 8];
    if io::read(&time_reader, &mut time)? != time.len() {
        return Err(Errno::CHILD);
    }
    if sink == Sink::File {
        checked = check(&reader);
    }
    checked?;
    let Rusage { ru_utime, ru_stime, .. } = end.usage;
    let time = u64::from_le_bytes(time);
    Ok(Cost { time, user: nanoseconds(ru_utime), system: nanoseconds(ru_stime) })
}

/// The loop that is measured.
fn print(to: BorrowedFd<'_>, buffered: bool, lines: u64) -> Result<(), Errno> {
    let mut buffer = [0; 64 << 10];
    let mut out = BufWriter::new(to, buffer.as_mut_slice());
    for line in 0..lines {
        out.write_integer(line)?;
        out.write_all(b"\n")?;
        if !buffered {
            out.flush()?;
        }
    }
    out.finish()
}

/// Reads to the end and compares with the lines that were printed.
#[inline(never)]
fn check(reader: &OwnedFd, terminal: bool, lines: u64) -> Result<(), Errno> {
    let mut buffer = [0; 64 << 10];
    let mut expected = Line::first(terminal);
    loop {
        match io::read(reader, &mut buffer) {
            // A pseudo-terminal says so that nobody has it open any more.
            Ok(0) | Err(Errno::IO) => break,
            Ok(count) => expected.compare(&buffer[..count])?,
            Err(error) => return Err(error),
        }
    }
    if expected.number == lines && expected.seen == expected.start { Ok(()) } else { Err(Errno::BADMSG) }
}

/// The line that comes next, counted up in place, which costs the reader less than the
/// conversion costs the writer.
struct Line {
    text: [u8; DIGITS + 2],
    /// Where the number begins.
    start: usize,
    /// How far the line has been seen.
    seen: usize,
    end: usize,
    number: u64,
}

const DIGITS: usize = 20;

impl Line {
    fn first(terminal: bool) -> Self {
        let mut text = [b'0'; DIGITS + 2];
        // The terminal makes two bytes of each end of line.
        let ending: &[u8] = if terminal { b"\r\n" } else { b"\n" };
        let end = DIGITS + ending.len();
        text[DIGITS..end].copy_from_slice(ending);
        Self { text, start: DIGITS - 1, seen: DIGITS - 1, end, number: 0 }
    }

    fn compare(&mut self, mut bytes: &[u8]) -> Result<(), Errno> {
        while !bytes.is_empty() {
            let wanted = &self.text[self.seen..self.end];
            let count = wanted.len().min(bytes.len());
            let (first, rest) = bytes.split_at(count);
            if first != &wanted[..count] {
                return Err(Errno::BADMSG);
            }
            bytes = rest;
            self.seen += count;
            if self.seen == self.end {
                self.advance();
            }
        }
        Ok(())
    }

    fn advance(&mut self) {
        for (place, digit) in self.text[..DIGITS].iter_mut().enumerate().rev() {
            if *digit != b'9' {
                *digit += 1;
                self.start = self.start.min(place);
                break;
            }
            *digit = b'0';
        }
        self.seen = self.start;
        self.number += 1;
    }
}

fn nanoseconds(time: Timeval) -> u64 {
    time.tv_sec as u64 * 1_000_000_000 + time.tv_usec as u64 * 1000
}
