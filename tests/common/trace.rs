//! A program under ptrace(2), stopped before its first instruction: counts what it does.

use std::fs::File;
use std::io::{self, Read};
use std::mem;
use std::os::unix::fs::FileExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::ptr;

/// `PTRACE_O_EXITKILL`: the program does not outlive the test.
const EXITKILL: usize = 0x0010_0000;
/// What `PTRACE_O_TRACESYSGOOD` makes of a stop at a system call.
const SYSTEM_CALL: i32 = libc::SIGTRAP | 0x80;

/// A program that has not run yet. Whoever started it has to drive it, in the same thread.
pub struct Tracee {
    pid: libc::pid_t,
    memory: File,
    child: Child,
}

/// How a program ended, and what it wrote.
pub struct Ended {
    /// What was counted.
    pub count: usize,
    /// The status that it left.
    pub status: ExitStatus,
    /// Its standard output.
    pub output: Vec<u8>,
}

impl Tracee {
    /// Starts the command; it stops before its first instruction.
    pub fn start(command: &mut Command) -> Self {
        // SAFETY: one system call, which is async-signal-safe.
        unsafe {
            command.pre_exec(|| match libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0) {
                0 => Ok(()),
                _ => Err(io::Error::last_os_error()),
            })
        };
        let child = command.stdout(Stdio::piped()).spawn().expect("the program starts");
        let pid = child.id() as libc::pid_t;
        let memory =
            File::options().read(true).write(true).open(format!("/proc/{pid}/mem")).expect("it lives");
        let tracee = Self { pid, memory, child };
        assert_eq!(tracee.wait().stopped_signal(), Some(libc::SIGTRAP), "the exec stops it");
        let options = EXITKILL | libc::PTRACE_O_TRACESYSGOOD as usize;
        tracee.request(libc::PTRACE_SETOPTIONS, 0, ptr::without_provenance_mut(options));
        tracee
    }

    /// The words from the stack pointer on: argc, argv, 0, envp, 0, auxv.
    pub fn stack(&self) -> Vec<u64> {
        let mut bytes = [0; 64 * 1024];
        // The stack ends somewhere behind the strings.
        let count = self.memory.read_at(&mut bytes, self.stack_pointer()).expect("the stack is mapped");
        bytes[..count].chunks_exact(8).map(|word| u64::from_ne_bytes(word.try_into().unwrap())).collect()
    }

    /// Overwrites the word with this index.
    pub fn set_stack(&self, index: usize, word: u64) {
        let address = self.stack_pointer() + index as u64 * 8;
        self.memory.write_all_at(&word.to_ne_bytes(), address).expect("the stack is mapped");
    }

    /// Moves the stack pointer up by so many words.
    pub fn raise_stack(&self, words: u64) {
        let old = self.stack_pointer();
        let mut registers = [0_u64; 64];
        let mut vector = libc::iovec { iov_base: registers.as_mut_ptr().cast(), iov_len: 64 * 8 };
        const NT_PRSTATUS: usize = 1;
        self.request(libc::PTRACE_GETREGSET, NT_PRSTATUS, (&raw mut vector).cast());
        // Nothing else holds this address before the first instruction.
        let place = registers.iter_mut().find(|register| **register == old);
        *place.expect("the stack pointer is a register") += words * 8;
        self.request(libc::PTRACE_SETREGSET, NT_PRSTATUS, (&raw mut vector).cast());
    }

    /// Runs it to its end and gives the numbers of the system calls that it made.
    pub fn system_calls(self) -> (Vec<i64>, Ended) {
        let mut calls = Vec::new();
        let ended = self.run(libc::PTRACE_SYSCALL, |tracee, signal| {
            let [kind, _, _, number, ..] = tracee.system_call_info();
            // Each call stops it twice; the first has kind 1.
            if signal == SYSTEM_CALL && kind & 0xff == 1 {
                calls.push(number as i64);
            }
            signal == SYSTEM_CALL
        });
        (calls, ended)
    }

    /// Runs it to its end, one instruction after the other, and counts them.
    pub fn instructions(self) -> Ended {
        let mut count = 1; // the last one does not come back
        let ended = self.run(libc::PTRACE_SINGLESTEP, |_, signal| {
            count += usize::from(signal == libc::SIGTRAP);
            signal == libc::SIGTRAP
        });
        Ended { count, ..ended }
    }

    /// `stopped` says whether the stop is ours; if not, the program gets the signal.
    #[allow(clippy::needless_pass_by_value, reason = "the program is gone afterwards")]
    fn run(mut self, request: libc::c_uint, mut stopped: impl FnMut(&Self, i32) -> bool) -> Ended {
        let mut deliver = 0;
        loop {
            self.request(request, 0, ptr::without_provenance_mut(deliver as usize));
            let status = self.wait();
            let Some(signal) = status.stopped_signal() else {
                let mut output = Vec::new();
                let pipe = self.child.stdout.as_mut().expect("it is piped");
                pipe.read_to_end(&mut output).expect("a pipe can be read");
                return Ended { count: 0, status, output };
            };
            deliver = if stopped(&self, signal) { 0 } else { signal };
        }
    }

    fn stack_pointer(&self) -> u64 {
        self.system_call_info()[2]
    }

    /// The same on each architecture: kind and architecture, instruction pointer, stack
    /// pointer, and at the entry of a call its number and arguments.
    fn system_call_info(&self) -> [u64; 11] {
        let mut info = [0_u64; 11];
        self.request(libc::PTRACE_GET_SYSCALL_INFO, mem::size_of_val(&info), info.as_mut_ptr().cast());
        info
    }

    fn request(&self, request: libc::c_uint, address: usize, data: *mut libc::c_void) {
        // SAFETY: every caller's `data` is a number or points to what the request fills.
        let result = unsafe { libc::ptrace(request, self.pid, address, data) };
        assert_ne!(result, -1, "ptrace({request}): {}", io::Error::last_os_error());
    }

    fn wait(&self) -> ExitStatus {
        let mut status = 0;
        // SAFETY: the status is ours.
        let pid = unsafe { libc::waitpid(self.pid, &mut status, 0) };
        assert_eq!(pid, self.pid, "waitpid: {}", io::Error::last_os_error());
        ExitStatus::from_raw(status)
    }
}
