// The memory functions that `core` and the compiler call by name: memcpy, memmove, memset,
// memcmp, bcmp and strlen.
//
// Each is weak, so that a real libc wins; hidden, so that calls need no PLT; and stands in a
// section of its own, so that the linker drops what nobody calls.
//
// Calling convention (System V ABI, AMD64 supplement, 3.2): arguments in rdi, rsi, rdx, result
// in rax; rcx, r8 to r11 and all xmm registers are the callee's to use; the direction flag is
// clear on entry (3.2.1), so `rep` counts upwards. Nothing here touches the stack.
//
// Only what every x86-64 has is used: asking the processor for more (`cpuid`) leaves a virtual
// machine and costs more than a small program's whole start. The targets are size, and few
// branches that depend on the length: lengths in the wild are short and look random, so a branch
// that is guessed wrong costs more than the bytes. Hence blocks that overlap: with a step `a`
// that is 0 for the lower half of a range of lengths and a whole register for the upper half, the
// four blocks at 0, a, n-width-a and n-width cover every length from width to 4 * width.

// memcpy(to, from, n), memmove(to, from, n): copies n bytes, returns `to`.
//
// memcpy is memmove: up to 128 bytes everything is loaded before anything is stored, and from
// there on a single comparison finds an overlap.
    .section .text.memmove,"ax",@progbits
    .weak   memcpy
    .hidden memcpy
    .type   memcpy, @function
    .weak   memmove
    .hidden memmove
    .type   memmove, @function
    .p2align 4
memcpy:
memmove:
    .cfi_startproc
    mov     rax, rdi
    cmp     rdx, 16
    jb      2f
    cmp     rdx, 64
    ja      5f

    // 16 to 64: four blocks of 16, a = 16 from 33 on.
    lea     ecx, [rdx - 1]
    shr     ecx
    and     ecx, 16
    movups  xmm0, [rsi]
    movups  xmm1, [rsi + rcx]
    movups  xmm2, [rsi + rdx - 16]
    sub     rsi, rcx
    movups  xmm3, [rsi + rdx - 16]
    movups  [rdi], xmm0
    movups  [rdi + rcx], xmm1
    movups  [rdi + rdx - 16], xmm2
    sub     rdi, rcx
    movups  [rdi + rdx - 16], xmm3
    ret

2:  // 4 to 15: four blocks of 4, a = 4 from 8 on.
    cmp     edx, 4
    jb      3f
    mov     ecx, edx
    shr     ecx
    and     ecx, 4
    mov     r8d, [rsi]
    mov     r9d, [rsi + rcx]
    mov     r10d, [rsi + rdx - 4]
    sub     rsi, rcx
    mov     r11d, [rsi + rdx - 4]
    mov     [rdi], r8d
    mov     [rdi + rcx], r9d
    mov     [rdi + rdx - 4], r10d
    sub     rdi, rcx
    mov     [rdi + rdx - 4], r11d
    ret

3:  // 1 to 3: the first, the middle and the last byte.
    test    edx, edx
    jz      4f
    mov     ecx, edx
    shr     ecx
    mov     r8b, [rsi + rcx]
    mov     r9b, [rsi + rdx - 1]
    movzx   esi, byte ptr [rsi]
    mov     [rdi + rcx], r8b
    mov     [rdi + rdx - 1], r9b
    mov     [rdi], sil
4:
    ret

5:  // More than 64. The first and the last 64 bytes wait in registers until the middle is done:
    // then it may be copied in whole aligned blocks, and may overlap.
    movups  xmm0, [rsi]
    movups  xmm1, [rsi + 16]
    movups  xmm2, [rsi + 32]
    movups  xmm3, [rsi + 48]
    mov     rcx, rdi
    sub     rcx, rsi
    cmp     rdx, 2048               // from here on `rep movsb` has made up for its start
    jae     8f
6:
    movups  xmm4, [rsi + rdx - 64]
    movups  xmm5, [rsi + rdx - 48]
    movups  xmm6, [rsi + rdx - 32]
    movups  xmm7, [rsi + rdx - 16]
    cmp     rdx, 128
    ja      20f
7:
    movups  [rax + rdx - 64], xmm4
    movups  [rax + rdx - 48], xmm5
    movups  [rax + rdx - 32], xmm6
    movups  [rax + rdx - 16], xmm7
30:
    movups  [rax], xmm0
    movups  [rax + 16], xmm1
    movups  [rax + 32], xmm2
    movups  [rax + 48], xmm3
    ret

8:  // `rep movsb`, except where it is slow: rcx = to - from.
    cmp     rcx, rdx
    jb      6b                      // `to` lies inside `from`: it would have to run backwards
    cmp     rcx, -64
    ja      6b                      // `to` less than 64 bytes below: byte by byte, 50 times slower
    test    ecx, 0xfc0
    jnz     9f
    test    cl, 63
    jnz     6b                      // less than 64 above, modulo 4096: AMD Zen 3 and 4 crawl
