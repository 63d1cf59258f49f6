//! What the file system knows of a file.

use super::macros::{assert_layout, flags};
use super::{AtFlags, Timespec, nr};
use crate::arch::{syscall2, syscall5};
use crate::errno::{Errno, check};
use crate::fd::BorrowedFd;
use core::ffi::CStr;
use core::mem::MaybeUninit;
use linux_raw_sys::general as raw;

/// What [`fstat`] tells: the kernel's `struct stat`, whose layout differs between the
/// architectures.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Stat(raw::stat);

#[allow(clippy::unnecessary_cast, reason = "the fields' widths differ between the architectures")]
impl Stat {
    /// `st_dev`: the device that holds the file, as `makedev(3)` encodes it.
    #[must_use]
    pub const fn dev(&self) -> u64 {
        self.0.st_dev as u64
    }

    /// `st_ino`: the file's number on that device.
    #[must_use]
    pub const fn ino(&self) -> u64 {
        self.0.st_ino as u64
    }

    /// `st_mode`: the type and the permissions.
    #[must_use]
    pub const fn mode(&self) -> u32 {
        self.0.st_mode as u32
    }

    /// `st_nlink`: how many names it has.
    #[must_use]
    pub const fn nlink(&self) -> u64 {
        self.0.st_nlink as u64
    }

    /// `st_uid`: the user that owns it.
    #[must_use]
    pub const fn uid(&self) -> u32 {
        self.0.st_uid as u32
    }

    /// `st_gid`: the group that owns it.
    #[must_use]
    pub const fn gid(&self) -> u32 {
        self.0.st_gid as u32
    }

    /// `st_rdev`: the device that it is, if it is one.
    #[must_use]
    pub const fn rdev(&self) -> u64 {
        self.0.st_rdev as u64
    }

    /// `st_size`: its length in bytes.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.0.st_size as u64
    }

    /// `st_blksize`: how many bytes to read or write at once.
    #[must_use]
    pub const fn blksize(&self) -> u64 {
        self.0.st_blksize as u64
    }

    /// `st_blocks`: what it takes of the device, in blocks of 512 bytes.
    #[must_use]
    pub const fn blocks(&self) -> u64 {
        self.0.st_blocks as u64
    }

    /// `st_atim`: when it was last read.
    #[must_use]
    pub const fn atime(&self) -> Timespec {
        Timespec { tv_sec: self.0.st_atime as i64, tv_nsec: self.0.st_atime_nsec as i64 }
    }

    /// `st_mtim`: when its bytes last changed.
    #[must_use]
    pub const fn mtime(&self) -> Timespec {
        Timespec { tv_sec: self.0.st_mtime as i64, tv_nsec: self.0.st_mtime_nsec as i64 }
    }

    /// `st_ctim`: when its bytes or what is told here last changed.
    #[must_use]
    pub const fn ctime(&self) -> Timespec {
        Timespec { tv_sec: self.0.st_ctime as i64, tv_nsec: self.0.st_ctime_nsec as i64 }
    }
}

impl core::fmt::Debug for Stat {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Stat")
            .field("dev", &self.dev())
            .field("ino", &self.ino())
            .field("mode", &format_args!("{:o}", self.mode()))
            .field("size", &self.size())
            .finish_non_exhaustive()
    }
}

/// `fstat(2)`: what the file system knows of an open file.
///
/// # Errors
///
/// - [`Errno::BADF`]: it is not open.
/// - [`Errno::NOMEM`]: no memory in the kernel.
///
/// # References
///
/// - [fstat(2)](https://man7.org/linux/man-pages/man2/stat.2.html)
#[inline]
pub fn fstat(fd: BorrowedFd<'_>) -> Result<Stat, Errno> {
    let mut stat = MaybeUninit::<Stat>::uninit();
    // SAFETY: the kernel fills the struct on success.
    unsafe {
        check(syscall2(nr::FSTAT, fd.into(), stat.as_mut_ptr().into()))?;
        Ok(stat.assume_init())
    }
}

