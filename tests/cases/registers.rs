//! A handler leaves every register of the code that it interrupts as it was: the kernel puts
//! them on the stack, and the return from the handler has to find them there.

use super::Outcome;
use super::tools::handle;
use crate::calls;

/// The vector registers, filled, through a signal that the process sends itself meanwhile.
fn vector_registers_survive_a_handler() -> Outcome {
    handle(calls::SIGUSR1, architecture::spoil, 0)?;
    for round in 0..100_u8 {
        let mut before = [[0_u8; 16]; architecture::COUNT];
        for (number, register) in before.iter_mut().enumerate() {
            register.fill(round.wrapping_mul(31) ^ number as u8);
            register[15] = !round;
        }
        let after = architecture::through_a_signal(&before, calls::getpid(), calls::SIGUSR1);
        for (number, (before, after)) in before.iter().zip(&after).enumerate() {
            check_eq!((number, after), (number, before));
        }
    }
    Ok(())
}

cases! {
    vector_registers_survive_a_handler,
}

#[cfg(target_arch = "x86_64")]
mod architecture {
    use core::arch::asm;

    /// xmm0 to xmm15.
    pub const COUNT: usize = 16;

    /// Overwrites them.
    pub extern "C" fn spoil(_: i32) {
        // SAFETY: it says what it changes.
        unsafe {
            asm!(
                "pcmpeqd xmm0, xmm0", "pcmpeqd xmm1, xmm1", "pcmpeqd xmm2, xmm2", "pcmpeqd xmm3, xmm3",
                "pcmpeqd xmm4, xmm4", "pcmpeqd xmm5, xmm5", "pcmpeqd xmm6, xmm6", "pcmpeqd xmm7, xmm7",
                "pcmpeqd xmm8, xmm8", "pcmpeqd xmm9, xmm9", "pcmpeqd xmm10, xmm10", "pcmpeqd xmm11, xmm11",
                "pcmpeqd xmm12, xmm12", "pcmpeqd xmm13, xmm13", "pcmpeqd xmm14, xmm14", "pcmpeqd xmm15, xmm15",
                out("xmm0") _, out("xmm1") _, out("xmm2") _, out("xmm3") _,
                out("xmm4") _, out("xmm5") _, out("xmm6") _, out("xmm7") _,
                out("xmm8") _, out("xmm9") _, out("xmm10") _, out("xmm11") _,
                out("xmm12") _, out("xmm13") _, out("xmm14") _, out("xmm15") _,
            );
        }
    }

    /// Fills them, makes the call `kill(pid, signal)`, and gives what they hold then.
    pub fn through_a_signal(before: &[[u8; 16]; COUNT], pid: i32, signal: i32) -> [[u8; 16]; COUNT] {
        let mut after = [[0; 16]; COUNT];
        // SAFETY: it reads the one array and writes the other; the handler has run when the
        // call returns, since the signal is not blocked and there is one thread.
        unsafe {
            asm!(
                "movdqu xmm0, [{before}]", "movdqu xmm1, [{before} + 16]",
                "movdqu xmm2, [{before} + 32]", "movdqu xmm3, [{before} + 48]",
                "movdqu xmm4, [{before} + 64]", "movdqu xmm5, [{before} + 80]",
                "movdqu xmm6, [{before} + 96]", "movdqu xmm7, [{before} + 112]",
                "movdqu xmm8, [{before} + 128]", "movdqu xmm9, [{before} + 144]",
                "movdqu xmm10, [{before} + 160]", "movdqu xmm11, [{before} + 176]",
                "movdqu xmm12, [{before} + 192]", "movdqu xmm13, [{before} + 208]",
                "movdqu xmm14, [{before} + 224]", "movdqu xmm15, [{before} + 240]",
                "syscall",
                "movdqu [{after}], xmm0", "movdqu [{after} + 16], xmm1",
                "movdqu [{after} + 32], xmm2", "movdqu [{after} + 48], xmm3",
                "movdqu [{after} + 64], xmm4", "movdqu [{after} + 80], xmm5",
                "movdqu [{after} + 96], xmm6", "movdqu [{after} + 112], xmm7",
                "movdqu [{after} + 128], xmm8", "movdqu [{after} + 144], xmm9",
                "movdqu [{after} + 160], xmm10", "movdqu [{after} + 176], xmm11",
                "movdqu [{after} + 192], xmm12", "movdqu [{after} + 208], xmm13",
                "movdqu [{after} + 224], xmm14", "movdqu [{after} + 240], xmm15",
                before = in(reg) before.as_ptr(),
                after = in(reg) after.as_mut_ptr(),
                inlateout("rax") 62_usize => _,
                in("rdi") pid as usize,
                in("rsi") signal as usize,
                out("rcx") _, out("r11") _,
                out("xmm0") _, out("xmm1") _, out("xmm2") _, out("xmm3") _,
                out("xmm4") _, out("xmm5") _, out("xmm6") _, out("xmm7") _,
                out("xmm8") _, out("xmm9") _, out("xmm10") _, out("xmm11") _,
                out("xmm12") _, out("xmm13") _, out("xmm14") _, out("xmm15") _,
            );
        }
        after
    }
}

