//! A ring of bytes in shared memory: one process writes, one reads, without copying
//! through the kernel and without a system call while both are busy.
//!
//! ```
//! use sinew::ipc::Ring;
//! use sinew::process::{Fork, fork, wait};
//! use sinew::sys;
//!
//! let ring = Ring::new(64 * 1024)?;
//! // SAFETY: the child only writes to the ring and is gone.
//! match unsafe { fork() }? {
//!     Fork::Child => {
//!         let mut producer = ring.into_producer();
//!         let written = producer.write_all(b"hello");
//!         producer.close();
//!         sys::exit_group(written.is_err().into())
//!     }
//!     Fork::Parent(_) => {
//!         let mut consumer = ring.into_consumer();
//!         let mut buffer = [0; 5];
//!         assert_eq!(consumer.read_full(&mut buffer)?, 5);
//!         assert_eq!(&buffer, b"hello");
//!         assert_eq!(consumer.read(&mut buffer)?, 0);
//!         assert!(wait()?.status.success());
//!     }
//! }
//! # Ok::<(), sinew::Errno>(())
//! ```
//!
//! # How it behaves
//!
//! - Bytes come out in the order in which they went in; there are no messages.
//! - [`Producer::reserve`] and [`Consumer::peek`] give a slice of the ring itself, in one
//!   piece even where the ring wraps: the memory is mapped twice in a row.
//! - A side that has to wait spins for some 50 µs, if the peer runs on another processor, and
//!   then sleeps on a futex. Nobody is woken who does not sleep.
//! - Both sides may wait for more than one byte, and then what they wait for has to fit
//!   together: if the producer wants `r` bytes of room and the consumer `p` bytes, and
//!   `r + p` is more than the capacity and one, both can wait for ever.
//! - It ends like a pipe. When the producer closes, is dropped or dies, the consumer reads
//!   what is left and then the end. When the consumer does, the producer gets
//!   [`Errno::PIPE`] (and no signal). A peer that was killed is noticed within
//!   [`LIVENESS`] of waiting for it. Like a pipe's, the end of a side comes only when every
//!   process that could be this side has let go of it: a process that needs neither side
//!   drops the [`Ring`].
//!
//! # Trust
//!
//! The positions that the peer writes are checked: nonsense gives [`Errno::BADMSG`], never
//! an access out of bounds. The contents are the peer's: it can change them while they are
//! peeked at, so check bytes after they were copied ([`Consumer::read`]), not before. The
//! memory cannot be cut away: its size is sealed.

use super::patience::{self, Patience};
use crate::errno::{Errno, retry};
use crate::fd::{AsFd, BorrowedFd, OwnedFd};
use crate::memory::{Mirror, memfd, page_size};
use crate::sys::{self, FutexFlags, PipeFlags, PollEvents, PollFd, Timespec};
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use core::time::Duration;

/// How long a side sleeps at most before it looks whether its peer still lives.
pub const LIVENESS: Duration = Duration::from_millis(50);

/// A place of its own for what one side writes, so that the other side's writes do not
/// take the cache line away; two lines, since processors fetch them in pairs.
#[repr(C, align(128))]
struct Line<T>(T);

/// What both sides see. Positions count bytes since the beginning and never wrap (at
/// 100 GB/s, in six years).
#[repr(C)]
struct Header {
    /// Bytes published; the producer writes it.
    head: Line<AtomicU64>,
    /// Bytes released; the consumer writes it.
    tail: Line<AtomicU64>,
    /// 1 while the consumer sleeps, or is about to.
    consumer_sleeps: Line<AtomicU32>,
    /// 1 while the producer sleeps, or is about to.
    producer_sleeps: Line<AtomicU32>,
    /// Which sides are gone.
    closed: Line<AtomicU32>,
    /// Where the side ran that last woke the other one; for [`Patience`].
    waker: Line<AtomicU32>,
}

const PRODUCER_GONE: u32 = 1;
const CONSUMER_GONE: u32 = 2;

