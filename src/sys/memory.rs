//! Calls on memory. All take raw addresses: what a mapping means to Rust is decided above.

use super::macros::{constants, flags};
use super::nr;
use crate::arch::{syscall2, syscall3, syscall5, syscall6};
use crate::errno::{Errno, check, check_pointer};
use crate::fd::{AsRawFd, BorrowedFd};
use core::ffi::c_void;
use linux_raw_sys::general as raw;

flags! {
    /// What may be done with pages: `PROT_*`.
    pub struct Protection: u32 {
        /// `PROT_NONE`: nothing.
        NONE = raw::PROT_NONE;
        /// `PROT_READ`: read.
        READ = raw::PROT_READ;
        /// `PROT_WRITE`: write.
        WRITE = raw::PROT_WRITE;
        /// `PROT_EXEC`: execute.
        EXEC = raw::PROT_EXEC;
        /// `PROT_GROWSDOWN`: change all pages down to the start of a mapping that grows.
        GROWSDOWN = raw::PROT_GROWSDOWN;
        /// `PROT_GROWSUP`: change all pages up to the end of a mapping that grows.
        GROWSUP = raw::PROT_GROWSUP;
    }

    /// Flags of [`mmap`]: one of `SHARED`, `SHARED_VALIDATE` and `PRIVATE`, and others.
    pub struct MapFlags: u32 {
        /// `MAP_SHARED`: others that map the file see the changes, and the file gets them.
        SHARED = raw::MAP_SHARED;
        /// `MAP_PRIVATE`: changes stay with this process (copy on write).
        PRIVATE = raw::MAP_PRIVATE;
        /// `MAP_SHARED_VALIDATE`: as `SHARED`, and an unknown flag is an error.
        SHARED_VALIDATE = raw::MAP_SHARED_VALIDATE;
        /// `MAP_ANONYMOUS`: zeroed memory without a file.
        ANONYMOUS = raw::MAP_ANONYMOUS;
        /// `MAP_FIXED`: exactly there; what was mapped there is gone.
        FIXED = raw::MAP_FIXED;
        /// `MAP_FIXED_NOREPLACE`: exactly there, or [`Errno::EXIST`].
        FIXED_NOREPLACE = raw::MAP_FIXED_NOREPLACE;
        /// `MAP_GROWSDOWN`: a stack that grows to a guard gap.
        GROWSDOWN = raw::MAP_GROWSDOWN;
        /// `MAP_HUGETLB`: of huge pages; their size stands in the bits from 26 on.
        HUGETLB = raw::MAP_HUGETLB;
        /// `MAP_LOCKED`: locked in memory.
        LOCKED = raw::MAP_LOCKED;
        /// `MAP_NONBLOCK`: `POPULATE` does not wait for the device.
        NONBLOCK = raw::MAP_NONBLOCK;
        /// `MAP_NORESERVE`: no swap is set aside.
        NORESERVE = raw::MAP_NORESERVE;
        /// `MAP_POPULATE`: the pages are there at once.
        POPULATE = raw::MAP_POPULATE;
        /// `MAP_STACK`: fit for a stack; Linux ignores it.
        STACK = raw::MAP_STACK;
        /// `MAP_SYNC`: the file's metadata is durable before a page is writable (DAX).
        SYNC = raw::MAP_SYNC;
    }

    /// Flags of [`mremap`].
    pub struct MremapFlags: u32 {
        /// `MREMAP_MAYMOVE`: the kernel may choose another address.
        MAYMOVE = raw::MREMAP_MAYMOVE;
        /// `MREMAP_FIXED`: to exactly the new address; what was mapped there is gone.
        FIXED = raw::MREMAP_FIXED;
        /// `MREMAP_DONTUNMAP`: the old range stays, empty.
        DONTUNMAP = raw::MREMAP_DONTUNMAP;
    }

    /// Flags of [`msync`].
    pub struct MsyncFlags: u32 {
        /// `MS_ASYNC`: start writing; Linux does nothing, it tracks the pages anyway.
        ASYNC = raw::MS_ASYNC;
        /// `MS_SYNC`: write and wait for the end.
        SYNC = raw::MS_SYNC;
        /// `MS_INVALIDATE`: other mappings of the file must see it.
        INVALIDATE = raw::MS_INVALIDATE;
    }
}

