//! Pipes.

#[path = "common/child.rs"]
mod child;

use child::{Random, alone, child, open_descriptors, until_blocked_in};
use sinew::Errno;
use sinew::fd::{AsFd, AsRawFd, BorrowedFd, STDERR, STDIN, STDOUT};
use sinew::io;
use sinew::ipc::{pipe, pipe_with};
use sinew::memory::page_size;
use sinew::sys::{
    self, FdFlags, OpenFlags, PipeFlags, PollEvents, PollFd, Resource, Rlimit, Timespec, fcntl_getfd,
    fcntl_getfl, fcntl_getpipe_size,
};

/// `PIPE_BUF`, which is not the capacity.
const ATOMIC: usize = 4096;

/// What is so of a descriptor now.
fn state(fd: BorrowedFd<'_>) -> PollEvents {
    let mut entry = [PollFd::new(fd, PollEvents::IN | PollEvents::OUT)];
    sys::ppoll(&mut entry, Some(&mut Timespec::default()), None).expect("ppoll");
    entry[0].revents()
}

/// Reads up to the end.
fn read_all(fd: BorrowedFd<'_>) -> Vec<u8> {
    let (mut all, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        match io::read(fd, &mut buffer).expect("read") {
            0 => return all,
            count => all.extend_from_slice(&buffer[..count]),
        }
    }
}

/// S-170
#[test]
fn bytes_go_from_the_writing_end_to_the_reading_end_only() {
    let (reader, writer) = pipe().expect("pipe");
    assert_eq!(sys::write(writer.as_fd(), b"one way"), Ok(7));
    let mut buffer = [0; 16];
    assert_eq!(sys::read(reader.as_fd(), &mut buffer), Ok(7));
    assert_eq!(&buffer[..7], b"one way");
    assert_eq!(sys::write(reader.as_fd(), b"back"), Err(Errno::BADF));
    assert_eq!(sys::read(writer.as_fd(), &mut buffer), Err(Errno::BADF));
}

/// S-171, S-180
#[test]
fn a_child_reads_what_its_parent_writes_up_to_the_end() {
    alone(|| {
        let (reader, writer) = pipe().expect("pipe");
        let (reader_fd, writer_fd) = (reader.as_raw_fd(), writer.as_raw_fd());
        let other = child(|| {
            // SAFETY: the child's copies; it ends without dropping them.
            unsafe { sys::close(writer_fd).expect("close") };
            assert_eq!(read_all(reader.as_fd()), b"from the parent");
            // SAFETY: see above.
            unsafe { sys::close(reader_fd).expect("close") };
        });
        drop(reader);
        io::write_all(&writer, b"from the ").expect("write");
        io::write_all(&writer, b"parent").expect("write");
        drop(writer);
        other.succeeds();
    });
}

/// S-172
#[test]
fn a_pipe_beyond_the_descriptor_limit_is_an_error_and_leaks_nothing() {
    alone(|| {
        let mut was = Rlimit::default();
        sys::prlimit64(0, Resource::NOFILE, None, Some(&mut was)).expect("prlimit");
        // 3 and up are free: two pipes and half of one.
        let limit = Rlimit { rlim_cur: 8, ..was };
        sys::prlimit64(0, Resource::NOFILE, Some(&limit), None).expect("prlimit");
        let pipes = [pipe().expect("pipe"), pipe().expect("pipe")];
        for _ in 0..3 {
            assert_eq!(pipe().map(drop), Err(Errno::MFILE));
        }
        let last = sys::dup(STDIN).expect("the one that is left");
        assert_eq!(last.as_raw_fd(), 7);
        drop(last);
        drop(pipes);
        drop([pipe().expect("pipe"), pipe().expect("pipe")]);
    });
}

/// S-172
#[test]
fn a_thousand_children_with_a_pipe_each_leave_no_descriptor() {
    alone(|| {
        let before = open_descriptors();
        for number in 0..1024_u32 {
            let (reader, writer) = pipe().expect("pipe");
            let other = child(|| io::write_all(&writer, &number.to_ne_bytes()).expect("write"));
            drop(writer);
            assert_eq!(read_all(reader.as_fd()), number.to_ne_bytes());
            other.succeeds();
        }
        assert_eq!(open_descriptors(), before);
    });
}

/// S-173
#[test]
fn a_pipe_is_no_file_and_has_no_size() {
    let (reader, writer) = pipe().expect("pipe");
    io::write_all(&writer, &[0; 1000]).expect("write");
    for end in [&reader, &writer] {
        let status = sys::fstat(end.as_fd()).expect("fstat");
        assert_eq!(status.mode() & libc::S_IFMT, libc::S_IFIFO);
        assert_eq!((status.size(), status.blocks()), (0, 0));
    }
    assert_eq!(sys::lseek(reader.as_fd(), 0, sys::Whence::SET), Err(Errno::SPIPE));
}

