//! A crate outside this package, with the one line that the documentation asks for.

mod common;

use common::{Folder, PACKAGE, bounded, bounded_by};
use object::elf::{self, FileHeader64};
use object::read::elf::{Dyn, FileHeader, ProgramHeader};
use object::{LittleEndian as LE, Object, ObjectSymbol};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a user writes; the paths are those of this package.
fn manifest() -> String {
    format!(
        r#"
[package]
name = "outside"
version = "0.0.0"
edition = "2024"

[dependencies]
sinew = {{ path = {PACKAGE:?} }}

[build-dependencies]
sinew-link = {{ path = "{PACKAGE}/link" }}

[[bin]]
name = "outside"
test = false

[profile.dev]
panic = "abort"

[profile.release]
panic = "abort"

[workspace]
"#
    )
}

const BUILD: &str = "fn main() { sinew_link::Link::static_pie().bins().examples(); }";

/// A program with a table, so that it has to be relocated.
const PROGRAM: &str = r#"
#![no_std]
#![no_main]

use sinew::runtime::{ExitCode, Start};

sinew::entry!(main);

static WORDS: [&str; 3] = ["none\n", "one\n", "two\n"];

fn main(start: Start) -> ExitCode {
    let word = WORDS[start.args().len() % 3];
    match sinew::sys::write(sinew::fd::STDOUT, word.as_bytes()) {
        Ok(_) => ExitCode::SUCCESS,
        Err(_) => ExitCode::IOERR,
    }
}
"#;

/// A library for programs on `std`.
const LIBRARY: &str = r#"
//! Uses sinew beside std.
#[test]
fn sinew_and_std_agree() {
    let (reader, writer) = std::io::pipe().unwrap();
    let text = String::from("through a pipe");
    let fd = |fd| unsafe { sinew::fd::BorrowedFd::borrow_raw(fd) };
    use std::os::fd::AsRawFd;
    assert_eq!(sinew::sys::write(fd(writer.as_raw_fd()), text.as_bytes()), Ok(text.len()));
    let mut buffer = vec![0; 100];
    assert_eq!(sinew::sys::read(fd(reader.as_raw_fd()), &mut buffer), Ok(text.len()));
    assert_eq!(&buffer[..text.len()], text.as_bytes());
    assert_eq!(sinew::sys::getpid(), std::process::id() as i32);
}
"#;

/// The crate, in a folder of its own.
struct Outside(Folder);

impl Outside {
    fn new() -> Self {
        let folder = Folder::new();
        for folder in [folder.join("src"), folder.join("examples")] {
            fs::create_dir(folder).expect("a folder");
        }
        for (name, text) in [
            ("Cargo.toml", manifest().as_str()),
            ("build.rs", BUILD),
            ("src/main.rs", PROGRAM),
            ("src/lib.rs", LIBRARY),
            ("examples/example.rs", PROGRAM),
        ] {
            fs::write(folder.join(name), text).expect("a file");
        }
        // The versions that this package was built with, so that nothing is to be fetched.
        fs::copy(Path::new(PACKAGE).join("Cargo.lock"), folder.join("Cargo.lock")).expect("a copy");
        Self(folder)
    }

    /// Runs Cargo in the crate.
    fn cargo(&self, arguments: &[&str]) {
        let output = self.command(arguments).output().expect("Cargo runs");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = bounded_by(env!("CARGO"), 600);
        command.current_dir(self.0.join(".")).env("CARGO_TARGET_DIR", self.0.join("target"));
        command.args(arguments).arg("--offline");
        command
    }

    /// The one file in this folder whose name starts so and that can be executed.
    fn executable(&self, folder: &str, prefix: &str) -> PathBuf {
        let files = fs::read_dir(self.0.join(folder)).expect("a folder");
        let mut files = files.map(|file| file.expect("it can be listed").path()).filter(|path| {
            path.extension().is_none() && path.file_name().unwrap().to_str().unwrap().starts_with(prefix)
        });
        let found = files.next().expect("it was built");
        assert_eq!(files.next(), None);
        found
    }
}

