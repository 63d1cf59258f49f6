//! Link arguments for the tool and the examples, and the assembly that [`sinew::entry!`]
//! puts into a program.

use std::path::Path;
use std::{env, fs};

fn main() {
    sinew_link::Link::static_pie().bins().examples();
    write_assembly();
}

/// Writes a macro with the text of `start.s` and `memory.s`.
///
/// It has to be a macro, so that these symbols stand in the final program and in nothing
/// else; and it has to hold the text, because `include_str!` in a macro looks beside the
/// file that calls it.
fn write_assembly() {
    let architecture = env::var("CARGO_CFG_TARGET_ARCH").expect("Cargo sets it");
    let text = ["start.s", "memory.s"].map(|name| {
        let path = Path::new("arch").join(&architecture).join(name);
        println!("cargo::rerun-if-changed={}", path.display());
        // An architecture without a folder meets the compile error in lib.rs.
        fs::read_to_string(path).unwrap_or_default()
    });
    let source = format!(
        "#[doc(hidden)]\n#[macro_export]\nmacro_rules! __entry_assembly {{\n    () => {{\n        \
         ::core::arch::global_asm!({:?}, options(raw));\n        \
         ::core::arch::global_asm!({:?}, options(raw));\n    }};\n}}\n",
        text[0], text[1]
    );
    let out = env::var("OUT_DIR").expect("Cargo sets it");
    fs::write(Path::new(&out).join("assembly.rs"), source).expect("OUT_DIR is writable");
}
