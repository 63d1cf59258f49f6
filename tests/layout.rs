//! What crosses the boundary to the kernel, held against the C library's headers.
//!
//! The crate compares itself with `linux-raw-sys` at compile time. The `libc` crate is
//! written by other hands: an error in the one is not in the other.

use core::mem::{align_of, offset_of, size_of};
use sinew::Errno;
use sinew::fd::{AsFd, AsRawFd, CWD, STDOUT};
use sinew::sys::{self, *};
use std::collections::BTreeMap;
use std::ffi::CStr;
use std::mem::transmute;

/// The names of the C library with their values.
macro_rules! named {
    ($($name:ident)*) => { BTreeMap::from([$((stringify!($name), libc::$name as i64)),*]) };
}

#[test]
fn every_error_has_the_number_and_the_name_of_the_c_library() {
    let oracle = named! {
        EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EAGAIN ENOMEM EACCES EFAULT ENOTBLK
        EBUSY EEXIST EXDEV ENODEV ENOTDIR EISDIR EINVAL ENFILE EMFILE ENOTTY ETXTBSY EFBIG ENOSPC ESPIPE
        EROFS EMLINK EPIPE EDOM ERANGE EDEADLK ENAMETOOLONG ENOLCK ENOSYS ENOTEMPTY ELOOP EWOULDBLOCK
        ENOMSG EIDRM ECHRNG EL2NSYNC EL3HLT EL3RST ELNRNG EUNATCH ENOCSI EL2HLT EBADE EBADR EXFULL ENOANO
        EBADRQC EBADSLT EDEADLOCK EBFONT ENOSTR ENODATA ETIME ENOSR ENONET ENOPKG EREMOTE ENOLINK EADV
        ESRMNT ECOMM EPROTO EMULTIHOP EDOTDOT EBADMSG EOVERFLOW ENOTUNIQ EBADFD EREMCHG ELIBACC ELIBBAD
        ELIBSCN ELIBMAX ELIBEXEC EILSEQ ERESTART ESTRPIPE EUSERS ENOTSOCK EDESTADDRREQ EMSGSIZE EPROTOTYPE
        ENOPROTOOPT EPROTONOSUPPORT ESOCKTNOSUPPORT EOPNOTSUPP EPFNOSUPPORT EAFNOSUPPORT EADDRINUSE
        EADDRNOTAVAIL ENETDOWN ENETUNREACH ENETRESET ECONNABORTED ECONNRESET ENOBUFS EISCONN ENOTCONN
        ESHUTDOWN ETOOMANYREFS ETIMEDOUT ECONNREFUSED EHOSTDOWN EHOSTUNREACH EALREADY EINPROGRESS ESTALE
        EUCLEAN ENOTNAM ENAVAIL EISNAM EREMOTEIO EDQUOT ENOMEDIUM EMEDIUMTYPE ECANCELED ENOKEY EKEYEXPIRED
        EKEYREVOKED EKEYREJECTED EOWNERDEAD ENOTRECOVERABLE ERFKILL EHWPOISON
    };
    assert_eq!(Errno::ALL.len(), oracle.len());
    for (error, name) in Errno::ALL {
        assert_eq!(i64::from(error.raw()), oracle[name], "{name}");
        assert_eq!(Errno::new(error.raw()), Some(*error));
        // Some numbers have two names.
        assert_eq!(oracle[error.name().unwrap()], i64::from(error.raw()), "{name}");
    }
}

/// S-004
#[test]
fn every_error_has_the_text_of_strerror() {
    for number in 1..=133 {
        let mut buffer = [0_u8; 256];
        // SAFETY: it writes a string within the buffer.
        let result = unsafe { libc::strerror_r(number, buffer.as_mut_ptr().cast(), buffer.len()) };
        // Two numbers were never given to an error.
        assert_eq!(result == libc::EINVAL, [41, 58].contains(&number), "{number}");
        let text = CStr::from_bytes_until_nul(&buffer).unwrap().to_str().unwrap();
        assert_eq!(Errno::new(number).unwrap().to_string(), text, "{number}");
    }
}

#[test]
fn an_error_is_a_number_from_1_to_4095() {
    assert_eq!(Errno::new(0), None);
    assert_eq!(Errno::new(-1), None);
    assert_eq!(Errno::new(4096), None);
    assert_eq!(Errno::new(4095).unwrap().raw(), 4095);
    assert_eq!(size_of::<Option<Errno>>(), 2);
}

