//! Reading and writing that go on, buffers, and standard output.

mod common;

use common::{Folder, bounded, example, program};
use proptest::prelude::*;
use sinew::Errno;
use sinew::fd::BorrowedFd;
use sinew::io::{self, BufWriter, IoSlice, IoSliceMut, ReadError, ReadErrorKind, WriteError};
use std::fs::{self, File};
use std::io::{PipeReader, PipeWriter, Read, Write as _, pipe};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};
use std::{env, iter, mem, panic, ptr, thread};

/// Bytes that show when one is missing or there twice.
fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|index| (index % 251) as u8 ^ (index / 251 % 256) as u8).collect()
}

/// A descriptor of `std` for the crate, whose types are its own without feature `std`.
fn fd<T: AsRawFd>(of: &T) -> BorrowedFd<'_> {
    // SAFETY: the owner is borrowed for as long.
    unsafe { BorrowedFd::borrow_raw(of.as_raw_fd()) }
}

fn set_nonblocking(of: &impl AsRawFd) {
    // SAFETY: it changes a flag of a descriptor that is open.
    assert_eq!(unsafe { libc::fcntl(of.as_raw_fd(), libc::F_SETFL, libc::O_NONBLOCK) }, 0);
}

/// A pipe that holds one page and does not wait for room.
fn narrow_pipe() -> (PipeReader, PipeWriter) {
    let (reader, writer) = pipe().expect("a pipe");
    // SAFETY: it sets the size of a pipe that is open.
    assert!(unsafe { libc::fcntl(writer.as_raw_fd(), libc::F_SETPIPE_SZ, 4096) } > 0);
    set_nonblocking(&writer);
    (reader, writer)
}

/// What can be read now, or as much of it as asked for.
fn drain(mut reader: &PipeReader, most: usize) -> Vec<u8> {
    let mut waiting = 0;
    // SAFETY: it writes an int.
    assert_eq!(unsafe { libc::ioctl(reader.as_raw_fd(), libc::FIONREAD, &mut waiting) }, 0);
    let mut bytes = vec![0; most.min(waiting as usize)];
    reader.read_exact(&mut bytes).expect("so many are there");
    bytes
}

/// S-186
#[test]
fn write_counts_and_read_gives_what_is_there_and_nothing_at_the_end() {
    let (reader, writer) = pipe().unwrap();
    assert_eq!(io::write(fd(&writer), b"abcde"), Ok(5));
    assert_eq!(io::write(fd(&writer), b""), Ok(0));
    let mut buffer = [0; 3];
    assert_eq!(io::read(fd(&reader), &mut buffer), Ok(3));
    assert_eq!(&buffer, b"abc");
    assert_eq!(io::read(fd(&reader), &mut buffer), Ok(2));
    assert_eq!(&buffer, b"dec");
    drop(writer);
    assert_eq!(io::read(fd(&reader), &mut buffer), Ok(0));

    let first = IoSlice::new(b"abc");
    let (reader, writer) = pipe().unwrap();
    assert_eq!(io::write_vectored(fd(&writer), &[first, IoSlice::new(b""), IoSlice::new(b"de")]), Ok(5));
    let (mut one, mut two) = ([0; 1], [0; 9]);
    assert_eq!(
        io::read_vectored(fd(&reader), &mut [IoSliceMut::new(&mut one), IoSliceMut::new(&mut two)]),
        Ok(5)
    );
    assert_eq!((&one, &two[..4]), (b"a", &b"bcde"[..]));
    assert_eq!(io::read(fd(&writer), &mut one), Err(Errno::BADF));
    assert_eq!(io::write(fd(&reader), &one), Err(Errno::BADF));
}

/// S-186
#[test]
fn a_full_pipe_says_how_much_it_took() {
    let (reader, writer) = narrow_pipe();
    let bytes = pattern(10_000);
    assert_eq!(io::write_all(fd(&writer), &bytes), Err(WriteError { written: 4096, error: Errno::AGAIN }));
    assert_eq!(drain(&reader, 4096), &bytes[..4096]);

    let mut slices = [IoSlice::new(&bytes[..1000]), IoSlice::new(&[]), IoSlice::new(&bytes[1000..])];
    let error = io::write_all_vectored(fd(&writer), &mut slices).unwrap_err();
    assert_eq!(error, WriteError { written: 4096, error: Errno::AGAIN });
    assert_eq!(Errno::from(error), Errno::AGAIN);
    assert_eq!(error.to_string(), "Resource temporarily unavailable, after 4096 bytes");
    assert_eq!(drain(&reader, 4096), &bytes[..4096]);
    // What has been written is gone from the slices, so the same call goes on.
    assert_eq!(slices.each_ref().map(|slice| slice.len()), [0, 0, 10_000 - 4096]);
    assert_eq!(io::write_all_vectored(fd(&writer), &mut slices).unwrap_err().written, 4096);
    assert_eq!(drain(&reader, 4096), &bytes[4096..8192]);
    assert_eq!(io::write_all_vectored(fd(&writer), &mut slices), Ok(()));
    assert_eq!(drain(&reader, 4096), &bytes[8192..]);
    assert_eq!(io::write_all_vectored(fd(&writer), &mut slices), Ok(()));
}

