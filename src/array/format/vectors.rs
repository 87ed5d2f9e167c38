//! The golden files, written by MXNet 1.9.1 or accepted by it, and the broken ones.

use super::*;
use crate::array::{DType, Device, NdArray, Shape, Storage};
use crate::base::Result;
use crate::base::sync::Arc;
use crate::engine::{Engine, Mode};
use crate::telemetry::Trace;
use serde_json::Value;
use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/ndarray")
}

fn manifest() -> Value {
    serde_json::from_slice(&std::fs::read(folder().join("manifest.json")).unwrap()).unwrap()
}

fn engine() -> Engine {
    Engine::new(Mode::Naive, Arc::new(Trace::default()))
}

struct Case {
    name: String,
    is_raw: bool,
    shapes: Shapes,
    bytes: Vec<u8>,
    about: Value,
}

fn cases(list: &str) -> Vec<Case> {
    let manifest = manifest();
    let read = |about: &Value| {
        let name = about["file"].as_str().unwrap().to_owned();
        let kind = about.get("kind").or(about.get("api")).unwrap();
        Case {
            is_raw: kind == "raw",
            shapes: match about["np_shape"].as_i64().unwrap() {
                0 => Shapes::Legacy,
                1 => Shapes::Numpy,
                _ => Shapes::NumpyEverywhere,
            },
            bytes: std::fs::read(folder().join(&name)).unwrap(),
            about: about.clone(),
            name,
        }
    };
    manifest[list].as_array().unwrap().iter().map(read).collect()
}

impl Case {
    fn load(&self, bytes: &[u8]) -> Result<List> {
        if self.is_raw {
            return load_raw(bytes, self.shapes).map(|array| List { arrays: vec![array], names: vec![] });
        }
        load_buffer(bytes, self.shapes)
    }

    fn save(&self, list: &List) -> Result<Vec<u8>> {
        let arrays: Option<Vec<NdArray>> = list.arrays.iter().cloned().collect();
        let arrays = arrays.ok_or_else(|| crate::err!(InvalidArgument, "empty"))?;
        if self.is_raw {
            return save_raw(&engine(), &arrays[0], self.shapes);
        }
        let path = scratch(&self.name);
        let names: Vec<&[u8]> = list.names.iter().map(Vec::as_slice).collect();
        save_file(&engine(), &path, &arrays, &names, self.shapes)?;
        let bytes = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        Ok(bytes)
    }
}

