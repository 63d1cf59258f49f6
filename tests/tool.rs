//! The tool `sinew bench`, from the outside: what it prints, where, and how it ends.

mod common;

use common::{bounded_by, tool};
use serde_json::Value;
use std::ffi::CStr;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use std::{ptr, thread};

/// The tool's own channels.
#[path = "../src/cli/bench"]
#[allow(dead_code, reason = "the tool uses the rest")]
mod channels {
    pub mod channel;
    pub mod pattern;
}

const CONTENDERS: [&str; 6] = ["pipe 64K", "pipe 1M", "FIFO 64K", "FIFO 1M", "mmap 64K", "mmap 4M"];
const SIZES: [u64; 5] = [64, 1 << 10, 4 << 10, 64 << 10, 1 << 20];
const SINKS: [&str; 4] = ["/dev/null", "file", "pipe", "pty"];
const MODES: [&str; 2] = ["buffered", "unbuffered"];

/// The tool with these arguments; it lasts as long as a busy machine may need.
fn sinew(arguments: &[&str]) -> Command {
    let mut command = bounded_by(tool(), 300);
    command.args(arguments).env_remove("NO_COLOR").env_remove("TMPDIR");
    command
}

fn run(command: &mut Command) -> Output {
    command.output().expect("the tool starts")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

fn parsed(output: &Output) -> Value {
    assert!(output.status.success(), "{:?}: {}", output.status, text(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// One quick run of each kind serves several tests.
fn quick_json() -> &'static Value {
    static RUN: OnceLock<Value> = OnceLock::new();
    RUN.get_or_init(|| parsed(&run(&mut sinew(&["--quick", "--json"]))))
}

fn quick_text() -> &'static str {
    static RUN: OnceLock<String> = OnceLock::new();
    RUN.get_or_init(|| {
        let output = run(&mut sinew(&["bench", "--quick"]));
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert!(output.stderr.is_empty(), "no progress where nobody looks");
        text(&output.stdout).to_owned()
    })
}

/// The processors that this thread may use, up to two.
fn cpus() -> Vec<usize> {
    // SAFETY: all zeros is an empty set; the call fills it.
    let set = unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        assert_eq!(libc::sched_getaffinity(0, size_of_val(&set), &mut set), 0);
        set
    };
    // SAFETY: the numbers lie within the set.
    (0..1024).filter(|&cpu| unsafe { libc::CPU_ISSET(cpu, &set) }).take(2).collect()
}

/// Keeps the command on one processor, as taskset does.
fn on_cpu(command: &mut Command, cpu: usize) -> &mut Command {
    // SAFETY: one system call.
    unsafe {
        command.pre_exec(move || {
            let mut set: libc::cpu_set_t = std::mem::zeroed();
            libc::CPU_SET(cpu, &mut set);
            done(libc::sched_setaffinity(0, size_of_val(&set), &set))
        })
    }
}

fn done(result: i32) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn rows(json: &Value) -> &Vec<Value> {
    json["results"].as_array().expect("results are a list")
}

/// The rows with this trial, in order.
fn trials<'a>(json: &'a Value, trial: &str) -> Vec<&'a Value> {
    rows(json).iter().filter(|row| row["trial"] == trial).collect()
}

fn assert_figures(row: &Value) {
    let [median, min, max] = ["median", "min", "max"].map(|name| row[name].as_u64().expect("a number"));
    assert!(0 < min && min <= median && median <= max, "{row}");
}