#[test]
fn more_slices_than_the_kernel_takes_at_once_all_arrive() {
    let bytes = pattern(5000);
    let file = tempfile();
    // Every third is empty, and so are more than the kernel takes in front and at the end.
    let empty = || iter::repeat_n(IoSlice::new(&[]), 1500);
    let full = bytes.chunks(2).flat_map(|chunk| [IoSlice::new(chunk), IoSlice::new(&[])]);
    let mut slices: Vec<IoSlice<'_>> = empty().chain(full).chain(empty()).collect();
    assert_eq!(io::write_all_vectored(fd(&file), &mut slices), Ok(()));
    assert!(slices.iter().all(|slice| slice.is_empty()));
    assert_eq!(io::write_all_vectored(fd(&file), &mut empty().collect::<Vec<_>>()), Ok(()));
    assert_eq!(io::write_all_vectored(fd(&file), &mut []), Ok(()));
    let many = vec![IoSlice::new(b"x"); 3000];
    assert_eq!(io::write_vectored(fd(&file), &many), Ok(1024));

    let mut read = vec![0; 5000];
    let mut nothing = [[0; 0]; 1500];
    let mut buffers: Vec<IoSliceMut<'_>> = nothing.iter_mut().map(|buffer| IoSliceMut::new(buffer)).collect();
    buffers.extend(read.chunks_mut(3).map(IoSliceMut::new));
    rewind(&file);
    assert_eq!(io::read_exact_vectored(fd(&file), &mut buffers), Ok(()));
    assert_eq!(read, bytes);
    let mut rest = [[0]; 3000];
    let mut buffers: Vec<IoSliceMut<'_>> = rest.iter_mut().map(|buffer| IoSliceMut::new(buffer)).collect();
    assert_eq!(io::read_vectored(fd(&file), &mut buffers), Ok(1024));
    let error = io::read_exact_vectored(fd(&file), &mut buffers).unwrap_err();
    assert_eq!(error, ReadError { read: 0, kind: ReadErrorKind::UnexpectedEof });
}

fn tempfile() -> File {
    // SAFETY: it makes a new descriptor.
    unsafe { File::from_raw_fd(libc::memfd_create(c"test".as_ptr(), 0)) }
}

fn rewind(mut file: &File) {
    std::io::Seek::rewind(&mut file).unwrap();
}

#[test]
fn a_read_that_wants_more_than_there_is_keeps_what_came() {
    let (reader, writer) = pipe().unwrap();
    io::write_all(fd(&writer), b"abcdef").unwrap();
    let mut buffer = [0; 4];
    assert_eq!(io::read_exact(fd(&reader), &mut buffer), Ok(()));
    assert_eq!(io::read_exact(fd(&reader), &mut []), Ok(()));

    set_nonblocking(&reader);
    let error = io::read_exact(fd(&reader), &mut buffer).unwrap_err();
    assert_eq!(error, ReadError { read: 2, kind: ReadErrorKind::Os(Errno::AGAIN) });
    assert_eq!(Errno::from(error), Errno::AGAIN);
    assert_eq!(&buffer, b"efcd");

    io::write_all(fd(&writer), b"gh").unwrap();
    drop(writer);
    let error = io::read_exact(fd(&reader), &mut buffer).unwrap_err();
    assert_eq!(error, ReadError { read: 2, kind: ReadErrorKind::UnexpectedEof });
    assert_eq!(Errno::from(error), Errno::NODATA);
    assert_eq!(error.to_string(), "unexpected end of file, after 2 bytes");
    assert_eq!(&buffer, b"ghcd");
}

#[test]
fn a_file_that_does_not_fit_is_an_error_and_loses_nothing() {
    let bytes = pattern(9);
    let file = tempfile();
    io::write_all(fd(&file), &bytes).unwrap();
    for room in 0..12 {
        rewind(&file);
        let mut buffer = vec![0; room];
        let result = io::read_to_end(fd(&file), &mut buffer);
        if room > bytes.len() {
            assert_eq!(result, Ok(bytes.len()));
        } else {
            assert_eq!(result, Err(ReadError { read: room, kind: ReadErrorKind::BufferFull }));
            assert_eq!(Errno::from(result.unwrap_err()), Errno::NOBUFS);
        }
        let read = room.min(bytes.len());
        assert_eq!(buffer[..read], bytes[..read]);
    }
}

static SIGNALS: AtomicU32 = AtomicU32::new(0);

/// Sends this thread a signal for as long as `work` runs. The handler is set without
/// SA_RESTART, so that each call which it interrupts ends.
fn interrupted<T>(work: impl FnOnce() -> T) -> T {
    extern "C" fn count(_: i32) {
        SIGNALS.fetch_add(1, Ordering::Relaxed);
    }

    let handler: extern "C" fn(i32) = count;
    // SAFETY: the handler does no more than count; a zeroed sigaction has no flags.
    unsafe {
        let mut action: libc::sigaction = mem::zeroed();
        action.sa_sigaction = handler as usize;
        assert_eq!(libc::sigaction(libc::SIGUSR1, &action, ptr::null_mut()), 0);
    }
    // SAFETY: it takes nothing.
    let me = unsafe { libc::pthread_self() };
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                // SAFETY: the thread lives at least as long as the scope.
                unsafe { libc::pthread_kill(me, libc::SIGUSR1) };
                thread::sleep(Duration::from_micros(200));
            }
        });
        let result = panic::catch_unwind(panic::AssertUnwindSafe(work));
        done.store(true, Ordering::Relaxed);
        result.unwrap_or_else(|cause| panic::resume_unwind(cause))
    })
}

