//! The contenders: what carries bytes from one process to another.

use super::pattern::Pattern;
use core::ffi::CStr;
use linux_raw_sys::general::S_IFIFO;
use sinew::Errno;
use sinew::fd::{AsFd, CWD, OwnedFd};
use sinew::io;
use sinew::ipc::ring::{Consumer, Producer};
use sinew::ipc::{Ring, fifo, pipe};
use sinew::sys::{self, OpenFlags};

/// A way to carry bytes, with the room that it has between the two sides.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Contender {
    /// What it is called.
    pub name: &'static str,
    kind: Kind,
    /// Bytes that fit between the two sides.
    pub capacity: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Pipe,
    Fifo,
    Ring,
}

const SMALL: usize = 64 << 10;

/// The contenders, each with the window that it has by default and with a large one: the
/// most that a pipe may have without privilege, and what suits a ring for bulk.
pub const CONTENDERS: [Contender; 6] = [
    Contender { name: "pipe 64K", kind: Kind::Pipe, capacity: SMALL },
    Contender { name: "pipe 1M", kind: Kind::Pipe, capacity: 1 << 20 },
    Contender { name: "FIFO 64K", kind: Kind::Fifo, capacity: SMALL },
    Contender { name: "FIFO 1M", kind: Kind::Fifo, capacity: 1 << 20 },
    Contender { name: "mmap 64K", kind: Kind::Ring, capacity: SMALL },
    Contender { name: "mmap 4M", kind: Kind::Ring, capacity: 4 << 20 },
];

impl Contender {
    /// Whether it is ours.
    pub fn is_ring(self) -> bool {
        self.kind == Kind::Ring
    }

    /// The same with the window that it has by default.
    pub fn small(self) -> Self {
        Self { capacity: SMALL, ..self }
    }

    /// Opens a channel of this kind; a FIFO gets its name in `folder` for a moment.
    pub fn open(self, folder: Option<&[u8]>) -> Result<Channel, Errno> {
        match self.kind {
            Kind::Pipe => Self::sized(pipe()?, self.capacity),
            Kind::Fifo => Self::sized(open_temporary(folder.ok_or(Errno::ROFS)?, S_IFIFO)?, self.capacity),
            Kind::Ring => Ring::new(self.capacity).map(Channel::Ring),
        }
    }

    fn sized((reader, writer): (OwnedFd, OwnedFd), capacity: usize) -> Result<Channel, Errno> {
        sys::fcntl_setpipe_size(writer.as_fd(), capacity)?;
        Ok(Channel::Stream(reader, writer))
    }
}

/// A FIFO or a file with a name in `folder` that is gone already: what reads it, and what
/// writes it. `kind` is `S_IFIFO` or `S_IFREG`.
#[inline(never)]
pub fn open_temporary(folder: &[u8], kind: u32) -> Result<(OwnedFd, OwnedFd), Errno> {
    let mut path = Path::new(folder)?;
    let mut number = sys::getpid() as u64;
    // Another's file of that name: try the next number, but not for ever.
    for _ in 0..100 {
        path.set_name(number)?;
        let name = path.as_c_str()?;
        match sys::mknodat(CWD, name, kind | 0o600, 0) {
            Err(Errno::EXIST) => number += 100_003,
            Err(error) => return Err(error),
            Ok(()) => {
                let ends = open_ends(name);
                fifo::unlink(name)?;
                return ends;
            }
        }
    }
    Err(Errno::EXIST)
}

/// The reader does not wait for a writer, nor then the writer for a reader.
fn open_ends(name: &CStr) -> Result<(OwnedFd, OwnedFd), Errno> {
    let reader = fifo::open_reader(name, OpenFlags::NONBLOCK)?;
    let writer = fifo::open_writer(name, OpenFlags::empty())?;
    sys::fcntl_setfl(reader.as_fd(), OpenFlags::empty())?;
    Ok((reader, writer))
}

/// A path that is put together on the stack: a folder, and a name from a number.
struct Path {
    bytes: [u8; 512],
    folder: usize,
    length: usize,
}

impl Path {
    /// A path in this folder; it has no name yet.
    fn new(folder: &[u8]) -> Result<Self, Errno> {
        let mut path = Self { bytes: [0; 512], folder: folder.len(), length: folder.len() };
        // Leave room for the name.
        let room = path.bytes.len() - 32;
        path.bytes[..room].get_mut(..folder.len()).ok_or(Errno::NAMETOOLONG)?.copy_from_slice(folder);
        Ok(path)
    }

