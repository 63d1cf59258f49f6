//! The kernel's calls as the cases make them: by `sinew`. `libc.rs` has the same functions.
//!
//! Numbers that the kernel defines are integers here, times are nanoseconds, and sets of
//! signals have signal n as bit n - 1. A call does no more than its name says.

use core::ffi::{CStr, c_void};
use core::sync::atomic::AtomicU32;
use linux_raw_sys::general as raw;
use sinew::fd::CWD;
use sinew::runtime;
use sinew::sys::{self, *};

pub use sinew::Errno;
pub use sinew::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
pub use sinew::sys::SigInfo;

/// Constants under the names of C, as one type of integer.
macro_rules! constants {
    ($($Type:ty: $($name:ident = $value:expr,)*;)*) => {$($(
        pub const $name: $Type = $value as $Type;
    )*)*};
}

constants! {
    u32:
        O_RDONLY = OpenFlags::RDONLY.bits(),
        O_WRONLY = OpenFlags::WRONLY.bits(),
        O_RDWR = OpenFlags::RDWR.bits(),
        O_NONBLOCK = OpenFlags::NONBLOCK.bits(),
        O_CLOEXEC = OpenFlags::CLOEXEC.bits(),
        O_DIRECTORY = OpenFlags::DIRECTORY.bits(),
        FD_CLOEXEC = FdFlags::CLOEXEC.bits(),
        S_IFMT = raw::S_IFMT,
        S_IFIFO = raw::S_IFIFO,
        SEEK_SET = Whence::SET.raw(),
        SEEK_CUR = Whence::CUR.raw(),
        SEEK_END = Whence::END.raw(),
        WNOHANG = WaitOptions::NOHANG.bits(),
        WUNTRACED = WaitOptions::UNTRACED.bits(),
        WCONTINUED = WaitOptions::CONTINUED.bits(),
        PROT_READ = Protection::READ.bits(),
        PROT_WRITE = Protection::WRITE.bits(),
        MAP_SHARED = MapFlags::SHARED.bits(),
        MAP_PRIVATE = MapFlags::PRIVATE.bits(),
        MAP_ANONYMOUS = MapFlags::ANONYMOUS.bits(),
        SIG_BLOCK = SigMaskHow::BLOCK.raw(),
        SIG_UNBLOCK = SigMaskHow::UNBLOCK.raw(),
        SIG_SETMASK = SigMaskHow::SETMASK.raw(),
        ITIMER_REAL = Itimer::REAL.raw(),
        ITIMER_VIRTUAL = Itimer::VIRTUAL.raw(),
        ITIMER_PROF = Itimer::PROF.raw(),
        RLIMIT_CORE = Resource::CORE.raw(),
        RLIMIT_FSIZE = Resource::FSIZE.raw(),
        RLIMIT_NOFILE = Resource::NOFILE.raw(),;
    u16:
        POLLIN = PollEvents::IN.bits(),
        POLLOUT = PollEvents::OUT.bits(),
        POLLHUP = PollEvents::HUP.bits(),
        POLLERR = PollEvents::ERR.bits(),;
    i32:
        CLOCK_REALTIME = Clock::REALTIME.raw(),
        CLOCK_MONOTONIC = Clock::MONOTONIC.raw(),
        CLOCK_PROCESS_CPUTIME_ID = Clock::PROCESS_CPUTIME_ID.raw(),
        SIGABRT = raw::SIGABRT,
        SIGALRM = raw::SIGALRM,
        SIGBUS = raw::SIGBUS,
        SIGCHLD = raw::SIGCHLD,
        SIGCONT = raw::SIGCONT,
        SIGKILL = raw::SIGKILL,
        SIGPIPE = raw::SIGPIPE,
        SIGPROF = raw::SIGPROF,
        SIGSEGV = raw::SIGSEGV,
        SIGSTOP = raw::SIGSTOP,
        SIGTERM = raw::SIGTERM,
        SIGUSR1 = raw::SIGUSR1,
        SIGUSR2 = raw::SIGUSR2,
        SIGVTALRM = raw::SIGVTALRM,
        SIGXFSZ = raw::SIGXFSZ,
        SI_USER = raw::SI_USER,;
    u64:
        SA_NOCLDWAIT = SigActionFlags::NOCLDWAIT.bits(),
        SA_SIGINFO = SigActionFlags::SIGINFO.bits(),
        SA_ONSTACK = SigActionFlags::ONSTACK.bits(),
        SA_RESTART = SigActionFlags::RESTART.bits(),
        SA_NODEFER = SigActionFlags::NODEFER.bits(),
        SA_RESETHAND = SigActionFlags::RESETHAND.bits(),
        CLONE_VM = CloneFlags::VM.bits(),
        CLONE_VFORK = CloneFlags::VFORK.bits(),;
    usize:
        AT_PAGESZ = linux_raw_sys::auxvec::AT_PAGESZ,
        AT_MINSIGSTKSZ = linux_raw_sys::auxvec::AT_MINSIGSTKSZ,;
}

