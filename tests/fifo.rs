//! FIFOs.

#[path = "common/child.rs"]
mod child;

use child::{Folder, alone, child, has_python, on_signal, until_blocked_in};
use sinew::Errno;
use sinew::fd::{AsFd, BorrowedFd};
use sinew::io;
use sinew::ipc::{fifo, pipe};
use sinew::sys::{self, FdFlags, OpenFlags, SigHandler};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::process::{Command, Stdio};
use std::{env, fs};

const NOTHING: OpenFlags = OpenFlags::empty();

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

/// S-193
#[test]
fn a_fifo_has_the_type_and_the_permissions_less_the_umask() {
    alone(|| {
        let folder = Folder::new();
        for (name, mode, umask) in [("a", 0o666, 0o022), ("b", 0o600, 0), ("c", 0o777, 0o777)] {
            sys::umask(umask);
            fifo::create(folder.file(name).as_str(), mode).expect("create");
            let status = fs::metadata(folder.file(name)).expect("stat");
            assert!(status.file_type().is_fifo());
            assert_eq!(status.mode() & 0o7777, mode & !umask, "{name}");
        }
    });
}

/// S-200
#[test]
fn a_name_that_is_taken_is_an_error_and_stays_what_it_is() {
    let folder = Folder::new();
    let path = folder.file("name");
    fs::write(&path, "a file").expect("write");
    assert_eq!(fifo::create(path.as_str(), 0o600), Err(Errno::EXIST));
    assert_eq!(fs::read(&path).expect("read"), b"a file");
    fifo::unlink(path.as_str()).expect("unlink");
    assert_eq!(fifo::create(path.as_str(), 0o600), Ok(()));
    assert_eq!(fifo::create(path.as_str(), 0o600), Err(Errno::EXIST));
    assert_eq!(fifo::unlink(path.as_str()), Ok(()));
    assert_eq!(fifo::unlink(path.as_str()), Err(Errno::NOENT));
}

#[test]
fn a_mode_cannot_make_it_another_kind_of_file() {
    let folder = Folder::new();
    let path = folder.file("fifo");
    fifo::create(path.as_str(), libc::S_IFREG | 0o600).expect("create");
    assert!(fs::metadata(&path).expect("stat").file_type().is_fifo());
}

/// A side of the next tests, in a program of its own; `role` says which.
fn program(role: &str) {
    let path = env::var("SINEW_FIFO").expect("the path");
    match role {
        "reader" => {
            let reader = fifo::open_reader(path.as_str(), NOTHING).expect("open");
            assert_eq!(read_all(reader.as_fd()), b"hello, stranger");
        }
        "writer" => {
            let writer = fifo::open_writer(path.as_str(), NOTHING).expect("open");
            io::write_all(&writer, b"hello, stranger").expect("write");
        }
        role => panic!("{role}"),
    }
}

fn ours(role: &str, path: &str) -> Command {
    let mut command = Command::new(env::current_exe().expect("the test's program"));
    command
        .args(["two_programs_that_are_not_related_talk", "--exact"])
        .env("SINEW_ROLE", role)
        .env("SINEW_FIFO", path);
    command
}

fn pythons(role: &str, path: &str) -> Command {
    let mut command = Command::new("python3");
    command.args(["-c", role, path]);
    command
}

/// Starts both and waits for both.
fn talk(programs: [Command; 2]) {
    let running = programs.map(|mut program| {
        program.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("spawn")
    });
    for program in running {
        let output = program.wait_with_output().expect("wait");
        assert!(output.status.success(), "{output:?}");
    }
}

/// S-194
#[test]
fn two_programs_that_are_not_related_talk() {
    // The other programs are this one, started again.
    if let Ok(role) = env::var("SINEW_ROLE") {
        return program(&role);
    }
    alone(|| {
        let folder = Folder::new();
        let path = folder.file("fifo");
        fifo::create(path.as_str(), 0o600).expect("create");
        talk([ours("reader", &path), ours("writer", &path)]);
        talk([ours("writer", &path), ours("reader", &path)]);
    });
}

/// S-194
#[test]
fn python_and_we_talk_both_ways() {
    if !has_python() {
        return;
    }
    alone(|| {
        let folder = Folder::new();
        let path = folder.file("fifo");
        fifo::create(path.as_str(), 0o600).expect("create");
        let write = "import sys; open(sys.argv[1], 'wb').write(b'hello, stranger')";
        talk([ours("reader", &path), pythons(write, &path)]);
        let read = "import sys; assert open(sys.argv[1], 'rb').read() == b'hello, stranger'";
        talk([ours("writer", &path), pythons(read, &path)]);
        // One that Python has made.
        fifo::unlink(path.as_str()).expect("unlink");
        talk([
            pythons("import os, sys; os.mkfifo(sys.argv[1])", &path),
            pythons("import sys; sys.exit(0)", &path),
        ]);
        talk([ours("writer", &path), ours("reader", &path)]);
    });
}

