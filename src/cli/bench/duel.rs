//! Two processes that measure one contender after the other.
//!
//! The second one is forked once, with all channels open, and then serves commands: so
//! the contenders can take turns, and none pays for a fork or for fresh pages.

use super::channel::{CONTENDERS, Channel, Contender, Receiver, Sender};
use super::clock::now;
use super::pattern::Pattern;
use super::probe::{Distance, Probe};
use sinew::Errno;
use sinew::fd::OwnedFd;
use sinew::io;
use sinew::ipc::pipe;
use sinew::process::{Fork, fork, wait4};
use sinew::runtime::ExitCode;
use sinew::sys::{self, CpuSet, Pid, WaitOptions};

/// The processors that the two sides are pinned to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Placement {
    /// The sender's.
    pub here: usize,
    /// The receiver's.
    pub there: usize,
}

impl Placement {
    /// Whether both sides share one processor.
    pub fn is_one_cpu(self) -> bool {
        self.here == self.there
    }
}

/// Keeps this process on one processor.
pub fn pin(cpu: usize) -> Result<(), Errno> {
    let mut cpus = CpuSet::empty();
    cpus.set(cpu)?;
    sys::sched_setaffinity(0, &cpus)
}

/// Forks a child that ends when this process ends, however that happens: it may be
/// spinning, and then nothing else would tell it.
#[inline(never)]
pub fn fork_bound() -> Result<Fork, Errno> {
    let parent = sys::getpid();
    // SAFETY: this program has one thread.
    let side = unsafe { fork() }?;
    if side == Fork::Child {
        const SIGKILL: i32 = linux_raw_sys::general::SIGKILL as i32;
        let set = sys::set_pdeathsig(SIGKILL);
        // The parent may have ended before that.
        if set.is_err() || sys::getppid() != parent {
            sys::exit_group(ExitCode::OSERR.raw().into());
        }
    }
    Ok(side)
}

/// The two sides of a contender's channels, as one process holds them; the error says why
/// there are none.
type Sides = Result<(Sender, Receiver), Errno>;

/// How much is read at once, for messages that are shorter.
const READ: usize = 64 << 10;

/// What the second process is to do. It answers the command, then does its part, then
/// answers with the time of its end and an error.
#[repr(u64)]
enum Command {
    Receive = 1,
    Echo = 2,
    Probe = 3,
}

/// A pair of processes, pinned to a [`Placement`]; dropping it ends the second one.
pub struct Duel<'a> {
    pattern: &'a Pattern,
    probe: Probe,
    sides: [Sides; CONTENDERS.len()],
    commands: Option<OwnedFd>,
    answers: OwnedFd,
    child: Pid,
}

impl<'a> Duel<'a> {
    /// Opens the channels and starts the second process. The first, the caller, is pinned.
    pub fn start(placement: Placement, folder: Option<&[u8]>, pattern: &'a Pattern) -> Result<Self, Errno> {
        let probe = Probe::new()?;
        let channels = CONTENDERS.map(|contender| open_both(contender, folder));
        let (command_reader, command_writer) = pipe()?;
        let (answer_reader, answer_writer) = pipe()?;
        match fork_bound()? {
            Fork::Child => {
                drop((command_writer, answer_reader));
                let sides = share_out(channels, false);
                let mut server =
                    Server { pattern, probe, sides, commands: command_reader, answers: answer_writer };
                let served = pin(placement.there).and_then(|()| server.serve());
                sys::exit_group(if served.is_ok() { ExitCode::SUCCESS } else { ExitCode::OSERR }.raw().into())
            }
            Fork::Parent(child) => {
                let sides = share_out(channels, true);
                // From here on a failure ends the child.
                let commands = Some(command_writer);
                let duel = Self { pattern, probe, sides, commands, answers: answer_reader, child };
                pin(placement.here)?;
                Ok(duel)
            }
        }
    }

    /// Why this contender cannot take part, if it cannot.
    pub fn missing(&self, contender: usize) -> Option<Errno> {
        self.sides[contender].as_ref().err().copied()
    }

    /// Sends `total` bytes and gives the ns until the last was checked.
    pub fn throughput(&mut self, contender: usize, message: usize, total: u64) -> Result<u64, Errno> {
        self.command(Command::Receive, contender, message, total)?;
        let start = now();
        let sent = match &mut self.sides[contender] {
            Ok((sender, _)) => sender.send(self.pattern, message, total),
            Err(error) => Err(*error),
        };
        Ok(self.settle(contender, sent)?.saturating_sub(start))
    }

    /// Sends 8 bytes to and fro and gives the ns for all of it.
    pub fn round_trips(&mut self, contender: usize, count: u64) -> Result<u64, Errno> {
        self.command(Command::Echo, contender, 8, count)?;
        let start = now();
        let mut buffer = [0; 8];
        let played = match &mut self.sides[contender] {
            Ok((sender, receiver)) => (0..count).try_for_each(|_| {
                sender.send(self.pattern, 8, 8)?;
                receiver.receive(self.pattern, &mut buffer, 8)
            }),
            Err(error) => Err(*error),
        };
        let time = now() - start;
        self.settle(contender, played)?;
        Ok(time)
    }

