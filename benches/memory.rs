//! The memory functions of `arch/<arch>/memory.s` against those of the shared C library of this
//! machine, in one run: `cargo bench --bench memory`.
//!
//! Criterion measures a few lengths. The table that follows has them all: each figure is the median
//! of the ratios of rounds in which both contenders ran one after the other, on one CPU.

use std::ffi::{CStr, c_int, c_void};
use std::hint::black_box;
use std::mem;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput};

#[cfg(target_arch = "x86_64")]
macro_rules! memory_s {
    () => {
        include_str!("../arch/x86_64/memory.s")
    };
}
#[cfg(target_arch = "aarch64")]
macro_rules! memory_s {
    () => {
        include_str!("../arch/aarch64/memory.s")
    };
}

// Names that neither the compiler nor the C library knows.
core::arch::global_asm!(
    memory_s!(),
    ".set memory_bench_memcpy, memcpy",
    ".set memory_bench_memmove, memmove",
    ".set memory_bench_memset, memset",
    ".set memory_bench_memcmp, memcmp",
    ".globl memory_bench_memcpy, memory_bench_memmove, memory_bench_memset, memory_bench_memcmp",
    ".hidden memory_bench_memcpy, memory_bench_memmove, memory_bench_memset, memory_bench_memcmp",
    options(raw)
);

unsafe extern "C" {
    fn memory_bench_memcpy(to: *mut u8, from: *const u8, n: usize) -> *mut u8;
    fn memory_bench_memmove(to: *mut u8, from: *const u8, n: usize) -> *mut u8;
    fn memory_bench_memset(to: *mut u8, byte: c_int, n: usize) -> *mut u8;
    fn memory_bench_memcmp(a: *const u8, b: *const u8, n: usize) -> c_int;
}

type Copy = unsafe extern "C" fn(*mut u8, *const u8, usize) -> *mut u8;
type Set = unsafe extern "C" fn(*mut u8, c_int, usize) -> *mut u8;
type Compare = unsafe extern "C" fn(*const u8, *const u8, usize) -> c_int;

#[derive(Clone, Copy)]
struct Functions {
    memcpy: Copy,
    memmove: Copy,
    memset: Set,
    memcmp: Compare,
}