constants! {
    /// What [`madvise`] tells the kernel about pages: `MADV_*`.
    pub struct Advice: u32 {
        /// `MADV_NORMAL`: nothing special.
        NORMAL = raw::MADV_NORMAL;
        /// `MADV_RANDOM`: expect reads in random order.
        RANDOM = raw::MADV_RANDOM;
        /// `MADV_SEQUENTIAL`: expect reads in order.
        SEQUENTIAL = raw::MADV_SEQUENTIAL;
        /// `MADV_WILLNEED`: read ahead.
        WILLNEED = raw::MADV_WILLNEED;
        /// `MADV_DONTNEED`: give the pages back; private anonymous ones are zero afterwards.
        DONTNEED = raw::MADV_DONTNEED;
        /// `MADV_FREE`: the kernel may take the pages until they are written again.
        FREE = raw::MADV_FREE;
        /// `MADV_REMOVE`: punch a hole into the file behind the pages.
        REMOVE = raw::MADV_REMOVE;
        /// `MADV_DONTFORK`: a forked child does not get the pages.
        DONTFORK = raw::MADV_DONTFORK;
        /// `MADV_DOFORK`: a forked child gets the pages.
        DOFORK = raw::MADV_DOFORK;
        /// `MADV_HUGEPAGE`: huge pages are welcome.
        HUGEPAGE = raw::MADV_HUGEPAGE;
        /// `MADV_NOHUGEPAGE`: huge pages are not.
        NOHUGEPAGE = raw::MADV_NOHUGEPAGE;
        /// `MADV_DONTDUMP`: leave the pages out of a core dump.
        DONTDUMP = raw::MADV_DONTDUMP;
        /// `MADV_DODUMP`: put the pages into a core dump.
        DODUMP = raw::MADV_DODUMP;
        /// `MADV_WIPEONFORK`: a forked child finds zeros.
        WIPEONFORK = raw::MADV_WIPEONFORK;
        /// `MADV_KEEPONFORK`: undoes `WIPEONFORK`.
        KEEPONFORK = raw::MADV_KEEPONFORK;
        /// `MADV_COLD`: reclaim the pages first when memory is short.
        COLD = raw::MADV_COLD;
        /// `MADV_PAGEOUT`: reclaim the pages now.
        PAGEOUT = raw::MADV_PAGEOUT;
        /// `MADV_POPULATE_READ`: fault the pages in for reading.
        POPULATE_READ = raw::MADV_POPULATE_READ;
        /// `MADV_POPULATE_WRITE`: fault the pages in for writing.
        POPULATE_WRITE = raw::MADV_POPULATE_WRITE;
    }
}

/// `mmap(2)`: maps a file or fresh memory and gives the address.
///
/// `length` is in bytes and rounded up to whole pages; `offset`, in bytes, must lie on a
/// page of the file. Without a `fd` the flags must contain [`MapFlags::ANONYMOUS`].
///
/// # Errors
///
/// - [`Errno::ACCES`]: not a regular file, or it is not open for what is asked.
/// - [`Errno::AGAIN`]: the limit on locked memory.
/// - [`Errno::BADF`]: no descriptor, and not anonymous.
/// - [`Errno::EXIST`]: [`MapFlags::FIXED_NOREPLACE`], and something is mapped there.
/// - [`Errno::INVAL`]: length 0, no page boundary, or not one of `SHARED` and `PRIVATE`.
/// - [`Errno::NFILE`]: no file left in the system.
/// - [`Errno::NODEV`]: the file system cannot map files.
/// - [`Errno::NOMEM`]: no memory, no address space, or too many mappings.
/// - [`Errno::OPNOTSUPP`]: a flag that `SHARED_VALIDATE` does not know.
/// - [`Errno::OVERFLOW`]: offset and length go beyond what the file's type can hold.
/// - [`Errno::PERM`]: a seal or a mount's `noexec` forbids it.
/// - [`Errno::TXTBSY`]: the file is open for writing in a way that forbids mapping.
///
/// # Safety
///
/// With [`MapFlags::FIXED`], nobody may still use what is mapped there. What others do to
/// the file while it is mapped is the caller's to reckon with: the bytes can change, and an
/// access behind the end of the file is `SIGBUS`.
///
/// # References
///
/// - [mmap(2)](https://man7.org/linux/man-pages/man2/mmap.2.html)
#[inline]
pub unsafe fn mmap(
    address: *mut c_void,
    length: usize,
    protection: Protection,
    flags: MapFlags,
    fd: Option<BorrowedFd<'_>>,
    offset: u64,
) -> Result<*mut c_void, Errno> {
    let fd = fd.map_or(-1, |fd| fd.as_raw_fd());
    // SAFETY: the caller vouches for what is replaced.
    check_pointer(unsafe {
        syscall6(
            nr::MMAP,
            address.into(),
            length.into(),
            protection.into(),
            flags.into(),
            fd.into(),
            offset.into(),
        )
    })
}

/// `munmap(2)`: unmaps all pages of a range; a range with no mapping is no error.
///
/// # Errors
///
/// - [`Errno::INVAL`]: the address is not on a page, or the length is 0.
/// - [`Errno::NOMEM`]: splitting a mapping would make too many.
///
/// # Safety
///
/// Nobody may use the memory afterwards.
///
/// # References
///
/// - [munmap(2)](https://man7.org/linux/man-pages/man2/munmap.2.html)
#[inline]
pub unsafe fn munmap(address: *mut c_void, length: usize) -> Result<(), Errno> {
    // SAFETY: the caller gives the memory up.
    check(unsafe { syscall2(nr::MUNMAP, address.into(), length.into()) }).map(drop)
}

