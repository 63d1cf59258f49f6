//! Calls that make a process or a thread.

use super::macros::{assert_layout, flags};
use super::{Pid, nr};
use crate::arch::{clone_arguments, clone_call, clone3_call, syscall2, syscall5};
use crate::errno::{Errno, check};
use core::ffi::c_void;
use core::ptr;
use linux_raw_sys::general as raw;

flags! {
    /// What a child shares with its parent, what it gets anew, and what the kernel stores.
    pub struct CloneFlags: u64 {
        /// `CLONE_VM`: the memory.
        VM = raw::CLONE_VM;
        /// `CLONE_FS`: root, working directory and umask.
        FS = raw::CLONE_FS;
        /// `CLONE_FILES`: the table of descriptors.
        FILES = raw::CLONE_FILES;
        /// `CLONE_SIGHAND`: the signal handlers; needs `VM`.
        SIGHAND = raw::CLONE_SIGHAND;
        /// `CLONE_PIDFD`: store a descriptor of the child; [`clone`] uses `parent_tid` for it.
        PIDFD = raw::CLONE_PIDFD;
        /// `CLONE_PTRACE`: the parent's tracer traces the child too.
        PTRACE = raw::CLONE_PTRACE;
        /// `CLONE_VFORK`: the parent waits until the child executes a program or ends.
        VFORK = raw::CLONE_VFORK;
        /// `CLONE_PARENT`: a child of the caller's parent.
        PARENT = raw::CLONE_PARENT;
        /// `CLONE_THREAD`: a thread of the caller's process; needs `SIGHAND`.
        THREAD = raw::CLONE_THREAD;
        /// `CLONE_NEWNS`: a mount namespace.
        NEWNS = raw::CLONE_NEWNS;
        /// `CLONE_SYSVSEM`: the list of semaphore adjustments.
        SYSVSEM = raw::CLONE_SYSVSEM;
        /// `CLONE_SETTLS`: sets the thread pointer to `tls`.
        SETTLS = raw::CLONE_SETTLS;
        /// `CLONE_PARENT_SETTID`: store the child's number at `parent_tid`.
        PARENT_SETTID = raw::CLONE_PARENT_SETTID;
        /// `CLONE_CHILD_CLEARTID`: clear `child_tid` and wake its futex when the child ends.
        CHILD_CLEARTID = raw::CLONE_CHILD_CLEARTID;
        /// `CLONE_UNTRACED`: `PTRACE` cannot be forced upon it.
        UNTRACED = raw::CLONE_UNTRACED;
        /// `CLONE_CHILD_SETTID`: store the child's number at `child_tid` in the child's memory.
        CHILD_SETTID = raw::CLONE_CHILD_SETTID;
        /// `CLONE_NEWCGROUP`: a cgroup namespace.
        NEWCGROUP = raw::CLONE_NEWCGROUP;
        /// `CLONE_NEWUTS`: a namespace of host and domain name.
        NEWUTS = raw::CLONE_NEWUTS;
        /// `CLONE_NEWIPC`: an IPC namespace.
        NEWIPC = raw::CLONE_NEWIPC;
        /// `CLONE_NEWUSER`: a user namespace.
        NEWUSER = raw::CLONE_NEWUSER;
        /// `CLONE_NEWPID`: a PID namespace, in which the child is number 1.
        NEWPID = raw::CLONE_NEWPID;
        /// `CLONE_NEWNET`: a network namespace.
        NEWNET = raw::CLONE_NEWNET;
        /// `CLONE_IO`: the I/O context.
        IO = raw::CLONE_IO;
        /// `CLONE_CLEAR_SIGHAND`: handlers back to the default; [`clone3`] only (Linux 5.5).
        CLEAR_SIGHAND = raw::CLONE_CLEAR_SIGHAND;
        /// `CLONE_INTO_CGROUP`: into the cgroup `cgroup`; [`clone3`] only (Linux 5.7).
        INTO_CGROUP = raw::CLONE_INTO_CGROUP;
        /// `CLONE_NEWTIME`: a time namespace; [`clone3`] only (Linux 5.6).
        NEWTIME = raw::CLONE_NEWTIME;
    }
}

