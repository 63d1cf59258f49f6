//! The kernel's calls as the cases make them: by the host's C library, which is the oracle.
//! `sinew.rs` has the same functions and says what they do.

use core::ffi::{CStr, c_int, c_void};
use core::mem::{self, MaybeUninit};
use core::ptr;
use core::sync::atomic::AtomicU32;

pub use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

pub type SigInfo = libc::siginfo_t;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Errno(c_int);

macro_rules! errors {
    ($($name:ident = $number:ident,)*) => {
        impl Errno {
            $(pub const $name: Self = Self(libc::$number);)*
        }
    };
}

errors! {
    AGAIN = EAGAIN,
    BADF = EBADF,
    CHILD = ECHILD,
    EXIST = EEXIST,
    FAULT = EFAULT,
    INTR = EINTR,
    INVAL = EINVAL,
    ISDIR = EISDIR,
    MFILE = EMFILE,
    NOENT = ENOENT,
    NOTDIR = ENOTDIR,
    NXIO = ENXIO,
    PERM = EPERM,
    PIPE = EPIPE,
    SPIPE = ESPIPE,
    SRCH = ESRCH,
    TIMEDOUT = ETIMEDOUT,
}

/// By way of `u32`, since some are the highest bit of a C `int`.
macro_rules! constants {
    ($($Type:ty: $($name:ident,)*;)*) => {$($(
        pub const $name: $Type = libc::$name as u32 as $Type;
    )*)*};
}

