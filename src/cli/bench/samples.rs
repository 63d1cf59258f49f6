//! A few measurements of one thing, each taken between two probes.

use super::probe::Nearness;
use sinew::Errno;

/// The most rounds that a block can have.
pub const MOST: usize = 32;

/// The measurements of one contender, one for each round, or why there are none.
#[derive(Clone, Copy)]
pub struct Samples {
    values: [u64; MOST],
    /// Why it takes part no more.
    pub failed: Option<Errno>,
}

/// The middle of some measurements, and how far they spread.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// Half of the measurements lie below.
    pub median: u64,
    /// The smallest.
    pub least: u64,
    /// The largest.
    pub most: u64,
}

/// Where the processors were in each round: the same before and after, or on the move.
pub struct Rounds {
    places: [Option<Nearness>; MOST],
    count: usize,
}

impl Samples {
    /// None yet.
    pub fn new(failed: Option<Errno>) -> Self {
        Self { values: [0; MOST], failed }
    }

    /// Keeps the measurement of a round.
    pub fn set(&mut self, round: usize, value: u64) {
        self.values[round] = value;
    }

    /// The middle of the rounds that count.
    #[inline(never)]
    pub fn summary(&self, rounds: &Rounds) -> Result<Summary, Errno> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let mut kept = [0; MOST];
        let mut length = 0;
        for round in 0..rounds.count {
            if rounds.counts(round) {
                // Inserted where it belongs: there are few, and it is small.
                let mut place = length;
                while place > 0 && kept[place - 1] > self.values[round] {
                    kept[place] = kept[place - 1];
                    place -= 1;
                }
                kept[place] = self.values[round];
                length += 1;
            }
        }
        match length {
            0 => Err(Errno::NODATA),
            _ => Ok(Summary { median: kept[length / 2], least: kept[0], most: kept[length - 1] }),
        }
    }
}

impl Rounds {
    /// None yet.
    pub fn new() -> Self {
        Self { places: [None; MOST], count: 0 }
    }

    /// Notes where the processors were before and after a round.
    pub fn push(&mut self, before: Nearness, after: Nearness) {
        self.places[self.count] = (before == after).then_some(before);
        self.count += 1;
    }

    /// How many there were.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Where the processors were in most rounds; the nearer one where it is a tie.
    #[inline(never)]
    pub fn usual_place(&self) -> Option<Nearness> {
        let mut usual = None;
        let mut most = 0;
        for place in Nearness::ALL {
            let count = self.places[..self.count].iter().filter(|&&other| other == Some(place)).count();
            if count > most {
                usual = Some(place);
                most = count;
            }
        }
        usual
    }

    /// Whether a round counts: the processors were there all the time. Where they never
    /// kept still, all rounds count.
    fn counts(&self, round: usize) -> bool {
        let usual = self.usual_place();
        usual.is_none() || self.places[round] == usual
    }

    /// How many rounds count.
    pub fn kept(&self) -> usize {
        (0..self.count).filter(|&round| self.counts(round)).count()
    }
}
