//! Memory that the kernel maps: private, shared with other processes, or a file's.
//!
//! [`Map`] is one mapping; [`memfd`] makes a file without a name for several processes to
//! map. [`page_size`] says what offsets must be multiples of.

mod map;
mod mirror;

pub use crate::runtime::page_size;
pub use map::{Access, Map, MapOptions, Sharing, memfd};
pub(crate) use mirror::Mirror;
