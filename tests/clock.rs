//! The clock of the vDSO: it costs no system call, and without it there is one.

mod common;

use common::trace::{Ended, Tracee};
use common::{bounded, program};

/// The end of the argument vector, or of the environment, from this index on.
fn behind_null(stack: &[u64], from: usize) -> usize {
    from + stack[from..].iter().position(|word| *word == 0).expect("a null pointer") + 1
}

/// The two times that `probe` prints: the vDSO's, then that of the system call.
fn times(ended: &Ended) -> [f64; 2] {
    assert!(ended.status.success(), "{}", ended.status);
    let output = str::from_utf8(&ended.output).expect("UTF-8");
    let times: Vec<_> = output.lines().map(|line| line.parse().expect("seconds")).collect();
    times.try_into().expect("two times")
}

fn clock_calls(calls: &[i64]) -> usize {
    calls.iter().filter(|call| **call == libc::SYS_clock_gettime).count()
}

/// Both clocks are read within the same process, one after the other.
fn assert_near([first, second]: [f64; 2]) {
    assert!(first <= second, "{first} was before {second}");
    assert!(second - first < 30.0, "{first} is not near {second}");
    // SAFETY: it fills the time.
    let now = unsafe {
        let mut now = std::mem::zeroed();
        libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut now);
        now.tv_sec as f64 + now.tv_nsec as f64 * 1e-9
    };
    assert!(second <= now && now - first < 30.0, "{first} is not near {now}");
}

#[test]
fn the_vdso_tells_the_time_without_a_system_call() {
    let (calls, ended) = Tracee::start(bounded(program("probe")).arg("clock")).system_calls();
    assert_near(times(&ended));
    // The only call is the one that the program makes by name.
    assert_eq!(clock_calls(&calls), 1);
}

#[test]
fn without_a_vdso_the_system_call_tells_the_time() {
    let tracee = Tracee::start(bounded(program("probe")).arg("clock"));
    let stack = tracee.stack();
    let auxiliary = behind_null(&stack, behind_null(&stack, 1));
    let entry = (auxiliary..).step_by(2).take_while(|entry| stack[*entry] != 0);
    let entry = entry.into_iter().find(|entry| stack[*entry] == libc::AT_SYSINFO_EHDR);
    const AT_IGNORE: u64 = 1;
    tracee.set_stack(entry.expect("this kernel has a vDSO"), AT_IGNORE);

    let (calls, ended) = tracee.system_calls();
    assert_near(times(&ended));
    assert_eq!(clock_calls(&calls), 2);
}

/// Beside a libc, which found the vDSO its own way.
#[test]
fn the_clock_is_that_of_libc() {
    use sinew::sys::Clock;
    let ours = || {
        let time = sinew::runtime::clock_gettime(Clock::MONOTONIC).expect("a clock");
        (time.tv_sec, time.tv_nsec)
    };
    let theirs = || {
        // SAFETY: it fills the time.
        let time = unsafe {
            let mut time = std::mem::zeroed();
            assert_eq!(libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut time), 0);
            time
        };
        (time.tv_sec, time.tv_nsec)
    };
    let times = [theirs(), ours(), theirs(), ours(), theirs()];
    assert!(times.is_sorted(), "{times:?}");
}
