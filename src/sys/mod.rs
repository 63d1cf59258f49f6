//! The kernel's interface: one function for one system call.
//!
//! Each is typed and documented; none loops, retries or decides anything. `EINTR` reaches
//! the caller. The nouns above (`process`, `ipc`, …) carry the policy.
//!
//! ```
//! assert_eq!(sinew::sys::getpid(), std::process::id() as i32);
//! ```
//!
//! Structs that the kernel reads or writes have its field names, and their layout is
//! compared with the kernel's at compile time. Flags and constants that have no name here
//! survive: they reach the kernel, and come back from it.
//!
//! `# Errors` names what each call can answer for reasons of its own. A sandbox can make any
//! of them answer [`Errno::PERM`] or [`Errno::NOSYS`], and a call that asks a file system
//! can pass on what that says.

mod clone;
mod credentials;
mod fcntl;
mod file;
mod fs;
mod futex;
mod io;
mod limits;
mod macros;
mod memory;
#[doc(hidden)]
pub mod nr;
mod poll;
mod prctl;
mod process;
mod sched;
mod siginfo;
mod signal;
mod stat;
mod system;
mod terminal;
mod time;
mod wait;

pub use clone::*;
pub use credentials::*;
pub use fcntl::*;
pub use file::*;
pub use fs::*;
pub use futex::*;
pub use io::*;
pub use limits::*;
pub use memory::*;
pub use poll::*;
pub use prctl::*;
pub use process::*;
pub use sched::*;
pub use siginfo::*;
pub use signal::*;
pub use stat::*;
pub use system::*;
pub use terminal::*;
pub use time::*;
pub use wait::*;

use crate::arch::{Arg, Ret};
use crate::errno::{Errno, check};
use crate::fd::{AsRawFd, BorrowedFd};
use core::ffi::CStr;

/// The number of a process; in other places, of a thread or a process group.
pub type Pid = i32;

impl From<BorrowedFd<'_>> for Arg {
    #[inline(always)]
    fn from(fd: BorrowedFd<'_>) -> Self {
        fd.as_raw_fd().into()
    }
}

impl From<&CStr> for Arg {
    #[inline(always)]
    fn from(string: &CStr) -> Self {
        string.as_ptr().into()
    }
}

/// The error of a call that comes back only to tell one.
#[inline(always)]
fn failure(ret: Ret) -> Errno {
    // No kernel answers anything else; an emulator that does has not done what was asked.
    check(ret).err().unwrap_or(Errno::NOSYS)
}
