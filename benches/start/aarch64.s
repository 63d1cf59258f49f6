// The least that says hello: a few instructions for each of two calls.
    .globl  _start
_start:
    mov     x0, 1
    adrp    x1, text
    add     x1, x1, :lo12:text
    mov     x2, 14
    mov     x8, 64
    svc     0
    mov     x0, 0
    mov     x8, 94
    svc     0
    .section .rodata
text:
    .ascii  "Hello, world!\n"
    .section .note.GNU-stack, "", %progbits
