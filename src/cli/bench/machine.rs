//! What the figures were measured on.

use core::ffi::CStr;
use linux_raw_sys::general::S_IFREG;
use sinew::Errno;
use sinew::fd::{AsFd, CWD, OwnedFd};
use sinew::io;
use sinew::memory::page_size;
use sinew::sys::{self, CpuSet, OpenFlags, Utsname};

use super::channel::open_temporary;

/// The machine.
pub struct Machine {
    /// Kernel and architecture.
    pub names: Utsname,
    /// The processor's name; empty where the kernel tells none.
    cpu: [u8; 64],
    cpu_length: usize,
    /// The processors that this process may use.
    pub cpus: CpuSet,
    /// Bytes.
    pub page: usize,
}

impl Machine {
    /// Asks the kernel.
    pub fn look() -> Result<Self, Errno> {
        let mut machine = Self {
            names: sys::uname()?,
            cpu: [0; 64],
            cpu_length: 0,
            cpus: sys::sched_getaffinity(0)?,
            page: page_size(),
        };
        // A machine without /proc, or an architecture that has no name there, goes without.
        if let Ok(length) = read_cpu_name(&mut machine.cpu) {
            machine.cpu_length = length;
        }
        Ok(machine)
    }

    /// The processor's name, or the architecture's.
    pub fn cpu(&self) -> &[u8] {
        if self.cpu_length == 0 { self.names.machine().to_bytes() } else { &self.cpu[..self.cpu_length] }
    }
}

/// The value of the first `model name` in `/proc/cpuinfo`.
fn read_cpu_name(name: &mut [u8; 64]) -> Result<usize, Errno> {
    let file = sys::openat(CWD, c"/proc/cpuinfo", OpenFlags::RDONLY | OpenFlags::CLOEXEC, 0)?;
    // The first processor's part is about 1.5 KiB long.
    let mut text = [0; 4096];
    let length = io::read(&file, &mut text)?;
    let mut lines = text[..length].split(|&byte| byte == b'\n');
    let value = lines.find_map(|line| line.strip_prefix(b"model name\t: ")).ok_or(Errno::NODATA)?;
    let count = value.len().min(name.len());
    name[..count].copy_from_slice(&value[..count]);
    Ok(count)
}

/// The first folder of these in which a file can be made: `$TMPDIR`, `/tmp`, `/dev/shm`,
/// the current one.
pub fn writable_folder(tmpdir: Option<&'static CStr>) -> Option<&'static [u8]> {
    let usual: [&[u8]; 3] = [b"/tmp", b"/dev/shm", b"."];
    tmpdir.map(CStr::to_bytes).into_iter().chain(usual).find(|folder| open_temporary(folder, S_IFREG).is_ok())
}

/// A pseudo-terminal: the side that the terminal's program would hold, and the terminal.
pub fn pseudo_terminal() -> Result<(OwnedFd, OwnedFd), Errno> {
    let flags = OpenFlags::RDWR | OpenFlags::NOCTTY | OpenFlags::CLOEXEC;
    let master = sys::openat(CWD, c"/dev/ptmx", flags, 0)?;
    sys::ioctl_tiocsptlck(master.as_fd(), false)?;
    let terminal = sys::ioctl_tiocgptpeer(master.as_fd(), flags)?;
    Ok((master, terminal))
}
