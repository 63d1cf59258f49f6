//! A ring of memory whose end is its beginning.

use crate::errno::Errno;
use crate::fd::{AsFd, BorrowedFd};
use crate::sys::{self, MapFlags, Protection};
use core::ptr::{self, NonNull};

/// A file mapped so that its second part follows itself: `front` bytes once, then `ring`
/// bytes twice. What starts anywhere in the ring is contiguous for `ring` bytes.
///
/// Both lengths are multiples of the page size.
pub(crate) struct Mirror {
    base: NonNull<u8>,
    front: usize,
    ring: usize,
}

// SAFETY: it owns its address range; access to what is in there is its user's matter.
unsafe impl Send for Mirror {}

impl Mirror {
    /// Maps `file`, which has `front + ring` bytes, shared.
    pub(crate) fn new(file: BorrowedFd<'_>, front: usize, ring: usize) -> Result<Self, Errno> {
        let length = ring.checked_mul(2).and_then(|twice| twice.checked_add(front)).ok_or(Errno::NOMEM)?;
        // One reservation for all three parts, so that nobody else gets the space between.
        // SAFETY: a new mapping takes no memory from anyone.
        let base = unsafe {
            let flags = MapFlags::PRIVATE | MapFlags::ANONYMOUS | MapFlags::NORESERVE;
            sys::mmap(ptr::null_mut(), length, Protection::NONE, flags, None, 0)?
        };
        let base = NonNull::new(base.cast()).ok_or(Errno::NOMEM)?;
        // From here on a failure unmaps what is there.
        let mirror = Self { base, front, ring };
        for (at, length, offset) in [(0, front + ring, 0), (front + ring, ring, front)] {
            // SAFETY: within the reservation, which is ours.
            unsafe {
                let at = base.add(at).as_ptr().cast();
                let protection = Protection::READ | Protection::WRITE;
                let flags = MapFlags::SHARED | MapFlags::FIXED;
                sys::mmap(at, length, protection, flags, Some(file.as_fd()), offset as u64)?;
            }
        }
        Ok(mirror)
    }

    /// The start of the part that is there once.
    pub(crate) fn front(&self) -> *mut u8 {
        self.base.as_ptr()
    }

    /// The place of a position in the ring; `ring` bytes follow it.
    pub(crate) fn at(&self, position: u64) -> *mut u8 {
        let offset = position as usize & (self.ring - 1);
        // SAFETY: within the mapping.
        unsafe { self.base.as_ptr().add(self.front + offset) }
    }
}

impl Drop for Mirror {
    fn drop(&mut self) {
        // SAFETY: the range is ours and nothing borrows from it any more.
        let unmapped = unsafe { sys::munmap(self.base.as_ptr().cast(), self.front + 2 * self.ring) };
        debug_assert_eq!(unmapped, Ok(()));
    }
}
