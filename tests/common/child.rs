//! What the tests of processes have in common: a test in a process of its own, children
//! that cannot run on into the harness, and waits that end.

#![allow(dead_code, reason = "no test uses all of it")]

use sinew::fd::BorrowedFd;
use sinew::process::{End, Fork, fork, wait4};
use sinew::sys::{self, Pid, SigAction, SigActionFlags, SigHandler, SigSet, WaitOptions};
use std::env;
use std::ffi::{CString, OsString};
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How long a test may take; after twice that time the kernel ends its processes.
pub const LIMIT: Duration = Duration::from_secs(30);

/// Says which test a process was started for.
const ALONE: &str = "SINEW_TEST_ALONE";

/// Runs a test in a process of its own.
///
/// The harness runs tests in threads, and a child that one of them forks holds the pipes of
/// all others: ends of file would come late or never. So the test's program is executed
/// again for this test alone, with no descriptors but the standard three. There a test may
/// also wait for any child, change limits, and count what is open.
pub fn alone<F: FnOnce()>(test: F) {
    // "file::name::{{closure}}"
    let name = std::any::type_name::<F>();
    let name = name.split_once("::").expect("a path").1;
    let name = name.strip_suffix("::{{closure}}").expect("a closure in the test's function");
    if env::var_os(ALONE).is_some_and(|wanted| wanted == name) {
        prepare();
        test();
        assert!(wait4(-1, WaitOptions::NOHANG).is_err(), "the test has left a child");
        return;
    }
    let output = Command::new(env::current_exe().expect("the test's program"))
        .args([name, "--exact", "--nocapture", "--test-threads=1"])
        .env(ALONE, name)
        .stdin(Stdio::null())
        .output()
        .expect("it starts again");
    let [out, err] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    let passed = output.status.success() && out.contains("1 passed");
    assert!(passed, "{name} in its own process: {}\n{out}\n{err}", output.status);
}

fn prepare() {
    bound_lifetime(sys::getppid());
    // SAFETY: nothing of this process uses a descriptor above 2 yet.
    unsafe { sys::close_range(3, u32::MAX, sys::CloseRangeFlags::empty()).expect("close_range") };
    // The harness's main thread has to be at rest, waiting for this one: only then does it
    // hold no lock (the allocator's) that a forked child would miss.
    until("the harness rests", || is_blocked_in(sys::getpid(), libc::SYS_futex));
}

/// Lets this process die with its parent, and after some time in any case.
fn bound_lifetime(parent: Pid) {
    sys::set_pdeathsig(libc::SIGKILL).expect("set_pdeathsig");
    if sys::getppid() != parent {
        sys::exit_group(102);
    }
    // SAFETY: it only sets a timer.
    unsafe { libc::alarm(2 * LIMIT.as_secs() as u32) };
}

/// A forked child; it is killed and waited for when this is dropped.
pub struct Child {
    /// Its number.
    pub pid: Pid,
    waited: bool,
}

/// Forks a child that does this and exits with 0; with 101 if it panics.
///
/// The test must run [`alone`], so that nobody else holds a lock when it forks.
pub fn child(body: impl FnOnce()) -> Child {
    let parent = sys::getpid();
    // SAFETY: the only other thread rests, see `prepare`. The child never gets back.
    match unsafe { fork() }.expect("fork") {
        Fork::Parent(pid) => Child { pid, waited: false },
        Fork::Child => {
            bound_lifetime(parent);
            let panicked = catch_unwind(AssertUnwindSafe(body)).is_err();
            sys::exit_group(if panicked { 101 } else { 0 })
        }
    }
}

impl Child {
    /// Waits for its end.
    pub fn wait(mut self) -> End {
        self.waited = true;
        wait4(self.pid, WaitOptions::empty()).expect("wait4").expect("it waited")
    }

    /// Waits for its end, which must be a success.
    #[track_caller]
    pub fn succeeds(self) {
        let end = self.wait();
        assert!(end.status.success(), "a child: {}", end.status);
    }

    /// Kills it and waits for it.
    pub fn kill(self) {
        sys::kill(self.pid, libc::SIGKILL).expect("kill");
        let end = self.wait();
        assert_eq!(end.status.signal(), Some(libc::SIGKILL), "{}", end.status);
    }