/// All rows of the comparison, in the order in which they are measured.
fn assert_complete(json: &Value, placements: &[[usize; 2]]) {
    let throughput = trials(json, "throughput");
    let round_trip = trials(json, "round_trip");
    let output = trials(json, "output");
    assert_eq!(throughput.len() + round_trip.len() + output.len(), rows(json).len());

    let mut expected = Vec::new();
    for cpus in placements {
        for size in SIZES {
            expected.extend(CONTENDERS.map(|name| (cpus.to_vec(), size, name)));
        }
    }
    let cpus_of = |row: &Value| -> Vec<usize> {
        row["cpus"].as_array().unwrap().iter().map(|cpu| cpu.as_u64().unwrap() as usize).collect()
    };
    let found = throughput.iter().map(|row| {
        (cpus_of(row), row["message_bytes"].as_u64().unwrap(), row["contender"].as_str().unwrap())
    });
    assert_eq!(found.collect::<Vec<_>>(), expected);

    let expected = placements.iter().flat_map(|cpus| CONTENDERS.map(|name| (cpus.to_vec(), name)));
    let found = round_trip.iter().map(|row| (cpus_of(row), row["contender"].as_str().unwrap()));
    assert_eq!(found.collect::<Vec<_>>(), expected.collect::<Vec<_>>());

    let expected = MODES.iter().flat_map(|mode| SINKS.map(|sink| (*mode, sink)));
    let found = output.iter().map(|row| (row["mode"].as_str().unwrap(), row["sink"].as_str().unwrap()));
    assert_eq!(found.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
}

/// The placements on this machine: one processor, then two if there are two.
fn placements() -> Vec<[usize; 2]> {
    let cpus = cpus();
    let mut placements = vec![[cpus[0], cpus[0]]];
    if let [first, second] = cpus[..] {
        placements.push([first, second]);
    }
    placements
}

#[test]
fn json_has_every_contender_size_and_placement_with_its_spread() {
    let json = quick_json();
    assert_complete(json, &placements());
    for row in rows(json) {
        assert_figures(row);
    }
    for row in trials(json, "throughput").into_iter().chain(trials(json, "round_trip")) {
        let [all, kept] = ["rounds", "rounds_kept"].map(|name| row[name].as_u64().unwrap());
        assert!(1 <= kept && kept <= all && all <= 5, "{row}");
        assert!(row["capacity_bytes"].as_u64().unwrap() >= 64 << 10);
    }
    for row in trials(json, "output") {
        let sum = row["user_tenths_of_ns_per_line"].as_u64().unwrap()
            + row["system_tenths_of_ns_per_line"].as_u64().unwrap();
        assert!(sum > 0, "{row}");
    }
}

#[test]
fn the_machine_is_named() {
    let json = quick_json();
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    assert_eq!(json["kernel"], release.trim_end());
    assert_eq!(json["sinew"], env!("CARGO_PKG_VERSION"));
    assert!(!json["cpu"].as_str().unwrap().is_empty());
    assert!(json["cpus"].as_u64().unwrap() >= 1);
    // SAFETY: it reads a number.
    assert_eq!(json["page_bytes"].as_i64(), Some(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }));

    let first = quick_text().lines().next().unwrap();
    assert!(first.starts_with(&format!("Linux {} on ", release.trim_end())), "{first}");
    assert!(first.ends_with(" KiB"), "{first}");
}

#[test]
fn text_is_aligned_and_plain_where_no_terminal_is() {
    let out = quick_text();
    assert!(!out.contains('\x1b') && !out.contains('\r'));
    let rows: Vec<Vec<char>> = out
        .lines()
        .filter(|line| line.starts_with("  ") && line.contains(" to "))
        .map(|line| line.chars().collect())
        .collect();
    assert_eq!(
        rows.len(),
        placements().len() * (SIZES.len() + 1) * CONTENDERS.len() + SINKS.len() * MODES.len()
    );
    for row in &rows {
        let line: String = row.iter().collect();
        let column = |range: std::ops::Range<usize>| row[range].iter().collect::<String>();
        assert!(row[2] != ' ', "the name: {line}");
        assert!(row[18].is_ascii_digit() && row[19] == ' ', "the median: {line}");
        assert!(column(21..45).chars().all(|c| c == ' ' || !c.is_ascii()), "the bar: {line}");
        assert_eq!(column(54..58), " to ", "the spread: {line}");
        assert!(row[53].is_ascii_digit() && row[65].is_ascii_digit(), "the spread: {line}");
        assert!(row.len() <= 80, "{line}");
    }
    for line in out.lines() {
        assert_eq!(line.trim_end(), line, "nothing behind the end");
    }
}

#[test]
fn both_placements_are_named() {
    let out = quick_text();
    let cpus = cpus();
    assert!(out.contains(&format!(" - both on CPU {}\n", cpus[0])));
    if let [first, second] = cpus[..] {
        assert!(out.contains(&format!(" - CPUs {first} and {second}, ")));
        assert!(out.contains("a line ") && out.contains(" rounds\n"));
    }
}

