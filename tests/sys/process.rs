//! Making processes and threads, executing programs, waiting for the end.

use crate::{await_byte, fork, in_child, is_root, must, pipe, status_of};
use sinew::Errno;
use sinew::fd::{AsFd, BorrowedFd, CWD, FromRawFd, OwnedFd, STDERR, STDIN, STDOUT};
use sinew::sys::{self, *};
use std::ffi::{CStr, c_char, c_void};
use std::ptr;
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};

/// A field of `/proc/self/stat`, counted from 1.
fn stat_field(number: usize) -> Pid {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    // The second one is in parentheses, and may hold anything.
    let (pid, rest) = stat.split_once(' ').unwrap();
    let rest = rest.rsplit_once(") ").unwrap().1;
    if number == 1 { pid } else { rest.split(' ').nth(number - 3).unwrap() }.parse().unwrap()
}

/// S-011
#[test]
fn the_ids_are_those_of_proc() {
    assert_eq!(getpid(), stat_field(1));
    assert_eq!(getppid(), stat_field(4));
    assert_eq!(getpgid(0), Ok(stat_field(5)));
    assert_eq!(getsid(0), Ok(stat_field(6)));
    assert!(std::fs::exists(format!("/proc/self/task/{}", gettid())).unwrap());
}

/// S-011
#[test]
fn the_parent_of_a_child_is_this_process() {
    let parent = getpid();
    in_child(|| {
        must!(getppid() == parent);
        must!(getpid() != parent);
        must!(gettid() == getpid());
    });
}

#[test]
fn a_session_is_led_once() {
    in_child(|| {
        let pid = getpid();
        must!(getsid(0) != Ok(pid));
        must!(setsid() == Ok(pid));
        must!(getsid(0) == Ok(pid));
        must!(getpgid(0) == Ok(pid));
        must!(setsid() == Err(Errno::PERM));
        must!(setpgid(0, 0) == Err(Errno::PERM));
    });
    assert_eq!(getsid(Pid::MAX), Err(Errno::SRCH));
}

#[test]
fn a_process_gets_a_group_of_its_own() {
    in_child(|| {
        must!(setpgid(0, 0) == Ok(()));
        must!(getpgid(0) == Ok(getpid()));
        must!(setpgid(0, -1) == Err(Errno::INVAL));
        must!(setpgid(Pid::MAX, 0) == Err(Errno::SRCH));
    });
    assert_eq!(getpgid(Pid::MAX), Err(Errno::SRCH));
}

#[test]
fn the_kernel_stores_the_number_of_a_child_for_both() {
    let (mut parent_tid, mut child_tid): (Pid, Pid) = (0, 0);
    let (reader, writer) = pipe();
    // SAFETY: the child makes system calls and exits, and the numbers outlive the call.
    let pid = unsafe {
        let flags = CloneFlags::PARENT_SETTID | CloneFlags::CHILD_SETTID;
        sys::clone(flags, libc::SIGCHLD, &raw mut parent_tid, &raw mut child_tid, 0).unwrap()
    };
    if pid == 0 {
        // SAFETY: the kernel has written it in the child's copy.
        let stored = unsafe { (&raw const child_tid).read_volatile() };
        _ = write(writer.as_fd(), &stored.to_ne_bytes());
        exit_group(0);
    }
    assert_eq!(status_of(pid), 0);
    let mut bytes = [0; 4];
    assert_eq!(read(reader.as_fd(), &mut bytes), Ok(4));
    assert_eq!(Pid::from_ne_bytes(bytes), pid);
    // SAFETY: the kernel has written the one and left the other alone, in this process.
    unsafe {
        assert_eq!((&raw const parent_tid).read_volatile(), pid);
        assert_eq!((&raw const child_tid).read_volatile(), 0);
    }
}