    /// Somebody else waits for it.
    pub fn forget(mut self) -> Pid {
        self.waited = true;
        self.pid
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if !self.waited {
            let _ = sys::kill(self.pid, libc::SIGKILL);
            let _ = wait4(self.pid, WaitOptions::empty());
        }
    }
}

/// Looks again and again until it is so; for what the kernel tells no one.
#[track_caller]
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < LIMIT, "it did not come to this: {what}");
        sys::sched_yield();
    }
}

/// Whether a thread of ours sleeps in this system call.
pub fn is_blocked_in(thread: Pid, call: libc::c_long) -> bool {
    // "running", or the call's number, its arguments, and two registers.
    let text = fs::read_to_string(format!("/proc/{thread}/syscall")).expect("/proc/…/syscall");
    text.split(' ').next() == Some(call.to_string().as_str())
}

/// Waits until a thread of ours sleeps in this system call.
#[track_caller]
pub fn until_blocked_in(thread: Pid, call: libc::c_long) {
    until("it blocks in the call", || is_blocked_in(thread, call));
}

/// What `/proc/PID/smaps` says of the mapping that holds this address, in KiB.
pub fn smaps(pid: Pid, address: *const u8, key: &str) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps")).expect("smaps");
    let mut inside = false;
    for line in text.lines() {
        let (first, rest) = line.split_once(' ').expect("words");
        if let Some((start, end)) = first.split_once('-') {
            let [start, end] = [start, end].map(|hex| usize::from_str_radix(hex, 16).expect("hex"));
            inside = (start..end).contains(&address.addr());
        } else if inside && first.strip_suffix(':') == Some(key) {
            return rest.trim().strip_suffix(" kB").expect("kB").parse().expect("a number");
        }
    }
    panic!("no {key} for {address:?}");
}

/// How many descriptors this process has, this look at them not counted.
pub fn open_descriptors() -> usize {
    fs::read_dir("/proc/self/fd").expect("/proc/self/fd").count() - 1
}

/// Sets what a signal does.
pub fn on_signal(signal: i32, handler: SigHandler) {
    let action = SigAction::new(handler, SigActionFlags::empty(), SigSet::empty());
    // SAFETY: the tests' handlers make system calls or set atomics, nothing else.
    unsafe { sys::rt_sigaction(signal, Some(&action), None).expect("rt_sigaction") };
}

/// Lends a descriptor of the standard library's, whatever features the crate has.
pub fn lend(file: &impl std::os::fd::AsRawFd) -> BorrowedFd<'_> {
    // SAFETY: the file stays open for as long as it is borrowed.
    unsafe { BorrowedFd::borrow_raw(file.as_raw_fd()) }
}

/// A folder for one test; it is removed with what is in it when this is dropped.
///
/// The crate `tempfile` is of no use here: it switches on feature `std` of `bitflags`, for
/// the tool as well, which is built in the same go and has no place for it.
pub struct Folder(PathBuf);

impl Folder {
    /// A new one.
    pub fn new() -> Self {
        let template = env::temp_dir().join("sinew-XXXXXX").into_os_string().into_encoded_bytes();
        let template = CString::new(template).expect("no zero in it").into_raw();
        // SAFETY: the string is ours, and of the same length afterwards.
        let template = unsafe {
            assert!(!libc::mkdtemp(template).is_null(), "mkdtemp: {}", std::io::Error::last_os_error());
            CString::from_raw(template)
        };
        Self(OsString::from_vec(template.into_bytes()).into())
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The path of a file in it.
    pub fn file(&self, name: &str) -> String {
        self.0.join(name).into_os_string().into_string().expect("UTF-8")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Whether there is a Python to compare with.
pub fn has_python() -> bool {
    let found = Command::new("python3").arg("-V").stdout(Stdio::null()).stderr(Stdio::null()).status();
    found.is_ok_and(|status| status.success())
}

/// The output of a Python program.
pub fn python(program: &str) -> String {
    let output = Command::new("python3").args(["-c", program]).output().expect("python3");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Numbers that look random and are the same each time.
pub struct Random(pub u64);

impl Random {
    /// A number in this range.
    pub fn below(&mut self, end: usize) -> usize {
        // Marsaglia's xorshift64.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % end
    }
}
