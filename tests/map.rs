//! Mappings.

#[path = "common/child.rs"]
mod child;

use child::{Folder, alone, child, lend, smaps};
use sinew::Errno;
use sinew::fd::{AsFd, AsRawFd};
use sinew::io;
use sinew::ipc::pipe;
use sinew::memory::{Access, Map, MapOptions, Sharing, memfd, page_size};
use sinew::sys::{self, Protection, SealFlags};
use std::fs::{self, File, OpenOptions};
use std::sync::atomic::{AtomicU64, Ordering};

/// What a mapping holds there.
fn bytes(map: &Map, offset: usize, length: usize) -> Vec<u8> {
    let mut buffer = vec![0; length];
    map.read_at(offset, &mut buffer).expect("read_at");
    buffer
}

fn has_no_slice(map: &mut Map) -> bool {
    map.as_slice().is_none() && map.as_mut_slice().is_none()
}

/// A file with these bytes, open to read and write.
fn file_with(folder: &Folder, contents: &[u8]) -> (String, File) {
    let path = folder.file("file");
    fs::write(&path, contents).expect("write");
    let file = OpenOptions::new().read(true).write(true).open(&path).expect("open");
    (path, file)
}

/// Its lines in `/proc/self/maps`: permissions with `s` or `p`, and the offset.
fn mode(map: &Map) -> (String, u64) {
    let maps = fs::read_to_string("/proc/self/maps").expect("maps");
    let start = format!("{:x}-", map.as_ptr().addr());
    let line = maps.lines().find(|line| line.starts_with(&start)).expect("its line");
    let mut words = line.split(' ').skip(1);
    let permissions = words.next().expect("permissions").into();
    (permissions, u64::from_str_radix(words.next().expect("offset"), 16).expect("hex"))
}

/// S-208
#[test]
fn every_setting_reaches_the_kernel() {
    let page = page_size();
    let file = memfd(c"settings", 8 * page).expect("memfd");
    let both = Protection::READ | Protection::WRITE;
    for (sharing, protection, permissions) in [
        (Sharing::Shared, Protection::READ, "r--s"),
        (Sharing::Shared, both, "rw-s"),
        (Sharing::Private, Protection::READ, "r--p"),
        (Sharing::Private, both, "rw-p"),
        (Sharing::Private, Protection::READ | Protection::EXEC, "r-xp"),
    ] {
        let options = MapOptions::new().sharing(sharing).protection(protection);
        let map = options.offset(3 * page as u64).length(2 * page).map(&file).expect("map");
        assert_eq!(mode(&map), (permissions.into(), 3 * page as u64));
        assert_eq!(map.len(), 2 * page);
    }
}

/// S-209
#[test]
fn length_0_is_the_rest_of_the_file_as_it_is_now() {
    let page = page_size();
    let folder = Folder::new();
    let (_, file) = file_with(&folder, &vec![7; 3 * page + 100]);
    let map = MapOptions::new().map(lend(&file)).expect("map");
    assert_eq!(map.len(), 3 * page + 100);
    let rest = MapOptions::new().offset(2 * page as u64).map(lend(&file)).expect("map");
    assert_eq!(rest.len(), page + 100);
    file.set_len(10 * page as u64).expect("ftruncate");
    assert_eq!((map.len(), rest.len()), (3 * page + 100, page + 100));
    assert_eq!(MapOptions::new().map(lend(&file)).expect("map").len(), 10 * page);
}

/// S-210
#[test]
fn writes_to_a_shared_mapping_reach_the_file() {
    let folder = Folder::new();
    let (path, file) = file_with(&folder, b"old contents");
    let mut map = MapOptions::new().sharing(Sharing::Shared).map(lend(&file)).expect("map");
    map.write_at(0, b"new").expect("write_at");
    assert_eq!(fs::read(&path).expect("read"), b"new contents");
    map.flush().expect("flush");
    // And the file's come here.
    fs::write(&path, b"its contents").expect("write");
    assert_eq!(bytes(&map, 0, 12), b"its contents");
}

/// S-210
#[test]
fn writes_to_a_private_mapping_stay_in_the_process() {
    let folder = Folder::new();
    let (path, file) = file_with(&folder, b"old contents");
    let mut map = MapOptions::new().sharing(Sharing::Private).map(lend(&file)).expect("map");
    map.write_at(0, b"new").expect("write_at");
    assert_eq!(bytes(&map, 0, 12), b"new contents");
    assert_eq!(fs::read(&path).expect("read"), b"old contents");
}