#[cfg(target_arch = "aarch64")]
mod architecture {
    use core::arch::asm;

    /// v0 to v31.
    pub const COUNT: usize = 32;

    /// Overwrites them.
    pub extern "C" fn spoil(_: i32) {
        // SAFETY: it says what it changes.
        unsafe {
            asm!(
                "movi v0.16b, 255", "movi v1.16b, 255", "movi v2.16b, 255", "movi v3.16b, 255",
                "movi v4.16b, 255", "movi v5.16b, 255", "movi v6.16b, 255", "movi v7.16b, 255",
                "movi v8.16b, 255", "movi v9.16b, 255", "movi v10.16b, 255", "movi v11.16b, 255",
                "movi v12.16b, 255", "movi v13.16b, 255", "movi v14.16b, 255", "movi v15.16b, 255",
                "movi v16.16b, 255", "movi v17.16b, 255", "movi v18.16b, 255", "movi v19.16b, 255",
                "movi v20.16b, 255", "movi v21.16b, 255", "movi v22.16b, 255", "movi v23.16b, 255",
                "movi v24.16b, 255", "movi v25.16b, 255", "movi v26.16b, 255", "movi v27.16b, 255",
                "movi v28.16b, 255", "movi v29.16b, 255", "movi v30.16b, 255", "movi v31.16b, 255",
                out("v0") _, out("v1") _, out("v2") _, out("v3") _, out("v4") _, out("v5") _,
                out("v6") _, out("v7") _, out("v8") _, out("v9") _, out("v10") _, out("v11") _,
                out("v12") _, out("v13") _, out("v14") _, out("v15") _, out("v16") _, out("v17") _,
                out("v18") _, out("v19") _, out("v20") _, out("v21") _, out("v22") _, out("v23") _,
                out("v24") _, out("v25") _, out("v26") _, out("v27") _, out("v28") _, out("v29") _,
                out("v30") _, out("v31") _,
            );
        }
    }

    /// Fills them, makes the call `kill(pid, signal)`, and gives what they hold then.
    pub fn through_a_signal(before: &[[u8; 16]; COUNT], pid: i32, signal: i32) -> [[u8; 16]; COUNT] {
        let mut after = [[0; 16]; COUNT];
        // SAFETY: it reads the one array and writes the other; the handler has run when the
        // call returns, since the signal is not blocked and there is one thread.
        unsafe {
            asm!(
                "ldp q0, q1, [{before}]", "ldp q2, q3, [{before}, 32]",
                "ldp q4, q5, [{before}, 64]", "ldp q6, q7, [{before}, 96]",
                "ldp q8, q9, [{before}, 128]", "ldp q10, q11, [{before}, 160]",
                "ldp q12, q13, [{before}, 192]", "ldp q14, q15, [{before}, 224]",
                "ldp q16, q17, [{before}, 256]", "ldp q18, q19, [{before}, 288]",
                "ldp q20, q21, [{before}, 320]", "ldp q22, q23, [{before}, 352]",
                "ldp q24, q25, [{before}, 384]", "ldp q26, q27, [{before}, 416]",
                "ldp q28, q29, [{before}, 448]", "ldp q30, q31, [{before}, 480]",
                "svc 0",
                "stp q0, q1, [{after}]", "stp q2, q3, [{after}, 32]",
                "stp q4, q5, [{after}, 64]", "stp q6, q7, [{after}, 96]",
                "stp q8, q9, [{after}, 128]", "stp q10, q11, [{after}, 160]",
                "stp q12, q13, [{after}, 192]", "stp q14, q15, [{after}, 224]",
                "stp q16, q17, [{after}, 256]", "stp q18, q19, [{after}, 288]",
                "stp q20, q21, [{after}, 320]", "stp q22, q23, [{after}, 352]",
                "stp q24, q25, [{after}, 384]", "stp q26, q27, [{after}, 416]",
                "stp q28, q29, [{after}, 448]", "stp q30, q31, [{after}, 480]",
                before = in(reg) before.as_ptr(),
                after = in(reg) after.as_mut_ptr(),
                in("x8") 129,
                inlateout("x0") pid as usize => _,
                in("x1") signal as usize,
                out("v0") _, out("v1") _, out("v2") _, out("v3") _, out("v4") _, out("v5") _,
                out("v6") _, out("v7") _, out("v8") _, out("v9") _, out("v10") _, out("v11") _,
                out("v12") _, out("v13") _, out("v14") _, out("v15") _, out("v16") _, out("v17") _,
                out("v18") _, out("v19") _, out("v20") _, out("v21") _, out("v22") _, out("v23") _,
                out("v24") _, out("v25") _, out("v26") _, out("v27") _, out("v28") _, out("v29") _,
                out("v30") _, out("v31") _,
            );
        }
        after
    }
}
