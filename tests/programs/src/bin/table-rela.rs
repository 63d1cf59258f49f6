//! The tables in the long form of relocations.
#![no_std]
#![no_main]

sinew::entry!(sinew_test_programs::tables);
