//! The original's own updates, bit for bit: directly, and through a local store in `kvstore`.

use super::engine;
use crate::array::{DType, Device, Element, NdArray, Part, RowSparse, Shape, Storage};
use crate::ops::kernels::storage::to_dense;
use crate::optimizer::{Index, Optimizer, SchedulerSpec, Spec};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/optimizers")
}

fn read(name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(folder().join(name)).unwrap()).unwrap()
}

fn bytes(hex: &Value) -> Vec<u8> {
    let hex = hex.as_str().unwrap().as_bytes();
    let digit = |c: u8| (c as char).to_digit(16).unwrap() as u8;
    hex.chunks(2).map(|pair| digit(pair[0]) * 16 + digit(pair[1])).collect()
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "None".into(),
        other => other.to_string(),
    }
}

fn texts(params: &Value) -> BTreeMap<String, String> {
    params.as_object().map(|map| map.iter().map(|(k, v)| (k.clone(), text(v))).collect()).unwrap_or_default()
}

fn table(value: &Value) -> BTreeMap<Index, f64> {
    let entries = value.as_object().into_iter().flatten();
    entries.map(|(key, x)| (Index::from_text(key), x.as_f64().unwrap())).collect()
}

fn spec(case: &Value) -> Spec {
    let scheduler = case.get("lr_scheduler").map(|scheduler| SchedulerSpec {
        name: text(&scheduler["name"]),
        params: texts(&scheduler["params"]),
        position: None,
    });
    let names = case.get("param_idx2name").and_then(Value::as_object).into_iter().flatten();
    Spec {
        name: text(&case["optimizer"]),
        params: texts(&case["params"]),
        scheduler,
        lr_mult: table(case.get("lr_mult").unwrap_or(&Value::Null)),
        wd_mult: table(case.get("wd_mult").unwrap_or(&Value::Null)),
        param_idx2name: names.map(|(key, name)| (Index::from_text(key), text(name))).collect(),
        mxnet_1_9_1: true,
        ..Spec::default()
    }
}

fn dense(shape: &Shape, dtype: DType, content: &[u8]) -> NdArray {
    let array = NdArray::new(shape.clone(), dtype, Device::cpu(0)).unwrap();
    array.write_bytes().unwrap().copy_from_slice(content);
    array
}

fn rows(shape: &Shape, dtype: DType, rows: &[i64], content: &[u8]) -> NdArray {
    let mut values = Part::new(dtype, shape.with_rows(rows.len())).unwrap();
    values.bytes.copy_from_slice(content);
    let parts = RowSparse { indices: Part::indices(rows).unwrap(), values };
    NdArray::from_row_sparse(parts, shape.clone(), Device::cpu(0)).unwrap()
}

fn shape(value: &Value) -> Shape {
    let dims: Vec<i64> = value.as_array().unwrap().iter().map(|x| x.as_i64().unwrap()).collect();
    Shape::new(&dims)
}

fn weight(about: &Value) -> NdArray {
    let (shape, dtype) =
        (shape(&about["shape"]), DType::from_name(about["dtype"].as_str().unwrap()).unwrap());
    let content = bytes(&about["init_hex"]);
    match about["stype"].as_str().unwrap() {
        "default" => dense(&shape, dtype, &content),
        _ => rows(&shape, dtype, &(0..shape.rows() as i64).collect::<Vec<_>>(), &content),
    }
}

fn gradient(about: &Value, like: &NdArray) -> NdArray {
    if about["stype"] == "default" {
        return dense(like.shape(), like.dtype(), &bytes(&about["hex"]));
    }
    let numbers: Vec<i64> = about["rows"].as_array().unwrap().iter().map(|x| x.as_i64().unwrap()).collect();
    let hex = ["hex", "values_hex", "data_hex"].iter().find_map(|name| about.get(*name)).unwrap();
    rows(like.shape(), like.dtype(), &numbers, &bytes(hex))
}

fn numbers(dtype: DType, content: &[u8]) -> Vec<f64> {
    crate::dispatch!(dtype, T => {
        let elements: Vec<T> = bytemuck::allocation::pod_collect_to_vec(content);
        elements.into_iter().map(Element::to_f64).collect()
    })
}

