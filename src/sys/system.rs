//! Calls on the system as a whole: its name, its mounts, its end, its random numbers.

use super::macros::{assert_layout, constants, flags};
use super::nr;
use crate::arch::{
    Arg, syscall0_readonly, syscall1, syscall2_readonly, syscall3, syscall4_readonly, syscall5_readonly,
};
use crate::errno::{Errno, check};
use core::ffi::{CStr, c_char};
use core::mem::MaybeUninit;
use linux_raw_sys::{general as raw, system};

/// The names of the system: the kernel's `struct new_utsname`.
#[doc(alias = "utsname")]
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Utsname {
    sysname: [c_char; 65],
    nodename: [c_char; 65],
    release: [c_char; 65],
    version: [c_char; 65],
    machine: [c_char; 65],
    domainname: [c_char; 65],
}

assert_layout!(Utsname, system::new_utsname, {
    sysname = sysname,
    nodename = nodename,
    release = release,
    version = version,
    machine = machine,
    domainname = domainname,
});

/// The bytes up to the first zero, which the kernel puts into each field.
fn string(field: &[c_char; 65]) -> &CStr {
    // SAFETY: `c_char` has the size of a byte, and any byte is one.
    let bytes = unsafe { &*core::ptr::from_ref(field).cast::<[u8; 65]>() };
    CStr::from_bytes_until_nul(bytes).unwrap_or_default()
}

impl Utsname {
    /// `"Linux"`.
    #[must_use]
    pub fn sysname(&self) -> &CStr {
        string(&self.sysname)
    }

    /// The host's name.
    #[must_use]
    pub fn nodename(&self) -> &CStr {
        string(&self.nodename)
    }

    /// The kernel's release, such as `"6.12.9"`.
    #[must_use]
    pub fn release(&self) -> &CStr {
        string(&self.release)
    }

    /// How and when the kernel was built.
    #[must_use]
    pub fn version(&self) -> &CStr {
        string(&self.version)
    }

    /// The architecture, such as `"x86_64"` or `"aarch64"`.
    #[must_use]
    pub fn machine(&self) -> &CStr {
        string(&self.machine)
    }

    /// The NIS domain.
    #[must_use]
    pub fn domainname(&self) -> &CStr {
        string(&self.domainname)
    }
}

impl core::fmt::Debug for Utsname {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Utsname")
            .field("sysname", &self.sysname())
            .field("nodename", &self.nodename())
            .field("release", &self.release())
            .field("version", &self.version())
            .field("machine", &self.machine())
            .field("domainname", &self.domainname())
            .finish()
    }
}

/// `uname(2)`: the names of the system.
///
/// # Errors
///
/// None that a program can cause.
#[inline]
pub fn uname() -> Result<Utsname, Errno> {
    let mut names = MaybeUninit::<Utsname>::uninit();
    // SAFETY: the kernel fills the struct on success.
    unsafe {
        check(syscall1(nr::UNAME, names.as_mut_ptr().into()))?;
        Ok(names.assume_init())
    }
}

