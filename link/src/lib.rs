//! Link arguments for programs on the `sinew` runtime.
//!
//! Cargo does not hand the link arguments of a dependency on to the program that depends
//! on it ([cargo#9554](https://github.com/rust-lang/cargo/issues/9554)), so such a program
//! says it itself, in one line of its `build.rs`:
//!
//! ```no_run
//! # #[allow(clippy::needless_doctest_main)]
//! fn main() {
//!     sinew_link::Link::static_pie().bins();
//! }
//! ```
//!
//! The program is then a static-PIE without interpreter, libc or start files. It wants
//! `panic = "abort"` in its profiles.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a program on the runtime has no use for. The script adds to the linker's own
/// layout; GNU ld and lld take it alike, and a static program has nobody to read its
/// dynamic symbols. GNU ld wants all four of these tables to go, or none.
const SCRIPT: &str = "\
SECTIONS { /DISCARD/ : { *(.dynsym .dynstr .gnu.hash .hash .comment .note.gnu.property) } } INSERT AFTER .text;
";

/// Unwind tables: a debugger wants them, a release build does not.
const SCRIPT_RELEASE: &str = "\
SECTIONS { /DISCARD/ : { *(.eh_frame .eh_frame_hdr) } } INSERT AFTER .text;
";

/// The kind of image, and the way to give it to Cargo.
#[derive(Clone, Copy, Debug)]
pub struct Link {
    image: &'static str,
}

impl Link {
    /// A static-PIE: loaded at a random address, relocates itself. The usual choice.
    #[must_use]
    pub fn static_pie() -> Self {
        Self { image: "-static-pie" }
    }

    /// A static program at a fixed address: the smallest, without address randomisation.
    #[must_use]
    pub fn fixed_address() -> Self {
        Self { image: "-static" }
    }

    /// Links every binary of the package so.
    pub fn bins(self) -> Self {
        self.emit("rustc-link-arg-bins")
    }

    /// Links the binary of this name so.
    pub fn bin(self, name: &str) -> Self {
        self.emit(&format!("rustc-link-arg-bin={name}"))
    }

    /// Links every example of the package so.
    pub fn examples(self) -> Self {
        self.emit("rustc-link-arg-examples")
    }

    fn emit(self, key: &str) -> Self {
        println!("cargo::rerun-if-changed=build.rs");
        for argument in self.arguments() {
            println!("cargo::{key}={argument}");
        }
        self
    }

    fn arguments(self) -> Vec<String> {
        let mut arguments: Vec<String> = ["-nostartfiles", self.image].map(String::from).into();
        if self.image == "-static" {
            // Nothing is to be relocated: the code for it is left out (arch/*/start.s).
            arguments.push("-no-pie".into());
            arguments.push("-Wl,--defsym=__sinew_relocate=__sinew_stop".into());
        }
        // rodynamic: nobody writes to the dynamic section, so a program that has no other
        // use for a writable segment gets none. lld knows it, GNU ld passes over it.
        arguments.push("-Wl,--build-id=none,--no-eh-frame-hdr".into());
        arguments.push("-Wl,-z,pack-relative-relocs,-z,rodynamic".into());
        arguments.push(format!("-Wl,-T,{}", write_script().display()));
        if let Some(directory) = lld() {
            arguments.push(format!("-B{}", directory.display()));
            arguments.push("-fuse-ld=lld".into());
        } else {
            println!(
                "cargo::warning=no lld found: the image is right, but GNU ld pads it (to 64 KiB on aarch64)"
            );
        }
        arguments
    }
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("{name} is not set: is this a build script under Cargo?"))
}

fn write_script() -> PathBuf {
    let path = Path::new(&variable("OUT_DIR")).join("sinew.ld");
    let release = if variable("OPT_LEVEL") == "0" { "" } else { SCRIPT_RELEASE };
    fs::write(&path, format!("{SCRIPT}{release}")).expect("OUT_DIR is writable");
    path
}

/// The folder of an `ld.lld`: the one that comes with Rust, or the system's.
fn lld() -> Option<PathBuf> {
    let sysroot = Command::new(variable("RUSTC")).args(["--print", "sysroot"]).output().ok()?;
    let sysroot = String::from_utf8(sysroot.stdout).ok()?;
    let bundled = Path::new(sysroot.trim()).join("lib/rustlib").join(variable("HOST")).join("bin/gcc-ld");
    let path = env::var_os("PATH").unwrap_or_default();
    let candidate = std::iter::once(bundled)
        .chain(env::split_paths(&path))
        .map(|folder| folder.join("ld.lld"))
        .find(|file| file.is_file())?;
    // A cross compiler looks only where it is told: follow a link to the real folder.
    Some(fs::canonicalize(candidate).ok()?.parent()?.to_path_buf())
}
