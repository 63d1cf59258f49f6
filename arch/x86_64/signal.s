// Where a signal handler returns to. The kernel finds its frame by the stack pointer, so
// nothing may stand between the handler's `ret` and this call: hence assembly.

    .section .text.__sinew_signal_return, "ax", @progbits
    .globl  __sinew_signal_return
    .hidden __sinew_signal_return
    .type   __sinew_signal_return, @function

// Debuggers know this frame by its very bytes: mov rax, 15; syscall.
__sinew_signal_return:
    mov     rax, 15               // rt_sigreturn
    syscall
    .size   __sinew_signal_return, . - __sinew_signal_return
    .text
