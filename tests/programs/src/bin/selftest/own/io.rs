//! Reading and writing that go on, and standard output.

use crate::calls::{self, AsFd, AsRawFd, Errno, OwnedFd};
use crate::cases::Outcome;
use crate::cases::tools::{bytes, child, handle, interrupt, read_full, set, status_after, status_of};
use sinew::fd::STDOUT;
use sinew::io::{self, ReadErrorKind};
use sinew::runtime::{ExitCode, exit};
use sinew::sys::{self, DupFlags};
use sinew::{print, println};

const LENGTH: usize = 300_000;

/// As many bytes as no pipe holds.
fn pattern() -> Result<&'static mut [u8], Errno> {
    let bytes = bytes(LENGTH)?;
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = (index * 7 / 8) as u8;
    }
    Ok(bytes)
}

/// A signal every millisecond or so that interrupts whatever waits.
fn storm() -> Outcome {
    handle(calls::SIGALRM, interrupt, 0)?;
    calls::setitimer(calls::ITIMER_REAL, 1000, 1000)?;
    Ok(())
}

/// P-061, P-062: signals interrupt both sides, and every byte arrives, once and in order.
fn a_storm_of_signals_loses_no_byte() -> Outcome {
    let (reader, writer) = calls::pipe2(0)?;
    let child = child(|| {
        storm()?;
        check_eq!(io::write_all(&writer, pattern()?), Ok(()));
        Ok(())
    })?;
    drop(writer);
    storm()?;
    let expected = pattern()?;
    let mut next = 0;
    let mut buffer = [0; 4001];
    loop {
        // Slowly, so that the writer has to wait, and the reader with it.
        let _ = calls::nanosleep(100_000);
        let count = io::read(&reader, &mut buffer)?;
        if count == 0 {
            break;
        }
        check!(expected.get(next..next + count) == Some(&buffer[..count]));
        next += count;
    }
    check_eq!(next, LENGTH);
    check_eq!(status_of(child), Ok(0));
    Ok(())
}

/// S-199: a writer whose reader goes away in the middle learns how far it came.
fn a_broken_pipe_says_how_far_it_came() -> Outcome {
    set(calls::SIGPIPE, calls::SIG_IGN, 0)?;
    let (reader, writer) = calls::pipe2(0)?;
    let size = calls::pipe_size(&writer)?;
    let child = child(|| {
        let mut buffer = [0; 4096];
        check_eq!(read_full(&reader, &mut buffer), Ok(4096));
        Ok(())
    })?;
    drop(reader);
    let error = io::write_all(&writer, pattern()?).err();
    check_eq!(error.map(|error| error.error), Some(Errno::PIPE));
    check!(error.is_some_and(|error| (4096..=4096 + size).contains(&error.written)));
    check_eq!(status_of(child), Ok(0));
    Ok(())
}

/// P-058: without waiting, a write says how much the pipe took.
fn a_full_pipe_says_how_much_it_took() -> Outcome {
    let (reader, writer) = calls::pipe2(calls::O_NONBLOCK)?;
    let size = calls::pipe_size(&writer)?;
    check!(size < LENGTH);
    let error = io::write_all(&writer, pattern()?).err();
    check_eq!(error.map(|error| (error.written, error.error)), Some((size, Errno::AGAIN)));
    drop(writer);
    let error = io::read_exact(&reader, pattern()?).err();
    check_eq!(error.map(|error| (error.read, error.kind)), Some((size, ReadErrorKind::UnexpectedEof)));
    Ok(())
}

/// Makes standard output the writing end of a pipe, in a child, and gives what comes out and
/// the status that it leaves.
fn output_of(function: impl FnOnce() -> Outcome) -> Result<(OwnedFd, i32), Errno> {
    let (reader, writer) = calls::pipe2(0)?;
    let status = status_after(|| {
        // SAFETY: it is this child's own, and the parent's buffer was written before the fork.
        let copy = unsafe { sys::dup3(writer.as_fd(), STDOUT.as_raw_fd(), DupFlags::empty())? };
        core::mem::forget(copy);
        function()
    })?;
    Ok((reader, status))
}

/// S-046, S-050: what is printed is kept until the end, which writes it; an end without
/// clean-up does not.
fn printed_text_is_written_at_the_end() -> Outcome {
    let mut buffer = [0; 100];
    let (reader, status) = output_of(|| {
        print!("a{}", 1);
        println!("b");
        exit(ExitCode::from(7))
    })?;
    check_eq!((status, read_full(&reader, &mut buffer)), (0x700, Ok(4)));
    check_eq!(&buffer[..4], b"a1b\n");
    let (reader, status) = output_of(|| {
        print!("lost");
        calls::exit(7)
    })?;
    check_eq!((status, read_full(&reader, &mut buffer)), (0x700, Ok(0)));
    Ok(())
}

/// S-019: a fork does not print twice what was printed before it.
fn printed_text_is_not_forked() -> Outcome {
    let mut buffer = [0; 100];
    let (reader, status) = output_of(|| {
        print!("once ");
        let child = child(|| {
            print!("child ");
            exit(ExitCode::SUCCESS)
        })?;
        check_eq!(status_of(child), Ok(0));
        print!("parent");
        exit(ExitCode::SUCCESS)
    })?;
    check_eq!((status, read_full(&reader, &mut buffer)), (0, Ok(17)));
    check_eq!(&buffer[..17], b"once child parent");
    Ok(())
}

/// Text that cannot be written makes a success a failure.
fn lost_text_is_no_success() -> Outcome {
    let status = status_after(|| {
        let null = calls::open(c"/dev/null", calls::O_WRONLY, 0)?;
        let full = calls::open(c"/dev/full", calls::O_WRONLY, 0)?;
        // The message is expected.
        for (file, number) in [(full, 1), (null, 2)] {
            // SAFETY: it is this child's own.
            let copy = unsafe { sys::dup3(file.as_fd(), number, DupFlags::empty())? };
            core::mem::forget(copy);
        }
        println!("lost");
        exit(ExitCode::SUCCESS)
    })?;
    check_eq!(status, i32::from(ExitCode::IOERR.raw()) << 8);
    Ok(())
}

cases! {
    a_storm_of_signals_loses_no_byte,
    a_broken_pipe_says_how_far_it_came,
    a_full_pipe_says_how_much_it_took,
    printed_text_is_written_at_the_end,
    printed_text_is_not_forked,
    lost_text_is_no_success,
}
