//! How far apart two processors are: the limit that no channel between them can pass.
//!
//! A virtual machine's processors move: within a second the same program can be ten times
//! slower. So each measurement is taken between two probes.

use core::sync::atomic::{AtomicU32, Ordering};
use sinew::Errno;
use sinew::memory::Map;

use super::clock::now;

/// The two lines that are thrown to and fro, and the blocks that are streamed.
const LINE: usize = 128;
const BLOCK: usize = 4096;
const BLOCKS: usize = 16;
const TURNS: u32 = 4000;
const WARM: u32 = TURNS / 8;
const STREAMED: u32 = 1000;
/// Says to the other side that this is the end.
const STOP: u32 = u32::MAX;
/// In ns: a probe of processors that do not run at the same time would take for ever.
const PATIENCE: u64 = 20_000_000;

/// Memory for the probe, to be made before the fork.
pub struct Probe(Map);

/// What a probe has found.
#[derive(Clone, Copy)]
pub struct Distance {
    /// There and back of one cache line, in ns.
    pub turn: u64,
    /// Streaming through a window of 64 KiB, in MB/s.
    pub stream: u64,
}

/// How near two processors are, by the round trip of a line.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Nearness {
    /// Two threads of one core.
    OneCore,
    /// Two cores with a cache in common.
    Near,
    /// Two cores with memory in common.
    Far,
    /// Farther, or not running at the same time.
    VeryFar,
}

impl Distance {
    /// The class; the bounds lie between the clusters that were seen on real machines.
    pub fn nearness(self) -> Nearness {
        match self.turn {
            ..75 => Nearness::OneCore,
            75..200 => Nearness::Near,
            200..900 => Nearness::Far,
            _ => Nearness::VeryFar,
        }
    }
}

impl Nearness {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::OneCore => "one core",
            Self::Near => "near",
            Self::Far => "far",
            Self::VeryFar => "very far",
        }
    }

    /// All of them, in order.
    pub const ALL: [Self; 4] = [Self::OneCore, Self::Near, Self::Far, Self::VeryFar];
}

impl Probe {
    /// Maps the memory.
    pub fn new() -> Result<Self, Errno> {
        Map::shared(4 * LINE + BLOCK * BLOCKS).map(Self)
    }

    fn word(&self, line: usize) -> &AtomicU32 {
        // SAFETY: within the mapping and aligned; both sides use it as an atomic only.
        unsafe { AtomicU32::from_ptr(self.0.as_ptr().add(line * LINE).cast()) }
    }

    fn block(&self, number: u32) -> *mut u64 {
        // SAFETY: within the mapping.
        unsafe { self.0.as_ptr().add(4 * LINE + number as usize % BLOCKS * BLOCK).cast() }
    }

    /// Before each probe, while the other process is not at it.
    pub fn reset(&self) {
        for line in 0..4 {
            self.word(line).store(0, Ordering::Release);
        }
    }

    /// The side that measures; the other process must run [`answer`](Self::answer), or come
    /// to it some time: this side waits for it no longer than its patience lasts.
    pub fn measure(&self) -> Distance {
        let ping = self.word(0);
        let begin = now();
        let mut start = begin;
        let mut turns = 0_u32;
        for turn in 1..=TURNS {
            ping.store(turn, Ordering::Release);
            if !self.wait(1, begin, |pong| pong == turn) {
                break;
            }
            turns += 1;
            // The first ones fetch the lines and wake the other side.
            if turn == WARM {
                start = now();
                turns = 0;
            }
        }
        let time = now() - start;
        ping.store(STOP, Ordering::Release);
        Distance { turn: time / u64::from(turns.max(1)), stream: self.stream() }
    }

    fn stream(&self) -> u64 {
        let [head, tail] = [self.word(2), self.word(3)];
        let start = now();
        let mut sent = 0_u32;
        while sent < STREAMED && self.wait(3, start, |taken| sent.wrapping_sub(taken) < BLOCKS as u32) {
            for word in 0..BLOCK / 8 {
                // SAFETY: the other side reads a block only when `head` has passed it.
                unsafe { self.block(sent).add(word).write_volatile(word as u64) };
            }
            sent += 1;
            head.store(sent, Ordering::Release);
        }
        self.wait(3, start, |taken| taken == sent);
        let time = now() - start;
        let taken = tail.load(Ordering::Acquire);
        head.store(STOP, Ordering::Release);
        u64::from(taken) * BLOCK as u64 * 1000 / time.max(1)
    }

    /// Spins until the other side has written there what is wanted, and says whether it
    /// has: the other side may be gone, or not be running.
    #[inline(always)]
    fn wait(&self, line: usize, begin: u64, done: impl Fn(u32) -> bool) -> bool {
        let word = self.word(line);
        loop {
            // So often that the clock costs nothing.
            for _ in 0..1024 {
                if done(word.load(Ordering::Acquire)) {
                    return true;
                }
            }
            if now() - begin > PATIENCE {
                return false;
            }
        }
    }

    /// The side that answers, until the other one has said twice that this is the end. It
    /// must not outlive the other one.
    pub fn answer(&self) {
        let [ping, pong, head, tail] = [0, 1, 2, 3].map(|line| self.word(line));
        let mut turn = 0;
        loop {
            let seen = ping.load(Ordering::Acquire);
            if seen == STOP {
                break;
            }
            if seen != turn {
                turn = seen;
                pong.store(turn, Ordering::Release);
            }
        }
        let mut taken = 0;
        loop {
            let seen = head.load(Ordering::Acquire);
            if seen == STOP {
                break;
            }
            while taken < seen {
                for word in (0..BLOCK / 8).step_by(8) {
                    // SAFETY: the block was published; one word of each line fetches it.
                    unsafe { self.block(taken).add(word).read_volatile() };
                }
                taken += 1;
                tail.store(taken, Ordering::Release);
            }
            core::hint::spin_loop();
        }
    }
}
