//! The figures, for people or for machines.
//!
//! `--json` gives one object. It has `sinew` (the version), `kernel`, `cpu` (texts), `cpus`
//! (how many may be used), `page_bytes`, and `results`, a list of rows. Each row has
//!
//! - `trial`: `throughput`, `round_trip` or `output`; `unit`: `bytes_per_second`,
//!   `tenths_of_ns` or `lines_per_second`;
//! - `cpus`: the sender's and the receiver's, or the printer's and the reader's;
//! - `median`, `min`, `max` of the rounds that count, in that unit; or `error`, a text.
//!
//! `throughput` and `round_trip` also have `contender`, `capacity_bytes` (what fits between
//! the two sides), `message_bytes`, `rounds` and `rounds_kept` (those that count); and, on
//! two processors that kept their distance, `distance` (`one core`, `near`, `far`,
//! `very far`), `line_round_trip_ns` and `stream_mb_per_second`, as the probes found them.
//! `output` also has `sink`, `mode` (`buffered`, `unbuffered`),
//! `user_tenths_of_ns_per_line` and `system_tenths_of_ns_per_line`: processor time of the
//! program that prints, over all rounds, as far as the kernel's ticks can tell it apart.

use super::channel::CONTENDERS;
use super::duel::Placement;
use super::machine::Machine;
use super::output::Sink;
use super::probe::Distance;
use super::samples::{Rounds, Samples, Summary};
use crate::cli::text::{put, put_foreign, put_number, put_padded, put_scaled, put_spaces};
use sinew::fd::{STDERR, STDOUT};
use sinew::{Errno, io};

/// What is measured between two processes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Trial {
    /// Bytes a second in messages of this many bytes.
    Throughput(usize),
    /// Tenths of a nanosecond for 8 bytes there and back.
    RoundTrip,
}

/// One block of the comparison: all contenders in the same rounds.
pub struct Block<'a> {
    /// What was measured.
    pub trial: Trial,
    /// Where.
    pub placement: Placement,
    /// The state of the processors in each round.
    pub rounds: &'a Rounds,
    /// The middle of what the probes said in the rounds that count.
    pub distance: Option<Distance>,
    /// The measurements of each contender.
    pub samples: &'a [Samples; CONTENDERS.len()],
}

/// What printing costs.
#[derive(Clone, Copy)]
pub struct Printed {
    /// Lines a second.
    pub speed: Summary,
    /// Processor time a line in the program, in tenths of a nanosecond.
    pub user: u64,
    /// And in the kernel.
    pub system: u64,
}

/// Who gets the figures.
pub struct Report {
    json: bool,
    color: bool,
    progress: bool,
    first: bool,
}

const BOLD: &str = "\x1b[1m";
const DIM: &str = "\x1b[2m";
const GREEN: &str = "\x1b[32m";
const BLUE: &str = "\x1b[34m";
const PLAIN: &str = "\x1b[0m";

impl Report {
    /// A report for people, or one for machines.
    pub fn new(json: bool, no_color: bool) -> Self {
        Self {
            json,
            color: !json && !no_color && io::is_terminal(STDOUT),
            progress: io::is_terminal(STDERR),
            first: true,
        }
    }

    /// Says on the terminal what is being done; nothing clears it.
    pub fn progress(&self, what: &str) {
        if self.progress {
            // It is only for the eye.
            let _ = io::write_all(STDERR, b"\r\x1b[K");
            let _ = io::write_all(STDERR, what.as_bytes());
        }
    }

    /// The machine.
    pub fn machine(&mut self, machine: &Machine) {
        let (release, cpu) = (machine.names.release().to_bytes(), machine.cpu());
        let cpus = machine.cpus.count() as u64;
        if self.json {
            put(concat!("{\"sinew\":\"", env!("CARGO_PKG_VERSION"), "\",\"kernel\":\""));
            put_foreign(release);
            put("\",\"cpu\":\"");
            put_foreign(cpu);
            put("\"");
            field("cpus", cpus);
            field("page_bytes", machine.page as u64);
            put(",\"results\":[\n");
            return;
        }
        put("Linux ");
        put_foreign(release);
        put(" on ");
        put_foreign(cpu);
        put(", ");
        put_number(cpus);
        put(if cpus == 1 { " CPU, pages of " } else { " CPUs, pages of " });
        put_number(machine.page as u64 / 1024);
        put(" KiB\n");
    }