/// Ours, then those of the C library, asked for at run time: the linker may have bound the names
/// in this program to ours.
fn contenders() -> [(&'static str, Functions); 2] {
    let ours = Functions {
        memcpy: memory_bench_memcpy,
        memmove: memory_bench_memmove,
        memset: memory_bench_memset,
        memcmp: memory_bench_memcmp,
    };
    // SAFETY: the library is loaded already, or has the usual constructors.
    let library = unsafe { libc::dlopen(c"libc.so.6".as_ptr(), libc::RTLD_NOW) };
    assert!(!library.is_null(), "there is no shared C library to compare with");
    let symbol = |name: &CStr| {
        // SAFETY: `library` is an open handle, and `name` ends in 0.
        let address = unsafe { libc::dlsym(library, name.as_ptr()) };
        assert!(!address.is_null(), "the C library lacks {name:?}");
        address
    };
    // SAFETY: the C library's functions of these names have these types.
    let theirs = unsafe {
        Functions {
            memcpy: mem::transmute::<*mut c_void, Copy>(symbol(c"memcpy")),
            memmove: mem::transmute::<*mut c_void, Copy>(symbol(c"memmove")),
            memset: mem::transmute::<*mut c_void, Set>(symbol(c"memset")),
            memcmp: mem::transmute::<*mut c_void, Compare>(symbol(c"memcmp")),
        }
    };
    [("ours", ours), ("libc", theirs)]
}

#[derive(Clone, Copy, PartialEq)]
enum Task {
    Copy,
    MoveUp,
    MoveDown,
    Set,
    CompareEqual,
    CompareLate,
}

const TASKS: [(Task, &str); 6] = [
    (Task::Copy, "memcpy"),
    (Task::MoveUp, "memmove, overlapping, up"),
    (Task::MoveDown, "memmove, overlapping, down"),
    (Task::Set, "memset"),
    (Task::CompareEqual, "memcmp, equal"),
    (Task::CompareLate, "memcmp, last byte differs"),
];

#[derive(Clone, Copy, PartialEq)]
enum Lengths {
    /// Random lengths, four in five up to 64, at random alignments.
    Mix,
    Fixed(usize),
}

const LENGTHS: [Lengths; 16] = [
    Lengths::Mix,
    Lengths::Fixed(8),
    Lengths::Fixed(16),
    Lengths::Fixed(32),
    Lengths::Fixed(64),
    Lengths::Fixed(128),
    Lengths::Fixed(256),
    Lengths::Fixed(512),
    Lengths::Fixed(1 << 10),
    Lengths::Fixed(2 << 10),
    Lengths::Fixed(4 << 10),
    Lengths::Fixed(16 << 10),
    Lengths::Fixed(64 << 10),
    Lengths::Fixed(256 << 10),
    Lengths::Fixed(1 << 20),
    Lengths::Fixed(4 << 20),
];

impl Lengths {
    fn name(self) -> String {
        match self {
            Self::Mix => "mix".into(),
            Self::Fixed(n) if n < 1 << 10 => n.to_string(),
            Self::Fixed(n) if n < 1 << 20 => format!("{} KiB", n >> 10),
            Self::Fixed(n) => format!("{} MiB", n >> 20),
        }
    }

    /// Calls in a batch: enough to dwarf the clock, few enough to interleave often.
    fn calls(self) -> usize {
        match self {
            Self::Mix => MIX,
            Self::Fixed(n) => (4_000_000 / (n + 200)).max(4),
        }
    }
}

/// Calls of the mix: more than a branch predictor remembers.
const MIX: usize = 1 << 15;
const SPACE: usize = (4 << 20) + (64 << 10);
/// How far an overlapping move goes.
const DISTANCE: usize = 40;

const PAGE: usize = 4096;

struct Arena {
    to: Vec<u8>,
    from: Vec<u8>,
    mix: Vec<(u16, u8, u8)>,
}

impl Arena {
    fn new() -> Self {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut random = |below: u64| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state % below
        };
        let mix = (0..MIX)
            .map(|_| {
                let n = match random(20) {
                    0..16 => random(65),
                    16..19 => 65 + random(192),
                    _ => 257 + random(768),
                };
                (n as u16, random(64) as u8, random(64) as u8)
            })
            .collect();
        Self { to: vec![1; SPACE + PAGE], from: vec![1; SPACE + PAGE], mix }
    }

    /// Runs a batch; returns the time of all its calls.
    fn batch(&mut self, functions: &Functions, task: Task, lengths: Lengths, aligned: bool) -> Duration {
        let functions = black_box(*functions);
        // Half a page apart, so that loads do not seem to depend on earlier stores.
        let (to_at, from_at) = if aligned { (2048, 0) } else { (2048 + 5, 19) };
        let [to, from] = [&mut self.to, &mut self.from].map(|buffer| {
            let skip = buffer.as_ptr().align_offset(PAGE);
            buffer[skip..].as_mut_ptr()
        });
        if let (Task::CompareLate, Lengths::Fixed(n)) = (task, lengths) {
            // SAFETY: `from_at` and the longest length together are less than SPACE.
            unsafe { from.add(from_at + n - 1).write(2) };
        }
        let one = |to_at: usize, from_at: usize, n: usize| {
            // SAFETY: each buffer holds SPACE bytes from here on, more than the longest length, the farthest
            // alignment and the distance of a move together; nothing else uses them meanwhile.
            unsafe {
                match task {
                    Task::Copy => (functions.memcpy)(to.add(to_at), from.add(from_at), n) as usize,
                    Task::MoveUp => {
                        let start = to.add(to_at);
                        (functions.memmove)(start.add(DISTANCE + from_at), start, n) as usize
                    }
                    Task::MoveDown => {
                        let start = to.add(to_at);
                        (functions.memmove)(start, start.add(DISTANCE + from_at), n) as usize
                    }
                    Task::Set => (functions.memset)(to.add(to_at), 1, n) as usize,
                    Task::CompareEqual | Task::CompareLate => {
                        (functions.memcmp)(to.add(to_at), from.add(from_at), n) as usize
                    }
                }
            }
        };
        let calls = lengths.calls();
        let start = Instant::now();
        let mut sum = 0_usize;
        match lengths {
            Lengths::Mix => {
                for &(n, to_at, from_at) in &self.mix {
                    sum = sum.wrapping_add(one(to_at.into(), from_at.into(), n.into()));
                }
            }
            Lengths::Fixed(n) => {
                for _ in 0..calls {
                    sum = sum.wrapping_add(one(to_at, from_at, n));
                }
            }
        }
        black_box(sum);
        let elapsed = start.elapsed();
        if let (Task::CompareLate, Lengths::Fixed(n)) = (task, lengths) {
            // SAFETY: as above.
            unsafe { from.add(from_at + n - 1).write(1) };
        }
        elapsed
    }
}

