//! `clone3`, with and without a stack, and what is odd about a stack.

use crate::calls::{self, AsFd, FromRawFd, OwnedFd};
use crate::cases::Outcome;
use crate::cases::tools::{MILLISECOND, memory, status_of};
use core::ffi::c_void;
use core::hint::black_box;
use core::ptr;
use sinew::sys::{self, CloneArgs, CloneFlags};

const STACK: usize = 64 << 10;

extern "C" fn note(argument: *mut c_void) -> i32 {
    #[repr(align(16))]
    struct Aligned([u64; 2]);
    let local = black_box(Aligned([3; 2]));
    // SAFETY: the parent waits, and the word is its own.
    unsafe { argument.cast::<usize>().write(ptr::from_ref(&local).addr()) };
    12 + black_box(local).0.len() as i32
}

/// What `note` leaves: where its stack is.
fn is_right(seen: usize, stack: *mut u8) -> bool {
    (stack.addr()..stack.addr() + STACK).contains(&seen) && seen.is_multiple_of(16)
}

/// The function runs with its argument on the stack, and what it returns is the status.
fn clone3_runs_a_function_on_a_stack() -> Outcome {
    let stack = memory(STACK)?;
    let mut seen = 0_usize;
    let arguments = CloneArgs {
        flags: (CloneFlags::VM | CloneFlags::VFORK).bits(),
        exit_signal: calls::SIGCHLD as u64,
        stack: stack.expose_provenance() as u64,
        stack_size: STACK as u64,
        ..CloneArgs::default()
    };
    for _ in 0..50 {
        seen = black_box(0);
        // SAFETY: the stack is new, and the parent waits until the child has ended.
        let child = unsafe { sys::clone3_on_stack(&arguments, note, (&raw mut seen).cast())? };
        check_eq!(status_of(child), Ok(14 << 8));
        // SAFETY: the child has written it.
        check!(is_right(unsafe { ptr::read_volatile(&seen) }, stack));
    }
    check!(seen != 0);
    Ok(())
}

/// A stack whose end is not aligned is made so.
fn a_crooked_stack_is_made_straight() -> Outcome {
    let stack = memory(STACK)?;
    for crooked in 0..16 {
        let mut seen = 0_usize;
        let flags = CloneFlags::VM | CloneFlags::VFORK;
        let nowhere = ptr::null_mut();
        // SAFETY: as above.
        let child = unsafe {
            let end = stack.add(STACK - crooked).cast();
            sys::clone_on_stack(
                flags,
                calls::SIGCHLD,
                end,
                nowhere,
                nowhere,
                0,
                note,
                (&raw mut seen).cast(),
            )?
        };
        check_eq!(status_of(child), Ok(14 << 8));
        // SAFETY: the child has written it.
        check!(is_right(unsafe { ptr::read_volatile(&seen) }, stack));
    }
    Ok(())
}

/// As a fork, with a descriptor of the child.
fn clone3_gives_a_descriptor_of_the_child() -> Outcome {
    let mut number = -1_i32;
    let arguments = CloneArgs {
        flags: CloneFlags::PIDFD.bits(),
        pidfd: (&raw mut number).expose_provenance() as u64,
        exit_signal: calls::SIGCHLD as u64,
        ..CloneArgs::default()
    };
    // SAFETY: the child exits at once.
    let child = unsafe { sys::clone3(&arguments)? };
    if child == 0 {
        calls::exit(6)
    }
    // SAFETY: the kernel has written it, for us alone.
    let fd = unsafe { OwnedFd::from_raw_fd(ptr::read_volatile(&number)) };
    check_eq!(calls::poll(fd.as_fd(), calls::POLLIN, 10_000 * MILLISECOND), Ok(calls::POLLIN));
    check_eq!(status_of(child), Ok(0x600));
    Ok(())
}

cases! {
    clone3_runs_a_function_on_a_stack,
    a_crooked_stack_is_made_straight,
    clone3_gives_a_descriptor_of_the_child,
}
