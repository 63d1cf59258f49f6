//! `sinew init`: as PID 1 of a namespace, where there may be one, and as any process.
//! The guests boot it as the init of a machine.

mod common;

use common::{Folder, bounded, tool};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output};
use std::sync::OnceLock;

/// `sinew init` as a process among others.
fn plain() -> Command {
    let mut command = bounded(tool());
    command.arg("init");
    command
}

/// unshare(1) with a PID namespace, `/proc` of its own, and an end for all with the test.
fn unshare() -> Command {
    let mut command = bounded("unshare");
    command.args(["--pid", "--fork", "--mount-proc", "--kill-child"]);
    // SAFETY: it touches no memory.
    if unsafe { libc::geteuid() } != 0 {
        command.args(["--user", "--map-root-user"]);
    }
    command
}

/// `sinew init` as PID 1; `None` where namespaces are forbidden.
fn first() -> Option<Command> {
    static ALLOWED: OnceLock<bool> = OnceLock::new();
    let allowed = ALLOWED.get_or_init(|| {
        let output = unshare().arg("true").output();
        let allowed = output.as_ref().is_ok_and(|output| output.status.success());
        if !allowed {
            println!("not tried as PID 1: {output:?}");
        }
        allowed
    });
    allowed.then(|| {
        let mut command = unshare();
        command.arg(tool()).arg("init");
        command
    })
}

/// Both.
fn ways() -> impl Iterator<Item = (&'static str, Command)> {
    [("plain", Some(plain())), ("first", first())]
        .into_iter()
        .filter_map(|(way, command)| Some((way, command?)))
}

fn output(command: &mut Command) -> Output {
    command.output().expect("it can be started")
}

fn stderr(output: &Output) -> &str {
    str::from_utf8(&output.stderr).expect("text")
}

/// T-11
#[test]
fn every_exit_code_is_passed_on() {
    for code in 0..=255 {
        for (way, mut command) in ways() {
            let output = output(command.args(["/bin/sh", "-c", &format!("exit {code}")]));
            assert_eq!(output.status.code(), Some(code), "{way}");
            assert_eq!(stderr(&output), "", "{way}");
        }
    }
}

/// T-11
#[test]
fn a_signal_is_128_and_its_number() {
    // Without those that are ignored by default, or stop.
    let deadly = (1..=31).filter(|signal| ![17, 18, 19, 20, 21, 22, 23, 28].contains(signal));
    for signal in deadly.chain(34..=64) {
        for (way, mut command) in ways() {
            let script = format!("ulimit -c 0; kill -{signal} $$");
            let output = output(command.args(["/bin/sh", "-c", &script]));
            assert_eq!(output.status.code(), Some(128 + signal), "{way}");
        }
    }
}

/// T-12
#[test]
fn a_program_that_cannot_be_started_is_127_or_126() {
    let folder = Folder::new();
    let file = folder.join("file");
    fs::write(&file, "no program").expect("a file");
    let file = file.to_str().expect("UTF-8");
    let odd = folder.join("odd");
    fs::write(&odd, "no program").expect("a file");
    fs::set_permissions(&odd, fs::Permissions::from_mode(0o755)).expect("its mode");
    let odd = odd.to_str().expect("UTF-8");
    let cases = [
        ("/no/such/program", 127, "No such file or directory"),
        (file, 126, "Permission denied"),
        ("/", 126, "Permission denied"),
        (odd, 126, "Exec format error"),
    ];
    for (program, code, why) in cases {
        for (way, mut command) in ways() {
            let output = output(command.arg(program));
            assert_eq!(output.status.code(), Some(code), "{way}: {program}");
            assert_eq!(stderr(&output), format!("sinew init: {program}: {why}\n"), "{way}");
        }
    }
}

#[test]
fn the_program_gets_its_arguments_and_the_environment() {
    for (way, mut command) in ways() {
        let script = r#"printf '%s|' "$0" "$@" "$NAME""#;
        let command = command.args(["/bin/sh", "-c", script, "zero", "", "a b", "--boot", "--", "\u{e9}"]);
        let output = output(command.env("NAME", "value"));
        assert_eq!(output.stdout, "zero||a b|--boot|--|\u{e9}|value|".as_bytes(), "{way}");
        assert_eq!(output.status.code(), Some(0), "{way}");
    }
}