#[test]
fn clone_refuses_what_the_kernel_would_drop() {
    let clone = |flags, signal| {
        // SAFETY: it does not come to a child.
        unsafe { sys::clone(flags, signal, ptr::null_mut(), ptr::null_mut(), 0) }
    };
    assert_eq!(clone(CloneFlags::CLEAR_SIGHAND, libc::SIGCHLD), Err(Errno::INVAL));
    assert_eq!(clone(CloneFlags::NEWTIME, libc::SIGCHLD), Err(Errno::INVAL));
    assert_eq!(clone(CloneFlags::empty(), 256), Err(Errno::INVAL));
    assert_eq!(clone(CloneFlags::empty(), -1), Err(Errno::INVAL));
    // The kernel's own refusal: handlers without the memory that they are in.
    assert_eq!(clone(CloneFlags::SIGHAND, libc::SIGCHLD), Err(Errno::INVAL));
}

/// S-002
#[test]
fn a_fork_beyond_the_limit_is_an_error() {
    if !is_root() {
        return;
    }
    in_child(|| {
        let none = Rlimit { rlim_cur: 0, rlim_max: 0 };
        must!(prlimit64(0, Resource::NPROC, Some(&none), None) == Ok(()));
        must!(setresuid(Some(65534), Some(65534), Some(65534)) == Ok(()));
        // SAFETY: it does not come to a child.
        let forked =
            unsafe { sys::clone(CloneFlags::empty(), libc::SIGCHLD, ptr::null_mut(), ptr::null_mut(), 0) };
        must!(forked == Err(Errno::AGAIN));
        must!(wait4(-1, None, WaitOptions::NOHANG, None) == Err(Errno::CHILD));
    });
}

/// Memory for a child's stack, on the heap; its end is not aligned.
struct Stack(Vec<u8>);

impl Stack {
    fn new() -> Self {
        Self(vec![0; 64 * 1024 + 3])
    }

    fn end(&mut self) -> *mut c_void {
        self.0.as_mut_ptr_range().end.cast()
    }
}

#[repr(align(16))]
struct Aligned(i32);

/// What a child on a stack of its own does: adds one to the number behind its argument.
unsafe extern "C" fn add_one(argument: *mut c_void) -> i32 {
    // SAFETY: the argument is an `AtomicI32` that the parent keeps.
    let number = unsafe { &*argument.cast::<AtomicI32>() };
    // The compiler relies on an aligned stack pointer.
    let one = std::hint::black_box(Aligned(1));
    if !(&raw const one).is_aligned() {
        return 1;
    }
    number.fetch_add(one.0, Ordering::SeqCst) + 6
}

#[test]
fn a_child_on_its_own_stack_shares_the_memory() {
    let number = AtomicI32::new(1);
    let mut stack = Stack::new();
    let flags = CloneFlags::VM | CloneFlags::VFORK;
    // SAFETY: the parent waits until the child has ended, and the child touches only its
    // stack and its argument.
    let pid = unsafe {
        let argument = (&raw const number).cast_mut().cast();
        clone_on_stack(
            flags,
            libc::SIGCHLD,
            stack.end(),
            ptr::null_mut(),
            ptr::null_mut(),
            0,
            add_one,
            argument,
        )
        .unwrap()
    };
    assert_eq!(number.load(Ordering::SeqCst), 2);
    assert_eq!(status_of(pid), 7 << 8);
}

#[test]
fn clone3_forks() {
    let arguments = CloneArgs { exit_signal: libc::SIGCHLD as u64, ..CloneArgs::default() };
    // SAFETY: the child exits at once.
    let pid = unsafe { clone3(&arguments).unwrap() };
    if pid == 0 {
        exit_group(9);
    }
    assert_eq!(status_of(pid), 9 << 8);
    let wrong = CloneArgs { exit_signal: 1000, ..arguments };
    // SAFETY: it does not come to a child.
    assert_eq!(unsafe { clone3(&wrong) }, Err(Errno::INVAL));
}