#[test]
fn every_call_has_the_number_of_the_c_library() {
    let oracle = named! {
        SYS_chdir SYS_clock_gettime SYS_clock_nanosleep SYS_clone SYS_clone3 SYS_close SYS_close_range
        SYS_dup SYS_dup3 SYS_execve SYS_execveat SYS_exit SYS_exit_group SYS_fcntl SYS_fstat SYS_ftruncate
        SYS_futex SYS_getcpu SYS_getegid SYS_geteuid SYS_getgid SYS_getgroups SYS_getitimer SYS_getpgid
        SYS_getpid SYS_getppid SYS_getrandom SYS_getrusage SYS_getsid SYS_gettid SYS_getuid SYS_ioctl
        SYS_kill SYS_lseek SYS_madvise SYS_memfd_create SYS_mincore SYS_mkdirat SYS_mknodat SYS_mmap
        SYS_mount SYS_mprotect SYS_mremap SYS_msync SYS_munmap SYS_openat SYS_pidfd_open
        SYS_pidfd_send_signal SYS_pipe2 SYS_ppoll SYS_prctl SYS_pread64 SYS_prlimit64 SYS_pwrite64 SYS_read
        SYS_readv SYS_reboot SYS_rt_sigaction SYS_rt_sigpending SYS_rt_sigprocmask SYS_rt_sigsuspend
        SYS_rt_sigtimedwait SYS_sched_getaffinity SYS_sched_setaffinity SYS_sched_yield SYS_setgid
        SYS_setgroups SYS_setitimer SYS_setpgid SYS_setresgid SYS_setresuid SYS_setsid SYS_setuid SYS_sigaltstack
        SYS_statx SYS_symlinkat SYS_sync SYS_tgkill SYS_umask SYS_umount2 SYS_uname SYS_unlinkat SYS_wait4
        SYS_waitid SYS_write SYS_writev
    };
    assert_eq!(nr::ALL.len(), oracle.len());
    for (number, name) in nr::ALL {
        assert_eq!(*number as i64, oracle[format!("SYS_{name}").as_str()], "{name}");
    }
}

/// Compares the constants of one type with the C library's, bit for bit.
macro_rules! same {
    ($method:ident: $($Type:ident { $($own:ident = $c:ident,)* })*) => {
        $($({
            let own = $Type::$own.$method();
            let c = libc::$c;
            // The widths differ; what matters is the bits that the narrower one has.
            let mask = u64::MAX >> (64 - 8 * size_of_val(&own).min(size_of_val(&c)));
            assert_eq!(own as u64 & mask, c as u64 & mask, stringify!($c));
        })*)*
    };
}