/// Waits until that many more signals have been handled.
fn await_signals(count: u32) {
    let start = SIGNALS.load(Ordering::Relaxed);
    let begin = Instant::now();
    while SIGNALS.load(Ordering::Relaxed) < start + count {
        assert!(begin.elapsed() < Duration::from_secs(30), "no signals come");
        thread::yield_now();
    }
}

/// P-062
#[test]
fn reads_are_made_again_after_a_signal() {
    let (reader, writer) = pipe().unwrap();
    interrupted(|| {
        assert_eq!(sinew::sys::read(fd(&reader), &mut [0]), Err(Errno::INTR));
        let mut buffer = [0; 5];
        thread::scope(|scope| {
            scope.spawn(|| {
                for part in [b"ab", b"cd", b"ef"] {
                    await_signals(10);
                    io::write_all(fd(&writer), part).unwrap();
                }
            });
            assert_eq!(io::read(fd(&reader), &mut buffer), Ok(2));
            assert_eq!(io::read_exact(fd(&reader), &mut buffer[2..3]), Ok(()));
            let (one, two) = buffer[3..].split_at_mut(1);
            let mut buffers = [IoSliceMut::new(one), IoSliceMut::new(two)];
            assert_eq!(io::read_exact_vectored(fd(&reader), &mut buffers), Ok(()));
        });
        assert_eq!(&buffer, b"abcde");
    });
}

/// P-062
#[test]
fn writes_go_on_after_a_signal() {
    let bytes = pattern(1 << 20);
    let (reader, writer) = pipe().unwrap();
    let read = thread::scope(|scope| {
        let slow = scope.spawn(|| {
            let mut read = Vec::new();
            let mut buffer = [0; 30_000];
            loop {
                await_signals(3);
                match (&reader).read(&mut buffer).expect("it is made again") {
                    0 => return read,
                    count => read.extend_from_slice(&buffer[..count]),
                }
            }
        });
        interrupted(|| {
            // The system call itself stops at the first signal.
            let count = sinew::sys::write(fd(&writer), &bytes).expect("a part");
            assert!((1..bytes.len()).contains(&count), "{count}");
            assert_eq!(io::write_all(fd(&writer), &bytes[count..]), Ok(()));
            let mut slices = bytes.chunks(100_000).map(IoSlice::new).collect::<Vec<_>>();
            assert_eq!(io::write_all_vectored(fd(&writer), &mut slices), Ok(()));
            let mut buffered = BufWriter::new(fd(&writer), [0; 5000]);
            for chunk in bytes.chunks(4000).chain([&bytes[..]]) {
                assert_eq!(buffered.write_all(chunk), Ok(()));
            }
            assert_eq!(buffered.finish(), Ok(()));
            drop(writer);
            // Until the reader has come to the end.
            while !slow.is_finished() {
                thread::sleep(Duration::from_millis(1));
            }
        });
        slow.join().unwrap()
    });
    assert_eq!(read, bytes.repeat(4));
}

/// A kernel that takes nothing and gives no reason: a filter lets write(2) answer 0.
#[test]
fn a_write_that_takes_nothing_ends_in_an_error() {
    const LOAD: u16 = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
    const JUMP: u16 = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
    const RETURN: u16 = (libc::BPF_RET | libc::BPF_K) as u16;
    let mut filter = [
        libc::sock_filter { code: LOAD, jt: 0, jf: 0, k: 0 },
        libc::sock_filter { code: JUMP, jt: 1, jf: 0, k: libc::SYS_write as u32 },
        libc::sock_filter { code: JUMP, jt: 0, jf: 1, k: libc::SYS_writev as u32 },
        libc::sock_filter { code: RETURN, jt: 0, jf: 0, k: libc::SECCOMP_RET_ERRNO },
        libc::sock_filter { code: RETURN, jt: 0, jf: 0, k: libc::SECCOMP_RET_ALLOW },
    ];
    let program = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_mut_ptr() };
    let file = tempfile();
    // SAFETY: the child does nothing but system calls.
    let child = unsafe { libc::fork() };
    assert!(child >= 0);
    if child == 0 {
        let expected = WriteError { written: 0, error: Errno::IO };
        // SAFETY: the filter is whole, and binds the child only.
        let filtered = unsafe {
            libc::alarm(10);
            libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
                && libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &program) == 0
        };
        let right = io::write_all(fd(&file), b"text") == Err(expected)
            && io::write_all_vectored(fd(&file), &mut [IoSlice::new(b"text")]) == Err(expected)
            && io::write_all(fd(&file), b"") == Ok(());
        // SAFETY: it ends the child.
        unsafe { libc::_exit(if !filtered { 77 } else { i32::from(!right) }) };
    }
    let mut status = 0;
    // SAFETY: it writes the status.
    assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
    if libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 77 {
        return println!("no filters here");
    }
    assert_eq!(status, 0);
}

