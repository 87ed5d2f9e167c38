//! Serialized Java objects of the Scala frontend, read without executing anything.
//!
//! A stream describes its classes and then lists the values of their fields. The reader knows a short list of
//! classes ([`allowed`]): MXNet's optimizers and the collections and boxes in their fields. No class is loaded and
//! nothing is called; any other class is refused, and the error says which. The format is that of the Java Object
//! Serialization Specification, version 6, section 6.4.

mod allowed;
mod collections;
mod graph;
mod stream;
#[cfg(test)]
mod tests;

pub use collections::{Key, entries, is_nothing, members, unwrapped};
pub use graph::{Field, Graph, Object};
pub use stream::read;

/// Takes any bytes; ends with objects that can be looked at, or with an error.
#[cfg(any(test, fuzzing))]
pub fn fuzz(bytes: &[u8]) {
    let Ok(graph) = read(bytes) else { return };
    for object in graph.objects().take(10_000) {
        let _ = (object.class_name(), object.text(), object.items().count());
        for name in ["learningRate", "value", "a", "x", "lrMult"] {
            let _ = object.field(name).map(|field| (entries(field), members(field), unwrapped(field)));
        }
    }
}