constants! {
    u32:
        O_RDONLY, O_WRONLY, O_RDWR, O_NONBLOCK, O_CLOEXEC, O_DIRECTORY, FD_CLOEXEC,
        S_IFMT, S_IFIFO, SEEK_SET, SEEK_CUR, SEEK_END,
        WNOHANG, WUNTRACED, WCONTINUED,
        PROT_READ, PROT_WRITE, MAP_SHARED, MAP_PRIVATE, MAP_ANONYMOUS,
        SIG_BLOCK, SIG_UNBLOCK, SIG_SETMASK,
        ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF,
        RLIMIT_CORE, RLIMIT_FSIZE, RLIMIT_NOFILE,;
    u16:
        POLLIN, POLLOUT, POLLHUP, POLLERR,;
    i32:
        CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID,
        SIGABRT, SIGALRM, SIGBUS, SIGCHLD, SIGCONT, SIGKILL, SIGPIPE, SIGPROF, SIGSEGV, SIGSTOP,
        SIGTERM, SIGUSR1, SIGUSR2, SIGVTALRM, SIGXFSZ, SI_USER,;
    u64:
        SA_NOCLDWAIT, SA_SIGINFO, SA_ONSTACK, SA_RESTART, SA_NODEFER, SA_RESETHAND,
        CLONE_VM, CLONE_VFORK,;
    usize:
        AT_PAGESZ, AT_MINSIGSTKSZ, SIG_DFL, SIG_IGN,;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Action {
    pub handler: usize,
    pub flags: u64,
    pub mask: u64,
}

/// The answer of a call that gives -1 for a failure.
fn check(answer: impl Into<i64>) -> Result<u64, Errno> {
    match answer.into() {
        // SAFETY: it is the address of this thread's `errno`.
        -1 => Err(Errno(unsafe { *libc::__errno_location() })),
        answer => Ok(answer as u64),
    }
}

/// The descriptor that a call gives.
fn owned(answer: impl Into<i64>) -> Result<OwnedFd, Errno> {
    // SAFETY: the kernel has just made it, for us alone.
    check(answer).map(|fd| unsafe { OwnedFd::from_raw_fd(fd as c_int) })
}

fn raw(fd: impl AsFd) -> c_int {
    fd.as_fd().as_raw_fd()
}

fn span(nanoseconds: u64) -> libc::timespec {
    const SECOND: u64 = 1_000_000_000;
    libc::timespec { tv_sec: (nanoseconds / SECOND) as i64, tv_nsec: (nanoseconds % SECOND) as i64 }
}

fn nanoseconds(time: libc::timespec) -> u64 {
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// A set of the C library's. It leaves out 32 and 33, which are its own.
fn to_sigset(bits: u64) -> libc::sigset_t {
    // SAFETY: all zeros is a set, and the calls write within it.
    unsafe {
        let mut set = mem::zeroed();
        libc::sigemptyset(&mut set);
        for signal in (1..=64).filter(|signal| bits >> (signal - 1) & 1 != 0) {
            libc::sigaddset(&mut set, signal);
        }
        set
    }
}

fn from_sigset(set: &libc::sigset_t) -> u64 {
    // SAFETY: the call reads the set.
    (1..=64)
        .filter(|signal| unsafe { libc::sigismember(set, *signal) } == 1)
        .fold(0, |bits, signal| bits | 1 << (signal - 1))
}

// Descriptors and files.

pub fn open(path: &CStr, flags: u32, mode: u32) -> Result<OwnedFd, Errno> {
    // SAFETY: it reads the path.
    owned(unsafe { libc::open(path.as_ptr(), flags as c_int, mode) })
}

pub fn mkfifo(path: &CStr, mode: u32) -> Result<(), Errno> {
    // SAFETY: it reads the path.
    check(unsafe { libc::mkfifo(path.as_ptr(), mode) }).map(drop)
}

pub fn unlink(path: &CStr) -> Result<(), Errno> {
    // SAFETY: it reads the path.
    check(unsafe { libc::unlink(path.as_ptr()) }).map(drop)
}

pub fn pipe2(flags: u32) -> Result<(OwnedFd, OwnedFd), Errno> {
    let mut fds = [-1; 2];
    // SAFETY: it writes two descriptors, which nobody else owns.
    unsafe {
        check(libc::pipe2(fds.as_mut_ptr(), flags as c_int))?;
        Ok((OwnedFd::from_raw_fd(fds[0]), OwnedFd::from_raw_fd(fds[1])))
    }
}

pub fn dup(fd: impl AsFd) -> Result<OwnedFd, Errno> {
    // SAFETY: it touches no memory.
    owned(unsafe { libc::dup(raw(fd)) })
}

pub fn read(fd: impl AsFd, buffer: &mut [u8]) -> Result<usize, Errno> {
    // SAFETY: it writes within the buffer.
    let count = unsafe { libc::read(raw(fd), buffer.as_mut_ptr().cast(), buffer.len()) };
    check(count as i64).map(|count| count as usize)
}

pub fn write(fd: impl AsFd, bytes: &[u8]) -> Result<usize, Errno> {
    // SAFETY: it reads within the slice.
    unsafe { write_raw(fd, bytes.as_ptr(), bytes.len()) }
}

/// # Safety
///
/// None is needed: it is for an address that is not there.
pub unsafe fn write_raw(fd: impl AsFd, bytes: *const u8, length: usize) -> Result<usize, Errno> {
    // SAFETY: the kernel checks the address.
    let count = unsafe { libc::write(raw(fd), bytes.cast(), length) };
    check(count as i64).map(|count| count as usize)
}

pub fn lseek(fd: impl AsFd, offset: i64, whence: u32) -> Result<u64, Errno> {
    // SAFETY: it touches no memory.
    check(unsafe { libc::lseek(raw(fd), offset, whence as c_int) })
}

pub fn ftruncate(fd: impl AsFd, length: u64) -> Result<(), Errno> {
    // SAFETY: it touches no memory of ours.
    check(unsafe { libc::ftruncate(raw(fd), length as i64) }).map(drop)
}

pub fn memfd_create(name: &CStr) -> Result<OwnedFd, Errno> {
    // SAFETY: it reads the name.
    owned(unsafe { libc::memfd_create(name.as_ptr(), libc::MFD_CLOEXEC) })
}

pub fn fstat(fd: impl AsFd) -> Result<(u32, u64), Errno> {
    let mut status = MaybeUninit::<libc::stat>::uninit();
    // SAFETY: it fills the struct.
    unsafe {
        check(libc::fstat(raw(fd), status.as_mut_ptr()))?;
        let status = status.assume_init();
        Ok((status.st_mode, status.st_size as u64))
    }
}

fn fcntl(fd: impl AsFd, command: c_int) -> Result<u64, Errno> {
    // SAFETY: the three commands below take no argument.
    check(unsafe { libc::fcntl(raw(fd), command) })
}

pub fn descriptor_flags(fd: impl AsFd) -> Result<u32, Errno> {
    fcntl(fd, libc::F_GETFD).map(|flags| flags as u32)
}

pub fn status_flags(fd: impl AsFd) -> Result<u32, Errno> {
    fcntl(fd, libc::F_GETFL).map(|flags| flags as u32)
}

pub fn pipe_size(fd: impl AsFd) -> Result<usize, Errno> {
    fcntl(fd, libc::F_GETPIPE_SZ).map(|size| size as usize)
}

pub fn poll(fd: impl AsFd, events: u16, timeout: u64) -> Result<u16, Errno> {
    let mut poll = libc::pollfd { fd: raw(fd), events: events as i16, revents: 0 };
    // SAFETY: it reads and writes the one struct and reads the time.
    check(unsafe { libc::ppoll(&mut poll, 1, &span(timeout), ptr::null()) })?;
    Ok(poll.revents as u16)
}

// Processes.

/// # Safety
///
/// The child may do what can be done after a fork.
pub unsafe fn fork() -> Result<i32, Errno> {
    // SAFETY: the caller vouches for the child.
    check(unsafe { libc::fork() }).map(|pid| pid as i32)
}

/// # Safety
///
/// The stack must be large enough, and the entry sound on it.
pub unsafe fn clone_on_stack(
    flags: u64,
    stack: *mut c_void,
    entry: extern "C" fn(*mut c_void) -> i32,
    argument: *mut c_void,
) -> Result<i32, Errno> {
    // SAFETY: the caller vouches for the child.
    check(unsafe { libc::clone(entry, stack, flags as c_int | libc::SIGCHLD, argument) })
        .map(|pid| pid as i32)
}

pub fn exit(status: i32) -> ! {
    // SAFETY: it runs nothing of this process any more.
    unsafe { libc::_exit(status) }
}

pub fn abort() -> ! {
    // SAFETY: as above.
    unsafe { libc::abort() }
}

pub fn wait4(pid: i32, options: u32) -> Result<(i32, i32), Errno> {
    let mut status = 0;
    // SAFETY: it writes the status.
    let pid = check(unsafe { libc::wait4(pid, &mut status, options as c_int, ptr::null_mut()) })?;
    Ok((pid as i32, status))
}

pub fn getpid() -> i32 {
    // SAFETY: it touches no memory.
    unsafe { libc::getpid() }
}

pub fn getppid() -> i32 {
    // SAFETY: it touches no memory.
    unsafe { libc::getppid() }
}

pub fn getpgid(pid: i32) -> Result<i32, Errno> {
    // SAFETY: it touches no memory.
    check(unsafe { libc::getpgid(pid) }).map(|group| group as i32)
}

pub fn setpgid(pid: i32, group: i32) -> Result<(), Errno> {
    // SAFETY: it touches no memory.
    check(unsafe { libc::setpgid(pid, group) }).map(drop)
}

pub fn getsid(pid: i32) -> Result<i32, Errno> {
    // SAFETY: it touches no memory.
    check(unsafe { libc::getsid(pid) }).map(|session| session as i32)
}

pub fn setsid() -> Result<i32, Errno> {
    // SAFETY: it touches no memory.
    check(unsafe { libc::setsid() }).map(|session| session as i32)
}

pub fn kill(pid: i32, signal: i32) -> Result<(), Errno> {
    // SAFETY: it touches no memory.
    check(unsafe { libc::kill(pid, signal) }).map(drop)
}

pub fn pidfd_open(pid: i32) -> Result<OwnedFd, Errno> {
    // SAFETY: it touches no memory.
    owned(unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) })
}

