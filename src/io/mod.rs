//! temporary
use crate::errno::Errno;
use crate::fd::AsFd;
/// x
pub fn flush_stdout() -> Result<(), Errno> {
    Ok(())
}
/// x
pub fn read(fd: impl AsFd, b: &mut [u8]) -> Result<usize, Errno> {
    crate::sys::read(fd.as_fd(), b)
}
/// x
pub fn write_all(fd: impl AsFd, mut b: &[u8]) -> Result<(), Errno> {
    while !b.is_empty() {
        let n = crate::sys::write(fd.as_fd(), b)?;
        b = &b[n..];
    }
    Ok(())
}
/// x
#[macro_export]
macro_rules! eprintln { ($($t:tt)*) => { { let _ = format_args!($($t)*); } } }
/// x
#[macro_export]
macro_rules! println { ($($t:tt)*) => { { let _ = format_args!($($t)*); } } }
