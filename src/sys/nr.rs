//! The numbers of the calls, from `syscalls`, held against `linux-raw-sys`.

/// Defines a number and compares the two tables at compile time.
macro_rules! numbers {
    ($($name:ident = $sysno:ident, $raw:ident;)*) => {
        $(
            #[doc = concat!("`", stringify!($sysno), "`.")]
            pub const $name: usize = syscalls::Sysno::$sysno as usize;
            static_assertions::const_assert_eq!($name, linux_raw_sys::general::$raw as usize);
        )*

        /// Every number with the name of the call, for the test against the C library's.
        pub const ALL: &[(usize, &str)] = &[$(($name, stringify!($sysno))),*];
    };
}

numbers! {
    CHDIR = chdir, __NR_chdir;
    CLOCK_GETTIME = clock_gettime, __NR_clock_gettime;
    CLOCK_NANOSLEEP = clock_nanosleep, __NR_clock_nanosleep;
    CLONE = clone, __NR_clone;
    CLONE3 = clone3, __NR_clone3;
    CLOSE = close, __NR_close;
    CLOSE_RANGE = close_range, __NR_close_range;
    DUP = dup, __NR_dup;
    DUP3 = dup3, __NR_dup3;
    EXECVE = execve, __NR_execve;
    EXECVEAT = execveat, __NR_execveat;
    EXIT = exit, __NR_exit;
    EXIT_GROUP = exit_group, __NR_exit_group;
    FCNTL = fcntl, __NR_fcntl;
    FSTAT = fstat, __NR_fstat;
    FTRUNCATE = ftruncate, __NR_ftruncate;
    FUTEX = futex, __NR_futex;
    GETCPU = getcpu, __NR_getcpu;
    GETEGID = getegid, __NR_getegid;
    GETEUID = geteuid, __NR_geteuid;
    GETGID = getgid, __NR_getgid;
    GETGROUPS = getgroups, __NR_getgroups;
    GETITIMER = getitimer, __NR_getitimer;
    GETPGID = getpgid, __NR_getpgid;
    GETPID = getpid, __NR_getpid;
    GETPPID = getppid, __NR_getppid;
    GETRANDOM = getrandom, __NR_getrandom;
    GETRUSAGE = getrusage, __NR_getrusage;
    GETSID = getsid, __NR_getsid;
    GETTID = gettid, __NR_gettid;
    GETUID = getuid, __NR_getuid;
    IOCTL = ioctl, __NR_ioctl;
    KILL = kill, __NR_kill;
    LSEEK = lseek, __NR_lseek;
    MADVISE = madvise, __NR_madvise;
    MEMFD_CREATE = memfd_create, __NR_memfd_create;
    MINCORE = mincore, __NR_mincore;
    MKDIRAT = mkdirat, __NR_mkdirat;
    MKNODAT = mknodat, __NR_mknodat;
    MMAP = mmap, __NR_mmap;
    MOUNT = mount, __NR_mount;
    MPROTECT = mprotect, __NR_mprotect;
    MREMAP = mremap, __NR_mremap;
    MSYNC = msync, __NR_msync;
    MUNMAP = munmap, __NR_munmap;
    OPENAT = openat, __NR_openat;
    PIDFD_OPEN = pidfd_open, __NR_pidfd_open;
    PIDFD_SEND_SIGNAL = pidfd_send_signal, __NR_pidfd_send_signal;
    PIPE2 = pipe2, __NR_pipe2;
    PPOLL = ppoll, __NR_ppoll;
    PRCTL = prctl, __NR_prctl;
    PREAD64 = pread64, __NR_pread64;
    PRLIMIT64 = prlimit64, __NR_prlimit64;
    PWRITE64 = pwrite64, __NR_pwrite64;
    READ = read, __NR_read;
    READV = readv, __NR_readv;
    REBOOT = reboot, __NR_reboot;
    RT_SIGACTION = rt_sigaction, __NR_rt_sigaction;
    RT_SIGPENDING = rt_sigpending, __NR_rt_sigpending;
    RT_SIGPROCMASK = rt_sigprocmask, __NR_rt_sigprocmask;
    RT_SIGSUSPEND = rt_sigsuspend, __NR_rt_sigsuspend;
    RT_SIGTIMEDWAIT = rt_sigtimedwait, __NR_rt_sigtimedwait;
    SCHED_GETAFFINITY = sched_getaffinity, __NR_sched_getaffinity;
    SCHED_SETAFFINITY = sched_setaffinity, __NR_sched_setaffinity;
    SCHED_YIELD = sched_yield, __NR_sched_yield;
    SETGID = setgid, __NR_setgid;
    SETGROUPS = setgroups, __NR_setgroups;
    SETITIMER = setitimer, __NR_setitimer;
    SETPGID = setpgid, __NR_setpgid;
    SETRESGID = setresgid, __NR_setresgid;
    SETRESUID = setresuid, __NR_setresuid;
    SETSID = setsid, __NR_setsid;
    SETUID = setuid, __NR_setuid;
    SIGALTSTACK = sigaltstack, __NR_sigaltstack;
    STATX = statx, __NR_statx;
    SYMLINKAT = symlinkat, __NR_symlinkat;
    SYNC = sync, __NR_sync;
    TGKILL = tgkill, __NR_tgkill;
    UMASK = umask, __NR_umask;
    UMOUNT2 = umount2, __NR_umount2;
    UNAME = uname, __NR_uname;
    UNLINKAT = unlinkat, __NR_unlinkat;
    WAIT4 = wait4, __NR_wait4;
    WAITID = waitid, __NR_waitid;
    WRITE = write, __NR_write;
    WRITEV = writev, __NR_writev;
}
