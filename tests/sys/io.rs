//! Bytes through descriptors, and the descriptors themselves.

use crate::{in_child, memfd, must, pipe, place};
use sinew::Errno;
use sinew::fd::{AsFd, AsRawFd, CWD, IntoRawFd};
use sinew::sys::*;
use std::mem::MaybeUninit;

#[test]
fn what_is_written_is_read() {
    let (reader, writer) = pipe();
    assert_eq!(write(writer.as_fd(), b"sinew"), Ok(5));
    let mut buffer = [0; 8];
    assert_eq!(read(reader.as_fd(), &mut buffer), Ok(5));
    assert_eq!(&buffer[..5], b"sinew");
}

// Children of other tests have copies of this process's pipes, so that an end can only be
// the last one where nobody else forks: in a child.

#[test]
fn a_pipe_without_a_writer_is_at_its_end() {
    in_child(|| {
        let (reader, writer) = pipe();
        must!(write(writer.as_fd(), b"x") == Ok(1));
        drop(writer);
        must!(read(reader.as_fd(), &mut [0; 8]) == Ok(1));
        must!(read(reader.as_fd(), &mut [0; 8]) == Ok(0));
    });
}

#[test]
fn a_pipe_without_a_reader_is_broken() {
    // Rust's runtime ignores SIGPIPE.
    in_child(|| {
        let (reader, writer) = pipe();
        drop(reader);
        must!(write(writer.as_fd(), b"x") == Err(Errno::PIPE));
        must!(writev(writer.as_fd(), &[IoSlice::new(b"x")]) == Err(Errno::PIPE));
    });
}

#[test]
fn uninitialised_memory_is_read_into() {
    let file = memfd(b"sinew");
    assert_eq!(lseek(file.as_fd(), 0, Whence::SET), Ok(0));
    let mut buffer = [MaybeUninit::uninit(); 8];
    assert_eq!(read_uninit(file.as_fd(), &mut buffer), Ok(5));
    // SAFETY: the call has initialised the first five.
    assert_eq!(buffer[..5].iter().map(|byte| unsafe { byte.assume_init() }).collect::<Vec<_>>(), b"sinew");
}

#[test]
fn the_wrong_end_of_a_pipe_is_a_bad_descriptor() {
    let (reader, writer) = pipe();
    assert_eq!(read(writer.as_fd(), &mut [0]), Err(Errno::BADF));
    assert_eq!(write(reader.as_fd(), b"x"), Err(Errno::BADF));
    assert_eq!(readv(writer.as_fd(), &mut [IoSliceMut::new(&mut [0])]), Err(Errno::BADF));
    assert_eq!(writev(reader.as_fd(), &[IoSlice::new(b"x")]), Err(Errno::BADF));
}

#[test]
fn memory_that_is_not_there_is_a_fault() {
    let (reader, writer) = pipe();
    // SAFETY: the kernel finds no memory at these addresses, and touches none.
    unsafe {
        assert_eq!(write_raw(writer.as_fd(), std::ptr::without_provenance(8), 1), Err(Errno::FAULT));
        assert_eq!(write(writer.as_fd(), b"x"), Ok(1));
        assert_eq!(read_raw(reader.as_fd(), std::ptr::without_provenance_mut(8), 1), Err(Errno::FAULT));
    }
}

#[test]
fn several_buffers_are_one_transfer() {
    let (reader, writer) = pipe();
    assert_eq!(
        writev(writer.as_fd(), &[IoSlice::new(b"si"), IoSlice::new(b""), IoSlice::new(b"new")]),
        Ok(5)
    );
    let (mut a, mut b) = ([0; 3], [0; 3]);
    let mut buffers = [IoSliceMut::new(&mut a), IoSliceMut::new(&mut b)];
    assert_eq!(readv(reader.as_fd(), &mut buffers), Ok(5));
    assert_eq!(&*buffers[0], b"sin");
    buffers[1][2] = b'!';
    assert_eq!((&a, &b), (b"sin", b"ew!"));
    let many = [IoSlice::new(b"x"); 1025];
    assert_eq!(writev(writer.as_fd(), &many), Err(Errno::INVAL));
}

