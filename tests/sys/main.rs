//! The system calls against the running kernel: for each, what it does and how it fails.
//!
//! What changes the whole process happens in a forked child. The test's process has more
//! threads, so the child only makes system calls, and says by its exit status how it went.

mod credentials;
mod fs;
mod io;
mod memory;
mod poll;
mod process;
mod signal;
mod system;
mod terminal;
mod time;

use sinew::fd::{AsFd, BorrowedFd, OwnedFd, STDERR};
use sinew::sys::*;
use std::ffi::{CStr, CString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::ptr;

/// In a child: leaves with status 1 and the line if the condition does not hold.
macro_rules! must {
    ($condition:expr) => {
        if !$condition {
            crate::fail(concat!(file!(), ":", line!(), ": ", stringify!($condition), "\n"))
        }
    };
}

pub(crate) use must;

fn fail(message: &str) -> ! {
    _ = write(STDERR, message.as_bytes());
    exit_group(1)
}

/// Forks. The child does `body` and exits with 0; after a minute, a signal ends it.
fn fork(body: impl FnOnce()) -> Pid {
    // SAFETY: the child makes system calls and exits; it drops nothing of the parent's.
    let pid =
        unsafe { clone(CloneFlags::empty(), libc::SIGCHLD, ptr::null_mut(), ptr::null_mut(), 0).unwrap() };
    if pid != 0 {
        return pid;
    }
    let minute = Timeval { tv_sec: 60, tv_usec: 0 };
    must!(setitimer(Itimer::REAL, &Itimerval { it_value: minute, ..Itimerval::default() }, None).is_ok());
    body();
    exit_group(0)
}

/// Waits for a child and gives the status word.
fn status_of(pid: Pid) -> i32 {
    let mut status = -1;
    loop {
        match wait4(pid, Some(&mut status), WaitOptions::empty(), None) {
            Err(sinew::Errno::INTR) => {}
            result => break assert_eq!(result, Ok(pid)),
        }
    }
    status
}

/// Does something in a child, which must succeed.
fn in_child(body: impl FnOnce()) {
    let pid = fork(body);
    assert_eq!(status_of(pid), 0);
}

/// Whether the tests run as root in a namespace that has the privileges.
fn is_root() -> bool {
    geteuid() == 0
}

fn pipe() -> (OwnedFd, OwnedFd) {
    pipe2(PipeFlags::CLOEXEC).unwrap()
}

/// Reads one byte: waits for the other side to write one.
fn await_byte(fd: BorrowedFd<'_>) -> bool {
    read(fd, &mut [0]) == Ok(1)
}

fn memfd(bytes: &[u8]) -> OwnedFd {
    let fd = memfd_create(c"sinew", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING).unwrap();
    assert_eq!(write(fd.as_fd(), bytes), Ok(bytes.len()));
    fd
}

/// A directory that goes with the value.
struct TempDir(PathBuf);

impl TempDir {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("sinew-sys-{}-{name}", std::process::id()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn path(&self, name: &str) -> CString {
        c_path(&self.0.join(name))
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        _ = std::fs::remove_dir_all(&self.0);
    }
}

fn c_path(path: &Path) -> CString {
    CString::new(path.as_os_str().as_bytes()).unwrap()
}

/// A descriptor that is open for nothing.
fn place(path: &CStr) -> OwnedFd {
    openat(sinew::fd::CWD, path, OpenFlags::PATH | OpenFlags::CLOEXEC, 0).unwrap()
}
