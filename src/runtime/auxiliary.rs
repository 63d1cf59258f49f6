//! The auxiliary vector: what the kernel tells a program about the machine.

use crate::sys;
use core::cell::UnsafeCell;
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering};

/// The stack pointer at the entry; null in a program that does not use `entry!`.
struct Stack(UnsafeCell<*const usize>);

// SAFETY: written once, before `main`; it is no atomic, so that it vanishes from a program
// that never reads it.
unsafe impl Sync for Stack {}

static STACK: Stack = Stack(UnsafeCell::new(ptr::null()));

/// # Safety
///
/// `stack` must be the stack pointer at the program's entry, and `main` must not run yet.
pub(super) unsafe fn set_stack(stack: *const usize) {
    // SAFETY: nobody else runs yet.
    unsafe { *STACK.0.get() = stack }
}

/// Whether this program started by `entry!`: then it has one thread, and no libc.
#[inline]
pub(crate) fn is_running() -> bool {
    // SAFETY: written before `main`, never after.
    unsafe { !(*STACK.0.get()).is_null() }
}

/// A value of the auxiliary vector by its number (`AT_PAGESZ` is 6), or `None` if the kernel
/// gave none.
///
/// It reads the vector on the stack in a program on the runtime. Beside a libc it asks the
/// kernel by `prctl(PR_GET_AUXV)`, which is there since Linux 6.4; before that it is `None`.
///
/// # References
///
/// - [getauxval(3)](https://man7.org/linux/man-pages/man3/getauxval.3.html)
#[must_use]
pub fn auxiliary(kind: usize) -> Option<usize> {
    // SAFETY: written before `main`, never after.
    let stack = unsafe { *STACK.0.get() };
    if stack.is_null() {
        let mut vector = [0; 2 * 64];
        let length = sys::get_auxv(&mut vector).ok()?.min(size_of_val(&vector));
        let entries = vector[..length / size_of::<usize>()].chunks_exact(2);
        return entries
            .take_while(|entry| entry[0] != 0)
            .find(|entry| entry[0] == kind)
            .map(|entry| entry[1]);
    }
    // SAFETY: argc, argv, 0, envp, 0, and pairs up to a zero stand there for ever.
    unsafe {
        let mut next = stack.add(1 + *stack + 1);
        while *next != 0 {
            next = next.add(1);
        }
        next = next.add(1);
        while *next != 0 {
            if *next == kind {
                return Some(*next.add(1));
            }
            next = next.add(2);
        }
    }
    None
}

/// The size of a page in bytes: 4, 16 or 64 KiB, as this kernel says.
#[must_use]
pub fn page_size() -> usize {
    static SIZE: AtomicUsize = AtomicUsize::new(0);
    match SIZE.load(Ordering::Relaxed) {
        0 => {
            let size = auxiliary(linux_raw_sys::auxvec::AT_PAGESZ as usize).unwrap_or_else(probe_page_size);
            SIZE.store(size, Ordering::Relaxed);
            size
        }
        size => size,
    }
}

/// Asks the kernel which addresses it takes for the start of a page: advice for no bytes at
/// all fails only if the address is not one.
fn probe_page_size() -> usize {
    let is_page = |size: usize| {
        // SAFETY: it concerns no byte.
        unsafe { sys::madvise(ptr::without_provenance_mut(size), 0, sys::Advice::NORMAL) }.is_ok()
    };
    [1 << 12, 1 << 14].into_iter().find(|&size| is_page(size)).unwrap_or(1 << 16)
}