    /// Gives it a name that tells which program and which process made it.
    fn set_name(&mut self, number: u64) -> Result<(), Errno> {
        let mut digits = itoa::Buffer::new();
        self.length = self.folder;
        for part in [b"/.sinew-bench-".as_slice(), digits.format(number).as_bytes(), b"\0"] {
            let end = self.length + part.len();
            self.bytes.get_mut(self.length..end).ok_or(Errno::NAMETOOLONG)?.copy_from_slice(part);
            self.length = end;
        }
        Ok(())
    }

    /// The path.
    fn as_c_str(&self) -> Result<&CStr, Errno> {
        CStr::from_bytes_with_nul(&self.bytes[..self.length]).map_err(|_| Errno::INVAL)
    }
}

/// A channel that has not been shared out between two processes yet.
pub enum Channel {
    /// The two ends of a pipe or FIFO.
    Stream(OwnedFd, OwnedFd),
    /// A ring in shared memory.
    Ring(Ring),
}

impl Channel {
    /// Becomes the side that sends; the other one is let go.
    pub fn into_sender(self) -> Sender {
        match self {
            Self::Stream(_, writer) => Sender::Stream(writer),
            Self::Ring(ring) => Sender::Ring(ring.into_producer()),
        }
    }

    /// Becomes the side that receives.
    pub fn into_receiver(self) -> Receiver {
        match self {
            Self::Stream(reader, _) => Receiver::Stream(reader),
            Self::Ring(ring) => Receiver::Ring(ring.into_consumer()),
        }
    }
}

/// The side that sends.
pub enum Sender {
    /// By `write(2)`.
    Stream(OwnedFd),
    /// By a copy into the ring.
    Ring(Producer),
}

impl Sender {
    /// Sends `total` bytes of the pattern, so many at a time.
    #[inline(never)]
    pub fn send(&mut self, pattern: &Pattern, message: usize, total: u64) -> Result<(), Errno> {
        let mut position = 0;
        while position < total {
            let length = left(position, total, message);
            let bytes = pattern.at(position, length);
            match self {
                Self::Stream(writer) => {
                    // Mostly the first call takes all; the loop for the rest stands elsewhere.
                    let count = sys::write(writer.as_fd(), bytes).or_else(interrupted)?;
                    if count < length {
                        io::write_all(writer, &bytes[count..])?;
                    }
                }
                Self::Ring(producer) => producer.write_all(bytes)?,
            }
            position += length as u64;
        }
        Ok(())
    }
}

/// A signal took the place of the write: nothing is written.
fn interrupted(error: Errno) -> Result<usize, Errno> {
    if error == Errno::INTR { Ok(0) } else { Err(error) }
}

/// The side that receives.
pub enum Receiver {
    /// By `read(2)` into a buffer.
    Stream(OwnedFd),
    /// In the ring itself.
    Ring(Consumer),
}

impl Receiver {
    /// Receives `total` bytes and compares every one with the pattern.
    ///
    /// # Errors
    ///
    /// - [`Errno::BADMSG`]: a byte is not what was sent.
    /// - [`Errno::PIPE`]: the other side is gone before the end.
    #[inline(never)]
    pub fn receive(&mut self, pattern: &Pattern, buffer: &mut [u8], total: u64) -> Result<(), Errno> {
        let mut position = 0;
        while position < total {
            let most = left(position, total, buffer.len());
            let (count, right) = match self {
                Self::Stream(reader) => {
                    let count = io::read(reader, &mut buffer[..most])?;
                    (count, buffer[..count] == *pattern.at(position, count))
                }
                Self::Ring(consumer) => {
                    let bytes = consumer.peek(1)?;
                    let count = bytes.len().min(most);
                    let right = bytes[..count] == *pattern.at(position, count);
                    consumer.consume(count)?;
                    (count, right)
                }
            };
            if count == 0 {
                return Err(Errno::PIPE);
            }
            if !right {
                return Err(Errno::BADMSG);
            }
            position += count as u64;
        }
        Ok(())
    }
}

/// The smaller of a length and what is left.
fn left(position: u64, total: u64, length: usize) -> usize {
    usize::try_from(total - position).map_or(length, |left| left.min(length))
}
