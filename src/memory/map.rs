//! One mapping.

use crate::errno::{Errno, retry};
use crate::fd::{AsFd, BorrowedFd, OwnedFd};
use crate::sys::{self, Advice, MapFlags, MemfdFlags, MsyncFlags, Protection, SealFlags};
use core::ffi::CStr;
use core::ptr::{self, NonNull};

/// Memory that was mapped, and is unmapped when this is dropped.
///
/// A page costs nothing until it is touched. Shared memory has no blocking in it, as a pipe
/// has: who reads while another writes may see half of it. [`crate::ipc::Ring`] adds the
/// order that makes it a channel.
///
/// ```
/// use sinew::memory::Map;
///
/// let mut map = Map::private(4096)?;
/// map.write_at(10, b"hello")?;
/// let mut buffer = [0; 5];
/// map.read_at(10, &mut buffer)?;
/// assert_eq!(&buffer, b"hello");
/// # Ok::<(), sinew::Errno>(())
/// ```
///
/// # What can go wrong
///
/// A file that another process cuts short takes its pages out of every mapping: touching
/// them raises SIGBUS. Only map files that nobody shortens, or seal them ([`memfd`]).
///
/// # References
///
/// - [mmap(2)](https://man7.org/linux/man-pages/man2/mmap.2.html)
#[derive(Debug)]
pub struct Map {
    address: NonNull<u8>,
    length: usize,
    protection: Protection,
    /// Nobody else can reach the memory, so that plain slices of it are sound.
    exclusive: bool,
}

// SAFETY: the value owns its mapping; shared access only reads through it.
unsafe impl Send for Map {}
// SAFETY: as above.
unsafe impl Sync for Map {}

/// How a mapping of a file may be used: the three modes of Python's `mmap`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read only (`ACCESS_READ`).
    Read,
    /// Read and write; writes reach the file and everybody who maps it (`ACCESS_WRITE`).
    Write,
    /// Read and write; writes stay in this process (`ACCESS_COPY`).
    Copy,
}

/// Who sees what is written to a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// The file and all that map it (`MAP_SHARED`).
    Shared,
    /// This process alone (`MAP_PRIVATE`).
    Private,
}

/// What to map of a file, and how. Without any setting: all of it, shared, to read and write.
///
/// Say either [`access`](Self::access) or [`sharing`](Self::sharing) and
/// [`protection`](Self::protection); both together are an error.
///
/// ```
/// use sinew::memory::{Access, MapOptions, memfd};
///
/// let file = memfd(c"example", 8192)?;
/// let map = MapOptions::new().access(Access::Read).map(&file)?;
/// assert_eq!(map.len(), 8192);
/// # Ok::<(), sinew::Errno>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct MapOptions {
    length: usize,
    offset: u64,
    access: Option<Access>,
    sharing: Option<Sharing>,
    protection: Option<Protection>,
}

impl MapOptions {
    /// All of the file, shared, to read and write.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many bytes; 0, which is the default, means up to the end of the file.
    #[must_use]
    pub fn length(mut self, bytes: usize) -> Self {
        self.length = bytes;
        self
    }

    /// Where in the file to start; a multiple of the page size.
    #[must_use]
    pub fn offset(mut self, bytes: u64) -> Self {
        self.offset = bytes;
        self
    }

    /// One of the three usual ways.
    #[must_use]
    pub fn access(mut self, access: Access) -> Self {
        self.access = Some(access);
        self
    }

    /// Who sees the writes.
    #[must_use]
    pub fn sharing(mut self, sharing: Sharing) -> Self {
        self.sharing = Some(sharing);
        self
    }

    /// What may be done with the memory.
    #[must_use]
    pub fn protection(mut self, protection: Protection) -> Self {
        self.protection = Some(protection);
        self
    }

    /// Maps the file.
    ///
    /// # Errors
    ///
    /// - [`Errno::INVAL`]: both `access` and `sharing` or `protection`; the offset is no
    ///   multiple of the page size; the file is empty or ends before what was asked for.
    /// - [`Errno::ACCES`]: the descriptor was not opened for that.
    /// - [`Errno::NODEV`]: it cannot be mapped (a pipe, say).
    /// - [`Errno::NOMEM`]: no room.
    pub fn map(self, file: impl AsFd) -> Result<Map, Errno> {
        let file = file.as_fd();
        let (sharing, protection) = self.mode()?;
        let length = self.length_in(file)?;
        Map::new(length, protection, sharing, Some(file), self.offset)
    }

