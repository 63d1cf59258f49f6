//! Signals: what happens on them, what blocks them, and that a handler returns.

use super::Outcome;
use super::tools::{
    MILLISECOND, child, handle, interrupt, memory, no_core, raise, set, set_of, status_after, status_of, stay,
};
use crate::calls::{self, Action, Errno, SigInfo};
use core::ffi::c_void;
use core::hint::black_box;
use core::sync::atomic::{AtomicI32, AtomicU64, AtomicUsize, Ordering};

/// How often the handlers below have run.
static RUNS: AtomicU64 = AtomicU64::new(0);
/// What the last run of them saw.
static SEEN: AtomicUsize = AtomicUsize::new(0);

extern "C" fn count(_: i32) {
    RUNS.fetch_add(1, Ordering::SeqCst);
}

fn runs() -> u64 {
    RUNS.load(Ordering::SeqCst)
}

fn seen() -> usize {
    SEEN.load(Ordering::SeqCst)
}

/// S-239, S-241: the default is what there is first; a new action gives the old one.
fn an_action_gives_the_one_before() -> Outcome {
    let default = Action { handler: calls::SIG_DFL, flags: 0, mask: 0 };
    // SAFETY: it changes nothing.
    let now = || unsafe { calls::sigaction(calls::SIGUSR1, None) };
    check_eq!(now(), Ok(default));
    check_eq!(handle(calls::SIGUSR1, count, 0), Ok(default));
    let ours = Action { handler: count as *const () as usize, ..default };
    check_eq!(now(), Ok(ours));
    check_eq!(set(calls::SIGUSR1, calls::SIG_IGN, 0), Ok(ours));
    check_eq!(now(), Ok(Action { handler: calls::SIG_IGN, ..default }));
    Ok(())
}

/// Flags and mask come back as they were set.
fn flags_and_mask_survive_the_kernel() -> Outcome {
    let all = [
        calls::SA_NOCLDWAIT,
        calls::SA_SIGINFO,
        calls::SA_ONSTACK,
        calls::SA_RESTART,
        calls::SA_NODEFER,
        calls::SA_RESETHAND,
    ];
    let mask = set_of(calls::SIGUSR2) | set_of(calls::SIGTERM) | set_of(64);
    for flags in all.into_iter().chain([0, all.iter().sum()]) {
        let new = Action { handler: count as *const () as usize, flags, mask };
        // SAFETY: the signal is not sent.
        unsafe {
            calls::sigaction(calls::SIGUSR1, Some(new))?;
            check_eq!(calls::sigaction(calls::SIGUSR1, None), Ok(new));
        }
    }
    Ok(())
}

/// S-248: two signals cannot be caught or ignored, and some numbers are none.
fn some_signals_cannot_be_caught() -> Outcome {
    for signal in [calls::SIGKILL, calls::SIGSTOP, 0, 65, -1] {
        check_eq!((signal, handle(signal, count, 0).err()), (signal, Some(Errno::INVAL)));
    }
    check_eq!(set(calls::SIGKILL, calls::SIG_IGN, 0).err(), Some(Errno::INVAL));
    calls::sigprocmask(calls::SIG_SETMASK, Some(!0))?;
    let mask = calls::sigprocmask(calls::SIG_SETMASK, Some(0))?;
    check_eq!(mask & (set_of(calls::SIGKILL) | set_of(calls::SIGSTOP)), 0);
    check!(mask & set_of(calls::SIGTERM) != 0);
    Ok(())
}

/// S-241: a handler runs, returns to where the signal struck, and does so again and again.
fn a_handler_runs_and_returns() -> Outcome {
    handle(calls::SIGUSR1, count, 0)?;
    let kept = black_box([3_u64; 32]);
    let here = black_box(&kept).as_ptr();
    for number in 1..=2000 {
        raise(calls::SIGUSR1)?;
        check_eq!(runs(), number);
    }
    check!(black_box(&kept).as_ptr() == here && black_box(kept) == [3; 32]);
    Ok(())
}

extern "C" fn note_origin(signal: i32, info: *mut SigInfo, context: *mut c_void) {
    // SAFETY: the kernel passes it to a handler with SA_SIGINFO.
    let (code, pid) = calls::origin(unsafe { &*info });
    let right = signal == calls::SIGUSR1 && code == calls::SI_USER && !context.is_null();
    SEEN.store(if right { pid as usize } else { 0 }, Ordering::SeqCst);
    RUNS.fetch_add(1, Ordering::SeqCst);
}