#[test]
#[allow(clippy::unnecessary_cast, reason = "the C library's types differ")]
fn every_flag_is_the_c_librarys() {
    same! { bits:
        OpenFlags {
            WRONLY = O_WRONLY, RDWR = O_RDWR, ACCMODE = O_ACCMODE, APPEND = O_APPEND, CLOEXEC = O_CLOEXEC,
            CREAT = O_CREAT, DIRECT = O_DIRECT, DIRECTORY = O_DIRECTORY, DSYNC = O_DSYNC, EXCL = O_EXCL,
            NOATIME = O_NOATIME, NOCTTY = O_NOCTTY, NOFOLLOW = O_NOFOLLOW, NONBLOCK = O_NONBLOCK,
            PATH = O_PATH, SYNC = O_SYNC, TMPFILE = O_TMPFILE, TRUNC = O_TRUNC, RDONLY = O_RDONLY,
        }
        PipeFlags {
            CLOEXEC = O_CLOEXEC, DIRECT = O_DIRECT, NONBLOCK = O_NONBLOCK,
        }
        DupFlags {
            CLOEXEC = O_CLOEXEC,
        }
        CloseRangeFlags {
            UNSHARE = CLOSE_RANGE_UNSHARE, CLOEXEC = CLOSE_RANGE_CLOEXEC,
        }
        MemfdFlags {
            CLOEXEC = MFD_CLOEXEC, ALLOW_SEALING = MFD_ALLOW_SEALING, HUGETLB = MFD_HUGETLB,
            NOEXEC_SEAL = MFD_NOEXEC_SEAL, EXEC = MFD_EXEC,
        }
        FdFlags {
            CLOEXEC = FD_CLOEXEC,
        }
        SealFlags {
            SEAL = F_SEAL_SEAL, SHRINK = F_SEAL_SHRINK, GROW = F_SEAL_GROW, WRITE = F_SEAL_WRITE,
            FUTURE_WRITE = F_SEAL_FUTURE_WRITE, EXEC = F_SEAL_EXEC,
        }
        AtFlags {
            SYMLINK_NOFOLLOW = AT_SYMLINK_NOFOLLOW, NO_AUTOMOUNT = AT_NO_AUTOMOUNT,
            EMPTY_PATH = AT_EMPTY_PATH, STATX_FORCE_SYNC = AT_STATX_FORCE_SYNC,
            STATX_DONT_SYNC = AT_STATX_DONT_SYNC,
        }
        UnlinkFlags {
            REMOVEDIR = AT_REMOVEDIR,
        }
        Protection {
            NONE = PROT_NONE, READ = PROT_READ, WRITE = PROT_WRITE, EXEC = PROT_EXEC,
            GROWSDOWN = PROT_GROWSDOWN, GROWSUP = PROT_GROWSUP,
        }
        MapFlags {
            SHARED = MAP_SHARED, PRIVATE = MAP_PRIVATE, SHARED_VALIDATE = MAP_SHARED_VALIDATE,
            ANONYMOUS = MAP_ANONYMOUS, FIXED = MAP_FIXED, FIXED_NOREPLACE = MAP_FIXED_NOREPLACE,
            GROWSDOWN = MAP_GROWSDOWN, HUGETLB = MAP_HUGETLB, LOCKED = MAP_LOCKED, NONBLOCK = MAP_NONBLOCK,
            NORESERVE = MAP_NORESERVE, POPULATE = MAP_POPULATE, STACK = MAP_STACK, SYNC = MAP_SYNC,
        }
        MremapFlags {
            MAYMOVE = MREMAP_MAYMOVE, FIXED = MREMAP_FIXED, DONTUNMAP = MREMAP_DONTUNMAP,
        }
        MsyncFlags {
            ASYNC = MS_ASYNC, SYNC = MS_SYNC, INVALIDATE = MS_INVALIDATE,
        }
        CloneFlags {
            VM = CLONE_VM, FS = CLONE_FS, FILES = CLONE_FILES, SIGHAND = CLONE_SIGHAND,
            PIDFD = CLONE_PIDFD, PTRACE = CLONE_PTRACE, VFORK = CLONE_VFORK, PARENT = CLONE_PARENT,
            THREAD = CLONE_THREAD, NEWNS = CLONE_NEWNS, SYSVSEM = CLONE_SYSVSEM, SETTLS = CLONE_SETTLS,
            PARENT_SETTID = CLONE_PARENT_SETTID, CHILD_CLEARTID = CLONE_CHILD_CLEARTID,
            UNTRACED = CLONE_UNTRACED, CHILD_SETTID = CLONE_CHILD_SETTID, NEWCGROUP = CLONE_NEWCGROUP,
            NEWUTS = CLONE_NEWUTS, NEWIPC = CLONE_NEWIPC, NEWUSER = CLONE_NEWUSER, NEWPID = CLONE_NEWPID,
            NEWNET = CLONE_NEWNET, IO = CLONE_IO,
            NEWTIME = CLONE_NEWTIME,
        }
        PidfdFlags {
            NONBLOCK = PIDFD_NONBLOCK, THREAD = PIDFD_THREAD,
        }
        PidfdSignalFlags {
            THREAD = PIDFD_SIGNAL_THREAD, THREAD_GROUP = PIDFD_SIGNAL_THREAD_GROUP,
            PROCESS_GROUP = PIDFD_SIGNAL_PROCESS_GROUP,
        }
        WaitOptions {
            NOHANG = WNOHANG, UNTRACED = WUNTRACED, STOPPED = WSTOPPED, EXITED = WEXITED,
            CONTINUED = WCONTINUED, NOWAIT = WNOWAIT,
        }
        NanosleepFlags {
            ABSTIME = TIMER_ABSTIME,
        }
        StatxMask {
            TYPE = STATX_TYPE, MODE = STATX_MODE, NLINK = STATX_NLINK, UID = STATX_UID, GID = STATX_GID,
            ATIME = STATX_ATIME, MTIME = STATX_MTIME, CTIME = STATX_CTIME, INO = STATX_INO,
            SIZE = STATX_SIZE, BLOCKS = STATX_BLOCKS, BASIC_STATS = STATX_BASIC_STATS, BTIME = STATX_BTIME,
            MNT_ID = STATX_MNT_ID, DIOALIGN = STATX_DIOALIGN, MNT_ID_UNIQUE = STATX_MNT_ID_UNIQUE,
            SUBVOL = STATX_SUBVOL, WRITE_ATOMIC = STATX_WRITE_ATOMIC,
            DIO_READ_ALIGN = STATX_DIO_READ_ALIGN,
        }
        SigActionFlags {
            NOCLDSTOP = SA_NOCLDSTOP, NOCLDWAIT = SA_NOCLDWAIT, SIGINFO = SA_SIGINFO, ONSTACK = SA_ONSTACK,
            RESTART = SA_RESTART, NODEFER = SA_NODEFER, RESETHAND = SA_RESETHAND,
        }
        SigStackFlags {
            ONSTACK = SS_ONSTACK, DISABLE = SS_DISABLE,
        }
        PollEvents {
            IN = POLLIN, PRI = POLLPRI, OUT = POLLOUT, ERR = POLLERR, HUP = POLLHUP, NVAL = POLLNVAL,
            RDHUP = POLLRDHUP, RDNORM = POLLRDNORM, WRNORM = POLLWRNORM,
        }
        FutexFlags {
            PRIVATE = FUTEX_PRIVATE_FLAG, CLOCK_REALTIME = FUTEX_CLOCK_REALTIME,
        }
        InputModes {
            IGNBRK = IGNBRK, BRKINT = BRKINT, IGNPAR = IGNPAR, PARMRK = PARMRK, INPCK = INPCK,
            ISTRIP = ISTRIP, INLCR = INLCR, IGNCR = IGNCR, ICRNL = ICRNL, IXON = IXON, IXANY = IXANY,
            IXOFF = IXOFF, IUTF8 = IUTF8,
        }
        OutputModes {
            OPOST = OPOST, ONLCR = ONLCR, OCRNL = OCRNL, ONOCR = ONOCR, ONLRET = ONLRET,
        }
        ControlModes {
            CSIZE = CSIZE, CS8 = CS8, CSTOPB = CSTOPB, CREAD = CREAD, PARENB = PARENB, PARODD = PARODD,
            HUPCL = HUPCL, CLOCAL = CLOCAL, CBAUD = CBAUD,
        }
        LocalModes {
            ISIG = ISIG, ICANON = ICANON, ECHO = ECHO, ECHOE = ECHOE, ECHOK = ECHOK, ECHONL = ECHONL,
            NOFLSH = NOFLSH, TOSTOP = TOSTOP, ECHOCTL = ECHOCTL, ECHOKE = ECHOKE, IEXTEN = IEXTEN,
        }
        MountFlags {
            RDONLY = MS_RDONLY, NOSUID = MS_NOSUID, NODEV = MS_NODEV, NOEXEC = MS_NOEXEC,
            SYNCHRONOUS = MS_SYNCHRONOUS, REMOUNT = MS_REMOUNT, DIRSYNC = MS_DIRSYNC,
            NOSYMFOLLOW = MS_NOSYMFOLLOW, NOATIME = MS_NOATIME, NODIRATIME = MS_NODIRATIME, BIND = MS_BIND,
            MOVE = MS_MOVE, REC = MS_REC, SILENT = MS_SILENT, UNBINDABLE = MS_UNBINDABLE,
            PRIVATE = MS_PRIVATE, SLAVE = MS_SLAVE, SHARED = MS_SHARED, RELATIME = MS_RELATIME,
            STRICTATIME = MS_STRICTATIME, LAZYTIME = MS_LAZYTIME,
        }
        UnmountFlags {
            FORCE = MNT_FORCE, DETACH = MNT_DETACH, EXPIRE = MNT_EXPIRE, NOFOLLOW = UMOUNT_NOFOLLOW,
        }
        GetrandomFlags {
            NONBLOCK = GRND_NONBLOCK, RANDOM = GRND_RANDOM, INSECURE = GRND_INSECURE,
        }
    }
    assert_eq!(WaitOptions::ALL.bits(), libc::__WALL as u32);
    assert_eq!(WaitOptions::CLONE.bits(), libc::__WCLONE as u32);
    assert_eq!(WaitOptions::NOTHREAD.bits(), libc::__WNOTHREAD as u32);
    // In the C library's crate these overflow.
    assert_eq!(CloneFlags::CLEAR_SIGHAND.bits(), 1 << 32);
    assert_eq!(CloneFlags::INTO_CGROUP.bits(), 1 << 33);
    assert_eq!(CWD.as_raw_fd(), libc::AT_FDCWD);
}