#[test]
fn clone3_starts_a_child_on_its_own_stack_and_gives_its_descriptor() {
    let number = AtomicI32::new(1);
    let mut stack = Stack::new();
    let mut pidfd = -1_i32;
    let length = 64 * 1024 - 16;
    let start = stack.0.as_mut_ptr();
    let aligned = start.wrapping_add(start.align_offset(16));
    let arguments = CloneArgs {
        flags: (CloneFlags::VM | CloneFlags::VFORK | CloneFlags::PIDFD | CloneFlags::CLEAR_SIGHAND).bits(),
        pidfd: (&raw mut pidfd).expose_provenance() as u64,
        exit_signal: libc::SIGCHLD as u64,
        stack: aligned.expose_provenance() as u64,
        stack_size: length,
        ..CloneArgs::default()
    };
    // SAFETY: the parent waits until the child has ended, and the child touches only its
    // stack and its argument; the descriptor is a new one.
    let (pid, pidfd) = unsafe {
        let pid = clone3_on_stack(&arguments, add_one, (&raw const number).cast_mut().cast()).unwrap();
        (pid, OwnedFd::from_raw_fd((&raw const pidfd).read_volatile()))
    };
    assert_eq!(number.load(Ordering::SeqCst), 2);
    let mut info = SigInfo::zeroed();
    assert_eq!(waitid(WaitId::PidFd(pidfd.as_fd()), Some(&mut info), WaitOptions::EXITED, None), Ok(()));
    assert_eq!((info.pid(), info.status()), (pid, 7));
}

/// Ends its thread, and nothing else.
unsafe extern "C" fn leave(_argument: *mut c_void) -> i32 {
    // SAFETY: the thread owns nothing.
    unsafe { sys::exit(3) }
}

#[test]
fn exit_ends_the_thread_and_exit_group_the_process() {
    let mut stack = Stack::new();
    let end = stack.end();
    let tid = AtomicU32::new(u32::MAX);
    let pid = fork(|| {
        let flags = CloneFlags::VM
            | CloneFlags::FS
            | CloneFlags::FILES
            | CloneFlags::SIGHAND
            | CloneFlags::THREAD
            | CloneFlags::SYSVSEM
            | CloneFlags::CHILD_CLEARTID;
        let word = tid.as_ptr().cast();
        // SAFETY: the thread makes one system call on a stack that is the child's copy.
        let thread =
            unsafe { clone_on_stack(flags, 0, end, ptr::null_mut(), word, 0, leave, ptr::null_mut()) };
        must!(thread.is_ok());
        // The kernel clears the word when the thread is gone, and wakes who waits for it.
        while tid.load(Ordering::SeqCst) != 0 {
            _ = futex_wait(&tid, u32::MAX, FutexFlags::empty(), None);
        }
        exit_group(5);
    });
    assert_eq!(status_of(pid), 5 << 8);
}

// The program to execute is this one: the only one that is there for sure.

/// Not a test of its own: what the executed program does, if it is told to.
#[test]
fn helper_exits_as_it_is_told() {
    if let Ok(status) = std::env::var("SINEW_TEST_EXIT") {
        exit_group(status.parse().unwrap());
    }
}

const ARGV: [*const c_char; 5] = {
    let argv = [c"sinew", c"process::helper_exits_as_it_is_told", c"--exact", c"--nocapture"];
    [argv[0].as_ptr(), argv[1].as_ptr(), argv[2].as_ptr(), argv[3].as_ptr(), ptr::null()]
};

fn silence() {
    let null = openat(CWD, c"/dev/null", OpenFlags::RDWR, 0);
    must!(null.is_ok());
    if let Ok(null) = null {
        // SAFETY: the child takes its own standard output, and keeps it.
        must!(unsafe { dup3(null.as_fd(), 1, DupFlags::empty()) }.map(std::mem::forget).is_ok());
    }
}

fn executes(dir: BorrowedFd<'_>, path: &CStr, flags: AtFlags) -> i32 {
    let environment = [c"SINEW_TEST_EXIT=42".as_ptr(), ptr::null()];
    let pid = fork(|| {
        silence();
        // SAFETY: both arrays end with a null pointer.
        unsafe {
            _ = execveat(dir, path, ARGV.as_ptr(), environment.as_ptr(), flags);
        }
        exit_group(1);
    });
    status_of(pid)
}

#[test]
fn a_program_gets_its_arguments_and_its_environment() {
    let environment = [c"SINEW_TEST_EXIT=41".as_ptr(), ptr::null()];
    let pid = fork(|| {
        silence();
        // SAFETY: both arrays end with a null pointer.
        unsafe {
            _ = execve(c"/proc/self/exe", ARGV.as_ptr(), environment.as_ptr());
        }
        exit_group(1);
    });
    assert_eq!(status_of(pid), 41 << 8);
}

