//! Waiting for descriptors and for words of memory.

use crate::{fork, in_child, must, pipe, status_of};
use sinew::Errno;
use sinew::fd::{AsFd, AsRawFd, BorrowedFd};
use sinew::sys::*;
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering};

#[test]
fn a_descriptor_is_ready_when_there_is_something_to_read() {
    let (reader, writer) = pipe();
    let mut fds = [
        PollFd::new(reader.as_fd(), PollEvents::IN),
        PollFd::none(),
        PollFd::new(writer.as_fd(), PollEvents::empty()),
    ];
    assert_eq!(ppoll(&mut fds, Some(&mut Timespec::default()), None), Ok(0));
    assert!(fds[0].revents().is_empty());
    assert_eq!(write(writer.as_fd(), b"x"), Ok(1));
    let mut timeout = Timespec { tv_sec: 1000, tv_nsec: 0 };
    assert_eq!(ppoll(&mut fds, Some(&mut timeout), None), Ok(1));
    assert_eq!(fds[0].revents(), PollEvents::IN);
    assert_eq!(fds[1].revents(), PollEvents::empty());
    // The kernel leaves what is left.
    assert!((900..1000).contains(&timeout.tv_sec));
    fds[2].set_events(PollEvents::OUT);
    assert_eq!(ppoll(&mut fds, None, None), Ok(2));
    assert_eq!(fds[2].revents(), PollEvents::OUT);
    let mut wrong = Timespec { tv_sec: 0, tv_nsec: 1_000_000_000 };
    assert_eq!(ppoll(&mut fds, Some(&mut wrong), None), Err(Errno::INVAL));
}

#[test]
fn the_other_side_that_is_gone_and_a_closed_descriptor_are_always_told() {
    in_child(|| {
        let (reader, writer) = pipe();
        let number = writer.as_raw_fd();
        drop(writer);
        // SAFETY: the kernel finds nothing open under the number.
        let closed = unsafe { BorrowedFd::borrow_raw(number) };
        let none = PollEvents::empty();
        let mut fds = [PollFd::new(reader.as_fd(), none), PollFd::new(closed, none)];
        must!(ppoll(&mut fds, None, None) == Ok(2));
        must!(fds[0].revents() == PollEvents::HUP);
        must!(fds[1].revents() == PollEvents::NVAL);
    });
}

unsafe extern "C" fn nothing(_signal: i32) {}

#[test]
fn a_signal_that_only_the_wait_lets_through_ends_it() {
    in_child(|| {
        let blocked = SigSet::empty().with(libc::SIGUSR1);
        must!(rt_sigprocmask(SigMaskHow::BLOCK, Some(&blocked), None) == Ok(()));
        let handler = SigHandler::function(nothing);
        let action = SigAction::new(handler, SigActionFlags::empty(), SigSet::empty());
        // SAFETY: the handler does nothing.
        must!(unsafe { rt_sigaction(libc::SIGUSR1, Some(&action), None) } == Ok(()));
        must!(kill(getpid(), libc::SIGUSR1) == Ok(()));
        must!(ppoll(&mut [], Some(&mut Timespec::default()), Some(&blocked)) == Ok(0));
        must!(ppoll(&mut [], None, Some(&SigSet::empty())) == Err(Errno::INTR));
    });
}

#[test]
fn a_word_that_has_changed_is_not_waited_for() {
    let word = AtomicU32::new(1);
    for flags in [FutexFlags::empty(), FutexFlags::PRIVATE] {
        assert_eq!(futex_wait(&word, 0, flags, None), Err(Errno::AGAIN));
        assert_eq!(futex_wait_until(&word, 0, flags, None), Err(Errno::AGAIN));
        assert_eq!(futex_wake(&word, u32::MAX, flags), Ok(0));
    }
}

#[test]
fn a_wait_for_a_word_ends_in_time() {
    let word = AtomicU32::new(1);
    let private = FutexFlags::PRIVATE;
    let millisecond = Timespec { tv_sec: 0, tv_nsec: 1_000_000 };
    assert_eq!(futex_wait(&word, 1, private, Some(&millisecond)), Err(Errno::TIMEDOUT));
    // A span of one millisecond is over; as a time it has long been.
    assert_eq!(futex_wait_until(&word, 1, private, Some(&millisecond)), Err(Errno::TIMEDOUT));
    let now = clock_gettime(Clock::REALTIME).unwrap();
    let real = private | FutexFlags::CLOCK_REALTIME;
    assert_eq!(futex_wait_until(&word, 1, real, Some(&now)), Err(Errno::TIMEDOUT));
    let wrong = Timespec { tv_sec: 0, tv_nsec: -1 };
    assert_eq!(futex_wait(&word, 1, private, Some(&wrong)), Err(Errno::INVAL));
    assert_eq!(futex_wait_until(&word, 1, private, Some(&wrong)), Err(Errno::INVAL));
}

#[test]
fn a_bit_that_is_no_flag_makes_no_other_operation() {
    // FUTEX_WAKE_OP, which would write through an argument that is not there.
    let other = FutexFlags::from_bits_retain(5);
    assert_eq!(futex_wake(&AtomicU32::new(1), 1, other), Ok(0));
    assert_eq!(futex_wait(&AtomicU32::new(1), 0, other, None), Err(Errno::AGAIN));
}

/// Wakes until somebody was there to be woken.
fn wake_one(word: &AtomicU32, count: u32, flags: FutexFlags) {
    while futex_wake(word, count, flags).unwrap() == 0 {
        sched_yield();
    }
}

#[test]
fn a_waiting_thread_is_woken() {
    let word = AtomicU32::new(1);
    let private = FutexFlags::PRIVATE;
    std::thread::scope(|scope| {
        let waiter = scope.spawn(|| futex_wait(&word, 1, private, None));
        wake_one(&word, 1, private);
        assert_eq!(waiter.join().unwrap(), Ok(()));
        let waiter = scope.spawn(|| futex_wait_until(&word, 1, private, None));
        wake_one(&word, u32::MAX, private);
        assert_eq!(waiter.join().unwrap(), Ok(()));
    });
}

#[test]
fn a_waiting_process_is_woken_through_shared_memory() {
    let size = size_of::<AtomicU32>();
    // SAFETY: the kernel chooses a place where nothing is, and zeros are an atomic.
    let word = unsafe {
        let (protection, flags) =
            (Protection::READ | Protection::WRITE, MapFlags::SHARED | MapFlags::ANONYMOUS);
        &*mmap(ptr::null_mut(), size, protection, flags, None, 0).unwrap().cast::<AtomicU32>()
    };
    let pid = fork(|| {
        while word.load(Ordering::SeqCst) == 0 {
            _ = futex_wait(word, 0, FutexFlags::empty(), None);
        }
    });
    // A private wake does not reach it, and it sleeps on while the word is 0.
    wake_one(word, 1, FutexFlags::empty());
    word.store(1, Ordering::SeqCst);
    _ = futex_wake(word, 1, FutexFlags::empty());
    assert_eq!(status_of(pid), 0);
    // SAFETY: nobody uses it any more.
    assert_eq!(unsafe { munmap(word.as_ptr().cast(), size) }, Ok(()));
}
