//! Mapped memory.

use super::Outcome;
use super::tools::{bytes, memory, no_core, page, shared_words, status_after};
use crate::calls::{self, AsFd, Errno};
use core::sync::atomic::Ordering;

/// S-218: memory without a file is zero, all of it.
fn new_memory_is_zero() -> Outcome {
    let length = 3 * page();
    let bytes = bytes(length)?;
    check!(bytes.iter().all(|byte| *byte == 0));
    bytes.fill(1);
    check!(bytes.iter().all(|byte| *byte == 1));
    // SAFETY: the slice is not used after this.
    check_eq!(unsafe { calls::munmap(bytes.as_mut_ptr(), length) }, Ok(()));
    Ok(())
}

/// S-217, S-218, S-213: no mapping is empty, and none starts in the middle of a page.
fn a_mapping_has_a_length_and_a_page() -> Outcome {
    let file = calls::memfd_create(c"case")?;
    calls::ftruncate(&file, 2 * page() as u64)?;
    let map = |length, offset| {
        // SAFETY: it replaces nothing.
        unsafe { calls::mmap(length, calls::PROT_READ, calls::MAP_SHARED, Some(file.as_fd()), offset) }.err()
    };
    check_eq!(map(0, 0), Some(Errno::INVAL));
    check_eq!(map(1, 1), Some(Errno::INVAL));
    check_eq!(map(1, page() as u64 - 1), Some(Errno::INVAL));
    check_eq!(map(1, page() as u64), None);
    Ok(())
}

/// S-020, S-210: private memory is copied for a child, shared memory is not.
fn shared_memory_is_shared() -> Outcome {
    let private = memory(page())?;
    let shared = shared_words()?;
    let status = status_after(|| {
        // SAFETY: it is ours.
        unsafe { private.write_volatile(7) };
        shared[0].store(7, Ordering::SeqCst);
        Ok(())
    })?;
    check_eq!(status, 0);
    // SAFETY: it is ours.
    check_eq!(unsafe { private.read_volatile() }, 0);
    check_eq!(shared[0].load(Ordering::SeqCst), 7);
    Ok(())
}

/// S-210, S-231: what is written to a shared mapping is in the file, what is written to a
/// private one is not.
fn a_shared_mapping_is_the_file() -> Outcome {
    let file = calls::memfd_create(c"case")?;
    calls::ftruncate(&file, page() as u64)?;
    let map = |flags| {
        // SAFETY: it replaces nothing.
        unsafe { calls::mmap(page(), calls::PROT_READ | calls::PROT_WRITE, flags, Some(file.as_fd()), 0) }
    };
    let [shared, private] = [map(calls::MAP_SHARED)?, map(calls::MAP_PRIVATE)?];
    // SAFETY: both are ours, and nobody cuts the file.
    unsafe {
        shared.add(10).write_volatile(b'a');
        check_eq!(private.add(10).read_volatile(), b'a');
        private.add(10).write_volatile(b'b');
    }
    calls::lseek(&file, 10, calls::SEEK_SET)?;
    let mut byte = [0];
    check_eq!(calls::read(&file, &mut byte), Ok(1));
    check_eq!(&byte, b"a");
    calls::write(&file, b"c")?;
    // SAFETY: as above.
    check_eq!(unsafe { shared.add(11).read_volatile() }, b'c');
    Ok(())
}

/// S-211: a write where only reading is allowed is SIGSEGV, and so is a touch of what is
/// unmapped.
fn a_forbidden_touch_is_a_fault() -> Outcome {
    let memory = memory(page())?;
    // SAFETY: nobody uses it otherwise.
    unsafe { calls::mprotect(memory, page(), calls::PROT_READ)? };
    let write = status_after(|| {
        no_core()?;
        // SAFETY: the fault is what the case is about.
        unsafe { memory.write_volatile(1) };
        Ok(())
    })?;
    check_eq!(write, calls::SIGSEGV);
    let unmapped = status_after(|| {
        no_core()?;
        // SAFETY: as above.
        unsafe {
            calls::munmap(memory, page())?;
            memory.read_volatile();
        }
        Ok(())
    })?;
    check_eq!(unmapped, calls::SIGSEGV);
    // SAFETY: it may still be read here.
    check_eq!(unsafe { memory.read_volatile() }, 0);
    Ok(())
}

/// P-096: a touch behind the end of the file is SIGBUS.
fn a_touch_behind_the_end_is_a_bus_error() -> Outcome {
    let status = status_after(|| {
        no_core()?;
        let file = calls::memfd_create(c"case")?;
        calls::ftruncate(&file, page() as u64)?;
        // SAFETY: it replaces nothing; the fault is what the case is about.
        unsafe {
            let map = calls::mmap(2 * page(), calls::PROT_READ, calls::MAP_SHARED, Some(file.as_fd()), 0)?;
            check_eq!(map.add(page() - 1).read_volatile(), 0);
            map.add(page()).read_volatile();
        }
        Ok(())
    })?;
    check_eq!(status, calls::SIGBUS);
    Ok(())
}

cases! {
    new_memory_is_zero,
    a_mapping_has_a_length_and_a_page,
    shared_memory_is_shared,
    a_shared_mapping_is_the_file,
    a_forbidden_touch_is_a_fault,
    a_touch_behind_the_end_is_a_bus_error,
}
