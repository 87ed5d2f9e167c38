//! Scala's maps, sets and boxes as they lie in a stream.

use super::graph::{Field, Object};

/// A plain value that a map can have as a key.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Key<'a> {
    Int(i64),
    Text(&'a str),
}

/// A null or Scala's `None`.
pub fn is_nothing(field: Field<'_, '_>) -> bool {
    match field {
        Field::Null => true,
        Field::Object(object) => object.class_name() == Some("scala.None$"),
        _ => false,
    }
}

/// The value in a box: a number of `java.lang`, or what is in Scala's `Some`, `Left` or `Right`.
pub fn unwrapped<'g, 'a>(field: Field<'g, 'a>) -> Option<Field<'g, 'a>> {
    let Field::Object(object) = field else { return Some(field) };
    let name = match object.class_name() {
        None => return Some(field),
        Some("scala.Some") => "x",
        // Scala 2.12 calls it `value`.
        Some("scala.util.Left") => return object.field("a").or_else(|| object.field("value")),
        Some("scala.util.Right") => return object.field("b").or_else(|| object.field("value")),
        Some(name) if name.starts_with("java.lang.") => "value",
        Some(_) => return None,
    };
    object.field(name)
}

/// An index, a name, or either in one of Scala's `Left` and `Right`.
pub fn key<'a>(field: Field<'_, 'a>) -> Option<Key<'a>> {
    // `Left(Integer(3))`: two boxes.
    let plain = unwrapped(unwrapped(field)?)?;
    match plain {
        Field::Int(number) => Some(Key::Int(number)),
        Field::Object(object) => object.text().map(Key::Text),
        _ => None,
    }
}

/// The entries of a map, mutable or not. A null is an empty map.
pub fn entries<'g, 'a>(field: Field<'g, 'a>) -> Option<Vec<(Key<'a>, Field<'g, 'a>)>> {
    let object = match field {
        Field::Null => return Some(Vec::new()),
        Field::Object(object) => object,
        _ => return None,
    };
    let size = match object.class_name()? {
        "scala.collection.immutable.Map$EmptyMap$" => return Some(Vec::new()),
        "scala.collection.immutable.HashMap" => return (object.items().len() == 0).then(Vec::new),
        "scala.collection.immutable.Map$Map1" => return numbered(object, 1),
        "scala.collection.immutable.Map$Map2" => return numbered(object, 2),
        "scala.collection.immutable.Map$Map3" => return numbered(object, 3),
        "scala.collection.immutable.Map$Map4" => return numbered(object, 4),
        "scala.collection.immutable.HashMap$SerializationProxy" => size_at(object, 0)?,
        "scala.collection.mutable.HashMap" => size_at(object, 4)?,
        _ => return None,
    };
    let items: Vec<Field<'g, 'a>> = object.items().collect();
    if items.len() != size.checked_mul(2)? {
        return None;
    }
    items
        .chunks_exact(2)
        .map(|pair| match pair {
            [found, value] => Some((key(*found)?, unwrapped(*value)?)),
            _ => None,
        })
        .collect()
}

/// The members of a mutable set. A null is an empty set.
pub fn members<'a>(field: Field<'_, 'a>) -> Option<Vec<Key<'a>>> {
    let object = match field {
        Field::Null => return Some(Vec::new()),
        Field::Object(object) => object,
        _ => return None,
    };
    let is_set = object.class_name()? == "scala.collection.mutable.HashSet";
    if !is_set || object.items().len() != size_at(object, 4)? {
        return None;
    }
    object.items().map(key).collect()
}

/// The maps of up to four entries have fields for them.
fn numbered<'g, 'a>(object: Object<'g, 'a>, size: usize) -> Option<Vec<(Key<'a>, Field<'g, 'a>)>> {
    (1..=size)
        .map(|number| {
            let found = object.field(&format!("key{number}"))?;
            let value = object.field(&format!("value{number}"))?;
            Some((key(found)?, unwrapped(value)?))
        })
        .collect()
}

/// The number of elements that a collection wrote into its first block, at this place.
fn size_at(object: Object<'_, '_>, place: usize) -> Option<usize> {
    let bytes = object.blocks().first()?.get(place..place.checked_add(4)?)?;
    usize::try_from(i32::from_be_bytes(bytes.try_into().ok()?)).ok()
}