/// S-211
#[test]
fn writing_to_what_is_for_reading_only_is_an_error() {
    let file = memfd(c"read only", 4096).expect("memfd");
    for options in [
        MapOptions::new().access(Access::Read),
        MapOptions::new().protection(Protection::READ),
        MapOptions::new().protection(Protection::READ).sharing(Sharing::Private),
    ] {
        let mut map = options.map(&file).expect("map");
        assert_eq!(map.write_at(0, b"x"), Err(Errno::ACCES));
        assert_eq!(map.as_mut_slice().map(|slice| slice.len()), None);
        assert_eq!(bytes(&map, 0, 1), [0]);
    }
}

/// S-211
#[test]
fn touching_what_may_not_be_touched_is_an_error() {
    let file = memfd(c"nothing", 4096).expect("memfd");
    let mut map = MapOptions::new().protection(Protection::NONE).map(&file).expect("map");
    assert_eq!(map.read_at(0, &mut [0]), Err(Errno::ACCES));
    assert_eq!(map.write_at(0, &[0]), Err(Errno::ACCES));
    assert!(has_no_slice(&mut map));
}

/// S-211
#[test]
fn what_the_descriptor_does_not_permit_the_mapping_does_not_either() {
    let folder = Folder::new();
    let (path, _) = file_with(&folder, b"contents");
    let reading = File::open(&path).expect("open");
    let map = |access| MapOptions::new().access(access).map(lend(&reading));
    assert_eq!(map(Access::Write).map(drop), Err(Errno::ACCES));
    assert_eq!(map(Access::Read).map(drop), Ok(()));
    assert_eq!(map(Access::Copy).map(drop), Ok(()));
    let writing = OpenOptions::new().write(true).open(&path).expect("open");
    let map = |access| MapOptions::new().access(access).map(lend(&writing));
    for access in [Access::Read, Access::Write, Access::Copy] {
        assert_eq!(map(access).map(drop), Err(Errno::ACCES), "a mapping reads in any case");
    }
}

/// S-212
#[test]
fn the_four_ways_to_access_are_what_they_say() {
    let folder = Folder::new();
    for (access, permissions, here, in_file) in [
        (None, "rw-s", Ok(b'x'), b'x'),
        (Some(Access::Write), "rw-s", Ok(b'x'), b'x'),
        (Some(Access::Copy), "rw-p", Ok(b'x'), b'.'),
        (Some(Access::Read), "r--s", Err(Errno::ACCES), b'.'),
    ] {
        let (path, file) = file_with(&folder, b".");
        let options = access.map_or(MapOptions::new(), |access| MapOptions::new().access(access));
        let mut map = options.map(lend(&file)).expect("map");
        assert_eq!(mode(&map).0, permissions);
        assert_eq!(map.write_at(0, b"x").map(|()| bytes(&map, 0, 1)[0]), here, "{access:?}");
        assert_eq!(fs::read(&path).expect("read"), [in_file], "{access:?}");
    }
}

/// S-212
#[test]
fn access_beside_sharing_or_protection_is_an_error() {
    let file = memfd(c"conflict", 4096).expect("memfd");
    for access in [Access::Read, Access::Write, Access::Copy] {
        let options = MapOptions::new().access(access);
        let sharing = options.sharing(Sharing::Shared);
        assert_eq!(sharing.map(&file).map(drop), Err(Errno::INVAL));
        let protection = options.protection(Protection::READ);
        assert_eq!(protection.map(&file).map(drop), Err(Errno::INVAL));
    }
}

/// S-213
#[test]
fn the_offset_is_0_or_a_multiple_of_the_page_size() {
    let page = page_size() as u64;
    let file = memfd(c"offset", 4 * page as usize).expect("memfd");
    io::write_all(&file, &vec![1; page as usize]).expect("write");
    io::write_all(&file, b"second page").expect("write");
    let map = |offset| MapOptions::new().offset(offset).map(&file);
    for wrong in [1, 512, page - 1, page + 1] {
        assert_eq!(map(wrong).map(drop), Err(Errno::INVAL), "{wrong}");
    }
    assert_eq!(bytes(&MapOptions::new().map(&file).expect("map"), 0, 1), [1]);
    assert_eq!(bytes(&map(page).expect("map"), 0, 11), b"second page");
}

/// S-213
#[test]
fn an_offset_or_a_length_past_the_end_of_the_file_is_an_error() {
    let page = page_size();
    let folder = Folder::new();
    let (_, file) = file_with(&folder, &vec![0; page + 10]);
    let map = |offset, length| MapOptions::new().offset(offset).length(length).map(lend(&file)).map(drop);
    assert_eq!(map(0, page + 10), Ok(()));
    // The kernel would take these; a touch would be SIGBUS.
    assert_eq!(map(0, page + 11), Err(Errno::INVAL));
    assert_eq!(map(page as u64, 11), Err(Errno::INVAL));
    assert_eq!(map(2 * page as u64, 0), Err(Errno::INVAL));
    assert_eq!(map(2 * page as u64, 1), Err(Errno::INVAL));
    assert_eq!(map(1 << 63, 1), Err(Errno::INVAL));
    assert_eq!(map(0, usize::MAX), Err(Errno::INVAL));
}

