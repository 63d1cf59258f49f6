//! Limits, settings, processors, mounts, and the system as a whole.

use crate::{TempDir, fork, in_child, is_root, must, status_of};
use sinew::Errno;
use sinew::fd::CWD;
use sinew::sys::*;
use std::ptr;

#[test]
fn a_limit_is_set_and_read() {
    in_child(|| {
        let mut old = Rlimit::default();
        must!(prlimit64(0, Resource::NOFILE, None, Some(&mut old)) == Ok(()));
        let lower = Rlimit { rlim_cur: 32, rlim_max: 64 };
        let mut read = Rlimit::default();
        must!(prlimit64(0, Resource::NOFILE, Some(&lower), Some(&mut read)) == Ok(()));
        must!(read == old);
        must!(prlimit64(getpid(), Resource::NOFILE, None, Some(&mut read)) == Ok(()));
        must!(read == lower);
        let wrong = Rlimit { rlim_cur: 65, rlim_max: 64 };
        must!(prlimit64(0, Resource::NOFILE, Some(&wrong), None) == Err(Errno::INVAL));
        must!(prlimit64(0, Resource::from_raw(99), None, Some(&mut read)) == Err(Errno::INVAL));
        must!(prlimit64(Pid::MAX, Resource::NOFILE, None, Some(&mut read)) == Err(Errno::SRCH));
        _ = setresuid(Some(65534), Some(65534), Some(65534));
        let higher = Rlimit { rlim_cur: 32, rlim_max: 128 };
        must!(prlimit64(0, Resource::NOFILE, Some(&higher), None) == Err(Errno::PERM));
    });
}

#[test]
fn the_signal_of_the_parents_death_comes() {
    in_child(|| {
        must!(get_pdeathsig() == Ok(0));
        must!(set_pdeathsig(libc::SIGUSR1) == Ok(()));
        must!(get_pdeathsig() == Ok(libc::SIGUSR1));
        must!(set_pdeathsig(65) == Err(Errno::INVAL));
        // A parent that ends, and this process as the one who inherits.
        must!(set_child_subreaper(true) == Ok(()));
        must!(get_child_subreaper() == Ok(true));
        let parent = fork(|| {
            let own = getpid();
            let orphan = fork(|| {
                let death = SigSet::empty().with(libc::SIGUSR2);
                must!(rt_sigprocmask(SigMaskHow::BLOCK, Some(&death), None) == Ok(()));
                must!(set_pdeathsig(libc::SIGUSR2) == Ok(()));
                if getppid() == own {
                    must!(kill(own, libc::SIGKILL) == Ok(()));
                    must!(rt_sigtimedwait(&death, None, None) == Ok(libc::SIGUSR2));
                }
                must!(getppid() != own);
            });
            // The child ends it.
            _ = wait4(orphan, None, WaitOptions::empty(), None);
        });
        let mut status = 0;
        must!(wait4(parent, Some(&mut status), WaitOptions::empty(), None) == Ok(parent));
        must!(status == libc::SIGKILL);
        // The orphan is this process's child now.
        must!(wait4(-1, Some(&mut status), WaitOptions::empty(), None).is_ok());
        must!(status == 0);
        must!(set_child_subreaper(false) == Ok(()));
        must!(get_child_subreaper() == Ok(false));
    });
}

#[test]
fn any_option_of_prctl_can_be_asked_for() {
    in_child(|| {
        // SAFETY: these change how a core would be dumped, and nothing else.
        unsafe {
            must!(prctl(libc::PR_SET_DUMPABLE as u32, 0, 0, 0, 0) == Ok(0));
            must!(prctl(libc::PR_GET_DUMPABLE as u32, 0, 0, 0, 0) == Ok(0));
            must!(prctl(u32::MAX, 0, 0, 0, 0) == Err(Errno::INVAL));
        }
    });
}

#[test]
fn the_auxiliary_vector_is_that_of_proc() {
    let bytes = std::fs::read("/proc/self/auxv").unwrap();
    let words: Vec<_> = bytes.chunks(8).map(|word| usize::from_ne_bytes(word.try_into().unwrap())).collect();
    let mut vector = [0; 512];
    match get_auxv(&mut vector) {
        Ok(length) => {
            assert!(length >= bytes.len());
            assert_eq!(vector[..words.len()], words);
            assert_eq!(get_auxv(&mut []), Ok(length));
        }
        // Before Linux 6.4.
        Err(error) => assert_eq!(error, Errno::INVAL),
    }
}

#[test]
fn a_set_of_processors_ends_at_1023() {
    let mut set = CpuSet::empty();
    assert_eq!(set.set(1023), Ok(()));
    assert_eq!(set.set(1024), Err(Errno::INVAL));
    set.clear(1024);
    assert!(set.contains(1023) && !set.contains(1024) && !set.contains(0));
    assert_eq!((set.count(), set.is_empty()), (1, false));
    set.clear(1023);
    assert!(set.is_empty());
}

