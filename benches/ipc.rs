//! Pipe, FIFO and ring between two processes, beside what they are measured by.
//!
//! The contenders are those of `sinew bench`, by the same code. Peers: a pipe by the C
//! library's `read` and `write`, and `rtrb`, a ring for threads that spins. Limit: `memcpy`
//! in one process. Criterion draws each; at the end stands a table of ratios, whose rounds
//! are interleaved and lie between two probes of how far apart the processors are.

use criterion::{Criterion, Throughput};
use rtrb::CopyToUninit;
use sinew::Errno;
use std::hint::black_box;
use std::time::Duration;

/// The tool's own measuring code.
#[path = "../src/cli/bench"]
#[allow(dead_code, reason = "the tool uses the rest")]
mod tool {
    pub mod channel;
    pub mod clock;
    pub mod duel;
    pub mod pattern;
    pub mod probe;
    pub mod samples;
}

use tool::channel::CONTENDERS;
use tool::clock::{now, per_second, scale};
use tool::duel::{Duel, Placement, pin};
use tool::pattern::{LONGEST, Pattern};
use tool::probe::{Distance, Nearness};
use tool::samples::{Rounds, Samples};

const SIZES: [usize; 5] = [64, 1 << 10, 4 << 10, 64 << 10, LONGEST];
const ROUNDS: usize = 9;
/// For one measurement of the table, in ns.
const AIM: u64 = 20_000_000;

/// Everything that runs here: the tool's contenders and the others.
const NAMES: [&str; CONTENDERS.len() + 4] = [
    "pipe 64K",
    "pipe 1M",
    "FIFO 64K",
    "FIFO 1M",
    "mmap 64K",
    "mmap 4M",
    "libc pipe 64K",
    "rtrb 64K",
    "rtrb 4M",
    "memcpy",
];

/// The time in ns for `total` bytes in messages of `message`.
fn run(
    name: usize,
    duel: &mut Duel<'_>,
    pattern: &Pattern,
    at: Placement,
    message: usize,
    total: u64,
) -> u64 {
    let result = match NAMES[name] {
        "libc pipe 64K" => Ok(libc_pipe(pattern, at, message, total)),
        "rtrb 64K" => Ok(rtrb(pattern, at, 64 << 10, message, total)),
        "rtrb 4M" => Ok(rtrb(pattern, at, 4 << 20, message, total)),
        "memcpy" => Ok(memcpy(pattern, message, total)),
        _ => duel.throughput(name, message, total),
    };
    result.unwrap_or_else(|error| panic!("{}: {error}", NAMES[name]))
}

/// The limit: one copy in, one comparison, no second process.
fn memcpy(pattern: &Pattern, message: usize, total: u64) -> u64 {
    let mut buffer = vec![0; message];
    let start = now();
    let mut position = 0;
    while position < total {
        let bytes = pattern.at(position, message);
        black_box(&mut buffer).copy_from_slice(bytes);
        assert!(black_box(&buffer) == bytes);
        position += message as u64;
    }
    now() - start
}

/// A pipe as a C program has it; every byte is checked, as everywhere.
fn libc_pipe(pattern: &Pattern, at: Placement, message: usize, total: u64) -> u64 {
    let mut ends = [0; 2];
    // SAFETY: there is room for two descriptors.
    assert_eq!(unsafe { libc::pipe(ends.as_mut_ptr()) }, 0);
    let [reader, writer] = ends;
    let mut buffer = vec![0_u8; message.max(64 << 10)];
    // SAFETY: the child makes system calls and leaves by `_exit`.
    let child = unsafe { libc::fork() };
    assert!(child >= 0);
    if child == 0 {
        let mut position = 0;
        let mut right = pin(at.there).is_ok();
        while position < total && right {
            // SAFETY: it reads into the buffer.
            let count = unsafe { libc::read(reader, buffer.as_mut_ptr().cast(), buffer.len()) };
            let count = count.max(0) as usize;
            right = count > 0 && buffer[..count] == *pattern.at(position, count);
            position += count as u64;
        }
        // SAFETY: it ends the child at once.
        unsafe { libc::_exit(i32::from(!right)) }
    }
    pin(at.here).expect("this processor may be used");
    let start = now();
    let mut position = 0;
    while position < total {
        let bytes = pattern.at(position, message);
        let mut done = 0;
        while done < message {
            // SAFETY: it reads from the slice.
            let count = unsafe { libc::write(writer, bytes[done..].as_ptr().cast(), message - done) };
            assert!(count > 0);
            done += count as usize;
        }
        position += message as u64;
    }
    let mut status = 0;
    // SAFETY: the descriptors and the child are ours.
    unsafe {
        libc::close(writer);
        libc::close(reader);
        assert_eq!(libc::waitpid(child, &mut status, 0), child);
    }
    let time = now() - start;
    assert_eq!(status, 0, "the bytes are right");
    time
}

