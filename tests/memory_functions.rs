//! The memory functions of `arch/<arch>/memory.s` against what `core` expects of them.
//!
//! The assembly is part of this test program and is called by names of the test's own: a libc that
//! is linked statically may keep the well-known ones, which are weak here, and the compiler, which
//! knows what memcpy does, might work a call out by itself. Where the linker does bind the
//! well-known names to the assembly, `std` and the test harness run on it as well. So the expected
//! results must not come from what itself copies or compares by these functions (`copy_within`,
//! `==` on slices): they are worked out byte by byte.

use std::ffi::c_int;
use std::hint::black_box;
use std::ptr::{self, NonNull};

use proptest::prelude::*;

#[cfg(target_arch = "x86_64")]
macro_rules! memory_s {
    () => {
        include_str!("../arch/x86_64/memory.s")
    };
}
#[cfg(target_arch = "aarch64")]
macro_rules! memory_s {
    () => {
        include_str!("../arch/aarch64/memory.s")
    };
}

// The same sections are opened before and after, to learn where the functions lie, and each function
// gets a second name.
core::arch::global_asm!(
    ".section .text.memmove,\"ax\",%progbits",
    "memory_test_memmove_section:",
    ".section .text.memset,\"ax\",%progbits",
    "memory_test_memset_section:",
    ".section .text.memcmp,\"ax\",%progbits",
    "memory_test_memcmp_section:",
    ".section .text.strlen,\"ax\",%progbits",
    "memory_test_strlen_section:",
    memory_s!(),
    ".section .text.memmove,\"ax\",%progbits",
    "memory_test_memmove_section_end:",
    ".section .text.memset,\"ax\",%progbits",
    "memory_test_memset_section_end:",
    ".section .text.memcmp,\"ax\",%progbits",
    "memory_test_memcmp_section_end:",
    ".section .text.strlen,\"ax\",%progbits",
    "memory_test_strlen_section_end:",
    ".set memory_test_memcpy, memcpy",
    ".set memory_test_memmove, memmove",
    ".set memory_test_memset, memset",
    ".set memory_test_memcmp, memcmp",
    ".set memory_test_bcmp, bcmp",
    ".set memory_test_strlen, strlen",
    ".globl memory_test_memcpy",
    ".hidden memory_test_memcpy",
    ".globl memory_test_memmove",
    ".hidden memory_test_memmove",
    ".globl memory_test_memset",
    ".hidden memory_test_memset",
    ".globl memory_test_memcmp",
    ".hidden memory_test_memcmp",
    ".globl memory_test_bcmp",
    ".hidden memory_test_bcmp",
    ".globl memory_test_strlen",
    ".hidden memory_test_strlen",
    ".globl memory_test_memmove_section",
    ".hidden memory_test_memmove_section",
    ".globl memory_test_memmove_section_end",
    ".hidden memory_test_memmove_section_end",
    ".globl memory_test_memset_section",
    ".hidden memory_test_memset_section",
    ".globl memory_test_memset_section_end",
    ".hidden memory_test_memset_section_end",
    ".globl memory_test_memcmp_section",
    ".hidden memory_test_memcmp_section",
    ".globl memory_test_memcmp_section_end",
    ".hidden memory_test_memcmp_section_end",
    ".globl memory_test_strlen_section",
    ".hidden memory_test_strlen_section",
    ".globl memory_test_strlen_section_end",
    ".hidden memory_test_strlen_section_end",
    ".text",
    options(raw)
);

unsafe extern "C" {
    #[link_name = "memory_test_memcpy"]
    fn memcpy(to: *mut u8, from: *const u8, n: usize) -> *mut u8;
    #[link_name = "memory_test_memmove"]
    fn memmove(to: *mut u8, from: *const u8, n: usize) -> *mut u8;
    #[link_name = "memory_test_memset"]
    fn memset(to: *mut u8, byte: c_int, n: usize) -> *mut u8;
    #[link_name = "memory_test_memcmp"]
    fn memcmp(a: *const u8, b: *const u8, n: usize) -> c_int;
    #[link_name = "memory_test_bcmp"]
    fn bcmp(a: *const u8, b: *const u8, n: usize) -> c_int;
    #[link_name = "memory_test_strlen"]
    fn strlen(s: *const u8) -> usize;

    safe static memory_test_memmove_section: u8;
    safe static memory_test_memmove_section_end: u8;
    safe static memory_test_memset_section: u8;
    safe static memory_test_memset_section_end: u8;
    safe static memory_test_memcmp_section: u8;
    safe static memory_test_memcmp_section_end: u8;
    safe static memory_test_strlen_section: u8;
    safe static memory_test_strlen_section_end: u8;
}

