//! Names in the file system, and what it knows of files.

use crate::{TempDir, in_child, must, pipe, place};
use sinew::Errno;
use sinew::fd::{AsFd, CWD};
use sinew::sys::*;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};

#[test]
fn a_file_is_opened_relative_to_a_directory() {
    let dir = TempDir::new("openat");
    let place = place(&dir.path(""));
    let flags = OpenFlags::RDWR | OpenFlags::CREAT | OpenFlags::EXCL | OpenFlags::CLOEXEC;
    let file = openat(place.as_fd(), c"file", flags, 0o600).unwrap();
    assert_eq!(write(file.as_fd(), b"sinew"), Ok(5));
    assert_eq!(std::fs::read(dir.0.join("file")).unwrap(), b"sinew");
    assert_eq!(fcntl_getfd(file.as_fd()), Ok(FdFlags::CLOEXEC));
    assert_eq!(openat(place.as_fd(), c"file", flags, 0o600).unwrap_err(), Errno::EXIST);
    assert_eq!(openat(place.as_fd(), c"other", OpenFlags::RDONLY, 0).unwrap_err(), Errno::NOENT);
    assert_eq!(openat(place.as_fd(), c"file/x", OpenFlags::RDONLY, 0).unwrap_err(), Errno::NOTDIR);
    assert_eq!(openat(place.as_fd(), c".", OpenFlags::WRONLY, 0).unwrap_err(), Errno::ISDIR);
    let truncated = openat(place.as_fd(), c"file", OpenFlags::WRONLY | OpenFlags::TRUNC, 0).unwrap();
    assert_eq!(fstat(truncated.as_fd()).unwrap().size(), 0);
}

#[test]
fn a_fifo_is_made_once() {
    let dir = TempDir::new("mknodat");
    let path = dir.path("fifo");
    assert_eq!(mknodat(CWD, &path, libc::S_IFIFO | 0o600, 0), Ok(()));
    assert!(std::fs::metadata(dir.0.join("fifo")).unwrap().file_type().is_fifo());
    assert_eq!(mknodat(CWD, &path, libc::S_IFIFO | 0o600, 0), Err(Errno::EXIST));
    assert_eq!(mknodat(CWD, &dir.path("device"), libc::S_IFCHR, 1 << 32), Err(Errno::INVAL));
    let writer = openat(CWD, &path, OpenFlags::WRONLY | OpenFlags::NONBLOCK, 0);
    assert_eq!(writer.unwrap_err(), Errno::NXIO);
}

#[test]
fn directories_and_files_are_made_and_removed() {
    let dir = TempDir::new("mkdirat");
    let place = place(&dir.path(""));
    assert_eq!(mkdirat(place.as_fd(), c"a", 0o700), Ok(()));
    assert_eq!(mkdirat(place.as_fd(), c"a", 0o700), Err(Errno::EXIST));
    assert_eq!(mknodat(place.as_fd(), c"a/file", libc::S_IFREG | 0o600, 0), Ok(()));
    assert_eq!(unlinkat(place.as_fd(), c"a", UnlinkFlags::empty()), Err(Errno::ISDIR));
    assert_eq!(unlinkat(place.as_fd(), c"a", UnlinkFlags::REMOVEDIR), Err(Errno::NOTEMPTY));
    assert_eq!(unlinkat(place.as_fd(), c"a/file", UnlinkFlags::REMOVEDIR), Err(Errno::NOTDIR));
    assert_eq!(unlinkat(place.as_fd(), c"a/file", UnlinkFlags::empty()), Ok(()));
    assert_eq!(unlinkat(place.as_fd(), c"a/file", UnlinkFlags::empty()), Err(Errno::NOENT));
    assert_eq!(unlinkat(place.as_fd(), c"a", UnlinkFlags::REMOVEDIR), Ok(()));
    assert_eq!(std::fs::read_dir(&dir.0).unwrap().count(), 0);
}

