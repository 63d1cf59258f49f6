//! What it costs to print: a counter, one line a number.

use super::clock::now;
use super::duel::{Placement, pin};
use super::machine::{pseudo_terminal, temporary_file};
use sinew::Errno;
use sinew::fd::{AsFd, BorrowedFd, CWD, OwnedFd};
use sinew::io::{self, BufWriter};
use sinew::ipc::pipe;
use sinew::process::{Fork, fork, wait4};
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
        match self {
            Self::Null => {
                let flags = OpenFlags::WRONLY | OpenFlags::CLOEXEC;
                Ok((None, sys::openat(CWD, c"/dev/null", flags, 0)?))
            }
            Self::File => Ok((None, temporary_file(folder.ok_or(Errno::ROFS)?)?)),
            Self::Pipe => pipe().map(|(reader, writer)| (Some(reader), writer)),
            Self::Terminal => pseudo_terminal().map(|(master, terminal)| (Some(master), terminal)),
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
/// them, where somebody has to, on `placement.there`.
pub fn measure(
    sink: Sink,
    buffered: bool,
    lines: u64,
    placement: Placement,
    folder: Option<&[u8]>,
) -> Result<Cost, Errno> {
    let (reader, writer) = sink.open(folder)?;
    let (time_reader, time_writer) = pipe()?;
    pin(placement.there)?;
    // SAFETY: this program has one thread.
    let child = match unsafe { fork() }? {
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
    let received = reader.map_or(Ok(None), |reader| drain(&reader).map(Some));
    let end = wait4(child, WaitOptions::empty())?.ok_or(Errno::CHILD)?;
    if let Some(error) = end.status.code().and_then(Errno::new) {
        return Err(error);
    }
    let mut time = [0; 8];
    if io::read(&time_reader, &mut time)? != time.len() {
        return Err(Errno::CHILD);
    }
    // The terminal makes two bytes of each end of line.
    let expected = length(lines) + if sink == Sink::Terminal { lines } else { 0 };
    if received?.is_some_and(|count| count != expected) {
        return Err(Errno::BADMSG);
    }
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

/// Reads to the end and counts.
fn drain(reader: &OwnedFd) -> Result<u64, Errno> {
    let mut buffer = [0; 64 << 10];
    let mut total = 0;
    loop {
        match io::read(reader, &mut buffer) {
            Ok(0) => return Ok(total),
            Ok(count) => total += count as u64,
            // A pseudo-terminal says so that nobody has it open any more.
            Err(Errno::IO) => return Ok(total),
            Err(error) => return Err(error),
        }
    }
}

/// How many bytes so many lines have.
fn length(lines: u64) -> u64 {
    let mut total = lines;
    let mut first = 1;
    // Every number has a digit; those from 10 on have a second, and so on.
    while first == 1 || first < lines {
        total += lines - if first == 1 { 0 } else { first };
        first *= 10;
    }
    total
}

fn nanoseconds(time: Timeval) -> u64 {
    time.tv_sec as u64 * 1_000_000_000 + time.tv_usec as u64 * 1000
}