9:
    mov     ecx, edi                // begin at a line of the destination; xmm0 to 3 hold the rest
    neg     ecx
    and     ecx, 63
    add     rdi, rcx
    add     rsi, rcx
    neg     rcx
    add     rcx, rdx
    rep movsb                       // to the end: a tail stored apart may straddle a page, which
    jmp     30b                     // costs half as much as copying 4 KiB

20: // The middle, in blocks of 64. Forwards, the first begins at the last line of the destination
    // at or before byte 64, and the last one ends before byte n; backwards, the mirror image.
    // rcx = bytes to go: n - 128 and what the alignment adds.
    cmp     rcx, rdx
    jb      22f
    mov     ecx, edi
    and     ecx, 63
    sub     rdi, rcx
    sub     rsi, rcx
    add     rdi, 64
    add     rsi, 64
    lea     rcx, [rdx + rcx - 128]
    mov     r8d, 64
21:
    movups  xmm8, [rsi]
    movups  xmm9, [rsi + 16]
    movups  xmm10, [rsi + 32]
    movups  xmm11, [rsi + 48]
    movaps  [rdi], xmm8
    movaps  [rdi + 16], xmm9
    movaps  [rdi + 32], xmm10
    movaps  [rdi + 48], xmm11
    add     rsi, r8
    add     rdi, r8
    sub     rcx, 64
    ja      21b
    jmp     7b
22:
    lea     ecx, [rdi + rdx]
    neg     ecx
    and     ecx, 63
    lea     rcx, [rdx + rcx - 128]
    add     rdi, rcx
    add     rsi, rcx
    mov     r8, -64
    jmp     21b
    .cfi_endproc
    .size   memcpy, . - memcpy
    .size   memmove, . - memmove

// memset(to, byte, n): sets n bytes to the low 8 bits of `byte`, returns `to`.
    .section .text.memset,"ax",@progbits
    .weak   memset
    .hidden memset
    .type   memset, @function
    .p2align 4
memset:
    .cfi_startproc
    mov     rax, rdi
    movzx   esi, sil
    imul    esi, esi, 0x01010101
    cmp     rdx, 16
    jb      2f
    movd    xmm0, esi
    pshufd  xmm0, xmm0, 0
    cmp     rdx, 64
    ja      5f

    // 16 to 64: four blocks of 16, a = 16 from 33 on.
    lea     ecx, [rdx - 1]
    shr     ecx
    and     ecx, 16
    movups  [rdi], xmm0
    movups  [rdi + rcx], xmm0
    movups  [rdi + rdx - 16], xmm0
    sub     rdi, rcx
    movups  [rdi + rdx - 16], xmm0
    ret

2:  // 4 to 15: four blocks of 4, a = 4 from 8 on.
    cmp     edx, 4
    jb      3f
    mov     ecx, edx
    shr     ecx
    and     ecx, 4
    mov     [rdi], esi
    mov     [rdi + rcx], esi
    mov     [rdi + rdx - 4], esi
    sub     rdi, rcx
    mov     [rdi + rdx - 4], esi
    ret

3:  // 1 to 3: the first, the last and the middle byte.
    test    edx, edx
    jz      4f
    mov     [rdi], sil
    mov     [rdi + rdx - 1], sil
    shr     edx
    mov     [rdi + rdx], sil
4:
    ret

5:  // More than 64: the first and the last 64 bytes, then the lines between.
    lea     rcx, [rdi + rdx - 64]
    movups  [rdi], xmm0
    movups  [rdi + 16], xmm0
    movups  [rdi + 32], xmm0
    movups  [rdi + 48], xmm0
    movups  [rcx], xmm0
    movups  [rcx + 16], xmm0
    movups  [rcx + 32], xmm0
    movups  [rcx + 48], xmm0
    cmp     rdx, 128
    jbe     4b
    add     rdi, 64
    and     rdi, -64
    cmp     rdx, 2048               // from here on `rep stosb` has made up for its start
    jae     7f
6:
    movaps  [rdi], xmm0
    movaps  [rdi + 16], xmm0
    movaps  [rdi + 32], xmm0
    movaps  [rdi + 48], xmm0
    add     rdi, 64
    cmp     rdi, rcx
    jb      6b
    ret
7:
    sub     rcx, rdi
    mov     rdx, rax
    mov     eax, esi
    rep stosb
    mov     rax, rdx
    ret
    .cfi_endproc
    .size   memset, . - memset

// memcmp(a, b, n): less than, equal to or greater than 0 as the first byte that differs is, taken
// as unsigned. bcmp(a, b, n) owes only 0 or not, so it is the same function. Neither reads a byte
// beyond n.
    .section .text.memcmp,"ax",@progbits
    .weak   memcmp
    .hidden memcmp
    .type   memcmp, @function
    .weak   bcmp
    .hidden bcmp
    .type   bcmp, @function
    .p2align 4