#[test]
fn a_link_leads_to_its_target() {
    let dir = TempDir::new("symlinkat");
    let place = place(&dir.path(""));
    assert_eq!(symlinkat(c"no/such/file", place.as_fd(), c"link"), Ok(()));
    assert_eq!(std::fs::read_link(dir.0.join("link")).unwrap().to_str(), Some("no/such/file"));
    assert_eq!(symlinkat(c"x", place.as_fd(), c"link"), Err(Errno::EXIST));
    assert_eq!(symlinkat(c"", place.as_fd(), c"other"), Err(Errno::NOENT));
    assert_eq!(symlinkat(c"x", CWD, &dir.path("link/x")), Err(Errno::NOENT));
}

#[test]
fn the_working_directory_is_changed() {
    let dir = TempDir::new("chdir");
    let path = dir.path("");
    in_child(|| {
        must!(chdir(c"/nonexistent") == Err(Errno::NOENT));
        must!(chdir(c"/proc/self/exe") == Err(Errno::NOTDIR));
        must!(chdir(&path) == Ok(()));
        must!(mkdirat(CWD, c"here", 0o700) == Ok(()));
    });
    assert!(dir.0.join("here").is_dir());
}

#[test]
fn the_umask_takes_permissions_away() {
    let dir = TempDir::new("umask");
    let path = dir.path("made");
    in_child(|| {
        umask(0o077);
        must!(umask(0o027) == 0o077);
        must!(mkdirat(CWD, &path, 0o777) == Ok(()));
    });
    assert_eq!(std::fs::metadata(dir.0.join("made")).unwrap().permissions().mode() & 0o777, 0o750);
}

#[test]
fn statx_tells_what_std_tells() {
    let dir = TempDir::new("statx");
    let path = dir.path("file");
    std::fs::write(dir.0.join("file"), b"sinew").unwrap();
    std::os::unix::fs::symlink("file", dir.0.join("link")).unwrap();
    let theirs = std::fs::metadata(dir.0.join("file")).unwrap();
    let ours = statx(CWD, &path, AtFlags::empty(), StatxMask::BASIC_STATS).unwrap();
    assert!(StatxMask::from_bits_retain(ours.stx_mask).contains(StatxMask::BASIC_STATS));
    assert_eq!((ours.stx_ino, ours.stx_size, u32::from(ours.stx_mode)), (theirs.ino(), 5, theirs.mode()));
    assert_eq!((ours.stx_uid, ours.stx_gid, u64::from(ours.stx_nlink)), (theirs.uid(), theirs.gid(), 1));
    assert_eq!(
        (ours.stx_mtime.tv_sec, i64::from(ours.stx_mtime.tv_nsec)),
        (theirs.mtime(), theirs.mtime_nsec())
    );

    let link = statx(CWD, &dir.path("link"), AtFlags::SYMLINK_NOFOLLOW, StatxMask::TYPE).unwrap();
    assert_eq!(u32::from(link.stx_mode) & libc::S_IFMT, libc::S_IFLNK);
    let file = place(&path);
    let same = statx(file.as_fd(), c"", AtFlags::EMPTY_PATH, StatxMask::INO).unwrap();
    assert_eq!(same.stx_ino, theirs.ino());
    assert_eq!(statx(file.as_fd(), c"", AtFlags::empty(), StatxMask::INO).unwrap_err(), Errno::NOENT);
}

#[test]
fn fstat_knows_a_pipe_from_a_device() {
    assert_eq!(fstat(pipe().0.as_fd()).unwrap().mode() & libc::S_IFMT, libc::S_IFIFO);
    let null = openat(CWD, c"/dev/null", OpenFlags::RDWR, 0).unwrap();
    let stat = fstat(null.as_fd()).unwrap();
    assert_eq!(stat.mode() & libc::S_IFMT, libc::S_IFCHR);
    assert_eq!(stat.rdev(), libc::makedev(1, 3));
    assert_eq!(fstat(CWD).unwrap_err(), Errno::BADF);
}