fn scratch(name: &str) -> PathBuf {
    let name = name.replace('/', "-");
    std::env::temp_dir().join(format!("mxkv-format-{}-{name}", std::process::id()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn dims(value: &Value) -> Vec<i64> {
    value.as_array().unwrap().iter().map(|dim| dim.as_i64().unwrap()).collect()
}

fn check_part(part: &crate::array::Part, about: &Value, shape: &Value, what: &str) {
    assert_eq!(hex(&part.bytes), about["data_hex"].as_str().unwrap(), "{what}");
    assert_eq!(part.shape.dims(), dims(shape), "{what}");
    assert_eq!(part.dtype.name(), about["dtype"].as_str().unwrap(), "{what}");
}

fn check(array: Option<&NdArray>, about: &Value, what: &str) {
    let stype = about["stype"].as_str().unwrap();
    let Some(array) = array else {
        assert_eq!(stype, "none", "{what}");
        return;
    };
    assert_eq!(array.storage().name(), stype, "{what}");
    assert_eq!(array.shape().dims(), dims(&about["shape"]), "{what}");
    assert_eq!(i64::from(array.dtype().code()), about["dtype_code"].as_i64().unwrap(), "{what}");
    assert_eq!(array.device(), Device::cpu(0), "{what}");
    match array.storage() {
        Storage::Dense => {
            assert_eq!(hex(&array.read_bytes().unwrap()), about["data_hex"].as_str().unwrap(), "{what}");
        }
        Storage::RowSparse => {
            let parts = array.read_row_sparse().unwrap();
            check_part(&parts.values, about, &about["storage_shape"], what);
            check_part(&parts.indices, &about["aux"][0], &about["aux"][0]["shape"], what);
        }
        Storage::Csr => {
            let parts = array.read_csr().unwrap();
            check_part(&parts.values, about, &about["storage_shape"], what);
            check_part(&parts.indptr, &about["aux"][0], &about["aux"][0]["shape"], what);
            check_part(&parts.indices, &about["aux"][1], &about["aux"][1]["shape"], what);
        }
    }
}

fn check_names(list: &List, case: &Case) {
    let names: Vec<String> = list.names.iter().map(|name| hex(name)).collect();
    let expected: Vec<String> = match case.about["names"].as_array() {
        Some(names) => names.iter().map(|name| hex(name.as_str().unwrap().as_bytes())).collect(),
        None => {
            let names = case.about["names_hex"].as_array();
            names
                .map(|names| names.iter().map(|name| name.as_str().unwrap().to_owned()).collect())
                .unwrap_or_default()
        }
    };
    assert_eq!(names, expected, "{}", case.name);
}

#[test]
fn good_files_load_as_the_manifest_says() {
    let cases = cases("files");
    assert_eq!(cases.len(), 121);
    for case in cases {
        let list = case.load(&case.bytes).unwrap_or_else(|error| panic!("{}: {error}", case.name));
        let expected = case.about["arrays"].as_array().unwrap();
        assert_eq!(list.arrays.len(), expected.len(), "{}", case.name);
        for (array, about) in list.arrays.iter().zip(expected) {
            check(array.as_ref(), about, &case.name);
        }
        check_names(&list, &case);
        if !case.is_raw {
            let from_file = load_file(&folder().join(&case.name), case.shapes).unwrap();
            assert_eq!(from_file.names, list.names, "{}", case.name);
            for (array, about) in from_file.arrays.iter().zip(expected) {
                check(array.as_ref(), about, &case.name);
            }
        }
    }
}

#[test]
fn saving_again_gives_mxnets_bytes() {
    let mut identical = 0;
    for case in cases("files") {
        let list = case.load(&case.bytes).unwrap();
        let saved = case.save(&list);
        // MXNet writes a scalar that it cannot read again; here it is refused.
        let scalar = |array: &NdArray| array.shape().rank() == 0;
        let unwritable = case.shapes == Shapes::Legacy && list.arrays.iter().flatten().any(scalar);
        if unwritable || case.about["resave_error"] == true {
            assert!(saved.is_err(), "{}", case.name);
        } else if case.about["resave_identical"] == true {
            assert!(saved.unwrap() == case.bytes, "{}", case.name);
            identical += 1;
        } else {
            // Another layout or device in the source; what is written must load to the same content.
            let saved = saved.unwrap();
            assert_eq!(saved.len() as u64, case.about["resave_bytes"].as_u64().unwrap(), "{}", case.name);
            let again = case.load(&saved).unwrap();
            for (array, about) in again.arrays.iter().zip(case.about["arrays"].as_array().unwrap()) {
                check(array.as_ref(), about, &case.name);
            }
        }
    }
    assert!(identical > 60, "{identical}");
}

#[test]
fn every_proper_prefix_is_an_error() {
    for case in cases("files").iter().filter(|case| !case.name.contains("trailing_bytes")) {
        for length in 0..case.bytes.len() {
            assert!(case.load(&case.bytes[..length]).is_err(), "{} cut to {length} bytes", case.name);
        }
    }
}

#[test]
fn broken_files_are_errors_or_load_safely() {
    let cases = cases("corrupt");
    assert_eq!(cases.len(), 325);
    for case in cases {
        let loaded = case.load(&case.bytes);
        match case.about["expect"].as_str().unwrap() {
            "clean error" => assert!(loaded.is_err(), "{}", case.name),
            _ => {
                let arrays = loaded.map(|list| list.arrays).unwrap_or_default();
                let valid = |array: &NdArray| array.check_format(true).is_ok();
                let found = case.about["real_full_format_check"] == "error";
                assert!(!found || !arrays.iter().flatten().all(valid) || arrays.is_empty(), "{}", case.name);
            }
        }
        fuzz(&case.bytes);
    }
}

#[test]
fn damaged_files_never_panic() {
    let mut state = 1u64;
    let mut draw = move |end: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % end
    };
    for case in cases("files") {
        for _ in 0..50 {
            let mut bytes = case.bytes.clone();
            for _ in 0..=draw(3) {
                let at = draw(bytes.len());
                bytes[at] = [0, 1, 0x7f, 0x80, 0xff][draw(5)];
            }
            fuzz(&bytes);
        }
    }
}

#[test]
fn saving_waits_for_the_work_that_writes_the_array() {
    let engine = Engine::new(Mode::Threaded(1), Arc::new(Trace::default()));
    let array = NdArray::zeros(Shape::new(&[3]), DType::Int32, Device::cpu(0)).unwrap();
    let operation = crate::engine::Operation {
        name: "late".into(),
        reads: &[],
        writes: &[array.var()],
        priority: 0,
        bytes: usize::MAX,
    };
    let late = array.clone();
    let work = move || {
        std::thread::sleep(std::time::Duration::from_millis(20));
        late.write::<i32>()?.fill(7);
        Ok(())
    };
    engine.run(operation, work).unwrap();
    let bytes = save_raw(&engine, &array, Shapes::Legacy).unwrap();
    assert_eq!(bytes.capacity(), bytes.len(), "asked for at once");
    let loaded = load_raw(&bytes, Shapes::Legacy).unwrap().unwrap();
    assert_eq!(*loaded.read::<i32>().unwrap(), [7, 7, 7]);
}

#[test]
fn a_scalar_needs_numpy_shapes() {
    let scalar = NdArray::zeros(Shape::default(), DType::Float32, Device::cpu(0)).unwrap();
    assert!(save_raw(&engine(), &scalar, Shapes::Legacy).is_err());
    assert!(save_raw(&engine(), &scalar, Shapes::Numpy).is_ok());
}