#[test]
fn a_program_is_executed_from_a_descriptor_or_relative_to_one() {
    let own = openat(CWD, c"/proc/self/exe", OpenFlags::PATH | OpenFlags::CLOEXEC, 0).unwrap();
    assert_eq!(executes(own.as_fd(), c"", AtFlags::EMPTY_PATH), 42 << 8);
    let proc = crate::place(c"/proc");
    assert_eq!(executes(proc.as_fd(), c"self/exe", AtFlags::empty()), 42 << 8);
}

#[test]
fn what_cannot_be_executed_says_why() {
    let exec = |path: &CStr| {
        // SAFETY: both arrays end with a null pointer.
        unsafe { execve(path, ARGV.as_ptr(), [ptr::null()].as_ptr()) }
    };
    assert_eq!(exec(c"/nonexistent"), Errno::NOENT);
    assert_eq!(exec(c"/proc/self/exe/x"), Errno::NOTDIR);
    assert_eq!(exec(c"/"), Errno::ACCES);
    let garbage = crate::memfd(b"garbage");
    // SAFETY: as above.
    let error =
        unsafe { execveat(garbage.as_fd(), c"", ARGV.as_ptr(), [ptr::null()].as_ptr(), AtFlags::EMPTY_PATH) };
    // While it is open for writing, and after.
    assert!(error == Errno::TXTBSY || error == Errno::NOEXEC, "{error:?}");
}

#[test]
fn a_status_and_a_use_come_from_wait4() {
    let pid = fork(|| exit_group(7));
    let (mut status, mut usage) = (0, Rusage::default());
    assert_eq!(wait4(pid, Some(&mut status), WaitOptions::empty(), Some(&mut usage)), Ok(pid));
    assert!(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 7);
    assert!(usage.ru_maxrss > 0 && usage.ru_minflt > 0);
    assert_eq!(wait4(pid, None, WaitOptions::empty(), None), Err(Errno::CHILD));
    assert_eq!(wait4(pid, None, WaitOptions::from_bits_retain(1 << 20), None), Err(Errno::INVAL));
}

#[test]
fn a_wait_does_not_wait_if_it_may_not() {
    let (reader, writer) = pipe();
    let pid = fork(|| must!(await_byte(reader.as_fd())));
    let mut status = 99;
    assert_eq!(wait4(pid, Some(&mut status), WaitOptions::NOHANG, None), Ok(0));
    assert_eq!(status, 99);
    let mut info = SigInfo::queued(1, 2, 3, 4);
    let options = WaitOptions::EXITED | WaitOptions::NOHANG;
    assert_eq!(waitid(WaitId::Pid(pid), Some(&mut info), options, None), Ok(()));
    assert_eq!((info.signo(), info.pid()), (0, 0));
    assert_eq!(write(writer.as_fd(), b"x"), Ok(1));
    assert_eq!(status_of(pid), 0);
}

#[test]
fn waitid_tells_how_a_child_ended() {
    let pid = fork(|| exit_group(300));
    let (mut info, mut usage) = (SigInfo::zeroed(), Rusage::default());
    // Look first, bury then.
    for options in [WaitOptions::EXITED | WaitOptions::NOWAIT, WaitOptions::EXITED] {
        assert_eq!(waitid(WaitId::Pid(pid), Some(&mut info), options, Some(&mut usage)), Ok(()));
        assert_eq!((info.signo(), info.code()), (libc::SIGCHLD, libc::CLD_EXITED));
        assert_eq!((info.pid(), info.uid(), info.status()), (pid, getuid(), 300 & 255));
        assert!(usage.ru_maxrss > 0);
    }
    assert_eq!(waitid(WaitId::Pid(pid), None, WaitOptions::EXITED, None), Err(Errno::CHILD));
    assert_eq!(waitid(WaitId::Pid(pid), None, WaitOptions::empty(), None), Err(Errno::INVAL));
    assert_eq!(waitid(WaitId::PidFd(CWD), None, WaitOptions::EXITED, None), Err(Errno::INVAL));
}

