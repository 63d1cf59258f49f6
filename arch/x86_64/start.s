// Program entry. The kernel hands over with the stack pointer at argc, 16-aligned; rdx is
// zero in a static program, and no other register means anything (System V ABI, AMD64
// supplement, 3.4.1). On the stack stand argc, argv, 0, envp, 0, auxv.
//
// A static-PIE has to relocate itself before any code runs that reads a table of pointers.
// That is done here, where nothing can need a relocation; every register is free.
//
// The relocations have a section of their own: the linker leaves them out of a program at a
// fixed address, where `sinew-link` puts `__sinew_stop` in their place.

    .section .text._start, "ax", @progbits
    .globl  _start
    .globl  __sinew_relro
    .globl  __sinew_stop
    .hidden __sinew_relro
    .hidden __sinew_stop
    .hidden __ehdr_start
    .weak   __ehdr_start
    .type   _start, @function
_start:
    .cfi_startproc
    .cfi_undefined rip            // the outermost frame: unwinders stop here
    xor     ebp, ebp

    // The program headers: rbx = load bias, r10 = dynamic section, r11 = RELRO header.
    lea     rdi, [rip + __ehdr_start]
    mov     rsi, [rdi + 32]       // e_phoff
    movzx   ecx, word ptr [rdi + 56]
    add     rsi, rdi
    xor     r10d, r10d
    xor     r11d, r11d
20: mov     eax, [rsi]
    mov     rdx, [rsi + 16]       // p_vaddr
    dec     eax                   // PT_LOAD, 1: the one at offset 0 holds the header
    jnz     22f
    cmp     [rsi + 8], rax
    jne     22f
    mov     rbx, rdi
    sub     rbx, rdx
22: dec     eax                   // PT_DYNAMIC, 2
    cmovz   r10, rdx
    dec     eax                   // PT_INTERP, 3: an interpreter has done all this
    jz      .Lstart_main
    cmp     eax, 0x6474e552 - 3   // PT_GNU_RELRO
    cmove   r11, rsi
    add     rsi, 56
    dec     ecx
    jnz     20b
    test    r10, r10
    jnz     __sinew_relocate

    // RELRO: whole pages only; both ends are rounded down, as glibc and musl do. A page has
    // 4 KiB here: this architecture knows no other size.
__sinew_relro:
    test    r11, r11
    jz      .Lstart_main
    mov     rdi, [r11 + 16]
    mov     rsi, [r11 + 40]       // p_memsz
    add     rdi, rbx
    add     rsi, rdi
    and     di, -4096
    and     si, -4096
    sub     rsi, rdi
    jz      .Lstart_main
    push    1                     // PROT_READ
    pop     rdx
    push    10                    // mprotect
    pop     rax
    syscall
    test    eax, eax
    jnz     __sinew_stop

.Lstart_main:
    xor     ebp, ebp
    mov     rdi, rsp
    call    __sinew_start         // gives the exit status
    xchg    edi, eax
    mov     eax, 231              // exit_group
    syscall
__sinew_stop:
    ud2                           // an image that cannot be prepared must not run
    .cfi_endproc
    .size   _start, . - _start

    .section .text.__sinew_relocate, "ax", @progbits
    .weak   __sinew_relocate
    .hidden __sinew_relocate
    .type   __sinew_relocate, @function
__sinew_relocate:
    .cfi_startproc
    .cfi_undefined rip
    // The dynamic section: r12, r13 = RELA and its size; r14, r15 = REL; rdi, rbp = RELR.
    lea     rsi, [rbx + r10]
    xor     r13d, r13d
    xor     r15d, r15d
25: lodsq                         // the ABI clears the direction flag
    xchg    rdx, rax
    lodsq
    cmp     edx, 7                // DT_RELA
    cmove   r12, rax
    cmp     edx, 8                // DT_RELASZ
    cmove   r13, rax
    cmp     edx, 17               // DT_REL
    cmove   r14, rax
    cmp     edx, 18               // DT_RELSZ
    cmove   r15, rax
    cmp     edx, 36               // DT_RELR
    cmove   rdi, rax
    cmp     edx, 35               // DT_RELRSZ
    cmove   rbp, rax
    test    edx, edx
    jnz     25b

    // RELA: offset, type, addend. Only R_X86_64_RELATIVE occurs in a static program.
    lea     rsi, [rbx + r12]
    lea     rcx, [rsi + r13]
26: cmp     rsi, rcx
    jae     27f
    lodsq
    xchg    rdx, rax
    lodsq
    cmp     eax, 8
    jne     .Lstart_unknown
    lodsq
    add     rax, rbx
    mov     [rbx + rdx], rax
    jmp     26b

    // REL: the same with the addend in place.
27: lea     rsi, [rbx + r14]
    lea     rcx, [rsi + r15]
28: cmp     rsi, rcx
    jae     29f
    lodsq
    xchg    rdx, rax
    lodsq
    cmp     eax, 8
    jne     .Lstart_unknown
    add     [rbx + rdx], rbx
    jmp     28b
.Lstart_unknown:
    ud2                           // nor one with a relocation of another kind

    // RELR: an even word is an address, an odd one a map of the 63 words behind it.
29: lea     rsi, [rbx + rdi]
    add     rbp, rsi
30: cmp     rsi, rbp
    jae     __sinew_relro
    lodsq
    test    al, 1
    jnz     31f
    lea     rdx, [rbx + rax]
    add     [rdx], rbx
    add     rdx, 8
    jmp     30b
31: mov     rcx, rdx
    add     rdx, 63 * 8
32: shr     rax, 1
    jz      30b
    test    al, 1
    jz      33f
    add     [rcx], rbx
33: add     rcx, 8
    jmp     32b
    .cfi_endproc
    .size   __sinew_relocate, . - __sinew_relocate
    .text
