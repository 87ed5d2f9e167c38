//! Pickled optimizers go on here as they would have gone on there.

use super::*;
use crate::array::Storage;
use crate::array::{DType, Device, NdArray, Shape};
use crate::ops::kernels::storage::cast_into;
use crate::optimizer::foreign::{base64, from_command};
use crate::optimizer::tests::engine;
use crate::optimizer::{Index, Optimizer, rules};
use serde_json::Value;

fn all_cases() -> Vec<Value> {
    let text = include_str!("../../../../tests/vectors/pickles/cases.json");
    let all: Value = serde_json::from_str(text).unwrap();
    all.as_array().unwrap().clone()
}

fn cases() -> Vec<Value> {
    let known: Vec<&str> = rules::names().collect();
    let mut cases = all_cases();
    cases.retain(|case| known.contains(&case["name"].as_str().unwrap()));
    cases
}

fn pickled(case: &Value, part: &str) -> Vec<u8> {
    base64::decode(case[part].as_str().unwrap()).unwrap()
}

fn bytes(hex: &Value) -> Vec<u8> {
    let hex = hex.as_str().unwrap().as_bytes();
    let digit = |c: u8| (c as char).to_digit(16).unwrap() as u8;
    hex.chunks(2).map(|pair| digit(pair[0]) * 16 + digit(pair[1])).collect()
}

fn array(case: &Value, hex: &str) -> NdArray {
    let dtype = DType::from_name(case["dtype"].as_str().unwrap()).unwrap();
    let dense = NdArray::new(Shape::new(&[3, 2]), dtype, Device::cpu(0)).unwrap();
    dense.write_bytes().unwrap().copy_from_slice(&bytes(&case[hex]));
    if case["stype"] == "default" {
        return dense;
    }
    let sparse = NdArray::empty(Storage::RowSparse, dense.shape().clone(), dtype, dense.device()).unwrap();
    cast_into(&dense, &sparse).unwrap();
    sparse
}

fn dense_bytes(array: &NdArray) -> Vec<u8> {
    let dense = crate::ops::kernels::storage::to_dense(array).unwrap();
    dense.read_bytes().unwrap().to_vec()
}

/// The next update of key 0; says what is wrong.
fn next(optimizer: &Optimizer, case: &Value) -> Option<String> {
    let (weight, gradient) = (array(case, "start_hex"), array(case, "grad_hex"));
    if let Err(error) = optimizer.update(&Index::Int(0), &weight, &gradient) {
        return Some(error.to_string());
    }
    (dense_bytes(&weight) != bytes(&case["next_hex"])).then(|| {
        let float = |bytes: Vec<u8>| {
            bytes.chunks(4).map(|four| f32::from_le_bytes(four.try_into().unwrap())).collect::<Vec<_>>()
        };
        format!("{:?}, not {:?}", float(dense_bytes(&weight)), float(bytes(&case["next_hex"])))
    })
}

fn label(case: &Value) -> String {
    format!(
        "{} protocol {} {} {} scheduler {}",
        case["name"], case["protocol"], case["dtype"], case["stype"], case["scheduler"]
    )
}

