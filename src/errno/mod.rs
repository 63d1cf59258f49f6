//! The error of a system call.
//!
//! ```
//! use sinew::Errno;
//!
//! let error = Errno::NOENT;
//! assert_eq!(error.name(), Some("ENOENT"));
//! assert_eq!(error.to_string(), "No such file or directory");
//! ```

mod text;

use crate::arch::Ret;
use core::fmt;
use core::num::NonZeroU16;

/// The number that the kernel gives for a failure, 1 to 4095.
///
/// `Result<(), Errno>` is two bytes. `Display` gives the text of `strerror(3)`, `Debug`
/// the name.
///
/// # References
///
/// - [errno(3)](https://man7.org/linux/man-pages/man3/errno.3.html)
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(transparent)]
pub struct Errno(NonZeroU16);

/// The largest number that the kernel can return as an error.
const MAX: usize = 4095;

impl Errno {
    /// The error with this number, or `None` outside 1 to 4095.
    #[must_use]
    pub const fn new(number: i32) -> Option<Self> {
        if number < 1 || number > MAX as i32 {
            return None;
        }
        match NonZeroU16::new(number as u16) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }

    /// The number, 1 to 4095.
    #[must_use]
    pub const fn raw(self) -> i32 {
        self.0.get() as i32
    }

    /// The name, such as `"ENOENT"`, or `None` for a number that has none.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        syscalls::Errno::new(self.raw()).name()
    }

    /// The text of `strerror(3)`, or `None` for a number that has none.
    #[must_use]
    pub fn text(self) -> Option<&'static str> {
        text::text(self.raw())
    }
}

/// A constant for each error: its name without the `E`.
macro_rules! errors {
    ($($name:ident = $raw:ident,)*) => {
        impl Errno {
            $(
                #[doc = concat!("`", stringify!($raw), "`.")]
                pub const $name: Self = match Self::new(linux_raw_sys::errno::$raw as i32) {
                    Some(error) => error,
                    None => unreachable!(),
                };
            )*

            /// Every constant with its C name, for the test against the C library's.
            #[doc(hidden)]
            pub const ALL: &[(Errno, &str)] = &[$((Errno::$name, stringify!($raw))),*];
        }
    };
}

