//! Mappings.

use crate::{memfd, pipe};
use sinew::Errno;
use sinew::fd::{AsFd, CWD};
use sinew::sys::*;
use std::ffi::c_void;
use std::ptr;

const READ_WRITE: Protection = Protection::READ.union(Protection::WRITE);
const ANONYMOUS: MapFlags = MapFlags::PRIVATE.union(MapFlags::ANONYMOUS);

/// The kernel says it in the auxiliary vector; the C library passes it on.
fn page() -> usize {
    // SAFETY: it takes a number.
    unsafe { libc::sysconf(libc::_SC_PAGESIZE) as usize }
}

fn anonymous(pages: usize) -> *mut u8 {
    // SAFETY: the kernel chooses a place where nothing is.
    unsafe { mmap(ptr::null_mut(), pages * page(), READ_WRITE, ANONYMOUS, None, 0).unwrap().cast() }
}

fn unmap(memory: *mut u8, pages: usize) {
    // SAFETY: the tests use it no more.
    assert_eq!(unsafe { munmap(memory.cast(), pages * page()) }, Ok(()));
}

/// Whether the kernel can read a byte there.
fn readable(memory: *const u8) -> bool {
    let (_reader, writer) = pipe();
    // SAFETY: the kernel looks whether the memory is there.
    unsafe { write_raw(writer.as_fd(), memory, 1) == Ok(1) }
}

#[test]
fn fresh_memory_is_zero_and_can_be_written() {
    let memory = anonymous(2);
    // SAFETY: the mapping is ours, and two pages long.
    unsafe {
        assert_eq!(memory.add(page()).read(), 0);
        memory.add(page()).write(7);
        assert_eq!(memory.add(page()).read(), 7);
    }
    unmap(memory, 2);
    assert!(!readable(memory));
}

#[test]
fn a_shared_mapping_is_the_file() {
    let file = memfd(&vec![b'x'; page()]);
    // SAFETY: the file is the test's, and one page long.
    unsafe {
        let flags = MapFlags::SHARED;
        let memory = mmap(ptr::null_mut(), page(), READ_WRITE, flags, Some(file.as_fd()), 0).unwrap();
        let bytes = memory.cast::<u8>();
        assert_eq!(bytes.read(), b'x');
        assert_eq!(pwrite64(file.as_fd(), b"y", 0), Ok(1));
        assert_eq!(bytes.read(), b'y');
        bytes.write(b'z');
        assert_eq!(msync(memory, page(), MsyncFlags::SYNC), Ok(()));
        let mut byte = [0];
        assert_eq!(pread64(file.as_fd(), &mut byte, 0), Ok(1));
        assert_eq!(&byte, b"z");
        unmap(bytes, 1);
    }
}

#[test]
fn a_mapping_without_sense_is_refused() {
    let map = |length, flags, fd, offset| {
        // SAFETY: the kernel maps nothing over anything.
        unsafe { mmap(ptr::null_mut(), length, READ_WRITE, flags, fd, offset) }
    };
    assert_eq!(map(0, ANONYMOUS, None, 0), Err(Errno::INVAL));
    assert_eq!(map(page(), MapFlags::ANONYMOUS, None, 0), Err(Errno::INVAL));
    assert_eq!(map(page(), MapFlags::PRIVATE, None, 0), Err(Errno::BADF));
    assert_eq!(map(usize::MAX / 2, ANONYMOUS, None, 0), Err(Errno::NOMEM));
    let file = memfd(b"x");
    assert_eq!(map(page(), MapFlags::SHARED, Some(file.as_fd()), 1), Err(Errno::INVAL));
    let (reader, _writer) = pipe();
    assert!(map(page(), MapFlags::PRIVATE, Some(reader.as_fd()), 0).is_err());
    assert_eq!(map(page(), MapFlags::PRIVATE, Some(CWD), 0), Err(Errno::BADF));
    // SAFETY: nothing is unmapped.
    assert_eq!(unsafe { munmap(ptr::without_provenance_mut(1), page()) }, Err(Errno::INVAL));
}

