//! The command line: parse, call the library, print.

mod bench;
mod init;
mod text;

use core::ffi::CStr;
use core::iter::Map;
use getargs::{Opt, Options};
use sinew::runtime::{Args, ExitCode, Start};
use text::{complain, part, put};

const HELP: &str = "\
Usage: sinew [COMMAND] [OPTION...]

Commands:
  bench   compare pipe, FIFO and shared memory, and the cost of output (default)
  init    be the first process: start one program, bury orphans

  -h, --help     say this; after a command, say what it takes
  -V, --version  say the version
";

/// A word of the command line.
type Word = &'static [u8];

/// The words that are left, as the parser reads them.
type Words = Options<Word, Map<Args, fn(&'static CStr) -> Word>>;

/// What a command makes of an option.
type Known<'a> = dyn FnMut(Opt<Word>, &mut Words) -> Result<(), &'static str> + 'a;

/// Runs the command that the arguments name.
pub fn main(start: Start) -> ExitCode {
    let mut arguments = start.args();
    let _program = arguments.next();
    let mut rest = arguments.clone();
    match rest.next().map(CStr::to_bytes) {
        Some(b"bench") => bench::main(start, rest),
        Some(b"init") => init::main(start, rest),
        Some(b"-h" | b"--help") => {
            put(HELP);
            ExitCode::SUCCESS
        }
        Some(word) if !word.starts_with(b"-") => wrong_usage("sinew", "there is no command ", word),
        // No command means the default one, also with options.
        _ => bench::main(start, arguments),
    }
}

/// Reads the options of a command up to its first operand and gives what is left.
///
/// `known` takes an option, and its value out of the words, or says what is wrong with it;
/// `--help` and `--version` are dealt with here. The error is the code to exit with.
#[inline(never)]
fn options(command: &str, help: &str, arguments: Args, known: &mut Known<'_>) -> Result<Words, ExitCode> {
    let mut words: Words = Options::new(arguments.map(CStr::to_bytes));
    loop {
        let option = match words.next_opt() {
            Ok(None) => return Ok(words),
            Ok(Some(Opt::Short(b'h') | Opt::Long(b"help"))) => {
                put(help);
                return Err(ExitCode::SUCCESS);
            }
            Ok(Some(Opt::Short(b'V') | Opt::Long(b"version"))) => {
                put(concat!("sinew ", env!("CARGO_PKG_VERSION"), "\n"));
                return Err(ExitCode::SUCCESS);
            }
            Ok(Some(option)) => option,
            Err(getargs::Error::DoesNotRequireValue(option)) => {
                return Err(wrong_option(command, option, " takes no value"));
            }
            Err(_) => return Err(wrong_usage(command, "an option lacks its value", b"")),
        };
        if let Err(what) = known(option, &mut words) {
            return Err(wrong_option(command, option, what));
        }
    }
}

/// What is wrong with an option that the command does not have.
const UNKNOWN: &str = " is no option of this command";

fn wrong_option(command: &str, option: Opt<Word>, what: &str) -> ExitCode {
    // The parser has cut off the dashes, and a `=` with what follows.
    match option {
        Opt::Short(letter) => wrong(command, "-", &[letter], what),
        Opt::Long(name) => wrong(command, "--", name, what),
    }
}

fn wrong_usage(command: &str, what: &str, word: &[u8]) -> ExitCode {
    wrong(command, what, word, "")
}

/// Says what is wrong with the arguments and where to read on.
#[inline(never)]
fn wrong(command: &str, before: &str, word: &[u8], after: &str) -> ExitCode {
    let command = part(command.as_bytes());
    complain(&mut [
        command,
        part(b": "),
        part(before.as_bytes()),
        part(word),
        part(after.as_bytes()),
        part(b"\nTry '"),
        command,
        part(b" --help'.\n"),
    ]);
    ExitCode::USAGE
}