#[test]
fn a_buffer_keeps_what_a_full_device_does_not_take() {
    let target = tempfile();
    let full = File::create("/dev/full").unwrap();
    let mut writer = BufWriter::new(fd(&full), [0; 16]);
    writer.write_all(b"0123456789").unwrap();
    assert_eq!(writer.flush(), Err(Errno::NOSPC));
    assert_eq!(writer.buffered(), b"0123456789");
    // What does not fit any more is not taken at all, in any way of writing.
    let refused = Err(WriteError { written: 0, error: Errno::NOSPC });
    assert_eq!(writer.write_all(b"abcdefg"), refused);
    assert_eq!(writer.write_all(&[b'x'; 100]), refused);
    assert_eq!(writer.write_integer(1234567), refused);
    assert_eq!(write!(writer, "{}", "abcdefg"), Err(Errno::NOSPC));
    assert_eq!(writer.write_all(b"abcdef"), Ok(()));
    assert_eq!(writer.buffered(), b"0123456789abcdef");
    assert_eq!(format!("{writer:?}").split("buffered").nth(1), Some(": 16 }"));
    // SAFETY: the number stays open, and the file's own.
    assert!(unsafe { libc::dup2(target.as_raw_fd(), full.as_raw_fd()) } >= 0);
    assert_eq!(writer.write_all(b"gh"), Ok(()));
    drop(writer);
    rewind(&target);
    assert_eq!(std::io::read_to_string(&target).unwrap(), "0123456789abcdefgh");
}

#[test]
fn a_writer_that_is_dropped_writes_and_one_that_is_finished_says_whether_it_could() {
    let file = tempfile();
    BufWriter::new(fd(&file), [0; 9]).write_all(b"one").unwrap();
    let mut memory = [7; 9];
    let mut writer = BufWriter::new(fd(&file), &mut memory[..]);
    assert_eq!(write!(writer, " {} {:?}", "two", 3), Ok(()));
    assert_eq!(writer.finish(), Ok(()));
    rewind(&file);
    assert_eq!(std::io::read_to_string(&file).unwrap(), "one two 3");

    let null = File::open("/dev/null").unwrap();
    let mut writer = BufWriter::new(fd(&null), [0; 9]);
    writer.write_all(b"text").unwrap();
    assert_eq!(writer.finish(), Err(Errno::BADF));

    struct Refuses;
    impl std::fmt::Display for Refuses {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            Err(std::fmt::Error)
        }
    }
    let mut writer = BufWriter::new(fd(&file), [0; 9]);
    assert_eq!(write!(writer, "a{Refuses}b"), Err(Errno::INVAL));
    assert_eq!(writer.buffered(), b"a");
}

/// Counts the writes that arrive: a socket of whole messages keeps them apart.
#[test]
fn what_fits_the_buffer_is_one_write_and_so_is_what_does_not() {
    let (reader, writer) = std::os::unix::net::UnixDatagram::pair().unwrap();
    reader.set_nonblocking(true).unwrap();
    let mut out = BufWriter::new(fd(&writer), [0; 10]);
    out.write_all(b"0123456").unwrap();
    out.write_all(b"abcdef").unwrap();
    out.write_all(b"ghij").unwrap();
    out.write_all(b"a long piece").unwrap();
    out.write_all(b"end").unwrap();
    drop(out);
    let mut messages = Vec::new();
    let mut buffer = [0; 100];
    while let Ok(length) = reader.recv(&mut buffer) {
        messages.push(String::from_utf8(buffer[..length].into()).unwrap());
    }
    assert_eq!(messages, ["0123456", "abcdefghija long piece", "end"]);
}

#[derive(Clone, Debug)]
enum Piece {
    Bytes(usize),
    Integer(i64),
    Flush,
    Drain(usize),
}

fn piece() -> impl Strategy<Value = Piece> {
    prop_oneof![
        (0..40_usize).prop_map(Piece::Bytes),
        (0..6000_usize).prop_map(Piece::Bytes),
        any::<i64>().prop_map(Piece::Integer),
        Just(Piece::Flush),
        (0..6000_usize).prop_map(Piece::Drain),
    ]
}

proptest! {
    /// Whatever is written, into whatever buffer, through a pipe that is often full: every
    /// byte arrives once and in order, if those that were refused are offered again.
    #[test]
    fn nothing_is_lost_and_nothing_comes_twice(
        capacity in 0..200_usize,
        pieces in prop::collection::vec(piece(), 0..60),
    ) {
        let (reader, writer) = narrow_pipe();
        let mut memory = vec![0; capacity];
        let mut out = BufWriter::new(fd(&writer), &mut memory[..]);
        let (mut expected, mut read) = (Vec::new(), Vec::new());
        for piece in pieces {
            let mut left = match piece {
                Piece::Bytes(length) => pattern(length),
                Piece::Integer(number) => {
                    let text = number.to_string().into_bytes();
                    match out.write_integer(number) {
                        Ok(()) => {
                            expected.extend_from_slice(&text);
                            Vec::new()
                        }
                        Err(error) => {
                            expected.extend_from_slice(&text[..error.written]);
                            text[error.written..].to_vec()
                        }
                    }
                }
                Piece::Flush => {
                    let result = out.flush();
                    prop_assert!(matches!(result, Ok(()) | Err(Errno::AGAIN)));
                    prop_assert_eq!(result.is_ok(), out.buffered().is_empty());
                    continue;
                }
                Piece::Drain(most) => {
                    read.extend(drain(&reader, most));
                    continue;
                }
            };
            while let Err(error) = out.write_all(&left) {
                prop_assert_eq!(error.error, Errno::AGAIN);
                expected.extend_from_slice(&left[..error.written]);
                left.drain(..error.written);
                read.extend(drain(&reader, 5000));
            }
            expected.extend_from_slice(&left);
            prop_assert!(expected.ends_with(out.buffered()));
        }
        while out.flush().is_err() {
            read.extend(drain(&reader, 5000));
        }
        read.extend(drain(&reader, 5000));
        prop_assert_eq!(read, expected);
    }

    /// Every integer, and every type's ends, as the standard library writes them.
    #[test]
    fn integers_are_written_as_the_standard_library_does(number: i128, shift in 0..128_u32) {
        let mut expected = String::new();
        let file = tempfile();
        let mut out = BufWriter::new(fd(&file), [0; 64]);
        macro_rules! check {
            ($($Integer:ty),*) => {$(
                for number in [(number >> shift) as $Integer, <$Integer>::MIN, <$Integer>::MAX, 0, 9, 10] {
                    out.write_integer(number).unwrap();
                    out.write_all(b" ").unwrap();
                    expected += &format!("{number} ");
                }
            )*};
        }
        check!(i8, u8, i16, u16, i32, u32, i64, u64, isize, usize, i128, u128);
        out.finish().unwrap();
        rewind(&file);
        prop_assert_eq!(std::io::read_to_string(&file).unwrap(), expected);
    }
}