/// A ring that has not been shared out yet: make it, fork, and take one side in each
/// process.
pub struct Ring {
    memory: Mirror,
    file: OwnedFd,
    /// A pipe that carries nothing. The producer keeps its writing end and the consumer its
    /// reading end; the kernel closes them with the process, however it ends.
    lifeline: (OwnedFd, OwnedFd),
    capacity: usize,
}

impl Ring {
    /// A ring for at least `capacity` bytes, rounded up to a power of two of pages.
    ///
    /// 64 KiB is good for short messages; for bulk 4 MiB is several times faster than
    /// 256 KiB where the two sides have a cache in common.
    ///
    /// # Errors
    ///
    /// - [`Errno::INVAL`]: `capacity` is 0.
    /// - [`Errno::NOMEM`]: no room.
    /// - [`Errno::MFILE`], [`Errno::NFILE`]: no descriptor left.
    pub fn new(capacity: usize) -> Result<Self, Errno> {
        if capacity == 0 {
            return Err(Errno::INVAL);
        }
        let front = page_size();
        let capacity = capacity.max(front).checked_next_power_of_two();
        // More is no length of a file to the kernel.
        let capacity = capacity.filter(|bytes| bytes.leading_zeros() > 1).ok_or(Errno::NOMEM)?;
        let file = memfd(c"sinew-ring", front + capacity)?;
        // The kernel's zeros are a valid header.
        let memory = Mirror::new(file.as_fd(), front, capacity)?;
        let lifeline = sys::pipe2(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
        Ok(Self { memory, file, lifeline, capacity })
    }

    /// How many bytes fit.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Becomes the side that writes. Another process, a child or the parent, must become
    /// the side that reads.
    #[must_use]
    pub fn into_producer(self) -> Producer {
        Producer::new(self.memory, self.lifeline.1, self.capacity)
    }

    /// Becomes the side that reads.
    #[must_use]
    pub fn into_consumer(self) -> Consumer {
        Consumer::new(self.memory, self.lifeline.0, self.capacity)
    }

    /// Both sides, for two threads of one process.
    ///
    /// # Errors
    ///
    /// - [`Errno::NOMEM`]: no room for a second mapping.
    pub fn split(self) -> Result<(Producer, Consumer), Errno> {
        let second = Mirror::new(self.file.as_fd(), page_size(), self.capacity)?;
        Ok((
            Producer::new(self.memory, self.lifeline.1, self.capacity),
            Consumer::new(second, self.lifeline.0, self.capacity),
        ))
    }
}

/// What the two sides have in common.
struct Side {
    memory: Mirror,
    lifeline: OwnedFd,
    capacity: u64,
    /// The bytes that this side has published or released.
    position: u64,
    /// How far the peer was when we last looked.
    peer: u64,
    patience: Patience,
    /// Only the process that took this side closes it, not a child that it forks later.
    owner: sys::Pid,
}

impl Side {
    fn new(memory: Mirror, lifeline: OwnedFd, capacity: usize) -> Self {
        let owner = sys::getpid();
        let patience = Patience::new();
        Self { memory, lifeline, capacity: capacity as u64, position: 0, peer: 0, patience, owner }
    }

    fn header(&self) -> &Header {
        // SAFETY: it stands at the start of the mapping; everything in it is atomic.
        unsafe { &*self.memory.front().cast() }
    }

    fn is_closed(&self, side: u32) -> bool {
        self.header().closed.0.load(Ordering::Acquire) & side != 0
    }

    /// Whether the kernel says that no process holds the other end of the lifeline.
    fn peer_is_dead(&self) -> Result<bool, Errno> {
        let mut poll = [PollFd::new(self.lifeline.as_fd(), PollEvents::empty())];
        let mut now = Timespec { tv_sec: 0, tv_nsec: 0 };
        retry(|| sys::ppoll(&mut poll, Some(&mut now), None))?;
        Ok(poll[0].revents().intersects(PollEvents::HUP | PollEvents::ERR))
    }