flags! {
    /// What [`statx`] is asked for, and what it answers.
    pub struct StatxMask: u32 {
        /// `STATX_TYPE`: the type in `stx_mode`.
        TYPE = raw::STATX_TYPE;
        /// `STATX_MODE`: the permissions in `stx_mode`.
        MODE = raw::STATX_MODE;
        /// `STATX_NLINK`: `stx_nlink`.
        NLINK = raw::STATX_NLINK;
        /// `STATX_UID`: `stx_uid`.
        UID = raw::STATX_UID;
        /// `STATX_GID`: `stx_gid`.
        GID = raw::STATX_GID;
        /// `STATX_ATIME`: `stx_atime`.
        ATIME = raw::STATX_ATIME;
        /// `STATX_MTIME`: `stx_mtime`.
        MTIME = raw::STATX_MTIME;
        /// `STATX_CTIME`: `stx_ctime`.
        CTIME = raw::STATX_CTIME;
        /// `STATX_INO`: `stx_ino`.
        INO = raw::STATX_INO;
        /// `STATX_SIZE`: `stx_size`.
        SIZE = raw::STATX_SIZE;
        /// `STATX_BLOCKS`: `stx_blocks`.
        BLOCKS = raw::STATX_BLOCKS;
        /// `STATX_BASIC_STATS`: all of the above, what [`fstat`] tells.
        BASIC_STATS = raw::STATX_BASIC_STATS;
        /// `STATX_BTIME`: `stx_btime`.
        BTIME = raw::STATX_BTIME;
        /// `STATX_MNT_ID`: `stx_mnt_id` (Linux 5.8).
        MNT_ID = raw::STATX_MNT_ID;
        /// `STATX_DIOALIGN`: `stx_dio_mem_align`, `stx_dio_offset_align` (Linux 6.1).
        DIOALIGN = raw::STATX_DIOALIGN;
        /// `STATX_MNT_ID_UNIQUE`: `stx_mnt_id`, never used again (Linux 6.8).
        MNT_ID_UNIQUE = raw::STATX_MNT_ID_UNIQUE;
        /// `STATX_SUBVOL`: `stx_subvol` (Linux 6.10).
        SUBVOL = raw::STATX_SUBVOL;
        /// `STATX_WRITE_ATOMIC`: the `stx_atomic_write_*` (Linux 6.11).
        WRITE_ATOMIC = raw::STATX_WRITE_ATOMIC;
        /// `STATX_DIO_READ_ALIGN`: `stx_dio_read_offset_align` (Linux 6.14).
        DIO_READ_ALIGN = raw::STATX_DIO_READ_ALIGN;
    }
}

/// A time in [`Statx`]: the kernel's `struct statx_timestamp`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[repr(C)]
pub struct StatxTimestamp {
    /// Seconds since 1970-01-01 UTC.
    pub tv_sec: i64,
    /// Nanoseconds, 0 to 999 999 999.
    pub tv_nsec: u32,
    reserved: i32,
}

assert_layout!(StatxTimestamp, raw::statx_timestamp, {
    tv_sec = tv_sec,
    tv_nsec = tv_nsec,
    reserved = __reserved,
});

