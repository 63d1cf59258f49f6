//! What several cases need.

use super::Outcome;
use crate::calls::{self, Action, Errno, OwnedFd};
use core::ffi::c_void;
use core::fmt::Write;
use core::sync::atomic::AtomicU32;

/// A thousandth of a second, in nanoseconds.
pub const MILLISECOND: u64 = 1_000_000;

/// Forks a child that runs the function and exits: with 0 if it succeeds, else with 1.
///
/// A number that no child can have is an error: signals go to what this gives, and to the
/// group `-1` belong all processes.
pub fn child(function: impl FnOnce() -> Outcome) -> Result<i32, Errno> {
    // SAFETY: the child runs the function and never comes back.
    match unsafe { calls::fork() }? {
        0 => {
            let _stay = NoReturn;
            calls::exit(i32::from(function().is_err()))
        }
        ..=1 => Err(Errno::CHILD),
        child => Ok(child),
    }
}

/// Keeps a child from going on as a second copy of its parent when a case panics in a program
/// that unwinds.
struct NoReturn;

impl Drop for NoReturn {
    fn drop(&mut self) {
        calls::abort()
    }
}

/// Waits for a child, through signals; gives its status word.
pub fn status_of(child: i32) -> Result<i32, Errno> {
    loop {
        match calls::wait4(child, 0) {
            Err(Errno::INTR) => {}
            result => return result.map(|(_, status)| status),
        }
    }
}

/// What a child that runs the function leaves.
pub fn status_after(function: impl FnOnce() -> Outcome) -> Result<i32, Errno> {
    status_of(child(function)?)
}

/// Stays until a signal ends the process.
pub fn stay() -> ! {
    loop {
        let _ = calls::nanosleep(1000 * MILLISECOND);
    }
}

/// No core files: they take time, and the status word would have a bit more.
pub fn no_core() -> Outcome {
    calls::prlimit(calls::RLIMIT_CORE, Some((0, 0)))?;
    Ok(())
}

/// Whether there is something to read, or the end.
pub fn is_readable(fd: &OwnedFd) -> Result<bool, Errno> {
    calls::poll(fd, calls::POLLIN, 0).map(|events| events != 0)
}

/// Reads until the buffer is full or the end has come.
pub fn read_full(fd: &OwnedFd, buffer: &mut [u8]) -> Result<usize, Errno> {
    let mut count = 0;
    while count < buffer.len() {
        match calls::read(fd, &mut buffer[count..])? {
            0 => break,
            more => count += more,
        }
    }
    Ok(count)
}

/// A page that this process and its children have in common, as words; they are 0.
pub fn shared_words() -> Result<&'static [AtomicU32; 64], Errno> {
    let flags = calls::MAP_SHARED | calls::MAP_ANONYMOUS;
    // SAFETY: new memory, zeroed, never unmapped.
    unsafe {
        let address = calls::mmap(4096, calls::PROT_READ | calls::PROT_WRITE, flags, None, 0)?;
        Ok(&*address.cast())
    }
}

/// Memory for this process alone, zeroed.
pub fn memory(length: usize) -> Result<*mut u8, Errno> {
    let flags = calls::MAP_PRIVATE | calls::MAP_ANONYMOUS;
    // SAFETY: it replaces nothing.
    unsafe { calls::mmap(length, calls::PROT_READ | calls::PROT_WRITE, flags, None, 0) }
}

/// The same as bytes.
pub fn bytes(length: usize) -> Result<&'static mut [u8], Errno> {
    // SAFETY: new memory, initialised by the kernel, never unmapped.
    Ok(unsafe { core::slice::from_raw_parts_mut(memory(length)?, length) })
}

/// The size of a page.
pub fn page() -> usize {
    calls::getauxval(calls::AT_PAGESZ).unwrap_or(0)
}

/// Sets a handler that takes the signal.
pub fn handle(signal: i32, handler: extern "C" fn(i32), flags: u64) -> Result<Action, Errno> {
    set(signal, handler as *const c_void as usize, flags)
}

/// Sets what happens on a signal.
pub fn set(signal: i32, handler: usize, flags: u64) -> Result<Action, Errno> {
    // SAFETY: the handlers of the cases store to atomics and make system calls.
    unsafe { calls::sigaction(signal, Some(Action { handler, flags, mask: 0 })) }
}

/// A handler that does nothing but interrupt.
pub extern "C" fn interrupt(_: i32) {}

/// The set of one signal.
pub fn set_of(signal: i32) -> u64 {
    1 << (signal - 1)
}

/// Sends a signal to this process; it has arrived when this returns, if it is not blocked.
pub fn raise(signal: i32) -> Result<(), Errno> {
    calls::kill(calls::getpid(), signal)
}

/// A path that no other process uses, as bytes with a zero.
pub struct Path {
    text: [u8; 64],
    length: usize,
}

impl Path {
    /// In `/tmp`, which the init of a guest mounts.
    pub fn new(name: &str) -> Self {
        let mut path = Self { text: [0; 64], length: 0 };
        // The names of the cases are short.
        let _ = write!(path, "/tmp/sinew-selftest-{}-{name}", calls::getpid());
        path
    }
}

impl core::ops::Deref for Path {
    type Target = core::ffi::CStr;

    fn deref(&self) -> &core::ffi::CStr {
        core::ffi::CStr::from_bytes_until_nul(&self.text).unwrap_or_default()
    }
}

impl Write for Path {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        // One byte stays zero.
        let room = &mut self.text[self.length..63];
        room.get_mut(..text.len()).ok_or(core::fmt::Error)?.copy_from_slice(text.as_bytes());
        self.length += text.len();
        Ok(())
    }
}

/// The name goes with the value, in the process that made it.
impl Drop for Path {
    fn drop(&mut self) {
        // It is gone already, or was never made.
        let _ = calls::unlink(self);
    }
}
