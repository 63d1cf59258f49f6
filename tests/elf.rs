//! What the images promise by their headers, and how large they may be.

mod common;

use common::{architectures, shipped_examples};
use object::LittleEndian as LE;
use object::elf::{self, FileHeader64, ProgramHeader64, SectionHeader64};
use object::read::elf::{
    Dyn, FileHeader, ProgramHeader, Rela, RelrIterator, SectionHeader, SectionTable, Sym,
};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The programs that are shipped: the tool and every example.
fn shipped() -> Vec<String> {
    [vec!["sinew".to_owned()], shipped_examples()].concat()
}

/// Where a program of this name was built.
fn path(folder: &Path, name: &str) -> PathBuf {
    let example = folder.join("examples").join(name);
    if example.is_file() { example } else { folder.join(name) }
}

/// An image that has been read.
struct Image<'a> {
    data: &'a [u8],
    header: &'a FileHeader64<LE>,
    segments: &'a [ProgramHeader64<LE>],
    sections: SectionTable<'a, FileHeader64<LE>>,
}

impl<'a> Image<'a> {
    fn parse(data: &'a [u8]) -> Self {
        let header = FileHeader64::<LE>::parse(data).expect("an ELF file");
        let segments = header.program_headers(LE, data).expect("segments");
        let sections = header.sections(LE, data).expect("sections");
        Self { data, header, segments, sections }
    }

    fn segment(&self, kind: elf::ProgramType) -> Option<&'a ProgramHeader64<LE>> {
        self.segments.iter().find(|segment| segment.p_type(LE) == kind)
    }

    fn section_name(&self, section: &SectionHeader64<LE>) -> &'a str {
        str::from_utf8(self.sections.section_name(LE, section).expect("a name")).expect("UTF-8")
    }

    /// The addresses of the words that are relocated at the start.
    fn relocated(&self) -> Vec<u64> {
        let mut addresses = Vec::new();
        for section in self.sections.iter() {
            if let Some((relocations, _)) = section.rela(LE, self.data).expect("relocations") {
                addresses.extend(relocations.iter().map(|entry| entry.r_offset(LE)));
            }
            if let Some(relocations) = section.relr(LE, self.data).expect("relocations") {
                let relocations: RelrIterator<'_, FileHeader64<LE>> = relocations;
                addresses.extend(relocations);
            }
            assert!(section.rel(LE, self.data).expect("relocations").is_none());
        }
        addresses
    }
}

/// A bound as the start takes it: it protects whole pages only.
fn page(address: u64) -> u64 {
    address & !0xfff
}

fn check_headers(name: &str, image: &Image<'_>) {
    // A static-PIE: no interpreter, nothing needed, nothing left to be found.
    assert_eq!(image.header.e_type(LE), elf::ET_DYN, "{name}");
    assert!(image.segment(elf::PT_INTERP).is_none(), "{name} has an interpreter");
    let dynamic = image.segment(elf::PT_DYNAMIC).unwrap_or_else(|| panic!("{name}: no dynamic section"));
    for entry in dynamic.dynamic(LE, image.data).expect("entries").expect("a dynamic section") {
        assert_ne!(entry.tag(LE), elf::DT_NEEDED, "{name} needs a library");
    }
    for kind in [elf::SHT_SYMTAB, elf::SHT_DYNSYM] {
        let symbols = image.sections.symbols(LE, image.data, kind).expect("symbols");
        for symbol in symbols.iter().skip(1) {
            let symbol_name = String::from_utf8_lossy(symbol.name(LE, symbols.strings()).expect("a name"));
            assert!(!symbol.is_undefined(LE), "{name}: {symbol_name} is undefined");
        }
    }

    // Nothing can be written and executed, the stack included.
    let stack = image.segment(elf::PT_GNU_STACK).unwrap_or_else(|| panic!("{name}: no PT_GNU_STACK"));
    assert!(!stack.p_flags(LE).contains(elf::PF_X), "{name} has an executable stack");
    let loads = || image.segments.iter().filter(|segment| segment.p_type(LE) == elf::PT_LOAD);
    for segment in loads() {
        let both = elf::PF_W | elf::PF_X;
        assert!(!segment.p_flags(LE).contains(both), "{name} has a segment to write and execute");
    }

    // What the compiler made constant is so again after relocation. Variables that start with
    // a pointer are relocated too, but stay variable: those are in `.data`.
    let relro = image.segment(elf::PT_GNU_RELRO);
    let relro = relro.map(|segment| {
        let start = segment.p_vaddr(LE);
        page(start)..page(start + segment.p_memsz(LE))
    });
    for address in image.relocated() {
        let section = image.sections.iter().find(|section| {
            let start = section.sh_addr(LE);
            (start..start + section.sh_size(LE)).contains(&address)
        });
        let section = image.section_name(section.unwrap_or_else(|| panic!("{name}: {address:#x} nowhere")));
        if section == ".data" {
            continue;
        }
        let covered = relro.as_ref().is_some_and(|range| range.contains(&address));
        assert!(covered, "{name}: the constant at {address:#x} in {section} stays writable");
    }
}