/// What [`statx`] tells: the kernel's `struct statx`. A field counts if its bit is in
/// `stx_mask`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Statx {
    /// Which fields the kernel has filled.
    pub stx_mask: u32,
    /// How many bytes to read or write at once.
    pub stx_blksize: u32,
    /// What the file system says of the file: `STATX_ATTR_*`.
    pub stx_attributes: u64,
    /// How many names it has.
    pub stx_nlink: u32,
    /// The user that owns it.
    pub stx_uid: u32,
    /// The group that owns it.
    pub stx_gid: u32,
    /// The type and the permissions.
    pub stx_mode: u16,
    spare0: [u16; 1],
    /// The file's number on its device.
    pub stx_ino: u64,
    /// Its length in bytes.
    pub stx_size: u64,
    /// What it takes of the device, in blocks of 512 bytes.
    pub stx_blocks: u64,
    /// Which bits of `stx_attributes` the file system knows.
    pub stx_attributes_mask: u64,
    /// When it was last read.
    pub stx_atime: StatxTimestamp,
    /// When it was made.
    pub stx_btime: StatxTimestamp,
    /// When its bytes or what is told here last changed.
    pub stx_ctime: StatxTimestamp,
    /// When its bytes last changed.
    pub stx_mtime: StatxTimestamp,
    /// The device that it is, if it is one: the major number.
    pub stx_rdev_major: u32,
    /// The device that it is, if it is one: the minor number.
    pub stx_rdev_minor: u32,
    /// The device that holds it: the major number.
    pub stx_dev_major: u32,
    /// The device that holds it: the minor number.
    pub stx_dev_minor: u32,
    /// The mount that holds it.
    pub stx_mnt_id: u64,
    /// How memory must be aligned for `O_DIRECT`.
    pub stx_dio_mem_align: u32,
    /// How offsets must be aligned for `O_DIRECT`.
    pub stx_dio_offset_align: u32,
    /// The subvolume.
    pub stx_subvol: u64,
    /// The least that one atomic write can hold.
    pub stx_atomic_write_unit_min: u32,
    /// The most that one atomic write can hold.
    pub stx_atomic_write_unit_max: u32,
    /// How many slices one atomic write can take.
    pub stx_atomic_write_segments_max: u32,
    /// How offsets must be aligned for reads with `O_DIRECT`.
    pub stx_dio_read_offset_align: u32,
    /// The most that one atomic write can hold and still be quick.
    pub stx_atomic_write_unit_max_opt: u32,
    spare2: [u32; 1],
    spare3: [u64; 8],
}

assert_layout!(Statx, raw::statx, {
    stx_mask = stx_mask,
    stx_blksize = stx_blksize,
    stx_attributes = stx_attributes,
    stx_nlink = stx_nlink,
    stx_uid = stx_uid,
    stx_gid = stx_gid,
    stx_mode = stx_mode,
    spare0 = __spare0,
    stx_ino = stx_ino,
    stx_size = stx_size,
    stx_blocks = stx_blocks,
    stx_attributes_mask = stx_attributes_mask,
    stx_atime = stx_atime,
    stx_btime = stx_btime,
    stx_ctime = stx_ctime,
    stx_mtime = stx_mtime,
    stx_rdev_major = stx_rdev_major,
    stx_rdev_minor = stx_rdev_minor,
    stx_dev_major = stx_dev_major,
    stx_dev_minor = stx_dev_minor,
    stx_mnt_id = stx_mnt_id,
    stx_dio_mem_align = stx_dio_mem_align,
    stx_dio_offset_align = stx_dio_offset_align,
    stx_subvol = stx_subvol,
    stx_atomic_write_unit_min = stx_atomic_write_unit_min,
    stx_atomic_write_unit_max = stx_atomic_write_unit_max,
    stx_atomic_write_segments_max = stx_atomic_write_segments_max,
    stx_dio_read_offset_align = stx_dio_read_offset_align,
    stx_atomic_write_unit_max_opt = stx_atomic_write_unit_max_opt,
    spare2 = __spare2,
    spare3 = __spare3,
});

/// `statx(2)`: what the file system knows of a file, by its name.
///
/// # Errors
///
/// - [`Errno::ACCES`]: a permission is missing on the way.
/// - [`Errno::BADF`]: a relative path, and `dir` is not open.
/// - [`Errno::INVAL`]: flags or a mask that the kernel reserves.
/// - [`Errno::LOOP`], [`Errno::NAMETOOLONG`], [`Errno::NOENT`], [`Errno::NOTDIR`]: the path is
///   no way.
/// - [`Errno::NOMEM`]: no memory in the kernel.
/// - [`Errno::NOSYS`]: the kernel is older than 4.11.
///
/// # References
///
/// - [statx(2)](https://man7.org/linux/man-pages/man2/statx.2.html)
#[doc(alias("stat", "lstat", "fstatat"))]
#[inline]
pub fn statx(dir: BorrowedFd<'_>, path: &CStr, flags: AtFlags, mask: StatxMask) -> Result<Statx, Errno> {
    let mut statx = MaybeUninit::<Statx>::uninit();
    // SAFETY: the kernel reads the path, and fills the struct on success.
    unsafe {
        check(syscall5(
            nr::STATX,
            dir.into(),
            path.into(),
            flags.into(),
            mask.into(),
            statx.as_mut_ptr().into(),
        ))?;
        Ok(statx.assume_init())
    }
}
