//! The process-wide standard output.

use super::buffer::{Pending, format};
use super::integer::{self, LENGTH_MAX};
use super::{Integer, WriteError, is_terminal, write_all};
use crate::errno::Errno;
use crate::fd::{AsFd, BorrowedFd, STDOUT};
use crate::runtime;
use crate::sys::{self, FutexFlags, Timespec};
#[cfg(feature = "std")]
use core::cell::Cell;
use core::cell::UnsafeCell;
use core::fmt;
use core::marker::PhantomData;
use core::slice;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use core::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicUsize, compiler_fence};

/// The process-wide standard output, descriptor 1, with a buffer of 64 KiB.
///
/// ```
/// use sinew::io;
///
/// let mut out = io::stdout().lock();
/// for number in 0..3 {
///     out.write_integer(number)?;
///     out.write_all(b"\n")?;
/// }
/// out.flush()?;
/// # Ok::<(), sinew::Errno>(())
/// ```
///
/// # When it is written
///
/// On a terminal, at the end of every write that holds a newline, up to the last one.
/// Elsewhere, when the buffer is full; whole lines go out, so that the lines of several
/// processes that append to one file stay whole. The first use decides which of the two,
/// unless [`set_buffering`](Self::set_buffering) has said it. What is left is written by
/// [`flush`](Self::flush), and when `main` returns or
/// [`runtime::exit`](crate::runtime::exit) is called. A program on `std` calls `flush`
/// itself before it ends. A panic, an abort and a signal lose what is in the buffer.
///
/// # Errors
///
/// The methods give them back. [`print!`](crate::print) and [`println!`](crate::println)
/// keep the first one for the next [`flush`](Self::flush); if there is none, the program's
/// end finds it: then a program that succeeded otherwise says `error: No space left on
/// device` on standard error and exits with 74
/// ([`ExitCode::IOERR`](crate::runtime::ExitCode::IOERR)). That is so for every error, also
/// for `EPIPE` where `SIGPIPE` is ignored, and for `EBADF` where standard output is closed:
/// GNU's tools do the same. What could not be written stays in the buffer; what does not
/// fit into it any more is lost.
///
/// # Threads and signal handlers
///
/// Threads of a program on `std` wait for each other; each `print!` is whole. A program on
/// this crate's runtime has one thread; one that makes more by a raw `clone` prints from
/// one of them only.
///
/// A signal handler may print: nothing waits, and no line is torn. If it has interrupted a
/// write to standard output, its text follows that write. Up to 1 KiB is kept for that; more
/// is written at once, past the buffer. The same holds for a `print!` in the `Display` of a
/// value that is being printed.
#[derive(Clone, Copy, Debug)]
pub struct Stdout(());

/// The standard output, locked: other threads wait. From [`Stdout::lock`].
///
/// In a loop it saves the lock of every call. The thread that holds it may lock it again,
/// and may use [`print!`](crate::print).
#[derive(Debug)]
pub struct StdoutLock {
    /// Past the buffer: its lock belongs to a thread that does not exist.
    direct: bool,
    /// It stays with its thread.
    _thread: PhantomData<*const ()>,
}

/// When standard output is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Buffering {
    /// At the end of every write.
    None,
    /// At the end of every write that holds a newline, up to the last one.
    Line,
    /// When the buffer is full.
    Full,
}

/// The process-wide standard output.
#[must_use]
pub fn stdout() -> Stdout {
    Stdout(())
}

/// Writes what is in the buffer of standard output; before a `fork(2)`, so that it is not
/// there twice.
///
/// It is [`Stdout::flush`], but does nothing and contains nothing in a program that never
/// uses [`stdout`].
///
/// # Errors
///
/// Those of [`Stdout::flush`].
pub fn flush_stdout() -> Result<(), Errno> {
    runtime::run_at_exit()
}

impl Stdout {
    /// Locks it, for many writes in a row.
    #[must_use]
    pub fn lock(self) -> StdoutLock {
        StdoutLock { direct: !SHARED.lock(), _thread: PhantomData }
    }

    /// [`StdoutLock::write_all`].
    ///
    /// # Errors
    ///
    /// Those of [`StdoutLock::write_all`].
    pub fn write_all(self, bytes: &[u8]) -> Result<(), WriteError> {
        self.lock().write_all(bytes)
    }

