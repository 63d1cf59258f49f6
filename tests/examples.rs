//! Every example prints what `examples/expected/NAME.txt` says: a line `$ NAME ARGUMENT...`
//! starts it, and what it prints follows. `[..]` stands for anything within a line.

mod common;

use common::{PACKAGE, bounded, example, shipped_examples};
use std::fs;
use std::path::Path;

/// Whether a line is as expected.
fn matches(expected: &str, line: &str) -> bool {
    let mut pieces: Vec<_> = expected.split("[..]").collect();
    let (first, last) = (pieces.remove(0), pieces.pop());
    let Some(last) = last else { return line == first };
    let Some(mut rest) = line.strip_prefix(first) else { return false };
    for piece in pieces {
        match rest.split_once(piece) {
            Some((_, behind)) => rest = behind,
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[test]
fn the_pattern_matches_what_it_says() {
    assert!(matches("a", "a") && matches("", "") && matches("[..]", "") && matches("a[..]c", "abbc"));
    assert!(matches("a[..]b[..]c", "axbyc") && matches("pid [..]", "pid 7"));
    assert!(!matches("a", "ab") && !matches("a[..]c", "ab") && !matches("[..]b[..]c", "ac"));
}

#[test]
fn every_example_prints_what_it_should() {
    for name in shipped_examples() {
        let transcript = Path::new(PACKAGE).join("examples/expected").join(&name).with_extension("txt");
        let transcript =
            fs::read_to_string(&transcript).unwrap_or_else(|_| panic!("no {}", transcript.display()));
        let mut lines = transcript.lines().peekable();
        assert!(lines.peek().is_some(), "{name} is not started");
        while let Some(command) = lines.next() {
            let mut words = command.split_whitespace();
            assert_eq!((words.next(), words.next()), (Some("$"), Some(&name[..])), "{command}");
            let expected: Vec<_> =
                std::iter::from_fn(|| lines.next_if(|line| !line.starts_with("$ "))).collect();

            let output = bounded(example(&name)).args(words).output().expect("it starts");
            assert!(output.status.success(), "{command}: {}", output.status);
            let printed = String::from_utf8(output.stdout).expect("UTF-8");
            let same = printed.lines().count() == expected.len()
                && expected.iter().zip(printed.lines()).all(|(expected, line)| matches(expected, line));
            assert!(same, "{command} printed\n{printed}instead of\n{}", expected.join("\n"));
        }
    }
}
