//! What standard output costs: a loop that prints a counter, one number a line.
//!
//! Each contender is a process of its own, on one processor, that writes to the null device,
//! a file, a pipe whose reader is on the other or on the same processor, and a terminal. The
//! peers in C are built with `cc` and left out where there is none. The limit is `write(2)`
//! of as many bytes in blocks of 64 KiB. Criterion draws each; at the end stands a table
//! whose rounds are interleaved, and the ratios that count.

use criterion::{Criterion, Throughput};
use sinew::fd::STDOUT;
use sinew::io::{self, BufWriter};
use std::fs::{self, File};
use std::io::{Read, Write as _};
use std::os::fd::{FromRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, mem, ptr, thread};

/// The ways to print, ours first; those of C by their names in `c/stdout.c`.
const WAYS: [&str; 11] = [
    "stdout().lock()",
    "BufWriter",
    "println!",
    "write_all each line",
    "C buffer",
    "C printf",
    "C write",
    "std println!",
    "std BufWriter, writeln!",
    "std lock, writeln!",
    "C blocks",
];

/// What is claimed: ours, the peer, and how many times as fast it has to be on the null device.
const CLAIMS: [(&str, &str, f64); 7] = [
    ("BufWriter", "C buffer", 1.5),
    ("BufWriter", "std BufWriter, writeln!", 3.0),
    ("BufWriter", "C printf", 6.0),
    ("stdout().lock()", "C buffer", 1.5),
    ("stdout().lock()", "std BufWriter, writeln!", 2.5),
    ("stdout().lock()", "C printf", 6.0),
    ("write_all each line", "C write", 0.95),
];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Sink {
    Null,
    File,
    Pipe,
    PipeSameCpu,
    Terminal,
}

const SINKS: [(Sink, &str); 5] = [
    (Sink::Null, "/dev/null"),
    (Sink::File, "file"),
    (Sink::Pipe, "pipe"),
    (Sink::PipeSameCpu, "pipe, one CPU"),
    (Sink::Terminal, "terminal"),
];

const ROUNDS: usize = 15;
/// How long one measurement of the table takes.
const AIM: Duration = Duration::from_millis(50);
/// A child of this program finds its way and its count here.
const CHILD: &str = "SINEW_BENCH_STDOUT";

fn main() {
    if let Ok(task) = env::var(CHILD) {
        let (way, count) = task.split_once(':').expect("a way and a count");
        let count = count.parse().expect("a number");
        let start = Instant::now();
        print(way, count);
        return eprint!("{}", start.elapsed().as_nanos());
    }
    let contenders = Contenders::new();
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(500))
        .sample_size(10)
        .configure_from_args();
    for (sink, sink_name) in SINKS {
        let mut group = criterion.benchmark_group(format!("stdout to {sink_name}"));
        group.throughput(Throughput::Elements(1));
        for way in contenders.ways() {
            group
                .bench_function(way, |bencher| bencher.iter_custom(|lines| contenders.run(way, sink, lines)));
        }
    }
    criterion.final_summary();
    // Under `cargo test` one line of each was enough. `cargo bench --bench stdout -- table`
    // makes the table alone: nothing else is called so.
    let mut arguments = env::args().skip(1).filter(|argument| argument != "table");
    if arguments.next().as_deref() == Some("--bench") && arguments.next().is_none() {
        table(&contenders);
    }
}