    fn mode(&self) -> Result<(Sharing, Protection), Errno> {
        let both = Protection::READ | Protection::WRITE;
        match self.access {
            Some(_) if self.sharing.is_some() || self.protection.is_some() => Err(Errno::INVAL),
            Some(Access::Read) => Ok((Sharing::Shared, Protection::READ)),
            Some(Access::Write) => Ok((Sharing::Shared, both)),
            Some(Access::Copy) => Ok((Sharing::Private, both)),
            None => Ok((self.sharing.unwrap_or(Sharing::Shared), self.protection.unwrap_or(both))),
        }
    }

    /// The length to map: nothing past the end of a regular file, where a touch would be
    /// the end of this process.
    fn length_in(&self, file: BorrowedFd<'_>) -> Result<usize, Errno> {
        let status = sys::fstat(file)?;
        let regular = status.mode() & linux_raw_sys::general::S_IFMT == linux_raw_sys::general::S_IFREG;
        if !regular && self.length != 0 {
            return Ok(self.length);
        }
        let left = status.size().checked_sub(self.offset);
        let left = usize::try_from(left.ok_or(Errno::INVAL)?).map_err(|_| Errno::NOMEM)?;
        match self.length {
            0 if left > 0 => Ok(left),
            length if length > 0 && length <= left => Ok(length),
            _ => Err(Errno::INVAL),
        }
    }
}

impl Map {
    /// Zeroed memory for this process alone; a forked child gets a copy.
    ///
    /// # Errors
    ///
    /// - [`Errno::INVAL`]: the length is 0.
    /// - [`Errno::NOMEM`]: no room.
    pub fn private(length: usize) -> Result<Self, Errno> {
        Self::new(length, Protection::READ | Protection::WRITE, Sharing::Private, None, 0)
    }

    /// Zeroed memory that this process and the children it forks have in common.
    ///
    /// # Errors
    ///
    /// As [`private`](Self::private).
    pub fn shared(length: usize) -> Result<Self, Errno> {
        Self::new(length, Protection::READ | Protection::WRITE, Sharing::Shared, None, 0)
    }

    fn new(
        length: usize,
        protection: Protection,
        sharing: Sharing,
        file: Option<BorrowedFd<'_>>,
        offset: u64,
    ) -> Result<Self, Errno> {
        let mut flags = match sharing {
            Sharing::Shared => MapFlags::SHARED,
            Sharing::Private => MapFlags::PRIVATE,
        };
        if file.is_none() {
            flags |= MapFlags::ANONYMOUS;
        }
        // SAFETY: a new mapping at an address of the kernel's choice takes no one's memory.
        let address = unsafe { sys::mmap(ptr::null_mut(), length, protection, flags, file, offset)? };
        let address = NonNull::new(address.cast()).ok_or(Errno::NOMEM)?;
        let exclusive = file.is_none() && sharing == Sharing::Private;
        Ok(Self { address, length, protection, exclusive })
    }

    /// The length in bytes; never 0.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "no mapping is empty")]
    pub fn len(&self) -> usize {
        self.length
    }

    /// The first byte. What may be done with it is what the mapping was made for.
    #[must_use]
    pub fn as_ptr(&self) -> *mut u8 {
        self.address.as_ptr()
    }

    /// The memory as a slice, if no other process can change it and it may be read.
    #[must_use]
    pub fn as_slice(&self) -> Option<&[u8]> {
        let sound = self.exclusive && self.protection.contains(Protection::READ);
        // SAFETY: nobody else can reach this memory, and `&self` keeps ours from changing it.
        sound.then(|| unsafe { core::slice::from_raw_parts(self.as_ptr(), self.length) })
    }

