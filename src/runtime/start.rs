//! The block that the kernel leaves on the stack: arguments, environment, auxiliary vector.

use super::auxiliary::set_stack;
use super::exit::{Termination, finish};
use core::ffi::{CStr, c_char};

/// What the kernel handed to the program. It lives as long as the process.
///
/// # References
///
/// - System V ABI, AMD64 supplement, 3.4.1; the layout is the same on aarch64.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    argc: usize,
    argv: *const *const c_char,
}

/// The block is written by the kernel before the program starts and by nobody after.
impl Start {
    /// # Safety
    ///
    /// `stack` must be the stack pointer at the program's entry.
    unsafe fn new(stack: *const usize) -> Self {
        // SAFETY: argc stands there, and the vector of arguments behind it.
        unsafe { Self { argc: *stack, argv: stack.add(1).cast() } }
    }

    /// The arguments, the program's name first. There may be none at all.
    #[must_use]
    pub fn args(self) -> Args {
        Args { next: self.argv, left: self.argc }
    }

    /// The environment, as `NAME=value`.
    #[must_use]
    pub fn env(self) -> Env {
        // SAFETY: the environment follows the null pointer that ends the arguments.
        Env { next: unsafe { self.argv.add(self.argc + 1) } }
    }

    /// The value of an environment variable; the first one counts, as in `getenv(3)`.
    ///
    /// `None` for a name that is empty or holds `=`.
    #[must_use]
    pub fn var(self, name: &[u8]) -> Option<&'static CStr> {
        if name.is_empty() || name.contains(&b'=') {
            return None;
        }
        self.env().find_map(|entry| {
            let value = entry.to_bytes_with_nul().strip_prefix(name)?.strip_prefix(b"=")?;
            // SAFETY: the end of a string that has its only zero there.
            Some(unsafe { CStr::from_bytes_with_nul_unchecked(value) })
        })
    }

    /// The argument block as `execve(2)` takes it: pointers, the last one null.
    #[must_use]
    pub fn argv(self) -> *const *const c_char {
        self.argv
    }

    /// The environment block as `execve(2)` takes it: pointers, the last one null.
    #[must_use]
    pub fn envp(self) -> *const *const c_char {
        self.env().next
    }
}

/// The arguments of the program, from [`Start::args`].
#[derive(Clone, Debug)]
pub struct Args {
    next: *const *const c_char,
    left: usize,
}

impl Iterator for Args {
    type Item = &'static CStr;

    fn next(&mut self) -> Option<&'static CStr> {
        self.left = self.left.checked_sub(1)?;
        // SAFETY: argc strings stand there, for as long as the process lives.
        unsafe {
            let argument = CStr::from_ptr(*self.next);
            self.next = self.next.add(1);
            Some(argument)
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Args {}

/// The environment of the program, from [`Start::env`].
#[derive(Clone, Debug)]
pub struct Env {
    next: *const *const c_char,
}

impl Iterator for Env {
    type Item = &'static CStr;

    fn next(&mut self) -> Option<&'static CStr> {
        // SAFETY: the vector ends with a null pointer, which is never passed.
        unsafe {
            let entry = *self.next;
            if entry.is_null() {
                return None;
            }
            self.next = self.next.add(1);
            Some(CStr::from_ptr(entry))
        }
    }
}

/// Runs `main` and gives the exit status; [`entry!`](crate::entry) calls it.
///
/// It returns, and `_start` exits: the compiler inlines nothing into code that does not.
///
/// # Safety
///
/// `stack` must be the stack pointer at the program's entry.
#[doc(hidden)]
#[inline(always)]
pub unsafe fn start<T: Termination>(stack: *const usize, main: fn(Start) -> T) -> i32 {
    // SAFETY: the caller vouches for the pointer.
    let start = unsafe {
        set_stack(stack);
        Start::new(stack)
    };
    finish(main(start).report())
}