/// A terminal and its other side.
fn terminal() -> (File, File) {
    let (mut outer, mut inner) = (-1, -1);
    // SAFETY: it makes two new descriptors, which nobody else owns.
    unsafe {
        let null = ptr::null_mut();
        assert_eq!(libc::openpty(&mut outer, &mut inner, null, null.cast(), null.cast()), 0);
        (File::from_raw_fd(outer), File::from_raw_fd(inner))
    }
}

#[test]
fn a_terminal_is_one_and_nothing_else_is() {
    let (outer, inner) = terminal();
    assert!(io::is_terminal(fd(&inner)));
    assert!(io::is_terminal(fd(&outer)));
    let (reader, writer) = pipe().unwrap();
    assert!(!io::is_terminal(fd(&reader)) && !io::is_terminal(fd(&writer)));
    assert!(!io::is_terminal(fd(&tempfile())));
}

/// What a program that prints step by step has written after each of its steps.
fn steps(buffering: &str, stdout: impl Into<Stdio>, reader: File) -> Vec<String> {
    let mut child = bounded(program("output"))
        .args(["steps", buffering])
        .stdin(Stdio::piped())
        .stdout(stdout)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    set_nonblocking(&reader);
    let now = || {
        let mut buffer = [0; 1000];
        let length = (&reader).read(&mut buffer).unwrap_or(0);
        String::from_utf8(buffer[..length].into()).unwrap()
    };
    let mut seen = Vec::new();
    for _ in 0..3 {
        let mut dot = [0];
        child.stderr.as_mut().unwrap().read_exact(&mut dot).unwrap();
        seen.push(now());
        child.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
    }
    assert!(child.wait().unwrap().success());
    seen.push(now());
    seen
}

/// S-261
#[test]
fn standard_output_is_written_by_lines_on_a_terminal_and_in_blocks_elsewhere() {
    let through_pipe = |buffering| {
        let (reader, writer) = pipe().unwrap();
        steps(buffering, writer, OwnedFd::from(reader).into())
    };
    let through_terminal = |buffering| {
        let (outer, inner) = terminal();
        // It stays open here, or what is left would go with the program.
        steps(buffering, inner.try_clone().unwrap(), outer)
    };
    assert_eq!(through_terminal("auto"), ["", "one 1 two\r\n", "three", "four"]);
    assert_eq!(through_terminal("full"), ["", "", "one 1 two\r\nthree", "four"]);
    assert_eq!(through_terminal("none"), ["one 1", " two\r\nthree", "", "four"]);
    assert_eq!(through_pipe("auto"), ["", "", "one 1 two\nthree", "four"]);
    assert_eq!(through_pipe("line"), ["", "one 1 two\n", "three", "four"]);
    assert_eq!(through_pipe("none"), ["one 1", " two\nthree", "", "four"]);
}

#[test]
fn a_line_that_is_as_long_as_the_buffer_does_not_hold_the_next_one_back() {
    let mut child = bounded(program("output"))
        .arg("long")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let mut lines = vec![0; 64 * 1024 + "\nsecond\n".len()];
    stdout.read_exact(&mut lines).unwrap();
    assert!(lines.ends_with(b"45678\nsecond\n"));
    child.stderr.as_mut().unwrap().read_exact(&mut [0]).unwrap();
    child.stdin.take().unwrap().write_all(b"\n").unwrap();
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "third");
    assert!(child.wait().unwrap().success());
}

const WAYS: [&str; 4] = ["lock", "println", "writer", "unbuffered"];

/// The numbers from 0 up, a line each.
fn numbers(count: u32) -> String {
    (0..count).map(|number| format!("{number}\n")).collect()
}