/// Arguments of [`clone3`]: the kernel's `struct clone_args`. Addresses are 64-bit numbers,
/// and 0 where nothing is asked for: use `expose_provenance`.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C, align(8))]
pub struct CloneArgs {
    /// What to share, to make anew, to store; without an exit signal.
    pub flags: u64,
    /// With [`CloneFlags::PIDFD`]: where an `i32` for the descriptor is.
    pub pidfd: u64,
    /// With [`CloneFlags::CHILD_SETTID`] or `CHILD_CLEARTID`: where a [`Pid`] is, in the
    /// child's memory.
    pub child_tid: u64,
    /// With [`CloneFlags::PARENT_SETTID`]: where a [`Pid`] is, in the parent's memory.
    pub parent_tid: u64,
    /// The signal that tells the parent of the child's end; 0 for none.
    pub exit_signal: u64,
    /// The lowest byte of the child's stack.
    pub stack: u64,
    /// How many bytes the stack has.
    pub stack_size: u64,
    /// With [`CloneFlags::SETTLS`]: the thread pointer.
    pub tls: u64,
    /// Where the numbers are that the child gets in its PID namespaces, from the innermost on.
    pub set_tid: u64,
    /// How many there are.
    pub set_tid_size: u64,
    /// With [`CloneFlags::INTO_CGROUP`]: a descriptor of the cgroup.
    pub cgroup: u64,
}

assert_layout!(CloneArgs, raw::clone_args, {
    flags = flags,
    pidfd = pidfd,
    child_tid = child_tid,
    parent_tid = parent_tid,
    exit_signal = exit_signal,
    stack = stack,
    stack_size = stack_size,
    tls = tls,
    set_tid = set_tid,
    set_tid_size = set_tid_size,
    cgroup = cgroup,
});

/// What runs in a child on a stack of its own. What it returns is the child's exit status.
pub type CloneEntry = unsafe extern "C" fn(*mut c_void) -> i32;

/// The first argument of `clone`: the flags and the exit signal in one number.
fn flags_and_signal(flags: CloneFlags, exit_signal: i32) -> Result<usize, Errno> {
    // The kernel would drop what is above 32 bits, and take what is below 8 for the signal.
    let room = u64::from(!raw::CSIGNAL);
    if flags.bits() & !room != 0 || exit_signal as u32 & !raw::CSIGNAL != 0 {
        return Err(Errno::INVAL);
    }
    Ok(flags.bits() as usize | exit_signal as usize)
}

/// `clone(2)` without a stack, as `fork(2)`: returns twice, in the child with 0.
///
/// The child goes on here with a copy of the memory. `exit_signal` is what the parent gets
/// when the child ends, usually `SIGCHLD`; 0 for nothing.
///
/// # Errors
///
/// - [`Errno::AGAIN`]: the limit on processes: of the user, the cgroup or the system.
/// - [`Errno::INVAL`]: flags that do not go together, or one that only [`clone3`] takes.
/// - [`Errno::NOMEM`]: no memory in the kernel, or the PID namespace has lost its init.
/// - [`Errno::NOSPC`], [`Errno::USERS`]: too many nested namespaces.
/// - [`Errno::PERM`]: a namespace without the privilege.
///
/// # Safety
///
/// - The flags must not contain [`CloneFlags::VM`]: two tasks would share this stack.
/// - In a process with more than one thread, only the caller's exists in the child: until
///   it executes a program it must not touch a lock that another could have held.
/// - What the child drops it has to own: it has a copy of every value.
/// - The pointers must be valid where the flags make the kernel write to them.
///
/// # References
///
/// - [clone(2)](https://man7.org/linux/man-pages/man2/clone.2.html)
#[doc(alias = "fork")]
#[inline]
pub unsafe fn clone(
    flags: CloneFlags,
    exit_signal: i32,
    parent_tid: *mut Pid,
    child_tid: *mut Pid,
    tls: usize,
) -> Result<Pid, Errno> {
    let flags = flags_and_signal(flags, exit_signal)?;
    let [a, b, c, d, e] = clone_arguments(flags, ptr::null_mut(), parent_tid, child_tid, tls);
    // SAFETY: the caller vouches for the flags and the pointers.
    check(unsafe { syscall5(nr::CLONE, a, b, c, d, e) }).map(|pid| pid as Pid)
}

