//! How a program relocates itself, and what it refuses.
//!
//! Linkers write few of the forms that the ABI allows, so some images are made here, from
//! copies of what the linker wrote.

mod common;

use common::{Folder, bounded, program};
use object::LittleEndian as LE;
use object::elf::{self, Dyn64, DynamicTag, FileHeader64, Rela64};
use object::pod::slice_from_bytes_mut;
use object::read::elf::{Dyn, FileHeader, ProgramHeader};
use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::process::{Output, Stdio};

/// Three times the sum of the squares below 200.
const SUM: &[u8] = b"00007940100\n";

/// A copy of a program, to be changed.
struct Image(Vec<u8>);

impl Image {
    fn of(name: &str) -> Self {
        Self(fs::read(program(name)).expect("it can be read"))
    }

    fn header(&self) -> &FileHeader64<LE> {
        FileHeader64::parse(&self.0[..]).expect("an ELF file")
    }

    /// The place in the file of an address, for `size` bytes that stand there.
    fn offset(&self, address: u64, size: u64) -> usize {
        let segments = self.header().program_headers(LE, &self.0[..]).expect("segments");
        let segment = segments.iter().filter(|segment| segment.p_type(LE) == elf::PT_LOAD).find(|segment| {
            let start = segment.p_vaddr(LE);
            (start..start + segment.p_filesz(LE)).contains(&(address + size - 1)) && start <= address
        });
        let segment = segment.expect("the address is loaded from the file");
        (address - segment.p_vaddr(LE) + segment.p_offset(LE)) as usize
    }

    /// The entries of the dynamic section.
    fn dynamic(&mut self) -> &mut [Dyn64<LE>] {
        let segments = self.header().program_headers(LE, &self.0[..]).expect("segments");
        let dynamic = segments.iter().find(|segment| segment.p_type(LE) == elf::PT_DYNAMIC);
        let dynamic = dynamic.expect("a dynamic section");
        let (start, size) = (dynamic.p_offset(LE) as usize, dynamic.p_filesz(LE) as usize);
        slice_from_bytes_mut(&mut self.0[start..], size / size_of::<Dyn64<LE>>()).expect("whole entries").0
    }

    /// The value of an entry of the dynamic section.
    fn value(&mut self, tag: DynamicTag) -> Option<u64> {
        self.dynamic().iter().find(|entry| entry.tag(LE) == tag).map(|entry| entry.val(LE))
    }

    /// Where the relocations with addends stand in the file, and how many they are.
    fn rela(&mut self) -> (usize, usize) {
        let table = self.value(elf::DT_RELA).expect("RELA");
        let size = self.value(elf::DT_RELASZ).expect("a size");
        (self.offset(table, size), size as usize / size_of::<Rela64<LE>>())
    }

    fn run(&self) -> Output {
        let folder = Folder::new();
        let path = folder.join("image");
        // Another thread that forks while the file is open for writing would make the exec
        // fail with ETXTBSY; so it is written by a process that has ended before.
        let mut copy =
            bounded("cp").arg("/dev/stdin").arg(&path).stdin(Stdio::piped()).spawn().expect("cp starts");
        copy.stdin.take().expect("a pipe").write_all(&self.0).expect("cp reads");
        assert!(copy.wait().expect("cp ends").success());
        fs::set_permissions(&path, Permissions::from_mode(0o700)).expect("it is ours");
        bounded(&path).stderr(Stdio::inherit()).output().expect("it starts")
    }
}

fn assert_sum(output: &Output) {
    assert!(output.status.success(), "{}", output.status);
    assert_eq!(output.stdout, SUM);
}

/// Stopped before `main` by an illegal instruction.
fn assert_refused(output: &Output) {
    assert_eq!(output.status.signal(), Some(libc::SIGILL), "{}", output.status);
    assert_eq!(output.stdout, b"");
}

#[test]
fn packed_relocations_are_applied() {
    let mut image = Image::of("table");
    let table = image.value(elf::DT_RELR).expect("the linker packs");
    let size = image.value(elf::DT_RELRSZ).expect("a size");
    assert_eq!(image.value(elf::DT_RELA), None);

    // Addresses are even, maps of the words behind them odd. All forms must be there: a full
    // map, one with holes, an address after a gap.
    let start = image.offset(table, size);
    let words = image.0[start..start + size as usize].chunks_exact(8);
    let words: Vec<_> = words.map(|word| u64::from_le_bytes(word.try_into().unwrap())).collect();
    assert!(words.contains(&u64::MAX));
    assert!(words.iter().any(|word| word % 2 == 1 && (2..40).contains(&word.count_ones())));
    assert!(words.iter().filter(|word| *word % 2 == 0).count() > 1);

    assert_sum(&image.run());
}

