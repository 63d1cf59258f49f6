//! Signals.

use crate::{fork, in_child, must, pipe, status_of};
use sinew::Errno;
use sinew::fd::AsFd;
use sinew::sys::*;
use std::ffi::c_void;
use std::sync::atomic::{AtomicI32, Ordering};

#[test]
fn a_set_holds_the_signals_1_to_64() {
    let mut set = SigSet::empty().with(1).with(64).with(0).with(65).with(-1);
    assert!(set.iter().eq([1, 64]));
    assert_eq!(set.bits(), 1 << 63 | 1);
    set.insert(9);
    set.remove(64);
    assert!(set.contains(9) && !set.contains(64) && !set.contains(0) && !set.contains(65));
    assert!(set.without(1).without(9).is_empty());
    assert_eq!(SigSet::full().iter().count(), 64);
    assert_eq!(format!("{set:?}"), "{1, 9}");
}

#[test]
fn a_signal_is_sent_or_looked_for() {
    let (reader, _writer) = pipe();
    let pid = fork(|| must!(crate::await_byte(reader.as_fd())));
    assert_eq!(kill(pid, 0), Ok(()));
    assert_eq!(kill(pid, 65), Err(Errno::INVAL));
    assert_eq!(tgkill(pid, pid, 0), Ok(()));
    assert_eq!(tgkill(getpid(), pid, 0), Err(Errno::SRCH));
    assert_eq!(tgkill(pid, 0, 0), Err(Errno::INVAL));
    assert_eq!(tgkill(pid, pid, libc::SIGTERM), Ok(()));
    assert_eq!(status_of(pid), libc::SIGTERM);
    assert_eq!(kill(Pid::MAX, 0), Err(Errno::SRCH));
}

static CAUGHT: AtomicI32 = AtomicI32::new(0);
static SENDER: AtomicI32 = AtomicI32::new(0);

unsafe extern "C" fn note(signal: i32) {
    CAUGHT.fetch_add(signal, Ordering::SeqCst);
}

unsafe extern "C" fn note_sender(signal: i32, info: *mut SigInfo, context: *mut c_void) {
    // SAFETY: the kernel gives the address of what it has written.
    let info = unsafe { &*info };
    must!(info.signo() == signal && !context.is_null());
    SENDER.store(info.pid(), Ordering::SeqCst);
    CAUGHT.fetch_add(info.value() as i32, Ordering::SeqCst);
}

/// Sets an action and gives the one of before.
fn set(signal: i32, action: &SigAction) -> SigAction {
    let mut old = SigAction::default();
    // SAFETY: the handlers of this file only store, and make system calls.
    must!(unsafe { rt_sigaction(signal, Some(action), Some(&mut old)) } == Ok(()));
    old
}

#[test]
fn a_handler_runs_and_returns() {
    in_child(|| {
        let mask = SigSet::empty().with(libc::SIGUSR2);
        set(libc::SIGUSR1, &SigAction::new(SigHandler::function(note), SigActionFlags::RESTART, mask));
        for _ in 0..3 {
            must!(kill(getpid(), libc::SIGUSR1) == Ok(()));
        }
        must!(CAUGHT.load(Ordering::SeqCst) == 3 * libc::SIGUSR1);
        // What was set comes back bit for bit, the restorer included.
        let old = set(libc::SIGUSR1, &SigAction::default());
        must!(old.sa_flags == SigActionFlags::RESTART | SigActionFlags::RESTORER);
        must!(old.sa_handler == SigHandler::function(note) && old.sa_handler.is_function());
        must!(old.sa_mask == mask && old.sa_restorer.is_some());
        must!(set(libc::SIGUSR1, &old).sa_handler == SigHandler::DEFAULT);
        must!(tgkill(getpid(), gettid(), libc::SIGUSR1) == Ok(()));
        must!(CAUGHT.load(Ordering::SeqCst) == 4 * libc::SIGUSR1);
    });
}