/// `clone(2)` with a stack: the child calls `entry(argument)` there and exits with what that
/// returns. Only the parent comes back.
///
/// `stack` is the end of the child's stack, one past its highest byte.
///
/// # Errors
///
/// Those of [`clone`].
///
/// # Safety
///
/// - Below `stack` there must be memory enough for what the child does, which nobody else
///   uses until the child has ended or executed a program.
/// - `entry` must be sound in the child with what the flags share, and must not unwind.
///   With [`CloneFlags::VM`] and without [`CloneFlags::SETTLS`], both run on one thread
///   pointer: the child must not touch a thread local.
/// - The pointers must be valid where the flags make the kernel write to them.
#[inline]
#[allow(clippy::too_many_arguments, reason = "the call has them")]
pub unsafe fn clone_on_stack(
    flags: CloneFlags,
    exit_signal: i32,
    stack: *mut c_void,
    parent_tid: *mut Pid,
    child_tid: *mut Pid,
    tls: usize,
    entry: CloneEntry,
    argument: *mut c_void,
) -> Result<Pid, Errno> {
    let flags = flags_and_signal(flags, exit_signal)?;
    // SAFETY: the caller vouches for the stack, the entry and the pointers.
    check(unsafe { clone_call(flags, stack, parent_tid, child_tid, tls, entry, argument) })
        .map(|pid| pid as Pid)
}

/// `clone3(2)` without a stack, as `fork(2)`: returns twice, in the child with 0.
///
/// # Errors
///
/// Those of [`clone`], and
///
/// - [`Errno::BADF`], [`Errno::BUSY`], [`Errno::OPNOTSUPP`]: the cgroup is none, cannot take
///   processes, is of the wrong kind.
/// - [`Errno::EXIST`]: a number of `set_tid` is taken.
/// - [`Errno::NOSYS`], [`Errno::PERM`]: the kernel is older than 5.3, or a sandbox hides it.
/// - [`Errno::TOOBIG`]: the kernel is older than a field that is not 0.
///
/// # Safety
///
/// As [`clone`]: no [`CloneFlags::VM`], `stack` and `stack_size` 0, and every address valid.
///
/// # References
///
/// - [clone3(2)](https://man7.org/linux/man-pages/man2/clone.2.html)
#[inline]
pub unsafe fn clone3(arguments: &CloneArgs) -> Result<Pid, Errno> {
    // SAFETY: the caller vouches for the flags and the addresses.
    check(unsafe { syscall2(nr::CLONE3, ptr::from_ref(arguments).into(), size_of::<CloneArgs>().into()) })
        .map(|pid| pid as Pid)
}

/// `clone3(2)` with the stack that the arguments name: the child calls `entry(argument)`
/// there and exits with what that returns. Only the parent comes back.
///
/// # Errors
///
/// Those of [`clone3`].
///
/// # Safety
///
/// As [`clone_on_stack`]; `stack` and `stack_size` must describe the child's stack.
#[inline]
pub unsafe fn clone3_on_stack(
    arguments: &CloneArgs,
    entry: CloneEntry,
    argument: *mut c_void,
) -> Result<Pid, Errno> {
    // SAFETY: the caller vouches for the stack, the entry and the addresses.
    check(unsafe { clone3_call(ptr::from_ref(arguments).cast(), size_of::<CloneArgs>(), entry, argument) })
        .map(|pid| pid as Pid)
}
