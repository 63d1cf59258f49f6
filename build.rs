//! Link arguments for the tool and the examples.
fn main() {}