#[test]
fn a_handler_learns_who_sent_what() {
    in_child(|| {
        let handler = SigHandler::function_with_info(note_sender);
        set(libc::SIGUSR1, &SigAction::new(handler, SigActionFlags::SIGINFO, SigSet::empty()));
        let pid = getpid();
        let Ok(own) = pidfd_open(pid, PidfdFlags::empty()) else { exit_group(1) };
        let info = SigInfo::queued(libc::SIGUSR1, pid, getuid(), 42);
        let none = PidfdSignalFlags::empty();
        must!(pidfd_send_signal(own.as_fd(), libc::SIGUSR1, Some(&info), none) == Ok(()));
        must!(CAUGHT.load(Ordering::SeqCst) == 42 && SENDER.load(Ordering::SeqCst) == pid);
        must!(pidfd_send_signal(own.as_fd(), libc::SIGUSR2, Some(&info), none) == Err(Errno::INVAL));
    });
}

#[test]
fn an_ignored_signal_does_nothing_and_kill_cannot_be_caught() {
    in_child(|| {
        let ignore = SigAction::new(SigHandler::IGNORE, SigActionFlags::empty(), SigSet::empty());
        set(libc::SIGTERM, &ignore);
        must!(kill(getpid(), libc::SIGTERM) == Ok(()));
        must!(!set(libc::SIGTERM, &ignore).sa_handler.is_function());
        // SAFETY: neither is set.
        unsafe {
            must!(rt_sigaction(libc::SIGKILL, Some(&ignore), None) == Err(Errno::INVAL));
            must!(rt_sigaction(65, None, None) == Err(Errno::INVAL));
        }
    });
}

#[test]
fn a_blocked_signal_waits_and_is_taken() {
    in_child(|| {
        let both = SigSet::empty().with(libc::SIGUSR1).with(libc::SIGUSR2);
        let mut old = both;
        must!(rt_sigprocmask(SigMaskHow::BLOCK, Some(&both), Some(&mut old)) == Ok(()));
        must!(!old.contains(libc::SIGUSR1));
        must!(rt_sigpending() == Ok(SigSet::empty()));
        must!(kill(getpid(), libc::SIGUSR2) == Ok(()));
        must!(rt_sigpending() == Ok(SigSet::empty().with(libc::SIGUSR2)));
        let mut info = SigInfo::zeroed();
        must!(rt_sigtimedwait(&both, Some(&mut info), None) == Ok(libc::SIGUSR2));
        must!(info.signo() == libc::SIGUSR2 && info.pid() == getpid() && info.uid() == getuid());
        must!(rt_sigtimedwait(&both, None, Some(&Timespec::default())) == Err(Errno::AGAIN));
        let wrong = Timespec { tv_sec: 0, tv_nsec: 1_000_000_000 };
        must!(rt_sigtimedwait(&both, None, Some(&wrong)) == Err(Errno::INVAL));
        must!(rt_sigprocmask(SigMaskHow::from_raw(9), Some(&both), None) == Err(Errno::INVAL));
        let mut now = SigSet::empty();
        must!(rt_sigprocmask(SigMaskHow::SETMASK, Some(&old), Some(&mut now)) == Ok(()));
        must!(now == both);
    });
}

#[test]
fn a_suspended_thread_wakes_when_the_handler_has_run() {
    in_child(|| {
        let set_of_it = SigSet::empty().with(libc::SIGUSR1);
        must!(rt_sigprocmask(SigMaskHow::BLOCK, Some(&set_of_it), None) == Ok(()));
        set(libc::SIGUSR1, &SigAction::new(SigHandler::function(note), SigActionFlags::empty(), set_of_it));
        // It comes while blocked, so that nothing is lost between this and the next line.
        must!(kill(getpid(), libc::SIGUSR1) == Ok(()));
        must!(CAUGHT.load(Ordering::SeqCst) == 0);
        must!(rt_sigsuspend(&SigSet::empty()) == Errno::INTR);
        must!(CAUGHT.load(Ordering::SeqCst) == libc::SIGUSR1);
        let mut now = SigSet::empty();
        must!(rt_sigprocmask(SigMaskHow::BLOCK, None, Some(&mut now)) == Ok(()));
        must!(now.contains(libc::SIGUSR1));
    });
}