/// A child's whole work.
fn print(way: &str, count: u64) {
    match way {
        "stdout().lock()" => {
            let mut out = io::stdout().lock();
            for number in 0..count {
                out.write_integer(number).unwrap();
                out.write_all(b"\n").unwrap();
            }
            out.flush().unwrap();
        }
        "BufWriter" => {
            let mut memory = [0; 64 * 1024];
            let mut out = BufWriter::new(STDOUT, &mut memory[..]);
            for number in 0..count {
                out.write_integer(number).unwrap();
                out.write_all(b"\n").unwrap();
            }
            out.finish().unwrap();
        }
        "println!" => {
            for number in 0..count {
                sinew::println!("{number}");
            }
            io::stdout().flush().unwrap();
        }
        "write_all each line" => {
            let mut out = BufWriter::new(STDOUT, [0; 64]);
            for number in 0..count {
                out.write_integer(number).unwrap();
                out.write_all(b"\n").unwrap();
                out.flush().unwrap();
            }
        }
        // It keeps back no more than a line.
        "std println!" => (0..count).for_each(|number| println!("{number}")),
        "std BufWriter, writeln!" => {
            let mut out = std::io::BufWriter::with_capacity(64 * 1024, std::io::stdout().lock());
            (0..count).for_each(|number| writeln!(out, "{number}").unwrap());
            out.flush().unwrap();
        }
        "std lock, writeln!" => {
            let mut out = std::io::stdout().lock();
            (0..count).for_each(|number| writeln!(out, "{number}").unwrap());
        }
        _ => panic!("no such way: {way}"),
    }
}

struct Contenders {
    /// The peers in C, if there is a compiler.
    c: Option<PathBuf>,
    folder: PathBuf,
    cpus: [usize; 2],
}

impl Contenders {
    fn new() -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("stdout-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/c/stdout.c");
        let program = folder.join("stdout");
        let built = Command::new("cc").args(["-O2", "-o"]).arg(&program).arg(source).status();
        let c = built.is_ok_and(|status| status.success()).then_some(program);
        if c.is_none() {
            eprintln!("no cc: the peers in C are left out");
        }
        Self { c, folder, cpus: cpus() }
    }

    fn ways(&self) -> impl Iterator<Item = &'static str> {
        WAYS.into_iter().filter(|way| self.c.is_some() || !way.starts_with("C "))
    }

    /// How long `count` lines take, from the first to the end of the last write. The start of
    /// the process does not count.
    fn run(&self, way: &str, sink: Sink, count: u64) -> Duration {
        let mut command = match (way.strip_prefix("C "), &self.c) {
            (Some(way), Some(program)) => {
                let mut command = Command::new(program);
                command.args([way, &count.to_string()]);
                command
            }
            _ => {
                let mut command = Command::new(env::current_exe().expect("this program"));
                command.env(CHILD, format!("{way}:{count}"));
                command
            }
        };
        let path = self.folder.join("output");
        let (stdout, reader): (Stdio, Option<File>) = match sink {
            Sink::Null => (Stdio::null(), None),
            Sink::File => (File::create(&path).expect("a file").into(), None),
            Sink::Pipe | Sink::PipeSameCpu => {
                let (reader, writer) = std::io::pipe().expect("a pipe");
                (writer.into(), Some(OwnedFd::from(reader).into()))
            }
            Sink::Terminal => {
                let (outer, inner) = terminal();
                (inner.into(), Some(outer))
            }
        };
        let [cpu, other] = self.cpus;
        let readers_cpu = if sink == Sink::PipeSameCpu { cpu } else { other };
        let reader = reader.map(|mut reader| {
            thread::spawn(move || {
                pin(readers_cpu);
                let mut buffer = vec![0; 64 * 1024];
                // A terminal ends with EIO when nobody has it open any more.
                while reader.read(&mut buffer).is_ok_and(|count| count > 0) {}
            })
        });
        // SAFETY: it makes one system call.
        unsafe {
            command.pre_exec(move || {
                pin(cpu);
                Ok(())
            })
        };
        command.stdin(Stdio::null()).stdout(stdout).stderr(Stdio::piped());
        let child = command.spawn().expect("it starts");
        // It holds the writing end, for which the reader would wait.
        drop(command);
        let output = child.wait_with_output().expect("it ends");
        if let Some(reader) = reader {
            reader.join().expect("it reads to the end");
        }
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{way}: {}: {said}", output.status);
        Duration::from_nanos(said.parse().expect("a number"))
    }
}