    /// Waits until `index` is no longer `self.peer`, or the peer's side is gone.
    #[cold]
    #[inline(never)]
    fn wait(
        &mut self,
        index: fn(&Header) -> &AtomicU64,
        sleeps: fn(&Header) -> &AtomicU32,
        gone: u32,
    ) -> Result<(), Errno> {
        let seen = self.peer;
        let header: *const Header = self.header();
        // SAFETY: the mapping lives as long as `self`; a borrow of it would lock `patience`.
        let header = unsafe { &*header };
        // Sequentially consistent, as the store to the flag below: either we see the
        // peer's new index, or the peer sees that we sleep.
        let changed = || {
            index(header).load(Ordering::SeqCst) != seen || header.closed.0.load(Ordering::SeqCst) & gone != 0
        };
        if self.patience.wait(changed) {
            return Ok(());
        }
        let flag = sleeps(header);
        let limit = Timespec { tv_sec: LIVENESS.as_secs() as i64, tv_nsec: LIVENESS.subsec_nanos().into() };
        loop {
            flag.store(1, Ordering::SeqCst);
            if changed() {
                break;
            }
            // The flag is 0 again when the peer wakes us, or woke us before we slept.
            match sys::futex_wait(flag, 1, FutexFlags::empty(), Some(&limit)) {
                Ok(()) | Err(Errno::AGAIN) => {}
                // A signal starts the time anew: where they come often, it never ends.
                Err(Errno::TIMEDOUT | Errno::INTR) => {
                    if !changed() && self.peer_is_dead()? {
                        // What it published before it died still counts.
                        header.closed.0.fetch_or(gone, Ordering::SeqCst);
                    }
                }
                Err(error) => return Err(error),
            }
            if changed() {
                break;
            }
        }
        flag.store(0, Ordering::Relaxed);
        self.patience.woken(&header.waker.0);
        Ok(())
    }

    fn close(&self, gone: u32, peer_sleeps: fn(&Header) -> &AtomicU32) {
        if sys::getpid() == self.owner {
            self.header().closed.0.fetch_or(gone, Ordering::SeqCst);
            wake(self.header(), peer_sleeps);
        }
    }
}

/// Wakes the side whose flag this is, if it sleeps.
#[inline]
fn wake(header: &Header, sleeps: fn(&Header) -> &AtomicU32) {
    if sleeps(header).load(Ordering::SeqCst) != 0 {
        wake_sleeper(header, sleeps(header));
    }
}

#[cold]
fn wake_sleeper(header: &Header, sleeps: &AtomicU32) {
    header.waker.0.store(patience::processor(), Ordering::Relaxed);
    if sleeps.swap(0, Ordering::SeqCst) != 0 {
        // It can only fail for an address that is not mapped or not aligned.
        let woken = sys::futex_wake(sleeps, 1, FutexFlags::empty());
        debug_assert!(woken.is_ok());
    }
}

/// The side that writes.
pub struct Producer(Side);

impl Producer {
    fn new(memory: Mirror, lifeline: OwnedFd, capacity: usize) -> Self {
        Self(Side::new(memory, lifeline, capacity))
    }

    /// How many bytes fit.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.0.capacity as usize
    }

    /// Waits until `at_least` bytes are free and gives all that are free, in one piece.
    /// What is written there goes out with [`commit`](Self::commit).
    ///
    /// # Errors
    ///
    /// - [`Errno::MSGSIZE`]: more than the capacity.
    /// - [`Errno::PIPE`]: the consumer is gone.
    /// - [`Errno::BADMSG`]: the consumer wrote nonsense into the ring's header.
    #[inline]
    pub fn reserve(&mut self, at_least: usize) -> Result<&mut [u8], Errno> {
        if at_least as u64 > self.0.capacity {
            return Err(Errno::MSGSIZE);
        }
        while self.free() < at_least as u64 {
            self.look_or_wait()?;
        }
        if self.0.is_closed(CONSUMER_GONE) {
            return Err(Errno::PIPE);
        }
        let free = self.free() as usize;
        // SAFETY: the consumer keeps its hands off what is free. If it does not, bytes
        // change, which any byte may do.
        Ok(unsafe { core::slice::from_raw_parts_mut(self.0.memory.at(self.0.position), free) })
    }

