//! The command line: parse, call the library, print.

mod bench;
mod init;

use core::ffi::CStr;
use core::fmt;
use core::iter::Map;
use getargs::{Opt, Options};
use sinew::runtime::{Args, ExitCode, Start};
use sinew::{eprintln, println};

const HELP: &str = "\
Usage: sinew [COMMAND] [OPTION...]

Commands:
  bench   compare pipe, FIFO and shared memory, and the cost of output (default)
  init    be the first process: start one program, bury orphans

  -h, --help     say this; after a command, say what it takes
  -V, --version  say the version";

/// A word of the command line.
type Word = &'static [u8];

/// The words that are left, as the parser reads them.
type Words = Options<Word, Map<Args, fn(&'static CStr) -> Word>>;

/// Runs the command that the arguments name.
pub fn main(start: Start) -> ExitCode {
    let mut arguments = start.args();
    let _program = arguments.next();
    let mut rest = arguments.clone();
    match rest.next().map(CStr::to_bytes) {
        Some(b"bench") => bench::main(start, rest),
        Some(b"init") => init::main(start, rest),
        Some(b"-h" | b"--help") => {
            println!("{HELP}");
            ExitCode::SUCCESS
        }
        Some(b"-V" | b"--version") => {
            println!("sinew {}", env!("CARGO_PKG_VERSION"));
            ExitCode::SUCCESS
        }
        Some(word) if !word.starts_with(b"-") => {
            wrong_usage("sinew", format_args!("there is no command '{}'", word.escape_ascii()))
        }
        // No command means the default one, also with options.
        _ => bench::main(start, arguments),
    }
}

/// Reads the options of a command up to its first operand and gives what is left.
///
/// `known` takes an option, and its value out of the words, and says what was wrong with
/// it; `--help` is dealt with here. The error is the code to exit with.
fn options(
    command: &str,
    help: &str,
    arguments: Args,
    mut known: impl FnMut(Opt<Word>, &mut Words) -> Result<(), Wrong>,
) -> Result<Words, ExitCode> {
    let mut words: Words = Options::new(arguments.map(CStr::to_bytes));
    loop {
        let option = match words.next_opt() {
            Ok(None) => return Ok(words),
            Ok(Some(Opt::Short(b'h') | Opt::Long(b"help"))) => {
                println!("{help}");
                return Err(ExitCode::SUCCESS);
            }
            Ok(Some(option)) => option,
            Err(getargs::Error::DoesNotRequireValue(option)) => {
                return Err(wrong_usage(command, format_args!("{} takes no value", Shown(option))));
            }
            Err(_) => return Err(wrong_usage(command, format_args!("an option lacks its value"))),
        };
        match known(option, &mut words) {
            Ok(()) => {}
            Err(Wrong::Unknown) => {
                return Err(wrong_usage(command, format_args!("there is no option {}", Shown(option))));
            }
            Err(Wrong::Value(wants)) => {
                return Err(wrong_usage(command, format_args!("{} wants {wants}", Shown(option))));
            }
        }
    }
}

/// What can be wrong with an option.
enum Wrong {
    /// The command has no such option.
    Unknown,
    /// Its value is missing or is not what is said here.
    Value(&'static str),
}

/// An option as it was typed.
struct Shown(Opt<Word>);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Opt::Short(letter) => write!(f, "-{}", letter.escape_ascii()),
            Opt::Long(name) => write!(f, "--{}", name.escape_ascii()),
        }
    }
}

/// Says what is wrong with the arguments and where to read on.
fn wrong_usage(command: &str, what: fmt::Arguments<'_>) -> ExitCode {
    eprintln!("{command}: {what}\nTry '{command} --help'.");
    ExitCode::USAGE
}