/// S-214
#[test]
fn pages_come_when_they_are_touched() {
    alone(|| {
        const PAGES: usize = 1024;
        let page = page_size();
        let kib = (page / 1024) as u64;
        let file = memfd(c"lazy", PAGES * page).expect("memfd");
        let mut map = MapOptions::new().map(&file).expect("map");
        let resident = || {
            let mut in_memory = vec![0; PAGES];
            // SAFETY: one byte for each page.
            unsafe { sys::mincore(map.as_ptr().cast(), map.len(), &mut in_memory).expect("mincore") };
            in_memory.iter().filter(|&&byte| byte & 1 != 0).count()
        };
        assert_eq!((resident(), smaps(sys::getpid(), map.as_ptr(), "Rss")), (0, 0));
        for (already, place) in [5, 500, 1000].into_iter().enumerate() {
            assert_eq!(resident(), already);
            let mut one = MapOptions::new().map(&file).expect("map");
            one.write_at(place * page, &[1]).expect("write_at");
            assert_eq!(smaps(sys::getpid(), one.as_ptr(), "Rss"), kib, "one mapping, one page");
        }
        assert_eq!(resident(), 3);
        map.write_at(7 * page, &[1]).expect("write_at");
        assert_eq!(smaps(sys::getpid(), map.as_ptr(), "Rss") % kib, 0);
    });
}

/// S-214
#[test]
fn a_large_file_is_not_read_when_it_is_mapped() {
    alone(|| {
        let folder = Folder::new();
        let file = File::create_new(folder.file("large")).expect("create");
        file.set_len(1 << 40).expect("ftruncate");
        let file = File::open(folder.file("large")).expect("open");
        let map = MapOptions::new().access(Access::Read).map(lend(&file)).expect("map");
        assert_eq!(smaps(sys::getpid(), map.as_ptr(), "Rss"), 0);
        assert_eq!(bytes(&map, 1 << 39, 3), [0; 3]);
        // The kernel may map some neighbours at the same time.
        let rss = smaps(sys::getpid(), map.as_ptr(), "Rss");
        assert!((1..=2048).contains(&rss), "{rss} KiB");
    });
}

/// S-215
#[test]
fn a_reader_can_see_half_of_what_is_written_and_a_sequence_tells_so() {
    alone(|| {
        // A sequence, odd while somebody writes, and two halves that belong together.
        let map = Map::shared(24).expect("map");
        // SAFETY: aligned, within the mapping, which outlives both processes' use of it.
        let words = unsafe { std::slice::from_raw_parts(map.as_ptr().cast::<AtomicU64>(), 3) };
        let [sequence, left, right] = [0, 1, 2].map(|place| &words[place]);
        let [(reader, writer), (go, on)] = [(); 2].map(|()| pipe().expect("pipe"));
        let other = child(|| {
            sequence.store(1, Ordering::Release);
            left.store(5, Ordering::Release);
            io::write_all(&writer, b"h").expect("write");
            assert_eq!(io::read(&go, &mut [0]), Ok(1));
            right.store(5, Ordering::Release);
            sequence.store(2, Ordering::Release);
            io::write_all(&writer, b"d").expect("write");
        });
        let seen = || {
            let before = sequence.load(Ordering::Acquire);
            let halves = (left.load(Ordering::Acquire), right.load(Ordering::Acquire));
            (halves, before % 2 == 0 && before == sequence.load(Ordering::Acquire))
        };
        assert_eq!(io::read(&reader, &mut [0]), Ok(1));
        // Nothing made this read wait.
        assert_eq!(seen(), ((5, 0), false));
        io::write_all(&on, &[0]).expect("write");
        assert_eq!(io::read(&reader, &mut [0]), Ok(1));
        assert_eq!(seen(), ((5, 5), true));
        other.succeeds();
    });
}

/// S-217
#[test]
fn an_empty_file_cannot_be_mapped() {
    let folder = Folder::new();
    let (_, file) = file_with(&folder, b"");
    assert_eq!(MapOptions::new().map(lend(&file)).map(drop), Err(Errno::INVAL));
    assert_eq!(MapOptions::new().length(1).map(lend(&file)).map(drop), Err(Errno::INVAL));
}

#[test]
fn what_is_no_file_cannot_be_mapped() {
    let (reader, _writer) = pipe().expect("pipe");
    let options = MapOptions::new().access(Access::Read);
    assert_eq!(options.length(4096).map(&reader).map(drop), Err(Errno::NODEV));
    assert_eq!(options.map(&reader).map(drop), Err(Errno::INVAL));
}

