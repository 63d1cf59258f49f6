//! Pseudoterminals.

use crate::{in_child, must, pipe};
use sinew::Errno;
use sinew::fd::{AsFd, CWD, OwnedFd};
use sinew::sys::*;

const FLAGS: OpenFlags = OpenFlags::RDWR.union(OpenFlags::NOCTTY).union(OpenFlags::CLOEXEC);

fn pseudoterminal() -> (OwnedFd, OwnedFd) {
    let master = openat(CWD, c"/dev/ptmx", FLAGS, 0).unwrap();
    assert_eq!(ioctl_tiocsptlck(master.as_fd(), false), Ok(()));
    let slave = ioctl_tiocgptpeer(master.as_fd(), FLAGS).unwrap();
    (master, slave)
}

#[test]
fn a_slave_opens_when_it_is_unlocked() {
    let master = openat(CWD, c"/dev/ptmx", FLAGS, 0).unwrap();
    assert_eq!(ioctl_tiocsptlck(master.as_fd(), true), Ok(()));
    assert_eq!(ioctl_tiocgptpeer(master.as_fd(), FLAGS).unwrap_err(), Errno::IO);
    assert_eq!(ioctl_tiocsptlck(master.as_fd(), false), Ok(()));
    let slave = ioctl_tiocgptpeer(master.as_fd(), FLAGS).unwrap();
    let number = ioctl_tiocgptn(master.as_fd()).unwrap();
    assert_eq!(libc::minor(fstat(slave.as_fd()).unwrap().rdev()), number);
}

#[test]
fn the_size_is_what_it_was_set_to() {
    let (master, slave) = pseudoterminal();
    let size = Winsize { ws_row: 25, ws_col: 80, ws_xpixel: 1, ws_ypixel: 2 };
    assert_eq!(ioctl_tiocswinsz(master.as_fd(), &size), Ok(()));
    assert_eq!(ioctl_tiocgwinsz(slave.as_fd()), Ok(size));
}

#[test]
fn raw_settings_let_every_byte_through() {
    let (master, slave) = pseudoterminal();
    let mut settings = ioctl_tcgets(slave.as_fd()).unwrap();
    assert!(settings.c_lflag.contains(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG));
    assert_eq!(settings.c_cc[Termios::VINTR], 3);
    settings.make_raw();
    for when in [TermiosWhen::NOW, TermiosWhen::DRAIN, TermiosWhen::FLUSH] {
        assert_eq!(ioctl_tcsets(slave.as_fd(), when, &settings), Ok(()));
    }
    assert_eq!(ioctl_tcgets(slave.as_fd()), Ok(settings));
    // The same as the C library's.
    // SAFETY: it fills the struct, for which zeros are a value.
    let theirs = unsafe {
        let mut theirs: libc::termios = std::mem::zeroed();
        libc::cfmakeraw(&mut theirs);
        theirs
    };
    assert_eq!(settings.c_cflag.bits() & (libc::CSIZE | libc::PARENB), theirs.c_cflag);
    assert_eq!(write(master.as_fd(), b"\x03\r"), Ok(2));
    // They come through a worker of the kernel, after the write.
    let mut fds = [PollFd::new(slave.as_fd(), PollEvents::IN)];
    assert_eq!(ppoll(&mut fds, None, None), Ok(1));
    let count = ioctl_fionread(slave.as_fd()).unwrap();
    assert!((1..=2).contains(&count));
    let mut bytes = Vec::new();
    while bytes.len() < 2 {
        let mut byte = [0];
        assert_eq!(read(slave.as_fd(), &mut byte), Ok(1));
        bytes.extend(byte);
    }
    assert_eq!(bytes, b"\x03\r");
    let never = TermiosWhen::from_raw(0);
    assert_eq!(ioctl_tcsets(slave.as_fd(), never, &settings), Err(Errno::INVAL));
}

#[test]
fn a_session_gets_a_terminal_and_gives_it_up() {
    let (_master, slave) = pseudoterminal();
    let slave = slave.as_fd();
    in_child(|| {
        must!(ioctl_tiocsctty(slave, false) == Err(Errno::PERM));
        must!(ioctl_tiocgpgrp(slave) == Err(Errno::NOTTY));
        must!(setsid() == Ok(getpid()));
        must!(ioctl_tiocsctty(slave, false) == Ok(()));
        must!(ioctl_tiocgpgrp(slave) == Ok(getpid()));
        must!(ioctl_tiocspgrp(slave, getpid()) == Ok(()));
        must!(ioctl_tiocspgrp(slave, Pid::MAX) == Err(Errno::SRCH));
        must!(ioctl_tiocspgrp(slave, -1) == Err(Errno::INVAL));
        // Giving it up sends SIGHUP to the foreground group, which is this one.
        let ignore = SigAction::new(SigHandler::IGNORE, SigActionFlags::empty(), SigSet::empty());
        // SAFETY: no handler is set.
        must!(unsafe { rt_sigaction(libc::SIGHUP, Some(&ignore), None) } == Ok(()));
        must!(ioctl_tiocnotty(slave) == Ok(()));
        must!(ioctl_tiocnotty(slave) == Err(Errno::NOTTY));
    });
}

#[test]
fn a_pipe_is_no_terminal() {
    let (reader, writer) = pipe();
    let fd = reader.as_fd();
    assert_eq!(ioctl_tcgets(fd).unwrap_err(), Errno::NOTTY);
    assert_eq!(ioctl_tcsets(fd, TermiosWhen::NOW, &Termios::default()), Err(Errno::NOTTY));
    assert_eq!(ioctl_tiocgwinsz(fd), Err(Errno::NOTTY));
    assert_eq!(ioctl_tiocswinsz(fd, &Winsize::default()), Err(Errno::NOTTY));
    assert_eq!(ioctl_tiocsctty(fd, false), Err(Errno::NOTTY));
    assert_eq!(ioctl_tiocgptn(fd), Err(Errno::NOTTY));
    assert_eq!(ioctl_tiocsptlck(fd, false), Err(Errno::NOTTY));
    assert_eq!(ioctl_tiocgptpeer(fd, FLAGS).unwrap_err(), Errno::NOTTY);
    assert_eq!(ioctl_tiocspgrp(fd, 1), Err(Errno::NOTTY));
    assert_eq!(write(writer.as_fd(), b"sinew"), Ok(5));
    assert_eq!(ioctl_fionread(fd), Ok(5));
    assert_eq!(ioctl_fionread(CWD), Err(Errno::BADF));
}
