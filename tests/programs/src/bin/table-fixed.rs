//! The tables at a fixed address, without relocations.
#![no_std]
#![no_main]

sinew::entry!(sinew_test_programs::tables);