    /// A block of the comparison.
    pub fn block(&mut self, block: &Block<'_>) {
        self.progress("");
        if self.json {
            return self.block_json(block);
        }
        self.headline(block);
        let mut longest = 1;
        for samples in block.samples {
            if let Ok(summary) = samples.summary(block.rounds) {
                longest = longest.max(summary.median);
            }
        }
        let unit = match block.trial {
            Trial::Throughput(_) => 1_000_000_000,
            Trial::RoundTrip => 10,
        };
        for (contender, samples) in CONTENDERS.iter().zip(block.samples) {
            let ours = contender.is_ring();
            self.row(contender.name, samples.summary(block.rounds), unit, longest, ours);
            put("\n");
        }
    }

    /// A row but for its end.
    #[inline(never)]
    fn row(&self, name: &str, result: Result<Summary, Errno>, unit: u64, longest: u64, ours: bool) {
        put("  ");
        put_padded(name, 9);
        match result {
            Ok(Summary { median, least, most }) => {
                put_scaled(median, unit, 8);
                put("  ");
                self.bar(median, longest, ours);
                self.paint(DIM);
                put_scaled(least, unit, 9);
                put(" to ");
                put_scaled(most, unit, 8);
                self.paint(PLAIN);
            }
            Err(error) => {
                put("       -  ");
                put(text(error));
            }
        }
    }

    fn headline(&self, block: &Block<'_>) {
        put("\n");
        self.paint(BOLD);
        match block.trial {
            Trial::Throughput(bytes) => {
                put("messages of ");
                put_size(bytes);
                put(", GB/s");
            }
            Trial::RoundTrip => put("8 B there and back, ns"),
        }
        self.paint(PLAIN);
        let Placement { here, there } = block.placement;
        if block.placement.is_one_cpu() {
            put(" - both on CPU ");
            put_number(here as u64);
            put("\n");
            return;
        }
        put(" - CPUs ");
        put_number(here as u64);
        put(" and ");
        put_number(there as u64);
        put(", ");
        put(block.rounds.usual_place().map_or("on the move", |place| place.name()));
        if let Some(Distance { turn, stream }) = block.distance {
            put(": a line ");
            put_number(turn);
            put(" ns, a stream ");
            put_scaled(stream, 1000, 0);
            put(" GB/s");
        }
        put("; ");
        put_number(block.rounds.kept() as u64);
        put(" of ");
        put_number(block.rounds.count() as u64);
        put(" rounds\n");
    }

    fn block_json(&mut self, block: &Block<'_>) {
        for (contender, samples) in CONTENDERS.iter().zip(block.samples) {
            let (trial, message, unit) = match block.trial {
                Trial::Throughput(message) => ("throughput", message, "bytes_per_second"),
                Trial::RoundTrip => ("round_trip", 8, "tenths_of_ns"),
            };
            self.open(trial, unit, block.placement);
            field("message_bytes", message as u64);
            if let (Some(distance), Some(place)) = (block.distance, block.rounds.usual_place()) {
                field_text("distance", place.name());
                field("line_round_trip_ns", distance.turn);
                field("stream_mb_per_second", distance.stream);
            }
            field_text("contender", contender.name);
            field("capacity_bytes", contender.capacity as u64);
            field("rounds", block.rounds.count() as u64);
            field("rounds_kept", block.rounds.kept() as u64);
            close(samples.summary(block.rounds));
        }
    }