pub fn pidfd_send_signal(fd: impl AsFd, signal: i32) -> Result<(), Errno> {
    let nothing = ptr::null::<c_void>();
    // SAFETY: it touches no memory.
    check(unsafe { libc::syscall(libc::SYS_pidfd_send_signal, raw(fd), signal, nothing, 0) }).map(drop)
}

pub fn set_child_subreaper(on: bool) -> Result<(), Errno> {
    // SAFETY: it touches no memory.
    check(unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, libc::c_ulong::from(on), 0_u64, 0_u64, 0_u64) })
        .map(drop)
}

pub fn set_pdeathsig(signal: i32) -> Result<(), Errno> {
    // SAFETY: it touches no memory.
    check(unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, signal as libc::c_ulong, 0_u64, 0_u64, 0_u64) })
        .map(drop)
}

pub fn prlimit(resource: u32, new: Option<(u64, u64)>) -> Result<(u64, u64), Errno> {
    let new = new.map(|(rlim_cur, rlim_max)| libc::rlimit { rlim_cur, rlim_max });
    let mut old = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: it reads the one struct and writes the other.
    check(unsafe {
        libc::prlimit(0, resource as _, new.as_ref().map_or(ptr::null(), ptr::from_ref), &mut old)
    })?;
    Ok((old.rlim_cur, old.rlim_max))
}