    /// [`StdoutLock::write_integer`].
    ///
    /// # Errors
    ///
    /// Those of [`StdoutLock::write_all`].
    pub fn write_integer(self, number: impl Integer) -> Result<(), WriteError> {
        self.lock().write_integer(number)
    }

    /// [`StdoutLock::write_fmt`].
    ///
    /// # Errors
    ///
    /// Those of [`StdoutLock::write_fmt`].
    pub fn write_fmt(self, arguments: fmt::Arguments<'_>) -> Result<(), Errno> {
        self.lock().write_fmt(arguments)
    }

    /// [`StdoutLock::flush`].
    ///
    /// # Errors
    ///
    /// Those of [`StdoutLock::flush`].
    pub fn flush(self) -> Result<(), Errno> {
        self.lock().flush()
    }

    /// [`StdoutLock::set_buffering`].
    ///
    /// # Errors
    ///
    /// Those of [`StdoutLock::set_buffering`].
    pub fn set_buffering(self, buffering: Buffering) -> Result<(), Errno> {
        self.lock().set_buffering(buffering)
    }
}

impl AsFd for Stdout {
    fn as_fd(&self) -> BorrowedFd<'_> {
        STDOUT
    }
}

impl StdoutLock {
    /// Writes all of it, into the buffer if there is room.
    ///
    /// # Errors
    ///
    /// Those of [`write_all`](super::write_all). [`WriteError::written`] says how many of
    /// these bytes were taken, by the system or into the buffer.
    #[inline]
    pub fn write_all(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        if !self.direct && SHARED.quick(|pending| pending.append(bytes)) {
            return Ok(());
        }
        self.write_slow(bytes)
    }

    /// Writes a number in decimal.
    ///
    /// # Errors
    ///
    /// As for [`write_all`](Self::write_all).
    #[inline]
    pub fn write_integer(&mut self, number: impl Integer) -> Result<(), WriteError> {
        if !self.direct && SHARED.quick(|pending| pending.append_integer(number)) {
            return Ok(());
        }
        self.write_slow(integer::text(number, &mut [0; LENGTH_MAX]))
    }

    #[cold]
    fn write_slow(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        let Some(mut output) = self.enter() else { return self.write_past(bytes) };
        let result = output.append(bytes);
        let settled = output.settle();
        result?;
        // They are in the buffer; what failed is to empty it.
        settled.map_err(|error| WriteError { written: bytes.len(), error })
    }

    /// What [`write!`] calls: the text is whole, as with [`print!`](crate::print).
    ///
    /// # Errors
    ///
    /// Those of [`write_all`](super::write_all), and [`Errno::INVAL`] if one of the values
    /// refused to be formatted. What came before it has been written.
    pub fn write_fmt(&mut self, arguments: fmt::Arguments<'_>) -> Result<(), Errno> {
        let Some(mut output) = self.enter() else { return self.write_fmt_past(arguments) };
        let result = format(arguments, |text| output.append(text.as_bytes()));
        result.and(output.settle())
    }

    /// Writes what is in the buffer.
    ///
    /// # Errors
    ///
    /// - The first error of a [`print!`](crate::print) since the last call of this.
    /// - Those of [`write_all`](super::write_all); what was not written stays in the buffer.
    /// - [`Errno::BUSY`]: this is a signal handler that has interrupted a write to standard
    ///   output.
    pub fn flush(&mut self) -> Result<(), Errno> {
        let Some(mut output) = self.enter() else { return Err(Errno::BUSY) };
        let result = output.pending().flush(STDOUT);
        match Errno::new(SHARED.error.swap(0, Relaxed).into()) {
            Some(first) => Err(first),
            None => result,
        }
    }

    /// Says when it is written from now on. What is in the buffer is written first.
    ///
    /// # Errors
    ///
    /// Those of [`flush`](Self::flush).
    pub fn set_buffering(&mut self, buffering: Buffering) -> Result<(), Errno> {
        let result = self.flush();
        if let Some(entered) = self.enter() {
            let buffering = match buffering {
                Buffering::None => UNBUFFERED,
                Buffering::Line => BY_LINE,
                Buffering::Full => FULLY,
            };
            SHARED.buffering.store(buffering, Relaxed);
            drop(entered);
        }
        result
    }

