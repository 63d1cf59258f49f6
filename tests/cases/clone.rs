//! A child on a stack of its own.

use super::Outcome;
use super::tools::{memory, status_of};
use crate::calls;
use core::ffi::c_void;
use core::hint::black_box;
use core::ptr;

const STACK: usize = 64 << 10;

/// What the child is given, and what it leaves there.
struct Block {
    question: u64,
    answer: u64,
    local: usize,
    aligned: usize,
    pid: i32,
}

/// Something that has to be aligned as the ABI says.
#[repr(align(16))]
struct Aligned(#[allow(dead_code, reason = "only its address counts")] [f64; 4]);

extern "C" fn answer(argument: *mut c_void) -> i32 {
    // SAFETY: the parent waits, and the block is its own.
    let block = unsafe { &mut *argument.cast::<Block>() };
    let aligned = black_box(Aligned([1.0; 4]));
    block.answer = black_box(block.question + 1);
    block.local = ptr::from_ref(black_box(&aligned)).addr();
    block.aligned = block.local % 16;
    block.pid = calls::getpid();
    9
}

/// The function runs with its argument on the stack that it was given, in the memory of its
/// parent, and what it returns is its exit status. The parent, which shares everything,
/// finds its own stack as it was.
fn a_child_runs_a_function_on_its_own_stack() -> Outcome {
    let stack = memory(STACK)?;
    let mut block = Block { question: 41, answer: 0, local: 0, aligned: 1, pid: 0 };
    let kept = black_box([0x5a_u8; 256]);
    let flags = calls::CLONE_VM | calls::CLONE_VFORK;
    // SAFETY: the stack is new, and the parent waits until the child has ended.
    let child =
        unsafe { calls::clone_on_stack(flags, stack.add(STACK).cast(), answer, (&raw mut block).cast())? };
    // SAFETY: the child has written it.
    let block = unsafe { ptr::read_volatile(&block) };
    check_eq!(block.answer, 42);
    check!((stack.addr()..stack.addr() + STACK).contains(&block.local));
    check_eq!(block.aligned, 0);
    check_eq!(block.pid, child);
    check_eq!(status_of(child), Ok(9 << 8));
    check!(black_box(kept) == [0x5a; 256]);
    Ok(())
}

/// Without shared memory the child works on a copy.
fn a_child_on_its_own_stack_may_have_a_copy() -> Outcome {
    let stack = memory(STACK)?;
    let mut block = Block { question: 1, answer: 0, local: 0, aligned: 1, pid: 0 };
    // SAFETY: parent and child have each their own copy of stack and block.
    let child =
        unsafe { calls::clone_on_stack(0, stack.add(STACK).cast(), answer, (&raw mut block).cast())? };
    check_eq!(status_of(child), Ok(9 << 8));
    // SAFETY: it is ours.
    check_eq!(unsafe { ptr::read_volatile(&block) }.answer, 0);
    Ok(())
}

/// Fifty times, one after the other, on one stack.
fn a_stack_can_be_used_again() -> Outcome {
    let stack = memory(STACK)?;
    let mut block = Block { question: 0, answer: 0, local: 0, aligned: 1, pid: 0 };
    let flags = calls::CLONE_VM | calls::CLONE_VFORK;
    for _ in 0..50 {
        // SAFETY: as above; the child before has ended.
        let child = unsafe {
            calls::clone_on_stack(flags, stack.add(STACK).cast(), answer, (&raw mut block).cast())?
        };
        check_eq!(status_of(child), Ok(9 << 8));
        // SAFETY: the child has written it.
        block.question = unsafe { ptr::read_volatile(&block) }.answer;
    }
    check_eq!(block.question, 50);
    Ok(())
}

cases! {
    a_child_runs_a_function_on_its_own_stack,
    a_child_on_its_own_stack_may_have_a_copy,
    a_stack_can_be_used_again,
}