    /// The head of a table about printing.
    pub fn output_head(&self, buffered: bool, placement: Placement) {
        if self.json {
            return;
        }
        put("\n");
        self.paint(BOLD);
        put("printing a counter ");
        put(if buffered { "through a buffer" } else { "line by line" });
        put(", million lines/s");
        self.paint(PLAIN);
        put(" - on CPU ");
        put_number(placement.here as u64);
        put(", read on CPU ");
        put_number(placement.there as u64);
        put("\n");
        put_spaces(58);
        put("ns a line: user kernel\n");
    }

    /// A row of it.
    pub fn output(
        &mut self,
        sink: Sink,
        buffered: bool,
        printed: Result<Printed, Errno>,
        placement: Placement,
        longest: u64,
    ) {
        self.progress("");
        let speed = printed.map(|printed| printed.speed);
        if self.json {
            self.open("output", "lines_per_second", placement);
            field_text("sink", sink.name());
            field_text("mode", if buffered { "buffered" } else { "unbuffered" });
            if let Ok(Printed { user, system, .. }) = printed {
                field("user_tenths_of_ns_per_line", user);
                field("system_tenths_of_ns_per_line", system);
            }
            return close(speed);
        }
        self.row(sink.name(), speed, 1_000_000, longest, buffered);
        if let Ok(Printed { user, system, .. }) = printed {
            put_scaled(user, 10, 7);
            put_scaled(system, 10, 7);
        }
        put("\n");
    }

    /// The end of it.
    pub fn finish(&mut self) {
        self.progress("");
        if self.json {
            put("\n]}\n");
        }
    }

    /// Opens an object with what all have.
    fn open(&mut self, trial: &str, unit: &str, placement: Placement) {
        put(if core::mem::take(&mut self.first) { "{\"trial\":\"" } else { ",\n{\"trial\":\"" });
        put(trial);
        put("\"");
        field_text("unit", unit);
        put(",\"cpus\":[");
        put_number(placement.here as u64);
        put(",");
        put_number(placement.there as u64);
        put("]");
    }

    #[inline(never)]
    fn paint(&self, code: &str) {
        if self.color {
            put(code);
        }
    }

    /// A bar of blocks, to the eighth of a column.
    fn bar(&self, value: u64, longest: u64, ours: bool) {
        const WIDTH: usize = 24;
        const PARTS: [&str; 7] = ["▏", "▎", "▍", "▌", "▋", "▊", "▉"];
        let eighths = (value.saturating_mul((WIDTH * 8) as u64) / longest.max(1)) as usize;
        let (full, rest) = (eighths / 8, eighths % 8);
        self.paint(if ours { GREEN } else { BLUE });
        for _ in 0..full {
            put("█");
        }
        if rest > 0 {
            put(PARTS[rest - 1]);
        }
        self.paint(PLAIN);
        put_spaces(WIDTH - full - usize::from(rest > 0));
    }
}

#[inline(never)]
fn field_name(name: &str) {
    put(",\"");
    put(name);
    put("\":");
}

#[inline(never)]
fn field(name: &str, value: u64) {
    field_name(name);
    put_number(value);
}

#[inline(never)]
fn field_text(name: &str, value: &str) {
    field_name(name);
    put("\"");
    put(value);
    put("\"");
}

/// The last fields of an object, and its end.
fn close(summary: Result<Summary, Errno>) {
    match summary {
        Ok(Summary { median, least, most }) => {
            field("median", median);
            field("min", least);
            field("max", most);
        }
        Err(error) => field_text("error", text(error)),
    }
    put("}");
}

fn text(error: Errno) -> &'static str {
    error.text().unwrap_or("unknown error")
}

/// A size in bytes with its unit.
fn put_size(bytes: usize) {
    let (value, unit) = match bytes {
        _ if bytes >= 1 << 20 => (bytes >> 20, " MiB"),
        _ if bytes >= 1 << 10 => (bytes >> 10, " KiB"),
        _ => (bytes, " B"),
    };
    put_number(value as u64);
    put(unit);
}
