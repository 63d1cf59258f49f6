//! The kernel's interface: one function for one system call.
//!
//! Each is typed and documented; none loops, retries or decides anything. `EINTR` reaches
//! the caller. The nouns above ([`crate::process`], [`crate::ipc`], …) carry the policy.
//!
//! ```
//! assert_eq!(sinew::sys::getpid(), std::process::id() as i32);
//! ```

mod io;
#[doc(hidden)]
pub mod nr;
mod temp;

pub use io::*;
pub use temp::*;

/// The number of a process; in other places, of a thread or a process group.
pub type Pid = i32;

use crate::arch::syscall0_readonly;

/// `getpid(2)`: the number of this process.
#[inline]
pub fn getpid() -> Pid {
    // SAFETY: it takes nothing and cannot fail.
    unsafe { syscall0_readonly(nr::GETPID) }.addr() as Pid
}