/// S-218
#[test]
fn anonymous_memory_is_zeroed_and_has_a_length() {
    for make in [Map::private, Map::shared] {
        assert_eq!(make(0).map(drop), Err(Errno::INVAL));
        assert_eq!(make(usize::MAX).map(drop), Err(Errno::NOMEM));
        let mut map = make(4096).expect("map");
        assert_eq!(bytes(&map, 0, 4096), [0; 4096]);
        map.write_at(4090, b"at end").expect("write_at");
        assert_eq!(bytes(&map, 4089, 7), b"\0at end");
    }
}

/// S-218
#[test]
fn a_child_shares_shared_memory_and_copies_private_memory() {
    alone(|| {
        let mut shared = Map::shared(4096).expect("map");
        let mut private = Map::private(4096).expect("map");
        child(|| {
            shared.write_at(0, b"child").expect("write_at");
            private.write_at(0, b"child").expect("write_at");
        })
        .succeeds();
        assert_eq!(bytes(&shared, 0, 5), b"child");
        assert_eq!(bytes(&private, 0, 5), [0; 5]);
    });
}

#[test]
fn what_does_not_lie_within_the_mapping_is_an_error() {
    let mut map = Map::private(100).expect("map");
    assert_eq!(map.len(), 100);
    for (offset, length) in [(0, 101), (100, 1), (99, 2), (101, 0), (usize::MAX, 1), (usize::MAX, 2)] {
        assert_eq!(map.read_at(offset, &mut vec![0; length]), Err(Errno::INVAL), "{offset} {length}");
        assert_eq!(map.write_at(offset, &vec![1; length]), Err(Errno::INVAL), "{offset} {length}");
    }
    assert_eq!(bytes(&map, 0, 100), [0; 100], "nothing was written");
    assert_eq!(map.read_at(100, &mut []), Ok(()));
    assert_eq!(map.write_at(100, &[]), Ok(()));
}

#[test]
fn only_memory_that_no_other_process_reaches_is_a_slice() {
    let mut private = Map::private(4096).expect("map");
    private.as_mut_slice().expect("a slice").fill(3);
    assert_eq!(private.as_slice().expect("a slice"), [3; 4096]);
    let mut shared = Map::shared(4096).expect("map");
    assert!(has_no_slice(&mut shared));
    let file = memfd(c"file", 4096).expect("memfd");
    // A private mapping of a file shows the file's changes until it is written to.
    let mut copy = MapOptions::new().access(Access::Copy).map(&file).expect("map");
    assert!(has_no_slice(&mut copy));
}

#[test]
fn dropping_a_mapping_unmaps_it() {
    let file = memfd(c"dropped-mapping", 4096).expect("memfd");
    let is_mapped = || fs::read_to_string("/proc/self/maps").expect("maps").contains("dropped-mapping");
    let map = MapOptions::new().map(&file).expect("map");
    assert!(is_mapped());
    drop(map);
    assert!(!is_mapped());
}

#[test]
fn a_mapping_outlives_its_descriptor() {
    let file = memfd(c"closed", 4096).expect("memfd");
    let mut map = MapOptions::new().map(&file).expect("map");
    drop(file);
    map.write_at(0, b"still here").expect("write_at");
    assert_eq!(bytes(&map, 0, 10), b"still here");
}

#[test]
fn the_length_of_a_memory_file_is_sealed() {
    let file = memfd(c"sealed", 5000).expect("memfd");
    assert_eq!(sys::fstat(file.as_fd()).expect("fstat").size(), 5000);
    let all = SealFlags::SEAL | SealFlags::SHRINK | SealFlags::GROW;
    assert!(sys::fcntl_get_seals(file.as_fd()).expect("seals").contains(all));
    for length in [0, 4999, 5001] {
        assert_eq!(sys::ftruncate(file.as_fd(), length), Err(Errno::PERM));
    }
    assert_eq!(sys::fcntl_add_seals(file.as_fd(), SealFlags::WRITE), Err(Errno::PERM));
    let name = fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd())).expect("its name");
    assert!(name.to_string_lossy().starts_with("/memfd:sealed"), "{name:?}");
    assert_eq!(sys::fcntl_getfd(file.as_fd()), Ok(sys::FdFlags::CLOEXEC));
}

#[test]
fn a_memory_file_needs_a_length_and_a_short_name() {
    assert_eq!(memfd(c"empty", 0).map(drop), Err(Errno::INVAL));
    let name = std::ffi::CString::new(vec![b'x'; 250]).expect("no zero");
    assert_eq!(memfd(&name, 1).map(drop), Err(Errno::INVAL));
    assert_eq!(memfd(&name.as_c_str()[1..], 1).map(drop), Ok(()));
}
