//! The numbers of the calls, from `syscalls`, held against `linux-raw-sys`.

/// Defines a number and compares the two tables at compile time.
macro_rules! numbers {
    ($($name:ident = $sysno:ident, $raw:ident;)*) => {$(
        #[doc = concat!("`", stringify!($sysno), "`.")]
        pub const $name: usize = syscalls::Sysno::$sysno as usize;
        static_assertions::const_assert_eq!($name, linux_raw_sys::general::$raw as usize);
    )*};
}

numbers! {
    CLOSE = close, __NR_close;
    GETPID = getpid, __NR_getpid;
    READ = read, __NR_read;
    WRITE = write, __NR_write;
}