    /// How many bytes are free, as far as we know.
    #[inline]
    fn free(&self) -> u64 {
        self.0.capacity - (self.0.position - self.0.peer)
    }

    #[inline]
    fn look_or_wait(&mut self) -> Result<(), Errno> {
        let tail = self.0.header().tail.0.load(Ordering::Acquire);
        if tail != self.0.peer {
            // It only grows, and what was not published cannot be released. All else that
            // we reckon with is our own, so this is the place to check.
            if tail.wrapping_sub(self.0.peer) > self.0.position - self.0.peer {
                return Err(Errno::BADMSG);
            }
            self.0.peer = tail;
            return Ok(());
        }
        if self.0.is_closed(CONSUMER_GONE) {
            return Err(Errno::PIPE);
        }
        self.0.wait(|header| &header.tail.0, |header| &header.producer_sleeps.0, CONSUMER_GONE)
    }

    /// Publishes the first `count` bytes of what was reserved.
    ///
    /// # Errors
    ///
    /// - [`Errno::INVAL`]: more than was reserved; nothing is published.
    #[inline]
    pub fn commit(&mut self, count: usize) -> Result<(), Errno> {
        if count as u64 > self.free() {
            return Err(Errno::INVAL);
        }
        self.0.position += count as u64;
        let header = self.0.header();
        header.head.0.store(self.0.position, Ordering::SeqCst);
        wake(header, |header| &header.consumer_sleeps.0);
        Ok(())
    }

    /// Writes as much as fits, at least one byte, and says how much that was.
    ///
    /// # Errors
    ///
    /// As [`reserve`](Self::reserve).
    #[inline]
    pub fn write(&mut self, bytes: &[u8]) -> Result<usize, Errno> {
        if bytes.is_empty() {
            return Ok(0);
        }
        let room = self.reserve(1)?;
        let count = room.len().min(bytes.len());
        room[..count].copy_from_slice(&bytes[..count]);
        self.commit(count)?;
        Ok(count)
    }

    /// Writes all, in pieces where it has to wait for room.
    ///
    /// # Errors
    ///
    /// As [`reserve`](Self::reserve); some of the bytes may have gone out.
    #[inline]
    pub fn write_all(&mut self, mut bytes: &[u8]) -> Result<(), Errno> {
        while !bytes.is_empty() {
            let count = self.write(bytes)?;
            bytes = &bytes[count..];
        }
        Ok(())
    }

    /// Says that no more comes; dropping does the same.
    pub fn close(self) {}
}

impl Drop for Producer {
    fn drop(&mut self) {
        self.0.close(PRODUCER_GONE, |header| &header.consumer_sleeps.0);
    }
}

/// The side that reads.
pub struct Consumer {
    side: Side,
    /// What the producer has been told of our position.
    released: u64,
}

impl Consumer {
    fn new(memory: Mirror, lifeline: OwnedFd, capacity: usize) -> Self {
        Self { side: Side::new(memory, lifeline, capacity), released: 0 }
    }

