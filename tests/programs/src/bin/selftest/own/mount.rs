//! Mounting, in a namespace of its own. Nothing here turns a machine off: that is what the
//! init of the guests does at their end.

use crate::calls::{self, Errno};
use crate::cases::Outcome;
use crate::cases::tools::status_of;
use core::ptr;
use sinew::fd::CWD;
use sinew::sys::{self, CloneFlags, MountFlags, UnmountFlags};

/// What a process mounts in its own namespace is there, and can be unmounted. Who may not make
/// a namespace is told so.
fn a_mount_is_there_until_it_is_unmounted() -> Outcome {
    let flags = CloneFlags::NEWNS;
    // SAFETY: the child makes system calls and is gone.
    let child = match unsafe { sys::clone(flags, calls::SIGCHLD, ptr::null_mut(), ptr::null_mut(), 0) } {
        Err(error) => {
            check_eq!(error, Errno::PERM);
            return Ok(());
        }
        Ok(child) => child,
    };
    if child == 0 {
        calls::exit(i32::from(mount_and_unmount().is_err()))
    }
    check_eq!(status_of(child), Ok(0));
    check_eq!(calls::open(c"/tmp/sinew-mounted", calls::O_RDONLY, 0).err(), Some(Errno::NOENT));
    Ok(())
}

fn mount_and_unmount() -> Outcome {
    // Nothing of this reaches the parent's namespace.
    sys::mount(None, c"/", None, MountFlags::REC | MountFlags::PRIVATE, None)?;
    sys::mount(Some(c"case"), c"/tmp", Some(c"tmpfs"), MountFlags::NOSUID | MountFlags::NODEV, None)?;
    sys::mkdirat(CWD, c"/tmp/sinew-mounted", 0o700)?;
    check!(calls::open(c"/tmp/sinew-mounted", calls::O_RDONLY | calls::O_DIRECTORY, 0).is_ok());
    check_eq!(sys::umount2(c"/tmp", UnmountFlags::empty()), Ok(()));
    check_eq!(calls::open(c"/tmp/sinew-mounted", calls::O_RDONLY, 0).err(), Some(Errno::NOENT));
    Ok(())
}

/// What is no mount cannot be unmounted.
fn only_a_mount_can_be_unmounted() -> Outcome {
    let error = sys::umount2(c"/proc/self", UnmountFlags::empty()).err();
    check!(matches!(error, Some(Errno::INVAL | Errno::PERM)));
    Ok(())
}

cases! {
    a_mount_is_there_until_it_is_unmounted,
    only_a_mount_can_be_unmounted,
}
