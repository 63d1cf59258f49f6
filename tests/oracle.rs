//! The cases of the self-test by the host's C library: what they expect is what Linux does.

#[path = "calls/libc.rs"]
mod calls;
mod cases;

#[test]
fn the_cases_hold_by_the_hosts_c_library() {
    let cases = cases::SHARED.iter().copied().flatten();
    let count = cases::run::run(cases, &mut |line| println!("{line}")).expect("cases can be run");
    assert!(count.passed > 0);
    assert_eq!(count.failed, 0);
}
