//! Pipes.

use super::Outcome;
use super::tools::{
    bytes, child, handle, interrupt, is_readable, no_core, read_full, set, shared_words, status_after,
    status_of,
};
use crate::calls::{self, Errno};
use core::sync::atomic::Ordering;

/// S-170: bytes come out as they went in, and only one way.
fn bytes_go_one_way() -> Outcome {
    let (reader, writer) = calls::pipe2(0)?;
    check_eq!(calls::write(&writer, b"hello"), Ok(5));
    let mut buffer = [0; 16];
    check_eq!(calls::read(&reader, &mut buffer), Ok(5));
    check_eq!(&buffer[..5], b"hello");
    check_eq!(calls::write(&reader, b"x"), Err(Errno::BADF));
    check_eq!(calls::read(&writer, &mut buffer), Err(Errno::BADF));
    Ok(())
}

/// S-173: it has the type of a FIFO and no size.
fn a_pipe_is_a_fifo_without_a_size() -> Outcome {
    let (reader, writer) = calls::pipe2(0)?;
    calls::write(&writer, &[0; 1000])?;
    let (mode, size) = calls::fstat(&reader)?;
    check_eq!(mode & calls::S_IFMT, calls::S_IFIFO);
    check_eq!(size, 0);
    Ok(())
}

/// P-059: a read gives what there is, however much it asks for; the rest stays.
fn a_read_takes_what_is_there() -> Outcome {
    let (reader, writer) = calls::pipe2(0)?;
    calls::write(&writer, b"abcdef")?;
    let mut buffer = [0; 60_000];
    check_eq!(calls::read(&reader, &mut buffer[..2]), Ok(2));
    check_eq!(calls::read(&reader, &mut buffer), Ok(4));
    check_eq!(&buffer[..4], b"cdef");
    Ok(())
}

/// S-174, P-058: it holds what `F_GETPIPE_SZ` says; a write that does not fit is short, and
/// one into a full pipe is EAGAIN.
fn a_full_pipe_takes_no_more() -> Outcome {
    let (reader, writer) = calls::pipe2(calls::O_NONBLOCK)?;
    let size = calls::pipe_size(&writer)?;
    check!(size >= 4096);
    check_eq!(calls::write(&writer, bytes(size + 1)?), Ok(size));
    check_eq!(calls::write(&writer, b"x"), Err(Errno::AGAIN));
    check_eq!(calls::poll(&writer, calls::POLLOUT, 0), Ok(0));
    let mut buffer = [0; 4096];
    for _ in 0..size / 4096 {
        check_eq!(calls::read(&reader, &mut buffer), Ok(4096));
    }
    check_eq!(calls::read(&reader, &mut buffer), Err(Errno::AGAIN));
    check_eq!(calls::poll(&writer, calls::POLLOUT, 0), Ok(calls::POLLOUT));
    Ok(())
}

/// S-180: the end comes when the last writer is gone, and not before.
fn the_end_comes_with_the_last_writer() -> Outcome {
    let (reader, writer) = calls::pipe2(0)?;
    let (go, gate) = calls::pipe2(0)?;
    let second = child(|| {
        // Until the parent says so.
        calls::read(&go, &mut [0])?;
        Ok(())
    })?;
    drop(writer);
    check!(!is_readable(&reader)?);
    calls::write(&gate, b"x")?;
    check_eq!(status_of(second), Ok(0));
    check_eq!(calls::poll(&reader, calls::POLLIN, 0), Ok(calls::POLLHUP));
    check_eq!(calls::read(&reader, &mut [0]), Ok(0));
    check_eq!(calls::read(&reader, &mut [0]), Ok(0));
    Ok(())
}

/// S-199: without a reader a writer is killed by SIGPIPE.
fn a_writer_without_a_reader_is_killed() -> Outcome {
    let status = status_after(|| {
        no_core()?;
        let (reader, writer) = calls::pipe2(0)?;
        drop(reader);
        calls::write(&writer, b"x")?;
        Ok(())
    })?;
    check_eq!(status, calls::SIGPIPE);
    Ok(())
}

/// S-199: or gets EPIPE, if it ignores the signal.
fn a_writer_that_ignores_the_signal_gets_epipe() -> Outcome {
    set(calls::SIGPIPE, calls::SIG_IGN, 0)?;
    let (reader, writer) = calls::pipe2(0)?;
    calls::write(&writer, b"x")?;
    drop(reader);
    check_eq!(calls::write(&writer, b"x"), Err(Errno::PIPE));
    check!(calls::poll(&writer, calls::POLLOUT, 0)? & calls::POLLERR != 0);
    Ok(())
}

/// S-177: a read waits for a writer in another process.
fn a_read_waits_for_a_writer() -> Outcome {
    let words = shared_words()?;
    let (reader, writer) = calls::pipe2(0)?;
    let child = child(|| {
        let _ = calls::nanosleep(super::tools::MILLISECOND);
        words[0].store(1, Ordering::SeqCst);
        calls::write(&writer, b"x")?;
        Ok(())
    })?;
    check_eq!(calls::read(&reader, &mut [0]), Ok(1));
    check_eq!(words[0].load(Ordering::SeqCst), 1);
    check_eq!(status_of(child), Ok(0));
    Ok(())
}

/// S-175: a million bytes arrive in their order, through waits on both sides.
fn a_million_bytes_arrive_in_order() -> Outcome {
    const LENGTH: u32 = 1 << 20;
    let byte = |position: u32| (position.wrapping_mul(2_654_435_761) >> 24) as u8;
    let (reader, writer) = calls::pipe2(0)?;
    let child = child(|| {
        let mut next = 0;
        while next < LENGTH {
            // Lengths that never fit the pages.
            let mut buffer = [0; 5003];
            let count = buffer.len().min((LENGTH - next) as usize);
            for (position, to) in (next..).zip(&mut buffer[..count]) {
                *to = byte(position);
            }
            check_eq!(calls::write(&writer, &buffer[..count]), Ok(count));
            next += count as u32;
        }
        Ok(())
    })?;
    drop(writer);
    let mut next = 0;
    let mut buffer = [0; 7001];
    loop {
        let count = read_full(&reader, &mut buffer)?;
        for (position, &is) in (next..).zip(&buffer[..count]) {
            check_eq!((position, is), (position, byte(position)));
        }
        next += count as u32;
        if count < buffer.len() {
            break;
        }
    }
    check_eq!(next, LENGTH);
    check_eq!(status_of(child), Ok(0));
    Ok(())
}

/// A write that a signal interrupts in the middle says how much it took.
fn an_interrupted_write_is_short() -> Outcome {
    let (reader, writer) = calls::pipe2(0)?;
    let size = calls::pipe_size(&writer)?;
    handle(calls::SIGALRM, interrupt, 0)?;
    calls::setitimer(calls::ITIMER_REAL, 20_000, 20_000)?;
    check_eq!(calls::write(&writer, bytes(size + 1)?), Ok(size));
    check_eq!(calls::write(&writer, b"x"), Err(Errno::INTR));
    drop(reader);
    Ok(())
}

cases! {
    bytes_go_one_way,
    a_pipe_is_a_fifo_without_a_size,
    a_read_takes_what_is_there,
    a_full_pipe_takes_no_more,
    the_end_comes_with_the_last_writer,
    a_writer_without_a_reader_is_killed,
    a_writer_that_ignores_the_signal_gets_epipe,
    a_read_waits_for_a_writer,
    a_million_bytes_arrive_in_order,
    an_interrupted_write_is_short,
}