    /// The memory as a slice to write to, if no other process can reach it.
    #[must_use]
    pub fn as_mut_slice(&mut self) -> Option<&mut [u8]> {
        let sound = self.exclusive && self.protection.contains(Protection::READ | Protection::WRITE);
        // SAFETY: nobody else can reach this memory, and `&mut self` is the only way here.
        sound.then(|| unsafe { core::slice::from_raw_parts_mut(self.as_ptr(), self.length) })
    }

    /// Copies bytes out.
    ///
    /// # Errors
    ///
    /// - [`Errno::ACCES`]: the mapping is not for reading.
    /// - [`Errno::INVAL`]: they do not all lie within the mapping.
    pub fn read_at(&self, offset: usize, buffer: &mut [u8]) -> Result<(), Errno> {
        let from = self.range(offset, buffer.len(), Protection::READ)?;
        // SAFETY: the range was checked. Another process may write there meanwhile; the
        // bytes are then some of the old and some of the new, which any bytes may be.
        unsafe { ptr::copy_nonoverlapping(from, buffer.as_mut_ptr(), buffer.len()) };
        Ok(())
    }

    /// Copies bytes in.
    ///
    /// # Errors
    ///
    /// - [`Errno::ACCES`]: the mapping is not for writing.
    /// - [`Errno::INVAL`]: they do not all fit into the mapping; nothing was written.
    pub fn write_at(&mut self, offset: usize, bytes: &[u8]) -> Result<(), Errno> {
        let to = self.range(offset, bytes.len(), Protection::WRITE)?;
        // SAFETY: the range was checked, and `&mut self` keeps our own readers away.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len()) };
        Ok(())
    }

    /// Waits until what was written has reached the file.
    ///
    /// # Errors
    ///
    /// - [`Errno::IO`], [`Errno::NOSPC`]: the file could not be written.
    pub fn flush(&self) -> Result<(), Errno> {
        // SAFETY: it changes no byte of the mapping.
        retry(|| unsafe { sys::msync(self.as_ptr().cast(), self.length, MsyncFlags::SYNC) })
    }

    /// Tells the kernel how the memory will be used.
    ///
    /// # Safety
    ///
    /// Some advice throws contents away ([`Advice::DONTNEED`], [`Advice::REMOVE`]): nothing
    /// may rely on them, and no slice of the mapping may be borrowed elsewhere.
    ///
    /// # Errors
    ///
    /// - [`Errno::INVAL`]: the kernel does not know this advice, or not for such a mapping.
    pub unsafe fn advise(&mut self, advice: Advice) -> Result<(), Errno> {
        // SAFETY: the range is the mapping; the caller answers for the contents.
        unsafe { sys::madvise(self.as_ptr().cast(), self.length, advice) }
    }

    fn range(&self, offset: usize, length: usize, need: Protection) -> Result<*mut u8, Errno> {
        if !self.protection.contains(need) {
            return Err(Errno::ACCES);
        }
        match offset.checked_add(length) {
            // SAFETY: the offset is within the mapping or at its end.
            Some(end) if end <= self.length => Ok(unsafe { self.as_ptr().add(offset) }),
            _ => Err(Errno::INVAL),
        }
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours and nothing borrows from it any more.
        let unmapped = unsafe { sys::munmap(self.as_ptr().cast(), self.length) };
        debug_assert_eq!(unmapped, Ok(()));
    }
}

/// Makes a file without a name in memory, of a length that nobody can change any more:
/// whoever maps it cannot have it cut away from under him. It is gone with its last
/// descriptor and mapping, even after a crash.
///
/// # Errors
///
/// - [`Errno::INVAL`]: the length is 0, or the name too long (249 bytes).
/// - [`Errno::MFILE`], [`Errno::NFILE`], [`Errno::NOMEM`]: no descriptor or memory left.
///
/// # References
///
/// - [memfd_create(2)](https://man7.org/linux/man-pages/man2/memfd_create.2.html)
pub fn memfd(name: &CStr, length: usize) -> Result<OwnedFd, Errno> {
    if length == 0 {
        return Err(Errno::INVAL);
    }
    let file = sys::memfd_create(name, MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
    retry(|| sys::ftruncate(file.as_fd(), length as u64))?;
    sys::fcntl_add_seals(file.as_fd(), SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?;
    Ok(file)
}
