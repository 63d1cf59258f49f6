//! Falling asleep and waking, step by step.
//!
//! A tracer stops one side of a ring after each of its instructions, and there the other
//! side does its part. A wake-up that is lost at any of these places shows: the kernel ends
//! the sleep by its time limit, or is never asked to wake the sleeper.

#[path = "common/child.rs"]
mod child;

use child::{Child, LIMIT, alone, child};
use sinew::ipc::Ring;
use sinew::ipc::ring::{Consumer, Producer};
use sinew::process::wait4;
use sinew::sys::{self, WaitOptions};
use std::collections::{HashMap, HashSet};
use std::fs;
use std::mem::zeroed;
use std::ptr;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Instant;

/// What a stopped process is about to do, or has just done.
enum Stop {
    /// It enters this system call.
    Entry(u64),
    /// It leaves one, with this result.
    Exit(i64),
    /// It is somewhere else: the instruction and the stack.
    Between(u64, u64),
}

/// A process that goes no further than it is told.
struct Traced(Child);

impl Traced {
    /// A child that stops before it begins.
    fn new(body: impl FnOnce()) -> Self {
        let traced = Self(child(|| {
            // SAFETY: it changes no memory.
            assert_eq!(unsafe { libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0) }, 0);
            sys::kill(sys::getpid(), libc::SIGSTOP).expect("kill");
            body();
        }));
        assert_eq!(traced.stopped(), libc::SIGSTOP);
        traced.request(libc::PTRACE_SETOPTIONS, 0, libc::PTRACE_O_TRACESYSGOOD as usize);
        traced
    }

    fn request(&self, request: libc::c_uint, address: usize, data: usize) -> i64 {
        // SAFETY: the requests used here write at most to a struct of the size that is told.
        let done = unsafe { libc::ptrace(request, self.0.pid, address, data) };
        assert_ne!(done, -1, "ptrace {request}: {}", std::io::Error::last_os_error());
        done
    }

    /// The signal that stopped it.
    fn stopped(&self) -> i32 {
        let end = wait4(self.0.pid, WaitOptions::empty()).expect("wait4").expect("it waited");
        end.status.stopped_signal().unwrap_or_else(|| panic!("it did not stop: {}", end.status))
    }

    fn look(&self) -> Stop {
        // SAFETY: zeros are valid, and the kernel fills what it says; `op` tells which part.
        unsafe {
            let mut info: libc::ptrace_syscall_info = zeroed();
            let place = ptr::from_mut(&mut info).expose_provenance();
            self.request(libc::PTRACE_GET_SYSCALL_INFO, size_of_val(&info), place);
            match info.op {
                libc::PTRACE_SYSCALL_INFO_ENTRY => Stop::Entry(info.u.entry.nr),
                libc::PTRACE_SYSCALL_INFO_EXIT => Stop::Exit(info.u.exit.sval),
                _ => Stop::Between(info.instruction_pointer, info.stack_pointer),
            }
        }
    }

    /// Goes on to the next instruction; gives the place.
    fn step(&self) -> (u64, u64) {
        self.request(libc::PTRACE_SINGLESTEP, 0, 0);
        assert_eq!(self.stopped(), libc::SIGTRAP);
        match self.look() {
            Stop::Between(instruction, stack) => (instruction, stack),
            _ => panic!("a step does not stop at a system call"),
        }
    }

    /// Whether the next instruction is a system call.
    fn is_at_system_call(&self, instruction: u64) -> bool {
        let code = self.request(libc::PTRACE_PEEKTEXT, instruction as usize, 0);
        if cfg!(target_arch = "x86_64") { code as u16 == 0x050f } else { code as u32 == 0xd400_0001 }
    }

    /// Goes on to the end of the next `sched_yield`, by which the child says that it begins a
    /// new round. Gives the results of the futex calls until then.
    fn to_next_round(&self) -> Vec<i64> {
        let mut results = Vec::new();
        let mut call = 0;
        loop {
            self.request(libc::PTRACE_SYSCALL, 0, 0);
            assert_eq!(self.stopped(), libc::SIGTRAP | 0x80);
            match self.look() {
                Stop::Entry(number) => call = number as i64,
                Stop::Exit(_) if call == libc::SYS_sched_yield => return results,
                Stop::Exit(result) if call == libc::SYS_futex => results.push(result),
                _ => {}
            }
        }
    }

    /// Goes on until it enters a futex call.
    fn to_futex(&self) {
        loop {
            self.request(libc::PTRACE_SYSCALL, 0, 0);
            assert_eq!(self.stopped(), libc::SIGTRAP | 0x80);
            if matches!(self.look(), Stop::Entry(number) if number as i64 == libc::SYS_futex) {
                return;
            }
        }
    }
}

