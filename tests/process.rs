//! Processes: fork, wait, and what a wait tells.

#[path = "common/child.rs"]
mod child;

use child::{Folder, alone, child, has_python, is_blocked_in, python, smaps, until, until_blocked_in};
use sinew::Errno;
use sinew::fd::AsRawFd;
use sinew::io;
use sinew::ipc::pipe;
use sinew::memory::{Access, MapOptions, memfd, page_size};
use sinew::process::{ExitStatus, Fork, fork, wait, wait3, wait4};
use sinew::sys::{self, Resource, Rlimit, Rusage, RusageWho, SigHandler, Timeval, WaitId, WaitOptions};
use std::sync::atomic::{AtomicI32, Ordering};
use std::{fs, ptr, thread};

fn is_dead(pid: sys::Pid) -> bool {
    let options = WaitOptions::EXITED | WaitOptions::NOHANG | WaitOptions::NOWAIT;
    let mut info = sys::SigInfo::zeroed();
    sys::waitid(WaitId::Pid(pid), Some(&mut info), options, None).expect("waitid");
    info.pid() == pid
}

/// Microseconds.
fn time(time: Timeval) -> i64 {
    assert!((0..1_000_000).contains(&time.tv_usec), "{time:?}");
    time.tv_sec * 1_000_000 + time.tv_usec
}

fn processor_time(usage: &Rusage) -> i64 {
    time(usage.ru_utime) + time(usage.ru_stime)
}

/// Uses the processor until this thread has used it that long, in microseconds.
fn burn(microseconds: i64) {
    while processor_time(&sys::getrusage(RusageWho::THREAD).expect("getrusage")) < microseconds {}
}

/// Fields of `/proc/self/stat` after the name, which may itself hold anything.
fn stat_fields() -> (sys::Pid, Vec<String>) {
    let text = fs::read_to_string("/proc/self/stat").expect("stat");
    let (first, rest) = text.split_once(" (").expect("a name");
    let (_, rest) = rest.rsplit_once(") ").expect("its end");
    (first.parse().expect("a number"), rest.split(' ').map(String::from).collect())
}