/// The ring for threads, filled and emptied in chunks without zeroing first.
fn rtrb(pattern: &Pattern, at: Placement, capacity: usize, message: usize, total: u64) -> u64 {
    let (mut producer, mut consumer) = rtrb::RingBuffer::<u8>::new(capacity);
    // On one processor a thread that spins must let the other run.
    let idle = || if at.is_one_cpu() { std::thread::yield_now() } else { std::hint::spin_loop() };
    std::thread::scope(|scope| {
        let receiver = scope.spawn(move || {
            pin(at.there).expect("this processor may be used");
            let mut position = 0;
            while position < total {
                let count = consumer.slots().min(64 << 10).min((total - position) as usize);
                let Ok(chunk) = consumer.read_chunk(count) else { unreachable!() };
                if count == 0 {
                    idle();
                    continue;
                }
                let (first, second) = chunk.as_slices();
                assert!(first == pattern.at(position, first.len()));
                assert!(second == pattern.at(position + first.len() as u64, second.len()));
                chunk.commit_all();
                position += count as u64;
            }
            now()
        });
        pin(at.here).expect("this processor may be used");
        let start = now();
        let mut position = 0;
        while position < total {
            let mut left = message;
            while left > 0 {
                let count = producer.slots().min(left);
                if count == 0 {
                    idle();
                    continue;
                }
                let Ok(mut chunk) = producer.write_chunk_uninit(count) else { unreachable!() };
                let bytes = pattern.at(position + (message - left) as u64, count);
                let (first, second) = chunk.as_mut_slices();
                let (to_first, to_second) = bytes.split_at(first.len());
                to_first.copy_to_uninit(first);
                to_second.copy_to_uninit(second);
                // SAFETY: both parts have just been written.
                unsafe { chunk.commit_all() };
                left -= count;
            }
            position += message as u64;
        }
        receiver.join().expect("the bytes are right") - start
    })
}

fn distance(duel: &mut Duel<'_>, at: Placement) -> Distance {
    let here = Distance { turn: 0, stream: 0 };
    if at.is_one_cpu() { here } else { duel.distance().expect("the other process answers") }
}

/// A table of medians, and of ratios to the pipe and to the limit.
fn table(pattern: &Pattern, at: Placement, message: usize) {
    let mut duel = Duel::start(at, Some(b"/tmp"), pattern).expect("a second process");
    let unit = (8 << 20_u64).max(message as u64) / message as u64 * message as u64;
    let amounts = std::array::from_fn::<u64, { NAMES.len() }, _>(|name| {
        let time = run(name, &mut duel, pattern, at, message, unit);
        (scale(unit, time, AIM) / message as u64).max(1) * message as u64
    });
    let mut rounds = Rounds::new();
    let mut samples = [Samples::new(None); NAMES.len()];
    let mut before = distance(&mut duel, at);
    while rounds.kept() < ROUNDS && rounds.count() < 2 * ROUNDS {
        let round = rounds.count();
        for turn in 0..NAMES.len() {
            let name = (turn + round) % NAMES.len();
            let time = run(name, &mut duel, pattern, at, message, amounts[name]);
            samples[name].set(round, per_second(amounts[name], time));
        }
        let after = distance(&mut duel, at);
        rounds.push(before.nearness(), after.nearness());
        before = after;
    }
    let place = rounds.usual_place().map_or("on the move", Nearness::name);
    let place = if at.is_one_cpu() { "one CPU" } else { place };
    println!(
        "\nmessages of {message} B - CPUs {} and {}, {place}: a line {} ns, a stream {} MB/s; {} of {} rounds",
        at.here,
        at.there,
        before.turn,
        before.stream,
        rounds.kept(),
        rounds.count()
    );
    let medians =
        samples.map(|samples| samples.summary(&rounds).map_or(0, |summary| summary.median) as f64 / 1e9);
    let (pipe, limit) = (medians[0], medians[NAMES.len() - 1]);
    for (name, median) in NAMES.iter().zip(medians) {
        println!(
            "  {name:14} {median:8.3} GB/s  {:7.2} of pipe 64K  {:6.3} of memcpy",
            median / pipe,
            median / limit
        );
    }
}

fn criterion(c: &mut Criterion, pattern: &Pattern, at: Placement) {
    let where_ = if at.is_one_cpu() { "one CPU" } else { "two CPUs" };
    let mut duel = Duel::start(at, Some(b"/tmp"), pattern).expect("a second process");
    for message in SIZES {
        let found = distance(&mut duel, at);
        println!("{where_}: a line {} ns, a stream {} MB/s", found.turn, found.stream);
        let mut group = c.benchmark_group(format!("{where_}, {message} B"));
        group.throughput(Throughput::Bytes(message as u64));
        group
            .sample_size(10)
            .warm_up_time(Duration::from_millis(100))
            .measurement_time(Duration::from_millis(600));
        for (name, text) in NAMES.iter().enumerate() {
            group.bench_function(*text, |b| {
                b.iter_custom(|count| {
                    let total = count * message as u64;
                    Duration::from_nanos(run(name, &mut duel, pattern, at, message, total))
                });
            });
        }
        group.finish();
    }
    let mut group = c.benchmark_group(format!("{where_}, 8 B there and back"));
    group
        .sample_size(10)
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(600));
    for (contender, text) in CONTENDERS.iter().enumerate() {
        group.bench_function(text.name, |b| {
            b.iter_custom(|count| {
                Duration::from_nanos(duel.round_trips(contender, count).expect("the other side answers"))
            });
        });
    }
    group.finish();
}

/// One processor for both sides, and two if there are two.
fn placements() -> Result<Vec<Placement>, Errno> {
    let cpus = sinew::sys::sched_getaffinity(0)?;
    let mut cpus = cpus.iter();
    let here = cpus.next().ok_or(Errno::NODEV)?;
    let one = Placement { here, there: here };
    Ok([Some(one), cpus.next().map(|there| Placement { here, there })].into_iter().flatten().collect())
}

fn main() {
    let pattern = Pattern::new().expect("memory");
    let placements = placements().expect("a processor");
    let mut c = Criterion::default().configure_from_args();
    for &at in &placements {
        criterion(&mut c, &pattern, at);
    }
    c.final_summary();
    // `cargo test --benches` only wants to see that it runs.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    for &at in &placements {
        for message in SIZES {
            table(&pattern, at, message);
        }
    }
}
