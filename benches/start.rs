//! From the call that starts a program to its end: ours beside others that say hello.
//!
//! `cargo bench --bench start` prints a table. The times of one run move together, so only
//! their ratios are worth keeping. The contenders take turns, on one processor, and each
//! start is timed alone: the median then knows nothing of those that were interrupted.

#[path = "../tests/common/mod.rs"]
mod common;

use common::{Folder, PACKAGE, bounded, example, program, rustc};
use std::env::consts::ARCH;
use std::ffi::CString;
use std::fs::{self, File};
use std::mem;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::ptr;
use std::time::Instant;

/// A program that takes part.
struct Contender {
    name: &'static str,
    bytes: u64,
    path: CString,
    /// Microseconds, for each start.
    times: Vec<f64>,
    page_faults: i64,
}

impl Contender {
    fn new(name: &'static str, path: &Path) -> Self {
        let bytes = fs::metadata(path).expect("it was built").len();
        let path = CString::new(path.as_os_str().as_bytes()).expect("no zero byte");
        Self { name, bytes, path, times: Vec::new(), page_faults: 0 }
    }

    /// Starts it and waits for it.
    fn start(&mut self, actions: &libc::posix_spawn_file_actions_t) {
        let start = Instant::now();
        self.page_faults = spawn(&self.path, actions);
        self.times.push(start.elapsed().as_secs_f64() * 1e6);
    }
}

/// One start, with an empty environment; gives the number of page faults.
fn spawn(path: &CString, actions: &libc::posix_spawn_file_actions_t) -> i64 {
    let mut pid = 0;
    let arguments = [path.as_ptr().cast_mut(), ptr::null_mut()];
    let environment = [ptr::null_mut()];
    // SAFETY: both vectors end with a null pointer, and the rest is ours.
    unsafe {
        let error = libc::posix_spawn(
            &mut pid,
            path.as_ptr(),
            actions,
            ptr::null(),
            arguments.as_ptr(),
            environment.as_ptr(),
        );
        assert_eq!(error, 0, "{path:?} does not start");
        let (mut status, mut usage) = (0, mem::zeroed::<libc::rusage>());
        assert_eq!(libc::wait4(pid, &mut status, 0, &mut usage), pid);
        assert_eq!(status, 0, "{path:?} fails");
        usage.ru_minflt
    }
}

/// Stays on the processor that it runs on; so do the programs that it starts.
fn pin() {
    // SAFETY: the set is filled before it is read.
    unsafe {
        let mut set = mem::zeroed::<libc::cpu_set_t>();
        libc::CPU_SET(libc::sched_getcpu() as usize, &mut set);
        assert_eq!(libc::sched_setaffinity(0, mem::size_of_val(&set), &set), 0);
    }
}

/// Builds a contender; without its compiler it does not take part.
fn built(command: &mut Command, output: &Path) -> Option<PathBuf> {
    let program = command.get_program().to_owned();
    match command.arg("-o").arg(output).output() {
        Ok(result) if result.status.success() => Some(output.to_path_buf()),
        Ok(result) => {
            println!("left out: {}", String::from_utf8_lossy(&result.stderr));
            None
        }
        Err(_) => {
            println!(
                "left out, for want of {}: {}",
                program.display(),
                output.file_name().unwrap().display()
            );
            None
        }
    }
}

fn contenders(folder: &Folder) -> Vec<Contender> {
    let source = |name: &str| Path::new(PACKAGE).join("benches/start").join(name);
    let c = |compiler: &str, name: &str, arguments: &[&str], from: &str| {
        built(bounded(compiler).args(["-O2", "-s"]).args(arguments).arg(source(from)), &folder.join(name))
    };
    let assembly = c("gcc", "assembly", &["-nostdlib", "-static"], &format!("{ARCH}.s"));
    let musl = c("musl-gcc", "musl", &["-static"], "hello.c");
    let glibc = c("gcc", "glibc", &["-static"], "hello.c");
    let mut rust = bounded(rustc());
    rust.args(["-Copt-level=3", "-Cstrip=symbols", "-Ctarget-feature=+crt-static"]).arg(source("hello.rs"));
    let rust = built(&mut rust, &folder.join("rust"));

    // The first is what the others are compared with.
    let mut contenders = vec![Contender::new("assembly, static", &assembly.expect("a C compiler"))];
    contenders.extend([
        Contender::new("sinew, fixed address", &program("hello-fixed")),
        Contender::new("sinew, static-PIE", &example("hello")),
        Contender::new("sinew, static-PIE, RELRO", &example("relro")),
    ]);
    let others = [("musl, static", musl), ("glibc, static", glibc), ("Rust std, static", rust)];
    for (name, path) in others {
        contenders.extend(path.map(|path| Contender::new(name, &path)));
    }
    contenders
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    // Cargo says `--bench` when it is meant; `cargo test --benches` only wants to see it run.
    let rounds = if std::env::args().any(|argument| argument == "--bench") { 2001 } else { 1 };
    let folder = Folder::new();
    let mut contenders = contenders(&folder);
    let null = File::options().write(true).open("/dev/null").expect("/dev/null");
    // SAFETY: it is made before it is used, and used for as long as the process lives.
    let actions = unsafe {
        let mut actions = mem::zeroed();
        assert_eq!(libc::posix_spawn_file_actions_init(&mut actions), 0);
        assert_eq!(libc::posix_spawn_file_actions_adddup2(&mut actions, null.as_raw_fd(), 1), 0);
        actions
    };

    pin();
    for round in 0..rounds {
        // Nobody is always the first.
        let count = contenders.len();
        for turn in 0..count {
            contenders[(round + turn) % count].start(&actions);
        }
    }

    println!("{:<28}{:>10}{:>8}{:>10}{:>10}", "", "bytes", "faults", "µs", "ratio");
    let base = median(contenders[0].times.clone());
    for Contender { name, bytes, times, page_faults, .. } in contenders {
        let time = median(times);
        println!("{name:<28}{bytes:>10}{page_faults:>8}{time:>10.1}{:>10.2}", time / base);
    }
}