/// S-261
#[test]
fn the_counter_prints_the_same_in_every_way_and_everywhere() {
    let counter = example("counter");
    let folder = Folder::new();
    let path = folder.join("numbers");
    let expected = numbers(100_000);
    for way in WAYS {
        let run = |stdout: Stdio| {
            let mut child = bounded(&counter).args(["100000", way]).stdout(stdout).spawn().unwrap();
            let mut text = String::new();
            if let Some(mut stdout) = child.stdout.take() {
                stdout.read_to_string(&mut text).unwrap();
            }
            assert!(child.wait().unwrap().success(), "{way}");
            text
        };
        assert!(run(Stdio::piped()) == expected, "{way}");
        run(File::create(&path).unwrap().into());
        assert!(fs::read_to_string(&path).unwrap() == expected, "{way}");
    }
}

/// S-261
#[test]
fn the_counter_prints_the_same_on_a_terminal() {
    let expected = numbers(2000).replace('\n', "\r\n");
    for way in WAYS {
        let (mut outer, inner) = terminal();
        let mut child = bounded(example("counter")).args(["2000", way]).stdout(inner).spawn().unwrap();
        let mut text = Vec::new();
        // Reading from it ends with EIO when the program has.
        let _ = outer.read_to_end(&mut text);
        assert!(child.wait().unwrap().success());
        assert_eq!(str::from_utf8(&text), Ok(&expected[..]), "{way}");
    }
}

/// What a program says and leaves when its standard output is this.
fn with_stdout(mut command: Command, stdout: impl Into<Stdio>) -> Output {
    command.stdout(stdout).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap()
}

fn counter(count: &str, way: &str) -> Command {
    let mut command = bounded(example("counter"));
    command.args([count, way]);
    command
}

#[track_caller]
fn assert_end(output: &Output, code: i32, message: &str) {
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), message);
}

#[test]
fn output_that_is_lost_does_not_look_like_success() {
    let full = || File::create("/dev/full").unwrap();
    let message = "error: No space left on device\n";
    // In the end; long before it, with much that went nowhere; with a program that looks.
    assert_end(&with_stdout(counter("10", "println"), full()), 74, message);
    assert_end(&with_stdout(counter("100000", "println"), full()), 74, message);
    let message = "counter: No space left on device, after 0 bytes\nerror: No space left on device\n";
    assert_end(&with_stdout(counter("100000", "lock"), full()), 74, message);

    let mut closed = counter("10", "println");
    // SAFETY: it closes a descriptor of the child.
    unsafe {
        closed.pre_exec(|| {
            libc::close(1);
            Ok(())
        })
    };
    assert_end(&with_stdout(closed, Stdio::inherit()), 74, "error: Bad file descriptor\n");

    // A value that cannot be printed is not cut off in silence either.
    let mut refuses = bounded(program("output"));
    refuses.arg("refuses");
    assert_end(&with_stdout(refuses, Stdio::piped()), 74, "error: Invalid argument\n");
}

#[test]
fn a_reader_that_left_ends_a_program_but_makes_none_panic() {
    let gone = || {
        let (_, writer) = pipe().unwrap();
        writer
    };
    for count in ["10", "100000"] {
        // The command sets SIGPIPE to its default.
        let output = with_stdout(counter(count, "println"), gone());
        assert_eq!(output.status.signal(), Some(libc::SIGPIPE));
        assert_eq!(output.stderr, b"");

        let mut deaf = counter(count, "println");
        // SAFETY: signal(2) is async-signal-safe; what is ignored stays so after the exec.
        unsafe {
            deaf.pre_exec(|| {
                libc::signal(libc::SIGPIPE, libc::SIG_IGN);
                Ok(())
            })
        };
        assert_end(&with_stdout(deaf, gone()), 74, "error: Broken pipe\n");
    }
}

#[test]
fn standard_error_is_never_a_reason_to_fail() {
    let mut command = bounded(program("output"));
    let full = File::create("/dev/full").unwrap();
    let output = command.arg("everywhere").stdout(Stdio::piped()).stderr(full).output().unwrap();
    assert!(output.status.success());
    assert_eq!(output.stdout, b"out\n");
    let output = bounded(program("output")).arg("everywhere").output().unwrap();
    assert_eq!(output.stderr, b"err 1\n");
}

#[test]
fn a_lock_the_macros_and_the_functions_share_one_buffer() {
    let output = bounded(program("output")).arg("order").output().unwrap();
    assert!(output.status.success());
    assert_eq!(str::from_utf8(&output.stdout), Ok("1 2 3 4 5 -6 '7'\n"));
}

#[test]
fn a_value_may_print_while_it_is_printed() {
    let output = bounded(program("output")).arg("nested").output().unwrap();
    assert!(output.status.success());
    assert_eq!(str::from_utf8(&output.stdout), Ok("outer text text\ninner\ninner\n"));
}

#[test]
fn a_fork_does_not_write_the_buffer_twice() {
    let output = bounded(program("output")).arg("fork").output().unwrap();
    assert!(output.status.success());
    assert_eq!(str::from_utf8(&output.stdout), Ok("before child parent\n"));
}

#[test]
fn a_handler_that_exits_in_the_middle_of_a_print_does_not_look_like_success() {
    let output = bounded(program("output")).arg("busy").output().unwrap();
    assert_end(&output, 74, "error: Device or resource busy\n");
}

