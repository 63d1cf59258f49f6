// Program entry. The kernel hands over with the stack pointer at argc, 16-aligned; no
// other register means anything (arch/arm64/include/asm/processor.h, start_thread; the
// stack is that of the System V ABI: argc, argv, 0, envp, 0, auxv).
//
// A static-PIE has to relocate itself before any code runs that reads a table of pointers.
// That is done here, where nothing can need a relocation; every register is free.
//
// The relocations have a section of their own: the linker leaves them out of a program at a
// fixed address, where `sinew-link` puts `__sinew_stop` in their place.

    .section .text._start, "ax", %progbits
    .globl  _start
    .globl  __sinew_relro
    .globl  __sinew_stop
    .hidden __sinew_relro
    .hidden __sinew_stop
    .hidden __ehdr_start
    .weak   __ehdr_start
    .type   _start, %function
_start:
    .cfi_startproc
    .cfi_undefined x30            // the outermost frame: unwinders stop here

    // The program headers: x3 = load bias, x10 = dynamic section, x11 = RELRO header.
    adrp    x0, __ehdr_start
    add     x0, x0, :lo12:__ehdr_start
    ldr     x1, [x0, 32]          // e_phoff
    ldrh    w2, [x0, 56]          // e_phnum
    add     x1, x1, x0
    mov     x10, xzr
    mov     x11, xzr
    mov     w7, 0xe552
    movk    w7, 0x6474, lsl 16    // PT_GNU_RELRO
20: ldr     w4, [x1]
    ldp     x5, x6, [x1, 8]       // p_offset, p_vaddr
    cmp     w4, 3                 // PT_INTERP: an interpreter has done all this
    b.eq    .Lstart_main
    cmp     w4, 1                 // PT_LOAD: the one at offset 0 holds the header
    ccmp    x5, 0, 0, eq
    b.ne    22f
    sub     x3, x0, x6
22: cmp     w4, 2                 // PT_DYNAMIC
    csel    x10, x6, x10, eq
    cmp     w4, w7
    csel    x11, x1, x11, eq
    add     x1, x1, 56
    subs    w2, w2, 1
    b.ne    20b
    cbnz    x10, __sinew_relocate

    // RELRO: whole pages only; both ends are rounded down, as glibc and musl do. The size
    // of a page stands in the auxiliary vector, behind the environment.
__sinew_relro:
    cbz     x11, .Lstart_main
    mov     x0, sp
    ldr     x1, [x0], 16
    add     x0, x0, x1, lsl 3
23: ldr     x1, [x0], 8
    cbnz    x1, 23b
24: ldp     x1, x2, [x0], 16
    cmp     x1, 6                 // AT_PAGESZ
    b.ne    24b
    neg     x2, x2
    ldr     x0, [x11, 16]
    ldr     x1, [x11, 40]         // p_memsz
    add     x0, x0, x3
    add     x1, x1, x0
    and     x0, x0, x2
    and     x1, x1, x2
    subs    x1, x1, x0
    b.eq    .Lstart_main
    mov     x2, 1                 // PROT_READ
    mov     x8, 226               // mprotect
    svc     0
    cbnz    x0, __sinew_stop

.Lstart_main:
    mov     x29, xzr
    mov     x30, xzr
    mov     x0, sp
    bl      __sinew_start         // gives the exit status
    mov     x8, 94                // exit_group
    svc     0
__sinew_stop:
    udf     0                     // an image that cannot be prepared must not run
    .cfi_endproc
    .size   _start, . - _start

    .section .text.__sinew_relocate, "ax", %progbits
    .weak   __sinew_relocate
    .hidden __sinew_relocate
    .type   __sinew_relocate, %function
__sinew_relocate:
    .cfi_startproc
    .cfi_undefined x30
    // The dynamic section: x12, x13 = RELA and its size; x14, x15 = REL; x16, x17 = RELR.
    add     x0, x3, x10
    mov     x13, xzr
    mov     x15, xzr
    mov     x17, xzr
25: ldp     x1, x2, [x0], 16
    cmp     x1, 7                 // DT_RELA
    csel    x12, x2, x12, eq
    cmp     x1, 8                 // DT_RELASZ
    csel    x13, x2, x13, eq
    cmp     x1, 17                // DT_REL
    csel    x14, x2, x14, eq
    cmp     x1, 18                // DT_RELSZ
    csel    x15, x2, x15, eq
    cmp     x1, 36                // DT_RELR
    csel    x16, x2, x16, eq
    cmp     x1, 35                // DT_RELRSZ
    csel    x17, x2, x17, eq
    cbnz    x1, 25b

    // RELA: offset, type, addend. Only R_AARCH64_RELATIVE occurs in a static program.
    add     x12, x12, x3
    add     x13, x13, x12
26: cmp     x12, x13
    b.hs    27f
    ldp     x1, x2, [x12], 16
    ldr     x4, [x12], 8
    cmp     x2, 1027
    b.ne    .Lstart_unknown
    add     x4, x4, x3
    str     x4, [x3, x1]
    b       26b

    // REL: the same with the addend in place.
27: add     x14, x14, x3
    add     x15, x15, x14
28: cmp     x14, x15
    b.hs    29f
    ldp     x1, x2, [x14], 16
    cmp     x2, 1027
    b.ne    .Lstart_unknown
    ldr     x4, [x3, x1]
    add     x4, x4, x3
    str     x4, [x3, x1]
    b       28b
.Lstart_unknown:
    udf     0                     // nor one with a relocation of another kind

    // RELR: an even word is an address, an odd one a map of the 63 words behind it.
29: add     x0, x3, x16
    add     x17, x17, x0
30: cmp     x0, x17
    b.hs    __sinew_relro
    ldr     x1, [x0], 8
    tbnz    x1, 0, 31f
    add     x2, x3, x1
    ldr     x4, [x2]
    add     x4, x4, x3
    str     x4, [x2], 8
    b       30b
31: mov     x5, x2
    add     x2, x2, 63 * 8
32: lsr     x1, x1, 1
    cbz     x1, 30b
    tbz     x1, 0, 33f
    ldr     x4, [x5]
    add     x4, x4, x3
    str     x4, [x5]
33: add     x5, x5, 8
    b       32b
    .cfi_endproc
    .size   __sinew_relocate, . - __sinew_relocate

// The compiler's outlined atomics ask it for AT_HWCAP in a constructor that never runs
// here; they then use the instructions that every ARMv8.0 has.
    .section .text.getauxval, "ax", %progbits
    .weak   getauxval
    .hidden getauxval
getauxval:
    mov     x0, xzr
    ret
    .text