pub fn getauxval(kind: usize) -> Option<usize> {
    // SAFETY: it reads what the kernel gave.
    match unsafe { libc::getauxval(kind as libc::c_ulong) } {
        0 => None,
        value => Some(value as usize),
    }
}

// Memory.

/// # Safety
///
/// None is needed: the kernel chooses the place.
pub unsafe fn mmap(
    length: usize,
    protection: u32,
    flags: u32,
    fd: Option<BorrowedFd<'_>>,
    offset: u64,
) -> Result<*mut u8, Errno> {
    let fd = fd.map_or(-1, raw);
    // SAFETY: it replaces nothing.
    let address = unsafe {
        libc::mmap(ptr::null_mut(), length, protection as c_int, flags as c_int, fd, offset as i64)
    };
    check(address.expose_provenance() as i64).map(|_| address.cast())
}

/// # Safety
///
/// Nobody may use the memory afterwards.
pub unsafe fn munmap(address: *mut u8, length: usize) -> Result<(), Errno> {
    // SAFETY: the caller gives the memory up.
    check(unsafe { libc::munmap(address.cast(), length) }).map(drop)
}

/// # Safety
///
/// Nobody may count on what it could do before.
pub unsafe fn mprotect(address: *mut u8, length: usize, protection: u32) -> Result<(), Errno> {
    // SAFETY: the caller vouches for the memory.
    check(unsafe { libc::mprotect(address.cast(), length, protection as c_int) }).map(drop)
}

pub fn futex_wait(word: &AtomicU32, expected: u32, timeout: Option<u64>) -> Result<(), Errno> {
    let timeout = timeout.map(span);
    let timeout = timeout.as_ref().map_or(ptr::null(), ptr::from_ref);
    // SAFETY: it reads the word and the time.
    check(unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAIT, expected, timeout) })
        .map(drop)
}

pub fn futex_wake(word: &AtomicU32, count: u32) -> Result<usize, Errno> {
    // SAFETY: it takes the address of the word.
    check(unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAKE, count) })
        .map(|count| count as usize)
}

// Signals.

/// What x86_64's C library adds to the flags, as does ours.
const SA_RESTORER: u64 = 0x0400_0000;

/// # Safety
///
/// The handler must be sound wherever the signal can strike.
pub unsafe fn sigaction(signal: i32, new: Option<Action>) -> Result<Action, Errno> {
    // SAFETY: all zeros is an action; the call reads the one struct and writes the other.
    unsafe {
        let new = new.map(|new| {
            let mut action = mem::zeroed::<libc::sigaction>();
            action.sa_sigaction = new.handler;
            action.sa_flags = new.flags as c_int;
            action.sa_mask = to_sigset(new.mask);
            action
        });
        let mut old = mem::zeroed::<libc::sigaction>();
        check(libc::sigaction(signal, new.as_ref().map_or(ptr::null(), ptr::from_ref), &mut old))?;
        Ok(Action {
            handler: old.sa_sigaction,
            flags: u64::from(old.sa_flags as u32) & !SA_RESTORER,
            mask: from_sigset(&old.sa_mask),
        })
    }
}

