//! Paths on their way to the kernel.

use sinew::Errno;
use sinew::path::{AsPath, MAX};
use std::ffi::CStr;

/// The bytes that the kernel would get, without the zero.
fn through(path: impl AsPath) -> Result<Vec<u8>, Errno> {
    path.with_c_str(|path| Ok(path.to_bytes().to_vec()))
}

#[test]
fn the_bytes_arrive_as_they_are() {
    for path in [&b""[..], b"/", b"a/b", b"\xff\xfe/\x80", b"\n \x7f", "fu\u{df}".as_bytes()] {
        assert_eq!(through(path), Ok(path.to_vec()));
    }
    assert_eq!(through("fu\u{df}"), Ok(b"fu\xc3\x9f".to_vec()));
    assert_eq!(through(b"array"), Ok(b"array".to_vec()));
}

#[test]
fn a_zero_anywhere_in_the_path_is_an_error() {
    for path in [&b"\0"[..], b"\0a", b"a\0b", b"a\0"] {
        assert_eq!(through(path), Err(Errno::INVAL));
    }
}

#[test]
fn the_longest_path_has_4095_bytes() {
    assert_eq!(MAX, 4096);
    for length in [254, 255, 256, 4094, 4095] {
        let path = vec![b'x'; length];
        assert_eq!(through(path.as_slice()), Ok(path));
    }
    for length in [4096, 4097, 100_000] {
        assert_eq!(through(vec![b'x'; length].as_slice()), Err(Errno::NAMETOOLONG));
    }
}

#[test]
fn a_c_string_is_not_copied() {
    let path: &CStr = c"/a/b";
    let same = path.with_c_str(|same| Ok(std::ptr::eq(same, path)));
    assert_eq!(same, Ok(true));
    // Nor measured: that is the kernel's to say.
    let long = std::ffi::CString::new(vec![b'x'; 5000]).expect("no zero");
    assert_eq!(long.as_c_str().with_c_str(|path| Ok(path.count_bytes())), Ok(5000));
}

#[test]
fn the_error_of_the_function_comes_back() {
    assert_eq!("a".with_c_str(|_| Err::<(), _>(Errno::XDEV)), Err(Errno::XDEV));
}

#[test]
fn the_function_is_not_called_with_half_a_path() {
    let called = "a\0b".with_c_str(|_| -> Result<(), Errno> { panic!("called") });
    assert_eq!(called, Err(Errno::INVAL));
}

#[cfg(feature = "std")]
#[test]
fn the_paths_of_std_go_as_they_are() {
    use std::os::unix::ffi::OsStrExt;
    let path = std::path::Path::new(std::ffi::OsStr::from_bytes(b"/tmp/\xff"));
    assert_eq!(through(path), Ok(b"/tmp/\xff".to_vec()));
}
