//! FIFOs.

use super::Outcome;
use super::tools::{MILLISECOND, Path, child, shared_words, status_of};
use crate::calls::{self, Errno};
use core::sync::atomic::Ordering;

/// S-193, S-200: it has its type and its permissions, and a second one of that name is EEXIST.
fn a_fifo_has_a_name_and_a_type() -> Outcome {
    let path = Path::new("fifo");
    calls::mkfifo(&path, 0o600)?;
    check_eq!(calls::mkfifo(&path, 0o600), Err(Errno::EXIST));
    let end = calls::open(&path, calls::O_RDONLY | calls::O_NONBLOCK, 0)?;
    check_eq!(calls::fstat(&end), Ok((calls::S_IFIFO | 0o600, 0)));
    check_eq!(calls::unlink(&path), Ok(()));
    check_eq!(calls::unlink(&path), Err(Errno::NOENT));
    Ok(())
}

/// S-198: a writer that does not wait needs a reader.
fn a_writer_needs_a_reader() -> Outcome {
    let path = Path::new("fifo");
    calls::mkfifo(&path, 0o600)?;
    let flags = calls::O_WRONLY | calls::O_NONBLOCK;
    check_eq!(calls::open(&path, flags, 0).err(), Some(Errno::NXIO));
    let _reader = calls::open(&path, calls::O_RDONLY | calls::O_NONBLOCK, 0)?;
    check!(calls::open(&path, flags, 0).is_ok());
    Ok(())
}

/// S-198: opening one end waits for the other.
fn opening_waits_for_the_other_end() -> Outcome {
    let path = Path::new("fifo");
    calls::mkfifo(&path, 0o600)?;
    let words = shared_words()?;
    let child = child(|| {
        let _ = calls::nanosleep(20 * MILLISECOND);
        words[0].store(1, Ordering::SeqCst);
        let writer = calls::open(&path, calls::O_WRONLY, 0)?;
        check_eq!(calls::write(&writer, b"hi"), Ok(2));
        Ok(())
    })?;
    let reader = calls::open(&path, calls::O_RDONLY, 0)?;
    check_eq!(words[0].load(Ordering::SeqCst), 1);
    let mut buffer = [0; 8];
    check_eq!(calls::read(&reader, &mut buffer), Ok(2));
    check_eq!(&buffer[..2], b"hi");
    check_eq!(calls::read(&reader, &mut buffer), Ok(0));
    check_eq!(status_of(child), Ok(0));
    Ok(())
}

/// S-195, S-196: its size is 0 while it holds data, and the data goes with its last end.
fn the_data_is_not_in_the_file() -> Outcome {
    let path = Path::new("fifo");
    calls::mkfifo(&path, 0o600)?;
    let open = || calls::open(&path, calls::O_RDWR | calls::O_NONBLOCK, 0);
    let both = open()?;
    check_eq!(calls::write(&both, &[1; 4000]), Ok(4000));
    check_eq!(calls::fstat(&both)?.1, 0);
    let again = open()?;
    check_eq!(calls::read(&again, &mut [0; 10]), Ok(10));
    drop((both, again));
    check_eq!(calls::read(&open()?, &mut [0; 10]), Err(Errno::AGAIN));
    Ok(())
}

cases! {
    a_fifo_has_a_name_and_a_type,
    a_writer_needs_a_reader,
    opening_waits_for_the_other_end,
    the_data_is_not_in_the_file,
}