#[test]
fn a_wrong_command_line_is_64() {
    for (arguments, what) in [
        (vec![], "there is no program to start"),
        (vec!["--"], "there is no program to start"),
        (vec!["--no-such", "/bin/true"], "--no-such is no option of this command"),
        (vec!["-x"], "-x is no option of this command"),
        (vec!["--boot=now", "/bin/true"], "--boot takes no value"),
    ] {
        let output = output(plain().args(&arguments));
        assert_eq!(output.status.code(), Some(64), "{arguments:?}");
        let expected = format!("sinew init: {what}\nTry 'sinew init --help'.\n");
        assert_eq!(stderr(&output), expected, "{arguments:?}");
    }
}

#[test]
fn help_is_no_error() {
    let output = output(plain().args(["--boot", "--help"]));
    assert!(output.stdout.starts_with(b"Usage: sinew init "));
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), ""));
}

/// S-022: the program is the first child.
#[test]
fn it_is_number_one() {
    let Some(mut command) = first() else { return };
    let output = output(command.args(["/bin/sh", "-c", "echo $PPID $$"]));
    assert_eq!(output.stdout, b"1 2\n");
}

/// S-095, T-08: an orphan that ends is buried; else it would stay in `/proc` as a zombie.
#[test]
fn orphans_are_buried() {
    let Some(mut command) = first() else { return };
    let script = r#"
        orphan=$(sh -c 'sleep 0.1 >/dev/null & echo $!')
        test -e /proc/$orphan || exit 2
        grep -q '^PPid:[[:space:]]*1$' /proc/$orphan/status || exit 3
        tries=0
        while test -e /proc/$orphan; do
            tries=$((tries + 1))
            test $tries -lt 1000 || { cat /proc/$orphan/status; exit 4; }
            sleep 0.01
        done
        exit 9
    "#;
    let output = output(command.args(["/bin/sh", "-c", script]));
    assert_eq!(output.status.code(), Some(9), "{}", String::from_utf8_lossy(&output.stdout));
}

/// T-08: many at once. Nothing is left but init and the shell.
#[test]
fn many_orphans_are_buried() {
    let Some(mut command) = first() else { return };
    let script = r#"
        i=0
        while test $i -lt 500; do (: &) ; i=$((i + 1)); done
        tries=0
        while :; do
            set -- /proc/[0-9]*
            test $# -gt 2 || break
            tries=$((tries + 1))
            test $tries -lt 1000 || { echo "$@"; exit 4; }
            sleep 0.01
        done
        exit 9
    "#;
    let output = output(command.args(["/bin/sh", "-c", script]));
    assert_eq!(output.status.code(), Some(9), "{}", String::from_utf8_lossy(&output.stdout));
}

/// S-024: a signal from within does nothing to PID 1.
#[test]
fn it_cannot_be_killed_from_within() {
    let Some(mut command) = first() else { return };
    let output = output(command.args(["/bin/sh", "-c", "kill -9 1; kill -TERM 1; kill -INT 1; exit 5"]));
    assert_eq!(output.status.code(), Some(5));
}

/// The end of the program is the end of the namespace: what is left is killed.
#[test]
fn what_is_left_ends_with_it() {
    let Some(mut command) = first() else { return };
    // The one who is left holds standard output, whose end we wait for.
    let output = output(command.args(["/bin/sh", "-c", "sleep 1000 & exit 6"]));
    assert_eq!(output.status.code(), Some(6));
}

/// S-320: as the init of a machine it says how the program ended and turns the machine off,
/// which in a namespace is its end by SIGINT. What was mounted stays as it was.
#[test]
fn it_boots_a_namespace() {
    let Some(mut command) = first() else { return };
    let before = fs::read_to_string("/proc/self/mounts").expect("they can be read");
    let script = "cat /proc/mounts; exit 3";
    let output = output(command.args(["--boot", "/bin/sh", "-c", script]));
    let stderr = stderr(&output);
    assert!(stderr.contains("sinew init: /bin/sh: exit status 3\n"), "{stderr}");
    // Who may not turn it off is told so.
    if !stderr.contains("sinew init: power off: Operation not permitted\n") {
        assert_eq!(output.status.signal(), Some(libc::SIGINT), "{output:?}");
    }
    let places = |mounts: &str| {
        let place = |line: &str| line.split(' ').nth(1).map(str::to_owned);
        mounts.lines().filter_map(place).collect::<Vec<_>>()
    };
    let mounts = String::from_utf8(output.stdout).expect("text");
    for place in ["/proc", "/sys", "/dev"] {
        let count = |mounts| places(mounts).iter().filter(|other| *other == place).count();
        // unshare(1) mounts a second /proc.
        let expected = count(&before).max(1) + usize::from(place == "/proc");
        assert_eq!(count(&mounts), expected, "{place}: {mounts}");
    }
}