#[test]
fn slices_advance_over_each_other() {
    let mut slices = [IoSlice::new(b"ab"), IoSlice::new(b"cde"), IoSlice::new(b"f")];
    let mut rest = &mut slices[..];
    IoSlice::advance_slices(&mut rest, 3);
    assert_eq!(rest.iter().map(|slice| slice.to_vec()).collect::<Vec<_>>(), [&b"de"[..], b"f"]);
    rest[0].advance(2);
    assert!(rest[0].is_empty());
    IoSlice::advance_slices(&mut rest, 1);
    assert!(rest.is_empty());
    IoSlice::advance_slices(&mut rest, 0);

    let (mut a, mut b) = ([1, 2], [3, 4]);
    let mut buffers = [IoSliceMut::new(&mut a), IoSliceMut::new(&mut b)];
    let mut rest = &mut buffers[..];
    IoSliceMut::advance_slices(&mut rest, 2);
    assert_eq!(&*rest[0], [3, 4]);
    rest[0].advance(1);
    assert_eq!(&*rest[0], [4]);
}

#[test]
#[should_panic = "advancing beyond the end"]
fn slices_do_not_advance_beyond_their_end() {
    IoSlice::advance_slices(&mut &mut [IoSlice::new(b"ab")][..], 3);
}

#[test]
fn a_place_in_a_file_is_read_and_written() {
    let file = memfd(b"0123456789");
    assert_eq!(pwrite64(file.as_fd(), b"xy", 4), Ok(2));
    let mut buffer = [0; 4];
    assert_eq!(pread64(file.as_fd(), &mut buffer, 3), Ok(4));
    assert_eq!(&buffer, b"3xy6");
    assert_eq!(lseek(file.as_fd(), 0, Whence::CUR), Ok(10));
    assert_eq!(pread64(file.as_fd(), &mut buffer, 1 << 63), Err(Errno::INVAL));
    let (reader, writer) = pipe();
    assert_eq!(pread64(reader.as_fd(), &mut buffer, 0), Err(Errno::SPIPE));
    assert_eq!(pwrite64(writer.as_fd(), b"x", 0), Err(Errno::SPIPE));
}

#[test]
fn the_offset_moves() {
    let file = memfd(b"0123456789");
    assert_eq!(lseek(file.as_fd(), -3, Whence::END), Ok(7));
    assert_eq!(lseek(file.as_fd(), 1 << 40, Whence::SET), Ok(1 << 40));
    assert_eq!(lseek(file.as_fd(), -1, Whence::SET), Err(Errno::INVAL));
    assert_eq!(lseek(file.as_fd(), 100, Whence::DATA), Err(Errno::NXIO));
    assert_eq!(lseek(pipe().0.as_fd(), 0, Whence::CUR), Err(Errno::SPIPE));
}

/// S-188, P-058
#[test]
fn the_flags_of_a_pipe_are_seen_by_fcntl() {
    let (reader, writer) = pipe2(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK).unwrap();
    for fd in [&reader, &writer] {
        assert_eq!(fcntl_getfd(fd.as_fd()), Ok(FdFlags::CLOEXEC));
        assert!(fcntl_getfl(fd.as_fd()).unwrap().contains(OpenFlags::NONBLOCK));
    }
    assert_eq!(fcntl_getfl(reader.as_fd()).unwrap() & OpenFlags::ACCMODE, OpenFlags::RDONLY);
    assert_eq!(fcntl_getfl(writer.as_fd()).unwrap() & OpenFlags::ACCMODE, OpenFlags::WRONLY);

    let (reader, writer) = pipe2(PipeFlags::empty()).unwrap();
    for fd in [&reader, &writer] {
        assert_eq!(fcntl_getfd(fd.as_fd()), Ok(FdFlags::empty()));
        assert!(!fcntl_getfl(fd.as_fd()).unwrap().contains(OpenFlags::NONBLOCK));
    }
    assert_eq!(pipe2(PipeFlags::from_bits_retain(1)).unwrap_err(), Errno::INVAL);
}