/// S-256: with `SA_SIGINFO` a handler learns who sent the signal.
fn a_handler_learns_the_sender() -> Outcome {
    set(calls::SIGUSR1, note_origin as *const c_void as usize, calls::SA_SIGINFO)?;
    raise(calls::SIGUSR1)?;
    check_eq!(seen() as i32, calls::getpid());
    let parent = calls::getpid();
    let child = child(|| Ok(calls::kill(parent, calls::SIGUSR1)?))?;
    check_eq!(status_of(child), Ok(0));
    check_eq!(seen() as i32, child);
    check_eq!(runs(), 2);
    Ok(())
}

extern "C" fn note_mask(_: i32) {
    // No mask is what a failure would look like.
    let mask = calls::sigprocmask(calls::SIG_BLOCK, None).unwrap_or(0);
    SEEN.store(mask as usize, Ordering::SeqCst);
}

/// In its handler a signal is blocked, and what the action says; afterwards the mask is as
/// before.
fn a_handler_runs_with_its_mask() -> Outcome {
    let before = set_of(calls::SIGVTALRM);
    calls::sigprocmask(calls::SIG_SETMASK, Some(before))?;
    for (flags, own) in [(0, set_of(calls::SIGUSR1)), (calls::SA_NODEFER, 0)] {
        let mask = set_of(calls::SIGUSR2);
        // SAFETY: the handler makes a system call and stores to an atomic.
        unsafe {
            let handler = note_mask as *const () as usize;
            calls::sigaction(calls::SIGUSR1, Some(Action { handler, flags, mask }))?;
        }
        raise(calls::SIGUSR1)?;
        check_eq!(seen() as u64, before | mask | own);
        check_eq!(calls::sigprocmask(calls::SIG_BLOCK, None), Ok(before));
    }
    Ok(())
}

static DEPTH: AtomicI32 = AtomicI32::new(0);
static DEEPEST: AtomicI32 = AtomicI32::new(0);

extern "C" fn nest(signal: i32) {
    let depth = DEPTH.fetch_add(1, Ordering::SeqCst) + 1;
    DEEPEST.fetch_max(depth, Ordering::SeqCst);
    if depth < 5 {
        // The other signal, and the same again.
        let _ = raise(if signal == calls::SIGUSR1 { calls::SIGUSR2 } else { calls::SIGUSR1 });
    }
    DEPTH.fetch_sub(1, Ordering::SeqCst);
}

/// A handler interrupts a handler, five deep, and all return.
fn handlers_nest() -> Outcome {
    handle(calls::SIGUSR1, nest, calls::SA_NODEFER)?;
    handle(calls::SIGUSR2, nest, calls::SA_NODEFER)?;
    for _ in 0..100 {
        DEEPEST.store(0, Ordering::SeqCst);
        raise(calls::SIGUSR1)?;
        check_eq!((DEEPEST.load(Ordering::SeqCst), DEPTH.load(Ordering::SeqCst)), (5, 0));
    }
    Ok(())
}

/// With `SA_RESETHAND` a handler runs once, and then the default does.
fn a_handler_can_be_for_once() -> Outcome {
    let status = status_after(|| {
        handle(calls::SIGUSR1, count, calls::SA_RESETHAND)?;
        raise(calls::SIGUSR1)?;
        check_eq!(runs(), 1);
        raise(calls::SIGUSR1)?;
        Ok(())
    })?;
    check_eq!(status, calls::SIGUSR1);
    Ok(())
}

extern "C" fn note_stack(_: i32) {
    let local = 0_u8;
    SEEN.store(core::ptr::from_ref(black_box(&local)).addr(), Ordering::SeqCst);
}

/// With `SA_ONSTACK` a handler runs on the alternate stack, and without it does not.
fn a_handler_runs_on_the_alternate_stack() -> Outcome {
    let length = calls::getauxval(calls::AT_MINSIGSTKSZ).unwrap_or(8192) + (16 << 10);
    let stack = memory(length)?;
    // SAFETY: it is new, and stays.
    unsafe { calls::sigaltstack(stack, length)? };
    let on_stack = || (stack.addr()..stack.addr() + length).contains(&seen());
    for _ in 0..10 {
        handle(calls::SIGUSR1, note_stack, calls::SA_ONSTACK)?;
        raise(calls::SIGUSR1)?;
        check!(on_stack());
        handle(calls::SIGUSR1, note_stack, 0)?;
        raise(calls::SIGUSR1)?;
        check!(seen() != 0 && !on_stack());
    }
    Ok(())
}

extern "C" fn leave(_: i32) {
    calls::exit(33)
}