/// S-195
#[test]
fn the_size_is_0_while_it_holds_bytes() {
    let folder = Folder::new();
    let path = folder.file("fifo");
    fifo::create(path.as_str(), 0o600).expect("create");
    let reader = fifo::open_reader(path.as_str(), OpenFlags::NONBLOCK).expect("open");
    let writer = fifo::open_writer(path.as_str(), NOTHING).expect("open");
    io::write_all(&writer, &[0; 60 << 10]).expect("write");
    assert_eq!(sys::ioctl_fionread(reader.as_fd()), Ok(60 << 10));
    for end in [&reader, &writer] {
        assert_eq!(sys::fstat(end.as_fd()).expect("fstat").size(), 0);
    }
    let status = fs::metadata(&path).expect("stat");
    assert_eq!((status.size(), status.blocks()), (0, 0));
}

/// S-196
#[test]
fn what_nobody_read_is_gone_when_both_ends_are_closed() {
    alone(|| {
        let folder = Folder::new();
        let path = folder.file("fifo");
        fifo::create(path.as_str(), 0o600).expect("create");
        let open = || {
            let reader = fifo::open_reader(path.as_str(), OpenFlags::NONBLOCK).expect("open");
            (reader, fifo::open_writer(path.as_str(), NOTHING).expect("open"))
        };
        let (reader, writer) = open();
        io::write_all(&writer, b"forgotten").expect("write");
        drop(writer);
        // One end is enough to keep it.
        assert_eq!(sys::ioctl_fionread(reader.as_fd()), Ok(9));
        drop(reader);
        let (reader, _writer) = open();
        assert_eq!(io::read(&reader, &mut [0; 16]), Err(Errno::AGAIN));
    });
}

/// S-197
#[test]
fn it_goes_one_way() {
    let folder = Folder::new();
    let path = folder.file("fifo");
    fifo::create(path.as_str(), 0o600).expect("create");
    let reader = fifo::open_reader(path.as_str(), OpenFlags::NONBLOCK).expect("open");
    let writer = fifo::open_writer(path.as_str(), NOTHING).expect("open");
    assert_eq!(io::write(&reader, b"back"), Err(Errno::BADF));
    assert_eq!(io::read(&writer, &mut [0]), Err(Errno::BADF));
}

/// S-198
#[test]
fn opening_the_reading_end_waits_for_a_writer() {
    alone(|| {
        let folder = Folder::new();
        let path = folder.file("fifo");
        fifo::create(path.as_str(), 0o600).expect("create");
        let other = child(|| {
            let reader = fifo::open_reader(path.as_str(), NOTHING).expect("open");
            assert_eq!(read_all(reader.as_fd()), b"at last");
        });
        until_blocked_in(other.pid, libc::SYS_openat);
        // It is the one that waits for us: this opens at once.
        let writer = fifo::open_writer(path.as_str(), OpenFlags::NONBLOCK).expect("open");
        io::write_all(&writer, b"at last").expect("write");
        drop(writer);
        other.succeeds();
    });
}

/// S-198
#[test]
fn opening_the_writing_end_waits_for_a_reader() {
    alone(|| {
        let folder = Folder::new();
        let path = folder.file("fifo");
        fifo::create(path.as_str(), 0o600).expect("create");
        let other = child(|| {
            let writer = fifo::open_writer(path.as_str(), NOTHING).expect("open");
            io::write_all(&writer, b"at last").expect("write");
        });
        until_blocked_in(other.pid, libc::SYS_openat);
        let reader = fifo::open_reader(path.as_str(), NOTHING).expect("open");
        assert_eq!(read_all(reader.as_fd()), b"at last");
        other.succeeds();
    });
}

unsafe extern "C" fn nothing(_: i32) {}