#[test]
fn with_one_cpu_only_the_first_placement_is_measured() {
    let cpu = *cpus().last().unwrap();
    let json = parsed(&run(on_cpu(&mut sinew(&["--quick", "--json"]), cpu)));
    assert_complete(&json, &[[cpu, cpu]]);
    assert_eq!(json["cpus"], 1);
    rows(&json).iter().for_each(assert_figures);
}

/// A terminal with nobody at it: the side that its program holds, and the terminal.
fn terminal() -> (File, OwnedFd) {
    // SAFETY: the descriptors are new, and nobody else has them.
    unsafe {
        let (mut master, mut terminal) = (0, 0);
        let null = ptr::null_mut();
        assert_eq!(libc::openpty(&mut master, &mut terminal, null, null.cast(), null.cast()), 0);
        // Not for the children.
        libc::fcntl(master, libc::F_SETFD, libc::FD_CLOEXEC);
        libc::fcntl(terminal, libc::F_SETFD, libc::FD_CLOEXEC);
        (File::from_raw_fd(master), OwnedFd::from_raw_fd(terminal))
    }
}

/// Everything that comes out of a terminal until nobody writes there any more.
fn read_terminal(mut master: File) -> String {
    let mut seen = Vec::new();
    let mut buffer = [0; 4096];
    // The end of a terminal is EIO.
    while let Ok(count @ 1..) = master.read(&mut buffer) {
        seen.extend_from_slice(&buffer[..count]);
    }
    String::from_utf8(seen).expect("UTF-8")
}

/// Runs the tool with standard output and standard error on terminals of their own.
fn on_terminals(command: &mut Command) -> (String, String) {
    let (out_master, out) = terminal();
    let (error_master, error) = terminal();
    let mut child = command.stdout(out).stderr(error).spawn().expect("the tool starts");
    // The command keeps its copies of the terminals.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let errors = thread::spawn(move || read_terminal(error_master));
    let seen = read_terminal(out_master);
    assert!(child.wait().unwrap().success());
    (seen, errors.join().unwrap())
}

#[test]
fn colour_and_progress_on_a_terminal() {
    let (out, errors) = on_terminals(&mut sinew(&["--quick"]));
    assert!(out.contains("\x1b[32m") && out.contains("\x1b[1m") && out.contains("\x1b[0m"));
    assert!(out.contains("mmap 4M"));
    assert!(errors.contains("one CPU") && errors.contains("/dev/null"), "{errors:?}");
    assert!(errors.ends_with("\r\x1b[K"), "the progress is wiped away: {errors:?}");
}

#[test]
fn no_color_is_respected_and_an_empty_one_is_none() {
    let cpu = cpus()[0];
    let (out, _) = on_terminals(on_cpu(sinew(&["--quick"]).env("NO_COLOR", "1"), cpu));
    assert!(!out.contains('\x1b') && out.contains("mmap 4M"));
    let (out, _) = on_terminals(on_cpu(sinew(&["--quick"]).env("NO_COLOR", ""), cpu));
    assert!(out.contains("\x1b[32m"));
}

#[test]
fn wrong_arguments_end_in_64_with_a_message_on_standard_error() {
    let wrong: [&[&str]; 8] = [
        &["nothing"],
        &[""],
        &["bench", "operand"],
        &["--", "bench"],
        &["--nothing"],
        &["-x"],
        &["bench", "--json=yes"],
        &["init"],
    ];
    for arguments in wrong {
        let output = run(&mut sinew(arguments));
        assert_eq!(output.status.code(), Some(64), "{arguments:?}");
        assert_eq!(text(&output.stdout), "", "{arguments:?}");
        let message = text(&output.stderr);
        assert!(message.starts_with("sinew") && message.contains("--help'.\n"), "{arguments:?}: {message}");
    }
}