flags! {
    /// Flags of [`mount`]: what is asked for, and options of the mount.
    pub struct MountFlags: u64 {
        /// `MS_RDONLY`: read-only.
        RDONLY = raw::MS_RDONLY;
        /// `MS_NOSUID`: set-user-ID and set-group-ID have no effect.
        NOSUID = raw::MS_NOSUID;
        /// `MS_NODEV`: devices cannot be opened.
        NODEV = raw::MS_NODEV;
        /// `MS_NOEXEC`: nothing can be executed.
        NOEXEC = raw::MS_NOEXEC;
        /// `MS_SYNCHRONOUS`: writes wait for the device.
        SYNCHRONOUS = raw::MS_SYNCHRONOUS;
        /// `MS_REMOUNT`: change the options of a mount.
        REMOUNT = raw::MS_REMOUNT;
        /// `MS_DIRSYNC`: changes of directories wait for the device.
        DIRSYNC = raw::MS_DIRSYNC;
        /// `MS_NOSYMFOLLOW`: symbolic links are not followed.
        NOSYMFOLLOW = raw::MS_NOSYMFOLLOW;
        /// `MS_NOATIME`: reading leaves the times alone.
        NOATIME = raw::MS_NOATIME;
        /// `MS_NODIRATIME`: reading a directory does.
        NODIRATIME = raw::MS_NODIRATIME;
        /// `MS_BIND`: show what is at the source at the target too.
        BIND = raw::MS_BIND;
        /// `MS_MOVE`: move the mount at the source to the target.
        MOVE = raw::MS_MOVE;
        /// `MS_REC`: with all mounts below.
        REC = raw::MS_REC;
        /// `MS_SILENT`: no warnings in the kernel's log.
        SILENT = raw::MS_SILENT;
        /// `MS_UNBINDABLE`: private, and cannot be bound.
        UNBINDABLE = raw::MS_UNBINDABLE;
        /// `MS_PRIVATE`: mounts and unmounts below stay here.
        PRIVATE = raw::MS_PRIVATE;
        /// `MS_SLAVE`: they come in from the others, and do not go out.
        SLAVE = raw::MS_SLAVE;
        /// `MS_SHARED`: they go both ways.
        SHARED = raw::MS_SHARED;
        /// `MS_RELATIME`: the time of the last read is kept roughly.
        RELATIME = raw::MS_RELATIME;
        /// `MS_STRICTATIME`: it is kept exactly.
        STRICTATIME = raw::MS_STRICTATIME;
        /// `MS_LAZYTIME`: times are written to the device late.
        LAZYTIME = raw::MS_LAZYTIME;
    }

    /// Flags of [`umount2`].
    pub struct UnmountFlags: u32 {
        /// `MNT_FORCE`: break off what a network file system is waiting for.
        FORCE = raw::MNT_FORCE;
        /// `MNT_DETACH`: out of the tree now, and gone when nobody uses it.
        DETACH = raw::MNT_DETACH;
        /// `MNT_EXPIRE`: only if it was not used since the last such call.
        EXPIRE = raw::MNT_EXPIRE;
        /// `UMOUNT_NOFOLLOW`: the target is no symbolic link.
        NOFOLLOW = raw::UMOUNT_NOFOLLOW;
    }

    /// Flags of [`getrandom`].
    pub struct GetrandomFlags: u32 {
        /// `GRND_NONBLOCK`: do not wait for the generator to be seeded.
        NONBLOCK = raw::GRND_NONBLOCK;
        /// `GRND_RANDOM`: from the source of `/dev/random`.
        RANDOM = raw::GRND_RANDOM;
        /// `GRND_INSECURE`: even if the generator is not seeded (Linux 5.6).
        INSECURE = raw::GRND_INSECURE;
    }
}

/// `mount(2)`: mounts a file system, or changes, binds or moves a mount.
///
/// `data` are options for the file system.
///
/// # Errors
///
/// - [`Errno::ACCES`]: a permission is missing on the way, or a device that is read-only is
///   mounted without [`MountFlags::RDONLY`].
/// - [`Errno::BUSY`]: it is mounted there already, or is in use.
/// - [`Errno::INVAL`]: the superblock is wrong, or there is nothing to change or to move.
/// - [`Errno::LOOP`], [`Errno::NAMETOOLONG`], [`Errno::NOENT`], [`Errno::NOTDIR`]: a path is
///   no way.
/// - [`Errno::MFILE`]: no device number left for a file system without a device.
/// - [`Errno::NODEV`]: the kernel lacks this file system.
/// - [`Errno::NOMEM`]: no memory in the kernel.
/// - [`Errno::NOTBLK`], [`Errno::NXIO`]: the source is no block device, or none at all.
/// - [`Errno::PERM`]: without `CAP_SYS_ADMIN`, or locked by the user namespace above.
/// - [`Errno::ROFS`]: the device is read-only.
///
/// # References
///
/// - [mount(2)](https://man7.org/linux/man-pages/man2/mount.2.html)
#[inline]
pub fn mount(
    source: Option<&CStr>,
    target: &CStr,
    kind: Option<&CStr>,
    flags: MountFlags,
    data: Option<&CStr>,
) -> Result<(), Errno> {
    let pointer = |string: Option<&CStr>| string.map_or(Arg::ZERO, Arg::from);
    // SAFETY: the kernel reads the strings.
    check(unsafe {
        syscall5_readonly(
            nr::MOUNT,
            pointer(source),
            target.into(),
            pointer(kind),
            flags.into(),
            pointer(data),
        )
    })
    .map(drop)
}

