// The memory functions that `core` and the compiler call by name: memcpy, memmove, memset,
// memcmp, bcmp and strlen.
//
// Each is weak, so that a real libc wins; hidden, so that calls need no PLT; and stands in a
// section of its own, so that the linker drops what nobody calls.
//
// Calling convention (AAPCS64, 6.1): arguments in x0, x1, x2, result in x0; x1 to x17 and
// v0 to v7, v16 to v31 are the callee's to use. Nothing here touches the stack. Linux lets
// user space access normal memory at any alignment (SCTLR_EL1.A is 0).
//
// Only ARMv8.0 is used. The targets are size, and few branches that depend on the length: lengths
// in the wild are short and look random, so a branch that is guessed wrong costs more than the
// bytes. Hence blocks that overlap: with a step `a` that is 0 for the lower half of a range of
// lengths and a whole register for the upper half, the four blocks at 0, a, n-width-a and n-width
// cover every length from width to 4 * width.

// memcpy(to, from, n), memmove(to, from, n): copies n bytes, returns `to`.
//
// memcpy is memmove: up to 128 bytes everything is loaded before anything is stored, and from
// there on a single comparison finds an overlap.
    .section .text.memmove,"ax",%progbits
    .weak   memcpy
    .hidden memcpy
    .type   memcpy, %function
    .weak   memmove
    .hidden memmove
    .type   memmove, %function
    .p2align 4
memcpy:
memmove:
    .cfi_startproc
    add     x5, x1, x2              // the ends
    add     x6, x0, x2
    cmp     x2, 16
    b.lo    2f
    cmp     x2, 64
    b.hi    5f

    // 16 to 64: four blocks of 16, a = 16 from 33 on.
    sub     x4, x2, 1
    lsr     x4, x4, 1
    and     x4, x4, 16
    ldr     q0, [x1]
    ldr     q1, [x1, x4]
    ldur    q2, [x5, -16]
    sub     x5, x5, x4
    ldur    q3, [x5, -16]
    str     q0, [x0]
    str     q1, [x0, x4]
    stur    q2, [x6, -16]
    sub     x6, x6, x4
    stur    q3, [x6, -16]
    ret

2:  // 4 to 15: four blocks of 4, a = 4 from 8 on.
    cmp     x2, 4
    b.lo    3f
    lsr     x4, x2, 1
    and     x4, x4, 4
    ldr     w7, [x1]
    ldr     w8, [x1, x4]
    ldur    w9, [x5, -4]
    sub     x5, x5, x4
    ldur    w10, [x5, -4]
    str     w7, [x0]
    str     w8, [x0, x4]
    stur    w9, [x6, -4]
    sub     x6, x6, x4
    stur    w10, [x6, -4]
    ret

3:  // 1 to 3: the first, the middle and the last byte.
    cbz     x2, 4f
    lsr     x4, x2, 1
    ldrb    w7, [x1]
    ldrb    w8, [x1, x4]
    ldurb   w9, [x5, -1]
    strb    w7, [x0]
    strb    w8, [x0, x4]
    sturb   w9, [x6, -1]
4:
    ret

5:  // More than 64. The first and the last 64 bytes wait in registers until the middle is done:
    // then it may be copied in whole aligned blocks, and may overlap.
    ldp     q0, q1, [x1]
    ldp     q2, q3, [x1, 32]
    ldp     q4, q5, [x5, -64]
    ldp     q6, q7, [x5, -32]
    cmp     x2, 128
    b.hi    7f
6:
    stp     q0, q1, [x0]
    stp     q2, q3, [x0, 32]
    stp     q4, q5, [x6, -64]
    stp     q6, q7, [x6, -32]
    ret

7:  // The middle, in blocks of 64. Forwards, the first begins at the last multiple of 16 of the
    // destination at or before byte 64, and the last one ends before byte n; backwards, the mirror
    // image. x4 = bytes to go: n - 128 and what the alignment adds.
    sub     x3, x0, x1
    cmp     x3, x2
    b.lo    9f
    and     x4, x0, 15
    mov     x7, 64
    sub     x3, x7, x4
    add     x1, x1, x3
    add     x3, x0, x3
    add     x4, x4, x2
    sub     x4, x4, 128
8:
    ldp     q16, q17, [x1]
    ldp     q18, q19, [x1, 32]
    add     x1, x1, x7
    stp     q16, q17, [x3]
    stp     q18, q19, [x3, 32]
    add     x3, x3, x7
    subs    x4, x4, 64
    b.hi    8b
    b       6b
9:
    neg     x4, x6
    and     x4, x4, 15
    add     x4, x4, x2
    sub     x4, x4, 128
    add     x1, x1, x4
    add     x3, x0, x4
    mov     x7, -64
    b       8b
    .cfi_endproc
    .size   memcpy, . - memcpy
    .size   memmove, . - memmove

// memset(to, byte, n): sets n bytes to the low 8 bits of `byte`, returns `to`.
//
// `dc zva` is left out: it would clear large areas faster, but only where it is allowed and after
// a look at its block size, which costs bytes and the short lengths.
    .section .text.memset,"ax",%progbits
    .weak   memset
    .hidden memset
    .type   memset, %function
    .p2align 4