/// The alternate stack is there when the other has overflown: the handler can still say so.
fn an_overflow_is_handled_on_the_alternate_stack() -> Outcome {
    fn deeper(depth: u64) -> u64 {
        let block = black_box([depth; 512]);
        if depth == u64::MAX { 0 } else { deeper(depth + 1) + block[depth as usize % 512] }
    }
    let status = status_after(|| {
        no_core()?;
        let length = calls::getauxval(calls::AT_MINSIGSTKSZ).unwrap_or(8192) + (16 << 10);
        // SAFETY: it is new, and stays.
        unsafe { calls::sigaltstack(memory(length)?, length)? };
        handle(calls::SIGSEGV, leave, calls::SA_ONSTACK)?;
        check_eq!(deeper(black_box(0)), 1);
        Ok(())
    })?;
    check_eq!(status, 33 << 8);
    Ok(())
}

/// S-244 to S-246, P-075: a blocked signal is pending and arrives, once, when it is unblocked.
fn a_blocked_signal_is_pending() -> Outcome {
    handle(calls::SIGUSR1, count, 0)?;
    let bit = set_of(calls::SIGUSR1);
    check_eq!(calls::sigpending(), Ok(0));
    check_eq!(calls::sigprocmask(calls::SIG_BLOCK, Some(bit)), Ok(0));
    raise(calls::SIGUSR1)?;
    raise(calls::SIGUSR1)?;
    check_eq!((calls::sigpending(), runs()), (Ok(bit), 0));
    check_eq!(calls::sigprocmask(calls::SIG_UNBLOCK, Some(bit)), Ok(bit));
    check_eq!((calls::sigpending(), runs()), (Ok(0), 1));
    Ok(())
}

/// Real-time signals queue: each arrives.
fn real_time_signals_queue() -> Outcome {
    let signal = 40;
    handle(signal, count, 0)?;
    calls::sigprocmask(calls::SIG_BLOCK, Some(set_of(signal)))?;
    for _ in 0..5 {
        raise(signal)?;
    }
    calls::sigprocmask(calls::SIG_UNBLOCK, Some(set_of(signal)))?;
    check_eq!(runs(), 5);
    Ok(())
}

/// S-251: who suspends itself goes on after a handler, with the mask of before.
fn a_suspended_process_goes_on_after_a_handler() -> Outcome {
    handle(calls::SIGALRM, count, 0)?;
    let bit = set_of(calls::SIGALRM);
    calls::sigprocmask(calls::SIG_BLOCK, Some(bit))?;
    // It may come before we sleep: then it is pending.
    calls::setitimer(calls::ITIMER_REAL, 1000, 0)?;
    check_eq!(calls::sigsuspend(0), Errno::INTR);
    check_eq!(runs(), 1);
    check_eq!(calls::sigprocmask(calls::SIG_BLOCK, None), Ok(bit));
    Ok(())
}

/// P-076: a pending signal can be taken; its handler then never runs.
fn a_pending_signal_can_be_taken() -> Outcome {
    handle(calls::SIGUSR1, count, 0)?;
    let bit = set_of(calls::SIGUSR1);
    calls::sigprocmask(calls::SIG_BLOCK, Some(bit))?;
    check_eq!(calls::sigtimedwait(bit, 0), Err(Errno::AGAIN));
    check_eq!(calls::sigtimedwait(bit, 20 * MILLISECOND), Err(Errno::AGAIN));
    raise(calls::SIGUSR1)?;
    check_eq!(calls::sigtimedwait(bit, 10_000 * MILLISECOND), Ok(calls::SIGUSR1));
    calls::sigprocmask(calls::SIG_UNBLOCK, Some(bit))?;
    check_eq!(runs(), 0);
    Ok(())
}

/// S-252, P-071: without `SA_RESTART` a waiting read is interrupted, twice in a row.
fn a_handler_interrupts_a_read() -> Outcome {
    let (reader, _writer) = calls::pipe2(0)?;
    handle(calls::SIGALRM, count, 0)?;
    calls::setitimer(calls::ITIMER_REAL, 20_000, 20_000)?;
    check_eq!(calls::read(&reader, &mut [0]), Err(Errno::INTR));
    check_eq!(calls::read(&reader, &mut [0]), Err(Errno::INTR));
    Ok(())
}

/// S-252, P-071: with it, the read goes on.
fn a_handler_lets_a_read_go_on() -> Outcome {
    let (reader, writer) = calls::pipe2(0)?;
    let parent = calls::getpid();
    handle(calls::SIGUSR1, count, calls::SA_RESTART)?;
    let child = child(|| {
        for _ in 0..5 {
            let _ = calls::nanosleep(5 * MILLISECOND);
            calls::kill(parent, calls::SIGUSR1)?;
        }
        check_eq!(calls::write(&writer, b"x"), Ok(1));
        Ok(())
    })?;
    check_eq!(calls::read(&reader, &mut [0]), Ok(1));
    check!(runs() >= 1);
    check_eq!(status_of(child), Ok(0));
    Ok(())
}

