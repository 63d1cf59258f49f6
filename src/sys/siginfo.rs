//! What comes with a signal.

use super::Pid;
use core::ffi::c_void;
use core::mem::offset_of;
use core::ptr;
use linux_raw_sys::general as raw;

/// What the kernel tells of a signal or of a child's change: its `siginfo_t`, 128 bytes.
///
/// Which of the methods mean anything depends on the signal and on [`code`](Self::code).
#[doc(alias = "siginfo_t")]
#[derive(Clone, Copy)]
#[repr(C, align(8))]
pub struct SigInfo {
    signo: i32,
    errno: i32,
    code: i32,
    padding: i32,
    fields: Fields,
}

/// The kernel overlays several structs; this is the view of one with the places of all.
#[derive(Clone, Copy)]
#[repr(C)]
union Fields {
    child: Child,
    queued: Queued,
    address: *mut c_void,
    bytes: [u8; 112],
}

#[derive(Clone, Copy)]
#[repr(C)]
struct Child {
    pid: Pid,
    uid: u32,
    status: i32,
    utime: i64,
    stime: i64,
}

#[derive(Clone, Copy)]
#[repr(C)]
struct Queued {
    pid: Pid,
    uid: u32,
    value: *mut c_void,
}

type RawInfo = raw::siginfo__bindgen_ty_1__bindgen_ty_1;
type RawChild = raw::__sifields__bindgen_ty_4;
type RawQueued = raw::__sifields__bindgen_ty_3;

const _: () = {
    assert!(size_of::<SigInfo>() == size_of::<raw::siginfo>());
    assert!(align_of::<SigInfo>() == align_of::<raw::siginfo>());
    assert!(offset_of!(SigInfo, signo) == offset_of!(RawInfo, si_signo));
    assert!(offset_of!(SigInfo, errno) == offset_of!(RawInfo, si_errno));
    assert!(offset_of!(SigInfo, code) == offset_of!(RawInfo, si_code));
    assert!(offset_of!(SigInfo, fields) == offset_of!(RawInfo, _sifields));
    assert!(offset_of!(Child, pid) == offset_of!(RawChild, _pid));
    assert!(offset_of!(Child, uid) == offset_of!(RawChild, _uid));
    assert!(offset_of!(Child, status) == offset_of!(RawChild, _status));
    assert!(offset_of!(Child, utime) == offset_of!(RawChild, _utime));
    assert!(offset_of!(Child, stime) == offset_of!(RawChild, _stime));
    assert!(offset_of!(Queued, pid) == offset_of!(RawQueued, _pid));
    assert!(offset_of!(Queued, uid) == offset_of!(RawQueued, _uid));
    assert!(offset_of!(Queued, value) == offset_of!(RawQueued, _sigval));
};

// SAFETY: the pointers in it are numbers to this process until somebody says otherwise.
unsafe impl Send for SigInfo {}
// SAFETY: see above.
unsafe impl Sync for SigInfo {}

impl SigInfo {
    /// All zeros.
    #[must_use]
    pub const fn zeroed() -> Self {
        Self { signo: 0, errno: 0, code: 0, padding: 0, fields: Fields { bytes: [0; 112] } }
    }

    /// What `sigqueue(3)` would send: a signal with a number, from this process.
    #[must_use]
    pub const fn queued(signal: i32, pid: Pid, uid: u32, value: usize) -> Self {
        let mut info = Self::zeroed();
        info.signo = signal;
        info.code = raw::SI_QUEUE;
        info.fields.queued = Queued { pid, uid, value: ptr::without_provenance_mut(value) };
        info
    }

    /// `si_signo`: the signal; 0 if [`waitid`](super::waitid) had nothing to tell.
    #[must_use]
    pub const fn signo(&self) -> i32 {
        self.signo
    }

    /// `si_errno`: an error that goes with the signal; rarely set.
    #[must_use]
    pub const fn errno(&self) -> i32 {
        self.errno
    }

    /// `si_code`: where it comes from (`SI_*`) or what happened to the child (`CLD_*`).
    #[must_use]
    pub const fn code(&self) -> i32 {
        self.code
    }

    /// `si_pid`: the sender, or the child.
    #[must_use]
    pub const fn pid(&self) -> Pid {
        // SAFETY: all 128 bytes are initialised, and any bits are a number.
        unsafe { self.fields.child.pid }
    }

    /// `si_uid`: the real user of the sender, or of the child.
    #[must_use]
    pub const fn uid(&self) -> u32 {
        // SAFETY: all 128 bytes are initialised, and any bits are a number.
        unsafe { self.fields.child.uid }
    }

    /// `si_status`: the exit status of the child, or the signal that ended, stopped or
    /// continued it; [`code`](Self::code) says which.
    #[must_use]
    pub const fn status(&self) -> i32 {
        // SAFETY: all 128 bytes are initialised, and any bits are a number.
        unsafe { self.fields.child.status }
    }

    /// `si_utime`: the child's time in user mode, in clock ticks; not set by `waitid`.
    #[must_use]
    pub const fn utime(&self) -> i64 {
        // SAFETY: all 128 bytes are initialised, and any bits are a number.
        unsafe { self.fields.child.utime }
    }

    /// `si_stime`: the child's time in the kernel, in clock ticks; not set by `waitid`.
    #[must_use]
    pub const fn stime(&self) -> i64 {
        // SAFETY: all 128 bytes are initialised, and any bits are a number.
        unsafe { self.fields.child.stime }
    }

    /// `si_value`: what the sender added to a queued signal; an `int` is in the low 32 bits.
    #[must_use]
    pub fn value(&self) -> usize {
        // SAFETY: all 128 bytes are initialised, and any bits are a pointer.
        unsafe { self.fields.queued.value }.addr()
    }

    /// `si_addr`: the address of a fault.
    #[must_use]
    pub const fn address(&self) -> *mut c_void {
        // SAFETY: all 128 bytes are initialised, and any bits are a pointer.
        unsafe { self.fields.address }
    }
}

impl Default for SigInfo {
    fn default() -> Self {
        Self::zeroed()
    }
}

impl core::fmt::Debug for SigInfo {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("SigInfo")
            .field("signo", &self.signo)
            .field("code", &self.code)
            .field("pid", &self.pid())
            .field("uid", &self.uid())
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}
