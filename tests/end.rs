//! How a program ends: its status, and what is run or written before.

mod common;

use common::{bounded, debug_program, program};
use sinew::runtime::ExitCode;
use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Command, Output};
use std::ptr;

/// What `probe` does when it is told to end so.
fn end(program: &Path, arguments: &[&str]) -> Output {
    bounded(program).args(arguments).output().expect("it starts")
}

/// The names of `sysexits.h`, as every system has had them since 4.3BSD.
const SYSEXITS: [(&str, u8); 16] = [
    ("SUCCESS", 0),
    ("USAGE", 64),
    ("DATAERR", 65),
    ("NOINPUT", 66),
    ("NOUSER", 67),
    ("NOHOST", 68),
    ("UNAVAILABLE", 69),
    ("SOFTWARE", 70),
    ("OSERR", 71),
    ("OSFILE", 72),
    ("CANTCREAT", 73),
    ("IOERR", 74),
    ("TEMPFAIL", 75),
    ("PROTOCOL", 76),
    ("NOPERM", 77),
    ("CONFIG", 78),
];

/// S-047
#[test]
fn exit_codes_are_those_of_sysexits() {
    for (name, number) in SYSEXITS {
        let (_, code) = ExitCode::ALL.iter().find(|(ours, _)| *ours == name).expect("a constant");
        assert_eq!(code.raw(), number, "{name}");
    }
    assert_eq!(ExitCode::FAILURE.raw(), 1);
    assert_eq!(ExitCode::ALL.len(), SYSEXITS.len() + 1);
}

/// S-047. Python got its numbers from this system's header.
#[test]
fn exit_codes_are_those_of_python() {
    let list = "import os; [print(n[3:], getattr(os, n)) for n in dir(os) if n.startswith('EX_')]";
    let output = match bounded("python3").args(["-c", list]).output() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return println!("no python3 here"),
        output => output.expect("it starts"),
    };
    assert!(output.status.success());
    let mut count = 0;
    for line in str::from_utf8(&output.stdout).expect("UTF-8").lines() {
        let (name, number) = line.split_once(' ').expect("a name and a number");
        let name = if name == "OK" { "SUCCESS" } else { name };
        // `EX_NOTFOUND` exists where a system has it; Linux has not.
        let (_, code) = ExitCode::ALL.iter().find(|(ours, _)| *ours == name).expect("a constant");
        assert_eq!(code.raw().to_string(), number, "{name}");
        count += 1;
    }
    assert_eq!(count, SYSEXITS.len());
}

/// S-047
#[test]
fn a_parent_sees_each_exit_code() {
    for (_, code) in ExitCode::ALL {
        for question in ["return", "exit", "exit_group"] {
            let output = end(&program("probe"), &[question, &code.raw().to_string()]);
            assert_eq!(output.status.code(), Some(code.raw().into()), "{question}");
            assert!(output.stderr.is_empty());
        }
    }
}

/// S-045: the status is cut to eight bits, as for every process.
#[test]
fn exit_group_runs_nothing() {
    for (number, status) in [("0", 0), ("7", 7), ("255", 255), ("256", 0), ("513", 1), ("-1", 255)] {
        let output = end(&program("probe"), &["exit_group", number]);
        assert_eq!((output.status.code(), &output.stdout[..]), (Some(status), &b""[..]));
    }
}

/// S-046
#[test]
fn exit_runs_what_was_left_for_it_and_drops_nothing() {
    let output = end(&program("probe"), &["exit", "3"]);
    assert_eq!((output.status.code(), &output.stdout[..]), (Some(3), &b"at exit\n"[..]));
}

/// S-046
#[test]
fn returning_from_main_drops_and_then_runs_what_was_left_for_the_end() {
    let output = end(&program("probe"), &["return", "3"]);
    assert_eq!((output.status.code(), &output.stdout[..]), (Some(3), &b"dropped\nat exit\n"[..]));
}

#[test]
fn an_error_that_main_returns_is_printed() {
    let output = end(&program("probe"), &["error"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(output.stdout, b"dropped\nat exit\n");
    assert_eq!(output.stderr, b"error: No such file or directory\n");
}

/// Output that is lost at the very end must not look like success.
#[test]
fn output_that_is_lost_makes_a_success_a_failure() {
    for (number, status) in [("0", 74), ("3", 3)] {
        let output = end(&program("probe"), &["lost", number]);
        assert_eq!(output.status.code(), Some(status));
        assert_eq!(output.stderr, b"error: No space left on device\n");
    }
}

#[test]
fn a_panic_says_what_and_where_and_ends_in_sigabrt() {
    let source = include_str!("programs/src/bin/probe.rs");
    let line = source.lines().position(|line| line.contains("panic!(")).expect("it panics") + 1;
    for program in [program("probe"), debug_program("probe")] {
        let output = end(&program, &["panic"]);
        assert_eq!(output.status.signal(), Some(libc::SIGABRT), "{}", program.display());
        assert_eq!(output.stdout, b"", "a panic drops nothing and runs nothing");
        let message = String::from_utf8(output.stderr).expect("UTF-8");
        let (place, message) = message.split_once(":\n").expect("a place, then a message");
        assert!(place.starts_with("panicked at "), "{place}");
        assert!(place.contains(&format!("src/bin/probe.rs:{line}:")), "{place}");
        assert_eq!(message, "the number 7 is wrong\n");
    }
}

/// A shell says 134.
#[test]
fn a_shell_sees_a_panic_as_134() {
    let mut shell = bounded("sh");
    let output =
        shell.args(["-c", "\"$0\" panic; exit $?"]).arg(program("probe")).output().expect("it starts");
    assert_eq!(output.status.code(), Some(134));
}

/// A command whose signals are arranged before the exec, which keeps what is ignored and what
/// is blocked.
fn arranged(program: &Path, question: &str, arrange: fn()) -> Command {
    let mut command = bounded(program);
    command.arg(question);
    // SAFETY: both arrangements below make only calls that are async-signal-safe.
    unsafe {
        command.pre_exec(move || {
            arrange();
            Ok(())
        })
    };
    command
}

fn ignore() {
    // SAFETY: it installs no code.
    unsafe { libc::signal(libc::SIGABRT, libc::SIG_IGN) };
}

fn block() {
    // SAFETY: the set is filled before it is read.
    unsafe {
        let mut every = std::mem::zeroed();
        libc::sigfillset(&mut every);
        libc::sigprocmask(libc::SIG_BLOCK, &every, ptr::null_mut());
    }
}

fn ignore_and_block() {
    ignore();
    block();
}

/// S-048, S-049
#[test]
fn abort_cannot_be_ignored_or_blocked() {
    let arrangements: [fn(); 4] = [|| {}, ignore, block, ignore_and_block];
    for program in [program("probe"), debug_program("probe")] {
        for question in ["abort", "panic"] {
            for arrange in arrangements {
                let output = arranged(&program, question, arrange).output().expect("it starts");
                assert_eq!(output.status.signal(), Some(libc::SIGABRT), "{}", output.status);
                assert_eq!(output.stdout, b"");
            }
        }
    }
}

/// Nobody reads standard error: the end is the same.
#[test]
fn a_panic_that_nobody_can_read_ends_in_sigabrt() {
    for redirection in ["2>&-", "2>/dev/full"] {
        let script = format!("exec \"$0\" panic {redirection}");
        let output = bounded("sh").args(["-c", &script]).arg(program("probe")).output().expect("it starts");
        assert_eq!(output.status.signal(), Some(libc::SIGABRT), "{redirection}");
    }
}
