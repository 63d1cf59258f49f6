//! Signals: what a process does on them, which it blocks, and how it waits for them.
//!
//! Signals are numbers here, 1 to 64. A set is the kernel's, of 8 bytes; a C library's is
//! larger. 32 and 33 belong to a C library that shares the process.

use super::macros::{assert_layout, constants, flags};
use super::{SigInfo, Timespec, failure, nr};
use crate::arch::{signal_return, syscall2, syscall4};
use crate::errno::{Errno, check};
use core::ffi::c_void;
use core::ptr;
use linux_raw_sys::general as raw;

/// A set of signals: the kernel's `sigset_t`. Signal n is bit n - 1.
#[doc(alias = "sigset_t")]
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct SigSet(u64);

assert_layout!(SigSetLayout, raw::kernel_sigset_t, { sig = sig });
static_assertions::assert_eq_size!(SigSet, SigSetLayout);
static_assertions::assert_eq_align!(SigSet, SigSetLayout);

/// The shape that `linux-raw-sys` gives the set.
#[repr(C)]
struct SigSetLayout {
    sig: [u64; 1],
}

impl SigSet {
    /// No signal.
    #[must_use]
    pub const fn empty() -> Self {
        Self(0)
    }

    /// All 64. What cannot be blocked the kernel takes out.
    #[must_use]
    pub const fn full() -> Self {
        Self(!0)
    }

    /// The signals of these bits.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// Signal n as bit n - 1.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }

    const fn bit(signal: i32) -> u64 {
        if signal < 1 || signal > raw::_NSIG as i32 { 0 } else { 1 << (signal - 1) }
    }

    /// This set with a signal more; a number outside 1 to 64 changes nothing.
    #[must_use]
    pub const fn with(self, signal: i32) -> Self {
        Self(self.0 | Self::bit(signal))
    }

    /// This set without a signal.
    #[must_use]
    pub const fn without(self, signal: i32) -> Self {
        Self(self.0 & !Self::bit(signal))
    }

    /// Adds a signal; a number outside 1 to 64 changes nothing.
    pub const fn insert(&mut self, signal: i32) {
        *self = self.with(signal);
    }

    /// Takes a signal out.
    pub const fn remove(&mut self, signal: i32) {
        *self = self.without(signal);
    }

    /// Whether a signal is in the set.
    #[must_use]
    pub const fn contains(self, signal: i32) -> bool {
        self.0 & Self::bit(signal) != 0
    }

    /// Whether no signal is.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The signals of the set, from the lowest on.
    pub fn iter(self) -> impl Iterator<Item = i32> {
        (1..=raw::_NSIG as i32).filter(move |signal| self.contains(*signal))
    }
}

impl core::fmt::Debug for SigSet {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

flags! {
    /// Flags of [`SigAction`].
    pub struct SigActionFlags: u64 {
        /// `SA_NOCLDSTOP`: for `SIGCHLD`, not when a child stops or goes on.
        NOCLDSTOP = raw::SA_NOCLDSTOP;
        /// `SA_NOCLDWAIT`: for `SIGCHLD`, children that end vanish without a wait.
        NOCLDWAIT = raw::SA_NOCLDWAIT;
        /// `SA_SIGINFO`: the handler takes three arguments.
        SIGINFO = raw::SA_SIGINFO;
        /// `SA_RESTORER`: the struct says where the handler returns to.
        RESTORER = raw::SA_RESTORER;
        /// `SA_ONSTACK`: on the alternate stack, if there is one.
        ONSTACK = raw::SA_ONSTACK;
        /// `SA_RESTART`: calls that can do so go on after the handler.
        RESTART = raw::SA_RESTART;
        /// `SA_NODEFER`: the signal is not blocked in its own handler.
        NODEFER = raw::SA_NODEFER;
        /// `SA_RESETHAND`: back to the default before the handler runs.
        RESETHAND = raw::SA_RESETHAND;
    }
}

/// What a process does on a signal: the default, nothing, or a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub struct SigHandler(*const c_void);

// SAFETY: it is the address of a function, or a number that stands for none.
unsafe impl Send for SigHandler {}
// SAFETY: see above.
unsafe impl Sync for SigHandler {}

impl SigHandler {
    /// `SIG_DFL`: what the signal does by itself.
    pub const DEFAULT: Self = Self(ptr::null());
    /// `SIG_IGN`: nothing.
    pub const IGNORE: Self = Self(ptr::without_provenance(1));

    /// A function that takes the signal.
    #[must_use]
    pub fn function(handler: unsafe extern "C" fn(i32)) -> Self {
        Self(handler as *const c_void)
    }

