//! Processes: fork, the ways to end, waiting, groups, orphans.

use super::Outcome;
use super::tools::{
    MILLISECOND, child, is_readable, no_core, set, shared_words, status_after, status_of, stay,
};
use crate::calls::{self, Errno};
use core::hint::black_box;
use core::sync::atomic::{AtomicU32, Ordering};

/// S-001, S-011: fork gives 0 to the child and the child's number to the parent.
fn fork_returns_twice() -> Outcome {
    let words = shared_words()?;
    let parent = calls::getpid();
    let child = child(|| {
        words[0].store(calls::getpid() as u32, Ordering::SeqCst);
        check_eq!(calls::getppid(), parent);
        Ok(())
    })?;
    check_eq!(status_of(child), Ok(0));
    check_eq!(words[0].load(Ordering::SeqCst), child as u32);
    check!(child != parent);
    check_eq!(calls::getpid(), parent);
    Ok(())
}

static NUMBER: AtomicU32 = AtomicU32::new(100);

/// S-006, S-020: a child has a copy of the memory.
fn a_childs_memory_is_a_copy() -> Outcome {
    let mut local = black_box(1);
    NUMBER.store(110, Ordering::SeqCst);
    let status = status_after(|| {
        check_eq!((NUMBER.load(Ordering::SeqCst), black_box(local)), (110, 1));
        NUMBER.store(120, Ordering::SeqCst);
        local += 1;
        check_eq!(black_box(local), 2);
        Ok(())
    })?;
    check_eq!(status, 0);
    check_eq!((NUMBER.load(Ordering::SeqCst), black_box(local)), (110, 1));
    Ok(())
}

/// S-045, S-054: the exit status is the code's low byte, in the high byte of the word.
fn an_exit_code_is_the_high_byte() -> Outcome {
    for code in [0, 1, 3, 127, 128, 255, 256, 259, -1] {
        check_eq!((code, status_after(|| calls::exit(code))), (code, Ok((code & 0xff) << 8)));
    }
    Ok(())
}

/// S-081: the status of a process that a signal has killed is the signal.
fn a_killed_child_leaves_its_signal() -> Outcome {
    for signal in [calls::SIGKILL, calls::SIGTERM, calls::SIGUSR1, calls::SIGALRM, 34, 64] {
        let child = child(|| stay())?;
        calls::kill(child, signal)?;
        check_eq!((signal, status_of(child)), (signal, Ok(signal)));
    }
    Ok(())
}

/// S-048, S-049: abort ends in SIGABRT, even if that is ignored, blocked or handled.
fn abort_cannot_be_stopped() -> Outcome {
    for handler in [calls::SIG_DFL, calls::SIG_IGN, super::tools::interrupt as *const () as usize] {
        let status = status_after(|| {
            no_core()?;
            set(calls::SIGABRT, handler, 0)?;
            calls::sigprocmask(calls::SIG_BLOCK, Some(super::tools::set_of(calls::SIGABRT)))?;
            calls::abort()
        })?;
        check_eq!(status, calls::SIGABRT);
    }
    Ok(())
}

/// S-067, S-068, S-071, P-047: a stop and a continuation are told once each, and differ from
/// an end.
fn a_stopped_child_is_told_once() -> Outcome {
    let child = child(|| stay())?;
    calls::kill(child, calls::SIGSTOP)?;
    let options = calls::WUNTRACED | calls::WCONTINUED;
    check_eq!(calls::wait4(child, options), Ok((child, 0x137f)));
    check_eq!(calls::wait4(child, options | calls::WNOHANG), Ok((0, 0)));
    calls::kill(child, calls::SIGCONT)?;
    check_eq!(calls::wait4(child, options), Ok((child, 0xffff)));
    check_eq!(calls::wait4(child, options | calls::WNOHANG), Ok((0, 0)));
    calls::kill(child, calls::SIGKILL)?;
    check_eq!(calls::wait4(child, options), Ok((child, calls::SIGKILL)));
    Ok(())
}

