//! `ioctl(2)` on terminals and other descriptors: one function for each request.

use super::file::OpenFlags;
use super::macros::{assert_layout, constants, flags};
use super::{Pid, nr};
use crate::arch::{Arg, syscall3};
use crate::errno::{Errno, check};
use crate::fd::{BorrowedFd, FromRawFd, OwnedFd, RawFd};
use core::mem::MaybeUninit;
use linux_raw_sys::{general as raw, ioctl};

flags! {
    /// How a terminal treats what comes in. The fields of [`Termios`] hold more than is named
    /// here and in the three sets below.
    pub struct InputModes: u32 {
        /// `IGNBRK`: ignore a break.
        IGNBRK = raw::IGNBRK;
        /// `BRKINT`: a break is an interrupt.
        BRKINT = raw::BRKINT;
        /// `IGNPAR`: ignore bytes with a wrong parity.
        IGNPAR = raw::IGNPAR;
        /// `PARMRK`: mark bytes with a wrong parity.
        PARMRK = raw::PARMRK;
        /// `INPCK`: check the parity.
        INPCK = raw::INPCK;
        /// `ISTRIP`: strip the eighth bit.
        ISTRIP = raw::ISTRIP;
        /// `INLCR`: a newline becomes a carriage return.
        INLCR = raw::INLCR;
        /// `IGNCR`: ignore a carriage return.
        IGNCR = raw::IGNCR;
        /// `ICRNL`: a carriage return becomes a newline.
        ICRNL = raw::ICRNL;
        /// `IXON`: the stop and start characters work on the output.
        IXON = raw::IXON;
        /// `IXANY`: any character starts it again.
        IXANY = raw::IXANY;
        /// `IXOFF`: stop and start the other side.
        IXOFF = raw::IXOFF;
        /// `IUTF8`: the input is UTF-8, for erasing.
        IUTF8 = raw::IUTF8;
    }

    /// How a terminal treats what goes out.
    pub struct OutputModes: u32 {
        /// `OPOST`: treat it at all.
        OPOST = raw::OPOST;
        /// `ONLCR`: a newline becomes a carriage return and a newline.
        ONLCR = raw::ONLCR;
        /// `OCRNL`: a carriage return becomes a newline.
        OCRNL = raw::OCRNL;
        /// `ONOCR`: no carriage return in column 0.
        ONOCR = raw::ONOCR;
        /// `ONLRET`: no carriage return at all.
        ONLRET = raw::ONLRET;
    }

    /// How a terminal's line works.
    pub struct ControlModes: u32 {
        /// `CSIZE`: the bits of a character's size.
        CSIZE = raw::CSIZE;
        /// `CS8`: 8 bits.
        CS8 = raw::CS8;
        /// `CSTOPB`: two stop bits.
        CSTOPB = raw::CSTOPB;
        /// `CREAD`: receive.
        CREAD = raw::CREAD;
        /// `PARENB`: a parity bit.
        PARENB = raw::PARENB;
        /// `PARODD`: an odd one.
        PARODD = raw::PARODD;
        /// `HUPCL`: hang up when the last one closes it.
        HUPCL = raw::HUPCL;
        /// `CLOCAL`: ignore the modem's lines.
        CLOCAL = raw::CLOCAL;
        /// `CBAUD`: the bits of the speed.
        CBAUD = raw::CBAUD;
    }

    /// What a terminal does for people.
    pub struct LocalModes: u32 {
        /// `ISIG`: characters that send signals.
        ISIG = raw::ISIG;
        /// `ICANON`: by lines, which can be edited.
        ICANON = raw::ICANON;
        /// `ECHO`: echo what is typed.
        ECHO = raw::ECHO;
        /// `ECHOE`: erasing removes a character from the screen.
        ECHOE = raw::ECHOE;
        /// `ECHOK`: killing starts a new line.
        ECHOK = raw::ECHOK;
        /// `ECHONL`: echo a newline in any case.
        ECHONL = raw::ECHONL;
        /// `NOFLSH`: a signal flushes nothing.
        NOFLSH = raw::NOFLSH;
        /// `TOSTOP`: background processes that write are stopped.
        TOSTOP = raw::TOSTOP;
        /// `ECHOCTL`: echo control characters as `^X`.
        ECHOCTL = raw::ECHOCTL;
        /// `ECHOKE`: killing erases the line from the screen.
        ECHOKE = raw::ECHOKE;
        /// `IEXTEN`: the extensions, such as the word eraser.
        IEXTEN = raw::IEXTEN;
    }
}