/// S-198
#[test]
fn an_open_that_waits_goes_on_after_a_signal_handler() {
    alone(|| {
        let folder = Folder::new();
        let path = folder.file("fifo");
        fifo::create(path.as_str(), 0o600).expect("create");
        let (reader, writer) = pipe().expect("pipe");
        let other = child(|| {
            unsafe extern "C" fn say_so(_: i32) {
                // The first descriptors of this process: the pipe's.
                // SAFETY: the byte is there.
                unsafe { libc::write(4, b"!".as_ptr().cast(), 1) };
            }
            on_signal(libc::SIGUSR1, SigHandler::function(say_so));
            let _reader = fifo::open_reader(path.as_str(), NOTHING).expect("open");
        });
        drop(writer);
        until_blocked_in(other.pid, libc::SYS_openat);
        sys::kill(other.pid, libc::SIGUSR1).expect("kill");
        assert_eq!(io::read(&reader, &mut [0]), Ok(1), "the handler ran");
        until_blocked_in(other.pid, libc::SYS_openat);
        drop(fifo::open_writer(path.as_str(), NOTHING).expect("open"));
        other.succeeds();
    });
}

/// S-198
#[test]
fn a_writer_that_does_not_wait_needs_a_reader() {
    let folder = Folder::new();
    let path = folder.file("fifo");
    fifo::create(path.as_str(), 0o600).expect("create");
    let open = || fifo::open_writer(path.as_str(), OpenFlags::NONBLOCK);
    assert_eq!(open().map(drop), Err(Errno::NXIO));
    let _reader = fifo::open_reader(path.as_str(), OpenFlags::NONBLOCK).expect("open");
    let writer = open().expect("open");
    assert_eq!(sys::fcntl_getfd(writer.as_fd()), Ok(FdFlags::CLOEXEC));
}

/// Opens a FIFO for a child that writes and for a parent that reads no more.
fn write_without_readers(sigpipe: SigHandler) -> sinew::process::ExitStatus {
    let folder = Folder::new();
    let path = folder.file("fifo");
    fifo::create(path.as_str(), 0o600).expect("create");
    let other = child(|| {
        on_signal(libc::SIGPIPE, sigpipe);
        let writer = fifo::open_writer(path.as_str(), NOTHING).expect("open");
        // More than fits: the writer waits when the reader goes.
        let error = io::write_all(&writer, &vec![0; 1 << 20]);
        assert_eq!(error.map_err(Errno::from), Err(Errno::PIPE));
        assert_eq!(io::write(&writer, &[0]), Err(Errno::PIPE));
        sys::exit_group(9)
    });
    let reader = fifo::open_reader(path.as_str(), NOTHING).expect("open");
    until_blocked_in(other.pid, libc::SYS_write);
    drop(reader);
    other.wait().status
}

/// S-199
#[test]
fn without_readers_a_writer_is_killed_by_sigpipe() {
    alone(|| {
        let status = write_without_readers(SigHandler::DEFAULT);
        assert_eq!((status.raw(), status.signal()), (13, Some(libc::SIGPIPE)));
    });
}

/// S-199
#[test]
fn without_readers_a_writer_that_ignores_sigpipe_gets_an_error() {
    alone(|| {
        assert_eq!(write_without_readers(SigHandler::IGNORE).code(), Some(9));
    });
}

/// S-199
#[test]
fn without_readers_a_writer_that_handles_sigpipe_gets_an_error() {
    alone(|| {
        assert_eq!(write_without_readers(SigHandler::function(nothing)).code(), Some(9));
    });
}

/// S-207
#[test]
fn a_question_and_an_answer_need_two_fifos_and_never_hang() {
    alone(|| {
        let folder = Folder::new();
        let [there, back] = ["there", "back"].map(|name| folder.file(name));
        for path in [&there, &back] {
            fifo::create(path.as_str(), 0o600).expect("create");
        }
        for round in 0..200_u32 {
            let other = child(|| {
                let question = fifo::open_reader(there.as_str(), NOTHING).expect("open");
                let answer = fifo::open_writer(back.as_str(), NOTHING).expect("open");
                io::write_all(&answer, &read_all(question.as_fd())).expect("write");
            });
            let question = fifo::open_writer(there.as_str(), NOTHING).expect("open");
            let answer = fifo::open_reader(back.as_str(), NOTHING).expect("open");
            io::write_all(&question, &round.to_ne_bytes()).expect("write");
            drop(question);
            assert_eq!(read_all(answer.as_fd()), round.to_ne_bytes());
            other.succeeds();
        }
    });
}

#[test]
fn a_path_that_leads_nowhere_is_an_error() {
    let folder = Folder::new();
    let path = folder.file("folder/fifo");
    assert_eq!(fifo::create(path.as_str(), 0o600), Err(Errno::NOENT));
    assert_eq!(fifo::open_reader(path.as_str(), NOTHING).map(drop), Err(Errno::NOENT));
    assert_eq!(fifo::unlink("a\0b"), Err(Errno::INVAL));
}
