//! How a side of the ring falls asleep and is woken, as a model: every order in which the
//! steps of the two can happen is tried, and in none may the sleeper sleep on.
//!
//! The ring has a limit on each sleep (`LIVENESS`), so that the loss of a wake-up would show
//! only as a delay; here it shows as what it is. The steps are those of `Side::wait`,
//! `Producer::commit` and `wake` in `src/ipc/ring.rs`. All are sequentially consistent there,
//! so that to try every order is to try all that can happen; but for one store, which the
//! model delays as long as it can be delayed.

use std::collections::HashSet;

/// The protocol, and orders that would be wrong: the model must tell them apart.
#[derive(Clone, Copy, PartialEq)]
enum Protocol {
    Ours,
    /// The sleeper looks for news before it says that it sleeps.
    LookFirst,
    /// The publisher asks who sleeps before it publishes.
    AskFirst,
    /// The kernel does not compare the word before it puts the sleeper to sleep.
    SleepBlindly,
}

/// How often something is published.
const NEWS: u8 = 4;

/// Where the sleeper stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Sleeper {
    Say,
    Look,
    FutexWait,
    Asleep,
    LookAgain,
    Done,
}

/// Where the publisher stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Publisher {
    First,
    Second,
    Swap,
    FutexWake,
    Done,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct State {
    /// What was published, and how much of it the sleeper has seen.
    index: u8,
    seen: u8,
    /// The word that says that somebody sleeps.
    flag: bool,
    /// The sleeper's relaxed store of 0 is under way.
    clearing: bool,
    /// What the publisher has read of the flag, where it asks first.
    asked: bool,
    sleeper: Sleeper,
    publisher: Publisher,
}

const START: State = State {
    index: 0,
    seen: 0,
    flag: false,
    clearing: false,
    asked: false,
    sleeper: Sleeper::Say,
    publisher: Publisher::First,
};

impl State {
    fn sleeper_steps(mut self, protocol: Protocol) -> Option<Self> {
        let say_first = protocol != Protocol::LookFirst;
        let news = self.index != self.seen;
        self.sleeper = match self.sleeper {
            Sleeper::Say => {
                // Its own earlier store to the word cannot come after this one.
                (self.clearing, self.flag) = (false, true);
                if say_first { Sleeper::Look } else { Sleeper::FutexWait }
            }
            Sleeper::Look | Sleeper::LookAgain if news => {
                // It takes what there is, and comes back for more.
                (self.clearing, self.seen) = (true, self.index);
                if self.seen == NEWS {
                    Sleeper::Done
                } else if say_first {
                    Sleeper::Say
                } else {
                    Sleeper::Look
                }
            }
            Sleeper::Look => {
                if say_first {
                    Sleeper::FutexWait
                } else {
                    Sleeper::Say
                }
            }
            Sleeper::LookAgain if say_first => Sleeper::Say,
            Sleeper::LookAgain => Sleeper::Look,
            Sleeper::FutexWait if self.flag || protocol == Protocol::SleepBlindly => Sleeper::Asleep,
            Sleeper::FutexWait => Sleeper::LookAgain,
            Sleeper::Asleep | Sleeper::Done => return None,
        };
        Some(self)
    }

    fn publisher_steps(mut self, protocol: Protocol) -> Option<Self> {
        let next = |index| if index == NEWS { Publisher::Done } else { Publisher::First };
        let ask_first = protocol == Protocol::AskFirst;
        self.publisher = match self.publisher {
            Publisher::First if ask_first => {
                self.asked = self.flag;
                Publisher::Second
            }
            Publisher::First => {
                self.index += 1;
                Publisher::Second
            }
            Publisher::Second => {
                let asked = if ask_first { self.asked } else { self.flag };
                self.index += u8::from(ask_first);
                if asked { Publisher::Swap } else { next(self.index) }
            }
            Publisher::Swap => {
                let slept = std::mem::replace(&mut self.flag, false);
                if slept { Publisher::FutexWake } else { next(self.index) }
            }
            Publisher::FutexWake => {
                if self.sleeper == Sleeper::Asleep {
                    self.sleeper = Sleeper::LookAgain;
                }
                next(self.index)
            }
            Publisher::Done => return None,
        };
        Some(self)
    }

    fn clears(mut self) -> Option<Self> {
        self.clearing.then(|| {
            (self.clearing, self.flag) = (false, false);
            self
        })
    }

    /// Nobody is left to wake the sleeper, and there is something that it has not seen.
    fn is_lost(&self) -> bool {
        self.sleeper == Sleeper::Asleep && self.publisher == Publisher::Done && self.seen != NEWS
    }
}

/// Tries every order; gives the number of states, or one in which a wake-up is lost.
fn explore(protocol: Protocol) -> Result<usize, State> {
    let mut start = START;
    if protocol == Protocol::LookFirst {
        start.sleeper = Sleeper::Look;
    }
    let (mut known, mut open) = (HashSet::from([start]), vec![start]);
    let mut ended = false;
    while let Some(state) = open.pop() {
        if state.is_lost() {
            return Err(state);
        }
        ended |= state.sleeper == Sleeper::Done && state.publisher == Publisher::Done;
        let next = [state.sleeper_steps(protocol), state.publisher_steps(protocol), state.clears()];
        open.extend(next.into_iter().flatten().filter(|state| known.insert(*state)));
    }
    assert!(ended, "the model ends");
    Ok(known.len())
}

#[test]
fn no_order_of_steps_loses_a_wake_up() {
    let states = explore(Protocol::Ours).expect("a wake-up is lost");
    assert!(states > 100, "{states} states are no exploration");
}

#[test]
fn every_wrong_order_loses_one() {
    for protocol in [Protocol::LookFirst, Protocol::AskFirst, Protocol::SleepBlindly] {
        assert!(explore(protocol).is_err());
    }
}