/// The settings of a terminal: the kernel's `struct termios`, which is not the C library's.
/// The speed is in `c_cflag`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Termios {
    /// Input.
    pub c_iflag: InputModes,
    /// Output.
    pub c_oflag: OutputModes,
    /// The line.
    pub c_cflag: ControlModes,
    /// Signals, echo, editing.
    pub c_lflag: LocalModes,
    /// The line discipline.
    pub c_line: u8,
    /// The special characters, by [`Termios::VMIN`] and its like.
    pub c_cc: [u8; 19],
}

assert_layout!(Termios, raw::termios, {
    c_iflag = c_iflag,
    c_oflag = c_oflag,
    c_cflag = c_cflag,
    c_lflag = c_lflag,
    c_line = c_line,
    c_cc = c_cc,
});

impl Termios {
    /// `VINTR`: sends `SIGINT`.
    pub const VINTR: usize = raw::VINTR as usize;
    /// `VQUIT`: sends `SIGQUIT`.
    pub const VQUIT: usize = raw::VQUIT as usize;
    /// `VERASE`: erases a character.
    pub const VERASE: usize = raw::VERASE as usize;
    /// `VKILL`: erases the line.
    pub const VKILL: usize = raw::VKILL as usize;
    /// `VEOF`: the end of the input.
    pub const VEOF: usize = raw::VEOF as usize;
    /// `VTIME`: without lines, how long to wait for more, in tenths of a second.
    pub const VTIME: usize = raw::VTIME as usize;
    /// `VMIN`: without lines, how many bytes a read waits for.
    pub const VMIN: usize = raw::VMIN as usize;
    /// `VSTART`: starts the output.
    pub const VSTART: usize = raw::VSTART as usize;
    /// `VSTOP`: stops the output.
    pub const VSTOP: usize = raw::VSTOP as usize;
    /// `VSUSP`: sends `SIGTSTP`.
    pub const VSUSP: usize = raw::VSUSP as usize;

    /// Makes the settings raw: every byte comes and goes as it is, as `cfmakeraw(3)` does.
    #[doc(alias = "cfmakeraw")]
    pub fn make_raw(&mut self) {
        self.c_iflag.remove(
            InputModes::IGNBRK
                | InputModes::BRKINT
                | InputModes::PARMRK
                | InputModes::ISTRIP
                | InputModes::INLCR
                | InputModes::IGNCR
                | InputModes::ICRNL
                | InputModes::IXON,
        );
        self.c_oflag.remove(OutputModes::OPOST);
        self.c_lflag.remove(
            LocalModes::ECHO
                | LocalModes::ECHONL
                | LocalModes::ICANON
                | LocalModes::ISIG
                | LocalModes::IEXTEN,
        );
        self.c_cflag.remove(ControlModes::CSIZE | ControlModes::PARENB);
        self.c_cflag.insert(ControlModes::CS8);
        self.c_cc[Self::VMIN] = 1;
        self.c_cc[Self::VTIME] = 0;
    }
}

/// The size of a terminal: the kernel's `struct winsize`. 0 is unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Winsize {
    /// Rows of characters.
    pub ws_row: u16,
    /// Columns of characters.
    pub ws_col: u16,
    /// Width in pixels.
    pub ws_xpixel: u16,
    /// Height in pixels.
    pub ws_ypixel: u16,
}

assert_layout!(Winsize, raw::winsize, {
    ws_row = ws_row,
    ws_col = ws_col,
    ws_xpixel = ws_xpixel,
    ws_ypixel = ws_ypixel,
});

constants! {
    /// When [`ioctl_tcsets`] sets: the request itself.
    pub struct TermiosWhen: u32 {
        /// `TCSETS`: now.
        #[doc(alias = "TCSANOW")]
        NOW = ioctl::TCSETS;
        /// `TCSETSW`: when all output has gone out.
        #[doc(alias = "TCSADRAIN")]
        DRAIN = ioctl::TCSETSW;
        /// `TCSETSF`: then, and input that nobody has read is thrown away.
        #[doc(alias = "TCSAFLUSH")]
        FLUSH = ioctl::TCSETSF;
    }
}

