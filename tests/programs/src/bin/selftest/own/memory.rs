//! `Map`, and memory files that keep their size.

use crate::calls::{self, Errno};
use crate::cases::Outcome;
use crate::cases::tools::{page, status_after};
use sinew::memory::{Access, Map, MapOptions, memfd, page_size};

/// S-218, S-222: it is zero, takes and gives bytes, and refuses what does not fit.
fn a_map_keeps_its_bounds() -> Outcome {
    check_eq!(page_size(), page());
    check_eq!(Map::private(0).err(), Some(Errno::INVAL));
    let mut map = Map::private(5000)?;
    check_eq!(map.len(), 5000);
    check!(map.as_slice().is_some_and(|bytes| bytes.iter().all(|byte| *byte == 0)));
    check_eq!(map.write_at(4997, b"end"), Ok(()));
    check_eq!(map.write_at(4998, b"end"), Err(Errno::INVAL));
    check_eq!(map.write_at(usize::MAX, b"end"), Err(Errno::INVAL));
    let mut buffer = [0; 4];
    check_eq!(map.read_at(4996, &mut buffer), Ok(()));
    check_eq!(&buffer, b"\0end");
    check_eq!(map.read_at(4997, &mut buffer), Err(Errno::INVAL));
    Ok(())
}

/// S-233, S-234: parent and child share what they are told to, and copy what not.
fn a_map_is_shared_with_a_child() -> Outcome {
    let [mut shared, mut private] = [Map::shared(100)?, Map::private(100)?];
    let status = status_after(|| {
        shared.write_at(0, b"x")?;
        private.write_at(0, b"x")?;
        Ok(())
    })?;
    check_eq!(status, 0);
    let mut bytes = [0; 2];
    shared.read_at(0, &mut bytes[..1])?;
    private.read_at(0, &mut bytes[1..])?;
    check_eq!(&bytes, b"x\0");
    Ok(())
}

/// S-211, S-212, P-083: the three ways of access, and what each refuses.
fn a_map_of_a_file_has_its_access() -> Outcome {
    let file = memfd(c"case", 100)?;
    let map = |access| MapOptions::new().access(access).map(&file);
    let [mut read, mut write, mut copy] = [map(Access::Read)?, map(Access::Write)?, map(Access::Copy)?];
    check_eq!(read.write_at(0, b"x"), Err(Errno::ACCES));
    check_eq!(copy.write_at(0, b"c"), Ok(()));
    check_eq!(write.write_at(0, b"w"), Ok(()));
    let mut byte = [0];
    check_eq!(read.read_at(0, &mut byte), Ok(()));
    check_eq!(&byte, b"w");
    check_eq!(copy.read_at(0, &mut byte), Ok(()));
    check_eq!(&byte, b"c");
    check_eq!(MapOptions::new().length(101).map(&file).err(), Some(Errno::INVAL));
    Ok(())
}

/// A memory file cannot be cut under those who map it.
fn a_memory_file_keeps_its_size() -> Outcome {
    let file = memfd(c"case", 100)?;
    check_eq!(calls::fstat(&file).map(|(_, size)| size), Ok(100));
    check_eq!(calls::ftruncate(&file, 0), Err(Errno::PERM));
    check_eq!(calls::ftruncate(&file, 200), Err(Errno::PERM));
    Ok(())
}

cases! {
    a_map_keeps_its_bounds,
    a_map_is_shared_with_a_child,
    a_map_of_a_file_has_its_access,
    a_memory_file_keeps_its_size,
}
