//! The nouns for pipe and FIFO, and the ring.

use crate::calls::{self, Errno};
use crate::cases::Outcome;
use crate::cases::tools::{Path, child, no_core, read_full, status_of};
use sinew::io;
use sinew::ipc::{Ring, fifo, pipe};
use sinew::sys::OpenFlags;

/// S-171: parent and child by a pipe of the crate's.
fn a_pipe_joins_parent_and_child() -> Outcome {
    let (reader, writer) = pipe()?;
    check_eq!(calls::descriptor_flags(&reader), Ok(calls::FD_CLOEXEC));
    let child = child(|| {
        check_eq!(io::write_all(&writer, b"hello"), Ok(()));
        Ok(())
    })?;
    drop(writer);
    let mut buffer = [0; 16];
    check_eq!(read_full(&reader, &mut buffer), Ok(5));
    check_eq!(&buffer[..5], b"hello");
    check_eq!(status_of(child), Ok(0));
    Ok(())
}

/// S-194, S-198, S-200: two processes that meet by a name.
fn a_fifo_joins_processes_by_a_name() -> Outcome {
    let path = Path::new("own-fifo");
    fifo::create(&*path, 0o600)?;
    check_eq!(fifo::create(&*path, 0o600), Err(Errno::EXIST));
    check_eq!(fifo::open_writer(&*path, OpenFlags::NONBLOCK).err(), Some(Errno::NXIO));
    let child = child(|| {
        let writer = fifo::open_writer(&*path, OpenFlags::empty())?;
        check_eq!(io::write_all(&writer, b"hello"), Ok(()));
        Ok(())
    })?;
    let reader = fifo::open_reader(&*path, OpenFlags::empty())?;
    let mut buffer = [0; 16];
    check_eq!(read_full(&reader, &mut buffer), Ok(5));
    check_eq!(status_of(child), Ok(0));
    check_eq!(fifo::unlink(&*path), Ok(()));
    check_eq!(fifo::unlink(&*path), Err(Errno::NOENT));
    Ok(())
}

/// A byte that tells a position from its neighbours, and from those a page away.
fn byte(position: usize) -> u8 {
    (position ^ position >> 8 ^ position >> 12) as u8
}

/// A million bytes go through a small ring, in pieces that never fit it.
fn a_ring_carries_a_million_bytes() -> Outcome {
    const LENGTH: usize = 1 << 20;
    let ring = Ring::new(4096)?;
    let mut buffer = [0; 1021];
    // SAFETY: the child writes to the ring and is gone.
    let child = unsafe { calls::fork()? };
    if child == 0 {
        let mut producer = ring.into_producer();
        let mut next = 0;
        while next < LENGTH {
            let count = buffer.len().min(LENGTH - next);
            for (index, to) in buffer[..count].iter_mut().enumerate() {
                *to = byte(next + index);
            }
            if producer.write_all(&buffer[..count]).is_err() {
                calls::exit(1)
            }
            next += count;
        }
        producer.close();
        calls::exit(0)
    }
    let mut consumer = ring.into_consumer();
    let mut next = 0;
    loop {
        let count = consumer.read(&mut buffer[..997])?;
        if count == 0 {
            break;
        }
        for (index, &is) in buffer[..count].iter().enumerate() {
            check_eq!((next + index, is), (next + index, byte(next + index)));
        }
        next += count;
    }
    check_eq!(next, LENGTH);
    check_eq!(status_of(child), Ok(0));
    Ok(())
}

/// P-120: a producer that is killed is an end to the consumer, and not a wait for ever.
fn a_killed_producer_is_an_end() -> Outcome {
    let ring = Ring::new(4096)?;
    // SAFETY: the child writes to the ring and is gone.
    let child = unsafe { calls::fork()? };
    if child == 0 {
        let mut producer = ring.into_producer();
        let _ = no_core();
        let _ = producer.write_all(b"last");
        let _ = calls::kill(calls::getpid(), calls::SIGKILL);
        calls::exit(1)
    }
    let mut consumer = ring.into_consumer();
    let mut buffer = [0; 16];
    check_eq!(consumer.read_full(&mut buffer), Ok(4));
    check_eq!(&buffer[..4], b"last");
    check_eq!(status_of(child), Ok(calls::SIGKILL));
    Ok(())
}

/// A consumer that is gone is EPIPE to the producer.
fn a_dead_consumer_is_a_broken_pipe() -> Outcome {
    let ring = Ring::new(4096)?;
    // SAFETY: the child lets go of the ring.
    let child = unsafe { calls::fork()? };
    if child == 0 {
        drop(ring.into_consumer());
        calls::exit(0)
    }
    let mut producer = ring.into_producer();
    let result = (0..1000).try_for_each(|_| producer.write_all(&[0; 100]));
    check_eq!(result, Err(Errno::PIPE));
    check_eq!(status_of(child), Ok(0));
    Ok(())
}

cases! {
    a_pipe_joins_parent_and_child,
    a_fifo_joins_processes_by_a_name,
    a_ring_carries_a_million_bytes,
    a_killed_producer_is_an_end,
    a_dead_consumer_is_a_broken_pipe,
}