/// Keeps this thread on the last CPU that it may use.
fn pin() {
    // SAFETY: a CPU set is plain bits, for which all zeros are valid; the calls get its true size.
    unsafe {
        let mut set: libc::cpu_set_t = mem::zeroed();
        if libc::sched_getaffinity(0, size_of_val(&set), &mut set) != 0 {
            return;
        }
        let Some(last) = (0..libc::CPU_SETSIZE as usize).rev().find(|&cpu| libc::CPU_ISSET(cpu, &set)) else {
            return;
        };
        libc::CPU_ZERO(&mut set);
        libc::CPU_SET(last, &mut set);
        libc::sched_setaffinity(0, size_of_val(&set), &set);
    }
}

fn criterion_groups(criterion: &mut Criterion, arena: &mut Arena, contenders: &[(&str, Functions); 2]) {
    for (task, task_name) in TASKS {
        let mut group = criterion.benchmark_group(task_name);
        for lengths in [Lengths::Mix, Lengths::Fixed(16), Lengths::Fixed(256), Lengths::Fixed(16 << 10)] {
            if lengths == Lengths::Mix && task == Task::CompareLate {
                continue;
            }
            if let Lengths::Fixed(n) = lengths {
                group.throughput(Throughput::Bytes(n as u64));
            }
            for (name, functions) in contenders {
                group.bench_function(BenchmarkId::new(*name, lengths.name()), |bencher| {
                    bencher.iter_custom(|iterations| {
                        let batches = (iterations as usize).div_ceil(lengths.calls());
                        let sum: Duration =
                            (0..batches).map(|_| arena.batch(functions, task, lengths, false)).sum();
                        sum.mul_f64(iterations as f64 / (batches * lengths.calls()) as f64)
                    });
                });
            }
        }
    }
}

/// The median of the ratios of the rounds, and of the C library's times.
fn compare(
    arena: &mut Arena,
    [(_, ours), (_, theirs)]: &[(&str, Functions); 2],
    task: Task,
    lengths: Lengths,
    aligned: bool,
) -> (f64, f64) {
    const ROUNDS: usize = 25;
    let mut time = |functions| {
        arena.batch(functions, task, lengths, aligned).as_secs_f64() * 1e9 / lengths.calls() as f64
    };
    let mut rounds: Vec<(f64, f64)> = (0..ROUNDS)
        .map(|round| {
            if round % 2 == 0 {
                let ours = time(ours);
                (ours, time(theirs))
            } else {
                let theirs = time(theirs);
                (time(ours), theirs)
            }
        })
        .map(|(ours, theirs)| (ours / theirs, theirs))
        .collect();
    rounds.sort_by(|a, b| a.0.total_cmp(&b.0));
    let ratio = rounds[ROUNDS / 2].0;
    rounds.sort_by(|a, b| a.1.total_cmp(&b.1));
    (ratio, rounds[ROUNDS / 2].1)
}

fn print_table(arena: &mut Arena, contenders: &[(&str, Functions); 2]) {
    println!("Time of one call, ours / libc (libc in ns), median of interleaved rounds.");
    println!("Misaligned: destination 5, source 19 bytes past a line. The mix has random alignments.\n");
    for (task, name) in TASKS {
        println!("{name:<28} {:>20} {:>20}", "misaligned", "aligned");
        for lengths in LENGTHS {
            let mixed = lengths == Lengths::Mix;
            if mixed && matches!(task, Task::CompareLate) {
                continue;
            }
            print!("{:>28}", lengths.name());
            for aligned in [false, true] {
                if !(mixed && aligned) {
                    let (ratio, libc) = compare(arena, contenders, task, lengths, aligned);
                    print!(" {:>20}", format!("{ratio:.2} ({libc:.1})"));
                }
            }
            println!();
        }
        println!();
    }
}

fn main() {
    pin();
    let contenders = contenders();
    let mut arena = Arena::new();
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(400))
        .without_plots()
        .configure_from_args();
    criterion_groups(&mut criterion, &mut arena, &contenders);
    criterion.final_summary();
    // Only for `cargo bench`: tests and listings run this program too.
    if std::env::args().any(|argument| argument == "--bench") {
        print_table(&mut arena, &contenders);
    }
}