/// S-174
#[test]
fn a_pipe_holds_sixteen_pages() {
    let (reader, writer) = pipe_with(PipeFlags::NONBLOCK).expect("pipe");
    // 65536, where pages are 4 KiB.
    let capacity = 16 * page_size();
    assert_eq!(fcntl_getpipe_size(reader.as_fd()), Ok(capacity));
    assert_eq!(io::write(&writer, &vec![0; capacity + 1]), Ok(capacity));
    assert_eq!(io::write(&writer, &[0]), Err(Errno::AGAIN));
}

/// S-174
#[test]
fn writes_of_up_to_4096_bytes_are_not_mixed() {
    const WRITERS: u8 = 8;
    const EACH: usize = 100;
    alone(|| {
        let (reader, writer) = pipe().expect("pipe");
        let writers: Vec<_> = (0..WRITERS)
            .map(|id| {
                child(|| {
                    for _ in 0..EACH {
                        assert_eq!(io::write(&writer, &[id; ATOMIC]), Ok(ATOMIC));
                    }
                })
            })
            .collect();
        drop(writer);
        let all = read_all(reader.as_fd());
        let mut count = [0; WRITERS as usize];
        for block in all.chunks(ATOMIC) {
            assert_eq!(block, [block[0]; ATOMIC], "writes were mixed");
            count[usize::from(block[0])] += 1;
        }
        assert_eq!(count, [EACH; WRITERS as usize]);
        writers.into_iter().for_each(child::Child::succeeds);
    });
}

/// S-175, S-186
#[test]
fn a_hundred_megabytes_come_out_in_the_order_in_which_they_went_in() {
    const TOTAL: usize = 100 << 20;
    /// A prime, so that no shift by a power of two goes unseen.
    const PERIOD: usize = 65_521;
    alone(|| {
        let mut random = Random(1);
        let pattern: Vec<u8> = (0..PERIOD).map(|_| random.below(256) as u8).collect();
        let pattern = pattern.repeat(5);
        let (reader, writer) = pipe().expect("pipe");
        let other = child(|| {
            let mut at = 0;
            while at < TOTAL {
                let length = (1 + random.below(200_000)).min(TOTAL - at);
                let start = at % PERIOD;
                io::write_all(&writer, &pattern[start..start + length]).expect("write");
                at += length;
            }
        });
        drop(writer);
        let (mut at, mut buffer) = (0, vec![0; 100_000]);
        loop {
            let length = 1 + random.below(buffer.len());
            let count = io::read(&reader, &mut buffer[..length]).expect("read");
            if count == 0 {
                break;
            }
            let start = at % PERIOD;
            assert!(buffer[..count] == pattern[start..start + count], "wrong bytes near {at}");
            at += count;
        }
        assert_eq!(at, TOTAL);
        other.succeeds();
    });
}

/// S-176
#[test]
fn a_killed_writer_leaves_its_bytes_and_then_the_end() {
    alone(|| {
        let before = open_descriptors();
        let (reader, writer) = pipe().expect("pipe");
        let capacity = fcntl_getpipe_size(writer.as_fd()).expect("F_GETPIPE_SZ");
        let other = child(|| {
            io::write_all(&writer, &vec![7; capacity]).expect("write");
            let _ = io::write_all(&writer, b"there is no room for this");
        });
        drop(writer);
        until_blocked_in(other.pid, libc::SYS_write);
        other.kill();
        assert_eq!(read_all(reader.as_fd()), vec![7; capacity]);
        drop(reader);
        assert_eq!(open_descriptors(), before);
    });
}

/// S-177
#[test]
fn a_read_waits_for_data() {
    alone(|| {
        let (reader, writer) = pipe().expect("pipe");
        let other = child(|| {
            let mut buffer = [0; 8];
            assert_eq!(io::read(&reader, &mut buffer), Ok(2));
            assert_eq!(&buffer[..2], b"hi");
        });
        until_blocked_in(other.pid, libc::SYS_read);
        io::write_all(&writer, b"hi").expect("write");
        other.succeeds();
    });
}

/// S-177
#[test]
fn a_write_waits_for_room() {
    alone(|| {
        let (reader, writer) = pipe().expect("pipe");
        let capacity = fcntl_getpipe_size(writer.as_fd()).expect("F_GETPIPE_SZ");
        let other = child(|| {
            assert_eq!(io::write(&writer, &vec![1; capacity]), Ok(capacity));
            assert_eq!(io::write(&writer, &[2]), Ok(1));
        });
        until_blocked_in(other.pid, libc::SYS_write);
        let mut all = vec![0; capacity + 1];
        assert_eq!(io::read(&reader, &mut all), Ok(capacity));
        other.succeeds();
        assert_eq!(io::read(&reader, &mut all), Ok(1));
        assert_eq!(all[0], 2);
    });
}

