// A child on a stack of its own. It cannot be a Rust function: the child comes back from
// the call with a stack that has no frame of the caller on it.
//
// Both stubs follow the C calling convention (System V ABI, AMD64 supplement, 3.2.3). The
// child finds the entry in r9, which the kernel preserves, and its argument on its stack.

    .section .text.__sinew_clone, "ax", @progbits
    .globl  __sinew_clone
    .hidden __sinew_clone
    .type   __sinew_clone, @function

// rdi flags, rsi stack, rdx parent_tid, rcx child_tid, r8 tls, r9 entry, [rsp + 8] argument
__sinew_clone:
    .cfi_startproc
    mov     rax, [rsp + 8]
    and     rsi, -16              // the ABI wants 16 at a call
    sub     rsi, 16
    mov     [rsi], rax            // the only thing on the child's stack: its argument
    mov     r10, rcx              // the kernel takes its fourth argument in r10
    mov     eax, 56               // clone
    syscall
    test    rax, rax
    jz      2f
    ret
2:  .cfi_undefined rip            // the child's outermost frame: unwinders stop here
    xor     ebp, ebp
    mov     rdi, [rsp]
    call    r9
    mov     edi, eax
    mov     eax, 60               // exit: only this task, as CLONE_THREAD needs it
    syscall
    ud2
    .cfi_endproc
    .size   __sinew_clone, . - __sinew_clone

    .section .text.__sinew_clone3, "ax", @progbits
    .globl  __sinew_clone3
    .hidden __sinew_clone3
    .type   __sinew_clone3, @function

// rdi arguments, rsi size, rdx entry, rcx argument. The kernel takes two arguments and
// preserves all other registers but rax, rcx and r11.
__sinew_clone3:
    .cfi_startproc
    mov     r8, rcx
    mov     eax, 435              // clone3
    syscall
    test    rax, rax
    jz      2f
    ret
2:  .cfi_undefined rip
    xor     ebp, ebp
    and     rsp, -16
    mov     rdi, r8
    call    rdx
    mov     edi, eax
    mov     eax, 60
    syscall
    ud2
    .cfi_endproc
    .size   __sinew_clone3, . - __sinew_clone3
    .text