/// # Safety
///
/// The request must do with the argument what is sound: none, a number, a value that it reads.
#[inline]
unsafe fn request(fd: BorrowedFd<'_>, request: u32, argument: Arg) -> Result<usize, Errno> {
    // SAFETY: the caller vouches for the request.
    check(unsafe { syscall3(nr::IOCTL, fd.into(), request.into(), argument) })
}

/// # Safety
///
/// The request must write a `T`.
#[inline]
unsafe fn get<T>(fd: BorrowedFd<'_>, number: u32) -> Result<T, Errno> {
    let mut value = MaybeUninit::<T>::uninit();
    // SAFETY: the caller vouches that the request fills the value.
    unsafe {
        request(fd, number, value.as_mut_ptr().into())?;
        Ok(value.assume_init())
    }
}

/// `ioctl(2)` with `TCGETS`: the settings of a terminal. It fails on anything else.
///
/// # Errors
///
/// - [`Errno::BADF`]: it is not open.
/// - [`Errno::NOTTY`]: it is no terminal.
///
/// # References
///
/// - [TCGETS(2const)](https://man7.org/linux/man-pages/man2/TCGETS.2const.html)
#[doc(alias("tcgetattr", "isatty"))]
#[inline]
pub fn ioctl_tcgets(fd: BorrowedFd<'_>) -> Result<Termios, Errno> {
    // SAFETY: it writes a `struct termios`.
    unsafe { get(fd, ioctl::TCGETS) }
}

/// `ioctl(2)` with `TCSETS`, `TCSETSW` or `TCSETSF`: changes the settings of a terminal.
///
/// # Errors
///
/// - [`Errno::BADF`]: it is not open.
/// - [`Errno::INTR`]: a signal handler ran while the output went out.
/// - [`Errno::IO`]: a background process of an orphaned group.
/// - [`Errno::NOTTY`]: it is no terminal.
#[doc(alias = "tcsetattr")]
#[inline]
pub fn ioctl_tcsets(fd: BorrowedFd<'_>, when: TermiosWhen, termios: &Termios) -> Result<(), Errno> {
    let number = match when {
        TermiosWhen::NOW | TermiosWhen::DRAIN | TermiosWhen::FLUSH => when.raw(),
        _ => return Err(Errno::INVAL),
    };
    // SAFETY: it reads a `struct termios`.
    unsafe { request(fd, number, Some(termios).into()) }.map(drop)
}

/// `ioctl(2)` with `TIOCGWINSZ`: the size of a terminal.
///
/// # Errors
///
/// - [`Errno::BADF`]: it is not open.
/// - [`Errno::NOTTY`]: it is no terminal.
#[inline]
pub fn ioctl_tiocgwinsz(fd: BorrowedFd<'_>) -> Result<Winsize, Errno> {
    // SAFETY: it writes a `struct winsize`.
    unsafe { get(fd, ioctl::TIOCGWINSZ) }
}

/// `ioctl(2)` with `TIOCSWINSZ`: sets the size of a terminal; the foreground group gets
/// `SIGWINCH` if it changes.
///
/// # Errors
///
/// - [`Errno::BADF`]: it is not open.
/// - [`Errno::NOTTY`]: it is no terminal.
#[inline]
pub fn ioctl_tiocswinsz(fd: BorrowedFd<'_>, size: &Winsize) -> Result<(), Errno> {
    // SAFETY: it reads a `struct winsize`.
    unsafe { request(fd, ioctl::TIOCSWINSZ, Some(size).into()) }.map(drop)
}

/// `ioctl(2)` with `TIOCSCTTY`: makes a terminal the controlling one of this session, which
/// the caller must lead; with `steal`, and the privilege, even if another session has it.
///
/// # Errors
///
/// - [`Errno::BADF`]: it is not open.
/// - [`Errno::NOTTY`]: it is no terminal.
/// - [`Errno::PERM`]: the caller leads no session or has a terminal, or another session has
///   this one.
///
/// # References
///
/// - [TIOCSCTTY(2const)](https://man7.org/linux/man-pages/man2/TIOCSCTTY.2const.html)
#[inline]
pub fn ioctl_tiocsctty(fd: BorrowedFd<'_>, steal: bool) -> Result<(), Errno> {
    // SAFETY: it takes a number.
    unsafe { request(fd, ioctl::TIOCSCTTY, i32::from(steal).into()) }.map(drop)
}