    /// A write while somebody is at the buffer.
    fn write_past(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        if !self.direct && SHARED.late.push(bytes) { Ok(()) } else { write_all(STDOUT, bytes) }
    }

    /// The same with formatting; what is short enough stays in one piece.
    #[cold]
    fn write_fmt_past(&mut self, arguments: fmt::Arguments<'_>) -> Result<(), Errno> {
        let mut whole = Pending::new([0; LATE / 4]);
        let result = format(arguments, |text| {
            if whole.append(text.as_bytes()) {
                return Ok(());
            }
            self.write_past(whole.from(0))?;
            whole.clear();
            if whole.append(text.as_bytes()) { Ok(()) } else { self.write_past(text.as_bytes()) }
        });
        self.write_past(whole.from(0))?;
        result
    }

    /// The buffer, unless somebody is at it already.
    fn enter(&mut self) -> Option<Entered> {
        if self.direct { None } else { SHARED.enter() }
    }
}

impl fmt::Write for StdoutLock {
    #[inline]
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.write_all(text.as_bytes()).map_err(|_| fmt::Error)
    }
}

impl Drop for StdoutLock {
    #[inline]
    fn drop(&mut self) {
        if !self.direct {
            SHARED.unlock();
        }
    }
}

/// `print!` of a text.
#[inline(never)]
pub(super) fn print(text: &str) {
    let result = stdout().write_all(text.as_bytes());
    SHARED.remember(result.map_err(Errno::from));
}

/// `print!` with arguments.
#[inline(never)]
pub(super) fn print_formatted(arguments: fmt::Arguments<'_>) {
    SHARED.remember(stdout().write_fmt(arguments));
}

/// 64 KiB: below, the system call of every block shows; above, nothing is gained, and a
/// pipe takes no more at once.
const SIZE: usize = 64 * 1024;

/// How much is kept of what signal handlers print while a write is under way.
const LATE: usize = 1024;

/// All zeros at the start, so that it takes no room in the file.
static SHARED: Shared = Shared {
    owner: AtomicU32::new(FREE),
    depth: AtomicUsize::new(0),
    state: AtomicU8::new(IDLE),
    buffering: AtomicU8::new(UNUSED),
    error: AtomicU16::new(0),
    pending: UnsafeCell::new(Pending::new([0; SIZE])),
    late: Late { length: AtomicUsize::new(0), bytes: UnsafeCell::new([0; LATE]) },
};

struct Shared {
    /// The thread that holds the lock, or `FREE`; with `WAITED_FOR`, others sleep on it.
    owner: AtomicU32,
    /// How often that thread holds it, but for the first time.
    depth: AtomicUsize,
    /// Whether somebody is at the buffer (`BUSY`), or else whether it may be filled without
    /// a look at `buffering` (`READY`). Only the thread that holds the lock changes it, and
    /// the signal handlers that interrupt this thread.
    state: AtomicU8,
    /// One of the four below.
    buffering: AtomicU8,
    /// The first error that nobody has been told of.
    error: AtomicU16,
    pending: UnsafeCell<Pending<[u8; SIZE]>>,
    late: Late,
}

/// What was printed by those who found the buffer busy, for the one who is at it.
struct Late {
    length: AtomicUsize,
    bytes: UnsafeCell<[u8; LATE]>,
}

/// `owner`: nobody.
const FREE: u32 = 0;
/// `owner`: this bit is not part of a thread's number.
const WAITED_FOR: u32 = 1 << 31;
/// `owner`: the one thread of a program on the runtime.
const ONLY_THREAD: u32 = 1;

/// `state`: nobody is at the buffer.
const IDLE: u8 = 0;
/// `state`: nobody is at the buffer, and it is fully buffered.
const READY: u8 = 1;
/// `state`: somebody is at the buffer.
const BUSY: u8 = 2;

/// `buffering`: not yet decided.
const UNUSED: u8 = 0;
const UNBUFFERED: u8 = 1;
const BY_LINE: u8 = 2;
const FULLY: u8 = 3;