#[test]
fn training_goes_on_with_the_same_bits() {
    let mut wrong = Vec::new();
    for case in cases().iter().filter(|case| case["steps"] != 0) {
        // An optimizer as a worker sends it, with states loaded apart; and both from one file.
        let spec = match from_command(&pickled(case, "optimizer")) {
            Ok(spec) => spec,
            Err(error) => {
                // Half of a batch is in the optimizer itself.
                assert!(case["name"] == "lbsgd" && error.to_string().contains("cumgrads"), "{error}");
                states(&pickled(case, "both")).unwrap().optimizer.unwrap()
            }
        };
        let is_whole = from_command(&pickled(case, "optimizer")).is_ok();
        let sent = Optimizer::new(&spec, engine()).unwrap();
        let loaded = Optimizer::new(&spec, engine()).unwrap();
        let sources = [("both", &loaded), ("states", &sent)];
        let results = sources.into_iter().take(if is_whole { 2 } else { 1 }).map(|(part, optimizer)| {
            load(optimizer, &pickled(case, part)).map_err(|error| error.to_string())?;
            next(optimizer, case).map_or(Ok(()), Err)
        });
        for result in results {
            wrong.extend(result.err().map(|text| format!("{}: {text}", label(case))));
        }
        let counted = loaded.spec().progress.num_update;
        assert_eq!(counted, case["num_update"].as_i64(), "{}", label(case));
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn new_optimizers_have_the_parameters() {
    for case in cases().iter().filter(|case| case["steps"] == 0) {
        let spec = optimizer(&pickled(case, "optimizer")).unwrap();
        assert_eq!(spec.name, case["name"].as_str().unwrap());
        assert!(spec.mxnet_1_9_1);
        for (name, wanted) in case["params"].as_object().unwrap() {
            let found = &spec.params[name];
            match wanted {
                Value::String(wanted) => assert_eq!(found, wanted),
                Value::Bool(wanted) => assert_eq!(found, if *wanted { "True" } else { "False" }),
                wanted => assert_eq!(found.parse::<f64>().ok(), wanted.as_f64(), "{} {name}", label(case)),
            }
        }
        assert!(Optimizer::new(&spec, engine()).is_ok(), "{}", label(case));
    }
}

#[test]
fn files_of_another_optimizer_change_nothing() {
    let cases = all_cases();
    let of = |name: &str, part: &str| {
        let case = cases
            .iter()
            .find(|case| case["name"] == name && case["steps"] == 4 && case["protocol"] == 4)
            .unwrap();
        pickled(case, part)
    };
    let sgd = Optimizer::new(&optimizer(&of("sgd", "optimizer")).unwrap(), engine()).unwrap();
    load(&sgd, &of("sgd", "both")).unwrap();
    let before = sgd.save_states().unwrap();
    let error = load(&sgd, &of("nag", "both")).unwrap_err().to_string();
    assert!(error.contains("nag") && error.contains("sgd"), "{error}");
    assert!(load(&sgd, b"cos\nsystem\n(S'id'\ntR.").unwrap_err().to_string().contains("os.system"));
    assert!(
        load(&sgd, b"").is_err() && load(&sgd, b"N.").is_err() && load(&sgd, b"(I1\nI2\nI3\nt.").is_err()
    );
    assert_eq!(sgd.save_states().unwrap(), before);
}

/// One array as the state of very many keys would be a copy for each.
#[test]
fn one_array_for_many_keys_is_refused() {
    let mut bomb = b"\x80\x04}(".to_vec();
    let record = vec![0_u8; 1 << 16];
    bomb.extend(b"K\x00cmxnet.ndarray.ndarray\nNDArray\nN\x85R}\x8c\x06handleB");
    bomb.extend((record.len() as u32).to_le_bytes());
    bomb.extend(&record);
    bomb.extend(b"sbq\x00");
    for key in 1..10_000_u16 {
        bomb.push(b'M');
        bomb.extend(key.to_le_bytes());
        bomb.extend(b"h\x00");
    }
    bomb.extend(b"u.");
    assert!(states(&bomb).is_err());
}

/// `place` in the memo, and away from the stack.
fn memo(place: u32) -> Vec<u8> {
    [&b"r"[..], &place.to_le_bytes(), b"0"].concat()
}

fn recall(place: u32) -> Vec<u8> {
    [&b"j"[..], &place.to_le_bytes()].concat()
}

/// A dictionary of many keys, all with the value at one place in the memo.
fn many(place: u32, count: i32) -> Vec<u8> {
    let mut dictionary = b"}(".to_vec();
    for key in 0..count {
        dictionary.extend([&b"J"[..], &key.to_le_bytes(), &recall(place)].concat());
    }
    dictionary.push(b'u');
    dictionary
}

/// A few bytes can say that one value stands in very many places; reading it at each would take hours.
#[test]
fn values_that_are_shared_too_often_are_refused() {
    let first = 1_000_000;
    let mut tuples = [b"(".to_vec(), b"N".repeat(1000), b"t".to_vec(), memo(first)].concat();
    for level in first..first + 6 {
        tuples.extend([b"(".to_vec(), recall(level).repeat(1000), b"t".to_vec(), memo(level + 1)].concat());
    }
    tuples.extend([b"}K\x00".to_vec(), recall(first + 6), b"s.".to_vec()].concat());
    let Err(error) = states(&tuples) else { panic!("tuples in tuples are read") };
    assert!(error.to_string().contains("shared"), "{error}");

    let long = |bytes: u32| [&b"B"[..], &bytes.to_le_bytes(), &vec![0; bytes as usize]].concat();
    let number = [
        b"cnumpy.core.multiarray\nscalar\n(cnumpy\ndtype\n(S'i8'\nI0\nI1\ntR".to_vec(),
        long(1 << 20),
        b"tR".to_vec(),
    ];
    let numbers = [b"}(".to_vec(), [recall(first), b"N".to_vec()].concat().repeat(20_000), b"u".to_vec()];
    let text = [&b"X"[..], &(1_u32 << 20).to_le_bytes(), &vec![b'a'; 1 << 20]];
    let sum = b"S'num_cums'\nK\x01S'cum_grad'\nK\x00u";
    let dictionary = [b"}(".to_vec(), b"K\x00N".repeat(100_000), sum.to_vec()];
    let attacks = [
        ("cumgrads", dictionary.concat(), many(first, 50_000)),
        ("_all_index_update_counts", number.concat(), numbers.concat()),
        ("idx2name", text.concat(), many(first, 20_000)),
    ];
    let cases = all_cases();
    let plain =
        cases.iter().find(|case| case["name"] == "lbsgd" && case["steps"] == 0 && case["protocol"] == 4);
    let plain = pickled(plain.unwrap(), "optimizer");
    // Of two attributes of the same name the later one counts.
    let attributes = plain.strip_suffix(b"ub.").unwrap();
    for (name, shared, value) in attacks {
        let named = [&[0x8c, name.len() as u8], name.as_bytes()].concat();
        let attack = [&shared, &memo(first)[..], attributes, &named, &value, b"ub."].concat();
        let error = from_command(&attack).unwrap_err().to_string();
        assert!(error.contains("shared"), "{name}: {error}");
    }
}
