//! Users and groups.

use crate::{in_child, is_root, must};
use sinew::Errno;
use sinew::sys::*;

/// The line of `/proc/self/status` with this name, as numbers.
fn status(name: &str) -> Vec<u32> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.split_whitespace().map(|id| id.parse().unwrap()).collect()
}

#[test]
fn the_ids_are_those_of_proc() {
    assert_eq!([getuid(), geteuid()], status("Uid:")[..2]);
    assert_eq!([getgid(), getegid()], status("Gid:")[..2]);
    let groups = status("Groups:");
    assert_eq!(getgroups(&mut []), Ok(groups.len()));
    let mut own = vec![0; groups.len() + 1];
    assert_eq!(getgroups(&mut own), Ok(groups.len()));
    assert_eq!(own[..groups.len()], groups);
}

#[test]
fn a_privilege_is_given_up_for_good() {
    if !is_root() {
        return;
    }
    in_child(|| {
        must!(setgroups(&[7, 8]) == Ok(()));
        must!(getgroups(&mut [0]) == Err(Errno::INVAL));
        let mut groups = [0; 4];
        must!(getgroups(&mut groups) == Ok(2) && groups == [7, 8, 0, 0]);
        must!(setgid(65533) == Ok(()));
        must!(getgid() == 65533 && getegid() == 65533);
        must!(setresgid(Some(65532), None, None) == Ok(()));
        must!(getgid() == 65532 && getegid() == 65533);
        must!(setresuid(Some(65534), None, None) == Ok(()));
        must!(getuid() == 65534 && geteuid() == 0);
        must!(setuid(65534) == Ok(()));
        must!(getuid() == 65534 && geteuid() == 65534);
        must!(setuid(0) == Err(Errno::PERM));
        must!(setgid(0) == Err(Errno::PERM));
        must!(setresuid(None, None, Some(0)) == Err(Errno::PERM));
        must!(setresgid(None, None, Some(0)) == Err(Errno::PERM));
        must!(setgroups(&[]) == Err(Errno::PERM));
    });
}

#[test]
fn what_stays_is_always_permitted() {
    in_child(|| {
        must!(setresuid(None, None, None) == Ok(()));
        must!(setresgid(None, None, None) == Ok(()));
        must!(setuid(u32::MAX) == Err(Errno::INVAL));
        must!(setgid(u32::MAX) == Err(Errno::INVAL));
    });
}