/// What a program printed whose handler printed too, and how many lines of each there are.
fn with_handler(mode: &str) -> (String, u32, u32) {
    let mut child =
        bounded(program("output")).arg(mode).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Now and then the pipe is full and a write waits: then handlers come between its parts.
    let mut stdout = child.stdout.take().unwrap();
    let (mut text, mut buffer) = (Vec::new(), vec![0; 100_000]);
    loop {
        thread::sleep(Duration::from_millis(1));
        match stdout.read(&mut buffer).unwrap() {
            0 => break,
            count => text.extend_from_slice(&buffer[..count]),
        }
    }
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{:?}", output.status);
    let counts = str::from_utf8(&output.stderr).unwrap().trim_end();
    let (handled, printed) = counts.split_once(' ').unwrap();
    (String::from_utf8(text).unwrap(), handled.parse().unwrap(), printed.parse().unwrap())
}

#[test]
fn a_handler_that_prints_neither_waits_nor_tears_a_line() {
    let (text, handled, printed) = with_handler("handler");
    let (mut handler, mut main, mut number, mut empty) = (0, 0, 0, 0);
    for line in text.lines() {
        // Each is one that somebody printed, and comes in order.
        let (word, count) = match line.split_once(' ').unwrap_or((line, "")) {
            ("handler", "") if handler % 2 == 0 => (&mut handler, ""),
            ("handler", count) if handler % 2 == 1 => (&mut handler, count),
            ("main", count) => (&mut main, count),
            ("number", count) => (&mut number, count),
            ("", "") => (&mut empty, ""),
            _ => panic!("{line:?} after {main} others"),
        };
        assert!(count.is_empty() || count == word.to_string(), "{line:?} after {word} others");
        *word += 1;
    }
    assert_eq!((handler, main, number, empty), (handled, printed, printed, printed));
}

#[test]
fn what_a_handler_prints_follows_the_write_that_it_interrupted() {
    let folder = Folder::new();
    let path = folder.join("lines");
    let status = bounded(program("output")).arg("soon").stdout(File::create(&path).unwrap()).status();
    assert!(status.unwrap().success());
    let text = fs::read_to_string(&path).unwrap();
    let (mut last, mut handled) = (0, 0);
    for line in text.lines() {
        if let Some(place) = line.strip_prefix("handler ") {
            // It came before, in, or after the write of this line.
            let place: u32 = place.parse().unwrap();
            assert!(place == last || place == last + 1, "{place} behind {last}");
            handled += 1;
        } else {
            last += 1;
            assert_eq!(line, format!("{last:08}"));
        }
    }
    assert!(handled >= 300);
}

/// What is more than is kept comes between others' words, but all of it comes.
#[test]
fn a_handler_that_prints_too_much_loses_nothing() {
    let (text, handled, printed) = with_handler("flood");
    let mut expected = String::new();
    for number in 0..handled {
        expected += &if number % 2 == 0 { "handler\n".into() } else { format!("handler {number}\n") };
    }
    for line in 0..printed {
        expected += &format!("main {line}\n\nnumber {line}\n");
    }
    let count = |text: &str| {
        let mut counts = [0; 128];
        text.bytes().for_each(|byte| counts[usize::from(byte)] += 1);
        counts
    };
    assert_eq!(count(&text), count(&expected));
}

