//! What Java writes is read; every other class is refused; nothing crashes.

use super::*;
use crate::optimizer::foreign::{base64, scala};
use serde_json::Value;

const CASES: &str = include_str!("../../../../tests/vectors/scala-optimizers/cases.json");
const OBJECTS: &str = include_str!("../../../../tests/vectors/scala-optimizers/objects.json");

fn list(text: &str) -> Vec<Value> {
    let parsed: Value = serde_json::from_str(text).unwrap();
    parsed.as_array().or(parsed["cases"].as_array()).unwrap().clone()
}

fn streams() -> Vec<Vec<u8>> {
    let text = |value: &Value| value.as_str().map(|text| base64::decode(text).unwrap());
    let cases = list(CASES);
    let golden = cases.iter().flat_map(|case| [text(&case["java_base64"]), text(&case["java_base64_after"])]);
    golden.flatten().collect()
}

fn object(name: &str) -> Vec<u8> {
    let found = list(OBJECTS).into_iter().find(|object| object["name"] == name).unwrap();
    base64::decode(found["base64"].as_str().unwrap()).unwrap()
}

#[test]
fn every_golden_object_gives_its_fields() {
    for case in list(CASES) {
        let bytes = base64::decode(case["java_base64"].as_str().unwrap()).unwrap();
        let graph = read(&bytes).unwrap();
        let root = graph.root();
        assert_eq!(root.class_name(), case["class"].as_str());
        let rescale = match root.field("rescaleGrad").unwrap() {
            Field::Float(rescale) => rescale,
            other => panic!("{other:?}"),
        };
        assert_eq!(rescale, case["rescale"].as_f64().unwrap_or(1.0) as f32);
        for (table, field) in [("lr_mult", "lrMult"), ("wd_mult", "wdMult")] {
            let found = entries(root.field(field).unwrap()).unwrap();
            let wanted = case[table].as_object().cloned().unwrap_or_default();
            assert_eq!(found.len(), wanted.len());
            for (key, value) in found {
                let Key::Int(index) = key else { panic!("{key:?}") };
                let Field::Float(value) = value else { panic!("{value:?}") };
                assert_eq!(value, wanted[&index.to_string()].as_f64().unwrap() as f32);
            }
        }
    }
}

#[test]
fn maps_of_every_size_are_read() {
    let names = ["a_weight", "a_bias", "b_gamma", "b_beta", "c_weight", "c_bias", "d_weight"];
    for size in 0..=7 {
        let bytes = object(&format!("idx2name {size}"));
        let graph = read(&bytes).unwrap();
        let mut found = entries(graph.root().field("idx2name").unwrap()).unwrap();
        found.sort_by_key(|(key, _)| match key {
            Key::Int(index) => *index,
            Key::Text(_) => panic!("{key:?}"),
        });
        assert_eq!(found.len(), size);
        for (number, (key, value)) in found.into_iter().enumerate() {
            let Field::Object(value) = value else { panic!("{value:?}") };
            assert_eq!((key, value.text()), (Key::Int(number as i64), Some(names[number])));
        }
        let decays = entries(graph.root().field("wdMult").unwrap()).unwrap();
        assert_eq!(
            decays.len(),
            names[..size].iter().filter(|name| !name.contains("_weight") && !name.contains("_gamma")).count()
        );
    }
}

#[test]
fn sets_and_options_are_read() {
    let bytes = object("argNames");
    let graph = read(&bytes).unwrap();
    assert!(matches!(graph.root().field("specialized"), Some(Field::Bool(true))));
    let mut members = members(graph.root().field("weightSet").unwrap()).unwrap();
    members.sort_by_key(|key| format!("{key:?}"));
    assert!(!members.is_empty() && members.iter().all(|key| matches!(key, Key::Int(_))), "{members:?}");
    let bytes = object("adam");
    let graph = read(&bytes).unwrap();
    assert!(is_nothing(graph.root().field("timeFirstIndex").unwrap()));
    assert!(matches!(graph.root().field("decayFactor"), Some(Field::Float(factor)) if factor == 0.9));
    let after =
        list(CASES).into_iter().find(|case| case["class"].as_str().unwrap().ends_with("Adam")).unwrap();
    let bytes = base64::decode(after["java_base64_after"].as_str().unwrap()).unwrap();
    let graph = read(&bytes).unwrap();
    let first = unwrapped(graph.root().field("timeFirstIndex").unwrap()).unwrap();
    assert!(matches!(unwrapped(first), Some(Field::Int(3))));
}