#[test]
fn a_thread_runs_where_it_may() {
    let all = sched_getaffinity(0).unwrap();
    // std also reckons with the quota of the cgroup.
    assert!(all.count() >= std::thread::available_parallelism().unwrap().get());
    for cpu in all.iter() {
        in_child(|| {
            let mut one = CpuSet::empty();
            must!(one.set(cpu).is_ok());
            must!(sched_setaffinity(0, &one) == Ok(()));
            must!(sched_getaffinity(0) == Ok(one));
            sched_yield();
            must!(getcpu().is_ok_and(|(now, _node)| now as usize == cpu));
        });
    }
    assert_eq!(sched_setaffinity(0, &CpuSet::empty()), Err(Errno::INVAL));
    assert_eq!(sched_getaffinity(Pid::MAX), Err(Errno::SRCH));
}

#[test]
fn the_system_says_its_names() {
    let names = uname().unwrap();
    let read = |name| std::fs::read_to_string(format!("/proc/sys/kernel/{name}")).unwrap();
    assert_eq!(names.sysname(), c"Linux");
    assert_eq!(names.release().to_str().unwrap(), read("osrelease").trim_end());
    assert_eq!(names.version().to_str().unwrap(), read("version").trim_end());
    assert_eq!(names.nodename().to_str().unwrap(), read("hostname").trim_end());
    assert_eq!(names.domainname().to_str().unwrap(), read("domainname").trim_end());
    assert_eq!(names.machine().to_str().unwrap(), std::env::consts::ARCH);
}

#[test]
fn random_bytes_are_given() {
    let (mut a, mut b) = ([0; 32], [0; 32]);
    assert_eq!(getrandom(&mut a, GetrandomFlags::empty()), Ok(32));
    assert_eq!(getrandom(&mut b, GetrandomFlags::NONBLOCK), Ok(32));
    assert_ne!(a, b);
    assert_eq!(getrandom(&mut a, GetrandomFlags::from_bits_retain(1 << 20)), Err(Errno::INVAL));
}

/// Does something in namespaces of its own, if it may make any.
fn in_namespaces(flags: CloneFlags, body: impl FnOnce()) -> Option<i32> {
    let user = if is_root() { CloneFlags::empty() } else { CloneFlags::NEWUSER };
    // SAFETY: the child makes system calls and exits.
    match unsafe { clone(flags | user, libc::SIGCHLD, ptr::null_mut(), ptr::null_mut(), 0) } {
        Ok(0) => {
            body();
            exit_group(0)
        }
        Ok(pid) => Some(status_of(pid)),
        Err(Errno::PERM | Errno::NOSPC | Errno::USERS) => None,
        Err(error) => panic!("{error:?}"),
    }
}

#[test]
fn a_file_system_is_mounted_and_unmounted() {
    let dir = TempDir::new("mount");
    let target = dir.path("");
    let none = MountFlags::empty();
    let status = in_namespaces(CloneFlags::NEWNS, || {
        let device = || {
            let stat = statx(CWD, &target, AtFlags::empty(), StatxMask::TYPE);
            must!(stat.is_ok());
            stat.map_or((0, 0), |stat| (stat.stx_dev_major, stat.stx_dev_minor))
        };
        let below = device();
        let private = MountFlags::REC | MountFlags::PRIVATE;
        must!(mount(None, c"/", None, private, None) == Ok(()));
        must!(mount(None, &target, Some(c"nonexistentfs"), none, None) == Err(Errno::NODEV));
        must!(umount2(&target, UnmountFlags::empty()) == Err(Errno::INVAL));
        let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
        must!(mount(Some(c"tmpfs"), &target, Some(c"tmpfs"), flags, Some(c"size=64k")) == Ok(()));
        must!(device() != below);
        must!(umount2(&target, UnmountFlags::NOFOLLOW) == Ok(()));
        must!(device() == below);
    });
    assert!(matches!(status, None | Some(0)), "{status:?}");
    let error = mount(None, c"/nonexistent", Some(c"tmpfs"), none, None).unwrap_err();
    assert!(error == Errno::NOENT || error == Errno::PERM, "{error:?}");
    sync();
}

#[test]
fn a_restart_ends_only_the_namespace() {
    // Its init dies of SIGHUP. Nothing is asked for anywhere else.
    let status = in_namespaces(CloneFlags::NEWPID, || {
        must!(getpid() == 1);
        must!(reboot(RebootCommand::from_raw(0x0bad)) == Err(Errno::INVAL));
        _ = reboot(RebootCommand::RESTART);
    });
    assert!(matches!(status, None | Some(libc::SIGHUP)), "{status:?}");
    in_child(|| {
        _ = setresuid(Some(65534), Some(65534), Some(65534));
        must!(reboot(RebootCommand::from_raw(0x0bad)) == Err(Errno::PERM));
    });
}
