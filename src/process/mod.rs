//! Processes: making them and waiting for them.
//!
//! ```
//! use sinew::process::{Fork, fork, wait4};
//! use sinew::sys::{self, WaitOptions};
//!
//! // SAFETY: the child makes one system call and is gone.
//! match unsafe { fork() }? {
//!     Fork::Child => sys::exit_group(3),
//!     Fork::Parent(child) => {
//!         let end = wait4(child, WaitOptions::empty())?.expect("it waited");
//!         assert_eq!(end.status.code(), Some(3));
//!     }
//! }
//! # Ok::<(), sinew::Errno>(())
//! ```

mod fork;
mod status;
mod wait;

pub use fork::{Fork, fork};
pub use status::ExitStatus;
pub use wait::{End, wait, wait3, wait4};