    /// How many bytes fit.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.side.capacity as usize
    }

    /// Waits until `at_least` bytes are there and gives all that are there, in one piece.
    /// They stay until [`consume`](Self::consume). Fewer than `at_least`, or none, means
    /// that the producer is gone and nothing more comes.
    ///
    /// # Errors
    ///
    /// - [`Errno::MSGSIZE`]: more than the capacity.
    /// - [`Errno::BADMSG`]: the producer wrote nonsense into the ring's header.
    #[inline]
    pub fn peek(&mut self, at_least: usize) -> Result<&[u8], Errno> {
        if at_least as u64 > self.side.capacity {
            return Err(Errno::MSGSIZE);
        }
        while self.available() < at_least as u64 {
            if !self.look_or_wait()? {
                break;
            }
        }
        let available = self.available() as usize;
        // SAFETY: the producer keeps its hands off what it has published. If it does not,
        // bytes change, which any byte may do.
        Ok(unsafe { core::slice::from_raw_parts(self.side.memory.at(self.side.position), available) })
    }

    /// How many bytes are there, as far as we know.
    #[inline]
    fn available(&self) -> u64 {
        self.side.peer - self.side.position
    }

    /// Whether there can be more than before.
    #[inline]
    fn look_or_wait(&mut self) -> Result<bool, Errno> {
        // The order matters: what was published before the end was said is seen after it.
        let closed = self.side.is_closed(PRODUCER_GONE);
        let head = self.side.header().head.0.load(Ordering::Acquire);
        if head != self.side.peer {
            // It only grows, and by no more than there is room for.
            if head.wrapping_sub(self.side.peer) > self.side.capacity - self.available() {
                return Err(Errno::BADMSG);
            }
            self.side.peer = head;
            return Ok(true);
        }
        if closed {
            return Ok(false);
        }
        self.release();
        self.side.wait(|header| &header.head.0, |header| &header.consumer_sleeps.0, PRODUCER_GONE)?;
        Ok(true)
    }

    /// Gives the first `count` bytes back to the producer.
    ///
    /// It tells the producer of every eighth of the ring, whenever nothing is left that it has
    /// seen, and before it waits: telling it each time would cost more than the bytes. So a
    /// producer that wants almost all of the ring can have to wait for the next of these.
    ///
    /// # Errors
    ///
    /// - [`Errno::INVAL`]: more than were there.
    #[inline]
    pub fn consume(&mut self, count: usize) -> Result<(), Errno> {
        if count as u64 > self.available() {
            return Err(Errno::INVAL);
        }
        self.side.position += count as u64;
        let untold = self.side.position - self.released;
        if untold >= self.side.capacity / 8 || self.side.position == self.side.peer {
            self.release();
        }
        Ok(())
    }

    #[inline]
    fn release(&mut self) {
        if self.released != self.side.position {
            self.released = self.side.position;
            let header = self.side.header();
            header.tail.0.store(self.released, Ordering::SeqCst);
            wake(header, |header| &header.producer_sleeps.0);
        }
    }

    /// Reads what is there, at least one byte; 0 is the end.
    ///
    /// # Errors
    ///
    /// - [`Errno::BADMSG`]: the producer wrote nonsense into the ring's header.
    #[inline]
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Errno> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let bytes = self.peek(1)?;
        let count = bytes.len().min(buffer.len());
        buffer[..count].copy_from_slice(&bytes[..count]);
        self.consume(count)?;
        Ok(count)
    }

    /// Reads until the buffer is full or the end comes, and says how much it got.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    #[inline]
    pub fn read_full(&mut self, buffer: &mut [u8]) -> Result<usize, Errno> {
        let mut done = 0;
        while done < buffer.len() {
            match self.read(&mut buffer[done..])? {
                0 => break,
                count => done += count,
            }
        }
        Ok(done)
    }

    /// Says that nobody reads any more; dropping does the same.
    pub fn close(self) {}
}

impl Drop for Consumer {
    fn drop(&mut self) {
        self.side.close(CONSUMER_GONE, |header| &header.producer_sleeps.0);
    }
}

impl AsFd for Producer {
    /// The lifeline: it polls as an error when the consumer is gone.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.lifeline.as_fd()
    }
}

impl AsFd for Consumer {
    /// The lifeline: it polls as hung up when the producer is gone.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.side.lifeline.as_fd()
    }
}

const _: () = assert!(size_of::<Header>() <= 4096);
