//! The trampoline by which a handler returns.

use crate::calls;
use crate::cases::Outcome;
use crate::cases::tools::interrupt;
use sinew::sys::{SigAction, SigActionFlags, SigHandler, SigMaskHow, SigSet, rt_sigaction, rt_sigprocmask};

/// The flags come back with `SA_RESTORER`, and the trampoline's address with them, whatever
/// else is set.
fn every_action_has_the_trampoline() -> Outcome {
    let all = SigActionFlags::NOCLDSTOP
        | SigActionFlags::NOCLDWAIT
        | SigActionFlags::SIGINFO
        | SigActionFlags::ONSTACK
        | SigActionFlags::RESTART
        | SigActionFlags::NODEFER
        | SigActionFlags::RESETHAND;
    for flags in all.iter().chain([SigActionFlags::empty(), all]) {
        let mask = SigSet::empty().with(calls::SIGUSR2).with(64);
        let new = SigAction::new(SigHandler::function(interrupt), flags, mask);
        let mut old = SigAction::default();
        // SAFETY: the handler does nothing.
        unsafe {
            rt_sigaction(calls::SIGUSR1, Some(&new), None)?;
            rt_sigaction(calls::SIGUSR1, None, Some(&mut old))?;
        }
        check_eq!(old.sa_flags, flags | SigActionFlags::RESTORER);
        check_eq!(old.sa_handler, new.sa_handler);
        check_eq!(old.sa_mask, mask);
        check!(old.sa_restorer.is_some());
        check_eq!(old.sa_restorer.map(|at| at as usize), new.sa_restorer.map(|at| at as usize));
    }
    Ok(())
}

/// 32 and 33, which a C library takes for itself, are signals as the others here.
fn all_sixty_four_signals_can_be_blocked() -> Outcome {
    rt_sigprocmask(SigMaskHow::SETMASK, Some(&SigSet::full()), None)?;
    let mut mask = SigSet::empty();
    rt_sigprocmask(SigMaskHow::BLOCK, None, Some(&mut mask))?;
    check_eq!(mask, SigSet::full().without(calls::SIGKILL).without(calls::SIGSTOP));
    Ok(())
}

cases! {
    every_action_has_the_trampoline,
    all_sixty_four_signals_can_be_blocked,
}