    /// A function that takes the signal, what comes with it, and the state that it broke
    /// into; [`SigActionFlags::SIGINFO`] must be set with it.
    #[must_use]
    pub fn function_with_info(handler: unsafe extern "C" fn(i32, *mut SigInfo, *mut c_void)) -> Self {
        Self(handler as *const c_void)
    }

    /// Whether it is a function.
    #[must_use]
    pub fn is_function(self) -> bool {
        self != Self::DEFAULT && self != Self::IGNORE
    }
}

/// How a process takes a signal: the kernel's `struct sigaction`, which is not the C library's.
#[doc(alias = "sigaction")]
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct SigAction {
    /// What to do.
    pub sa_handler: SigHandler,
    /// How.
    pub sa_flags: SigActionFlags,
    /// Where the handler returns to, if [`SigActionFlags::RESTORER`] is set.
    pub sa_restorer: Option<unsafe extern "C" fn()>,
    /// What is blocked meanwhile, besides the signal itself.
    pub sa_mask: SigSet,
}

assert_layout!(SigAction, raw::kernel_sigaction, {
    sa_handler = sa_handler_kernel,
    sa_flags = sa_flags,
    sa_restorer = sa_restorer,
    sa_mask = sa_mask,
});

impl SigAction {
    /// An action that returns from its handler by this crate's trampoline.
    ///
    /// x86_64 needs one: without it the first handler ends in `SIGSEGV`. aarch64 would take
    /// the vDSO's, and takes ours as well, so that there is one way.
    #[must_use]
    pub const fn new(handler: SigHandler, flags: SigActionFlags, mask: SigSet) -> Self {
        Self {
            sa_handler: handler,
            sa_flags: flags.union(SigActionFlags::RESTORER),
            sa_restorer: Some(signal_return),
            sa_mask: mask,
        }
    }
}

impl Default for SigAction {
    /// The default action, with no flags and nothing blocked.
    fn default() -> Self {
        Self::new(SigHandler::DEFAULT, SigActionFlags::empty(), SigSet::empty())
    }
}

constants! {
    /// What [`rt_sigprocmask`] does with its set.
    pub struct SigMaskHow: u32 {
        /// `SIG_BLOCK`: block these too.
        BLOCK = raw::SIG_BLOCK;
        /// `SIG_UNBLOCK`: block these no longer.
        UNBLOCK = raw::SIG_UNBLOCK;
        /// `SIG_SETMASK`: block these and no others.
        SETMASK = raw::SIG_SETMASK;
    }
}

/// `rt_sigaction(2)`: sets what the process does on a signal; `old` gets what it did.
///
/// # Errors
///
/// - [`Errno::INVAL`]: no such signal, or one that cannot be caught: `SIGKILL`, `SIGSTOP`.
///
/// # Safety
///
/// The handler must be sound wherever the signal can strike, with the flags that it is set
/// with, and must not unwind. It must stay there for as long as it is set. Who handled the
/// signal before must be able to do without it.
///
/// # References
///
/// - [sigaction(2)](https://man7.org/linux/man-pages/man2/sigaction.2.html)
#[doc(alias("sigaction", "signal"))]
#[inline]
pub unsafe fn rt_sigaction(
    signal: i32,
    new: Option<&SigAction>,
    old: Option<&mut SigAction>,
) -> Result<(), Errno> {
    // SAFETY: the kernel reads the one struct and writes the other; the caller vouches for
    // the handler.
    check(unsafe {
        syscall4(nr::RT_SIGACTION, signal.into(), new.into(), old.into(), size_of::<SigSet>().into())
    })
    .map(drop)
}

/// `rt_sigprocmask(2)`: changes which signals this thread blocks; `old` gets which it did.
///
/// # Errors
///
/// - [`Errno::INVAL`]: a `how` that the kernel does not know.
///
/// # References
///
/// - [sigprocmask(2)](https://man7.org/linux/man-pages/man2/sigprocmask.2.html)
#[doc(alias("sigprocmask", "pthread_sigmask"))]
#[inline]
pub fn rt_sigprocmask(how: SigMaskHow, new: Option<&SigSet>, old: Option<&mut SigSet>) -> Result<(), Errno> {
    // SAFETY: the kernel reads the one set and writes the other.
    check(unsafe {
        syscall4(nr::RT_SIGPROCMASK, how.into(), new.into(), old.into(), size_of::<SigSet>().into())
    })
    .map(drop)
}

/// `rt_sigpending(2)`: which blocked signals wait for this thread or its process.
///
/// # Errors
///
/// None that a program can cause.
#[doc(alias = "sigpending")]
#[inline]
pub fn rt_sigpending() -> Result<SigSet, Errno> {
    let mut set = SigSet::empty();
    // SAFETY: the kernel writes the set.
    check(unsafe { syscall2(nr::RT_SIGPENDING, Some(&mut set).into(), size_of::<SigSet>().into()) })?;
    Ok(set)
}

/// `rt_sigsuspend(2)`: blocks these signals and no others until a handler has run, then
/// those of before.
///
/// It gives [`Errno::INTR`], always.
///
/// # References
///
/// - [sigsuspend(2)](https://man7.org/linux/man-pages/man2/sigsuspend.2.html)
#[doc(alias("sigsuspend", "pause"))]
#[inline]
pub fn rt_sigsuspend(mask: &SigSet) -> Errno {
    // SAFETY: the kernel reads the set.
    failure(unsafe { syscall2(nr::RT_SIGSUSPEND, Some(mask).into(), size_of::<SigSet>().into()) })
}

/// `rt_sigtimedwait(2)`: takes one of these signals, which must be blocked, and gives its
/// number; waits for it if need be, for at most `timeout`.
///
/// # Errors
///
/// - [`Errno::AGAIN`]: the time is over.
/// - [`Errno::INTR`]: a handler of another signal ran.
/// - [`Errno::INVAL`]: the timeout is out of range.
///
/// # References
///
/// - [sigtimedwait(2)](https://man7.org/linux/man-pages/man2/sigtimedwait.2.html)
#[doc(alias("sigtimedwait", "sigwaitinfo", "sigwait"))]
#[inline]
pub fn rt_sigtimedwait(
    set: &SigSet,
    info: Option<&mut SigInfo>,
    timeout: Option<&Timespec>,
) -> Result<i32, Errno> {
    // SAFETY: the kernel reads the set and the timeout and writes the information.
    check(unsafe {
        syscall4(
            nr::RT_SIGTIMEDWAIT,
            Some(set).into(),
            info.into(),
            timeout.into(),
            size_of::<SigSet>().into(),
        )
    })
    .map(|signal| signal as i32)
}

flags! {
    /// Flags of [`SigStack`].
    pub struct SigStackFlags: u32 {
        /// `SS_ONSTACK`: the thread runs on it now; only the kernel sets this.
        ONSTACK = raw::SS_ONSTACK;
        /// `SS_DISABLE`: there is none.
        DISABLE = raw::SS_DISABLE;
        /// `SS_AUTODISARM`: gone while a handler runs on it (Linux 4.7).
        AUTODISARM = raw::SS_AUTODISARM;
    }
}

/// The alternate stack of a thread: the kernel's `stack_t`.
#[doc(alias = "stack_t")]
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct SigStack {
    /// The lowest byte.
    pub ss_sp: *mut c_void,
    /// What it is used for now, or not used for.
    pub ss_flags: SigStackFlags,
    /// How many bytes it has: `AT_MINSIGSTKSZ` of the auxiliary vector for the kernel's frame,
    /// and what the handlers need.
    pub ss_size: usize,
}

assert_layout!(SigStack, raw::sigaltstack, { ss_sp = ss_sp, ss_flags = ss_flags, ss_size = ss_size });

impl Default for SigStack {
    /// No stack.
    fn default() -> Self {
        Self { ss_sp: ptr::null_mut(), ss_flags: SigStackFlags::DISABLE, ss_size: 0 }
    }
}

/// `sigaltstack(2)`: sets the stack on which handlers with [`SigActionFlags::ONSTACK`] run in
/// this thread; `old` gets what it was. A forked child inherits it, an exec clears it.
///
/// # Errors
///
/// - [`Errno::INVAL`]: a flag that the kernel does not know.
/// - [`Errno::NOMEM`]: the stack is too small for a frame.
/// - [`Errno::PERM`]: the thread runs on the present one.
///
/// # Safety
///
/// Nobody else may use the memory for as long as it is set, and the stack that it replaces
/// must not be needed.
///
/// # References
///
/// - [sigaltstack(2)](https://man7.org/linux/man-pages/man2/sigaltstack.2.html)
#[inline]
pub unsafe fn sigaltstack(new: Option<&SigStack>, old: Option<&mut SigStack>) -> Result<(), Errno> {
    // SAFETY: the kernel reads the one struct and writes the other; the caller lends the stack.
    check(unsafe { syscall2(nr::SIGALTSTACK, new.into(), old.into()) }).map(drop)
}