/// `ioctl(2)` with `TIOCNOTTY`: gives the controlling terminal up. If the caller leads the
/// session, the whole session loses it, and the foreground group gets `SIGHUP` and `SIGCONT`.
///
/// # Errors
///
/// - [`Errno::BADF`]: it is not open.
/// - [`Errno::NOTTY`]: it is not the controlling terminal.
#[inline]
pub fn ioctl_tiocnotty(fd: BorrowedFd<'_>) -> Result<(), Errno> {
    // SAFETY: it takes nothing.
    unsafe { request(fd, ioctl::TIOCNOTTY, Arg::ZERO) }.map(drop)
}

/// `ioctl(2)` with `TIOCGPTN`: the number of a pseudoterminal, that of its `/dev/pts/<n>`.
///
/// # Errors
///
/// - [`Errno::BADF`]: it is not open.
/// - [`Errno::NOTTY`]: it is not the master of one.
#[doc(alias = "ptsname")]
#[inline]
pub fn ioctl_tiocgptn(fd: BorrowedFd<'_>) -> Result<u32, Errno> {
    // SAFETY: it writes an unsigned int.
    unsafe { get(fd, ioctl::TIOCGPTN) }
}

/// `ioctl(2)` with `TIOCSPTLCK`: locks or unlocks the slave of a pseudoterminal.
///
/// # Errors
///
/// - [`Errno::BADF`]: it is not open.
/// - [`Errno::NOTTY`]: it is not the master of one.
#[doc(alias = "unlockpt")]
#[inline]
pub fn ioctl_tiocsptlck(fd: BorrowedFd<'_>, lock: bool) -> Result<(), Errno> {
    let lock = i32::from(lock);
    // SAFETY: it reads an int.
    unsafe { request(fd, ioctl::TIOCSPTLCK, Some(&lock).into()) }.map(drop)
}

/// `ioctl(2)` with `TIOCGPTPEER`: opens the slave of a pseudoterminal, without its name.
///
/// # Errors
///
/// - [`Errno::BADF`]: it is not open.
/// - [`Errno::IO`]: it is locked.
/// - [`Errno::MFILE`], [`Errno::NFILE`]: no descriptor left in the process, in the system.
/// - [`Errno::NOTTY`]: it is not the master of one.
#[inline]
pub fn ioctl_tiocgptpeer(fd: BorrowedFd<'_>, flags: OpenFlags) -> Result<OwnedFd, Errno> {
    // SAFETY: it takes a number, and gives a descriptor that nobody else owns.
    unsafe { request(fd, ioctl::TIOCGPTPEER, flags.into()).map(|fd| OwnedFd::from_raw_fd(fd as RawFd)) }
}

/// `ioctl(2)` with `TIOCGPGRP`: the foreground process group of a terminal.
///
/// # Errors
///
/// - [`Errno::BADF`]: it is not open.
/// - [`Errno::NOTTY`]: it is not the controlling terminal of the caller.
#[doc(alias = "tcgetpgrp")]
#[inline]
pub fn ioctl_tiocgpgrp(fd: BorrowedFd<'_>) -> Result<Pid, Errno> {
    // SAFETY: it writes a pid_t.
    unsafe { get(fd, ioctl::TIOCGPGRP) }
}

/// `ioctl(2)` with `TIOCSPGRP`: makes a process group the foreground one of a terminal.
///
/// # Errors
///
/// - [`Errno::BADF`]: it is not open.
/// - [`Errno::INVAL`]: the number is negative.
/// - [`Errno::NOTTY`]: it is not the controlling terminal of the caller.
/// - [`Errno::PERM`]: the group is of another session.
/// - [`Errno::SRCH`]: no such group.
#[doc(alias = "tcsetpgrp")]
#[inline]
pub fn ioctl_tiocspgrp(fd: BorrowedFd<'_>, group: Pid) -> Result<(), Errno> {
    // SAFETY: it reads a pid_t.
    unsafe { request(fd, ioctl::TIOCSPGRP, Some(&group).into()) }.map(drop)
}

/// `ioctl(2)` with `FIONREAD`: how many bytes are there to read.
///
/// # Errors
///
/// - [`Errno::BADF`]: it is not open.
/// - [`Errno::NOTTY`]: the object cannot say.
#[inline]
pub fn ioctl_fionread(fd: BorrowedFd<'_>) -> Result<usize, Errno> {
    // SAFETY: it writes an int.
    unsafe { get::<i32>(fd, ioctl::FIONREAD) }.map(|count| count as usize)
}