// SAFETY: `pending` is reached only between `state = BUSY` and the end of that, by the
// thread that holds the lock.
unsafe impl Sync for Shared {}

impl Shared {
    /// Takes the lock, once more if this thread has it. False if the thread that has it is
    /// gone: then there is no way to the buffer.
    ///
    /// A signal handler can lock and unlock between any two steps of this and of `unlock`:
    /// it leaves `depth` as it was, and `owner` too unless that was free.
    #[inline]
    fn lock(&self) -> bool {
        let me = this_thread();
        if self.owner.load(Relaxed) & !WAITED_FOR == me {
            self.depth.store(self.depth.load(Relaxed) + 1, Relaxed);
            return true;
        }
        self.owner.compare_exchange(FREE, me, Acquire, Relaxed).is_ok() || self.wait_and_lock(me)
    }

    #[cold]
    fn wait_and_lock(&self, me: u32) -> bool {
        const WHILE: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };
        loop {
            // Whoever has slept cannot know whether others still do.
            let owner = match self.owner.compare_exchange(FREE, me | WAITED_FOR, Acquire, Relaxed) {
                Ok(_) => return true,
                Err(owner) => owner,
            };
            let waited_for = owner | WAITED_FOR;
            if owner != waited_for
                && self.owner.compare_exchange(owner, waited_for, Relaxed, Relaxed).is_err()
            {
                continue;
            }
            let woken = sys::futex_wait(&self.owner, waited_for, FutexFlags::PRIVATE, Some(&WHILE));
            // The copy of a lock that another thread held at a fork is never given back.
            let thread = (owner & !WAITED_FOR) as sys::Pid;
            if woken == Err(Errno::TIMEDOUT) && sys::tgkill(sys::getpid(), thread, 0) == Err(Errno::SRCH) {
                return false;
            }
        }
    }

    #[inline]
    fn unlock(&self) {
        let depth = self.depth.load(Relaxed);
        if depth > 0 {
            self.depth.store(depth - 1, Relaxed);
        } else if self.owner.swap(FREE, Release) & WAITED_FOR != 0 {
            // It fails only for words of another kind.
            let _ = sys::futex_wake(&self.owner, 1, FutexFlags::PRIVATE);
        }
    }

    /// A short operation on the buffer while it is fully buffered and nobody is at it. The
    /// caller has the lock; `append` calls nothing of ours and does not panic.
    #[inline(always)]
    fn quick(&self, append: impl FnOnce(&mut Pending<[u8; SIZE]>) -> bool) -> bool {
        // What a handler left behind comes first; the slow way sees to it.
        if self.state.load(Relaxed) != READY || self.late.length.load(Relaxed) > 0 {
            return false;
        }
        // The only other one could be a signal handler on this thread: it is either done
        // before this store, or finds it. So the order in the program is all that counts,
        // and nothing that was read before still holds.
        self.state.store(BUSY, Relaxed);
        compiler_fence(SeqCst);
        // SAFETY: `state` keeps everybody else away.
        let done = append(unsafe { &mut *self.pending.get() });
        compiler_fence(SeqCst);
        self.state.store(READY, Relaxed);
        done
    }

    /// Goes to the buffer for as long as the value lives, unless somebody is there. The
    /// caller has the lock.
    fn enter(&self) -> Option<Entered> {
        if self.state.load(Relaxed) == BUSY {
            return None;
        }
        self.state.store(BUSY, Relaxed);
        compiler_fence(SeqCst);
        if self.buffering.load(Relaxed) == UNUSED {
            let buffering = if is_terminal(STDOUT) { BY_LINE } else { FULLY };
            self.buffering.store(buffering, Relaxed);
            runtime::set_at_exit(|| stdout().flush());
        }
        let mut entered = Entered { start: 0 };
        entered.catch_up();
        entered.start = entered.pending().length();
        Some(entered)
    }

    /// Keeps the first error for `flush`.
    fn remember(&self, result: Result<(), Errno>) {
        if let Err(error) = result {
            // If there is one already, that one counts.
            let _ = self.error.compare_exchange(0, error.raw() as u16, Relaxed, Relaxed);
        }
    }
}

