//! Descriptors.

use super::Outcome;
use super::tools::status_after;
use crate::calls::{self, AsRawFd, BorrowedFd, Errno};

/// A new descriptor has the lowest number that is free.
fn a_new_descriptor_takes_the_lowest_number() -> Outcome {
    let (a, b) = calls::pipe2(0)?;
    let number = a.as_raw_fd();
    drop(a);
    let copy = calls::dup(&b)?;
    check_eq!(copy.as_raw_fd(), number);
    Ok(())
}

/// A descriptor is closed with the value that owns it.
fn a_descriptor_is_closed_with_its_owner() -> Outcome {
    let file = calls::memfd_create(c"case")?;
    let number = file.as_raw_fd();
    // SAFETY: it is asked about, once while it is open and once when it is not.
    let look = || calls::fstat(unsafe { BorrowedFd::borrow_raw(number) });
    check!(look().is_ok());
    drop(file);
    check_eq!(look(), Err(Errno::BADF));
    Ok(())
}

/// S-188, P-030: the flags of a pipe are there at once, and a copy has none of its own.
fn the_flags_of_a_pipe_are_atomic() -> Outcome {
    let (reader, writer) = calls::pipe2(calls::O_CLOEXEC | calls::O_NONBLOCK)?;
    for end in [&reader, &writer] {
        check_eq!(calls::descriptor_flags(end), Ok(calls::FD_CLOEXEC));
        check!(calls::status_flags(end)? & calls::O_NONBLOCK != 0);
    }
    let copy = calls::dup(&reader)?;
    check_eq!(calls::descriptor_flags(&copy), Ok(0));
    check!(calls::status_flags(&copy)? & calls::O_NONBLOCK != 0);
    let (plain, _writer) = calls::pipe2(0)?;
    check_eq!(calls::descriptor_flags(&plain), Ok(0));
    check_eq!(calls::status_flags(&plain)? & calls::O_NONBLOCK, 0);
    Ok(())
}

/// S-154: a copy, and a forked child's, have the position in common with the original.
fn copies_share_one_position() -> Outcome {
    let file = calls::memfd_create(c"case")?;
    calls::write(&file, b"0123456789")?;
    let copy = calls::dup(&file)?;
    check_eq!(calls::lseek(&copy, 0, calls::SEEK_CUR), Ok(10));
    check_eq!(calls::lseek(&copy, -4, calls::SEEK_END), Ok(6));
    let status = status_after(|| {
        let mut buffer = [0; 2];
        check_eq!(calls::read(&file, &mut buffer), Ok(2));
        check_eq!(&buffer, b"67");
        Ok(())
    })?;
    check_eq!(status, 0);
    check_eq!(calls::lseek(&file, 0, calls::SEEK_CUR), Ok(8));
    Ok(())
}

/// S-172: at the limit a new descriptor is EMFILE, and nothing is lost.
fn at_the_limit_a_descriptor_is_emfile() -> Outcome {
    let lowest = calls::memfd_create(c"case")?.as_raw_fd() as u64;
    let (_, ceiling) = calls::prlimit(calls::RLIMIT_NOFILE, None)?;
    // One more fits, and a pipe needs two.
    calls::prlimit(calls::RLIMIT_NOFILE, Some((lowest + 1, ceiling)))?;
    check_eq!(calls::pipe2(0).err(), Some(Errno::MFILE));
    let only = calls::memfd_create(c"case")?;
    check_eq!(calls::dup(&only).err(), Some(Errno::MFILE));
    calls::prlimit(calls::RLIMIT_NOFILE, Some((lowest + 64, ceiling)))?;
    check!(calls::pipe2(0).is_ok());
    Ok(())
}

cases! {
    a_new_descriptor_takes_the_lowest_number,
    a_descriptor_is_closed_with_its_owner,
    the_flags_of_a_pipe_are_atomic,
    copies_share_one_position,
    at_the_limit_a_descriptor_is_emfile,
}
