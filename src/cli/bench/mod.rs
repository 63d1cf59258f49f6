//! `sinew bench`: pipe, FIFO and shared memory between two processes, and the cost of
//! standard output.

mod channel;
mod clock;
mod duel;
mod machine;
mod output;
mod pattern;
mod probe;
mod report;
mod samples;

use super::text::{complain, part};
use super::{UNKNOWN, Word, Words, options, wrong_usage};
use channel::CONTENDERS;
use clock::{now, per_second, scale};
use core::ffi::CStr;
use duel::{Duel, Placement};
use getargs::Opt;
use machine::Machine;
use output::Sink;
use pattern::Pattern;
use probe::{Distance, Nearness};
use report::{Block, Printed, Report, Trial};
use samples::{MOST, Rounds, Samples};
use sinew::runtime::{Args, ExitCode, Start};
use sinew::sys::{SigAction, SigActionFlags, SigHandler, SigSet};
use sinew::{Errno, io, sys};

const HELP: &str = "\
Usage: sinew [bench] [OPTION...]

Compares pipe, FIFO and a ring in shared memory between two processes, on one
CPU and on two, and what printing costs. Every byte is checked at the other end.
How far apart the CPUs are is probed around each round, and the most frequent
distance counts. Figures are medians; behind the bars stand the smallest and the
largest. The CPUs are the first two that are allowed: taskset(1) chooses others.

  --quick      in less than 5 seconds (default: less than 30)
  --json       for machines; README.md names the fields
  -h, --help   say this

Colour is used on a terminal, unless NO_COLOR is set.
";

/// The sizes of the messages, in bytes.
const SIZES: [usize; 5] = [64, 1 << 10, 4 << 10, 64 << 10, pattern::LONGEST];

/// How thoroughly to measure.
struct Plan {
    /// For one measurement, in ns.
    time: u64,
    /// For one measurement of printing: the kernel tells user and system time apart by its
    /// ticks, and these are few.
    print: u64,
    /// Rounds that must count.
    rounds: usize,
    /// Rounds that may be lost because the processors moved.
    spare: usize,
    /// After this many ns a block begins no round more, on a machine that is busy.
    limit: u64,
}

const QUICK: Plan = Plan { time: 5_000_000, print: 20_000_000, rounds: 3, spare: 2, limit: 220_000_000 };
const DEFAULT: Plan = Plan { time: 20_000_000, print: 50_000_000, rounds: 9, spare: 4, limit: 1_700_000_000 };

/// Runs the command.
pub fn main(start: Start, arguments: Args) -> ExitCode {
    let mut json = false;
    let mut plan = DEFAULT;
    let mut known = |option: Opt<Word>, _: &mut Words| {
        match option {
            Opt::Long(b"json") => json = true,
            Opt::Long(b"quick") => plan = QUICK,
            _ => return Err(UNKNOWN),
        }
        Ok(())
    };
    match options("sinew bench", HELP, arguments, &mut known) {
        Err(code) => return code,
        Ok(mut words) => {
            if let Some(word) = words.next_positional() {
                return wrong_usage("sinew bench", "there is nothing to do with ", word);
            }
        }
    }
    let no_color = start.var(b"NO_COLOR").is_some_and(|value| !value.is_empty());
    let tmpdir = start.var(b"TMPDIR").filter(|folder| !folder.is_empty());
    let result = Bench::new(plan, Report::new(json, no_color), tmpdir).and_then(|mut bench| bench.run());
    match result {
        Ok(()) => ExitCode::SUCCESS,
        // The end of the program says what is wrong with its output.
        Err(_) if io::flush_stdout().is_err() => ExitCode::SUCCESS,
        Err(error) => {
            let text = error.text().unwrap_or("unknown error");
            complain(&mut [part(b"sinew bench: "), part(text.as_bytes()), part(b"\n")]);
            ExitCode::OSERR
        }
    }
}

struct Bench {
    plan: Plan,
    report: Report,
    machine: Machine,
    folder: Option<&'static [u8]>,
    one: Placement,
    two: Option<Placement>,
}

impl Bench {
    fn new(plan: Plan, report: Report, tmpdir: Option<&'static CStr>) -> Result<Self, Errno> {
        let machine = Machine::look()?;
        let mut allowed = machine.cpus.iter();
        let here = allowed.next().ok_or(Errno::NODEV)?;
        let one = Placement { here, there: here };
        let two = allowed.next().map(|there| Placement { here, there });
        drop(allowed);
        let folder = machine::writable_folder(tmpdir);
        Ok(Self { plan, report, machine, folder, one, two })
    }

    fn run(&mut self) -> Result<(), Errno> {
        self.report.machine(&self.machine);
        flush()?;
        for placement in [Some(self.one), self.two].into_iter().flatten() {
            self.duel(placement)?;
        }
        self.output()?;
        self.report.finish();
        flush()
    }

    fn duel(&mut self, placement: Placement) -> Result<(), Errno> {
        let pattern = Pattern::new()?;
        let mut duel = Duel::start(placement, self.folder, &pattern)?;
        for size in SIZES {
            self.block(&mut duel, Trial::Throughput(size), placement)?;
        }
        self.block(&mut duel, Trial::RoundTrip, placement)
    }

