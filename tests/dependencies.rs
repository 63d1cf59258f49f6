//! What the library pulls into a program: no libc, and no std by a back door.

mod common;

use common::{PACKAGE, bounded};
use std::collections::BTreeMap;

/// The packages that the library needs on a target, with the features that are on.
fn tree(edges: &str, target: &str) -> BTreeMap<String, String> {
    let output = bounded(env!("CARGO"))
        .current_dir(PACKAGE)
        .args([
            "tree",
            "--offline",
            "--package=sinew",
            "--all-features",
            "--prefix=none",
            "--format={p} ;{f}",
        ])
        .args(["--edges", edges, "--target", target])
        .output()
        .expect("Cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).expect("UTF-8");
    let packages = lines.lines().map(|line| {
        let (package, features) = line.split_once(" ;").expect("the format above");
        let name = package.split(' ').next().expect("a name");
        (name.to_owned(), features.trim_end_matches(" (*)").to_owned())
    });
    packages.collect()
}

const TARGETS: [&str; 2] = ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"];

#[test]
fn the_library_needs_no_libc() {
    for target in TARGETS {
        let packages = tree("normal", target);
        assert!(packages.contains_key("sinew") && packages.contains_key("linux-raw-sys"), "{packages:?}");
        for foreign in ["libc", "rustix", "nix", "errno", "cc"] {
            assert!(!packages.contains_key(foreign), "{foreign} is among {:?}", packages.keys());
        }
    }
}

/// Cargo turns a feature on for the tool as well when a development dependency asks for it.
#[test]
fn no_development_dependency_turns_std_on() {
    for target in TARGETS {
        let everything = tree("normal,dev", target);
        for name in tree("normal", target).keys().filter(|name| *name != "sinew") {
            let features = &everything[name];
            assert!(!features.split(',').any(|feature| feature == "std"), "{name} has {features}");
        }
    }
}