memset:
    .cfi_startproc
    dup     v0.16b, w1
    add     x6, x0, x2              // the end
    cmp     x2, 16
    b.lo    2f
    cmp     x2, 64
    b.hi    5f

    // 16 to 64: four blocks of 16, a = 16 from 33 on.
    sub     x4, x2, 1
    lsr     x4, x4, 1
    and     x4, x4, 16
    str     q0, [x0]
    str     q0, [x0, x4]
    stur    q0, [x6, -16]
    sub     x6, x6, x4
    stur    q0, [x6, -16]
    ret

2:  // 4 to 15: four blocks of 4, a = 4 from 8 on.
    cmp     x2, 4
    b.lo    3f
    lsr     x4, x2, 1
    and     x4, x4, 4
    str     s0, [x0]
    str     s0, [x0, x4]
    stur    s0, [x6, -4]
    sub     x6, x6, x4
    stur    s0, [x6, -4]
    ret

3:  // 1 to 3: the first, the middle and the last byte.
    cbz     x2, 4f
    lsr     x4, x2, 1
    strb    w1, [x0]
    strb    w1, [x0, x4]
    sturb   w1, [x6, -1]
4:
    ret

5:  // More than 64: the first and the last 64 bytes, then what lies between in aligned blocks.
    stp     q0, q0, [x0]
    stp     q0, q0, [x0, 32]
    stp     q0, q0, [x6, -64]
    stp     q0, q0, [x6, -32]
    cmp     x2, 128
    b.ls    4b
    add     x3, x0, 64
    and     x3, x3, -16
    sub     x6, x6, 64
6:
    stp     q0, q0, [x3]
    stp     q0, q0, [x3, 32]
    add     x3, x3, 64
    cmp     x3, x6
    b.lo    6b
    ret
    .cfi_endproc
    .size   memset, . - memset

// memcmp(a, b, n): less than, equal to or greater than 0 as the first byte that differs is, taken
// as unsigned. bcmp(a, b, n) owes only 0 or not, so it is the same function. Neither reads a byte
// beyond n.
    .section .text.memcmp,"ax",%progbits
    .weak   memcmp
    .hidden memcmp
    .type   memcmp, %function
    .weak   bcmp
    .hidden bcmp
    .type   bcmp, %function
    .p2align 4
memcmp:
bcmp:
    .cfi_startproc
    subs    x2, x2, 16
    b.lo    4f

    // From 16 on, blocks of 16; the last one overlaps the one before it.
2:
    ldp     x4, x6, [x0], 16
    ldp     x5, x7, [x1], 16
    cmp     x4, x5
    ccmp    x6, x7, 0, eq
    b.ne    3f
    subs    x2, x2, 16
    b.hs    2b
    add     x0, x0, x2
    add     x1, x1, x2
    cmn     x2, 16                  // -16: nothing is left
    mov     x2, 0
    b.ne    2b
    mov     w0, 0
    ret
3:  // The first word that differs, in memory order.
    cmp     x4, x5
    csel    x4, x4, x6, ne
    csel    x5, x5, x7, ne
    b       6f

4:  // Below 16.
    add     x2, x2, 16
    cmp     x2, 4
    b.lo    7f
    add     x3, x0, x2              // the ends
    add     x6, x1, x2
    cmp     x2, 8
    b.lo    5f
    ldr     x4, [x0]
    ldr     x5, [x1]
    cmp     x4, x5
    b.ne    6f
    ldur    x4, [x3, -8]
    ldur    x5, [x6, -8]
    b       6f
5:  // 4 to 7: the last four above the first four.
    ldr     w4, [x0]
    ldr     w5, [x1]
    ldur    w3, [x3, -4]
    ldur    w6, [x6, -4]
    orr     x4, x4, x3, lsl 32
    orr     x5, x5, x6, lsl 32
6:
    rev     x4, x4
    rev     x5, x5
    cmp     x4, x5
    cset    w0, ne                  // 0 or 1,
    cneg    w0, w0, lo              // or -1
    ret
7:  // 0 to 3: byte by byte.
    mov     w3, 0
8:
    subs    x2, x2, 1
    b.lo    9f
    ldrb    w4, [x0], 1
    ldrb    w5, [x1], 1
    subs    w3, w4, w5
    b.eq    8b
9:
    mov     w0, w3
    ret
    .cfi_endproc
    .size   memcmp, . - memcmp
    .size   bcmp, . - bcmp

// strlen(s): the number of bytes before the first 0.
//
// It reads whole aligned blocks of 16, and so beyond the string at both ends, but never beyond the
// page that holds a byte of it: a block does not straddle a page, whatever the page's size.
    .section .text.strlen,"ax",%progbits
    .weak   strlen
    .hidden strlen
    .type   strlen, %function
    .p2align 4
strlen:
    .cfi_startproc
    and     x1, x0, -16
    ldr     q0, [x1]
    cmeq    v0.16b, v0.16b, 0
    shrn    v0.8b, v0.8h, 4         // four bits for each byte
    fmov    x2, d0
    lsl     x3, x0, 2               // forget what lies before the string: a shift takes its count
    lsr     x2, x2, x3              // modulo 64
    cbnz    x2, 3f
2:
    ldr     q0, [x1, 16]!
    cmeq    v0.16b, v0.16b, 0
    shrn    v0.8b, v0.8h, 4
    fmov    x2, d0
    cbz     x2, 2b
    sub     x0, x1, x0
    rbit    x2, x2
    clz     x2, x2
    add     x0, x0, x2, lsr 2
    ret
3:
    rbit    x2, x2
    clz     x2, x2
    lsr     x0, x2, 2
    ret
    .cfi_endproc
    .size   strlen, . - strlen

    .text
