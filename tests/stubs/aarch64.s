// What a hand would write for each probe: the call's number and the call. The arguments
// stand where C passes them.

    .section .text.twin_0, "ax"
    .globl  twin_0
    .type   twin_0, %function
twin_0:
    mov     w8, 0x123
    svc     0
    ret
    .size   twin_0, . - twin_0

    .section .text.twin_1, "ax"
    .globl  twin_1
    .type   twin_1, %function
twin_1:
    mov     w8, 0x123
    svc     0
    ret
    .size   twin_1, . - twin_1

    .section .text.twin_2, "ax"
    .globl  twin_2
    .type   twin_2, %function
twin_2:
    mov     w8, 0x123
    svc     0
    ret
    .size   twin_2, . - twin_2

    .section .text.twin_3, "ax"
    .globl  twin_3
    .type   twin_3, %function
twin_3:
    mov     w8, 0x123
    svc     0
    ret
    .size   twin_3, . - twin_3

    .section .text.twin_4, "ax"
    .globl  twin_4
    .type   twin_4, %function
twin_4:
    mov     w8, 0x123
    svc     0
    ret
    .size   twin_4, . - twin_4

    .section .text.twin_5, "ax"
    .globl  twin_5
    .type   twin_5, %function
twin_5:
    mov     w8, 0x123
    svc     0
    ret
    .size   twin_5, . - twin_5

    .section .text.twin_6, "ax"
    .globl  twin_6
    .type   twin_6, %function
twin_6:
    mov     w8, 0x123
    svc     0
    ret
    .size   twin_6, . - twin_6

    .section .text.twin_noreturn, "ax"
    .globl  twin_noreturn
    .type   twin_noreturn, %function
twin_noreturn:
    mov     w8, 0x123
    svc     0
    brk     1
    .size   twin_noreturn, . - twin_noreturn

    .section .text.twin_getpid, "ax"
    .globl  twin_getpid
    .type   twin_getpid, %function
twin_getpid:
    mov     w8, 172
    svc     0
    ret
    .size   twin_getpid, . - twin_getpid

    .section .text.twin_exit_group, "ax"
    .globl  twin_exit_group
    .type   twin_exit_group, %function
twin_exit_group:
    sxtw    x0, w0
    mov     w8, 94
    svc     0
    brk     1
    .size   twin_exit_group, . - twin_exit_group

    .text
