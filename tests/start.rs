//! The start of a program: what it costs, and what reaches `main`.

mod common;

use common::trace::Tracee;
use common::{bounded, example, program};
use std::ffi::{CString, OsStr, c_char};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::ptr;

/// The limit for a start with nothing in the environment.
const INSTRUCTIONS: usize = 650;

/// The system calls that a program makes, from its first instruction to its last.
fn system_calls(path: &Path) -> Vec<i64> {
    let (calls, ended) = Tracee::start(&mut bounded(path)).system_calls();
    assert!(ended.status.success(), "{}: {}", path.display(), ended.status);
    assert!(!ended.output.is_empty());
    calls
}

#[test]
fn hello_makes_no_call_but_write_and_exit() {
    assert_eq!(system_calls(&example("hello")), [libc::SYS_write, libc::SYS_exit_group]);
    assert_eq!(system_calls(&program("hello-fixed")), [libc::SYS_write, libc::SYS_exit_group]);
}

#[test]
fn write_protecting_the_constants_costs_one_call() {
    let calls = [libc::SYS_mprotect, libc::SYS_write, libc::SYS_exit_group];
    assert_eq!(system_calls(&example("relro")), calls);
    assert_eq!(system_calls(&program("table-fixed")), calls);
}

#[test]
fn a_program_starts_within_650_instructions() {
    for path in [example("hello"), example("relro"), program("hello-fixed")] {
        let ended = Tracee::start(bounded(&path).env_clear()).instructions();
        assert!(ended.status.success());
        let name = path.file_name().unwrap().display();
        println!("{name}: {} instructions", ended.count);
        assert!(ended.count > 10, "{name}: {} instructions are too few to be true", ended.count);
        assert!(ended.count <= INSTRUCTIONS, "{name}: {} instructions", ended.count);
    }
}

/// Starts `path` with exactly these arguments and this environment: no name, or an entry that
/// no shell would make.
fn exec(path: &Path, arguments: &[&[u8]], environment: &[&[u8]]) -> Command {
    let strings = |list: &[&[u8]]| -> Vec<CString> {
        list.iter().map(|entry| CString::new(*entry).expect("no zero byte")).collect()
    };
    let path = CString::new(path.as_os_str().as_bytes()).expect("no zero byte");
    let (arguments, environment) = (strings(arguments), strings(environment));
    let mut command = bounded("/");
    // SAFETY: execve(2) is async-signal-safe, and what it reads was made before the fork;
    // the two vectors of pointers are the only memory that the child takes.
    unsafe {
        command.pre_exec(move || {
            let pointers = |list: &[CString]| -> [*const c_char; 16] {
                let mut pointers = [ptr::null(); 16];
                assert!(list.len() < pointers.len());
                pointers.iter_mut().zip(list).for_each(|(pointer, entry)| *pointer = entry.as_ptr());
                pointers
            };
            libc::execve(path.as_ptr(), pointers(&arguments).as_ptr(), pointers(&environment).as_ptr());
            Err(io::Error::last_os_error())
        })
    };
    command
}

/// The answer of `probe` to a question, or `None` if it has none.
fn ask(arguments: &[&[u8]], environment: &[&[u8]]) -> Option<Vec<u8>> {
    let output = exec(&program("probe"), arguments, environment).output().expect("it starts");
    match output.status.code() {
        Some(0) => Some(output.stdout),
        Some(1) => None,
        _ => panic!("{}: {}", output.status, String::from_utf8_lossy(&output.stderr)),
    }
}

/// Each entry with the zero that ends it.
fn ended(entries: &[&[u8]]) -> Vec<u8> {
    entries.iter().flat_map(|entry| [entry, &b"\0"[..]].concat()).collect()
}

#[test]
fn arguments_arrive_byte_for_byte() {
    let arguments: [&[u8]; 6] = [b"", b"arguments", b"", b"a b\n", b"\xff\xfe=\x01", "π".as_bytes()];
    assert_eq!(ask(&arguments, &[]).unwrap(), ended(&arguments));
}

