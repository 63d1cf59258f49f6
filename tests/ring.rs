//! The ring.

#[path = "common/child.rs"]
mod child;

use child::{Random, alone, child, on_signal, open_descriptors, until, until_blocked_in};
use proptest::prelude::*;
use sinew::Errno;
use sinew::fd::{AsFd, BorrowedFd};
use sinew::io;
use sinew::ipc::ring::{Consumer, LIVENESS, Producer};
use sinew::ipc::{Ring, pipe};
use sinew::memory::page_size;
use sinew::process::wait4;
use sinew::sys::{
    self, Clock, CpuSet, Itimer, Itimerval, NanosleepFlags, PollEvents, PollFd, SigHandler, Timespec,
    Timeval, WaitOptions,
};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use std::{fs, ptr, thread};

/// The bytes that go through, by their position. Its period is a prime, so that no shift by
/// a power of two goes unseen.
struct Pattern(Vec<u8>);

impl Pattern {
    const PERIOD: usize = 65_521;

    /// For pieces of up to so many bytes.
    fn new(longest: usize) -> Self {
        let mut random = Random(88_172_645_463_325_252);
        let once: Vec<u8> = (0..Self::PERIOD).map(|_| random.below(256) as u8).collect();
        Self(once.repeat(2 + longest / Self::PERIOD))
    }

    fn at(&self, position: usize, length: usize) -> &[u8] {
        &self.0[position % Self::PERIOD..][..length]
    }
}

fn span(time: Duration) -> Timespec {
    Timespec { tv_sec: time.as_secs() as i64, tv_nsec: time.subsec_nanos().into() }
}

/// Which functions a side uses.
#[derive(Clone, Copy)]
enum Style {
    /// `write_all`, `read`.
    Copy,
    /// `reserve` and `commit`, `peek` and `consume`.
    InPlace,
}

fn produce(
    mut producer: Producer,
    total: usize,
    pattern: &Pattern,
    style: Style,
    mut next: impl FnMut() -> usize,
) {
    let mut at = 0;
    while at < total {
        let length = next().min(total - at);
        match style {
            Style::Copy => producer.write_all(pattern.at(at, length)).expect("write_all"),
            Style::InPlace => {
                let room = producer.reserve(length).expect("reserve");
                room[..length].copy_from_slice(pattern.at(at, length));
                producer.commit(length).expect("commit");
            }
        }
        at += length;
    }
    producer.close();
}

fn consume(
    mut consumer: Consumer,
    total: usize,
    pattern: &Pattern,
    style: Style,
    mut next: impl FnMut() -> usize,
) {
    let (mut at, mut buffer) = (0, vec![0; pattern.0.len()]);
    loop {
        let length = next();
        let count = match style {
            Style::Copy => {
                let count = consumer.read(&mut buffer[..length]).expect("read");
                assert!(buffer[..count] == *pattern.at(at, count), "wrong bytes near {at}");
                count
            }
            Style::InPlace => {
                let bytes = consumer.peek(length).expect("peek");
                let count = bytes.len().min(length);
                assert!(bytes[..count] == *pattern.at(at, count), "wrong bytes near {at}");
                consumer.consume(count).expect("consume");
                count
            }
        };
        if count == 0 {
            break;
        }
        at += count;
    }
    assert_eq!(at, total);
    assert_eq!(consumer.read(&mut buffer), Ok(0), "the end stays the end");
}

/// Sends so much from a child to this process, in pieces of up to so many bytes.
fn transfer(capacity: usize, total: usize, [out, inward]: [(Style, usize); 2]) {
    let pattern = Pattern::new(out.1.max(inward.1));
    let ring = Ring::new(capacity).expect("ring");
    // Odd lengths of many sizes, now and then the longest.
    let lengths = |longest: usize, seed| {
        let mut random = Random(seed);
        move || if random.below(4) == 0 { longest } else { 1 + random.below(longest) }
    };
    let mut ring = Some(ring);
    let other = child(|| {
        let producer = ring.take().expect("a ring").into_producer();
        produce(producer, total, &pattern, out.0, lengths(out.1, 3));
    });
    let consumer = ring.take().expect("a ring").into_consumer();
    consume(consumer, total, &pattern, inward.0, lengths(inward.1, 4));
    other.succeeds();
}

const HUNDRED_MB: usize = 100 << 20;

#[test]
fn a_hundred_megabytes_through_a_page() {
    alone(|| transfer(1, HUNDRED_MB, [(Style::InPlace, page_size()), (Style::Copy, page_size())]));
}

#[test]
fn ten_megabytes_in_place_on_both_sides_of_a_page() {
    // What the two wait for has to fit together: together they want no more than the ring.
    let half = page_size() / 2;
    alone(|| transfer(1, 10 << 20, [(Style::InPlace, half), (Style::InPlace, half)]));
}

#[test]
fn a_hundred_megabytes_by_copies_of_odd_lengths() {
    alone(|| transfer(64 << 10, HUNDRED_MB, [(Style::Copy, 9_999), (Style::Copy, 12_345)]));
}

#[test]
fn a_hundred_megabytes_in_writes_longer_than_the_ring() {
    alone(|| transfer(64 << 10, HUNDRED_MB, [(Style::Copy, 1_000_003), (Style::InPlace, 50_000)]));
}