/// P-058
#[test]
fn a_non_blocking_pipe_never_waits() {
    let (reader, writer) = pipe2(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK).unwrap();
    assert_eq!(read(reader.as_fd(), &mut [0]), Err(Errno::AGAIN));
    let size = fcntl_getpipe_size(writer.as_fd()).unwrap();
    let bytes = vec![0; size + 4096];
    assert_eq!(write(writer.as_fd(), &bytes), Ok(size));
    assert_eq!(write(writer.as_fd(), b"x"), Err(Errno::AGAIN));
}

#[test]
fn descriptor_and_status_flags_are_set() {
    let (reader, _writer) = pipe();
    assert_eq!(fcntl_setfd(reader.as_fd(), FdFlags::empty()), Ok(()));
    assert_eq!(fcntl_getfd(reader.as_fd()), Ok(FdFlags::empty()));
    let flags = fcntl_getfl(reader.as_fd()).unwrap();
    assert_eq!(fcntl_setfl(reader.as_fd(), flags | OpenFlags::NONBLOCK), Ok(()));
    assert_eq!(read(reader.as_fd(), &mut [0]), Err(Errno::AGAIN));
    let directory = place(c"/");
    assert_eq!(fcntl_setfl(directory.as_fd(), OpenFlags::NONBLOCK), Err(Errno::BADF));
    assert_eq!(fcntl_getfd(CWD), Err(Errno::BADF));
    assert_eq!(fcntl_getfl(CWD), Err(Errno::BADF));
    assert_eq!(fcntl_setfd(CWD, FdFlags::CLOEXEC), Err(Errno::BADF));
}

#[test]
fn a_pipe_holds_what_it_is_told_to() {
    let (reader, writer) = pipe();
    let size = fcntl_setpipe_size(writer.as_fd(), 5000).unwrap();
    assert!(size >= 5000);
    assert_eq!(fcntl_getpipe_size(reader.as_fd()), Ok(size));
    assert_eq!(fcntl_setpipe_size(writer.as_fd(), 1 << 32), Err(Errno::INVAL));
    assert_eq!(fcntl_getpipe_size(memfd(b"").as_fd()), Err(Errno::BADF));
}

#[test]
fn a_seal_holds() {
    let file = memfd(b"sinew");
    assert_eq!(fcntl_add_seals(file.as_fd(), SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL), Ok(()));
    assert_eq!(fcntl_get_seals(file.as_fd()), Ok(SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL));
    assert_eq!(ftruncate(file.as_fd(), 1), Err(Errno::PERM));
    assert_eq!(ftruncate(file.as_fd(), 9), Err(Errno::PERM));
    assert_eq!(fcntl_add_seals(file.as_fd(), SealFlags::WRITE), Err(Errno::PERM));
    assert_eq!(fcntl_get_seals(pipe().0.as_fd()), Err(Errno::INVAL));
    assert_eq!(memfd_create(c"x", MemfdFlags::from_bits_retain(1 << 20)).unwrap_err(), Errno::INVAL);
}

#[test]
fn a_file_is_made_longer_and_shorter() {
    let file = memfd(b"sinew");
    assert_eq!(ftruncate(file.as_fd(), 7), Ok(()));
    let mut buffer = [1; 8];
    assert_eq!(pread64(file.as_fd(), &mut buffer, 0), Ok(7));
    assert_eq!(&buffer[..7], b"sinew\0\0");
    assert_eq!(ftruncate(file.as_fd(), 2), Ok(()));
    assert_eq!(fstat(file.as_fd()).unwrap().size(), 2);
    assert_eq!(ftruncate(file.as_fd(), 1 << 63), Err(Errno::INVAL));
    assert_eq!(ftruncate(pipe().1.as_fd(), 0), Err(Errno::INVAL));
}