/// What the ring's two sides have in common, at the start of its memory.
struct Header(*mut u8);

impl Header {
    fn find() -> Self {
        let maps = fs::read_to_string("/proc/self/maps").expect("maps");
        let line = maps.lines().find(|line| line.contains("sinew-ring")).expect("the mapping");
        let start = usize::from_str_radix(line.split_once('-').expect("a range").0, 16).expect("hex");
        Self(ptr::with_exposed_provenance_mut(start))
    }

    fn positions(&self) -> [u64; 2] {
        // SAFETY: both stand in the header, which stays mapped, and are atomic to all.
        [0, 128].map(|offset| unsafe { &*self.0.add(offset).cast::<AtomicU64>() }.load(Ordering::SeqCst))
    }

    /// Says which sides are gone.
    fn closed(&self) -> &AtomicU32 {
        // SAFETY: see above.
        unsafe { &*self.0.add(512).cast() }
    }

    /// Says who sleeps: the consumer, the producer.
    fn sleeps(&self) -> [&AtomicU32; 2] {
        // SAFETY: see above.
        [256, 384].map(|offset| unsafe { &*self.0.add(offset).cast() })
    }
}

/// The places at which a side has been stopped.
///
/// The flags count as part of a place: the same function is called before they are set and
/// after that.
struct Places<'a> {
    header: &'a Header,
    known: HashSet<(u64, u64, [u32; 2])>,
    system_calls: HashMap<u64, bool>,
    start: Instant,
}

impl<'a> Places<'a> {
    /// Only one new place in so many is tried: without optimisation, what a side does with the
    /// header is more instructions apart than that.
    const STRIDE: usize = if cfg!(debug_assertions) { 7 } else { 1 };
    /// How many steps a round has; it has more only if the side tries for long before it sleeps.
    const STEPS: usize = 4000;

    fn new(header: &'a Header) -> Self {
        Self { header, known: HashSet::new(), system_calls: HashMap::new(), start: Instant::now() }
    }

    /// A slow machine does not get to see all places.
    fn is_in_time(&self) -> bool {
        self.start.elapsed() < LIMIT / 3
    }

    /// Goes on to a new place; says whether there was one before the next system call.
    fn advance(&mut self, traced: &Traced) -> bool {
        let mut new = 0;
        for _ in 0..Self::STEPS {
            let (instruction, stack) = traced.step();
            let flags = self.header.sleeps().map(|word| word.load(Ordering::SeqCst));
            new += usize::from(self.known.insert((instruction, stack, flags)));
            if new == Self::STRIDE {
                return true;
            }
            let read = || traced.is_at_system_call(instruction);
            if *self.system_calls.entry(instruction).or_insert_with(read) {
                return new > 0 && self.is_in_time();
            }
        }
        self.is_in_time()
    }
}

/// A side that keeps waiting is given what it waits for at every place on its way to sleep,
/// and is told right after that that this was the end (0: it is not).
fn wake_at_every_place(traced: &Traced, header: &Header, mut give: impl FnMut(), end: u32) {
    traced.to_next_round();
    let mut places = Places::new(header);
    let mut is_new = true;
    while is_new {
        // So that it does not try for long: trying in vain makes it impatient.
        for _ in 0..7 {
            traced.to_futex();
            give();
            traced.to_next_round();
        }
        is_new = places.advance(traced);
        give();
        header.closed().store(end, Ordering::SeqCst);
        let results = traced.to_next_round();
        assert!(!results.contains(&-i64::from(libc::ETIMEDOUT)), "it slept on");
        // It was not the end, so that this can be done again.
        header.closed().store(0, Ordering::SeqCst);
    }
    assert!(places.known.len() > 20, "{} places are no way to sleep", places.known.len());
}