#[test]
fn a_hundred_megabytes_in_place_through_four_megabytes() {
    alone(|| transfer(4 << 20, HUNDRED_MB, [(Style::InPlace, 300_007), (Style::Copy, 65_536)]));
}

#[test]
fn a_megabyte_in_single_bytes() {
    alone(|| transfer(1, 1 << 20, [(Style::Copy, 1), (Style::InPlace, 1)]));
}

/// Lets this process and the children that it will fork run on this many processors.
fn run_on(count: usize) {
    let mut cpus = CpuSet::empty();
    for cpu in sys::sched_getaffinity(0).expect("sched_getaffinity").iter().take(count) {
        cpus.set(cpu).expect("a processor");
    }
    sys::sched_setaffinity(0, &cpus).expect("sched_setaffinity");
}

/// A ring so small that both sides keep falling asleep.
fn sleep_and_wake(cpus: usize) {
    run_on(cpus);
    let start = Instant::now();
    let page = page_size();
    for (total, out, inward) in [(8 << 20, page, page), (1 << 20, page, 100), (1 << 20, 100, page)] {
        transfer(1, total, [(Style::InPlace, out), (Style::Copy, inward)]);
        transfer(1, total, [(Style::Copy, out), (Style::InPlace, inward)]);
    }
    // Two thousand times each falls asleep, at least; a wake-up that is lost costs
    // `LIVENESS`.
    assert!(start.elapsed() < 200 * LIVENESS, "it took {:?}", start.elapsed());
}

#[test]
fn no_wake_up_is_lost_on_one_processor() {
    alone(|| sleep_and_wake(1));
}

#[test]
fn no_wake_up_is_lost_on_two_processors() {
    alone(|| sleep_and_wake(2));
}

/// A question and an answer at a time, so that one side always waits for the other.
fn ping_pong(cpus: usize) {
    const ROUNDS: u32 = 2000;
    run_on(cpus);
    let [there, back] = [(); 2].map(|()| Some(Ring::new(1).expect("ring")));
    let (mut there, mut back) = (there, back);
    let other = child(|| {
        let mut questions = there.take().expect("a ring").into_consumer();
        let mut answers = back.take().expect("a ring").into_producer();
        let mut buffer = [0; 4];
        while questions.read_full(&mut buffer).expect("read_full") == 4 {
            answers.write_all(&buffer).expect("write_all");
        }
    });
    let mut questions = there.take().expect("a ring").into_producer();
    let mut answers = back.take().expect("a ring").into_consumer();
    let start = Instant::now();
    let mut buffer = [0; 4];
    for round in 0..ROUNDS {
        questions.write_all(&round.to_ne_bytes()).expect("write_all");
        assert_eq!(answers.read_full(&mut buffer), Ok(4));
        assert_eq!(u32::from_ne_bytes(buffer), round);
    }
    assert!(start.elapsed() < ROUNDS / 20 * LIVENESS, "it took {:?}", start.elapsed());
    questions.close();
    assert_eq!(answers.read(&mut buffer), Ok(0));
    other.succeeds();
}

#[test]
fn questions_and_answers_on_one_processor() {
    alone(|| ping_pong(1));
}

#[test]
fn questions_and_answers_on_two_processors() {
    alone(|| ping_pong(2));
}