/// Runs `part` of the test of this name in a process of its own, because the test's standard
/// output is the harness's: the test runs itself again. In the parent it gives what `part`
/// printed, between two marks; in that process `None`.
fn in_a_process(test: &str, part: fn()) -> Option<String> {
    if env::var_os("SINEW_TEST_CHILD").is_some() {
        part();
        return None;
    }
    let output = bounded(env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env("SINEW_TEST_CHILD", "1")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    let (_, text) = text.split_once("<<<\n").expect("the mark");
    Some(text.split_once(">>>\n").expect("the other mark").0.to_owned())
}

/// What runs in such a process.
fn marked(print: impl FnOnce()) {
    sinew::println!("\n<<<");
    print();
    sinew::println!(">>>");
    io::stdout().flush().unwrap();
}

#[test]
fn threads_take_turns_on_standard_output() {
    let Some(text) = in_a_process("threads_take_turns_on_standard_output", threads_print) else { return };
    let mut next = [0; 4];
    for line in text.lines() {
        let (thread, number) = line.strip_prefix("thread ").unwrap().split_once(": ").unwrap();
        let next = &mut next[thread.parse::<usize>().unwrap()];
        assert_eq!(number, next.to_string());
        *next += 1;
    }
    assert_eq!(next, [20_000; 4]);
}

fn threads_print() {
    marked(|| {
        thread::scope(|scope| {
            for thread in 0..4 {
                scope.spawn(move || {
                    for number in 0..20_000 {
                        match number % 3 {
                            0 => sinew::println!("thread {thread}: {number}"),
                            1 => {
                                let mut out = io::stdout().lock();
                                out.write_all(b"thread ").unwrap();
                                out.write_integer(thread).unwrap();
                                sinew::print!(": ");
                                out.write_integer(number).unwrap();
                                out.write_all(b"\n").unwrap();
                            }
                            _ => writeln!(io::stdout(), "thread {thread}: {number}").unwrap(),
                        }
                    }
                });
            }
        });
    });
}

/// What the handler has printed, and how much of that it may have printed so far.
static HANDLED: [AtomicU32; 2] = [const { AtomicU32::new(0) }; 2];

#[test]
fn a_handler_that_prints_on_a_thread_neither_waits_nor_tears_a_line() {
    let Some(text) = in_a_process(
        "a_handler_that_prints_on_a_thread_neither_waits_nor_tears_a_line",
        handlers_print_on_threads,
    ) else {
        return;
    };
    let (text, counts) = text.trim_end().rsplit_once('\n').unwrap();
    let counts = counts.strip_prefix("counts ").unwrap();
    let (handled, printed) = counts.split_once(' ').unwrap();
    let mut lines = [0; 3];
    for line in text.lines() {
        match line {
            "handler" => lines[0] += 1,
            "a line of the first" => lines[1] += 1,
            "a line of the second" => lines[2] += 1,
            _ => panic!("{line:?}"),
        }
    }
    assert_eq!(lines[0], handled.parse::<u32>().unwrap());
    assert_eq!(lines[1] + lines[2], printed.parse::<u32>().unwrap());
}

fn handlers_print_on_threads() {
    extern "C" fn print(_: i32) {
        let [handled, allowed] = &HANDLED;
        let more = |handled| (handled < allowed.load(Ordering::Relaxed)).then_some(handled + 1);
        if handled.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok() {
            sinew::println!("handler");
        }
    }

    marked(|| {
        let handler: extern "C" fn(i32) = print;
        // SAFETY: the handler prints, as it may.
        unsafe {
            let mut action: libc::sigaction = mem::zeroed();
            action.sa_sigaction = handler as usize;
            action.sa_flags = libc::SA_RESTART;
            assert_eq!(libc::sigaction(libc::SIGUSR1, &action, ptr::null_mut()), 0);
        }
        let printed = AtomicU32::new(0);
        let threads = Mutex::new(Vec::new());
        let work = |line: &'static str| {
            // SAFETY: it takes nothing.
            threads.lock().unwrap().push(unsafe { libc::pthread_self() } as usize);
            let [handled, allowed] = &HANDLED;
            while handled.load(Ordering::Relaxed) < 3000 {
                // No more than is kept while one write is under way.
                allowed.store(handled.load(Ordering::Relaxed) + 20, Ordering::Relaxed);
                sinew::println!("{line}");
                printed.fetch_add(1, Ordering::Relaxed);
            }
        };
        thread::scope(|scope| {
            let workers =
                [scope.spawn(|| work("a line of the first")), scope.spawn(|| work("a line of the second"))];
            while workers.iter().any(|worker| !worker.is_finished()) {
                for &thread in threads.lock().unwrap().iter() {
                    // SAFETY: a thread that is not joined yet can be sent a signal.
                    unsafe { libc::pthread_kill(thread as libc::pthread_t, libc::SIGUSR1) };
                }
                thread::sleep(Duration::from_micros(50));
            }
        });
        sinew::println!("counts {} {}", HANDLED[0].load(Ordering::Relaxed), printed.into_inner());
    });
}

#[test]
fn a_forked_child_does_not_wait_for_a_thread_that_it_does_not_have() {
    let Some(text) = in_a_process(
        "a_forked_child_does_not_wait_for_a_thread_that_it_does_not_have",
        a_child_prints_while_another_thread_holds_the_lock,
    ) else {
        return;
    };
    assert_eq!(text, "child 1\nparent\n");
}

fn a_child_prints_while_another_thread_holds_the_lock() {
    marked(|| {
        io::stdout().flush().unwrap();
        let (reader, writer) = pipe().unwrap();
        let (locked, is_locked) = std::sync::mpsc::channel();
        thread::scope(|scope| {
            scope.spawn(move || {
                let _lock = io::stdout().lock();
                locked.send(()).unwrap();
                io::read(fd(&reader), &mut [0]).unwrap();
            });
            is_locked.recv().unwrap();
            // SAFETY: the child prints, without an allocation, and ends.
            let child = unsafe { libc::fork() };
            if child == 0 {
                sinew::println!("child {}", std::hint::black_box(1));
                // SAFETY: it ends the child.
                unsafe { libc::_exit(i32::from(io::stdout().flush() != Err(Errno::BUSY))) };
            }
            let mut status = 0;
            // SAFETY: it writes the status.
            assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
            assert_eq!(status, 0);
            drop(writer);
        });
        sinew::println!("parent");
    });
}

/// In a program on `std` the first error waits for `flush`.
#[test]
fn flush_tells_the_first_error_of_a_print_once() {
    let Some(text) = in_a_process("flush_tells_the_first_error_of_a_print_once", prints_to_a_full_device)
    else {
        return;
    };
    assert_eq!(text, "kept\n");
}

fn prints_to_a_full_device() {
    marked(|| {
        io::stdout().flush().unwrap();
        assert_eq!(io::flush_stdout(), Ok(()));
        let full = File::create("/dev/full").unwrap();
        // SAFETY: it makes another descriptor for what number 1 leads to.
        let stdout = unsafe { OwnedFd::from_raw_fd(libc::dup(1)) };
        // SAFETY: number 1 is standard output before and after.
        assert_eq!(unsafe { libc::dup2(full.as_raw_fd(), 1) }, 1);
        io::stdout().set_buffering(io::Buffering::Line).unwrap();
        sinew::println!("kept");
        // SAFETY: see above.
        assert_eq!(unsafe { libc::dup2(stdout.as_raw_fd(), 1) }, 1);
        assert_eq!(io::flush_stdout(), Err(Errno::NOSPC));
        assert_eq!(io::flush_stdout(), Ok(()));
    });
}