#[test]
fn relocations_with_addends_are_applied() {
    let mut image = Image::of("table-rela");
    assert_eq!(image.value(elf::DT_RELR), None);
    assert_eq!(image.rela().1, 600);
    assert_sum(&image.run());
}

#[test]
fn relocations_with_addends_in_place_are_applied() {
    let mut image = Image::of("table-rela");
    let (start, count) = image.rela();
    // Entry by entry: the addend moves to where it belongs, the rest moves together.
    for index in 0..count {
        let entry = start + index * 24;
        let [place, kind, addend] =
            [0, 8, 16].map(|field| u64::from_le_bytes(image.0[entry + field..][..8].try_into().unwrap()));
        let target = image.offset(place, 8);
        image.0[target..][..8].copy_from_slice(&addend.to_le_bytes());
        let short = start + index * 16;
        image.0[short..][..8].copy_from_slice(&place.to_le_bytes());
        image.0[short + 8..][..8].copy_from_slice(&kind.to_le_bytes());
    }
    for entry in image.dynamic() {
        let (tag, value) = match entry.tag(LE) {
            elf::DT_RELA => (elf::DT_REL, entry.val(LE)),
            elf::DT_RELASZ => (elf::DT_RELSZ, count as u64 * 16),
            elf::DT_RELAENT => (elf::DT_RELENT, 16),
            _ => continue,
        };
        entry.d_tag.set(LE, tag);
        entry.d_val.set(LE, value);
    }
    assert_sum(&image.run());
}

#[test]
fn a_relocation_of_another_kind_stops_the_program() {
    let mut image = Image::of("table-rela");
    let (start, count) = image.rela();
    let kind = start + (count - 1) * 24 + 8;
    image.0[kind] ^= 1;
    assert_refused(&image.run());

    // The same among those whose addend stands in place.
    let short = start + 8;
    image.0[short] ^= 1;
    for entry in image.dynamic() {
        match entry.tag(LE) {
            elf::DT_RELA => entry.d_tag.set(LE, elf::DT_REL),
            elf::DT_RELASZ => entry.d_tag.set(LE, elf::DT_RELSZ),
            _ => {}
        }
    }
    assert_refused(&image.run());
}

#[test]
fn a_program_at_a_fixed_address_needs_no_relocation() {
    let output = bounded(program("table-fixed")).output().expect("it starts");
    assert_sum(&output);
}

/// A program that an interpreter has relocated must not be relocated once more.
#[test]
fn what_an_interpreter_relocated_is_left_alone() {
    let mut image = Image::of("table-interpreted");
    assert_eq!(image.rela().1, 600);
    let segments = image.header().program_headers(LE, &image.0[..]).expect("segments");
    let interpreter =
        segments.iter().find_map(|segment| segment.interpreter(LE, &image.0[..]).expect("a path"));
    let interpreter = str::from_utf8(interpreter.expect("an interpreter")).expect("UTF-8");
    if fs::exists(interpreter).expect("it can be asked") {
        assert_sum(&image.run());
    } else {
        println!("this machine has no {interpreter}");
    }
}

/// The kernel's view of the page that holds a relocated constant, and what a write does.
#[test]
fn relocated_constants_are_read_only() {
    let mut command = bounded(program("probe"));
    let mut child = command
        .arg("constant")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).expect("a line");
    let (address, text) = line.trim_end().split_once(' ').expect("two words");
    assert_eq!(text, "constant");
    let address = u64::from_str_radix(address.strip_prefix("0x").unwrap(), 16).expect("an address");

    let maps = fs::read_to_string(format!("/proc/{}/maps", child.id())).expect("it waits");
    let mut mappings = maps.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let (start, end) = words.next()?.split_once('-')?;
        let [start, end] = [start, end].map(|bound| u64::from_str_radix(bound, 16).unwrap());
        (start..end).contains(&address).then(|| words.next().unwrap())
    });
    assert_eq!(mappings.next(), Some("r--p"), "{maps}");
    // Nothing at all may be written and executed.
    assert!(!maps.contains(" rwx"), "{maps}");

    child.stdin.take().unwrap().write_all(b"!").expect("it reads");
    assert_eq!(child.wait().expect("it ends").signal(), Some(libc::SIGSEGV));
}