#[test]
fn a_copy_leads_to_the_same_file() {
    let (reader, writer) = pipe();
    let copy = dup(writer.as_fd()).unwrap();
    assert_eq!(fcntl_getfd(copy.as_fd()), Ok(FdFlags::empty()));
    let high = fcntl_dupfd_cloexec(writer.as_fd(), 100).unwrap();
    assert!(high.as_raw_fd() >= 100);
    assert_eq!(fcntl_getfd(high.as_fd()), Ok(FdFlags::CLOEXEC));
    drop(writer);
    assert_eq!(write(copy.as_fd(), b"a"), Ok(1));
    assert_eq!(write(high.as_fd(), b"b"), Ok(1));
    let mut buffer = [0; 3];
    assert_eq!(read(reader.as_fd(), &mut buffer), Ok(2));
    assert_eq!(&buffer[..2], b"ab");
    assert_eq!(dup(CWD).unwrap_err(), Errno::BADF);
    assert_eq!(fcntl_dupfd_cloexec(high.as_fd(), -1).unwrap_err(), Errno::INVAL);
}

#[test]
fn a_copy_takes_the_number_that_it_is_given() {
    let (reader, writer) = pipe();
    in_child(|| {
        let (other, _end) = pipe2(PipeFlags::CLOEXEC).unwrap();
        let number = other.into_raw_fd();
        // SAFETY: the number is the child's own, and the other numbers are not open.
        unsafe {
            let copy = dup3(writer.as_fd(), number, DupFlags::CLOEXEC).unwrap();
            must!(copy.as_raw_fd() == number);
            must!(fcntl_getfd(copy.as_fd()) == Ok(FdFlags::CLOEXEC));
            must!(write(copy.as_fd(), b"x") == Ok(1));
            must!(dup3(copy.as_fd(), number, DupFlags::empty()).err() == Some(Errno::INVAL));
            must!(dup3(copy.as_fd(), -1, DupFlags::empty()).err() == Some(Errno::BADF));
        }
    });
    assert_eq!(read(reader.as_fd(), &mut [0]), Ok(1));
}

#[test]
fn a_closed_descriptor_is_closed() {
    in_child(|| {
        let (reader, writer) = pipe();
        let number = reader.into_raw_fd();
        // SAFETY: the child owns the number, and opens nothing after.
        unsafe {
            must!(close(number) == Ok(()));
            must!(close(number) == Err(Errno::BADF));
        }
        must!(write(writer.as_fd(), b"x") == Err(Errno::PIPE));
    });
}

#[test]
fn a_range_is_closed_or_marked() {
    let (reader, _writer) = pipe();
    let copy = fcntl_dupfd_cloexec(reader.as_fd(), 200).unwrap();
    fcntl_setfd(copy.as_fd(), FdFlags::empty()).unwrap();
    let number = copy.as_raw_fd() as u32;
    in_child(|| {
        // SAFETY: the child needs none of the descriptors from here on.
        unsafe {
            must!(close_range(number, u32::MAX, CloseRangeFlags::CLOEXEC) == Ok(()));
            must!(fcntl_getfd(copy.as_fd()) == Ok(FdFlags::CLOEXEC));
            must!(close_range(3, u32::MAX, CloseRangeFlags::UNSHARE) == Ok(()));
            must!(fcntl_getfd(copy.as_fd()) == Err(Errno::BADF));
            must!(close_range(5, 4, CloseRangeFlags::empty()) == Err(Errno::INVAL));
        }
    });
    assert_eq!(fcntl_getfd(copy.as_fd()), Ok(FdFlags::empty()));
}

/// S-172
#[test]
fn a_full_table_is_an_error() {
    in_child(|| {
        let limit = Rlimit { rlim_cur: 64, rlim_max: 64 };
        must!(prlimit64(0, Resource::NOFILE, Some(&limit), None) == Ok(()));
        let mut opened = 0;
        let error = loop {
            match pipe2(PipeFlags::CLOEXEC) {
                Ok((reader, writer)) => {
                    must!(reader.into_raw_fd() < 64 && writer.into_raw_fd() < 64);
                    opened += 1;
                }
                Err(error) => break error,
            }
            must!(opened < 64);
        };
        must!(error == Errno::MFILE);
        // The last number may still be free.
        while dup(sinew::fd::STDERR).map(IntoRawFd::into_raw_fd).is_ok() {}
        must!(dup(sinew::fd::STDERR).err() == Some(Errno::MFILE));
        must!(openat(CWD, c"/", OpenFlags::PATH, 0).err() == Some(Errno::MFILE));
        must!(memfd_create(c"x", MemfdFlags::empty()).err() == Some(Errno::MFILE));
    });
}