/// `umount2(2)`: unmounts the file system at the top of `target`.
///
/// # Errors
///
/// - [`Errno::AGAIN`]: [`UnmountFlags::EXPIRE`], and it was in use: now it is marked.
/// - [`Errno::BUSY`]: it is in use.
/// - [`Errno::INVAL`]: nothing is mounted there, it is locked, or flags that do not go together.
/// - [`Errno::LOOP`], [`Errno::NAMETOOLONG`], [`Errno::NOENT`]: the path is no way.
/// - [`Errno::NOMEM`]: no memory in the kernel.
/// - [`Errno::PERM`]: without `CAP_SYS_ADMIN`.
///
/// # References
///
/// - [umount2(2)](https://man7.org/linux/man-pages/man2/umount.2.html)
#[doc(alias = "umount")]
#[inline]
pub fn umount2(target: &CStr, flags: UnmountFlags) -> Result<(), Errno> {
    // SAFETY: the kernel reads the path.
    check(unsafe { syscall2_readonly(nr::UMOUNT2, target.into(), flags.into()) }).map(drop)
}

/// `sync(2)`: writes to the devices all that is cached, and waits for the end.
#[inline]
pub fn sync() {
    // SAFETY: it takes nothing and cannot fail.
    unsafe { syscall0_readonly(nr::SYNC) };
}

constants! {
    /// What [`reboot`] does.
    pub struct RebootCommand: u32 {
        /// `LINUX_REBOOT_CMD_RESTART`: start again.
        RESTART = raw::LINUX_REBOOT_CMD_RESTART;
        /// `LINUX_REBOOT_CMD_HALT`: halt.
        HALT = raw::LINUX_REBOOT_CMD_HALT;
        /// `LINUX_REBOOT_CMD_POWER_OFF`: switch off.
        POWER_OFF = raw::LINUX_REBOOT_CMD_POWER_OFF;
        /// `LINUX_REBOOT_CMD_CAD_ON`: Ctrl-Alt-Del starts again, at once.
        CAD_ON = raw::LINUX_REBOOT_CMD_CAD_ON;
        /// `LINUX_REBOOT_CMD_CAD_OFF`: Ctrl-Alt-Del sends `SIGINT` to init.
        CAD_OFF = raw::LINUX_REBOOT_CMD_CAD_OFF;
        /// `LINUX_REBOOT_CMD_SW_SUSPEND`: suspend to disk.
        SW_SUSPEND = raw::LINUX_REBOOT_CMD_SW_SUSPEND;
        /// `LINUX_REBOOT_CMD_KEXEC`: start the kernel that was loaded before.
        KEXEC = raw::LINUX_REBOOT_CMD_KEXEC;
    }
}

/// `reboot(2)`: stops or restarts the machine at once: nothing is written to the devices.
///
/// In a PID namespace of its own it ends the namespace instead: its init dies of `SIGHUP`
/// (restart) or `SIGINT` (halt, power off). The two that stop come back only with an error.
///
/// # Errors
///
/// - [`Errno::INVAL`]: a command that the kernel does not know, or not in this namespace.
/// - [`Errno::PERM`]: without `CAP_SYS_BOOT`.
///
/// # References
///
/// - [reboot(2)](https://man7.org/linux/man-pages/man2/reboot.2.html)
#[inline]
pub fn reboot(command: RebootCommand) -> Result<(), Errno> {
    // SAFETY: the first two arguments are the call's seal, and no command here takes the fourth.
    check(unsafe {
        syscall4_readonly(
            nr::REBOOT,
            raw::LINUX_REBOOT_MAGIC1.into(),
            raw::LINUX_REBOOT_MAGIC2.into(),
            command.into(),
            Arg::ZERO,
        )
    })
    .map(drop)
}

/// `getrandom(2)`: fills the buffer with random bytes and says how many it wrote: all, up to
/// 256; more may be cut short by a signal.
///
/// # Errors
///
/// - [`Errno::AGAIN`]: [`GetrandomFlags::NONBLOCK`], and the generator is not seeded.
/// - [`Errno::INTR`]: a signal handler ran while it waited for the seed.
/// - [`Errno::INVAL`]: an unknown flag, or `RANDOM` and `INSECURE` at once.
///
/// # References
///
/// - [getrandom(2)](https://man7.org/linux/man-pages/man2/getrandom.2.html)
#[inline]
pub fn getrandom(buffer: &mut [u8], flags: GetrandomFlags) -> Result<usize, Errno> {
    // SAFETY: the kernel writes within the buffer.
    check(unsafe { syscall3(nr::GETRANDOM, buffer.as_mut_ptr().into(), buffer.len().into(), flags.into()) })
}