/// S-066, S-075: who runs is not waited for without waiting, and who is not there is ECHILD.
fn waiting_without_waiting_says_nothing() -> Outcome {
    let child = child(|| stay())?;
    check_eq!(calls::wait4(child, calls::WNOHANG), Ok((0, 0)));
    calls::kill(child, calls::SIGKILL)?;
    check_eq!(calls::wait4(-1, 0), Ok((child, calls::SIGKILL)));
    for pid in [-1, 0, child, calls::getpid()] {
        check_eq!((pid, calls::wait4(pid, 0)), (pid, Err(Errno::CHILD)));
    }
    Ok(())
}

/// S-058, S-082: a wait for one child leaves the others, and each is buried once.
fn one_wait_buries_one_child() -> Outcome {
    let first = child(|| calls::exit(1))?;
    let second = child(|| calls::exit(2))?;
    let third = child(|| calls::exit(3))?;
    check_eq!(calls::wait4(second, 0), Ok((second, 0x200)));
    let mut sum = 0;
    for _ in 0..2 {
        let (pid, status) = calls::wait4(-1, 0)?;
        check_eq!(status, if pid == first { 0x100 } else { 0x300 });
        sum += pid;
    }
    check_eq!(sum, first + third);
    check_eq!(calls::wait4(-1, 0), Err(Errno::CHILD));
    Ok(())
}

/// S-059, S-061: a wait for a group takes its members only.
fn a_wait_for_a_group_takes_its_members() -> Outcome {
    let here = child(|| calls::exit(1))?;
    let there = child(|| stay())?;
    calls::setpgid(there, there)?;
    check_eq!(calls::wait4(-there, calls::WNOHANG), Ok((0, 0)));
    check_eq!(calls::wait4(0, 0), Ok((here, 0x100)));
    check_eq!(calls::wait4(0, 0), Err(Errno::CHILD));
    calls::kill(there, calls::SIGKILL)?;
    check_eq!(calls::wait4(-there, 0), Ok((there, calls::SIGKILL)));
    Ok(())
}

/// S-104, S-107, S-109: a child is in its parent's group until it gets its own; a signal to a
/// group reaches all of it and nobody else.
fn a_signal_to_a_group_reaches_all_of_it() -> Outcome {
    let group = calls::getpgid(0)?;
    let outside = child(|| stay())?;
    check_eq!(calls::getpgid(outside), Ok(group));
    let leader = child(|| stay())?;
    calls::setpgid(leader, leader)?;
    check_eq!(calls::getpgid(leader), Ok(leader));
    let member = child(|| stay())?;
    calls::setpgid(member, leader)?;
    calls::kill(-leader, calls::SIGTERM)?;
    check_eq!(status_of(leader), Ok(calls::SIGTERM));
    check_eq!(status_of(member), Ok(calls::SIGTERM));
    check_eq!(calls::wait4(outside, calls::WNOHANG), Ok((0, 0)));
    calls::kill(outside, calls::SIGKILL)?;
    check_eq!(status_of(outside), Ok(calls::SIGKILL));
    Ok(())
}

/// S-112, S-113: the leader of a group cannot make a session; who can leads a new group.
fn a_session_needs_a_process_that_leads_no_group() -> Outcome {
    let status = status_after(|| {
        let pid = calls::getpid();
        check_eq!(calls::setsid(), Ok(pid));
        check_eq!((calls::getsid(0), calls::getpgid(0)), (Ok(pid), Ok(pid)));
        check_eq!(calls::setsid(), Err(Errno::PERM));
        Ok(())
    })?;
    check_eq!(status, 0);
    Ok(())
}

/// S-087, S-097: a child that has ended stays until it is waited for, and cannot be killed.
fn a_zombie_cannot_be_killed() -> Outcome {
    let child = child(|| calls::exit(5))?;
    let end = calls::pidfd_open(child)?;
    check_eq!(calls::poll(&end, calls::POLLIN, 10_000 * MILLISECOND), Ok(calls::POLLIN));
    check_eq!(calls::kill(child, calls::SIGKILL), Ok(()));
    check_eq!(status_of(child), Ok(0x500));
    check_eq!(calls::kill(child, 0), Err(Errno::SRCH));
    Ok(())
}