#[test]
fn every_command_has_help_and_version() {
    for (arguments, start) in [
        (&["--help"] as &[&str], "Usage: sinew ["),
        (&["-h"], "Usage: sinew ["),
        (&["bench", "--help"], "Usage: sinew [bench]"),
        (&["bench", "--quick", "-h"], "Usage: sinew [bench]"),
        (&["init", "--help"], "Usage: sinew init"),
        (&["init", "-h"], "Usage: sinew init"),
        (&["--version"], concat!("sinew ", env!("CARGO_PKG_VERSION"), "\n")),
        (&["-V"], concat!("sinew ", env!("CARGO_PKG_VERSION"), "\n")),
        (&["bench", "--version"], concat!("sinew ", env!("CARGO_PKG_VERSION"), "\n")),
        (&["init", "-V"], concat!("sinew ", env!("CARGO_PKG_VERSION"), "\n")),
    ] {
        let output = run(&mut sinew(arguments));
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert_eq!(text(&output.stderr), "");
        assert!(text(&output.stdout).starts_with(start), "{arguments:?}");
        for line in text(&output.stdout).lines() {
            assert!(line.len() <= 80, "{line}");
        }
    }
}

/// Lets the command see other mounts than everybody else, which `prepare` makes. False if
/// this machine does not allow that.
fn with_mounts(command: &mut Command, prepare: fn() -> io::Result<()>) -> bool {
    fn private() -> io::Result<()> {
        // SAFETY: system calls with constant strings.
        unsafe {
            let user = if libc::geteuid() == 0 { 0 } else { libc::CLONE_NEWUSER };
            done(libc::unshare(libc::CLONE_NEWNS | user))?;
            done(libc::mount(
                c"none".as_ptr(),
                c"/".as_ptr(),
                ptr::null(),
                libc::MS_REC | libc::MS_PRIVATE,
                ptr::null(),
            ))
        }
    }
    // SAFETY: system calls only.
    let trial = unsafe {
        Command::new("/proc/self/exe").arg("--list").stdout(Stdio::null()).pre_exec(private).status()
    };
    if let Err(error) = trial {
        eprintln!("no mounts of one's own here: {error}");
        return false;
    }
    // SAFETY: system calls only.
    unsafe { command.pre_exec(move || private().and_then(|()| prepare())) };
    true
}

fn mount_tmpfs(on: &CStr, flags: libc::c_ulong) -> io::Result<()> {
    // SAFETY: constant strings.
    unsafe { done(libc::mount(c"none".as_ptr(), on.as_ptr(), c"tmpfs".as_ptr(), flags, ptr::null())) }
}

/// The rows that did not succeed, by what they say.
fn errors(json: &Value) -> Vec<(String, String)> {
    let failed = rows(json).iter().filter(|row| row["error"].is_string());
    failed
        .map(|row| {
            assert!(row["median"].is_null(), "{row}");
            let name = row["contender"].as_str().or(row["sink"].as_str()).unwrap();
            (name.to_owned(), row["error"].as_str().unwrap().to_owned())
        })
        .collect()
}

#[test]
fn without_pseudo_terminals_those_rows_say_so() {
    /// A `/dev` in which there is `null` and nothing else.
    fn bare_dev() -> io::Result<()> {
        // SAFETY: system calls with constant strings.
        unsafe {
            // The old file stays within reach by its descriptor.
            done(libc::dup2(libc::open(c"/dev/null".as_ptr(), libc::O_PATH), 99) - 99)?;
            mount_tmpfs(c"/dev", 0)?;
            libc::close(libc::open(c"/dev/null".as_ptr(), libc::O_CREAT | libc::O_WRONLY, 0o600));
            let (source, target, none) = (c"/proc/self/fd/99", c"/dev/null", ptr::null());
            done(libc::mount(source.as_ptr(), target.as_ptr(), none, libc::MS_BIND, none.cast()))
        }
    }
    let mut command = sinew(&["--quick", "--json"]);
    if !with_mounts(on_cpu(&mut command, cpus()[0]), bare_dev) {
        return;
    }
    let json = parsed(&run(&mut command));
    let missing = ("pty".to_owned(), "No such file or directory".to_owned());
    assert_eq!(errors(&json), [missing.clone(), missing]);
}