impl Late {
    /// Keeps all of it or, where there is no room, nothing.
    fn push(&self, bytes: &[u8]) -> bool {
        let add = |length: usize| length.checked_add(bytes.len()).filter(|&length| length <= LATE);
        let Ok(start) = self.length.fetch_update(Relaxed, Relaxed, add) else { return false };
        // SAFETY: this part is ours since the line above. Nobody reads it before all handlers
        // have returned, since they have interrupted the one who would.
        unsafe {
            self.bytes.get().cast::<u8>().add(start).copy_from_nonoverlapping(bytes.as_ptr(), bytes.len())
        };
        true
    }

    /// Gives what is there to `take`, and what comes meanwhile.
    fn take_all(&self, mut take: impl FnMut(&[u8])) {
        let mut taken = 0;
        loop {
            let length = self.length.load(Relaxed);
            if length > taken {
                compiler_fence(SeqCst);
                // SAFETY: this part has been written, and more is only added behind it.
                take(unsafe {
                    slice::from_raw_parts(self.bytes.get().cast::<u8>().add(taken), length - taken)
                });
                taken = length;
            }
            if self.length.compare_exchange(length, 0, Relaxed, Relaxed).is_ok() {
                return;
            }
        }
    }
}

/// What stands in `owner` for the calling thread.
#[inline]
fn this_thread() -> u32 {
    if runtime::is_running() {
        return ONLY_THREAD;
    }
    // A system call for each print, unless there is a place to keep the number.
    #[cfg(feature = "std")]
    {
        std::thread_local!(static NUMBER: Cell<u32> = const { Cell::new(FREE) });
        NUMBER.with(|number| {
            if number.get() == FREE {
                number.set(sys::gettid() as u32);
            }
            number.get()
        })
    }
    #[cfg(not(feature = "std"))]
    {
        sys::gettid() as u32
    }
}

/// The right to the buffer.
struct Entered {
    /// Where in the buffer the present write begins.
    start: usize,
}

impl Entered {
    fn pending(&mut self) -> &mut Pending<[u8; SIZE]> {
        // SAFETY: there is one value of this type at a time, and the borrow ends with it.
        unsafe { &mut *SHARED.pending.get() }
    }

    /// Takes all of it. Where there is no room, whole lines go out first and the start of
    /// one stays, unless that alone is too long.
    fn append(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        let pending = self.pending();
        if pending.append(bytes) {
            return Ok(());
        }
        let result = match flush_lines(pending, 0) {
            Err(error) => Err(WriteError { written: 0, error }),
            Ok(()) if pending.append(bytes) => Ok(()),
            Ok(()) => pending.write_all(STDOUT, bytes),
        };
        self.start = 0;
        result
    }

    /// Writes what signal handlers left behind.
    #[inline]
    fn catch_up(&mut self) {
        if SHARED.late.length.load(Relaxed) > 0 {
            self.write_late();
        }
    }

    #[cold]
    fn write_late(&mut self) {
        SHARED.late.take_all(|bytes| {
            self.start = self.pending().length();
            let result = self.append(bytes);
            SHARED.remember(result.map_err(Errno::from).and(self.settle()));
        });
    }

    /// What is to be done at the end of a write.
    fn settle(&mut self) -> Result<(), Errno> {
        let start = self.start;
        let pending = self.pending();
        match SHARED.buffering.load(Relaxed) {
            FULLY => Ok(()),
            BY_LINE => flush_lines(pending, start),
            _ => pending.flush(STDOUT),
        }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let idle = if SHARED.buffering.load(Relaxed) == FULLY { READY } else { IDLE };
        loop {
            self.catch_up();
            compiler_fence(SeqCst);
            SHARED.state.store(idle, Relaxed);
            // A handler may have come in before that store.
            if SHARED.late.length.load(Relaxed) == 0 {
                return;
            }
            SHARED.state.store(BUSY, Relaxed);
            compiler_fence(SeqCst);
        }
    }
}

/// Writes up to the last newline behind `start` bytes, if there is one.
fn flush_lines(pending: &mut Pending<[u8; SIZE]>, start: usize) -> Result<(), Errno> {
    match pending.from(start).iter().rposition(|&byte| byte == b'\n') {
        Some(newline) => pending.flush_first(STDOUT, start + newline + 1),
        None => Ok(()),
    }
}
