//! The clock that the kernel maps into every process: reading it costs no system call.

use super::auxiliary::auxiliary;
use crate::arch::VDSO_CLOCK_GETTIME;
use crate::errno::Errno;
use crate::sys::{self, Clock, Timespec};
use core::ffi::{CStr, c_int, c_void};
use core::mem::{self, MaybeUninit};
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};
use linux_raw_sys::auxvec::AT_SYSINFO_EHDR;
use linux_raw_sys::elf::{DT_GNU_HASH, DT_HASH, DT_NULL, DT_STRTAB, DT_SYMTAB};
use linux_raw_sys::elf::{Elf_Dyn, Elf_Ehdr, Elf_Phdr, Elf_Sym, PT_DYNAMIC, PT_LOAD};

type ClockGettime = unsafe extern "C" fn(c_int, *mut Timespec) -> c_int;

/// `clock_gettime(2)` by the vDSO where there is one, else by the system call.
///
/// A clock costs about 20 ns so, a fifth of a system call.
///
/// # Errors
///
/// - [`Errno::INVAL`]: the kernel does not know this clock.
///
/// # References
///
/// - [vdso(7)](https://man7.org/linux/man-pages/man7/vdso.7.html)
#[inline]
pub fn clock_gettime(clock: Clock) -> Result<Timespec, Errno> {
    /// Null: not looked for yet. `MISSING`: looked for and not found.
    static FUNCTION: AtomicPtr<c_void> = AtomicPtr::new(ptr::null_mut());
    const MISSING: *mut c_void = ptr::without_provenance_mut(1);

    let mut function = FUNCTION.load(Ordering::Relaxed);
    if function.is_null() {
        function = find().unwrap_or(MISSING);
        FUNCTION.store(function, Ordering::Relaxed);
    }
    if function != MISSING {
        // SAFETY: the kernel put a function of this type at this symbol.
        let function: ClockGettime = unsafe { mem::transmute(function) };
        let mut time = MaybeUninit::uninit();
        // SAFETY: it writes the time and returns 0, or writes nothing and returns an error.
        unsafe {
            if function(clock.raw(), time.as_mut_ptr()) == 0 {
                return Ok(time.assume_init());
            }
        }
    }
    sys::clock_gettime(clock)
}

#[cold]
fn find() -> Option<*mut c_void> {
    let header = auxiliary(AT_SYSINFO_EHDR as usize)?;
    // SAFETY: the kernel says that its image stands there.
    unsafe { find_symbol(ptr::with_exposed_provenance(header), VDSO_CLOCK_GETTIME) }
}

/// Finds a function in a mapped ELF image. It goes by program headers and the dynamic
/// section: section headers need not be mapped. Kernels of the last years give one hash
/// table or the other.
///
/// # Safety
///
/// `header` must be the start of a whole, mapped image.
unsafe fn find_symbol(header: *const Elf_Ehdr, name: &[u8]) -> Option<*mut c_void> {
    let at = |offset: usize| header.cast::<u8>().wrapping_add(offset);

    // SAFETY: the kernel made the image; its tables lie within it.
    unsafe {
        let mut dynamic: *const Elf_Dyn = ptr::null();
        let mut bias = 0_usize;
        for index in 0..usize::from((*header).e_phnum) {
            let segment = &*at((*header).e_phoff).cast::<Elf_Phdr>().add(index);
            match segment.p_type {
                PT_LOAD => bias = segment.p_offset.wrapping_sub(segment.p_vaddr),
                PT_DYNAMIC => dynamic = at(segment.p_offset).cast(),
                _ => {}
            }
        }
        if dynamic.is_null() {
            return None;
        }

        // The tables' addresses are those of the file, not yet moved to where it is mapped.
        let [mut hash, mut gnu_hash] = [ptr::null::<u32>(); 2];
        let [mut strings, mut symbols] = [ptr::null::<u8>(); 2];
        while (*dynamic).d_tag != DT_NULL {
            let table = at(bias.wrapping_add((*dynamic).d_un.d_ptr));
            match (*dynamic).d_tag {
                DT_HASH => hash = table.cast(),
                DT_GNU_HASH => gnu_hash = table.cast(),
                DT_STRTAB => strings = table,
                DT_SYMTAB => symbols = table,
                _ => {}
            }
            dynamic = dynamic.add(1);
        }
        if strings.is_null() || symbols.is_null() {
            return None;
        }
        let symbols: *const Elf_Sym = symbols.cast();

        let count = if !hash.is_null() {
            *hash.add(1)
        } else if !gnu_hash.is_null() {
            gnu_symbol_count(gnu_hash)
        } else {
            return None;
        };
        (0..count as usize).find_map(|index| {
            let symbol = &*symbols.add(index);
            let found = CStr::from_ptr(strings.add(symbol.st_name as usize).cast());
            (symbol.st_shndx != 0 && found.to_bytes() == name)
                .then(|| at(bias.wrapping_add(symbol.st_value)).cast_mut().cast())
        })
    }
}

/// The number of symbols behind a GNU hash table: the end of the chain that starts last.
///
/// # Safety
///
/// `table` must be a whole table: buckets, first symbol, words of the filter, shift; then
/// the filter, the buckets and the chains, whose last entries have their lowest bit set.
unsafe fn gnu_symbol_count(table: *const u32) -> u32 {
    // SAFETY: the caller vouches for the table.
    unsafe {
        let [buckets, first, words] = [*table, *table.add(1), *table.add(2)];
        let bucket = table.add(4 + 2 * words as usize);
        let last = (0..buckets as usize).map(|index| *bucket.add(index)).max().unwrap_or(0);
        if last < first {
            return first;
        }
        let chain = bucket.add(buckets as usize);
        let mut symbol = last;
        while *chain.add((symbol - first) as usize) & 1 == 0 {
            symbol += 1;
        }
        symbol + 1
    }
}