pub fn sigprocmask(how: u32, new: Option<u64>) -> Result<u64, Errno> {
    let new = new.map(to_sigset);
    let mut old = to_sigset(0);
    // SAFETY: it reads the one set and writes the other.
    check(unsafe {
        libc::sigprocmask(how as c_int, new.as_ref().map_or(ptr::null(), ptr::from_ref), &mut old)
    })?;
    Ok(from_sigset(&old))
}

pub fn sigpending() -> Result<u64, Errno> {
    let mut set = to_sigset(0);
    // SAFETY: it writes the set.
    check(unsafe { libc::sigpending(&mut set) })?;
    Ok(from_sigset(&set))
}

pub fn sigsuspend(mask: u64) -> Errno {
    // SAFETY: it reads the set.
    check(unsafe { libc::sigsuspend(&to_sigset(mask)) }).expect_err("it always fails")
}

pub fn sigtimedwait(set: u64, timeout: u64) -> Result<i32, Errno> {
    // SAFETY: it reads the set and the time.
    check(unsafe { libc::sigtimedwait(&to_sigset(set), ptr::null_mut(), &span(timeout)) })
        .map(|signal| signal as i32)
}

/// # Safety
///
/// Nobody else may use the memory for as long as it is set.
pub unsafe fn sigaltstack(lowest: *mut u8, length: usize) -> Result<(), Errno> {
    let stack = libc::stack_t { ss_sp: lowest.cast(), ss_flags: 0, ss_size: length };
    // SAFETY: the caller lends the memory.
    check(unsafe { libc::sigaltstack(&stack, ptr::null_mut()) }).map(drop)
}

pub fn origin(info: &SigInfo) -> (i32, i32) {
    // SAFETY: any bits are a number.
    (info.si_code, unsafe { info.si_pid() })
}

// Time.

pub fn clock_gettime(clock: i32) -> Result<u64, Errno> {
    let mut time = span(0);
    // SAFETY: it writes the time.
    check(unsafe { libc::clock_gettime(clock, &mut time) })?;
    Ok(nanoseconds(time))
}

pub fn nanosleep(time: u64) -> Result<(), (Errno, u64)> {
    let mut left = span(0);
    // SAFETY: it reads the one time and writes the other.
    check(unsafe { libc::nanosleep(&span(time), &mut left) })
        .map(drop)
        .map_err(|error| (error, nanoseconds(left)))
}

pub fn setitimer(timer: u32, value: u64, interval: u64) -> Result<(u64, u64), Errno> {
    const SECOND: u64 = 1_000_000;
    let time = |time: u64| libc::timeval { tv_sec: (time / SECOND) as i64, tv_usec: (time % SECOND) as i64 };
    let new = libc::itimerval { it_interval: time(interval), it_value: time(value) };
    let mut old = libc::itimerval { it_interval: time(0), it_value: time(0) };
    // SAFETY: it reads the one struct and writes the other.
    check(unsafe { libc::setitimer(timer as _, &new, &mut old) })?;
    Ok(microseconds(old))
}

pub fn getitimer(timer: u32) -> Result<(u64, u64), Errno> {
    let zero = libc::timeval { tv_sec: 0, tv_usec: 0 };
    let mut value = libc::itimerval { it_interval: zero, it_value: zero };
    // SAFETY: it writes the struct.
    check(unsafe { libc::getitimer(timer as _, &mut value) })?;
    Ok(microseconds(value))
}

fn microseconds(value: libc::itimerval) -> (u64, u64) {
    let time = |time: libc::timeval| time.tv_sec as u64 * 1_000_000 + time.tv_usec as u64;
    (time(value.it_value), time(value.it_interval))
}
