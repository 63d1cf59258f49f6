// A child on a stack of its own. It cannot be a Rust function: the child comes back from
// the call with a stack that has no frame of the caller on it.
//
// Both stubs follow the C calling convention (AAPCS64, 6.4). The kernel preserves every
// register but x0, so the child finds its entry and its argument in x9 and x10.

    .section .text.__sinew_clone, "ax", %progbits
    .globl  __sinew_clone
    .hidden __sinew_clone
    .type   __sinew_clone, %function

// x0 flags, x1 stack, x2 parent_tid, x3 child_tid, x4 tls, x5 entry, x6 argument
__sinew_clone:
    .cfi_startproc
    mov     x9, x5
    mov     x10, x6
    and     x1, x1, -16           // the stack pointer must be 16-aligned at every use
    mov     x11, x3
    mov     x3, x4                // the kernel takes tls before child_tid here
    mov     x4, x11
    mov     x8, 220               // clone
    svc     0
    cbz     x0, 2f
    ret
2:  .cfi_undefined x30            // the child's outermost frame: unwinders stop here
    mov     x29, xzr
    mov     x30, xzr
    mov     x0, x10
    blr     x9
    mov     x8, 93                // exit: only this task, as CLONE_THREAD needs it
    svc     0
    brk     1
    .cfi_endproc
    .size   __sinew_clone, . - __sinew_clone

    .section .text.__sinew_clone3, "ax", %progbits
    .globl  __sinew_clone3
    .hidden __sinew_clone3
    .type   __sinew_clone3, %function

// x0 arguments, x1 size, x2 entry, x3 argument
__sinew_clone3:
    .cfi_startproc
    mov     x9, x2
    mov     x10, x3
    mov     x8, 435               // clone3
    svc     0
    cbz     x0, 2f
    ret
2:  .cfi_undefined x30
    mov     x29, xzr
    mov     x30, xzr
    mov     x0, x10
    blr     x9
    mov     x8, 93
    svc     0
    brk     1
    .cfi_endproc
    .size   __sinew_clone3, . - __sinew_clone3
    .text