    /// How far apart the two processors are now.
    pub fn distance(&mut self) -> Result<Distance, Errno> {
        self.probe.reset();
        self.command(Command::Probe, 0, 0, 0)?;
        let distance = self.probe.measure();
        self.answer()?;
        Ok(distance)
    }

    /// Waits for the other side and gives its end, or what went wrong on either side.
    ///
    /// A channel in which something went wrong has bytes left in it: it takes part no more.
    fn settle(&mut self, contender: usize, played: Result<(), Errno>) -> Result<u64, Errno> {
        if let Err(error) = played {
            // Letting go of the channel tells the other side, who may be waiting for bytes.
            self.sides[contender] = Err(error);
        }
        let error = match (played, self.answer()) {
            (Ok(()), Ok(end)) => return Ok(end),
            // Whose peer is gone knows less of what went wrong than the peer.
            (Ok(()) | Err(Errno::PIPE), Err(error)) | (Err(error), _) => error,
        };
        self.sides[contender] = Err(error);
        Err(error)
    }

    /// Has the second process do something, and waits until it is about to.
    fn command(&self, command: Command, contender: usize, message: usize, amount: u64) -> Result<(), Errno> {
        let words = [command as u64, contender as u64, message as u64, amount];
        send_words(self.commands.as_ref().ok_or(Errno::PIPE)?, words)?;
        let [_] = receive_words(&self.answers)?.ok_or(Errno::PIPE)?;
        Ok(())
    }

    /// When the second process was done.
    fn answer(&self) -> Result<u64, Errno> {
        let [end, error] = receive_words(&self.answers)?.ok_or(Errno::PIPE)?;
        match Errno::new(error as i32) {
            None => Ok(end),
            Some(error) => Err(error),
        }
    }
}

impl Drop for Duel<'_> {
    fn drop(&mut self) {
        // The end of the commands is the end of the child.
        self.commands = None;
        for sides in &mut self.sides {
            *sides = Err(Errno::PIPE);
        }
        // It is ours and not waited for yet, so there is something to wait for.
        let end = wait4(self.child, WaitOptions::empty());
        debug_assert!(end.is_ok());
    }
}

/// A channel there and one back, as long as one process holds both sides.
type Both = Result<(Channel, Channel), Errno>;

#[inline(never)]
fn open_both(contender: Contender, folder: Option<&[u8]>) -> Both {
    // Answers are short: the way back has the small window always.
    Ok((contender.open(folder)?, contender.small().open(folder)?))
}

/// Becomes the sender of one channel and the receiver of the other.
#[inline(never)]
fn share_out(channels: [Both; CONTENDERS.len()], first: bool) -> [Sides; CONTENDERS.len()] {
    channels.map(|both| {
        let (there, back) = both?;
        let (sending, receiving) = if first { (there, back) } else { (back, there) };
        Ok((sending.into_sender(), receiving.into_receiver()))
    })
}

/// The second process.
struct Server<'a> {
    pattern: &'a Pattern,
    probe: Probe,
    sides: [Sides; CONTENDERS.len()],
    commands: OwnedFd,
    answers: OwnedFd,
}

impl Server<'_> {
    fn serve(&mut self) -> Result<(), Errno> {
        let mut map = sinew::memory::Map::private(super::pattern::LONGEST)?;
        let buffer = map.as_mut_slice().ok_or(Errno::ACCES)?;
        while let Some([command, contender, message, amount]) = receive_words(&self.commands)? {
            send_words(&self.answers, [0])?;
            let result = if command == Command::Probe as u64 {
                self.probe.answer();
                Ok(())
            } else {
                let contender = contender as usize;
                let length = (message as usize).max(READ);
                let result = self.play(contender, command, &mut buffer[..length], amount);
                if let Err(error) = result {
                    // Letting go of the channel tells the sender, who may be waiting for room.
                    self.sides[contender] = Err(error);
                }
                result
            };
            let end = now();
            send_words(&self.answers, [end, result.err().map_or(0, |error| error.raw() as u64)])?;
        }
        Ok(())
    }

    fn play(&mut self, contender: usize, command: u64, buffer: &mut [u8], amount: u64) -> Result<(), Errno> {
        let (sender, receiver) = match &mut self.sides[contender] {
            Ok(sides) => sides,
            Err(error) => return Err(*error),
        };
        if command == Command::Receive as u64 {
            return receiver.receive(self.pattern, buffer, amount);
        }
        (0..amount).try_for_each(|_| {
            receiver.receive(self.pattern, &mut buffer[..8], 8)?;
            sender.send(self.pattern, 8, 8)
        })
    }
}

fn send_words<const N: usize>(to: &OwnedFd, words: [u64; N]) -> Result<(), Errno> {
    // In one piece: the other side is woken once.
    Ok(io::write_all(to, words.map(u64::to_le_bytes).as_flattened())?)
}

/// `None` is the end.
fn receive_words<const N: usize>(from: &OwnedFd) -> Result<Option<[u64; N]>, Errno> {
    let mut words = [[0; 8]; N];
    let bytes = words.as_flattened_mut();
    let mut done = 0;
    while done < bytes.len() {
        match io::read(from, &mut bytes[done..])? {
            0 if done == 0 => return Ok(None),
            0 => return Err(Errno::PIPE),
            count => done += count,
        }
    }
    Ok(Some(words.map(u64::from_le_bytes)))
}