/// S-089: an orphan goes to the nearest ancestor that asked for it, which waits for it.
fn an_orphan_goes_to_the_subreaper() -> Outcome {
    calls::set_child_subreaper(true)?;
    let me = calls::getpid();
    let words = shared_words()?;
    let (go, gate) = calls::pipe2(0)?;
    let middle = child(|| {
        let orphan = child(|| {
            // Until its parent has ended.
            calls::read(&go, &mut [0])?;
            check_eq!(calls::getppid(), me);
            calls::exit(7)
        })?;
        words[0].store(orphan as u32, Ordering::SeqCst);
        Ok(())
    })?;
    check_eq!(status_of(middle), Ok(0));
    calls::write(&gate, b"x")?;
    check_eq!(calls::wait4(-1, 0), Ok((words[0].load(Ordering::SeqCst) as i32, 0x700)));
    Ok(())
}

/// S-136: a child that asked for it dies with its parent.
fn a_child_can_die_with_its_parent() -> Outcome {
    calls::set_child_subreaper(true)?;
    let (reader, writer) = calls::pipe2(0)?;
    let middle = child(|| {
        child(|| {
            calls::set_pdeathsig(calls::SIGKILL)?;
            calls::write(&writer, b"x")?;
            stay()
        })?;
        // Not before the child is ready to die.
        calls::read(&reader, &mut [0])?;
        Ok(())
    })?;
    check_eq!(status_of(middle), Ok(0));
    drop(writer);
    check_eq!(calls::wait4(-1, 0)?.1, calls::SIGKILL);
    check!(is_readable(&reader)?);
    check_eq!(calls::read(&reader, &mut [0]), Ok(0));
    Ok(())
}

/// P-044, S-322: children of who ignores SIGCHLD, or wants no zombies, vanish by themselves.
fn ignored_children_leave_no_zombies() -> Outcome {
    for (handler, flags) in
        [(calls::SIG_IGN, 0), (super::tools::interrupt as *const () as usize, calls::SA_NOCLDWAIT)]
    {
        set(calls::SIGCHLD, handler, flags)?;
        let child = child(|| calls::exit(3))?;
        // It waits until the last child has ended, and then has nothing to tell.
        let result = loop {
            match calls::wait4(-1, 0) {
                Err(Errno::INTR) => {}
                result => break result,
            }
        };
        check_eq!(result, Err(Errno::CHILD));
        // Its number is free a moment later, on another processor.
        while calls::kill(child, 0).is_ok() {
            let _ = calls::nanosleep(MILLISECOND);
        }
        check_eq!(calls::kill(child, 0), Err(Errno::SRCH));
    }
    Ok(())
}

/// S-015: children have children, and each parent gets its own.
fn processes_nest() -> Outcome {
    fn tree(depth: i32) -> Outcome {
        if depth == 0 {
            return Ok(());
        }
        let children = [child(|| tree(depth - 1))?, child(|| tree(depth - 1))?];
        for child in children {
            check_eq!(status_of(child), Ok(0));
        }
        check_eq!(calls::wait4(-1, 0), Err(Errno::CHILD));
        Ok(())
    }
    tree(3)
}

/// SIGCHLD tells the parent of the end.
fn the_parent_is_told_by_a_signal() -> Outcome {
    let set = super::tools::set_of(calls::SIGCHLD);
    calls::sigprocmask(calls::SIG_BLOCK, Some(set))?;
    let child = child(|| Ok(()))?;
    check_eq!(calls::sigtimedwait(set, 10_000 * MILLISECOND), Ok(calls::SIGCHLD));
    check_eq!(calls::wait4(child, calls::WNOHANG), Ok((child, 0)));
    Ok(())
}

cases! {
    fork_returns_twice,
    a_childs_memory_is_a_copy,
    an_exit_code_is_the_high_byte,
    a_killed_child_leaves_its_signal,
    abort_cannot_be_stopped,
    a_stopped_child_is_told_once,
    waiting_without_waiting_says_nothing,
    one_wait_buries_one_child,
    a_wait_for_a_group_takes_its_members,
    a_signal_to_a_group_reaches_all_of_it,
    a_session_needs_a_process_that_leads_no_group,
    a_zombie_cannot_be_killed,
    an_orphan_goes_to_the_subreaper,
    a_child_can_die_with_its_parent,
    ignored_children_leave_no_zombies,
    processes_nest,
    the_parent_is_told_by_a_signal,
}
