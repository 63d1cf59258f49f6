//! The first process of a machine or a container: it starts one program, buries every
//! orphan, and ends when that program does.
//!
//! The tool has it as `sinew init [--boot] PROGRAM [ARGUMENT...]`.

use crate::errno::Errno;
use crate::fd::CWD;
use crate::process::{ExitStatus, Fork, fork, wait};
use crate::sys::{self, AtFlags, MountFlags, Pid, RebootCommand, StatxMask};
use core::ffi::{CStr, c_char};

/// A place that belongs to every machine.
struct Mount {
    kind: &'static CStr,
    place: &'static CStr,
    flags: MountFlags,
    data: &'static CStr,
}

/// No device, no set-user-id bit and no program counts there.
const PLAIN: MountFlags = MountFlags::NOSUID.union(MountFlags::NODEV).union(MountFlags::NOEXEC);
/// Programs do.
const PROGRAMS: MountFlags = MountFlags::NOSUID.union(MountFlags::NODEV);
/// Devices do.
const DEVICES: MountFlags = MountFlags::NOSUID.union(MountFlags::NOEXEC);

/// What the first process of a machine has to mount, in this order.
const MOUNTS: [Mount; 7] = [
    Mount { kind: c"proc", place: c"/proc", flags: PLAIN, data: c"" },
    Mount { kind: c"sysfs", place: c"/sys", flags: PLAIN, data: c"" },
    Mount { kind: c"devtmpfs", place: c"/dev", flags: DEVICES, data: c"" },
    // Without `ptmxmode` nobody could open a terminal there.
    Mount { kind: c"devpts", place: c"/dev/pts", flags: DEVICES, data: c"mode=620,ptmxmode=666" },
    Mount { kind: c"tmpfs", place: c"/dev/shm", flags: PROGRAMS, data: c"" },
    Mount { kind: c"tmpfs", place: c"/run", flags: PROGRAMS, data: c"mode=755" },
    Mount { kind: c"tmpfs", place: c"/tmp", flags: PROGRAMS, data: c"" },
];

/// What programs expect beside the devices, and the kernel leaves to others.
const LINKS: [(&CStr, &CStr); 4] = [
    (c"/dev/fd", c"/proc/self/fd"),
    (c"/dev/stdin", c"fd/0"),
    (c"/dev/stdout", c"fd/1"),
    (c"/dev/stderr", c"fd/2"),
];

/// Mounts `/proc`, `/sys`, `/dev` with `/dev/pts` and `/dev/shm`, `/run` and `/tmp`, as the
/// init of a machine has to, and makes `/dev/fd` and its kin. What is mounted already stays
/// as it is, and a missing folder is made. A place that cannot be had is told to `failed`,
/// and the rest goes on.
pub fn mount_all(mut failed: impl FnMut(&CStr, Errno)) {
    for mount in &MOUNTS {
        if let Err(error) = mount.mount() {
            failed(mount.place, error);
        }
    }
    for (place, target) in LINKS {
        match sys::symlinkat(target, CWD, place) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => failed(place, error),
        }
    }
}

impl Mount {
    fn mount(&self) -> Result<(), Errno> {
        match sys::mkdirat(CWD, self.place, 0o755) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(error),
        }
        // The kernel did it, or the runtime of a container. A second tmpfs would hide the first.
        if is_mounted(self.place)? {
            return Ok(());
        }
        match sys::mount(Some(self.kind), self.place, Some(self.kind), self.flags, Some(self.data)) {
            // A kernel before 5.8 does not say what is mounted, but it refuses the same twice.
            Err(Errno::BUSY) => Ok(()),
            result => result,
        }
    }
}

/// Whether something is mounted on this very place.
fn is_mounted(place: &CStr) -> Result<bool, Errno> {
    const MOUNT_ROOT: u64 = linux_raw_sys::general::STATX_ATTR_MOUNT_ROOT as u64;
    let status = sys::statx(CWD, place, AtFlags::empty(), StatxMask::empty())?;
    Ok(status.stx_attributes & MOUNT_ROOT != 0)
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
