//! Each mistake has its own error.

use super::Outcome;
use super::tools::page;
use crate::calls::{self, AsFd, AsRawFd, BorrowedFd, Errno};

/// P-060: a number that is not open is EBADF, for every call.
fn a_closed_descriptor_is_ebadf() -> Outcome {
    let number = {
        let (reader, _writer) = calls::pipe2(0)?;
        reader.as_raw_fd()
    };
    // SAFETY: it is closed, which is what the calls are to find out; nothing else opens files.
    let closed = unsafe { BorrowedFd::borrow_raw(number) };
    check_eq!(calls::read(closed, &mut [0]), Err(Errno::BADF));
    check_eq!(calls::write(closed, &[0]), Err(Errno::BADF));
    check_eq!(calls::lseek(closed, 0, calls::SEEK_SET), Err(Errno::BADF));
    check_eq!(calls::ftruncate(closed, 0), Err(Errno::BADF));
    check_eq!(calls::fstat(closed), Err(Errno::BADF));
    check_eq!(calls::descriptor_flags(closed), Err(Errno::BADF));
    check_eq!(calls::dup(closed).err(), Some(Errno::BADF));
    check_eq!(calls::pidfd_send_signal(closed, 0), Err(Errno::BADF));
    Ok(())
}

/// S-201: what open says of a path.
fn a_bad_path_has_its_error() -> Outcome {
    let open = |path, flags| calls::open(path, flags, 0).err();
    check_eq!(open(c"/proc/no such file", calls::O_RDONLY), Some(Errno::NOENT));
    check_eq!(open(c"", calls::O_RDONLY), Some(Errno::NOENT));
    check_eq!(open(c"/proc/self/status/x", calls::O_RDONLY), Some(Errno::NOTDIR));
    check_eq!(open(c"/proc/self/status", calls::O_RDONLY | calls::O_DIRECTORY), Some(Errno::NOTDIR));
    check_eq!(open(c"/proc/self", calls::O_RDWR), Some(Errno::ISDIR));
    check_eq!(open(c"/proc/self", calls::O_RDONLY | calls::O_DIRECTORY), None);
    Ok(())
}

/// An address that is not there is EFAULT, and no signal.
fn a_bad_address_is_efault() -> Outcome {
    let (_reader, writer) = calls::pipe2(0)?;
    let nowhere = core::ptr::without_provenance(page() / 2);
    // SAFETY: the kernel looks before it reads.
    check_eq!(unsafe { calls::write_raw(&writer, nowhere, 1) }, Err(Errno::FAULT));
    Ok(())
}

/// S-099: what kill says of a number.
fn a_bad_process_or_signal_has_its_error() -> Outcome {
    // Above what the kernel hands out (PID_MAX_LIMIT).
    check_eq!(calls::kill(0x7fff_fff0, 0), Err(Errno::SRCH));
    check_eq!(calls::kill(calls::getpid(), 65), Err(Errno::INVAL));
    check_eq!(calls::kill(calls::getpid(), -1), Err(Errno::INVAL));
    check_eq!(calls::kill(calls::getpid(), 0), Ok(()));
    Ok(())
}

/// A pipe has no position.
fn a_pipe_cannot_seek() -> Outcome {
    let (reader, _writer) = calls::pipe2(0)?;
    check_eq!(calls::lseek(reader.as_fd(), 0, calls::SEEK_CUR), Err(Errno::SPIPE));
    Ok(())
}

/// A flag that the kernel does not know is EINVAL.
fn an_unknown_flag_is_einval() -> Outcome {
    check_eq!(calls::pipe2(1).err(), Some(Errno::INVAL));
    check_eq!(calls::sigprocmask(42, Some(0)), Err(Errno::INVAL));
    check_eq!(calls::wait4(-1, 1 << 20), Err(Errno::INVAL));
    Ok(())
}

cases! {
    a_closed_descriptor_is_ebadf,
    a_bad_path_has_its_error,
    a_bad_address_is_efault,
    a_bad_process_or_signal_has_its_error,
    a_pipe_cannot_seek,
    an_unknown_flag_is_einval,
}