#[test]
fn every_constant_is_the_c_librarys() {
    same! { raw:
        Whence {
            SET = SEEK_SET, CUR = SEEK_CUR, END = SEEK_END, DATA = SEEK_DATA, HOLE = SEEK_HOLE,
        }
        Advice {
            NORMAL = MADV_NORMAL, RANDOM = MADV_RANDOM, SEQUENTIAL = MADV_SEQUENTIAL,
            WILLNEED = MADV_WILLNEED, DONTNEED = MADV_DONTNEED, FREE = MADV_FREE, REMOVE = MADV_REMOVE,
            DONTFORK = MADV_DONTFORK, DOFORK = MADV_DOFORK, HUGEPAGE = MADV_HUGEPAGE,
            NOHUGEPAGE = MADV_NOHUGEPAGE, DONTDUMP = MADV_DONTDUMP, DODUMP = MADV_DODUMP,
            WIPEONFORK = MADV_WIPEONFORK, KEEPONFORK = MADV_KEEPONFORK, COLD = MADV_COLD,
            PAGEOUT = MADV_PAGEOUT, POPULATE_READ = MADV_POPULATE_READ,
            POPULATE_WRITE = MADV_POPULATE_WRITE,
        }
        RusageWho {
            SELF = RUSAGE_SELF, CHILDREN = RUSAGE_CHILDREN, THREAD = RUSAGE_THREAD,
        }
        Clock {
            REALTIME = CLOCK_REALTIME, MONOTONIC = CLOCK_MONOTONIC,
            PROCESS_CPUTIME_ID = CLOCK_PROCESS_CPUTIME_ID, THREAD_CPUTIME_ID = CLOCK_THREAD_CPUTIME_ID,
            MONOTONIC_RAW = CLOCK_MONOTONIC_RAW, REALTIME_COARSE = CLOCK_REALTIME_COARSE,
            MONOTONIC_COARSE = CLOCK_MONOTONIC_COARSE, BOOTTIME = CLOCK_BOOTTIME, TAI = CLOCK_TAI,
        }
        Itimer {
            REAL = ITIMER_REAL, VIRTUAL = ITIMER_VIRTUAL, PROF = ITIMER_PROF,
        }
        SigMaskHow {
            BLOCK = SIG_BLOCK, UNBLOCK = SIG_UNBLOCK, SETMASK = SIG_SETMASK,
        }
        Resource {
            CPU = RLIMIT_CPU, FSIZE = RLIMIT_FSIZE, DATA = RLIMIT_DATA, STACK = RLIMIT_STACK,
            CORE = RLIMIT_CORE, RSS = RLIMIT_RSS, NPROC = RLIMIT_NPROC, NOFILE = RLIMIT_NOFILE,
            MEMLOCK = RLIMIT_MEMLOCK, AS = RLIMIT_AS, LOCKS = RLIMIT_LOCKS, SIGPENDING = RLIMIT_SIGPENDING,
            MSGQUEUE = RLIMIT_MSGQUEUE, NICE = RLIMIT_NICE, RTPRIO = RLIMIT_RTPRIO, RTTIME = RLIMIT_RTTIME,
        }
        TermiosWhen {
            NOW = TCSETS, DRAIN = TCSETSW, FLUSH = TCSETSF,
        }
        RebootCommand {
            RESTART = LINUX_REBOOT_CMD_RESTART, HALT = LINUX_REBOOT_CMD_HALT,
            POWER_OFF = LINUX_REBOOT_CMD_POWER_OFF, CAD_ON = LINUX_REBOOT_CMD_CAD_ON,
            CAD_OFF = LINUX_REBOOT_CMD_CAD_OFF, SW_SUSPEND = LINUX_REBOOT_CMD_SW_SUSPEND,
            KEXEC = LINUX_REBOOT_CMD_KEXEC,
        }
    }
    assert_eq!(Rlimit::INFINITY, libc::RLIM64_INFINITY);
    let places = [
        (Termios::VINTR, libc::VINTR),
        (Termios::VQUIT, libc::VQUIT),
        (Termios::VERASE, libc::VERASE),
        (Termios::VKILL, libc::VKILL),
        (Termios::VEOF, libc::VEOF),
        (Termios::VTIME, libc::VTIME),
        (Termios::VMIN, libc::VMIN),
        (Termios::VSTART, libc::VSTART),
        (Termios::VSTOP, libc::VSTOP),
        (Termios::VSUSP, libc::VSUSP),
    ];
    for (own, c) in places {
        assert_eq!(own, c);
    }
}

