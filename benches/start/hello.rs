//! The same on `std`.
fn main() {
    println!("Hello, world!");
}