#[test]
fn other_classes_are_refused_by_name() {
    let error = read(&object("subclass")).unwrap_err();
    assert_eq!(error.kind(), crate::base::ErrorKind::Unsupported);
    assert!(error.to_string().contains("Make$1"), "{error}");
    // The classes that the known attacks are made of.
    for name in [
        "org.apache.commons.collections.functors.InvokerTransformer",
        "java.util.HashMap",
        "java.lang.Runtime",
    ] {
        let mut bytes = b"\xac\xed\x00\x05sr".to_vec();
        bytes.extend((name.len() as u16).to_be_bytes());
        bytes.extend(name.as_bytes());
        let error = read(&bytes).unwrap_err();
        assert!(error.to_string().contains(name), "{error}");
    }
    for mark in [0x75, 0x76, 0x79, 0x7b, 0x7d, 0x7e, 0x7c, 0x00] {
        assert!(read(&[0xac, 0xed, 0, 5, mark, 0, 0, 0, 0]).is_err());
    }
}

#[test]
fn a_stream_that_ends_early_is_an_error_wherever_it_ends() {
    for bytes in streams() {
        assert!(read(&bytes).is_ok());
        for end in 0..bytes.len() {
            assert!(read(&bytes[..end]).is_err(), "cut off at {end}");
        }
        let mut longer = bytes.clone();
        longer.push(0x70);
        assert!(read(&longer).is_err(), "more after the object");
    }
}

#[test]
fn any_change_of_a_byte_is_harmless() {
    for bytes in streams().iter().step_by(9).chain([&object("idx2name 7")]) {
        for at in 0..bytes.len() {
            for flip in [0x01, 0x02, 0x08, 0x80, 0xff] {
                let mut changed = bytes.clone();
                changed[at] ^= flip;
                scala::fuzz(&changed);
            }
        }
    }
}

#[test]
fn depth_and_size_are_limited() {
    // A `Some` in a `Some` in a `Some`…
    let mut deep =
        b"\xac\xed\x00\x05sr\x00\nscala.Some\x11\"\xf2i^\xa1\x8bt\x02\x00\x01L\x00\x01xt\x00\x01axp".to_vec();
    for _ in 0..100_000 {
        deep.extend(b"sq\x00\x7e\x00\x00");
    }
    assert!(read(&deep).unwrap_err().to_string().contains("deeper"));
    // An object in the description of the class of an object in the description of a class…
    let mut described = b"\xac\xed\x00\x05".to_vec();
    for _ in 0..100_000 {
        described.extend(b"sr\x00\x0bscala.None$\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00");
    }
    assert!(read(&described).unwrap_err().to_string().contains("description of the class"));
    // A class above a class above a class…
    let mut above = b"\xac\xed\x00\x05s".to_vec();
    for _ in 0..100_000 {
        above.extend(b"r\x00\x0bscala.None$\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00x");
    }
    assert!(read(&above).unwrap_err().to_string().contains("deeper"));
    // A block of four gigabytes.
    let mut large = b"\xac\xed\x00\x05sr\x00 scala.collection.mutable.HashMap\x00\x00\x00\x00\x00\x00\x00\x01\x03\x00\x00xpz\xff\xff\xff\xff".to_vec();
    assert!(read(&large).is_err());
    // A class that is above itself.
    large = b"\xac\xed\x00\x05sr\x00\nscala.Some\x11\"\xf2i^\xa1\x8bt\x02\x00\x00xq\x00\x7e\x00\x00".to_vec();
    assert!(read(&large).is_err());
}

/// A few bytes can say that one object stands in very many places.
#[test]
fn objects_that_are_shared_too_often_are_refused() {
    let (entries_of_map, fields) = (50_000_u32, 60_000_u16);
    let mut stream =
        b"\xac\xed\x00\x05sr\x00\x20scala.collection.mutable.HashMap\x00\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00xpw\x08\x00\x00\x00\x00"
            .to_vec();
    stream.extend((entries_of_map + 1).to_be_bytes());
    // A number with very many other fields before its value.
    stream.extend(b"sr\x00\x11java.lang.Integer\x00\x00\x00\x00\x00\x00\x00\x00\x02");
    stream.extend((fields + 1).to_be_bytes());
    stream.extend(b"Z\x00\x00".repeat(fields.into()));
    stream.extend(b"I\x00\x05valuexp");
    stream.extend(vec![0; usize::from(fields) + 4]);
    stream.extend(b"q\x00\x7e\x00\x03".repeat(2 * entries_of_map as usize + 1));
    stream.push(b'x');
    let graph = read(&stream).unwrap();
    let error = graph.look(|root| Ok(entries(Field::Object(root)).map(|found| found.len()))).unwrap_err();
    assert!(error.to_string().contains("shared"), "{error}");
}
