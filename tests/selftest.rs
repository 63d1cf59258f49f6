//! The self-test program (`tests/programs/src/bin/selftest`): its cases through the crate, in a
//! program without a C library. `tests/oracle.rs` has the same cases through one.

mod common;

use common::{bounded, debug_program, program};
use std::collections::BTreeSet;
use std::path::Path;

/// Runs the program and gives its exit code and its lines.
fn run(path: &Path, arguments: &[&str]) -> (Option<i32>, Vec<String>) {
    let output = bounded(path).args(arguments).output().expect("it can be started");
    let lines = String::from_utf8(output.stdout).expect("it prints text");
    (output.status.code(), lines.lines().map(str::to_owned).collect())
}

/// All pass, no name comes twice, and the last line counts them right.
fn all_pass(path: &Path) {
    let (code, mut lines) = run(path, &[]);
    println!("{}", lines.join("\n"));
    let last = lines.pop().expect("a last line");
    let names: BTreeSet<_> = lines.iter().filter_map(|line| line.strip_prefix("ok ")).collect();
    assert_eq!(names.len(), lines.len());
    assert!(!names.is_empty());
    assert_eq!(last, format!("{} passed, 0 failed", names.len()));
    assert_eq!(code, Some(0));
}

#[test]
fn every_case_passes_in_release() {
    all_pass(&program("selftest"));
}

/// The compiler gives every function a prologue here: what must not have one is assembly.
#[test]
fn every_case_passes_in_debug() {
    all_pass(&debug_program("selftest"));
}

#[test]
fn a_case_runs_alone() {
    let path = program("selftest");
    let (code, lines) = run(&path, &["bytes_go_one_way", "handlers_nest"]);
    assert_eq!(lines, ["ok bytes_go_one_way", "ok handlers_nest", "2 passed, 0 failed"]);
    assert_eq!(code, Some(0));
    assert_eq!(run(&path, &["no_such_case"]), (Some(64), vec![]));
}