#[test]
fn without_a_writable_folder_those_rows_say_so() {
    fn read_only() -> io::Result<()> {
        mount_tmpfs(c"/tmp", libc::MS_RDONLY)?;
        mount_tmpfs(c"/dev/shm", libc::MS_RDONLY)
    }
    let mut command = sinew(&["--quick", "--json"]);
    if tool().starts_with("/tmp") || !with_mounts(on_cpu(&mut command, cpus()[0]), read_only) {
        return;
    }
    // Nobody makes a file there.
    let json = parsed(&run(command.current_dir("/proc").env("TMPDIR", "/proc/self")));
    let blocks = SIZES.len() + 1;
    let failed = errors(&json);
    for (name, count) in [("FIFO 64K", blocks), ("FIFO 1M", blocks), ("file", MODES.len())] {
        assert_eq!(failed.iter().filter(|(row, _)| row == name).count(), count, "{failed:?}");
    }
    assert_eq!(failed.len(), 2 * blocks + MODES.len());
    assert!(failed.iter().all(|(_, error)| error == "Read-only file system"), "{failed:?}");
}

/// What holds on to a descriptor of a process: as long as one is left, there is no end.
/// Every process of the tool has its standard error open.
fn assert_all_end(errors: &impl AsRawFd) {
    let begin = Instant::now();
    let mut poll = libc::pollfd { fd: errors.as_raw_fd(), events: 0, revents: 0 };
    // SAFETY: one descriptor.
    let ready = unsafe { libc::poll(&mut poll, 1, 30_000) };
    assert!(ready == 1 && poll.revents & libc::POLLHUP != 0, "a process is left after {:?}", begin.elapsed());
}

/// The tool with pipes for its output; its first line has come.
fn started(command: &mut Command) -> (Child, BufReader<ChildStdout>) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut String::new()).unwrap();
    (child, out)
}

/// The child of this process, as soon as it has one for which `wanted` gives something.
fn of_second_process<T>(child: &Child, wanted: impl Fn(u32) -> Option<T>) -> T {
    let path = format!("/proc/{0}/task/{0}/children", child.id());
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(30) {
        let children = fs::read_to_string(&path).expect("it runs");
        if let Some(found) = children.split_whitespace().find_map(|pid| wanted(pid.parse().unwrap())) {
            return found;
        }
        thread::yield_now();
    }
    panic!("there is no second process");
}

#[test]
fn a_reader_that_has_seen_enough_ends_it() {
    for arguments in [&["--quick"] as &[&str], &["--quick", "--json"]] {
        let (mut child, out) = started(&mut sinew(arguments));
        drop(out);
        let mut errors = child.stderr.take().unwrap();
        assert_all_end(&errors);
        assert_eq!(child.wait().unwrap().signal(), Some(libc::SIGPIPE));
        let mut message = String::new();
        errors.read_to_string(&mut message).unwrap();
        assert_eq!(message, "");
    }
}

#[test]
fn a_full_device_ends_it_with_74_and_one_message() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = run(sinew(&["--quick"]).stdout(full));
    assert_eq!(output.status.code(), Some(74));
    assert_eq!(text(&output.stderr), "error: No space left on device\n");
}

/// Whatever the second process is doing then: it may be waiting, sending, or spinning in a
/// probe.
#[test]
fn killing_it_leaves_nobody_behind() {
    for lines in [0, 3, 7, 12, 37, 40, 43, 49] {
        let (mut child, mut out) = started(&mut sinew(&["--quick", "--json"]));
        for _ in 0..lines {
            out.read_line(&mut String::new()).unwrap();
        }
        // Not a wait for anything: another moment each time.
        thread::sleep(Duration::from_millis(lines % 7 * 9));
        let errors = child.stderr.take().unwrap();
        child.kill().unwrap();
        assert_all_end(&errors);
        child.wait().unwrap();
    }
}

