//! Tables of pointers: each must point where the compiler said, wherever the program runs.
//!
//! It prints the sum of what they point to. Dense tables, tables with holes and a long gap
//! make all the forms that packed relocations have.
#![no_std]

use core::hint::black_box;
use sinew::fd::STDOUT;
use sinew::runtime::{ExitCode, Start};
use sinew::sys;

/// How many values there are.
const COUNT: usize = 200;

static VALUES: [u32; COUNT] = {
    let mut values = [0; COUNT];
    let mut index = 0;
    while index < COUNT {
        values[index] = (index * index) as u32;
        index += 1;
    }
    values
};

/// A pointer with words behind it that are none.
#[derive(Clone, Copy)]
struct Spaced<const WORDS: usize> {
    value: &'static u32,
    _words: [usize; WORDS],
}

const fn table<const WORDS: usize>() -> [Spaced<WORDS>; COUNT] {
    let mut table = [Spaced { value: &VALUES[0], _words: [1; WORDS] }; COUNT];
    let mut index = 0;
    while index < COUNT {
        table[index].value = &VALUES[index];
        index += 1;
    }
    table
}

static DENSE: [Spaced<0>; COUNT] = table();
static HOLES: [Spaced<2>; COUNT] = table();
static FAR: [Spaced<70>; COUNT] = table();

fn sum<const WORDS: usize>(table: &'static [Spaced<WORDS>; COUNT]) -> Option<u32> {
    let mut sum = 0;
    for (entry, value) in black_box(table).iter().zip(black_box(&VALUES)) {
        if entry.value != value {
            return None;
        }
        sum += entry.value;
    }
    Some(sum)
}

/// The program: checks every table and prints the sum.
pub fn tables(_: Start) -> ExitCode {
    let (Some(dense), Some(holes), Some(far)) = (sum(&DENSE), sum(&HOLES), sum(&FAR)) else {
        return ExitCode::SOFTWARE;
    };
    // Eleven digits hold three times the sum of the squares below 200.
    let mut digits = *b"00000000000\n";
    let mut left = dense + holes + far;
    for digit in digits[..11].iter_mut().rev() {
        *digit += (left % 10) as u8;
        left /= 10;
    }
    match sys::write(STDOUT, &digits) {
        Ok(12) => ExitCode::SUCCESS,
        _ => ExitCode::IOERR,
    }
}