/// S-249: a loop that makes no call is interrupted as well.
fn a_busy_loop_is_interrupted() -> Outcome {
    handle(calls::SIGALRM, count, 0)?;
    calls::setitimer(calls::ITIMER_REAL, 10_000, 0)?;
    while runs() == 0 {
        core::hint::spin_loop();
    }
    Ok(())
}

/// S-247, P-069: an ignored signal does nothing, and the default of most is death.
fn an_ignored_signal_does_nothing() -> Outcome {
    for signal in [calls::SIGUSR1, calls::SIGTERM, calls::SIGALRM, calls::SIGPIPE] {
        set(signal, calls::SIG_IGN, 0)?;
        raise(signal)?;
        set(signal, calls::SIG_DFL, 0)?;
        let status = status_after(|| Ok(raise(signal)?))?;
        check_eq!((signal, status), (signal, signal));
    }
    Ok(())
}

/// A forked child has its parent's handlers and mask, and none of its pending signals.
fn a_child_inherits_handlers_and_mask() -> Outcome {
    handle(calls::SIGUSR1, count, 0)?;
    let bit = set_of(calls::SIGUSR1);
    calls::sigprocmask(calls::SIG_BLOCK, Some(bit))?;
    raise(calls::SIGUSR1)?;
    let status = status_after(|| {
        check_eq!(calls::sigpending(), Ok(0));
        check_eq!(calls::sigprocmask(calls::SIG_UNBLOCK, Some(bit)), Ok(bit));
        check_eq!(runs(), 0);
        raise(calls::SIGUSR1)?;
        check_eq!(runs(), 1);
        Ok(())
    })?;
    check_eq!(status, 0);
    check_eq!((calls::sigpending(), runs()), (Ok(bit), 0));
    Ok(())
}

/// P-079: ten thousand signals from another process, while this one works: it survives them
/// all, and its work is right.
fn a_storm_of_signals_is_survived() -> Outcome {
    let parent = calls::getpid();
    handle(calls::SIGUSR1, count, calls::SA_RESTART)?;
    handle(calls::SIGTERM, interrupt, 0)?;
    let child = child(|| {
        for _ in 0..10_000 {
            calls::kill(parent, calls::SIGUSR1)?;
        }
        Ok(())
    })?;
    let mut sum = 0_u64;
    let mut rounds = 0;
    let status = loop {
        // By integers and by floating point.
        let part: f64 = (0..1000).map(|number| f64::from(black_box(number))).sum();
        sum += part as u64;
        rounds += 1;
        match calls::wait4(child, calls::WNOHANG)? {
            (0, _) => {}
            (_, status) => break status,
        }
    };
    check_eq!(status, 0);
    check_eq!(sum, rounds * 499_500);
    check!((1..=10_000).contains(&runs()));
    Ok(())
}

/// A signal that stops cannot stop the one who continues: SIGCONT arrives at a stopped process.
fn a_stopped_process_handles_when_it_goes_on() -> Outcome {
    let child = child(|| {
        handle(calls::SIGUSR1, leave, 0)?;
        raise(calls::SIGSTOP)?;
        stay()
    })?;
    check_eq!(calls::wait4(child, calls::WUNTRACED), Ok((child, 0x137f)));
    calls::kill(child, calls::SIGUSR1)?;
    check_eq!(calls::wait4(child, calls::WNOHANG), Ok((0, 0)));
    calls::kill(child, calls::SIGCONT)?;
    check_eq!(status_of(child), Ok(33 << 8));
    Ok(())
}

cases! {
    an_action_gives_the_one_before,
    flags_and_mask_survive_the_kernel,
    some_signals_cannot_be_caught,
    a_handler_runs_and_returns,
    a_handler_learns_the_sender,
    a_handler_runs_with_its_mask,
    handlers_nest,
    a_handler_can_be_for_once,
    a_handler_runs_on_the_alternate_stack,
    an_overflow_is_handled_on_the_alternate_stack,
    a_blocked_signal_is_pending,
    real_time_signals_queue,
    a_suspended_process_goes_on_after_a_handler,
    a_pending_signal_can_be_taken,
    a_handler_interrupts_a_read,
    a_handler_lets_a_read_go_on,
    a_busy_loop_is_interrupted,
    an_ignored_signal_does_nothing,
    a_child_inherits_handlers_and_mask,
    a_storm_of_signals_is_survived,
    a_stopped_process_handles_when_it_goes_on,
}