/// A process that spins does not notice by itself that nobody answers any more.
#[test]
fn killing_it_in_a_probe_leaves_nobody_behind() {
    if cpus().len() < 2 {
        return;
    }
    let kill = |pid: u32, signal| {
        // SAFETY: a process of ours that nobody has waited for.
        unsafe { libc::kill(pid as i32, signal) };
    };
    // The probes are a small part of the time: stop it again and again until the other
    // process is seen to run, and to go on running, while it waits for a stopped one.
    for _ in 0..5 {
        let (mut child, mut out) = started(&mut sinew(&["--quick", "--json"]));
        for _ in 0..CONTENDERS.len() * (SIZES.len() + 1) {
            out.read_line(&mut String::new()).unwrap();
        }
        let second = of_second_process(&child, Some);
        let reader = thread::spawn(move || io::copy(&mut out, &mut io::sink()));
        let stat = format!("/proc/{second}/stat");
        let runs = || fs::read_to_string(&stat).is_ok_and(|line| line.contains(") R "));
        while fs::exists(&stat).unwrap() {
            kill(child.id(), libc::SIGSTOP);
            let spins = (0..30).all(|_| {
                thread::sleep(Duration::from_millis(1));
                runs()
            });
            if spins {
                let errors = child.stderr.take().unwrap();
                child.kill().unwrap();
                child.wait().unwrap();
                return assert_all_end(&errors);
            }
            kill(child.id(), libc::SIGCONT);
            thread::sleep(Duration::from_millis(2));
        }
        child.wait().unwrap();
        reader.join().unwrap().unwrap();
    }
    println!("no probe was met");
}

#[test]
fn it_ends_when_its_second_process_was_killed() {
    for lines in [0, 1, 37, 43] {
        let (mut child, mut out) = started(&mut sinew(&["--quick", "--json"]));
        for _ in 0..lines {
            out.read_line(&mut String::new()).unwrap();
        }
        let second = of_second_process(&child, Some);
        // SAFETY: it is the tool's child, which nobody has waited for.
        unsafe { libc::kill(second as i32, libc::SIGKILL) };
        thread::spawn(move || io::copy(&mut out, &mut io::sink()));
        let errors = child.stderr.take().unwrap();
        assert_all_end(&errors);
        // It was either at its work, or was printing on behalf of a row.
        let status = child.wait().unwrap();
        assert!(matches!(status.code(), Some(0 | 71)), "{status:?}");
    }
}

/// One byte more in the pipe than was sent.
#[test]
fn a_byte_that_was_not_sent_makes_the_row_an_error() {
    let (child, mut out) = started(on_cpu(&mut sinew(&["--quick", "--json"]), cpus()[0]));
    let mut pipe = of_second_process(&child, |pid| {
        // Only that contender has so large a pipe, and the child only reads from it.
        fs::read_dir(format!("/proc/{pid}/fd")).ok()?.find_map(|entry| {
            let path = entry.ok()?.path();
            let is_pipe = fs::read_link(&path).ok()?.to_str()?.starts_with("pipe:");
            let pipe = is_pipe.then(|| File::options().write(true).open(&path).ok())??;
            // SAFETY: it asks for a number.
            let size = unsafe { libc::fcntl(pipe.as_raw_fd(), libc::F_GETPIPE_SZ) };
            (size == 1 << 20).then_some(pipe)
        })
    });
    pipe.write_all(b"!").unwrap();
    drop(pipe);
    let mut rest = String::from("{\"results\":[\n");
    out.read_to_string(&mut rest).unwrap();
    assert!(child.wait_with_output().unwrap().status.success());
    let json = serde_json::from_str(&rest).expect("JSON");
    let expected = ("pipe 1M".to_owned(), "Bad message".to_owned());
    assert_eq!(errors(&json), vec![expected; SIZES.len() + 1]);
}