fn consume_for_ever(mut consumer: Consumer) {
    loop {
        sys::sched_yield();
        let count = consumer.peek(1).expect("peek").len();
        assert_ne!(count, 0, "an end without the bytes before it");
        consumer.consume(count).expect("consume");
    }
}

#[test]
fn a_consumer_that_falls_asleep_misses_no_commit() {
    alone(|| {
        let mut ring = Some(Ring::new(1).expect("ring"));
        let header = Header::find();
        let traced = Traced::new(|| consume_for_ever(ring.take().expect("a ring").into_consumer()));
        let mut producer = ring.take().expect("a ring").into_producer();
        wake_at_every_place(&traced, &header, || producer.write_all(b"x").expect("write_all"), 0);
        traced.0.kill();
    });
}

#[test]
fn a_producer_that_falls_asleep_misses_no_room() {
    alone(|| {
        let mut ring = Some(Ring::new(1).expect("ring"));
        let header = Header::find();
        let traced = Traced::new(|| {
            let mut producer = ring.take().expect("a ring").into_producer();
            loop {
                producer.commit(producer.capacity()).expect("commit");
                sys::sched_yield();
                producer.reserve(producer.capacity()).expect("reserve");
            }
        });
        let mut consumer = ring.take().expect("a ring").into_consumer();
        let give = || {
            let count = consumer.peek(1).expect("peek").len();
            consumer.consume(count).expect("consume");
        };
        wake_at_every_place(&traced, &header, give, 0);
        traced.0.kill();
    });
}

#[test]
fn a_consumer_gets_what_was_written_just_before_the_end() {
    alone(|| {
        let mut ring = Some(Ring::new(1).expect("ring"));
        let header = Header::find();
        let traced = Traced::new(|| consume_for_ever(ring.take().expect("a ring").into_consumer()));
        let mut producer = ring.take().expect("a ring").into_producer();
        wake_at_every_place(&traced, &header, || producer.write_all(b"x").expect("write_all"), 1);
        traced.0.kill();
    });
}

/// A side that keeps publishing finds the other asleep from any place on, and must wake it
/// unless its news were out before.
fn sleep_at_every_place(traced: &Traced, header: &Header, side: usize, mut next: impl FnMut()) {
    next();
    traced.to_next_round();
    let mut places = Places::new(header);
    let mut woken = 0;
    let mut is_new = true;
    while is_new {
        let before = header.positions()[side];
        is_new = places.advance(traced);
        // What a side does that falls asleep here: it says so, and looks once more.
        let flag = header.sleeps()[side];
        flag.store(1, Ordering::SeqCst);
        let sleeps = header.positions()[side] == before;
        let calls = traced.to_next_round();
        assert_ne!(header.positions()[side], before, "it published");
        if sleeps {
            assert_eq!((calls.len(), flag.load(Ordering::SeqCst)), (1, 0), "the other sleeps on");
            woken += 1;
        }
        flag.store(0, Ordering::SeqCst);
        next();
    }
    assert!(woken > 2, "{woken} of {} places", places.known.len());
}

#[test]
fn a_commit_wakes_a_consumer_that_fell_asleep_meanwhile() {
    alone(|| {
        let mut ring = Some(Ring::new(1).expect("ring"));
        let header = Header::find();
        let traced = Traced::new(|| {
            let mut producer: Producer = ring.take().expect("a ring").into_producer();
            loop {
                sys::sched_yield();
                producer.write_all(b"x").expect("write_all");
            }
        });
        let mut consumer = ring.take().expect("a ring").into_consumer();
        let mut first = true;
        sleep_at_every_place(&traced, &header, 0, || {
            if !std::mem::take(&mut first) {
                assert_eq!(consumer.read(&mut [0; 2]), Ok(1));
            }
        });
        traced.0.kill();
    });
}

#[test]
fn a_release_wakes_a_producer_that_fell_asleep_meanwhile() {
    alone(|| {
        let mut ring = Some(Ring::new(1).expect("ring"));
        let header = Header::find();
        let traced = Traced::new(|| consume_for_ever(ring.take().expect("a ring").into_consumer()));
        let mut producer = ring.take().expect("a ring").into_producer();
        sleep_at_every_place(&traced, &header, 1, || producer.write_all(b"x").expect("write_all"));
        traced.0.kill();
    });
}