/// Wakes a sleeping child in some way, and says how long that usually took.
fn wake_ups(sleeper: fn(Ring), waker: fn(Ring) -> Box<dyn FnOnce()>) -> Duration {
    let mut times: Vec<Duration> = (0..15)
        .map(|_| {
            let mut ring = Some(Ring::new(1).expect("ring"));
            let other = child(|| sleeper(ring.take().expect("a ring")));
            let wake = waker(ring.take().expect("a ring"));
            until_blocked_in(other.pid, libc::SYS_futex);
            let start = Instant::now();
            wake();
            other.succeeds();
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[times.len() / 2]
}

#[test]
fn a_sleeping_consumer_is_woken_at_once_by_a_commit() {
    alone(|| {
        let sleeper = |ring: Ring| assert_eq!(ring.into_consumer().peek(1).map(<[u8]>::len), Ok(3));
        let median = wake_ups(sleeper, |ring| {
            let mut producer = ring.into_producer();
            Box::new(move || {
                producer.write_all(b"abc").expect("write_all");
                // Closing would wake it too.
                std::mem::forget(producer);
            })
        });
        assert!(median < LIVENESS / 2, "{median:?}");
    });
}

#[test]
fn a_sleeping_consumer_is_woken_at_once_by_the_end() {
    alone(|| {
        let sleeper = |ring: Ring| assert_eq!(ring.into_consumer().peek(1).map(<[u8]>::len), Ok(0));
        let median = wake_ups(sleeper, |ring| {
            let producer = ring.into_producer();
            Box::new(move || producer.close())
        });
        assert!(median < LIVENESS / 2, "{median:?}");
    });
}

fn fill_and_wait(ring: Ring) -> Result<usize, Errno> {
    let mut producer = ring.into_producer();
    producer.write_all(&vec![7; producer.capacity()])?;
    producer.write(&[8])
}

#[test]
fn a_sleeping_producer_is_woken_at_once_by_room() {
    alone(|| {
        let median = wake_ups(
            |ring| assert_eq!(fill_and_wait(ring), Ok(1)),
            |ring| {
                let mut consumer = ring.into_consumer();
                Box::new(move || {
                    let count = consumer.peek(1).expect("peek").len();
                    consumer.consume(count).expect("consume");
                    std::mem::forget(consumer);
                })
            },
        );
        assert!(median < LIVENESS / 2, "{median:?}");
    });
}

#[test]
fn a_sleeping_producer_is_woken_at_once_by_the_consumers_end() {
    alone(|| {
        let median = wake_ups(
            |ring| assert_eq!(fill_and_wait(ring), Err(Errno::PIPE)),
            |ring| {
                let consumer = ring.into_consumer();
                Box::new(move || consumer.close())
            },
        );
        assert!(median < LIVENESS / 2, "{median:?}");
    });
}

#[test]
fn while_nobody_has_to_wait_there_is_no_system_call() {
    alone(|| {
        let (mut producer, mut consumer) = Ring::new(1).expect("ring").split().expect("split");
        let other = child(|| {
            let mut buffer = [0; 300];
            // From here on the kernel kills this process for any call but read, write and exit.
            // SAFETY: it changes no memory.
            let strict = unsafe { sys::prctl(libc::PR_SET_SECCOMP as u32, 1, 0, 0, 0) };
            let mut right = strict.is_ok();
            for round in 0..1000_usize {
                right &= producer.write_all(&[round as u8; 300]) == Ok(());
                right &= consumer.read_full(&mut buffer) == Ok(300) && buffer == [round as u8; 300];
            }
            // SAFETY: this process has one thread.
            unsafe { sys::exit(if right { 42 } else { 1 }) }
        });
        assert_eq!(other.wait().status.code(), Some(42));
    });
}

#[test]
fn a_quiet_producer_is_not_taken_for_dead() {
    alone(|| {
        let mut ring = Some(Ring::new(1).expect("ring"));
        let other = child(|| {
            let mut producer = ring.take().expect("a ring").into_producer();
            let quiet = span(3 * LIVENESS);
            sys::clock_nanosleep(Clock::MONOTONIC, NanosleepFlags::empty(), &quiet, None).expect("nanosleep");
            producer.write_all(b"still here").expect("write_all");
        });
        let mut consumer = ring.take().expect("a ring").into_consumer();
        assert_eq!(consumer.peek(1), Ok(&b"still here"[..]));
        other.succeeds();
    });
}

#[test]
fn a_place_that_crosses_the_end_of_the_ring_is_one_piece() {
    let (mut producer, mut consumer) = Ring::new(1).expect("ring").split().expect("split");
    let capacity = producer.capacity();
    let pattern = Pattern::new(capacity);
    for before in [capacity - 1, capacity - 10, 17] {
        // Bring both to a place shortly before the end.
        let mut at = 0;
        while at < before {
            let length = (before - at).min(1000);
            producer.write_all(pattern.at(at, length)).expect("write_all");
            assert_eq!(consumer.peek(length).map(<[u8]>::len), Ok(length));
            consumer.consume(length).expect("consume");
            at += length;
        }
        let room = producer.reserve(capacity).expect("reserve");
        assert_eq!(room.len(), capacity);
        room.copy_from_slice(pattern.at(5, capacity));
        producer.commit(capacity).expect("commit");
        let bytes = consumer.peek(capacity).expect("peek");
        assert!(bytes == pattern.at(5, capacity));
        consumer.consume(capacity).expect("consume");
    }
}

#[test]
fn bytes_that_were_not_committed_do_not_go_out() {
    let (mut producer, mut consumer) = Ring::new(1).expect("ring").split().expect("split");
    producer.reserve(10).expect("reserve")[..10].copy_from_slice(b"never sent");
    producer.reserve(4).expect("reserve")[..8].copy_from_slice(b"sent not");
    producer.commit(4).expect("commit");
    producer.commit(0).expect("commit");
    producer.close();
    assert_eq!(consumer.peek(1), Ok(&b"sent"[..]));
    assert_eq!(consumer.peek(5), Ok(&b"sent"[..]), "and nothing more comes");
}

#[test]
fn bytes_that_were_not_consumed_stay() {
    let (mut producer, mut consumer) = Ring::new(1).expect("ring").split().expect("split");
    producer.write_all(b"abcdef").expect("write_all");
    assert_eq!(consumer.peek(2), Ok(&b"abcdef"[..]));
    assert_eq!(consumer.peek(6), Ok(&b"abcdef"[..]));
    consumer.consume(2).expect("consume");
    assert_eq!(consumer.peek(1), Ok(&b"cdef"[..]));
    let mut buffer = [0; 3];
    assert_eq!(consumer.read(&mut buffer), Ok(3));
    assert_eq!(&buffer, b"cde");
    assert_eq!(consumer.read(&mut buffer), Ok(1));
    assert_eq!(buffer[0], b'f');
}

#[test]
fn a_message_longer_than_the_ring_is_an_error_to_reserve_and_to_peek_and_none_to_write() {
    alone(|| {
        let mut ring = Some(Ring::new(1).expect("ring"));
        let capacity = page_size();
        let message = vec![3; 10 * capacity + 1];
        let other = child(|| {
            let mut producer = ring.take().expect("a ring").into_producer();
            assert_eq!(producer.reserve(capacity + 1).map(|room| room.len()), Err(Errno::MSGSIZE));
            assert_eq!(producer.reserve(usize::MAX).map(|room| room.len()), Err(Errno::MSGSIZE));
            assert_eq!(producer.reserve(capacity).map(|room| room.len()), Ok(capacity));
            producer.write_all(&message).expect("write_all");
        });
        let mut consumer = ring.take().expect("a ring").into_consumer();
        assert_eq!(consumer.peek(capacity + 1), Err(Errno::MSGSIZE));
        assert_eq!(consumer.peek(capacity).map(<[u8]>::len), Ok(capacity));
        let mut buffer = vec![0; message.len() + 1];
        assert_eq!(consumer.read_full(&mut buffer), Ok(message.len()));
        assert!(buffer[..message.len()] == message);
        other.succeeds();
    });
}

#[test]
fn more_than_was_reserved_cannot_be_committed() {
    let (mut producer, mut consumer) = Ring::new(1).expect("ring").split().expect("split");
    let capacity = producer.capacity();
    producer.write_all(b"abc").expect("write_all");
    assert_eq!(producer.commit(capacity - 2), Err(Errno::INVAL));
    assert_eq!(producer.commit(usize::MAX), Err(Errno::INVAL));
    assert_eq!(consumer.peek(1), Ok(&b"abc"[..]), "nothing was published");
    assert_eq!(consumer.consume(4), Err(Errno::INVAL));
    assert_eq!(consumer.consume(usize::MAX), Err(Errno::INVAL));
    assert_eq!(consumer.peek(1), Ok(&b"abc"[..]), "nothing was given back");
}

#[test]
fn nothing_to_write_and_nowhere_to_read_to_is_no_end() {
    let (mut producer, mut consumer) = Ring::new(1).expect("ring").split().expect("split");
    assert_eq!(producer.write(b""), Ok(0));
    assert_eq!(producer.write_all(b""), Ok(()));
    let capacity = producer.capacity();
    producer.write_all(&vec![1; capacity]).expect("write_all");
    assert_eq!(producer.write(b""), Ok(0), "nothing needs no room");
    assert_eq!(consumer.read_full(&mut vec![0; capacity]), Ok(capacity));
    assert_eq!(consumer.read(&mut []), Ok(0));
    assert_eq!(consumer.read_full(&mut []), Ok(0));
    producer.write_all(b"x").expect("write_all");
    assert_eq!(consumer.read(&mut [0; 2]), Ok(1));
}

#[test]
fn the_end_comes_after_what_is_left() {
    let (mut producer, mut consumer) = Ring::new(1).expect("ring").split().expect("split");
    producer.write_all(b"last words").expect("write_all");
    producer.close();
    assert_eq!(consumer.peek(4), Ok(&b"last words"[..]));
    assert_eq!(consumer.peek(100), Ok(&b"last words"[..]), "fewer than asked for: the end");
    let mut buffer = [0; 100];
    assert_eq!(consumer.read_full(&mut buffer), Ok(10));
    assert_eq!(consumer.read(&mut buffer), Ok(0));
    assert_eq!(consumer.peek(1), Ok(&b""[..]));
}

#[test]
fn without_a_consumer_a_producer_gets_an_error_and_no_signal() {
    alone(|| {
        on_signal(libc::SIGPIPE, SigHandler::DEFAULT);
        for dropped in [false, true] {
            let (mut producer, consumer) = Ring::new(1).expect("ring").split().expect("split");
            producer.write_all(b"unread").expect("write_all");
            if dropped {
                drop(consumer)
            } else {
                consumer.close()
            }
            assert_eq!(producer.reserve(1).map(|room| room.len()), Err(Errno::PIPE));
            assert_eq!(producer.reserve(0).map(|room| room.len()), Err(Errno::PIPE));
            assert_eq!(producer.write(b"x"), Err(Errno::PIPE));
            assert_eq!(producer.write_all(b"x"), Err(Errno::PIPE));
        }
    });
}

#[test]
fn a_killed_producer_leaves_its_bytes_and_then_the_end() {
    alone(|| {
        let mut ring = Some(Ring::new(1 << 20).expect("ring"));
        let pattern = Pattern::new(100_000);
        let (reader, writer) = pipe().expect("pipe");
        let other = child(|| {
            let mut producer = ring.take().expect("a ring").into_producer();
            producer.write_all(pattern.at(0, 100_000)).expect("write_all");
            producer.reserve(4).expect("reserve")[..4].copy_from_slice(b"lost");
            io::write_all(&writer, b"!").expect("write");
            rest()
        });
        let mut consumer = ring.take().expect("a ring").into_consumer();
        assert_eq!(io::read(&reader, &mut [0]), Ok(1));
        other.kill();
        let start = Instant::now();
        let mut buffer = vec![0; 200_000];
        assert_eq!(consumer.read_full(&mut buffer), Ok(100_000));
        assert!(buffer[..100_000] == *pattern.at(0, 100_000));
        assert_eq!(consumer.read(&mut buffer), Ok(0));
        assert!(start.elapsed() < 40 * LIVENESS, "{:?}", start.elapsed());
    });
}

/// Kills the peer of a side that waits, and lets it find out; the child says what it found.
fn killed_while_the_other_waits(peer: fn(Ring), waits: fn(Ring)) {
    let mut ring = Some(Ring::new(1).expect("ring"));
    let victim = child(|| {
        peer(ring.take().expect("a ring"));
        unreachable!("it was killed");
    });
    let waiting = child(|| waits(ring.take().expect("a ring")));
    drop(ring);
    until_blocked_in(waiting.pid, libc::SYS_futex);
    until_blocked_in(victim.pid, libc::SYS_rt_sigsuspend);
    victim.kill();
    let start = Instant::now();
    waiting.succeeds();
    assert!(start.elapsed() < 40 * LIVENESS, "{:?}", start.elapsed());
}

fn rest() -> ! {
    loop {
        sys::rt_sigsuspend(&sys::SigSet::empty());
    }
}

#[test]
fn a_killed_producer_wakes_the_consumer() {
    alone(|| {
        killed_while_the_other_waits(
            |ring| {
                let mut producer = ring.into_producer();
                producer.write_all(b"abc").expect("write_all");
                rest()
            },
            |ring| {
                let mut consumer = ring.into_consumer();
                assert_eq!(consumer.peek(4), Ok(&b"abc"[..]));
                consumer.consume(3).expect("consume");
                assert_eq!(consumer.peek(1), Ok(&b""[..]));
            },
        );
    });
}

#[test]
fn a_killed_consumer_wakes_the_producer() {
    alone(|| {
        killed_while_the_other_waits(
            |ring| {
                let _consumer = ring.into_consumer();
                rest()
            },
            |ring| assert_eq!(fill_and_wait(ring), Err(Errno::PIPE)),
        );
    });
}

#[test]
fn a_peer_killed_before_it_took_its_side_is_dead_too() {
    alone(|| {
        killed_while_the_other_waits(
            |ring| {
                let _ring = ring;
                rest()
            },
            |ring| assert_eq!(ring.into_consumer().peek(1), Ok(&b""[..])),
        );
    });
}

unsafe extern "C" fn nothing(_: i32) {}

#[test]
fn a_killed_producer_is_noticed_among_many_signals() {
    alone(|| {
        let mut ring = Some(Ring::new(1).expect("ring"));
        let victim = child(|| {
            let _producer = ring.take().expect("a ring").into_producer();
            rest()
        });
        let waiting = child(|| {
            on_signal(libc::SIGALRM, SigHandler::function(nothing));
            // Each comes long before the time is over after which it looks.
            let often = Timeval { tv_sec: 0, tv_usec: i64::from(LIVENESS.subsec_micros()) / 50 };
            let timer = Itimerval { it_interval: often, it_value: often };
            sys::setitimer(Itimer::REAL, &timer, None).expect("setitimer");
            assert_eq!(ring.take().expect("a ring").into_consumer().peek(1), Ok(&b""[..]));
        });
        drop(ring);
        until_blocked_in(waiting.pid, libc::SYS_futex);
        until_blocked_in(victim.pid, libc::SYS_rt_sigsuspend);
        victim.kill();
        let start = Instant::now();
        let waiting = waiting.forget();
        until("it notices", || {
            assert!(start.elapsed() < 40 * LIVENESS, "it does not notice");
            let end = wait4(waiting, WaitOptions::NOHANG).expect("wait4");
            end.is_some_and(|end| {
                assert!(end.status.success(), "{}", end.status);
                true
            })
        });
    });
}

#[test]
fn the_end_waits_for_everybody_who_could_be_the_producer() {
    alone(|| {
        let mut ring = Some(Ring::new(1).expect("ring"));
        // It has both sides, and takes none.
        let third = child(|| rest());
        let victim = child(|| {
            let _producer = ring.take().expect("a ring").into_producer();
            rest()
        });
        let (reader, writer) = pipe().expect("pipe");
        let waiting = child(|| {
            let mut consumer = ring.take().expect("a ring").into_consumer();
            assert_eq!(consumer.peek(1), Ok(&b""[..]));
            io::write_all(&writer, b"!").expect("write");
        });
        drop(ring);
        until_blocked_in(victim.pid, libc::SYS_rt_sigsuspend);
        victim.kill();
        let mut ready = [PollFd::new(reader.as_fd(), PollEvents::IN)];
        let mut time = span(3 * LIVENESS);
        assert_eq!(sys::ppoll(&mut ready, Some(&mut time), None), Ok(0), "the end came early");
        third.kill();
        assert_eq!(io::read(&reader, &mut [0]), Ok(1));
        waiting.succeeds();
    });
}

#[test]
fn the_descriptor_of_a_side_tells_the_others_end() {
    let state = |fd: BorrowedFd<'_>| {
        let mut entry = [PollFd::new(fd, PollEvents::empty())];
        sys::ppoll(&mut entry, Some(&mut Timespec::default()), None).expect("ppoll");
        entry[0].revents()
    };
    alone(move || {
        let (producer, consumer) = Ring::new(1).expect("ring").split().expect("split");
        assert_eq!(state(producer.as_fd()), PollEvents::empty());
        assert_eq!(state(consumer.as_fd()), PollEvents::empty());
        drop(consumer);
        assert_eq!(state(producer.as_fd()), PollEvents::ERR);
        let (producer, consumer) = Ring::new(1).expect("ring").split().expect("split");
        drop(producer);
        assert_eq!(state(consumer.as_fd()), PollEvents::HUP);
    });
}

#[test]
fn two_threads_of_a_process_can_have_a_side_each() {
    alone(|| {
        let pattern = Pattern::new(10_000);
        let (producer, consumer) = Ring::new(30_000).expect("ring").split().expect("split");
        thread::scope(|scope| {
            let mut random = Random(5);
            let pattern = &pattern;
            scope.spawn(move || {
                produce(producer, 20 << 20, pattern, Style::Copy, || 1 + random.below(10_000))
            });
            let mut random = Random(6);
            consume(consumer, 20 << 20, pattern, Style::InPlace, || 1 + random.below(10_000));
        });
    });
}

#[test]
fn the_capacity_is_rounded_up_to_a_power_of_two_of_pages() {
    let page = page_size();
    for (asked, got) in [
        (1, page),
        (page, page),
        (page + 1, 2 * page),
        (3 * page, 4 * page),
        (4 * page, 4 * page),
        (1 << 20, 1 << 20),
        ((1 << 20) + 1, 2 << 20),
    ] {
        let ring = Ring::new(asked).expect("ring");
        assert_eq!(ring.capacity(), got, "{asked}");
        let (producer, consumer) = ring.split().expect("split");
        assert_eq!((producer.capacity(), consumer.capacity()), (got, got));
    }
}

#[test]
fn a_ring_of_nothing_or_of_all_memory_is_an_error() {
    assert_eq!(Ring::new(0).map(drop), Err(Errno::INVAL));
    for too_much in [1 << 62, (1 << 62) + 1, 1 << 63, (1 << 63) + 1, usize::MAX] {
        assert_eq!(Ring::new(too_much).map(drop), Err(Errno::NOMEM), "{too_much:#x}");
    }
}

#[test]
fn a_child_of_a_side_does_not_close_it() {
    alone(|| {
        let (mut producer, mut consumer) = Ring::new(1).expect("ring").split().expect("split");
        child(|| {
            // SAFETY: the child's copy of each, which is not used again there.
            unsafe {
                drop(ptr::read(&producer));
                drop(ptr::read(&consumer));
            }
        })
        .succeeds();
        producer.write_all(b"still open").expect("write_all");
        assert_eq!(consumer.peek(10), Ok(&b"still open"[..]));
    });
}

fn mappings() -> usize {
    fs::read_to_string("/proc/self/maps").expect("maps").matches("sinew-ring").count()
}

#[test]
fn dropping_a_ring_or_its_sides_leaks_nothing() {
    alone(|| {
        let before = (open_descriptors(), mappings());
        assert_eq!(before.1, 0);
        let check = |what| assert_eq!((open_descriptors(), mappings()), before, "{what}");
        for _ in 0..3 {
            let ring = Ring::new(1).expect("ring");
            assert_eq!(mappings(), 2);
            drop(ring);
            check("neither side");
            drop(Ring::new(1).expect("ring").into_producer());
            check("the producer");
            drop(Ring::new(1).expect("ring").into_consumer());
            check("the consumer");
            drop(Ring::new(1).expect("ring").split().expect("split"));
            check("both sides");
            assert_eq!(Ring::new(1 << 62).map(drop), Err(Errno::NOMEM));
            check("a ring that was not made");
        }
    });
}

#[test]
fn a_ring_that_finds_no_descriptor_is_an_error_and_leaks_nothing() {
    alone(|| {
        let mut was = sys::Rlimit::default();
        sys::prlimit64(0, sys::Resource::NOFILE, None, Some(&mut was)).expect("prlimit");
        let before = (open_descriptors(), mappings());
        // A ring needs three.
        for limit in 3..6 {
            let limit = sys::Rlimit { rlim_cur: limit, ..was };
            sys::prlimit64(0, sys::Resource::NOFILE, Some(&limit), None).expect("prlimit");
            assert_eq!(Ring::new(1).map(drop), Err(Errno::MFILE));
            sys::prlimit64(0, sys::Resource::NOFILE, Some(&was), None).expect("prlimit");
            assert_eq!((open_descriptors(), mappings()), before);
        }
    });
}

#[test]
fn an_executed_program_gets_nothing_of_a_ring() {
    alone(|| {
        let _ring = Ring::new(1).expect("ring");
        let names: Vec<_> = fs::read_dir("/proc/self/fd").expect("/proc/self/fd").collect();
        let all = names.into_iter().map(|entry| entry.expect("entry").file_name());
        let all = all.map(|name| name.to_string_lossy().parse::<i32>().expect("a number"));
        // The folder's own is there no more.
        let is_open = |fd: &i32| fs::exists(format!("/proc/self/fd/{fd}")).expect("/proc/self/fd");
        let new: Vec<i32> = all.filter(|fd| *fd > 2 && is_open(fd)).collect();
        assert_eq!(new.len(), 3, "the memory and the lifeline's two ends");
        for fd in new {
            // SAFETY: it is open, and stays so.
            let fd = unsafe { BorrowedFd::borrow_raw(fd) };
            assert_eq!(sys::fcntl_getfd(fd), Ok(sys::FdFlags::CLOEXEC));
        }
    });
}

#[test]
fn the_memory_of_a_ring_cannot_be_cut_away() {
    alone(|| {
        let _ring = Ring::new(1).expect("ring");
        let file = fs::read_dir("/proc/self/fd")
            .expect("/proc/self/fd")
            .map(|entry| entry.expect("entry").path())
            .find(|path| fs::read_link(path).is_ok_and(|name| name.to_string_lossy().contains("sinew-ring")))
            .expect("the memory file");
        let file = fs::OpenOptions::new().write(true).open(file).expect("open");
        for length in [0, 1, 1 << 20] {
            assert_eq!(sys::ftruncate(child::lend(&file), length), Err(Errno::PERM));
        }
    });
}

/// The header of the only ring of this process, as a hostile peer sees it.
struct Header(*mut u8);

impl Header {
    fn find() -> Self {
        let maps = fs::read_to_string("/proc/self/maps").expect("maps");
        let line = maps.lines().find(|line| line.contains("sinew-ring")).expect("the mapping");
        assert_eq!(line.split_whitespace().nth(2), Some("00000000"), "its start");
        let start = usize::from_str_radix(line.split_once('-').expect("a range").0, 16).expect("hex");
        Self(ptr::with_exposed_provenance_mut(start))
    }

    /// Where the producer says how much it has published.
    fn head(&self) -> &AtomicU64 {
        self.word(0)
    }

    /// Where the consumer says how much it has released.
    fn tail(&self) -> &AtomicU64 {
        self.word(128)
    }

    fn word(&self, offset: usize) -> &AtomicU64 {
        // SAFETY: aligned, within the header's page, which stays mapped for the test.
        unsafe { &*self.0.add(offset).cast() }
    }
}

#[test]
fn a_nonsensical_position_of_the_producer_is_an_error() {
    alone(|| {
        let page = page_size() as u64;
        // The consumer has seen 120 bytes and read 100: these go back, or beyond the ring.
        for head in [119, 100, 99, 0, u64::MAX, 1 << 63, 100 + page + 1] {
            let (mut producer, mut consumer) = Ring::new(1).expect("ring").split().expect("split");
            producer.write_all(&[1; 120]).expect("write_all");
            assert_eq!(consumer.read_full(&mut [0; 100]), Ok(100));
            Header::find().head().store(head, Ordering::SeqCst);
            for _ in 0..2 {
                assert_eq!(consumer.peek(21), Err(Errno::BADMSG), "{head}");
            }
            // What was seen before is as good as it was.
            assert_eq!(consumer.peek(20), Ok(&[1; 20][..]));
            assert_eq!(consumer.consume(21), Err(Errno::INVAL), "{head}");
            // A header that makes sense again is taken.
            Header::find().head().store(100 + page, Ordering::SeqCst);
            assert_eq!(consumer.peek(21).map(<[u8]>::len), Ok(page_size()));
        }
    });
}

#[test]
fn a_nonsensical_position_of_the_consumer_is_an_error() {
    alone(|| {
        let page = page_size() as u64;
        // The producer has published 100 bytes and seen 50 of them released: these go back, or
        // release what was not published.
        for tail in [49, 0, u64::MAX, 1 << 63, page.wrapping_neg(), 101, 100 + page] {
            let (mut producer, _consumer) = Ring::new(1).expect("ring").split().expect("split");
            let capacity = producer.capacity();
            producer.write_all(&[1; 100]).expect("write_all");
            Header::find().tail().store(50, Ordering::SeqCst);
            assert_eq!(producer.reserve(capacity - 50).map(|room| room.len()), Ok(capacity - 50));
            Header::find().tail().store(tail, Ordering::SeqCst);
            for _ in 0..2 {
                assert_eq!(producer.reserve(capacity).map(|room| room.len()), Err(Errno::BADMSG), "{tail}");
            }
            assert_eq!(producer.commit(capacity - 49), Err(Errno::INVAL), "{tail}");
            Header::find().tail().store(100, Ordering::SeqCst);
            assert_eq!(producer.reserve(capacity).map(|room| room.len()), Ok(capacity));
        }
    });
}

#[test]
fn a_consumer_tells_of_what_it_consumed_not_each_time() {
    alone(|| {
        let (mut producer, mut consumer) = Ring::new(1).expect("ring").split().expect("split");
        let eighth = producer.capacity() / 8;
        let header = Header::find();
        let mut consume = |count: usize| {
            consumer.peek(count).expect("peek");
            consumer.consume(count).expect("consume");
            header.tail().load(Ordering::SeqCst)
        };
        producer.write_all(&vec![1; 2 * eighth + 10]).expect("write_all");
        assert_eq!(consume(1), 0);
        assert_eq!(consume(eighth - 2), 0);
        assert_eq!(consume(1), eighth as u64, "an eighth of the ring");
        assert_eq!(consume(eighth - 1), eighth as u64);
        assert_eq!(consume(11), 2 * eighth as u64 + 10, "nothing is left");
    });
}

/// A child writes anything into the header for as long as this side works with it.
fn survives_scribbling(seed: u64, work: fn(Ring) -> Result<(), Errno>) {
    for seed in seed..seed + 10 {
        let mut ring = Some(Ring::new(1).expect("ring"));
        let other = child(|| {
            let _ring = ring.take();
            let header = Header::find();
            let mut random = Random(seed);
            loop {
                // Small numbers, so that some of them make sense, and any others.
                let value = random.below(3 * page_size()) as u64;
                let value = if random.below(50) == 0 { value.wrapping_neg() } else { value };
                header.word(8 * random.below(80)).store(value, Ordering::SeqCst);
            }
        });
        let result = work(ring.take().expect("a ring"));
        assert!(matches!(result, Ok(()) | Err(Errno::BADMSG | Errno::PIPE)), "{result:?}");
        other.kill();
    }
}

#[test]
fn a_consumer_survives_a_header_full_of_anything() {
    alone(|| {
        survives_scribbling(1, |ring| {
            let mut consumer = ring.into_consumer();
            let (mut buffer, mut total) = ([0; 1000], 0);
            while total < 100_000 {
                let count = consumer.read(&mut buffer)?;
                if count == 0 {
                    return Ok(());
                }
                total += count;
            }
            Ok(())
        });
    });
}

#[test]
fn a_producer_survives_a_header_full_of_anything() {
    alone(|| {
        survives_scribbling(101, |ring| {
            let mut producer = ring.into_producer();
            for _ in 0..100 {
                producer.write_all(&[1; 1000])?;
            }
            Ok(())
        });
    });
}

#[test]
fn a_peer_that_kept_the_other_awake_is_noticed_when_it_dies() {
    alone(|| {
        let mut ring = Some(Ring::new(1).expect("ring"));
        let (reader, writer) = pipe().expect("pipe");
        let waiting = child(|| {
            let mut consumer = ring.take().expect("a ring").into_consumer();
            io::write_all(&writer, b"!").expect("write");
            assert_eq!(consumer.peek(1), Ok(&b""[..]));
        });
        let hostile = child(|| {
            let _producer = ring.take().expect("a ring").into_producer();
            let header = Header::find();
            assert_eq!(io::read(&reader, &mut [0]), Ok(1));
            // It says that nobody sleeps, so that nobody falls asleep.
            for _ in 0..1_000_000 {
                header.word(256).store(0, Ordering::SeqCst);
                header.word(384).store(0, Ordering::SeqCst);
            }
            sys::kill(sys::getpid(), libc::SIGKILL).expect("kill");
        });
        drop(ring);
        assert_eq!(hostile.wait().status.signal(), Some(libc::SIGKILL));
        waiting.succeeds();
    });
}

/// What the two sides do, in turns; numbers are taken modulo what is possible without waiting.
#[derive(Clone, Copy, Debug)]
enum Step {
    Reserve(usize, usize),
    Write(usize),
    Peek(usize, usize),
    Read(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let any = || 0..20_000_usize;
    prop_oneof![
        (any(), any()).prop_map(|(at_least, count)| Step::Reserve(at_least, count)),
        any().prop_map(Step::Write),
        (any(), any()).prop_map(|(at_least, count)| Step::Peek(at_least, count)),
        any().prop_map(Step::Read),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_is_a_queue_of_bytes(pages in 1..4_usize, steps in prop::collection::vec(step(), 1..200)) {
        let (mut producer, mut consumer) = Ring::new(pages * page_size())?.split()?;
        let capacity = producer.capacity();
        // What the consumer has consumed and not told of yet is less than this.
        let untold = capacity / 8;
        let mut queue = VecDeque::new();
        let mut next = 0_u8;
        let mut bytes = |count: usize| -> Vec<u8> {
            std::iter::repeat_with(|| { next = next.wrapping_mul(5).wrapping_add(1); next }).take(count).collect()
        };
        let mut buffer = vec![0; capacity];
        for step in steps {
            let free = (capacity - queue.len()).saturating_sub(untold);
            match step {
                Step::Reserve(at_least, count) => {
                    let at_least = at_least % (free + 1);
                    let room = producer.reserve(at_least)?;
                    prop_assert!(room.len() >= at_least && room.len() <= capacity - queue.len());
                    let count = count % (room.len() + 1);
                    let new = bytes(count);
                    room[..count].copy_from_slice(&new);
                    // What is written and not committed does not count.
                    room[count..].fill(0);
                    producer.commit(count)?;
                    queue.extend(new);
                }
                Step::Write(count) => {
                    let new = bytes(count % (free + 1));
                    producer.write_all(&new)?;
                    queue.extend(new);
                }
                Step::Peek(at_least, count) => {
                    let at_least = at_least % (queue.len() + 1);
                    let there = consumer.peek(at_least)?;
                    prop_assert!(there.len() >= at_least && there.len() <= queue.len());
                    prop_assert!(there.iter().eq(queue.iter().take(there.len())));
                    let count = count % (there.len() + 1);
                    consumer.consume(count)?;
                    queue.drain(..count);
                }
                Step::Read(count) => {
                    let count = count % (queue.len() + 1);
                    prop_assert_eq!(consumer.read_full(&mut buffer[..count])?, count);
                    prop_assert!(buffer[..count].iter().eq(queue.iter().take(count)));
                    queue.drain(..count);
                }
            }
        }
        producer.close();
        let rest = consumer.peek(capacity)?;
        prop_assert!(rest.iter().eq(&queue));
    }
}
