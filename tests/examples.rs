//! Every example prints what `examples/expected/NAME.txt` says. `[..]` there stands for
//! anything within a line.

mod common;

use common::{PACKAGE, bounded, example, shipped_examples};
use std::fs;
use std::path::Path;

/// Whether a line is as expected.
fn matches(expected: &str, line: &str) -> bool {
    let mut pieces = expected.split("[..]");
    let Some(mut rest) = line.strip_prefix(pieces.next().unwrap_or_default()) else { return false };
    let mut pieces: Vec<_> = pieces.collect();
    let Some(last) = pieces.pop() else { return rest.is_empty() };
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
        let expected = Path::new(PACKAGE).join("examples/expected").join(&name).with_extension("txt");
        let expected = fs::read_to_string(&expected).unwrap_or_else(|_| panic!("no {}", expected.display()));
        let output = bounded(example(&name)).output().expect("it starts");
        assert!(output.status.success(), "{name}: {}", output.status);
        let printed = String::from_utf8(output.stdout).expect("UTF-8");
        let same = printed.lines().count() == expected.lines().count()
            && expected.lines().zip(printed.lines()).all(|(expected, line)| matches(expected, line));
        assert!(same, "{name} printed\n{printed}instead of\n{expected}");
    }
}