/// S-001
#[test]
fn fork_returns_zero_in_the_child_and_the_childs_number_in_the_parent() {
    alone(|| {
        let (reader, writer) = pipe().expect("pipe");
        // SAFETY: the child makes system calls and is gone.
        let pid = match unsafe { fork() }.expect("fork") {
            Fork::Child => {
                let sent = io::write_all(&writer, &sys::getpid().to_ne_bytes());
                sys::exit_group(sent.is_err().into())
            }
            Fork::Parent(pid) => pid,
        };
        drop(writer);
        let mut bytes = [0; 8];
        assert_eq!(io::read(&reader, &mut bytes), Ok(4), "one child, one number");
        assert_eq!(pid, i32::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
        assert_ne!(pid, sys::getpid());
        assert_eq!(io::read(&reader, &mut bytes), Ok(0), "nobody else goes on from there");
        let end = wait().expect("wait");
        assert_eq!((end.pid, end.status.code()), (pid, Some(0)));
    });
}

/// S-002
#[test]
fn fork_at_the_process_limit_is_an_error_and_makes_no_child() {
    alone(|| {
        child(|| {
            let none = Rlimit { rlim_cur: 0, rlim_max: 0 };
            sys::prlimit64(0, Resource::NPROC, Some(&none), None).expect("prlimit");
            // Root is exempt.
            if sys::geteuid() == 0 {
                sys::setresgid(Some(65534), Some(65534), Some(65534)).expect("setresgid");
                sys::setresuid(Some(65534), Some(65534), Some(65534)).expect("setresuid");
            }
            // SAFETY: there is no child.
            assert_eq!(unsafe { fork() }, Err(Errno::AGAIN));
            assert_eq!(wait().map(|end| end.pid), Err(Errno::CHILD));
        })
        .succeeds();
    });
}

/// S-011
#[test]
fn process_numbers_are_those_of_proc() {
    alone(|| {
        let parent = sys::getpid();
        let (own, fields) = stat_fields();
        assert_eq!((own, fields[1].as_str()), (parent, sys::getppid().to_string().as_str()));
        child(|| {
            let (own, fields) = stat_fields();
            assert_eq!((own, fields[1].as_str()), (sys::getpid(), parent.to_string().as_str()));
            assert_eq!(sys::getppid(), parent);
        })
        .succeeds();
    });
}

/// S-020
#[test]
fn a_child_has_its_own_copy_of_the_pages_that_it_writes_and_of_no_others() {
    alone(|| {
        const PAGES: usize = 16;
        let page = page_size();
        // A file's private mapping: anonymous ones can merge with their neighbours.
        let file = memfd(c"numbers", PAGES * page).expect("memfd");
        let mut numbers = MapOptions::new().access(Access::Copy).map(&file).expect("map");
        for place in 0..PAGES {
            numbers.write_at(place * page, &[100]).expect("write");
        }
        let address = numbers.as_ptr().cast_const();
        let value = |numbers: &sinew::memory::Map| {
            let mut byte = [0];
            numbers.read_at(3 * page, &mut byte).expect("read");
            byte[0]
        };
        let (reader, writer) = pipe().expect("pipe");
        let (to_child, go) = pipe().expect("pipe");
        let other = child(|| {
            assert_eq!(value(&numbers), 100);
            numbers.write_at(3 * page, &[110]).expect("write");
            io::write_all(&writer, &[value(&numbers)]).expect("write");
            assert_eq!(io::read(&to_child, &mut [0]), Ok(1));
            assert_eq!(value(&numbers), 110, "the parent's write does not come here");
        });
        let mut from_child = [0];
        assert_eq!(io::read(&reader, &mut from_child), Ok(1));
        let kib = (page / 1024) as u64;
        assert_eq!(smaps(other.pid, address, "Private_Dirty"), kib);
        assert_eq!(smaps(other.pid, address, "Shared_Dirty"), (PAGES as u64 - 1) * kib);
        numbers.write_at(3 * page, &[value(&numbers) + 20]).expect("write");
        assert_eq!([value(&numbers), from_child[0]], [120, 110]);
        io::write_all(&go, &[0]).expect("write");
        other.succeeds();
    });
}

/// S-056
#[test]
fn wait_gives_each_child_once() {
    alone(|| {
        let mut children = [3, 4].map(|code| child(move || sys::exit_group(code)).forget());
        let ends = [wait().expect("wait"), wait().expect("wait")];
        let mut waited = ends.map(|end| end.pid);
        for end in ends {
            let code = if end.pid == children[0] { 3 } else { 4 };
            assert_eq!(end.status.code(), Some(code));
        }
        children.sort_unstable();
        waited.sort_unstable();
        assert_eq!(waited, children);
        assert_eq!(wait().map(|end| end.pid), Err(Errno::CHILD));
    });
}

/// S-056
#[test]
fn wait_finds_children_of_other_process_groups() {
    alone(|| {
        let other = child(|| {});
        sys::setpgid(other.pid, 0).expect("setpgid");
        let pid = other.forget();
        assert_eq!(wait().map(|end| end.pid), Ok(pid));
    });
}

/// What the C library's macros say of a status word, as Python's functions give it: `-` where
/// the answer would mean nothing.
fn by_c_macros(word: i32) -> String {
    let exited = libc::WIFEXITED(word).then(|| libc::WEXITSTATUS(word));
    let signaled = libc::WIFSIGNALED(word).then(|| libc::WTERMSIG(word));
    let core = libc::WIFSIGNALED(word) && libc::WCOREDUMP(word);
    let stopped = libc::WIFSTOPPED(word).then(|| libc::WSTOPSIG(word));
    answers(exited, signaled, core, stopped, libc::WIFCONTINUED(word))
}

fn by_exit_status(word: i32) -> String {
    let status = ExitStatus::from_raw(word);
    assert_eq!(status.raw(), word);
    assert_eq!(status.success(), status.code() == Some(0));
    let core = status.core_dumped();
    answers(status.code(), status.signal(), core, status.stopped_signal(), status.continued())
}

fn answers(
    exited: Option<i32>,
    signaled: Option<i32>,
    core: bool,
    stopped: Option<i32>,
    continued: bool,
) -> String {
    let number = |answer: Option<i32>| answer.map_or("-".into(), |number| number.to_string());
    let [exited, signaled, stopped] = [exited, signaled, stopped].map(number);
    format!("{exited} {signaled} {} {stopped} {}", i32::from(core), i32::from(continued))
}

/// S-057, S-069 to S-073
#[test]
fn every_status_word_reads_as_the_c_macros_read_it() {
    for word in 0..=0xffff {
        assert_eq!(by_exit_status(word), by_c_macros(word), "{word:#x}");
    }
}

/// S-057, S-069 to S-073
#[test]
fn every_status_word_reads_as_python_reads_it() {
    if !has_python() {
        return;
    }
    let program = "
import os
def answer(yes, value): return value if yes else '-'
for w in range(65536):
    signaled = os.WIFSIGNALED(w)
    print(answer(os.WIFEXITED(w), os.WEXITSTATUS(w)), answer(signaled, os.WTERMSIG(w)),
          int(signaled and os.WCOREDUMP(w)), answer(os.WIFSTOPPED(w), os.WSTOPSIG(w)),
          int(os.WIFCONTINUED(w)))
";
    let lines = python(program);
    assert_eq!(lines.lines().count(), 65536);
    for (word, line) in (0..).zip(lines.lines()) {
        assert_eq!(by_exit_status(word), line, "{word:#x}");
    }
}

/// S-070
#[test]
fn the_word_of_a_child_that_goes_on_is_0xffff() {
    let status = ExitStatus::from_raw(0xffff);
    assert!(status.continued());
    assert_eq!((status.code(), status.signal(), status.stopped_signal()), (None, None, None));
}

/// S-071
#[test]
fn the_word_of_a_stopped_child_holds_the_signal_in_its_high_byte() {
    let status = ExitStatus::from_raw(0x137f);
    assert_eq!(status.stopped_signal(), Some(19));
    assert_eq!((status.code(), status.signal(), status.continued()), (None, None, false));
}

/// S-072
#[test]
fn the_word_of_a_killed_child_is_its_signal() {
    let status = ExitStatus::from_raw(9);
    assert_eq!((status.signal(), status.core_dumped()), (Some(9), false));
    assert_eq!((status.code(), status.stopped_signal()), (None, None));
}

/// S-073
#[test]
fn the_code_of_a_child_that_did_not_exit_is_none() {
    for word in [9, 0x86, 0x137f, 0xffff] {
        assert_eq!(ExitStatus::from_raw(word).code(), None, "{word:#x}");
    }
    assert_eq!(ExitStatus::from_raw(0xff00).code(), Some(255));
}

#[test]
fn a_status_says_what_happened() {
    for (word, text) in [
        (0, "exit status 0"),
        (255 << 8, "exit status 255"),
        (9, "killed by signal 9 (SIGKILL)"),
        (0x86, "killed by signal 6 (SIGABRT), core dumped"),
        (40, "killed by signal 40"),
        (0x137f, "stopped by signal 19 (SIGSTOP)"),
        (0x057f, "stopped by signal 5 (SIGTRAP)"),
        (0xffff, "continued"),
        // No kernel gives this one.
        (0xff, "status 0xff"),
    ] {
        assert_eq!(ExitStatus::from_raw(word).to_string(), text);
    }
}

/// S-063
#[test]
fn wait3_tells_what_the_child_has_used() {
    alone(|| {
        let other = child(|| burn(20_000)).forget();
        let end = wait3(WaitOptions::empty()).expect("wait3").expect("it waited");
        assert_eq!((end.pid, end.status.code()), (other, Some(0)));
        assert!(processor_time(&end.usage) >= 20_000, "{:?}", end.usage);
        assert!(end.usage.ru_maxrss > 0 && end.usage.ru_minflt > 0, "{:?}", end.usage);
    });
}

/// S-064
#[test]
fn wait4_waits_for_the_child_that_it_is_told() {
    alone(|| {
        let first = child(|| {});
        let second = child(|| burn(20_000)).forget();
        until("the first has ended", || is_dead(first.pid));
        let end = wait4(second, WaitOptions::empty()).expect("wait4").expect("it waited");
        assert_eq!((end.pid, end.status.code()), (second, Some(0)));
        assert!(processor_time(&end.usage) >= 20_000, "{:?}", end.usage);
        first.succeeds();
        let again = wait4(second, WaitOptions::empty());
        assert_eq!(again.map(|end| end.map(|end| end.pid)), Err(Errno::CHILD));
    });
}

/// S-064
#[test]
fn wait4_waits_for_any_child_of_a_process_group() {
    alone(|| {
        let outside = child(|| {});
        let inside = child(|| sys::exit_group(7));
        // Whether it is first or has ended already: only its number counts.
        sys::setpgid(inside.pid, 0).expect("setpgid");
        let pid = inside.forget();
        let end = wait4(-pid, WaitOptions::empty()).expect("wait4").expect("it waited");
        assert_eq!((end.pid, end.status.code()), (pid, Some(7)));
        let own = wait4(0, WaitOptions::empty()).expect("wait4").expect("it waited");
        assert_eq!(own.pid, outside.forget());
    });
}

/// S-065
#[test]
fn the_use_of_children_counts_once_they_are_waited_for() {
    alone(|| {
        let used = || sys::getrusage(RusageWho::CHILDREN).expect("getrusage");
        assert_eq!(used(), Rusage::default());
        let other = child(|| burn(20_000));
        until("it has ended", || is_dead(other.pid));
        assert_eq!(used(), Rusage::default());
        let end = other.wait();
        assert!(end.status.success());
        assert_eq!(used(), end.usage);
    });
}

/// S-065
#[test]
fn the_use_of_a_thread_is_its_own_and_the_processes_is_all_threads() {
    alone(|| {
        let other = thread::spawn(|| {
            burn(50_000);
            processor_time(&sys::getrusage(RusageWho::THREAD).expect("getrusage"))
        });
        let other = other.join().expect("it ends");
        let thread = processor_time(&sys::getrusage(RusageWho::THREAD).expect("getrusage"));
        let process = processor_time(&sys::getrusage(RusageWho::SELF).expect("getrusage"));
        assert!(other >= 50_000 && process >= other, "{process} {other}");
        assert!(thread < process, "{thread} {process}");
    });
}

/// S-066
#[test]
fn a_wait_that_must_not_block_gives_none_while_the_child_runs() {
    alone(|| {
        let (reader, writer) = pipe().expect("pipe");
        let other = child(|| assert_eq!(io::read(&reader, &mut [0]), Ok(1)));
        assert!(wait4(other.pid, WaitOptions::NOHANG).expect("wait4").is_none());
        assert!(wait3(WaitOptions::NOHANG).expect("wait3").is_none());
        io::write_all(&writer, &[0]).expect("write");
        other.succeeds();
    });
}

/// S-067, S-068
#[test]
fn a_stop_and_the_going_on_are_told_once_each() {
    alone(|| {
        let (reader, writer) = pipe().expect("pipe");
        let other = child(|| assert_eq!(io::read(&reader, &mut [0]), Ok(1)));
        let changes = WaitOptions::UNTRACED | WaitOptions::CONTINUED;
        let none_more = || wait4(other.pid, changes | WaitOptions::NOHANG).expect("wait4").is_none();
        assert!(none_more());

        sys::kill(other.pid, libc::SIGSTOP).expect("kill");
        let stop = wait4(other.pid, changes).expect("wait4").expect("it waited");
        assert_eq!((stop.pid, stop.status.stopped_signal()), (other.pid, Some(libc::SIGSTOP)));
        assert!(none_more());

        sys::kill(other.pid, libc::SIGCONT).expect("kill");
        let going_on = wait4(other.pid, changes).expect("wait4").expect("it waited");
        assert_eq!((going_on.pid, going_on.status.continued()), (other.pid, true));
        assert!(none_more());

        io::write_all(&writer, &[0]).expect("write");
        other.succeeds();
    });
}

/// S-067, S-068
#[test]
fn a_stop_is_not_told_to_who_did_not_ask() {
    alone(|| {
        let (reader, writer) = pipe().expect("pipe");
        let other = child(|| assert_eq!(io::read(&reader, &mut [0]), Ok(1)));
        sys::kill(other.pid, libc::SIGSTOP).expect("kill");
        let mut info = sys::SigInfo::zeroed();
        let peek = WaitOptions::STOPPED | WaitOptions::NOWAIT;
        sys::waitid(WaitId::Pid(other.pid), Some(&mut info), peek, None).expect("waitid");
        assert!(wait4(other.pid, WaitOptions::NOHANG).expect("wait4").is_none());
        sys::kill(other.pid, libc::SIGCONT).expect("kill");
        io::write_all(&writer, &[0]).expect("write");
        other.succeeds();
    });
}

/// S-069
#[test]
fn a_core_is_told_exactly_if_one_was_left() {
    alone(|| {
        let pattern = fs::read_to_string("/proc/sys/kernel/core_pattern").expect("core_pattern");
        // A program that takes the core decides about the limit itself.
        if pattern.starts_with('|') {
            return;
        }
        let folder = Folder::new();
        std::env::set_current_dir(folder.path()).expect("chdir");
        let mut was = Rlimit::default();
        sys::prlimit64(0, Resource::CORE, None, Some(&mut was)).expect("prlimit");
        for limit in [0, was.rlim_max] {
            let end = child(|| {
                let limit = Rlimit { rlim_cur: limit, rlim_max: limit };
                sys::prlimit64(0, Resource::CORE, Some(&limit), None).expect("prlimit");
                child::on_signal(libc::SIGABRT, SigHandler::DEFAULT);
                sys::kill(sys::getpid(), libc::SIGABRT).expect("kill");
            })
            .wait();
            assert_eq!(end.status.signal(), Some(libc::SIGABRT), "{}", end.status);
            if limit == 0 {
                assert!(!end.status.core_dumped());
            } else if !pattern.contains('/') {
                let cores = fs::read_dir(folder.path()).expect("read_dir").count();
                assert_eq!(end.status.core_dumped(), cores == 1, "{}", end.status);
            }
        }
    });
}

/// The kernel's own copy, read through the C library's types.
fn by_c_types(usage: &libc::rusage) -> [i64; 18] {
    [
        usage.ru_utime.tv_sec,
        usage.ru_utime.tv_usec,
        usage.ru_stime.tv_sec,
        usage.ru_stime.tv_usec,
        usage.ru_maxrss,
        usage.ru_ixrss,
        usage.ru_idrss,
        usage.ru_isrss,
        usage.ru_minflt,
        usage.ru_majflt,
        usage.ru_nswap,
        usage.ru_inblock,
        usage.ru_oublock,
        usage.ru_msgsnd,
        usage.ru_msgrcv,
        usage.ru_nsignals,
        usage.ru_nvcsw,
        usage.ru_nivcsw,
    ]
}

fn by_our_type(usage: &Rusage) -> [i64; 18] {
    [
        usage.ru_utime.tv_sec,
        usage.ru_utime.tv_usec,
        usage.ru_stime.tv_sec,
        usage.ru_stime.tv_usec,
        usage.ru_maxrss,
        usage.ru_ixrss,
        usage.ru_idrss,
        usage.ru_isrss,
        usage.ru_minflt,
        usage.ru_majflt,
        usage.ru_nswap,
        usage.ru_inblock,
        usage.ru_oublock,
        usage.ru_msgsnd,
        usage.ru_msgrcv,
        usage.ru_nsignals,
        usage.ru_nvcsw,
        usage.ru_nivcsw,
    ]
}

/// S-085
#[test]
fn all_sixteen_fields_of_a_childs_use_are_those_that_the_c_library_gets() {
    alone(|| {
        let other = child(|| burn(20_000));
        // SAFETY: zeros are valid; the C library's call fills both. It leaves the child there.
        let by_libc = unsafe {
            let mut info: libc::siginfo_t = std::mem::zeroed();
            let mut usage: libc::rusage = std::mem::zeroed();
            let options = libc::WEXITED | libc::WNOWAIT;
            let done = libc::syscall(
                libc::SYS_waitid,
                libc::P_PID,
                other.pid,
                ptr::from_mut(&mut info),
                options,
                ptr::from_mut(&mut usage),
            );
            assert_eq!(done, 0);
            usage
        };
        let end = other.wait();
        assert_eq!(by_our_type(&end.usage), by_c_types(&by_libc));
        // Which of the two gets a tick is up to the moment.
        assert!(processor_time(&end.usage) >= 20_000);

        // SAFETY: zeros are valid, and the call fills it.
        let by_libc = unsafe {
            let mut usage: libc::rusage = std::mem::zeroed();
            assert_eq!(libc::getrusage(libc::RUSAGE_CHILDREN, &mut usage), 0);
            usage
        };
        let ours = sys::getrusage(RusageWho::CHILDREN).expect("getrusage");
        assert_eq!(by_our_type(&ours), by_c_types(&by_libc));
    });
}

/// S-086
#[test]
fn a_wait_that_found_nothing_gives_no_use_and_writes_none() {
    alone(|| {
        let (reader, writer) = pipe().expect("pipe");
        let other = child(|| assert_eq!(io::read(&reader, &mut [0]), Ok(1)));
        assert!(wait3(WaitOptions::NOHANG).expect("wait3").is_none());
        let (mut status, mut usage) = (0, Rusage::default());
        let waited = sys::wait4(-1, Some(&mut status), WaitOptions::NOHANG, Some(&mut usage));
        assert_eq!((waited, status), (Ok(0), 0));
        assert_eq!(by_our_type(&usage), [0; 18]);
        io::write_all(&writer, &[0]).expect("write");
        other.succeeds();
    });
}

static WAKE: AtomicI32 = AtomicI32::new(-1);

unsafe extern "C" fn write_a_byte(_: i32) {
    // SAFETY: the descriptor is open, and the byte is there.
    unsafe { libc::write(WAKE.load(Ordering::Relaxed), ptr::from_ref(&0_u8).cast(), 1) };
}

#[test]
fn a_wait_goes_on_after_a_signal_handler() {
    alone(|| {
        let (reader, writer) = pipe().expect("pipe");
        WAKE.store(writer.as_raw_fd(), Ordering::Relaxed);
        child::on_signal(libc::SIGUSR1, SigHandler::function(write_a_byte));
        let (process, thread) = (sys::getpid(), sys::gettid());
        let other = child(|| {
            until_blocked_in(thread, libc::SYS_wait4);
            sys::tgkill(process, thread, libc::SIGUSR1).expect("tgkill");
            assert_eq!(io::read(&reader, &mut [0]), Ok(1));
            until("it waits again", || is_blocked_in(thread, libc::SYS_wait4));
        });
        other.succeeds();
    });
}

#[test]
fn waiting_without_children_is_an_error() {
    alone(|| {
        assert_eq!(wait().map(|end| end.pid), Err(Errno::CHILD));
        assert_eq!(wait3(WaitOptions::NOHANG).map(|end| end.is_some()), Err(Errno::CHILD));
        assert_eq!(wait4(sys::getppid(), WaitOptions::empty()).map(|end| end.is_some()), Err(Errno::CHILD));
    });
}

#[test]
fn an_unknown_wait_option_is_an_error() {
    let unknown = WaitOptions::from_bits_retain(0x40);
    assert_eq!(wait3(unknown).map(|end| end.is_some()), Err(Errno::INVAL));
}
