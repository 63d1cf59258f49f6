//! How each program is linked.

use sinew_link::Link;

fn main() {
    for name in ["output", "probe", "selftest", "table", "table-rela"] {
        Link::static_pie().bin(name);
    }
    for name in ["hello-fixed", "table-fixed"] {
        Link::fixed_address().bin(name);
    }
    println!("cargo::rustc-link-arg-bin=table-rela=-Wl,-z,nopack-relative-relocs");
    // The compiler's usual way: an interpreter loads the program and relocates it.
    println!("cargo::rustc-link-arg-bin=table-interpreted=-nostartfiles");
}