#[test]
fn the_environment_arrives_byte_for_byte() {
    let environment: [&[u8]; 7] = [b"A=1", b"A=2", b"", b"=", b"none", b"B=\xff\n", b"C="];
    assert_eq!(ask(&[b"probe", b"environment"], &environment).unwrap(), ended(&environment));
    assert_eq!(ask(&[b"probe", b"environment"], &[]).unwrap(), b"");
}

#[test]
fn a_program_without_arguments_has_none() {
    // Linux 5.18 gives such a program an empty name; before it got nothing at all.
    let output = exec(&example("relro"), &[], &[]).output().unwrap();
    assert!(output.stdout == b"none\n" || output.stdout == b"no name\n");

    // So the older kernels' stack is made here: the two words behind argc become argc and the
    // null pointer that ends the arguments.
    let tracee = Tracee::start(bounded(example("relro")).arg("b").env_clear().env("A", "1"));
    let stack = tracee.stack();
    assert_eq!((stack[0], stack[3]), (2, 0));
    tracee.set_stack(2, 0);
    tracee.raise_stack(2);
    let (_, ended) = tracee.system_calls();
    assert_eq!((ended.status.code(), &ended.output[..]), (Some(0), &b"no name\n"[..]));
}

#[test]
fn a_variable_is_found_as_getenv_finds_it() {
    let environment: [&[u8]; 8] =
        [b"AB=longer", b"A=first", b"A=second", b"EMPTY=", b"none", b"=odd", b"E=a=b", b"R=\xff"];
    let variable = |name: &[u8]| ask(&[b"probe", b"variable", name], &environment);
    assert_eq!(variable(b"A"), Some(b"first\0".into()));
    assert_eq!(variable(b"AB"), Some(b"longer\0".into()));
    assert_eq!(variable(b"EMPTY"), Some(b"\0".into()));
    assert_eq!(variable(b"E"), Some(b"a=b\0".into()));
    assert_eq!(variable(b"R"), Some(b"\xff\0".into()));
    for missing in [&b"none"[..], b"", b"E=a", b"a", b"ABC", b"EMPT"] {
        assert_eq!(variable(missing), None, "{:?}", OsStr::from_bytes(missing));
    }
}

/// The auxiliary vector and the size of a page, in a program on the runtime.
#[test]
fn the_auxiliary_vector_is_the_kernels() {
    // SAFETY: both only read.
    let (ticks, page) = unsafe { (libc::getauxval(libc::AT_CLKTCK), libc::sysconf(libc::_SC_PAGESIZE)) };
    let auxiliary = |kind: u64| {
        let answer = ask(&[b"probe", b"auxiliary", kind.to_string().as_bytes()], &[b"A=1"]).unwrap();
        String::from_utf8(answer).unwrap()
    };
    assert_eq!(auxiliary(libc::AT_PAGESZ), format!("Some({page}) {page}\n"));
    assert_eq!(auxiliary(libc::AT_CLKTCK), format!("Some({ticks}) {page}\n"));
    assert_eq!(auxiliary(0), format!("None {page}\n"));
    assert_eq!(auxiliary(12345), format!("None {page}\n"));
}

/// The same beside a libc, where nobody passed the stack.
#[test]
fn beside_a_libc_the_kernel_is_asked() {
    // SAFETY: it only reads.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize;
    assert_eq!(sinew::runtime::page_size(), page);

    const PR_GET_AUXV: i32 = 0x4155_5856;
    let mut vector = [0_u8; 1024];
    // SAFETY: the kernel fills the buffer.
    let known = unsafe { libc::prctl(PR_GET_AUXV, vector.as_mut_ptr(), vector.len(), 0, 0) } != -1;
    for kind in [libc::AT_PAGESZ, libc::AT_CLKTCK, libc::AT_SYSINFO_EHDR, libc::AT_RANDOM] {
        // SAFETY: it only reads.
        let expected = unsafe { libc::getauxval(kind) } as usize;
        assert_eq!(sinew::runtime::auxiliary(kind as usize), known.then_some(expected));
    }
    assert_eq!(sinew::runtime::auxiliary(12345), None);
}