/// What happens on a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Action {
    /// The address of a function, or one of the constants below.
    pub handler: usize,
    pub flags: u64,
    pub mask: u64,
}

pub const SIG_DFL: usize = 0;
pub const SIG_IGN: usize = 1;

fn span(nanoseconds: u64) -> Timespec {
    const SECOND: u64 = 1_000_000_000;
    Timespec { tv_sec: (nanoseconds / SECOND) as i64, tv_nsec: (nanoseconds % SECOND) as i64 }
}

fn nanoseconds(time: Timespec) -> u64 {
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

// Descriptors and files.

pub fn open(path: &CStr, flags: u32, mode: u32) -> Result<OwnedFd, Errno> {
    sys::openat(CWD, path, OpenFlags::from_bits_retain(flags), mode)
}

pub fn mkfifo(path: &CStr, mode: u32) -> Result<(), Errno> {
    sys::mknodat(CWD, path, S_IFIFO | mode, 0)
}

pub fn unlink(path: &CStr) -> Result<(), Errno> {
    sys::unlinkat(CWD, path, UnlinkFlags::empty())
}

pub fn pipe2(flags: u32) -> Result<(OwnedFd, OwnedFd), Errno> {
    sys::pipe2(PipeFlags::from_bits_retain(flags))
}

pub fn dup(fd: impl AsFd) -> Result<OwnedFd, Errno> {
    sys::dup(fd.as_fd())
}

pub fn read(fd: impl AsFd, buffer: &mut [u8]) -> Result<usize, Errno> {
    sys::read(fd.as_fd(), buffer)
}

pub fn write(fd: impl AsFd, bytes: &[u8]) -> Result<usize, Errno> {
    sys::write(fd.as_fd(), bytes)
}

/// # Safety
///
/// None is needed: it is for an address that is not there.
pub unsafe fn write_raw(fd: impl AsFd, bytes: *const u8, length: usize) -> Result<usize, Errno> {
    // SAFETY: the kernel checks the address.
    unsafe { sys::write_raw(fd.as_fd(), bytes, length) }
}

pub fn lseek(fd: impl AsFd, offset: i64, whence: u32) -> Result<u64, Errno> {
    sys::lseek(fd.as_fd(), offset, Whence::from_raw(whence))
}

pub fn ftruncate(fd: impl AsFd, length: u64) -> Result<(), Errno> {
    sys::ftruncate(fd.as_fd(), length)
}

pub fn memfd_create(name: &CStr) -> Result<OwnedFd, Errno> {
    sys::memfd_create(name, MemfdFlags::CLOEXEC)
}

/// Mode and size.
pub fn fstat(fd: impl AsFd) -> Result<(u32, u64), Errno> {
    sys::fstat(fd.as_fd()).map(|status| (status.mode(), status.size()))
}

/// `F_GETFD`.
pub fn descriptor_flags(fd: impl AsFd) -> Result<u32, Errno> {
    sys::fcntl_getfd(fd.as_fd()).map(|flags| flags.bits())
}

/// `F_GETFL`.
pub fn status_flags(fd: impl AsFd) -> Result<u32, Errno> {
    sys::fcntl_getfl(fd.as_fd()).map(|flags| flags.bits())
}

/// `F_GETPIPE_SZ`.
pub fn pipe_size(fd: impl AsFd) -> Result<usize, Errno> {
    sys::fcntl_getpipe_size(fd.as_fd())
}

/// What happened to the descriptor within that time; 0 for nothing.
pub fn poll(fd: impl AsFd, events: u16, timeout: u64) -> Result<u16, Errno> {
    let mut fds = [PollFd::new(fd.as_fd(), PollEvents::from_bits_retain(events))];
    sys::ppoll(&mut fds, Some(&mut span(timeout)), None)?;
    Ok(fds[0].revents().bits())
}

// Processes.

/// # Safety
///
/// As `sinew::process::fork`.
pub unsafe fn fork() -> Result<i32, Errno> {
    // SAFETY: the caller vouches for the child.
    match unsafe { sinew::process::fork() }? {
        sinew::process::Fork::Parent(pid) => Ok(pid),
        sinew::process::Fork::Child => Ok(0),
    }
}

/// `clone(2)` with `SIGCHLD` and a stack, of which this is the end.
///
/// # Safety
///
/// As `sinew::sys::clone_on_stack`.
pub unsafe fn clone_on_stack(
    flags: u64,
    stack: *mut c_void,
    entry: extern "C" fn(*mut c_void) -> i32,
    argument: *mut c_void,
) -> Result<i32, Errno> {
    let flags = CloneFlags::from_bits_retain(flags);
    let nowhere = core::ptr::null_mut();
    // SAFETY: the caller vouches for the child.
    unsafe { sys::clone_on_stack(flags, SIGCHLD, stack, nowhere, nowhere, 0, entry, argument) }
}

pub fn exit(status: i32) -> ! {
    sys::exit_group(status)
}

pub fn abort() -> ! {
    runtime::abort()
}

/// The child, 0 for none, and its status word.
pub fn wait4(pid: i32, options: u32) -> Result<(i32, i32), Errno> {
    let mut status = 0;
    let pid = sys::wait4(pid, Some(&mut status), WaitOptions::from_bits_retain(options), None)?;
    Ok((pid, status))
}

pub fn getpid() -> i32 {
    sys::getpid()
}

pub fn getppid() -> i32 {
    sys::getppid()
}

pub fn getpgid(pid: i32) -> Result<i32, Errno> {
    sys::getpgid(pid)
}

pub fn setpgid(pid: i32, group: i32) -> Result<(), Errno> {
    sys::setpgid(pid, group)
}

pub fn getsid(pid: i32) -> Result<i32, Errno> {
    sys::getsid(pid)
}

pub fn setsid() -> Result<i32, Errno> {
    sys::setsid()
}

pub fn kill(pid: i32, signal: i32) -> Result<(), Errno> {
    sys::kill(pid, signal)
}

pub fn pidfd_open(pid: i32) -> Result<OwnedFd, Errno> {
    sys::pidfd_open(pid, PidfdFlags::empty())
}

pub fn pidfd_send_signal(fd: impl AsFd, signal: i32) -> Result<(), Errno> {
    sys::pidfd_send_signal(fd.as_fd(), signal, None, PidfdSignalFlags::empty())
}

pub fn set_child_subreaper(on: bool) -> Result<(), Errno> {
    sys::set_child_subreaper(on)
}

pub fn set_pdeathsig(signal: i32) -> Result<(), Errno> {
    sys::set_pdeathsig(signal)
}

/// Sets a limit if there is a new one; gives the old: what holds, and its ceiling.
pub fn prlimit(resource: u32, new: Option<(u64, u64)>) -> Result<(u64, u64), Errno> {
    let new = new.map(|(rlim_cur, rlim_max)| Rlimit { rlim_cur, rlim_max });
    let mut old = Rlimit::default();
    sys::prlimit64(0, Resource::from_raw(resource), new.as_ref(), Some(&mut old))?;
    Ok((old.rlim_cur, old.rlim_max))
}

pub fn getauxval(kind: usize) -> Option<usize> {
    runtime::auxiliary(kind)
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
    let protection = Protection::from_bits_retain(protection);
    let flags = MapFlags::from_bits_retain(flags);
    // SAFETY: it replaces nothing.
    unsafe { sys::mmap(core::ptr::null_mut(), length, protection, flags, fd, offset) }.map(<*mut _>::cast)
}

/// # Safety
///
/// Nobody may use the memory afterwards.
pub unsafe fn munmap(address: *mut u8, length: usize) -> Result<(), Errno> {
    // SAFETY: the caller gives the memory up.
    unsafe { sys::munmap(address.cast(), length) }
}

/// # Safety
///
/// Nobody may count on what it could do before.
pub unsafe fn mprotect(address: *mut u8, length: usize, protection: u32) -> Result<(), Errno> {
    // SAFETY: the caller vouches for the memory.
    unsafe { sys::mprotect(address.cast(), length, Protection::from_bits_retain(protection)) }
}

pub fn futex_wait(word: &AtomicU32, expected: u32, timeout: Option<u64>) -> Result<(), Errno> {
    sys::futex_wait(word, expected, FutexFlags::empty(), timeout.map(span).as_ref())
}

pub fn futex_wake(word: &AtomicU32, count: u32) -> Result<usize, Errno> {
    sys::futex_wake(word, count, FutexFlags::empty())
}

// Signals.

/// Sets what happens on a signal if that is new; gives what happened before.
///
/// # Safety
///
/// The handler must be sound wherever the signal can strike.
pub unsafe fn sigaction(signal: i32, new: Option<Action>) -> Result<Action, Errno> {
    let new = new.map(|new| {
        // SAFETY: it is the address of a function that takes one argument or three, or a constant.
        let handler = unsafe { core::mem::transmute::<usize, SigHandler>(new.handler) };
        SigAction::new(handler, SigActionFlags::from_bits_retain(new.flags), SigSet::from_bits(new.mask))
    });
    let mut old = SigAction::default();
    // SAFETY: the caller vouches for the handler.
    unsafe { sys::rt_sigaction(signal, new.as_ref(), Some(&mut old)) }?;
    Ok(Action {
        // SAFETY: it holds an address or a number and nothing else.
        handler: unsafe { core::mem::transmute::<SigHandler, usize>(old.sa_handler) },
        flags: old.sa_flags.difference(SigActionFlags::RESTORER).bits(),
        mask: old.sa_mask.bits(),
    })
}

/// Changes the mask and gives the old.
pub fn sigprocmask(how: u32, new: Option<u64>) -> Result<u64, Errno> {
    let mut old = SigSet::empty();
    let new = new.map(SigSet::from_bits);
    sys::rt_sigprocmask(SigMaskHow::from_raw(how), new.as_ref(), Some(&mut old))?;
    Ok(old.bits())
}

pub fn sigpending() -> Result<u64, Errno> {
    sys::rt_sigpending().map(SigSet::bits)
}

pub fn sigsuspend(mask: u64) -> Errno {
    sys::rt_sigsuspend(&SigSet::from_bits(mask))
}

pub fn sigtimedwait(set: u64, timeout: u64) -> Result<i32, Errno> {
    sys::rt_sigtimedwait(&SigSet::from_bits(set), None, Some(&span(timeout)))
}

/// # Safety
///
/// Nobody else may use the memory for as long as it is set.
pub unsafe fn sigaltstack(lowest: *mut u8, length: usize) -> Result<(), Errno> {
    let stack = SigStack { ss_sp: lowest.cast(), ss_flags: SigStackFlags::empty(), ss_size: length };
    // SAFETY: the caller lends the memory.
    unsafe { sys::sigaltstack(Some(&stack), None) }
}

/// Where a signal comes from (`si_code`), and who sent it.
pub fn origin(info: &SigInfo) -> (i32, i32) {
    (info.code(), info.pid())
}

// Time.

pub fn clock_gettime(clock: i32) -> Result<u64, Errno> {
    runtime::clock_gettime(Clock::from_raw(clock)).map(nanoseconds)
}

/// Sleeps. If a signal cuts it short, it says what was left.
pub fn nanosleep(time: u64) -> Result<(), (Errno, u64)> {
    let mut left = Timespec::default();
    sys::clock_nanosleep(Clock::MONOTONIC, NanosleepFlags::empty(), &span(time), Some(&mut left))
        .map_err(|error| (error, nanoseconds(left)))
}

/// Sets a timer, in microseconds until it expires and then between; gives what it was.
pub fn setitimer(timer: u32, value: u64, interval: u64) -> Result<(u64, u64), Errno> {
    const SECOND: u64 = 1_000_000;
    let time = |time: u64| Timeval { tv_sec: (time / SECOND) as i64, tv_usec: (time % SECOND) as i64 };
    let new = Itimerval { it_interval: time(interval), it_value: time(value) };
    let mut old = Itimerval::default();
    sys::setitimer(Itimer::from_raw(timer), &new, Some(&mut old))?;
    Ok(microseconds(old))
}

/// What is left of a timer, and what it starts from again.
pub fn getitimer(timer: u32) -> Result<(u64, u64), Errno> {
    sys::getitimer(Itimer::from_raw(timer)).map(microseconds)
}

fn microseconds(value: Itimerval) -> (u64, u64) {
    let time = |time: Timeval| time.tv_sec as u64 * 1_000_000 + time.tv_usec as u64;
    (time(value.it_value), time(value.it_interval))
}