errors! {
    PERM = EPERM,
    NOENT = ENOENT,
    SRCH = ESRCH,
    INTR = EINTR,
    IO = EIO,
    NXIO = ENXIO,
    TOOBIG = E2BIG,
    NOEXEC = ENOEXEC,
    BADF = EBADF,
    CHILD = ECHILD,
    AGAIN = EAGAIN,
    NOMEM = ENOMEM,
    ACCES = EACCES,
    FAULT = EFAULT,
    NOTBLK = ENOTBLK,
    BUSY = EBUSY,
    EXIST = EEXIST,
    XDEV = EXDEV,
    NODEV = ENODEV,
    NOTDIR = ENOTDIR,
    ISDIR = EISDIR,
    INVAL = EINVAL,
    NFILE = ENFILE,
    MFILE = EMFILE,
    NOTTY = ENOTTY,
    TXTBSY = ETXTBSY,
    FBIG = EFBIG,
    NOSPC = ENOSPC,
    SPIPE = ESPIPE,
    ROFS = EROFS,
    MLINK = EMLINK,
    PIPE = EPIPE,
    DOM = EDOM,
    RANGE = ERANGE,
    DEADLK = EDEADLK,
    NAMETOOLONG = ENAMETOOLONG,
    NOLCK = ENOLCK,
    NOSYS = ENOSYS,
    NOTEMPTY = ENOTEMPTY,
    LOOP = ELOOP,
    WOULDBLOCK = EWOULDBLOCK,
    NOMSG = ENOMSG,
    IDRM = EIDRM,
    CHRNG = ECHRNG,
    L2NSYNC = EL2NSYNC,
    L3HLT = EL3HLT,
    L3RST = EL3RST,
    LNRNG = ELNRNG,
    UNATCH = EUNATCH,
    NOCSI = ENOCSI,
    L2HLT = EL2HLT,
    BADE = EBADE,
    BADR = EBADR,
    XFULL = EXFULL,
    NOANO = ENOANO,
    BADRQC = EBADRQC,
    BADSLT = EBADSLT,
    DEADLOCK = EDEADLOCK,
    BFONT = EBFONT,
    NOSTR = ENOSTR,
    NODATA = ENODATA,
    TIME = ETIME,
    NOSR = ENOSR,
    NONET = ENONET,
    NOPKG = ENOPKG,
    REMOTE = EREMOTE,
    NOLINK = ENOLINK,
    ADV = EADV,
    SRMNT = ESRMNT,
    COMM = ECOMM,
    PROTO = EPROTO,
    MULTIHOP = EMULTIHOP,
    DOTDOT = EDOTDOT,
    BADMSG = EBADMSG,
    OVERFLOW = EOVERFLOW,
    NOTUNIQ = ENOTUNIQ,
    BADFD = EBADFD,
    REMCHG = EREMCHG,
    LIBACC = ELIBACC,
    LIBBAD = ELIBBAD,
    LIBSCN = ELIBSCN,
    LIBMAX = ELIBMAX,
    LIBEXEC = ELIBEXEC,
    ILSEQ = EILSEQ,
    RESTART = ERESTART,
    STRPIPE = ESTRPIPE,
    USERS = EUSERS,
    NOTSOCK = ENOTSOCK,
    DESTADDRREQ = EDESTADDRREQ,
    MSGSIZE = EMSGSIZE,
    PROTOTYPE = EPROTOTYPE,
    NOPROTOOPT = ENOPROTOOPT,
    PROTONOSUPPORT = EPROTONOSUPPORT,
    SOCKTNOSUPPORT = ESOCKTNOSUPPORT,
    OPNOTSUPP = EOPNOTSUPP,
    PFNOSUPPORT = EPFNOSUPPORT,
    AFNOSUPPORT = EAFNOSUPPORT,
    ADDRINUSE = EADDRINUSE,
    ADDRNOTAVAIL = EADDRNOTAVAIL,
    NETDOWN = ENETDOWN,
    NETUNREACH = ENETUNREACH,
    NETRESET = ENETRESET,
    CONNABORTED = ECONNABORTED,
    CONNRESET = ECONNRESET,
    NOBUFS = ENOBUFS,
    ISCONN = EISCONN,
    NOTCONN = ENOTCONN,
    SHUTDOWN = ESHUTDOWN,
    TOOMANYREFS = ETOOMANYREFS,
    TIMEDOUT = ETIMEDOUT,
    CONNREFUSED = ECONNREFUSED,
    HOSTDOWN = EHOSTDOWN,
    HOSTUNREACH = EHOSTUNREACH,
    ALREADY = EALREADY,
    INPROGRESS = EINPROGRESS,
    STALE = ESTALE,
    UCLEAN = EUCLEAN,
    NOTNAM = ENOTNAM,
    NAVAIL = ENAVAIL,
    ISNAM = EISNAM,
    REMOTEIO = EREMOTEIO,
    DQUOT = EDQUOT,
    NOMEDIUM = ENOMEDIUM,
    MEDIUMTYPE = EMEDIUMTYPE,
    CANCELED = ECANCELED,
    NOKEY = ENOKEY,
    KEYEXPIRED = EKEYEXPIRED,
    KEYREVOKED = EKEYREVOKED,
    KEYREJECTED = EKEYREJECTED,
    OWNERDEAD = EOWNERDEAD,
    NOTRECOVERABLE = ENOTRECOVERABLE,
    RFKILL = ERFKILL,
    HWPOISON = EHWPOISON,
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.text() {
            Some(text) => f.pad(text),
            None => write!(f, "Unknown error {}", self.raw()),
        }
    }
}

impl fmt::Debug for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "Errno({})", self.raw()),
        }
    }
}

impl core::error::Error for Errno {}

#[cfg(feature = "std")]
impl From<Errno> for std::io::Error {
    fn from(error: Errno) -> Self {
        Self::from_raw_os_error(error.raw())
    }
}

/// Fails with the same error if it holds no number of the system.
#[cfg(feature = "std")]
impl TryFrom<std::io::Error> for Errno {
    type Error = std::io::Error;

    fn try_from(error: std::io::Error) -> Result<Self, std::io::Error> {
        error.raw_os_error().and_then(Self::new).ok_or(error)
    }
}

/// The result of a system call: the last 4095 values are negated errors.
#[inline(always)]
pub(crate) fn check(ret: Ret) -> Result<usize, Errno> {
    check_pointer(ret).map(<*mut _>::addr)
}

/// The same for a call that gives an address; the address keeps its provenance.
#[inline(always)]
pub(crate) fn check_pointer(ret: Ret) -> Result<Ret, Errno> {
    let negated = ret.addr().wrapping_neg();
    if negated.wrapping_sub(1) < MAX {
        // SAFETY: it lies between 1 and 4095.
        return Err(Errno(unsafe { NonZeroU16::new_unchecked(negated as u16) }));
    }
    Ok(ret)
}

/// Calls again for as long as a signal handler interrupts.
///
/// Not for calls with a relative timeout, and never for `close`.
#[inline]
pub(crate) fn retry<T>(mut call: impl FnMut() -> Result<T, Errno>) -> Result<T, Errno> {
    loop {
        match call() {
            Err(Errno::INTR) => {}
            result => return result,
        }
    }
}

static_assertions::assert_eq_size!(Result<(), Errno>, u16);
