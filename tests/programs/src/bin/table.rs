//! The tables in the packed form that is usual.
#![no_std]
#![no_main]

sinew::entry!(sinew_test_programs::tables);