memcmp:
bcmp:
    .cfi_startproc
    cmp     rdx, 16
    jb      4f

    // One body serves every length from 16 on: w = min(n, 64) bytes, as four blocks of 16 at 0,
    // rcx = a, r9 = w - 16 - a and r8 = w - 16. In the loop a is 16, and the blocks are adjacent.
    mov     ecx, 64
    cmp     rdx, rcx
    cmovb   ecx, edx
    sub     rdx, rcx                // bytes beyond these
    lea     r8d, [rcx - 16]
    dec     ecx
    shr     ecx
    and     ecx, 16
    mov     r9d, r8d
    sub     r9d, ecx
9:
    movups  xmm0, [rdi]
    movups  xmm4, [rsi]
    movups  xmm1, [rdi + rcx]
    movups  xmm5, [rsi + rcx]
    movups  xmm2, [rdi + r9]
    movups  xmm6, [rsi + r9]
    movups  xmm3, [rdi + r8]
    movups  xmm7, [rsi + r8]
    pcmpeqb xmm0, xmm4
    pcmpeqb xmm1, xmm5
    pcmpeqb xmm2, xmm6
    pcmpeqb xmm3, xmm7
    pand    xmm1, xmm0              // each now says "equal so far": the first zero is the difference
    pand    xmm2, xmm1
    pand    xmm3, xmm2
    pmovmskb eax, xmm3
    sub     eax, 0xffff
    jnz     2f
    add     rdi, 64
    add     rsi, 64
    sub     rdx, 64
    jae     9b
    add     rdi, rdx                // back to the last 64 bytes, unless they are done
    add     rsi, rdx
    cmp     rdx, -64
    mov     edx, 0
    ja      9b
    ret

2:  // 32 bytes at a time. Where a is 0 both blocks of a pair are the same, so that the number of
    // the first bit set is the offset in either case.
    pmovmskb eax, xmm0
    pmovmskb edx, xmm1
    shl     edx, 16
    or      eax, edx
    xor     eax, -1
    jnz     3f
    pmovmskb eax, xmm2
    pmovmskb edx, xmm3
    shl     edx, 16
    or      eax, edx
    not     eax
    add     rdi, r9
    add     rsi, r9
3:
    bsf     ecx, eax
    movzx   eax, byte ptr [rdi + rcx]
    movzx   ecx, byte ptr [rsi + rcx]
    sub     eax, ecx
    ret

4:  // Below 16 general registers, loaded so that memory order becomes numeric order.
    cmp     edx, 8
    jb      5f
    mov     rax, [rdi]
    mov     rcx, [rsi]
    cmp     rax, rcx
    jne     7f
    mov     rax, [rdi + rdx - 8]
    mov     rcx, [rsi + rdx - 8]
    jmp     7f
5:
    cmp     edx, 4
    jb      6f
    mov     eax, [rdi + rdx - 4]
    mov     ecx, [rsi + rdx - 4]
    shl     rax, 32
    shl     rcx, 32
    mov     edi, [rdi]
    mov     esi, [rsi]
    or      rax, rdi
    or      rcx, rsi
    jmp     7f
6:  // 1 to 3: the last byte, then the middle one and the first below it.
    mov     eax, edx
    test    edx, edx
    jz      8f
    mov     ecx, edx
    shr     ecx
    movzx   eax, byte ptr [rdi + rdx - 1]
    movzx   edx, byte ptr [rsi + rdx - 1]
    shl     eax, 16
    shl     edx, 16
    mov     ah, [rdi + rcx]
    mov     dh, [rsi + rcx]
    mov     al, [rdi]
    mov     dl, [rsi]
    mov     ecx, edx
7:
    bswap   rax
    bswap   rcx
    cmp     rax, rcx
    seta    al
    movzx   eax, al
    sbb     eax, 0
8:
    ret
    .cfi_endproc
    .size   memcmp, . - memcmp
    .size   bcmp, . - bcmp

// strlen(s): the number of bytes before the first 0.
//
// It reads whole aligned blocks of 16, and so beyond the string at both ends, but never beyond the
// page that holds a byte of it: a block does not straddle a page, whatever the page's size.
    .section .text.strlen,"ax",@progbits
    .weak   strlen
    .hidden strlen
    .type   strlen, @function
    .p2align 4
strlen:
    .cfi_startproc
    mov     rdx, rdi
    mov     ecx, edi
    and     ecx, 15
    and     rdi, -16
    pxor    xmm0, xmm0
    pcmpeqb xmm0, [rdi]
    pmovmskb eax, xmm0
    shr     eax, cl                 // forget what lies before the string
    test    eax, eax                // a shift by 0 leaves the flags as they were
    jnz     3f
    pxor    xmm0, xmm0
2:
    add     rdi, 16
    pcmpeqb xmm0, [rdi]             // no byte was 0, so xmm0 is 0 again
    pmovmskb eax, xmm0
    test    eax, eax
    jz      2b
    sub     rdi, rdx
    bsf     eax, eax
    add     rax, rdi
    ret
3:
    bsf     eax, eax
    ret
    .cfi_endproc
    .size   strlen, . - strlen

    .text
