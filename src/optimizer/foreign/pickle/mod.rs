//! Pickles of the Python frontend, read without executing anything.
//!
//! A pickle is a program for a stack machine that may name any function of any module and call it. This machine
//! knows a short list of names ([`allowed`]), calls none of them, and gives back what was said as a tree of plain
//! values: numbers, texts, bytes, lists, dictionaries, and objects with their class's name and their attributes.
//! Any other name is refused, and the error says which. What is read is limited by the bytes that are given:
//! lengths are compared with them before anything is allocated, and repeating a value costs no copy of it.

mod allowed;
mod literal;
mod machine;
mod numpy;
#[cfg(test)]
mod tests;
mod tree;

pub use allowed::{Global, Kind};
pub use machine::read;
pub use tree::{Tree, Value};

/// Takes any bytes; ends with values that can be looked at, or with an error.
#[cfg(any(test, fuzzing))]
pub fn fuzz(bytes: &[u8]) {
    let Ok(tree) = read(bytes) else { return };
    for value in tree.values().take(10_000) {
        let _ = (value.as_bool(), value.as_int(), value.as_float(), value.as_text(), value.describe());
        let _ = value.as_bytes().map(|bytes| bytes.len());
        let _ = value.as_items().map(Iterator::count);
        let _ = value.as_entries().map(Iterator::count);
        let _ = value.attribute("lr");
    }
}