/// S-178
#[test]
fn the_first_pipe_of_a_program_is_3_and_4() {
    alone(|| {
        let (reader, writer) = pipe().expect("pipe");
        assert_eq!((reader.as_raw_fd(), writer.as_raw_fd()), (3, 4));
    });
}

/// S-179
#[test]
fn the_standard_descriptors_have_their_numbers() {
    assert_eq!([STDIN, STDOUT, STDERR].map(|fd| fd.as_raw_fd()), [0, 1, 2]);
}

/// S-180
#[test]
fn the_end_comes_only_when_every_writing_end_is_closed() {
    alone(|| {
        let (reader, writer) = pipe().expect("pipe");
        let (to_child, go) = pipe().expect("pipe");
        let other = child(|| assert_eq!(io::read(&to_child, &mut [0]), Ok(1)));
        io::write_all(&writer, b"x").expect("write");
        drop(writer);
        assert_eq!(io::read(&reader, &mut [0; 8]), Ok(1));
        // The child still holds the end that fork gave it: to read now would be to hang.
        until_blocked_in(other.pid, libc::SYS_read);
        assert_eq!(state(reader.as_fd()), PollEvents::empty());
        io::write_all(&go, &[0]).expect("write");
        other.succeeds();
        assert_eq!(state(reader.as_fd()), PollEvents::HUP);
        assert_eq!(io::read(&reader, &mut [0; 8]), Ok(0));
    });
}

/// S-186
#[test]
fn a_read_gives_what_is_there_up_to_what_was_asked_for() {
    let (reader, writer) = pipe().expect("pipe");
    let mut buffer = [0; 8];
    assert_eq!(io::write(&writer, b"abcdefghijk"), Ok(11));
    assert_eq!(io::read(&reader, &mut buffer), Ok(8));
    assert_eq!(&buffer, b"abcdefgh");
    assert_eq!(io::read(&reader, &mut buffer), Ok(3));
    assert_eq!(&buffer[..3], b"ijk");
}

/// S-188
#[test]
fn the_flags_of_a_pipe_are_there_from_birth() {
    for (flags, nonblocking) in [
        (PipeFlags::empty(), false),
        (PipeFlags::CLOEXEC, false),
        (PipeFlags::NONBLOCK, true),
        (PipeFlags::NONBLOCK | PipeFlags::CLOEXEC, true),
    ] {
        let (reader, writer) = pipe_with(flags).expect("pipe");
        for (end, mode) in [(&reader, libc::O_RDONLY), (&writer, libc::O_WRONLY)] {
            assert_eq!(fcntl_getfd(end.as_fd()), Ok(FdFlags::CLOEXEC));
            let status = fcntl_getfl(end.as_fd()).expect("F_GETFL");
            assert_eq!(status.contains(OpenFlags::NONBLOCK), nonblocking);
            assert_eq!(status.bits() as i32 & libc::O_ACCMODE, mode);
        }
    }
    let (reader, _writer) = pipe().expect("pipe");
    assert_eq!(fcntl_getfd(reader.as_fd()), Ok(FdFlags::CLOEXEC));
}

#[test]
fn an_unknown_pipe_flag_is_an_error() {
    assert_eq!(pipe_with(PipeFlags::from_bits_retain(1)).map(drop), Err(Errno::INVAL));
}

/// P-058
#[test]
fn a_nonblocking_pipe_never_waits() {
    let (reader, writer) = pipe_with(PipeFlags::NONBLOCK).expect("pipe");
    let capacity = fcntl_getpipe_size(writer.as_fd()).expect("F_GETPIPE_SZ");
    let mut buffer = vec![0; 2 * capacity];
    assert_eq!(io::read(&reader, &mut buffer), Err(Errno::AGAIN));
    assert_eq!(io::write(&writer, &buffer), Ok(capacity), "as much as there is room for");
    assert_eq!(io::write(&writer, &buffer), Err(Errno::AGAIN));
    // Room for less than an atomic write does not split it.
    assert_eq!(io::read(&reader, &mut buffer[..ATOMIC - 1]), Ok(ATOMIC - 1));
    assert_eq!(io::write(&writer, &buffer[..ATOMIC]), Err(Errno::AGAIN));
    assert_eq!(io::read(&reader, &mut buffer), Ok(capacity - ATOMIC + 1));
    assert_eq!(io::write(&writer, &buffer[..ATOMIC]), Ok(ATOMIC));
}