#[test]
fn every_shipped_image_is_a_safe_static_pie() {
    for (architecture, folder) in architectures() {
        for name in shipped() {
            let data = fs::read(path(&folder, &name)).expect("it can be read");
            check_headers(&format!("{name} ({architecture})"), &Image::parse(&data));
        }
    }
}

/// Whether an image has a writable segment, a range to protect, and how many relocations.
#[test]
fn only_a_program_that_needs_it_has_something_writable() {
    for (architecture, folder) in architectures() {
        let writable = |name: &str| {
            let data = fs::read(path(&folder, name)).expect("it can be read");
            let image = Image::parse(&data);
            let writable = image
                .segments
                .iter()
                .any(|segment| segment.p_type(LE) == elf::PT_LOAD && segment.p_flags(LE).contains(elf::PF_W));
            (writable, image.segment(elf::PT_GNU_RELRO).is_some(), image.relocated().len())
        };
        assert_eq!(writable("hello"), (false, false, 0), "{architecture}");
        assert_eq!(writable("relro"), (true, true, 4), "{architecture}");
    }
}

#[test]
fn a_program_at_a_fixed_address_has_neither_relocations_nor_their_code() {
    for (architecture, folder) in architectures() {
        let data = fs::read(path(&folder, "hello-fixed")).expect("it can be read");
        let image = Image::parse(&data);
        assert_eq!(image.header.e_type(LE), elf::ET_EXEC, "{architecture}");
        assert!(image.segment(elf::PT_DYNAMIC).is_none(), "{architecture}");
        assert!(image.segment(elf::PT_INTERP).is_none(), "{architecture}");
        assert!(image.segment(elf::PT_GNU_STACK).is_some(), "{architecture}");
    }
}

/// Program, then its limit on each architecture, as `tests/sizes.txt` has it.
fn limits() -> BTreeMap<String, BTreeMap<&'static str, u64>> {
    include_str!("sizes.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let [name, x86_64, aarch64] = line.split_whitespace().collect::<Vec<_>>()[..] else {
                panic!("sizes.txt: three words in a line, not {line:?}");
            };
            let number = |word: &str| word.parse().unwrap_or_else(|_| panic!("sizes.txt: {word:?}"));
            (name.to_owned(), [("x86_64", number(x86_64)), ("aarch64", number(aarch64))].into())
        })
        .collect()
}

#[test]
fn every_shipped_image_keeps_to_its_size() {
    let limits = limits();
    let mut wrong = Vec::new();
    for name in shipped().iter().filter(|name| !limits.contains_key(*name)) {
        wrong.push(format!("{name} has no line in tests/sizes.txt"));
    }
    for (architecture, folder) in architectures() {
        println!("{:<16}{:>9}{:>9}", architecture, "bytes", "at most");
        for (name, limits) in &limits {
            let size = fs::metadata(path(&folder, name)).map(|data| data.len());
            let size = size.unwrap_or_else(|_| panic!("{name} in tests/sizes.txt is no program"));
            let limit = limits[architecture];
            println!("{name:<16}{size:>9}{limit:>9}");
            if size > limit {
                wrong.push(format!("{name} ({architecture}) has {size} bytes, {limit} are the limit"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