    #[inline(never)]
    fn block(&mut self, duel: &mut Duel<'_>, trial: Trial, placement: Placement) -> Result<(), Errno> {
        self.report.progress(if placement.is_one_cpu() { "one CPU ..." } else { "two CPUs ..." });
        let begin = now();
        let mut amounts = [0; CONTENDERS.len()];
        let mut samples = [Samples::new(None); CONTENDERS.len()];
        for contender in 0..CONTENDERS.len() {
            amounts[contender] = calibrate(duel, contender, trial, self.plan.time);
            samples[contender].failed = duel.missing(contender);
        }
        let mut rounds = Rounds::new();
        let [mut turns, mut streams] = [Samples::new(None); 2];
        let mut before = distance(duel, placement)?;
        let most = (self.plan.rounds + self.plan.spare).min(MOST);
        while rounds.kept() < self.plan.rounds
            && rounds.count() < most
            && (rounds.count() == 0 || now() - begin < self.plan.limit)
        {
            let round = rounds.count();
            for turn in 0..CONTENDERS.len() {
                // Each time another one is the first.
                let contender = (turn + round) % CONTENDERS.len();
                play(duel, trial, contender, amounts[contender], round, &mut samples[contender]);
            }
            let after = distance(duel, placement)?;
            rounds.push(before.nearness(), after.nearness());
            turns.set(round, after.turn);
            streams.set(round, after.stream);
            before = after;
        }
        let distance = match (turns.summary(&rounds), streams.summary(&rounds)) {
            (Ok(turn), Ok(stream)) if !placement.is_one_cpu() => {
                Some(Distance { turn: turn.median, stream: stream.median })
            }
            _ => None,
        };
        self.report.block(&Block { trial, placement, rounds: &rounds, distance, samples: &samples });
        flush()
    }

    fn output(&mut self) -> Result<(), Errno> {
        let placement = self.two.unwrap_or(self.one);
        let mut longest = 1;
        for buffered in [true, false] {
            self.report.output_head(buffered, placement);
            for sink in Sink::ALL {
                self.report.progress(sink.name());
                let printed = self.print(sink, buffered, placement);
                if let Ok(Printed { speed, .. }) = printed {
                    longest = longest.max(speed.median);
                }
                self.report.output(sink, buffered, printed, placement, longest);
                flush()?;
            }
        }
        Ok(())
    }

    #[inline(never)]
    fn print(&self, sink: Sink, buffered: bool, placement: Placement) -> Result<Printed, Errno> {
        let aim = self.plan.print;
        let mut lines = 1000;
        loop {
            let time = output::measure(sink, buffered, lines, placement, self.folder)?.time;
            if time * 4 > aim || lines > 1 << 30 {
                lines = scale(lines, time, aim);
                break;
            }
            lines *= 8;
        }
        let mut rounds = Rounds::new();
        let mut speeds = Samples::new(None);
        let [mut user, mut system] = [0; 2];
        for round in 0..self.plan.rounds {
            let cost = output::measure(sink, buffered, lines, placement, self.folder)?;
            // There is no peer that could move away.
            rounds.push(Nearness::OneCore, Nearness::OneCore);
            speeds.set(round, per_second(lines, cost.time));
            user += cost.user;
            system += cost.system;
        }
        let lines = lines * self.plan.rounds as u64;
        Ok(Printed { speed: speeds.summary(&rounds)?, user: user * 10 / lines, system: system * 10 / lines })
    }
}

/// Sends out what was reported. Whoever reads it may have seen enough: then the signal ends
/// the program, as it does any other. At all other times a peer that is gone is an error of
/// that row.
#[inline(never)]
fn flush() -> Result<(), Errno> {
    heed_sigpipe(SigHandler::DEFAULT)?;
    io::flush_stdout()?;
    heed_sigpipe(SigHandler::IGNORE)
}

fn heed_sigpipe(handler: SigHandler) -> Result<(), Errno> {
    const SIGPIPE: i32 = linux_raw_sys::general::SIGPIPE as i32;
    let action = SigAction::new(handler, SigActionFlags::empty(), SigSet::empty());
    // SAFETY: neither runs code of ours.
    unsafe { sys::rt_sigaction(SIGPIPE, Some(&action), None) }
}

/// Both on one processor are as near as can be.
fn distance(duel: &mut Duel<'_>, placement: Placement) -> Result<Distance, Errno> {
    if placement.is_one_cpu() { Ok(Distance { turn: 0, stream: 0 }) } else { duel.distance() }
}

/// One contender in one round.
fn play(
    duel: &mut Duel<'_>,
    trial: Trial,
    contender: usize,
    amount: u64,
    round: usize,
    samples: &mut Samples,
) {
    if samples.failed.is_some() {
        return;
    }
    match run(duel, contender, trial, amount) {
        Ok(time) => samples.set(
            round,
            match trial {
                Trial::Throughput(_) => per_second(amount, time),
                Trial::RoundTrip => time * 10 / amount,
            },
        ),
        Err(error) => samples.failed = Some(error),
    }
}

#[inline(never)]
fn run(duel: &mut Duel<'_>, contender: usize, trial: Trial, amount: u64) -> Result<u64, Errno> {
    match trial {
        Trial::Throughput(message) => duel.throughput(contender, message, amount),
        Trial::RoundTrip => duel.round_trips(contender, amount),
    }
}

/// How many bytes or round trips take about that long. It also touches the memory, wakes
/// the processors and fills the caches before anything counts.
fn calibrate(duel: &mut Duel<'_>, contender: usize, trial: Trial, aim: u64) -> u64 {
    let unit = match trial {
        // Less would measure the start and the end, and a window that is never full.
        Trial::Throughput(message) => (2 * CONTENDERS[contender].capacity).max(message) as u64,
        Trial::RoundTrip => 16,
    };
    let mut amount = unit;
    // A contender that fails here is found missing by the caller.
    while let Ok(time) = run(duel, contender, trial, amount) {
        if time * 4 > aim || amount > 1 << 40 {
            return scale(amount, time, aim).max(unit);
        }
        amount *= 4;
    }
    amount
}