type Copy = unsafe extern "C" fn(*mut u8, *const u8, usize) -> *mut u8;

/// Lengths for the tests in which each costs much: all short ones, and those around every point
/// at which an implementation changes its ways or a page ends.
fn lengths() -> impl Iterator<Item = usize> {
    let around = [512, 1024, 1536, 2048, 2112, 2176, 3072, 4096, 4160, 8192];
    (0..=300).chain(around.into_iter().flat_map(|n| n - 3..=n + 3)).chain([
        2048 + 63,
        2048 + 65,
        16384,
        65536,
        65536 + 63,
        (1 << 20) + 77,
    ])
}

/// A byte that tells its place, and is never 0 nor `CANARY`.
fn mark(place: usize) -> u8 {
    (place % 251) as u8 + 1
}

const CANARY: u8 = 0xfd;

fn marks(len: usize) -> Vec<u8> {
    (0..len).map(mark).collect()
}

/// Memory between two pages that cannot be touched.
struct Guarded {
    map: NonNull<u8>,
    page: usize,
    len: usize,
}

impl Guarded {
    fn new(len: usize) -> Self {
        // SAFETY: it only asks for a number.
        let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize;
        let len = len.next_multiple_of(page);
        // SAFETY: a new mapping, at an address of the kernel's choice, touches nothing else.
        let map = unsafe {
            libc::mmap(
                ptr::null_mut(),
                len + 2 * page,
                libc::PROT_NONE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        assert_ne!(map, libc::MAP_FAILED);
        // SAFETY: the range lies inside the mapping just made.
        let done = unsafe { libc::mprotect(map.byte_add(page), len, libc::PROT_READ | libc::PROT_WRITE) };
        assert_eq!(done, 0);
        let map = NonNull::new(map.cast()).expect("a mapping is not at 0");
        Self { map, page, len }
    }

    /// The memory between the guards.
    fn bytes(&mut self) -> &mut [u8] {
        // SAFETY: `len` bytes from the second page on are mapped, readable, writable and zeroed at
        // first; they are borrowed from `self`, which alone owns them.
        unsafe { std::slice::from_raw_parts_mut(self.map.as_ptr().add(self.page), self.len) }
    }

    /// Where `n` bytes lie flush against the guard before them, and against the one after them.
    fn flush(&self, n: usize) -> [usize; 2] {
        [0, self.len - n]
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // SAFETY: the mapping was made with this length, and nothing borrows from it any more.
        unsafe { libc::munmap(self.map.as_ptr().cast(), self.len + 2 * self.page) };
    }
}

/// Copies between two separate buffers, then checks the result, the surroundings and the source.
/// `to` must hold canaries only, and does so again afterwards.
#[track_caller]
fn check_copy(copy: Copy, to: &mut [u8], at: usize, from: &[u8], from_at: usize, n: usize) {
    assert!(at + n <= to.len() && from_at + n <= from.len());
    // SAFETY: the line above keeps both ranges inside their buffers, which are distinct.
    let returned = unsafe {
        let start = to.as_mut_ptr().add(at);
        copy(start, from.as_ptr().add(from_at), n).offset_from(start)
    };
    assert_eq!(returned, 0, "return value, n = {n}");
    let window = at.saturating_sub(80)..(at + n + 80).min(to.len());
    for i in window {
        let expected = if i >= at && i < at + n { mark(from_at + i - at) } else { CANARY };
        if to[i] != expected {
            panic!("byte {i} is {}, not {expected}: {n} bytes from {from_at} to {at}", to[i]);
        }
        to[i] = CANARY;
    }
}

/// Moves inside a buffer of marks, checks all of it, and restores the marks.
#[track_caller]
fn check_move(bytes: &mut [u8], at: usize, from_at: usize, n: usize) {
    assert!(at + n <= bytes.len() && from_at + n <= bytes.len());
    // SAFETY: the line above keeps both ranges inside the buffer; memmove lets them overlap.
    let returned = unsafe {
        let base = bytes.as_mut_ptr();
        memmove(base.add(at), base.add(from_at), n).offset_from(base)
    };
    assert_eq!(returned, at as isize, "return value, n = {n}");
    for (i, byte) in bytes.iter_mut().enumerate() {
        let expected = mark(if i >= at && i < at + n { from_at + i - at } else { i });
        if *byte != expected {
            panic!("byte {i} is {byte}, not {expected}: {n} bytes from {from_at} to {at}");
        }
        *byte = mark(i);
    }
}

/// Sets, checks the result and the surroundings, and restores the canaries.
#[track_caller]
fn check_set(to: &mut [u8], at: usize, value: c_int, n: usize) {
    assert!(at + n <= to.len());
    // SAFETY: the line above keeps the range inside the buffer.
    let returned = unsafe {
        let start = to.as_mut_ptr().add(at);
        memset(start, value, n).offset_from(start)
    };
    assert_eq!(returned, 0, "return value, n = {n}");
    let window = at.saturating_sub(80)..(at + n + 80).min(to.len());
    for i in window {
        let expected = if i >= at && i < at + n { value as u8 } else { CANARY };
        if to[i] != expected {
            panic!("byte {i} is {}, not {expected}: {n} bytes at {at}", to[i]);
        }
        to[i] = CANARY;
    }
}

/// Compares with both functions and in both orders. `sign` is what memcmp(a, b) must have.
#[track_caller]
fn check_compare(a: &[u8], b: &[u8], sign: i32, about: impl Fn() -> String) {
    assert_eq!(a.len(), b.len());
    // SAFETY: both slices have that many bytes.
    let (forth, back, same) = unsafe {
        (
            memcmp(a.as_ptr(), b.as_ptr(), a.len()),
            memcmp(b.as_ptr(), a.as_ptr(), a.len()),
            bcmp(a.as_ptr(), b.as_ptr(), a.len()),
        )
    };
    if (forth.signum(), back.signum(), same != 0) != (sign, -sign, sign != 0) {
        panic!("memcmp {forth}, back {back}, bcmp {same}, wanted sign {sign}: {}", about());
    }
}

#[test]
fn every_function_under_test_lies_in_the_assembly_of_this_crate() {
    let places = [
        (
            memcpy as *const u8,
            &raw const memory_test_memmove_section,
            &raw const memory_test_memmove_section_end,
        ),
        (
            memmove as *const u8,
            &raw const memory_test_memmove_section,
            &raw const memory_test_memmove_section_end,
        ),
        (
            memset as *const u8,
            &raw const memory_test_memset_section,
            &raw const memory_test_memset_section_end,
        ),
        (
            memcmp as *const u8,
            &raw const memory_test_memcmp_section,
            &raw const memory_test_memcmp_section_end,
        ),
        (bcmp as *const u8, &raw const memory_test_memcmp_section, &raw const memory_test_memcmp_section_end),
        (
            strlen as *const u8,
            &raw const memory_test_strlen_section,
            &raw const memory_test_strlen_section_end,
        ),
    ];
    for (i, (function, start, end)) in black_box(places).into_iter().enumerate() {
        assert!((start..end).contains(&function), "{i}: {function:?} is not in {start:?}..{end:?}");
    }
}

#[test]
fn memcpy_and_memmove_copy_every_short_length_at_every_alignment_and_nothing_beside_it() {
    let from = marks(512);
    let mut to = vec![CANARY; 640];
    let (from_start, to_start) = (from.as_ptr().align_offset(64), to.as_ptr().align_offset(64));
    for copy in [memcpy as Copy, memmove] {
        for n in 0..=300 {
            for to_at in 0..64 {
                // All 16 alignments of the source within a vector, spread over a line.
                for from_at in (to_at % 4..64).step_by(4) {
                    check_copy(copy, &mut to, to_start + to_at, &from, from_start + from_at, n);
                }
            }
        }
    }
}

#[test]
fn memcpy_and_memmove_stay_between_guard_pages() {
    let mut from = Guarded::new(2 << 20);
    let mut to = Guarded::new(2 << 20);
    to.bytes().fill(CANARY);
    for (place, byte) in from.bytes().iter_mut().enumerate() {
        *byte = mark(place);
    }
    for copy in [memcpy as Copy, memmove] {
        for n in lengths() {
            for from_at in from.flush(n) {
                for to_at in to.flush(n) {
                    check_copy(copy, to.bytes(), to_at, from.bytes(), from_at, n);
                }
            }
        }
    }
}

#[test]
fn memcpy_copies_long_ranges_at_every_offset_of_the_destination_to_the_source() {
    let from = marks(3 * 4096 + 256);
    let mut to = vec![CANARY; 3 * 4096 + 256];
    let (from_start, to_start) = (from.as_ptr().align_offset(4096), to.as_ptr().align_offset(4096));
    // Offsets that alias within a page, just above and below, with the destination aligned or not.
    for n in [2047, 2048, 2049, 2200, 4096, 4133] {
        for offset in (0..=130).chain([1000, 2048]).chain(4096 - 130..=4096) {
            for to_at in [0, 1, 63] {
                check_copy(memcpy, &mut to, to_start + to_at, &from, from_start + offset, n);
            }
        }
    }
}

#[test]
fn memmove_copies_overlapping_ranges_as_if_through_a_buffer() {
    let mut bytes = vec![0; 64 + 2 * 300 + 64];
    let start = bytes.as_ptr().align_offset(64);
    for n in 0..=300_usize {
        // Every short distance, then every seventh up to where the ranges part.
        let distances = (0..=20).chain((21..n + 9).step_by(7)).chain([31, 32, 33, 63, 64, 65, 128]);
        for distance in distances {
            let span = distance + n;
            if span > 2 * 300 {
                continue;
            }
            for lead in [0, 1, 15, 31, 48] {
                // Only as much as is in play, with a margin, so that the check stays cheap.
                let window = &mut bytes[start..(start + lead + span + 16).min(start + 664)];
                for (place, byte) in window.iter_mut().enumerate() {
                    *byte = mark(place);
                }
                check_move(window, lead, lead + distance, n);
                check_move(window, lead + distance, lead, n);
            }
        }
    }
}

#[test]
fn memmove_copies_long_overlapping_ranges_between_guard_pages() {
    let mut memory = Guarded::new(3 << 19);
    for n in [511, 512, 2047, 2048, 2049, 2113, 4095, 4096, 4100, 65536 + 33, (1 << 20) + 77] {
        for distance in [0, 1, 2, 15, 16, 17, 31, 63, 64, 65, 127, 128, 129, 500, 4095, 4096, 4097] {
            if n > 8192 && ![1, 63, 64, 4097].contains(&distance) {
                continue;
            }
            let span = n + distance;
            for at in memory.flush(span) {
                let window = &mut memory.bytes()[at..at + span];
                for (place, byte) in window.iter_mut().enumerate() {
                    *byte = mark(place);
                }
                check_move(window, 0, distance, n);
                check_move(window, distance, 0, n);
            }
        }
    }
}

#[test]
fn memset_sets_every_short_length_at_every_alignment_and_nothing_beside_it() {
    let mut to = vec![CANARY; 640];
    let start = to.as_ptr().align_offset(64);
    for n in 0..=300 {
        for at in 0..64 {
            check_set(&mut to, start + at, 0, n);
            check_set(&mut to, start + at, 0x80 | n as c_int, n);
        }
    }
}

#[test]
fn memset_stays_between_guard_pages() {
    let mut to = Guarded::new(2 << 20);
    to.bytes().fill(CANARY);
    for n in lengths() {
        for at in to.flush(n) {
            check_set(to.bytes(), at, 0x5a, n);
        }
    }
}

#[test]
fn memset_takes_the_low_eight_bits_of_its_value() {
    let mut to = [CANARY; 500];
    for n in [1, 3, 4, 9, 16, 40, 64, 65, 130, 300] {
        for value in [0x100, 0x1ff, -1, c_int::MIN, 0x1234_5678] {
            check_set(&mut to, 100, value, n);
        }
    }
}

#[test]
fn memcmp_and_bcmp_see_the_first_difference_at_each_position_as_unsigned_bytes() {
    let start = |v: &Vec<u8>| v.as_ptr().align_offset(64);
    let (mut a, mut b) = (vec![0x55; 512], vec![0x55; 512]);
    let (a_start, b_start) = (start(&a), start(&b));
    for n in 0..=300 {
        for (a_at, b_at) in [(0, 0), (0, 1), (3, 0), (15, 9), (33, 62)] {
            let (a_at, b_at) = (a_start + a_at, b_start + b_at);
            // What follows and precedes must not matter.
            (a[a_at + n], b[b_at + n]) = (1, 2);
            if a_at > 0 && b_at > 0 {
                (a[a_at - 1], b[b_at - 1]) = (2, 1);
            }
            check_compare(&a[a_at..a_at + n], &b[b_at..b_at + n], 0, || format!("equal, {n}"));
            for position in 0..n {
                // The last byte differs too, the other way round: the first one decides.
                (a[a_at + n - 1], b[b_at + n - 1]) = (0, 0xff);
                for (x, y) in [(0x80, 0x7f), (0xff, 0), (1, 0)] {
                    (a[a_at + position], b[b_at + position]) = (x, y);
                    check_compare(&a[a_at..a_at + n], &b[b_at..b_at + n], 1, || {
                        format!("{x} and {y} at {position} of {n}, from {a_at} and {b_at}")
                    });
                }
                for i in [position, n - 1] {
                    (a[a_at + i], b[b_at + i]) = (0x55, 0x55);
                }
            }
            (a[a_at + n], b[b_at + n]) = (0x55, 0x55);
            if a_at > 0 && b_at > 0 {
                (a[a_at - 1], b[b_at - 1]) = (0x55, 0x55);
            }
        }
    }
}

#[test]
fn memcmp_and_bcmp_stay_between_guard_pages() {
    let (mut a, mut b) = (Guarded::new(2 << 20), Guarded::new(2 << 20));
    for n in lengths() {
        for a_at in a.flush(n) {
            for b_at in b.flush(n) {
                let (a, b) = (&mut a.bytes()[a_at..a_at + n], &mut b.bytes()[b_at..b_at + n]);
                check_compare(a, b, 0, || format!("equal, {n}"));
                for position in [0, n / 2, n.wrapping_sub(1)] {
                    if position < n {
                        b[position] = 0xff;
                        check_compare(a, b, -1, || format!("at {position} of {n}"));
                        b[position] = 0;
                    }
                }
            }
        }
    }
}

#[test]
fn strlen_finds_the_first_zero_at_every_length_and_alignment() {
    let mut bytes = vec![0; 512];
    let start = bytes.as_ptr().align_offset(64);
    for at in start..start + 64 {
        for n in 0..=300 {
            for (filler, behind) in [(1, 1), (0x80, 0), (0xff, 0x80)] {
                // Zeros before the string, and perhaps behind its own.
                for (i, byte) in bytes[at..at + n + 40].iter_mut().enumerate() {
                    *byte = if i < n { filler } else { behind };
                }
                bytes[at + n] = 0;
                // SAFETY: there is a 0 at `at + n`.
                let found = unsafe { strlen(bytes.as_ptr().add(at)) };
                assert_eq!(found, n, "from {at}, filled with {filler}");
            }
            for byte in &mut bytes[at..at + n + 40] {
                *byte = 0;
            }
        }
    }
}

#[test]
fn strlen_stays_between_guard_pages() {
    let mut memory = Guarded::new(2 << 20);
    memory.bytes().fill(7);
    for n in lengths() {
        for at in memory.flush(n + 1) {
            let bytes = memory.bytes();
            bytes[at + n] = 0;
            // SAFETY: there is a 0 at `at + n`.
            let found = unsafe { strlen(bytes.as_ptr().add(at)) };
            assert_eq!(found, n, "from {at}");
            bytes[at + n] = 7;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn memmove_agrees_with_a_copy_through_a_buffer(
        mut bytes in proptest::collection::vec(any::<u8>(), 1..6000),
        at in any::<prop::sample::Index>(),
        from_at in any::<prop::sample::Index>(),
        n in any::<prop::sample::Index>(),
    ) {
        let (at, from_at) = (at.index(bytes.len()), from_at.index(bytes.len()));
        let n = n.index(bytes.len() - at.max(from_at) + 1);
        let expected: Vec<u8> = (0..bytes.len())
            .map(|i| if i >= at && i < at + n { bytes[from_at + i - at] } else { bytes[i] })
            .collect();
        // SAFETY: `n` reaches no further than the end of the buffer from either place.
        unsafe {
            let base = bytes.as_mut_ptr();
            memmove(base.add(at), base.add(from_at), n);
        }
        prop_assert!(bytes.iter().eq(expected.iter()));
    }

    #[test]
    fn memcmp_and_bcmp_agree_with_the_order_of_byte_sequences(
        mut a in proptest::collection::vec(any::<u8>(), 1..3000),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        shift in 0..64_usize,
    ) {
        // `a` again, at another alignment, with a few bytes changed.
        let mut b = vec![0; shift + a.len()];
        for (i, &byte) in a.iter().enumerate() {
            b[shift + i] = byte;
        }
        for (index, byte) in changes {
            let i = index.index(a.len());
            b[shift + i] = byte;
            if byte & 1 == 0 {
                a[i] = byte;
            }
        }
        let sign = a.iter().cmp(b[shift..].iter()) as i32;
        check_compare(&a, &b[shift..], sign, || format!("{} bytes", a.len()));
    }
}
