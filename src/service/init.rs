//! The first process of a machine or a container: it starts one program, buries every
//! orphan, and ends when that program does.
//!
//! The tool has it as `sinew init [--boot] PROGRAM [ARGUMENT...]`.

use crate::errno::Errno;
use crate::fd::CWD;
use crate::process::{ExitStatus, Fork, fork, wait};
use crate::sys::{self, MountFlags, Pid, RebootCommand};
use core::ffi::{CStr, c_char};

/// What the first process of a machine has to mount, in this order: kind and place.
const MOUNTS: [(&CStr, &CStr); 4] =
    [(c"proc", c"/proc"), (c"sysfs", c"/sys"), (c"devtmpfs", c"/dev"), (c"tmpfs", c"/tmp")];

/// Mounts `/proc`, `/sys`, `/dev` and `/tmp`, as the init of a machine has to. What is
/// mounted already stays, and a missing folder is made. A place that cannot be mounted is
/// told to `failed`, and the rest goes on.
pub fn mount_all(mut failed: impl FnMut(&CStr, Errno)) {
    for (kind, place) in MOUNTS {
        if let Err(error) = mount(kind, place) {
            failed(place, error);
        }
    }
}

fn mount(kind: &CStr, place: &CStr) -> Result<(), Errno> {
    match sys::mkdirat(CWD, place, 0o755) {
        Ok(()) | Err(Errno::EXIST) => {}
        Err(error) => return Err(error),
    }
    let mut flags = MountFlags::NOSUID;
    if place != c"/dev" {
        flags |= MountFlags::NODEV;
    }
    match sys::mount(Some(kind), place, Some(kind), flags, None) {
        // It stands there already: the kernel did it, or the runtime of a container.
        Err(Errno::BUSY) => Ok(()),
        result => result,
    }
}

/// Starts a program and waits for it, and for every orphan that comes in the meantime.
///
/// A program that cannot be started is told to `failed`, in the child, which then exits
/// with 127 if there is no such program and with 126 else, as under a shell.
///
/// # Safety
///
/// `argv` and `envp` must be blocks as `execve(2)` takes them: pointers to strings, the
/// last one null. `argv` must not be empty. The process must have one thread.
///
/// # Errors
///
/// - Those of [`fork`].
pub unsafe fn run(
    argv: *const *const c_char,
    envp: *const *const c_char,
    failed: impl FnOnce(&CStr, Errno),
) -> Result<ExitStatus, Errno> {
    // SAFETY: there is one thread.
    match unsafe { fork() }? {
        Fork::Parent(child) => wait_for(child),
        Fork::Child => {
            // SAFETY: the caller vouches for the blocks.
            let (program, error) = unsafe {
                let program = CStr::from_ptr(*argv);
                (program, sys::execve(program, argv, envp))
            };
            failed(program, error);
            sys::exit_group(if error == Errno::NOENT { 127 } else { 126 })
        }
    }
}

fn wait_for(child: Pid) -> Result<ExitStatus, Errno> {
    loop {
        let end = wait()?;
        if end.pid == child {
            return Ok(end.status);
        }
    }
}

/// Writes what is not yet on disk and turns the machine off. It returns only if it may not.
///
/// # Errors
///
/// - [`Errno::PERM`]: not allowed to (`CAP_SYS_BOOT`).
/// - [`Errno::INVAL`]: this PID namespace is not the machine's.
pub fn power_off() -> Errno {
    sys::sync();
    match sys::reboot(RebootCommand::POWER_OFF) {
        Err(error) => error,
        // The kernel answers only where it cannot be done.
        Ok(()) => Errno::NOSYS,
    }
}