#[test]
fn waitid_tells_of_a_killed_a_stopped_and_a_continued_child() {
    let (reader, _writer) = pipe();
    let pid = fork(|| must!(await_byte(reader.as_fd())));
    let mut info = SigInfo::zeroed();
    let mut after = |signal, options| {
        assert_eq!(kill(pid, signal), Ok(()));
        assert_eq!(waitid(WaitId::Pid(pid), Some(&mut info), options, None), Ok(()));
        (info.code(), info.status())
    };
    assert_eq!(after(libc::SIGSTOP, WaitOptions::STOPPED), (libc::CLD_STOPPED, libc::SIGSTOP));
    assert_eq!(after(libc::SIGCONT, WaitOptions::CONTINUED), (libc::CLD_CONTINUED, libc::SIGCONT));
    assert_eq!(after(libc::SIGKILL, WaitOptions::EXITED), (libc::CLD_KILLED, libc::SIGKILL));
}

#[test]
fn any_child_and_a_group_are_waited_for() {
    in_child(|| {
        let started = fork(|| must!(setpgid(0, 0) == Ok(())));
        // Both put it there, as shells do: then it is there, whoever comes first.
        _ = setpgid(started, started);
        must!(waitid(WaitId::Group(started), None, WaitOptions::EXITED, None) == Ok(()));
        let started = fork(|| ());
        must!(waitid(WaitId::All, None, WaitOptions::EXITED, None) == Ok(()));
        must!(wait4(started, None, WaitOptions::empty(), None) == Err(Errno::CHILD));
        must!(waitid(WaitId::All, None, WaitOptions::EXITED, None) == Err(Errno::CHILD));
    });
}

#[test]
fn a_descriptor_stands_for_a_process() {
    let (reader, _writer) = pipe();
    let pid = fork(|| must!(await_byte(reader.as_fd())));
    let pidfd = pidfd_open(pid, PidfdFlags::NONBLOCK).unwrap();
    assert_eq!(fcntl_getfd(pidfd.as_fd()), Ok(FdFlags::CLOEXEC));
    let wait = || waitid(WaitId::PidFd(pidfd.as_fd()), None, WaitOptions::EXITED, None);
    assert_eq!(wait(), Err(Errno::AGAIN));
    let send = |signal| pidfd_send_signal(pidfd.as_fd(), signal, None, PidfdSignalFlags::empty());
    assert_eq!(send(0), Ok(()));
    assert_eq!(send(65), Err(Errno::INVAL));
    assert_eq!(send(libc::SIGKILL), Ok(()));
    assert_eq!(
        ppoll(&mut [PollFd::new(pidfd.as_fd(), PollEvents::IN)], None, None),
        Ok(1),
        "readable at the end"
    );
    assert_eq!(wait(), Ok(()));
    assert_eq!(send(0), Err(Errno::SRCH));
    assert_eq!(pidfd_open(0, PidfdFlags::empty()).unwrap_err(), Errno::INVAL);
    assert_eq!(pidfd_open(Pid::MAX, PidfdFlags::empty()).unwrap_err(), Errno::SRCH);
    for fd in [STDIN, STDOUT, STDERR] {
        assert_eq!(pidfd_send_signal(fd, 0, None, PidfdSignalFlags::empty()), Err(Errno::BADF));
    }
}

#[test]
fn what_processes_have_used_is_told() {
    let mut sum = 0_u64;
    let start = getrusage(RusageWho::THREAD).unwrap();
    // Until the clock of the thread has moved.
    while getrusage(RusageWho::THREAD).unwrap().ru_utime == start.ru_utime {
        sum = std::hint::black_box(sum + 1);
    }
    let own = getrusage(RusageWho::SELF).unwrap();
    assert!(own.ru_utime >= start.ru_utime && own.ru_maxrss > 0);
    assert!((0..1_000_000).contains(&own.ru_utime.tv_usec));
    in_child(|| {
        must!(getrusage(RusageWho::CHILDREN).is_ok_and(|usage| usage == Rusage::default()));
        let pid = fork(|| ());
        must!(wait4(pid, None, WaitOptions::empty(), None) == Ok(pid));
        must!(getrusage(RusageWho::CHILDREN).is_ok_and(|usage| usage.ru_maxrss > 0));
    });
    assert_eq!(getrusage(RusageWho::from_raw(99)), Err(Errno::INVAL));
}