#[test]
fn memory_that_is_there_is_not_replaced() {
    let memory = anonymous(1);
    // SAFETY: it is ours, and the flag keeps it.
    let again =
        unsafe { mmap(memory.cast(), page(), READ_WRITE, ANONYMOUS | MapFlags::FIXED_NOREPLACE, None, 0) };
    assert_eq!(again, Err(Errno::EXIST));
    unmap(memory, 1);
}

#[test]
fn a_mapping_grows_with_its_bytes() {
    let memory = anonymous(1);
    // SAFETY: the mapping is ours, and after the call it is three pages long.
    let memory = unsafe {
        memory.write(7);
        let (old, new) = (page(), 3 * page());
        assert_eq!(mremap(memory.cast(), old, 0, MremapFlags::empty(), ptr::null_mut()), Err(Errno::INVAL));
        let memory = mremap(memory.cast(), old, new, MremapFlags::MAYMOVE, ptr::null_mut()).unwrap();
        let memory = memory.cast::<u8>();
        assert_eq!(memory.read(), 7);
        memory.add(2 * page()).write(8);
        memory
    };
    unmap(memory, 3);
    // SAFETY: nothing is mapped there any more.
    let gone = unsafe { mremap(memory.cast(), page(), page(), MremapFlags::empty(), ptr::null_mut()) };
    assert_eq!(gone, Err(Errno::FAULT));
}

#[test]
fn protected_memory_cannot_be_read() {
    let memory = anonymous(2);
    assert!(readable(memory));
    // SAFETY: the memory is ours, and only the kernel touches it from here on.
    unsafe {
        assert_eq!(mprotect(memory.cast(), page(), Protection::NONE), Ok(()));
        assert!(!readable(memory));
        assert!(readable(memory.add(page())));
        assert_eq!(mprotect(memory.cast(), page(), READ_WRITE), Ok(()));
        assert!(readable(memory));
        assert_eq!(mprotect(memory.cast::<c_void>().byte_add(1), 1, READ_WRITE), Err(Errno::INVAL));
    }
    unmap(memory, 2);
    // SAFETY: nothing is mapped there any more.
    assert_eq!(unsafe { mprotect(memory.cast(), page(), READ_WRITE) }, Err(Errno::NOMEM));
}

#[test]
fn memory_that_is_given_back_is_zero() {
    let memory = anonymous(1);
    // SAFETY: the memory is ours.
    unsafe {
        memory.write(7);
        assert_eq!(madvise(memory.cast(), page(), Advice::DONTNEED), Ok(()));
        assert_eq!(memory.read(), 0);
        assert_eq!(madvise(memory.cast(), page(), Advice::from_raw(9999)), Err(Errno::INVAL));
        assert_eq!(msync(memory.cast(), page(), MsyncFlags::SYNC | MsyncFlags::ASYNC), Err(Errno::INVAL));
    }
    unmap(memory, 1);
    // SAFETY: nothing is mapped there any more.
    assert_eq!(unsafe { msync(memory.cast(), page(), MsyncFlags::SYNC) }, Err(Errno::NOMEM));
}

#[test]
fn touched_pages_are_in_memory() {
    let memory = anonymous(3);
    let mut pages = [0; 3];
    // SAFETY: the memory is ours and three pages long.
    unsafe {
        memory.add(page()).write(1);
        assert_eq!(mincore(memory.cast(), 3 * page(), &mut pages), Ok(()));
        assert_eq!(pages.map(|page| page & 1), [0, 1, 0]);
        assert_eq!(mincore(memory.cast::<c_void>().byte_add(1), 1, &mut pages), Err(Errno::INVAL));
    }
    unmap(memory, 3);
    // SAFETY: the kernel looks at nothing.
    assert_eq!(unsafe { mincore(memory.cast(), page(), &mut pages) }, Err(Errno::NOMEM));
}
