//! The tool `sinew`.
#![no_std]
#![no_main]

mod cli;

sinew::entry!(cli::main);
