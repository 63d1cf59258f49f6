//! The machine code of each stub, inlined at a call, is what a hand would write: no
//! instruction more.

mod common;

use common::{Folder, PACKAGE, architectures, bounded, rustc};
use object::{Object, ObjectSection, ObjectSymbol};
use std::fs;
use std::path::Path;

/// Compiles the probes and their twins for an architecture.
fn compile(architecture: &str, library: &Path, level: &str) -> Vec<u8> {
    let folder = Folder::new();
    let object = folder.join("probes.o");
    let sources = Path::new(PACKAGE).join("tests/stubs");
    let output = bounded(rustc())
        .env("TWINS", sources.join(architecture).with_extension("s"))
        .arg(sources.join("probes.rs"))
        .args(["--edition=2024", "--crate-type=lib", "--emit=obj", "-Cpanic=abort", "-Ccodegen-units=1"])
        .arg(format!("--target={architecture}-unknown-linux-gnu"))
        .arg(format!("-Copt-level={level}"))
        .arg(format!("--extern=sinew={}", library.join("libsinew.rlib").display()))
        .arg(format!("-Ldependency={}", library.join("deps").display()))
        .arg("-o")
        .arg(&object)
        .output()
        .expect("rustc runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    fs::read(object).expect("an object file")
}

/// The machine code of a function.
fn code(file: &object::File<'_>, name: &str) -> Vec<u8> {
    let symbol = file.symbol_by_name(name).unwrap_or_else(|| panic!("no {name}"));
    let section = symbol.section_index().expect("it is defined");
    let section = file.section_by_index(section).expect("it has a section");
    let range = section.data_range(symbol.address(), symbol.size()).expect("data").expect("in the section");
    assert!(!range.is_empty(), "{name} is empty");
    range.to_vec()
}

/// The moves before the call may come in any order.
fn sorted(mut code: Vec<u8>) -> Vec<u8> {
    code.sort_unstable();
    code
}

#[test]
fn a_stub_is_what_a_hand_would_write() {
    for (architecture, library) in architectures() {
        for level in ["2", "3", "s"] {
            let object = compile(architecture, &library, level);
            let file = object::File::parse(&object[..]).expect("an object file");
            let probes = file.symbols().filter_map(|symbol| symbol.name().ok()?.strip_prefix("probe_"));
            let mut count = 0;
            for name in probes {
                let probe = code(&file, &format!("probe_{name}"));
                let twin = code(&file, &format!("twin_{}", name.trim_end_matches("_readonly")));
                assert_eq!(
                    sorted(probe.clone()),
                    sorted(twin.clone()),
                    "{architecture}, opt-level {level}: {name} is {probe:02x?} and not {twin:02x?}"
                );
                count += 1;
            }
            assert_eq!(count, 17);
        }
    }
}