/// `mremap(2)`: changes the size of a mapping, or its place, and gives the address.
///
/// # Errors
///
/// - [`Errno::AGAIN`]: the limit on locked memory.
/// - [`Errno::FAULT`]: part of the old range is not mapped.
/// - [`Errno::INVAL`]: no page boundary, a new length of 0, or flags that do not go together.
/// - [`Errno::NOMEM`]: it cannot grow where it is, or there is no memory.
///
/// # Safety
///
/// Nobody may use what is given up, nor what [`MremapFlags::FIXED`] replaces.
///
/// # References
///
/// - [mremap(2)](https://man7.org/linux/man-pages/man2/mremap.2.html)
#[inline]
pub unsafe fn mremap(
    address: *mut c_void,
    old_length: usize,
    new_length: usize,
    flags: MremapFlags,
    new_address: *mut c_void,
) -> Result<*mut c_void, Errno> {
    // SAFETY: the caller vouches for both ranges.
    check_pointer(unsafe {
        syscall5(
            nr::MREMAP,
            address.into(),
            old_length.into(),
            new_length.into(),
            flags.into(),
            new_address.into(),
        )
    })
}

/// `mprotect(2)`: changes what may be done with the pages of a range.
///
/// # Errors
///
/// - [`Errno::ACCES`]: the file is not open for that, or a seal or a policy forbids it.
/// - [`Errno::INVAL`]: the address is not on a page, or an unknown protection.
/// - [`Errno::NOMEM`]: part of the range is not mapped, or it would make too many mappings.
///
/// # Safety
///
/// Nobody may use the memory in a way that is no longer permitted.
#[inline]
pub unsafe fn mprotect(address: *mut c_void, length: usize, protection: Protection) -> Result<(), Errno> {
    // SAFETY: the caller vouches for the range.
    check(unsafe { syscall3(nr::MPROTECT, address.into(), length.into(), protection.into()) }).map(drop)
}

/// `msync(2)`: writes the changes in a shared mapping to the file.
///
/// # Errors
///
/// - [`Errno::BUSY`]: [`MsyncFlags::INVALIDATE`], and pages are locked.
/// - [`Errno::INVAL`]: the address is not on a page, or `ASYNC` and `SYNC` at once.
/// - [`Errno::IO`]: the device failed.
/// - [`Errno::NOMEM`]: part of the range is not mapped.
///
/// # Safety
///
/// The range must be the caller's: [`MsyncFlags::INVALIDATE`] can change what it reads.
#[inline]
pub unsafe fn msync(address: *mut c_void, length: usize, flags: MsyncFlags) -> Result<(), Errno> {
    // SAFETY: the caller vouches for the range.
    check(unsafe { syscall3(nr::MSYNC, address.into(), length.into(), flags.into()) }).map(drop)
}

/// `madvise(2)`: tells the kernel how a range will be used, or to do something with it.
///
/// # Errors
///
/// - [`Errno::AGAIN`]: a resource was short for a moment.
/// - [`Errno::BADF`]: the advice needs a file behind the pages, or needs none.
/// - [`Errno::BUSY`], [`Errno::FAULT`], [`Errno::IO`]: a page could not be treated.
/// - [`Errno::INVAL`]: the address is not on a page, or an advice that the kernel lacks or
///   that does not suit the mapping.
/// - [`Errno::NOMEM`]: part of the range is not mapped.
/// - [`Errno::PERM`]: the caller lacks the privilege.
///
/// # Safety
///
/// Some advice changes what the memory holds: nobody may rely on it then.
#[inline]
pub unsafe fn madvise(address: *mut c_void, length: usize, advice: Advice) -> Result<(), Errno> {
    // SAFETY: the caller vouches for the range.
    check(unsafe { syscall3(nr::MADVISE, address.into(), length.into(), advice.into()) }).map(drop)
}

/// `mincore(2)`: tells for each page of a range, in bit 0 of its byte, whether it is in memory.
///
/// # Errors
///
/// - [`Errno::AGAIN`]: the kernel lacked resources for a moment.
/// - [`Errno::FAULT`]: `pages` is too short, and what follows it is not there.
/// - [`Errno::INVAL`]: the address is not on a page.
/// - [`Errno::NOMEM`]: part of the range is not mapped.
///
/// # Safety
///
/// `pages` must hold one byte for each page of the range, a page begun included: the kernel
/// is not told its length.
#[inline]
pub unsafe fn mincore(address: *mut c_void, length: usize, pages: &mut [u8]) -> Result<(), Errno> {
    // SAFETY: the caller vouches that `pages` is long enough; the range itself is not touched.
    check(unsafe { syscall3(nr::MINCORE, address.into(), length.into(), pages.as_mut_ptr().into()) })
        .map(drop)
}
