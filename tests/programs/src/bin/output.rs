//! `output WHAT`: prints in ways that a test wants to see.
#![no_std]
#![no_main]

use core::fmt;
use core::hint::black_box;
use core::sync::atomic::{AtomicU32, Ordering};
use sinew::fd::STDIN;
use sinew::io::{self, Buffering};
use sinew::process::{Fork, fork};
use sinew::runtime::{ExitCode, Start};
use sinew::sys::{self, Itimer, Itimerval, SigAction, SigActionFlags, SigHandler, SigSet, Timeval};
use sinew::{Errno, eprint, eprintln, print, println};

sinew::entry!(main);

fn main(start: Start) -> Result<ExitCode, Errno> {
    let mut arguments = start.args().skip(1).map(|argument| argument.to_bytes());
    match arguments.next() {
        Some(b"steps") => steps(arguments.next())?,
        Some(b"long") => long()?,
        Some(b"handler") => handler(20)?,
        Some(b"flood") => handler(u32::MAX)?,
        Some(b"soon") => soon()?,
        Some(b"busy") => busy()?,
        Some(b"order") => order()?,
        Some(b"nested") => println!("outer {} {}", Inner, Inner),
        Some(b"refuses") => println!("before {}", Refuses),
        Some(b"fork") => forked()?,
        Some(b"everywhere") => {
            println!("out");
            eprintln!("err {}", black_box(1));
        }
        _ => return Ok(ExitCode::USAGE),
    }
    Ok(ExitCode::SUCCESS)
}

/// Says on standard error when a step is done, and waits for a byte before the next.
fn steps(buffering: Option<&[u8]>) -> Result<(), Errno> {
    match buffering {
        Some(b"none") => io::stdout().set_buffering(Buffering::None)?,
        Some(b"line") => io::stdout().set_buffering(Buffering::Line)?,
        Some(b"full") => io::stdout().set_buffering(Buffering::Full)?,
        _ => {}
    }
    let step = || {
        eprint!(".");
        io::read_exact(STDIN, &mut [0])
    };
    print!("one {}", black_box(1));
    step()?;
    print!(" two\nthree");
    step()?;
    io::stdout().flush()?;
    step()?;
    print!("four");
    Ok(())
}

/// By lines, of which the first is as long as the buffer: it goes when the second comes.
fn long() -> Result<(), Errno> {
    io::stdout().set_buffering(Buffering::Line)?;
    for _ in 0..8 * 1024 {
        print!("12345678");
    }
    print!("\nsecond\nthird");
    eprint!(".");
    io::read_exact(STDIN, &mut [0])?;
    Ok(())
}

/// What the handler has printed.
static HANDLED: AtomicU32 = AtomicU32::new(0);
/// How much of that it may have printed so far.
static ALLOWED: AtomicU32 = AtomicU32::new(0);

extern "C" fn on_alarm(_: i32) {
    let number = HANDLED.load(Ordering::Relaxed);
    if number >= ALLOWED.load(Ordering::Relaxed) {
        return;
    }
    if number.is_multiple_of(2) {
        println!("handler");
    } else {
        println!("handler {number}");
    }
    HANDLED.store(number + 1, Ordering::Relaxed);
}

/// Sets a handler, and a timer that calls it as often as it can.
fn alarm(handler: extern "C" fn(i32), microseconds: i64) -> Result<(), Errno> {
    const SIGALRM: i32 = 14;
    let action = SigAction::new(SigHandler::function(handler), SigActionFlags::RESTART, SigSet::empty());
    // SAFETY: the handler prints, which may strike anywhere, and counts.
    unsafe { sys::rt_sigaction(SIGALRM, Some(&action), None)? };
    let every = Timeval { tv_sec: 0, tv_usec: microseconds };
    sys::setitimer(Itimer::REAL, &Itimerval { it_interval: every, it_value: every }, None)
}

/// Prints until the handler has printed some thousand times, and no more than `at_once` lines
/// in one interruption. Says on standard error how many it were, and how many lines of its own.
fn handler(at_once: u32) -> Result<(), Errno> {
    const ENOUGH: u32 = 5000;
    alarm(on_alarm, 20)?;
    let mut lines = 0_u32;
    while HANDLED.load(Ordering::Relaxed) < ENOUGH {
        let allowed = HANDLED.load(Ordering::Relaxed).saturating_add(at_once).min(ENOUGH);
        ALLOWED.store(allowed, Ordering::Relaxed);
        println!("main {lines}");
        // A handler may come between the two, so each ends a line.
        let mut out = io::stdout().lock();
        out.write_all(b"\n")?;
        writeln!(out, "number {lines}")?;
        lines += 1;
    }
    eprintln!("{ENOUGH} {lines}");
    Ok(())
}

/// The number of the line that is being printed.
static CURRENT: AtomicU32 = AtomicU32::new(0);

extern "C" fn say_where(_: i32) {
    HANDLED.fetch_add(1, Ordering::Relaxed);
    println!("handler {}", CURRENT.load(Ordering::Relaxed));
}

/// Prints lines that need no formatting, with a handler that says between which it came.
fn soon() -> Result<(), Errno> {
    alarm(say_where, 20)?;
    let mut out = io::stdout().lock();
    let mut lines = 0_u32;
    while HANDLED.load(Ordering::Relaxed) < 300 {
        lines += 1;
        CURRENT.store(lines, Ordering::Relaxed);
        let mut line = *b"00000000\n";
        let mut left = lines;
        for digit in line[..8].iter_mut().rev() {
            *digit += (left % 10) as u8;
            left /= 10;
        }
        out.write_all(&line)?;
    }
    // No line comes after the last one.
    let off = Timeval { tv_sec: 0, tv_usec: 0 };
    sys::setitimer(Itimer::REAL, &Itimerval { it_interval: off, it_value: off }, None)
}

extern "C" fn exit_at_once(_: i32) {
    sinew::runtime::exit(ExitCode::SUCCESS);
}

/// Prints a value that never ends, until a handler exits in the middle.
fn busy() -> Result<(), Errno> {
    struct Endless;

    impl fmt::Display for Endless {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            loop {
                f.write_str("")?;
            }
        }
    }

    alarm(exit_at_once, 10_000)?;
    println!("{Endless}");
    Ok(())
}

/// Uses a lock, the macros and the functions by turns.
fn order() -> Result<(), Errno> {
    let mut first = io::stdout().lock();
    first.write_all(b"1 ")?;
    let mut second = io::stdout().lock();
    second.write_integer(2)?;
    print!(" {} ", 3);
    drop(first);
    second.write_all(b"4 ")?;
    print!("5 ");
    drop(second);
    io::stdout().write_integer(-6_i128)?;
    write!(io::stdout(), " {:?}", '7')?;
    println!();
    Ok(())
}

/// A value that prints while it is printed.
struct Inner;

impl fmt::Display for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        println!("inner");
        f.write_str("text")
    }
}

/// A value that cannot be printed.
struct Refuses;

impl fmt::Display for Refuses {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Err(fmt::Error)
    }
}

/// A child that prints too.
fn forked() -> Result<(), Errno> {
    print!("before ");
    // SAFETY: there is one thread.
    match unsafe { fork()? } {
        Fork::Child => print!("child "),
        Fork::Parent(child) => {
            sys::wait4(child, None, sys::WaitOptions::empty(), None)?;
            println!("parent");
        }
    }
    Ok(())
}
