//! The tool.
#![no_std]
#![no_main]
sinew::entry!(main);
fn main(_: sinew::runtime::Start) {}