/// A static-PIE that runs.
fn check(path: &Path) {
    let output = bounded(path).arg("argument").output().expect("it starts");
    assert!(output.status.success(), "{}", output.status);
    assert_eq!(output.stdout, b"two\n");

    let data = fs::read(path).expect("it can be read");
    let header = FileHeader64::<LE>::parse(&data[..]).expect("an ELF file");
    assert_eq!(header.e_type(LE), elf::ET_DYN);
    let mut kinds = Vec::new();
    for segment in header.program_headers(LE, &data[..]).expect("segments") {
        kinds.push(segment.p_type(LE));
        for entry in segment.dynamic(LE, &data[..]).expect("entries").unwrap_or_default() {
            assert_ne!(entry.tag(LE), elf::DT_NEEDED);
        }
    }
    assert!(!kinds.contains(&elf::PT_INTERP));
    assert!(kinds.contains(&elf::PT_GNU_STACK) && kinds.contains(&elf::PT_GNU_RELRO));
}

#[test]
fn a_program_outside_this_package_builds_in_debug_mode() {
    let outside = Outside::new();
    outside.cargo(&["build"]);
    check(&outside.0.join("target/debug/outside"));
}

#[test]
fn a_program_outside_this_package_builds_in_release_mode() {
    let outside = Outside::new();
    outside.cargo(&["build", "--release"]);
    check(&outside.0.join("target/release/outside"));
}

#[test]
fn the_program_of_the_readme_builds_and_greets() {
    let readme = fs::read_to_string(Path::new(PACKAGE).join("README.md")).expect("the README");
    let (_, program) = readme.split_once("```rust\n").expect("a program");
    let (program, _) = program.split_once("```").expect("its end");
    let line = "fn main() { sinew_link::Link::static_pie().bins(); }";
    assert!(readme.contains(line), "the one line of the build script");

    let outside = Outside::new();
    fs::write(outside.0.join("build.rs"), line).expect("a file");
    fs::write(outside.0.join("src/main.rs"), program).expect("a file");
    outside.cargo(&["build", "--release"]);
    let output = bounded(outside.0.join("target/release/outside")).args(["world", "kernel"]).output();
    assert_eq!(output.expect("it starts").stdout, b"Hello, world!\nHello, kernel!\n");
}

/// Cargo builds tests, and the programs beside them, with unwinding; they must still link.
#[test]
fn a_test_beside_std_gets_none_of_the_runtime() {
    let outside = Outside::new();
    outside.cargo(&["test"]);

    let data = fs::read(outside.executable("target/debug/deps", "outside-")).expect("it can be read");
    let file = object::File::parse(&data[..]).expect("an ELF file");
    let defined =
        |name: &str| file.symbols().any(|symbol| symbol.is_definition() && symbol.name() == Ok(name));
    assert!(defined("_start") && defined("main"), "the symbols of a program on libc are there");
    for ours in ["__sinew_start", "__sinew_relocate", "__sinew_relro", "__sinew_stop"] {
        assert!(!defined(ours), "{ours} is in a test");
    }
    for libc in ["memcpy", "memmove", "memset", "memcmp", "bcmp", "strlen"] {
        assert!(!defined(libc), "{libc} is not that of libc");
    }
    let imported =
        |name: &str| file.dynamic_symbols().any(|symbol| symbol.is_undefined() && symbol.name() == Ok(name));
    assert!(imported("memcpy") && imported("__libc_start_main"));
}

/// The one line is needed: without it the build fails, and does not make a program that
/// needs an interpreter.
#[test]
fn without_the_line_the_build_fails() {
    let outside = Outside::new();
    fs::write(outside.0.join("build.rs"), "fn main() {}").expect("a file");
    let output = outside.command(&["build"]).output().expect("Cargo runs");
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(message.contains("_start"), "{message}");
}
