//! The command line: parse, call the library, print.

mod bench;
mod init;

use getargs::Options;
use sinew::runtime::{Args, ExitCode, Start};
use sinew::{eprintln, println};

const HELP: &str = "\
Usage: sinew [COMMAND] [OPTION...]

Commands:
  bench   compare pipe, FIFO and shared memory, and the cost of output (default)
  init    be the first process: start one program, bury orphans

  -h, --help     say this; after a command, say what it takes
  -V, --version  say the version";

/// The arguments as the parser wants them.
type Arguments<'a> = Options<&'static [u8], &'a mut dyn Iterator<Item = &'static [u8]>>;

/// Runs the command that the arguments name.
pub fn main(start: Start) -> ExitCode {
    let mut arguments = start.args();
    let _program = arguments.next();
    let mut rest = arguments.clone();
    match rest.next().map(core::ffi::CStr::to_bytes) {
        None => bench::main(arguments),
        Some(b"bench") => bench::main(rest),
        Some(b"init") => init::main(start, rest),
        Some(b"-h" | b"--help") => {
            println!("{HELP}");
            ExitCode::SUCCESS
        }
        Some(b"-V" | b"--version") => {
            println!("sinew {}", env!("CARGO_PKG_VERSION"));
            ExitCode::SUCCESS
        }
        // An option without a command is one of the default command's.
        Some(option) if option.starts_with(b"-") => bench::main(arguments),
        Some(word) => wrong_usage("", format_args!("there is no command '{}'", word.escape_ascii())),
    }
}

/// Lends the arguments to a function that parses them.
fn with_options<T>(arguments: Args, function: impl FnOnce(&mut Arguments<'_>) -> T) -> T {
    let mut bytes = arguments.map(core::ffi::CStr::to_bytes);
    function(&mut Options::new(&mut bytes as &mut dyn Iterator<Item = &'static [u8]>))
}

/// Says what is wrong with the arguments and where to read on.
fn wrong_usage(command: &str, what: core::fmt::Arguments<'_>) -> ExitCode {
    let space = if command.is_empty() { "" } else { " " };
    eprintln!("sinew{space}{command}: {what}");
    eprintln!("Try 'sinew{space}{command} --help'.");
    ExitCode::USAGE
}
