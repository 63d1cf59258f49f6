//! The tables left to an interpreter.
#![no_std]
#![no_main]

sinew::entry!(sinew_test_programs::tables);