impl Drop for Contenders {
    fn drop(&mut self) {
        // What is left of it goes with the build.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A terminal's outer and inner side.
fn terminal() -> (File, File) {
    let (mut outer, mut inner) = (-1, -1);
    let null = ptr::null_mut();
    // SAFETY: it makes two new descriptors, which nobody else owns.
    unsafe {
        assert_eq!(libc::openpty(&mut outer, &mut inner, null, null.cast(), null.cast()), 0);
        for fd in [outer, inner] {
            libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC);
        }
        (File::from_raw_fd(outer), File::from_raw_fd(inner))
    }
}

/// Two processors that this process may use, or one twice.
fn cpus() -> [usize; 2] {
    // SAFETY: it writes the set, which is as large as it says.
    let set = unsafe {
        let mut set: libc::cpu_set_t = mem::zeroed();
        assert_eq!(libc::sched_getaffinity(0, size_of_val(&set), &mut set), 0);
        set
    };
    // SAFETY: the numbers are those of the set.
    let mut cpus = (0..libc::CPU_SETSIZE as usize).filter(|&cpu| unsafe { libc::CPU_ISSET(cpu, &set) });
    let first = cpus.next().expect("there is one");
    [first, cpus.next().unwrap_or(first)]
}

/// Keeps this thread on one processor. Without effect where that is not allowed.
fn pin(cpu: usize) {
    // SAFETY: it reads the set, which is as large as it says.
    unsafe {
        let mut set: libc::cpu_set_t = mem::zeroed();
        libc::CPU_SET(cpu, &mut set);
        libc::sched_setaffinity(0, size_of_val(&set), &set);
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Million lines a second, the median of interleaved rounds.
fn table(contenders: &Contenders) {
    let ways: Vec<&str> = contenders.ways().collect();
    println!("\nmillion lines a second, median of {ROUNDS} interleaved rounds\n");
    println!("| way | {} |", SINKS.map(|(_, name)| name).join(" | "));
    println!("|---|{}", "---|".repeat(SINKS.len()));

    // rates[sink][way][round]
    let rates = SINKS.map(|(sink, _)| {
        let counts: Vec<u64> = ways.iter().map(|way| calibrate(contenders, way, sink)).collect();
        let mut rates = vec![Vec::new(); ways.len()];
        for _ in 0..ROUNDS {
            for (index, way) in ways.iter().enumerate() {
                let time = contenders.run(way, sink, counts[index]);
                rates[index].push(counts[index] as f64 / time.as_secs_f64() / 1e6);
            }
        }
        rates
    });
    for (index, way) in ways.iter().enumerate() {
        let row = rates.each_ref().map(|rates| format_rate(median(rates[index].clone())));
        println!("| {way} | {} |", row.join(" | "));
    }

    println!("\ninto /dev/null, median of the rounds' ratios\n");
    let of = |way| ways.iter().position(|&name| name == way).map(|index| &rates[0][index]);
    for (ours, peer, least) in CLAIMS {
        if let (Some(ours_rates), Some(peer_rates)) = (of(ours), of(peer)) {
            let ratio = median(ours_rates.iter().zip(peer_rates).map(|(ours, peer)| ours / peer).collect());
            let verdict = if ratio >= least { "as claimed" } else { "LESS THAN CLAIMED" };
            println!("{ours} / {peer}: {ratio:.2} (at least {least}: {verdict})");
        }
    }
}

fn format_rate(rate: f64) -> String {
    if rate < 10.0 { format!("{rate:.1}") } else { format!("{rate:.0}") }
}

/// How many lines take about as long as is aimed at.
fn calibrate(contenders: &Contenders, way: &str, sink: Sink) -> u64 {
    let mut count = 10_000;
    loop {
        let time = contenders.run(way, sink, count);
        if time * 2 >= AIM {
            return (count as f64 * AIM.as_secs_f64() / time.as_secs_f64()) as u64 + 1;
        }
        count *= 2;
    }
}