/// Both sides check what the other one writes into the ring's header; and none waits for a
/// side that has given up.
#[test]
fn nonsense_in_shared_memory_makes_the_row_an_error() {
    let (child, mut out) = started(on_cpu(&mut sinew(&["--quick", "--json"]), cpus()[0]));
    let (pid, ring) = of_second_process(&child, |pid| {
        let maps = fs::read_to_string(format!("/proc/{pid}/maps")).ok()?;
        maps.lines().filter(|line| line.contains("sinew-ring")).find_map(|line| {
            let (from, to) = line.split(' ').next()?.split_once('-')?;
            let [from, to] = [from, to].map(|text| usize::from_str_radix(text, 16).unwrap());
            (to - from >= 4 << 20).then_some((pid, from))
        })
    });
    let stop = AtomicBool::new(false);
    let mut rest = String::from("{\"results\":[\n");
    thread::scope(|scope| {
        scope.spawn(|| {
            let nonsense = [1_u64 << 60];
            // The positions of both sides stand in the first two pairs of lines.
            while !stop.load(Ordering::Relaxed) {
                for place in [0, 128] {
                    let local = libc::iovec { iov_base: nonsense.as_ptr().cast_mut().cast(), iov_len: 8 };
                    let iov_base = ptr::without_provenance_mut(ring + place);
                    let remote = libc::iovec { iov_base, iov_len: 8 };
                    // SAFETY: it reads our word; what it writes belongs to another process.
                    unsafe { libc::process_vm_writev(pid as i32, &local, 1, &remote, 1, 0) };
                }
            }
        });
        // One block is enough.
        for _ in 0..CONTENDERS.len() {
            out.read_line(&mut rest).unwrap();
        }
        stop.store(true, Ordering::Relaxed);
    });
    out.read_to_string(&mut rest).unwrap();
    assert!(child.wait_with_output().unwrap().status.success());
    let json = serde_json::from_str(&rest).expect("JSON");
    let expected = ("mmap 4M".to_owned(), "Bad message".to_owned());
    assert_eq!(errors(&json), vec![expected; SIZES.len() + 1]);
}

mod receiver {
    //! The tool's receiver compares every byte.

    use super::channels::channel::{CONTENDERS, Channel, Receiver, Sender};
    use super::channels::pattern::Pattern;
    use sinew::Errno;

    /// Another process, for a moment, sends `bytes` and closes; what does the receiver say?
    fn received(contender: usize, pattern: &Pattern, bytes: &[u8], expected: u64) -> Result<(), Errno> {
        let folder = std::env::temp_dir();
        let channel = CONTENDERS[contender].open(Some(folder.as_os_str().as_encoded_bytes()));
        let (mut sender, mut receiver) = match channel.expect("it opens") {
            Channel::Stream(reader, writer) => (Sender::Stream(writer), Receiver::Stream(reader)),
            Channel::Ring(ring) => {
                let (producer, consumer) = ring.split().expect("room for it");
                (Sender::Ring(producer), Receiver::Ring(consumer))
            }
        };
        match &mut sender {
            Sender::Stream(writer) => sinew::io::write_all(&*writer, bytes).expect("room for it"),
            Sender::Ring(producer) => producer.write_all(bytes).expect("room for it"),
        }
        drop(sender);
        let mut buffer = vec![0; 1000];
        receiver.receive(pattern, &mut buffer, expected)
    }

    #[test]
    fn takes_what_was_sent_and_nothing_else() {
        let pattern = Pattern::new().expect("memory");
        let right = pattern.at(0, 10_000).to_vec();
        for contender in 0..CONTENDERS.len() {
            let received = |bytes: &[u8]| received(contender, &pattern, bytes, 10_000);
            assert_eq!(received(&right), Ok(()));
            for place in [0, 1, 999, 1000, 9999] {
                let mut wrong = right.clone();
                wrong[place] ^= 1;
                assert_eq!(received(&wrong), Err(Errno::BADMSG), "byte {place}");
            }
            let mut lost = right.clone();
            lost.remove(5000);
            assert_eq!(received(&lost), Err(Errno::BADMSG));
            let mut swapped = right.clone();
            let (first, second) = swapped.split_at_mut(5000);
            first.swap_with_slice(second);
            assert_eq!(received(&swapped), Err(Errno::BADMSG));
            assert_eq!(received(&right[..9999]), Err(Errno::PIPE));
        }
    }
}

/// No bound is asserted: the machine may be busy. The figures are for whoever reads them.
#[test]
fn how_long_it_takes() {
    for arguments in [&["--json"] as &[&str], &["--quick", "--json"]] {
        let begin = Instant::now();
        let json = parsed(&run(&mut sinew(arguments)));
        println!("sinew {}: {:.1} s", arguments.join(" "), begin.elapsed().as_secs_f64());
        assert_complete(&json, &placements());
    }
}