#[test]
fn bits_without_a_name_survive() {
    assert_eq!(OpenFlags::from_bits_truncate(1 << 31).bits(), 1 << 31);
    assert_eq!(OpenFlags::from_bits(1 << 31), Some(OpenFlags::from_bits_retain(1 << 31)));
    assert_eq!((!OpenFlags::empty()).bits(), u32::MAX);
    assert_eq!(Clock::from_raw(-6).raw(), -6);
}

/// Compares size, alignment and the offsets of all public fields.
macro_rules! same_layout {
    ($Own:ty, $c:ty, $($field:ident)*) => {
        assert_eq!(size_of::<$Own>(), size_of::<$c>(), stringify!($c));
        assert_eq!(align_of::<$Own>(), align_of::<$c>(), stringify!($c));
        $(assert_eq!(offset_of!($Own, $field), offset_of!($c, $field), stringify!($c.$field));)*
    };
}

#[test]
fn every_struct_has_the_layout_of_the_c_librarys() {
    same_layout!(Timespec, libc::timespec, tv_sec tv_nsec);
    same_layout!(Timeval, libc::timeval, tv_sec tv_usec);
    same_layout!(Itimerval, libc::itimerval, it_interval it_value);
    same_layout!(Rlimit, libc::rlimit64, rlim_cur rlim_max);
    same_layout!(SigStack, libc::stack_t, ss_sp ss_flags ss_size);
    same_layout!(Winsize, libc::winsize, ws_row ws_col ws_xpixel ws_ypixel);
    same_layout!(StatxTimestamp, libc::statx_timestamp, tv_sec tv_nsec);
    same_layout!(
        CloneArgs, libc::clone_args,
        flags pidfd child_tid parent_tid exit_signal stack stack_size tls set_tid set_tid_size cgroup
    );
    same_layout!(
        Statx, libc::statx,
        stx_mask stx_blksize stx_attributes stx_nlink stx_uid stx_gid stx_mode stx_ino stx_size stx_blocks
        stx_attributes_mask stx_atime stx_btime stx_ctime stx_mtime stx_rdev_major stx_rdev_minor
        stx_dev_major stx_dev_minor stx_mnt_id stx_dio_mem_align stx_dio_offset_align
    );
    assert_eq!(size_of::<Stat>(), size_of::<libc::stat>());
    assert_eq!(size_of::<SigInfo>(), size_of::<libc::siginfo_t>());
    assert_eq!(align_of::<SigInfo>(), align_of::<libc::siginfo_t>());
    assert_eq!(size_of::<Utsname>(), size_of::<libc::utsname>());
    assert_eq!(size_of::<CpuSet>(), size_of::<libc::cpu_set_t>());
    assert_eq!(size_of::<IoSlice<'_>>(), size_of::<libc::iovec>());
    assert_eq!(size_of::<IoSliceMut<'_>>(), size_of::<libc::iovec>());
}

/// S-085
#[test]
fn rusage_has_the_sixteen_fields_of_the_c_librarys() {
    same_layout!(
        Rusage, libc::rusage,
        ru_utime ru_stime ru_maxrss ru_ixrss ru_idrss ru_isrss ru_minflt ru_majflt ru_nswap ru_inblock
        ru_oublock ru_msgsnd ru_msgrcv ru_nsignals ru_nvcsw ru_nivcsw
    );
}

#[test]
fn the_kernels_own_structs_have_the_sizes_that_the_kernel_expects() {
    // The C library's are larger: it converts. `termios2` begins as `termios` does.
    assert_eq!(size_of::<SigSet>(), 8);
    assert_eq!(size_of::<SigAction>(), 32);
    assert_eq!(size_of::<Termios>(), 36);
    macro_rules! same_start {
        ($($field:ident)*) => {
            $(assert_eq!(offset_of!(Termios, $field), offset_of!(libc::termios2, $field));)*
        };
    }
    same_start!(c_iflag c_oflag c_cflag c_lflag c_line c_cc);
}

#[test]
fn a_slice_is_an_iovec() {
    let bytes = *b"sinew";
    // SAFETY: they have the same size, and any bits are an iovec.
    let iovec: libc::iovec = unsafe { transmute(IoSlice::new(&bytes)) };
    assert_eq!(iovec.iov_base.cast_const().cast(), bytes.as_ptr());
    assert_eq!(iovec.iov_len, 5);
}

#[test]
fn a_poll_entry_is_a_pollfd() {
    // SAFETY: they have the same size, and any bits are a pollfd.
    let entry: libc::pollfd = unsafe { transmute(PollFd::new(STDOUT, PollEvents::IN | PollEvents::RDHUP)) };
    assert_eq!((entry.fd, entry.events, entry.revents), (1, libc::POLLIN | libc::POLLRDHUP, 0));
    // SAFETY: as above.
    let entry: libc::pollfd = unsafe { transmute(PollFd::none()) };
    assert_eq!((entry.fd, entry.events, entry.revents), (-1, 0, 0));
}

#[test]
fn signal_information_is_read_where_the_c_library_reads_it() {
    let info = SigInfo::queued(libc::SIGUSR1, 4711, 65534, 42);
    // SAFETY: they have the same size and alignment.
    let c: libc::siginfo_t = unsafe { transmute(info) };
    assert_eq!((c.si_signo, c.si_errno, c.si_code), (libc::SIGUSR1, 0, libc::SI_QUEUE));
    // SAFETY: these are the fields of a queued signal.
    unsafe {
        assert_eq!((c.si_pid(), c.si_uid()), (4711, 65534));
        assert_eq!(c.si_value().sival_ptr.addr(), 42);
    }
    let mut words = [0_i32; 32];
    words[4..7].copy_from_slice(&[4712, 1000, 7]);
    // SAFETY: any bits are signal information; the array is copied, so its alignment is none.
    let info: SigInfo = unsafe { transmute(words) };
    // SAFETY: as above.
    let c: libc::siginfo_t = unsafe { transmute(words) };
    // SAFETY: these are the fields of a child's change.
    unsafe {
        assert_eq!((info.pid(), info.uid(), info.status()), (c.si_pid(), c.si_uid(), c.si_status()));
        assert_eq!((info.utime(), info.stime()), (c.si_utime(), c.si_stime()));
    }
    assert_eq!((info.pid(), info.uid(), info.status()), (4712, 1000, 7));
}

#[test]
fn fstat_tells_what_the_c_librarys_tells() {
    let file = sys::openat(CWD, c"/proc/self/exe", OpenFlags::CLOEXEC, 0).unwrap();
    let own = sys::fstat(file.as_fd()).unwrap();
    // SAFETY: `fstat` fills the struct, for which zeros are a value.
    let c: libc::stat = unsafe {
        let mut stat = std::mem::zeroed();
        assert_eq!(libc::fstat(file.as_raw_fd(), &mut stat), 0);
        stat
    };
    assert_eq!((own.dev(), own.ino(), own.rdev()), (c.st_dev, c.st_ino, c.st_rdev));
    assert_eq!((own.mode(), own.uid(), own.gid()), (c.st_mode, c.st_uid, c.st_gid));
    assert_eq!((own.size() as i64, own.blocks() as i64), (c.st_size, c.st_blocks));
    assert_eq!((own.nlink() as i64, own.blksize() as i64), (c.st_nlink as i64, c.st_blksize as i64));
    let time = |tv_sec, tv_nsec| Timespec { tv_sec, tv_nsec };
    assert_eq!(own.atime(), time(c.st_atime, c.st_atime_nsec));
    assert_eq!(own.mtime(), time(c.st_mtime, c.st_mtime_nsec));
    assert_eq!(own.ctime(), time(c.st_ctime, c.st_ctime_nsec));
}
