//! What several tests share: the programs as they are shipped, and a bound on their time.
//!
//! `cargo test` builds the examples with unwinding and without optimisation. The tests want
//! what a user gets, so they let Cargo build it once more, in a folder of its own.

#![allow(dead_code, reason = "each test uses its part")]

pub mod trace;

use std::env::consts::ARCH;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// The package's own folder.
pub const PACKAGE: &str = env!("CARGO_MANIFEST_DIR");

/// The release build of an example.
pub fn example(name: &str) -> PathBuf {
    program(&format!("examples/{name}"))
}

/// The release build of the tool.
pub fn tool() -> PathBuf {
    program("sinew")
}

/// The release build of one of `tests/programs`.
pub fn program(name: &str) -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER
        .get_or_init(|| brought().unwrap_or_else(|| release(None).expect("this machine builds for itself")));
    existing(folder.join(name))
}

/// The debug build of one of `tests/programs`.
pub fn debug_program(name: &str) -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        if let Some(brought) = brought() {
            return brought.join("debug");
        }
        build(&["--package=sinew-test-programs", "--bins"]);
        target_folder().join("debug")
    });
    existing(folder.join(name))
}

/// The folder of the programs in a guest, which has no Cargo and brings them along.
fn brought() -> Option<PathBuf> {
    std::env::var_os("SINEW_TEST_PROGRAMS").map(PathBuf::from)
}

/// The names of all examples.
pub fn shipped_examples() -> Vec<String> {
    let examples = fs::read_dir(Path::new(PACKAGE).join("examples")).expect("there are examples");
    let mut names: Vec<_> = examples
        .map(|entry| entry.expect("it can be listed").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| path.file_stem().unwrap().to_str().expect("UTF-8").to_owned())
        .collect();
    names.sort();
    names
}

/// The folder of the release builds for this machine, or for a target if it is installed.
fn release(target: Option<&str>) -> Option<PathBuf> {
    let mut arguments = vec!["--release", "--workspace", "--lib", "--bins", "--examples"];
    let mut folder = target_folder().to_path_buf();
    if let Some(target) = target {
        if !can_build_for(target) {
            return None;
        }
        arguments.extend(["--target", target]);
        folder.push(target);
    }
    build(&arguments);
    Some(folder.join("release"))
}

/// The architectures and their release builds, as far as there are a standard library and a
/// linker for them.
pub fn architectures() -> Vec<(&'static str, PathBuf)> {
    let mut found = Vec::new();
    for architecture in ["x86_64", "aarch64"] {
        let target = format!("{architecture}-unknown-linux-gnu");
        let target = (architecture != ARCH).then_some(target.as_str());
        match release(target) {
            Some(folder) => found.push((architecture, folder)),
            None => println!("{architecture}: not looked at, for want of a standard library or a linker"),
        }
    }
    found
}

/// Whether there are a standard library and a linker for this target.
fn can_build_for(target: &str) -> bool {
    let library = Command::new(rustc()).args(["--print", "target-libdir", "--target", target]).output();
    let library = String::from_utf8(library.expect("rustc runs").stdout).expect("a path in UTF-8");
    let linker = format!("CARGO_TARGET_{}_LINKER", target.to_uppercase().replace('-', "_"));
    Path::new(library.trim_end()).is_dir() && std::env::var_os(linker).is_some()
}

/// The compiler that Cargo uses.
pub fn rustc() -> PathBuf {
    std::env::var_os("RUSTC").map_or_else(|| Path::new(env!("CARGO")).with_file_name("rustc"), PathBuf::from)
}

fn target_folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("programs"))
}

/// Builds once; when several tests want to at the same time, Cargo lets one go first.
fn build(arguments: &[&str]) {
    let output = Command::new(env!("CARGO"))
        .current_dir(PACKAGE)
        .args(["build", "--quiet", "--target-dir"])
        .arg(target_folder())
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("Cargo runs");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn existing(path: PathBuf) -> PathBuf {
    assert!(path.is_file(), "{} was not built", path.display());
    path
}

/// A command that SIGALRM ends, should it hang: a test bounds its own time.
pub fn bounded(program: impl AsRef<OsStr>) -> Command {
    bounded_by(program, 60)
}

/// The same with another number of seconds.
pub fn bounded_by(program: impl AsRef<OsStr>, seconds: u32) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null());
    // SAFETY: alarm(2) is async-signal-safe; the alarm outlives the exec.
    unsafe {
        command.pre_exec(move || {
            libc::alarm(seconds);
            io::Result::Ok(())
        })
    };
    command
}

/// A folder outside the package that goes when this goes.
pub struct Folder(PathBuf);

impl Folder {
    /// An empty one.
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("sinew-{}-{count}", std::process::id()));
        fs::create_dir(&path).expect("a temporary folder");
        Self(path)
    }

    /// A place in it.
    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left of a failed test is in the way of nobody.
        let _ = fs::remove_dir_all(&self.0);
    }
}