/// Differences in words; nothing if the arrays agree.
fn compare(what: &str, array: &NdArray, want: &[u8], exact: bool, tolerance: f64) -> Option<String> {
    let got = to_dense(array).unwrap();
    let got = got.read_bytes().unwrap().to_vec();
    let (got, wanted) = (numbers(array.dtype(), &got), numbers(array.dtype(), want));
    if got.len() != wanted.len() {
        return Some(format!("{what}: {} elements, not {}", got.len(), wanted.len()));
    }
    let greatest = wanted.iter().map(|x| x.abs()).filter(|x| x.is_finite()).fold(0.0, f64::max);
    let agree = |(got, want): (&f64, &f64)| {
        got == want && (!exact || got.is_sign_negative() == want.is_sign_negative())
            || got.is_nan() && want.is_nan()
            || !exact && (got - want).abs() <= tolerance * (want.abs() + greatest)
    };
    let wrong = got.iter().zip(&wanted).position(|pair| !agree(pair))?;
    Some(format!("{what}[{wrong}]: {:e}, not {:e}", got[wrong], wanted[wrong]))
}

/// Runs one case; the first difference if there is one.
fn run(about: &Value) -> Option<String> {
    let case = read(about["file"].as_str().unwrap());
    let optimizer = Optimizer::new(&spec(&case), engine()).unwrap();
    let exact = about["bit_exact_model"] == true;
    let tolerance = |of: &str| about["tolerance"][of].as_f64().unwrap();
    let weights: BTreeMap<String, NdArray> = case["weights"]
        .as_array()
        .unwrap()
        .iter()
        .map(|about| (text(&about["index"]), weight(about)))
        .collect();
    for (number, update) in case["updates"].as_array().unwrap().iter().enumerate() {
        let index = match &update["index"] {
            Value::String(text) => Index::from(text.as_str()),
            index => Index::Int(index.as_i64().unwrap()),
        };
        let weight = &weights[&text(&update["index"])];
        if let Err(error) = optimizer.update(&index, weight, &gradient(&update["grad"], weight)) {
            return Some(format!("update {number}: {error}"));
        }
        let weight_bytes = bytes(&update["weight_hex"]);
        if let Some(wrong) = compare("weight", weight, &weight_bytes, exact, tolerance("weight")) {
            return Some(format!("update {number}: {wrong}"));
        }
        let states = optimizer.states().unwrap().into_iter().find(|(key, _)| *key == index).unwrap().1;
        for (name, want) in update["states"].as_object().unwrap() {
            let place = optimizer.state_names().iter().position(|known| known == name);
            let state = match place {
                Some(place) => Some(&states.states[place]),
                None => states.master.as_ref().filter(|_| name == "weight32"),
            };
            let Some(state) = state else { return Some(format!("no state {name}")) };
            if let Some(wrong) = compare(name, state, &bytes(want), exact, tolerance("states")) {
                return Some(format!("update {number}: {wrong}"));
            }
        }
        let now = optimizer.spec().progress;
        if update["num_update"].as_i64() != now.num_update {
            return Some(format!("update {number}: num_update {:?}", now.num_update));
        }
        if let Some(product) = update.get("m_schedule").and_then(Value::as_f64)
            && now.shared != [product]
        {
            return Some(format!("update {number}: m_schedule {:?}, not {product}", now.shared));
        }
    }
    None
}

#[test]
fn updates_are_those_of_the_original() {
    let manifest = read("manifest.json");
    let cases = manifest["files"].as_array().unwrap();
    let ours: Vec<&Value> =
        cases.iter().filter(|about| !text(&about["optimizer"]).starts_with("operator:")).collect();
    assert!(ours.len() > 140);
    let wrong: Vec<String> = ours
        .iter()
        .filter_map(|about| run(about).map(|wrong| format!("{}: {wrong}", text(&about["name"]))))
        .collect();
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), ours.len(), wrong.join("\n"));
}

#[test]
fn sparse_weights_stay_sparse() {
    let case = read("sgd_rsp.json");
    assert_eq!(weight(&case["weights"][0]).storage(), Storage::RowSparse);
}
