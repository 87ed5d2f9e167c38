//! The JVM's own updates, bit for bit, by the objects that its workers send.

use crate::array::{DType, Device, NdArray, Shape};
use crate::optimizer::foreign::from_command;
use crate::optimizer::tests::engine;
use crate::optimizer::{Index, Optimizer, Spec};
use serde_json::Value;

fn cases() -> Vec<Value> {
    let text = include_str!("../../../../tests/vectors/scala-optimizers/cases.json");
    let parsed: Value = serde_json::from_str(text).unwrap();
    parsed["cases"].as_array().or(parsed.as_array()).unwrap().clone()
}

fn bytes(hex: &Value) -> Vec<u8> {
    let hex = hex.as_str().unwrap().as_bytes();
    let digit = |c: u8| (c as char).to_digit(16).unwrap() as u8;
    hex.chunks(2).map(|pair| digit(pair[0]) * 16 + digit(pair[1])).collect()
}

fn array(hex: &Value) -> NdArray {
    let bytes = bytes(hex);
    let array = NdArray::new(Shape::new(&[bytes.len() as i64 / 4]), DType::Float32, Device::cpu(0)).unwrap();
    array.write_bytes().unwrap().copy_from_slice(&bytes);
    array
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks(4).map(|four| f32::from_le_bytes(four.try_into().unwrap())).collect()
}

#[test]
fn every_update_has_the_bits_of_the_jvm() {
    let mut wrong = Vec::new();
    for (number, case) in cases().iter().enumerate() {
        let spec = from_command(case["java_base64"].as_str().unwrap().as_bytes()).unwrap();
        let optimizer = Optimizer::new(&spec, engine()).unwrap();
        let index = Index::Int(case["key"].as_i64().unwrap());
        let weight = array(&case["weight_init_hex"]);
        for (step, update) in case["updates"].as_array().unwrap().iter().enumerate() {
            optimizer.update(&index, &weight, &array(&update["grad_hex"])).unwrap();
            engine().drain();
            let got = weight.read_bytes().unwrap().to_vec();
            if got != bytes(&update["weight_hex"]) {
                let want = floats(&bytes(&update["weight_hex"]));
                wrong.push(format!(
                    "{number} {} step {step}: {:?}, not {want:?}",
                    case["class"],
                    floats(&got)
                ));
                break;
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What the object says after the updates is what we count.
#[test]
fn counts_are_those_of_the_jvm() {
    for case in cases() {
        let spec = |name: &str| from_command(case[name].as_str().unwrap().as_bytes()).unwrap();
        let optimizer = Optimizer::new(&spec("java_base64"), engine()).unwrap();
        let index = Index::Int(case["key"].as_i64().unwrap());
        let weight = array(&case["weight_init_hex"]);
        for update in case["updates"].as_array().unwrap() {
            optimizer.update(&index, &weight, &array(&update["grad_hex"])).unwrap();
        }
        let after = spec("java_base64_after");
        assert_eq!(optimizer.spec().progress.shared, after.progress.shared, "{}", after.name);
    }
}

/// One count for all keys: a new key takes it over.
#[test]
fn adam_counts_as_the_jvm_does() {
    let spec = Spec::from_params("scala_adam", &[]).unwrap();
    let optimizer = Optimizer::new(&spec, engine()).unwrap();
    let weight = array(&Value::String("0000803f".into()));
    let mut times = Vec::new();
    for key in [1, 1, 2, 1, 2, 2, 3, 1, 3] {
        optimizer
            .update(&Index::Int(key), &weight.clone(), &array(&Value::String("0000803f".into())))
            .unwrap();
        times.push(optimizer.spec().progress.shared[0]);
    }
    assert_eq!(times, [1.0, 2.0, 1.0, 1.0, 2.0, 3.0, 1.0, 1.0, 2.0]);
}

/// Without decay and gradient only the noise is left, and it is not the same twice.
#[test]
fn sgld_adds_noise_of_the_right_size() {
    let spec = Spec::from_params("scala_sgld", &[("learning_rate", "0.04"), ("wd", "0")]).unwrap();
    let optimizer = Optimizer::new(&spec, engine()).unwrap();
    let (weight, gradient) = (zeros(100_000), zeros(100_000));
    let mut before = vec![0.0; 100_000];
    for _ in 0..2 {
        optimizer.update(&Index::Int(1), &weight, &gradient).unwrap();
        let now = weight.read::<f32>().unwrap().to_vec();
        let steps: Vec<f64> = now.iter().zip(&before).map(|(now, before)| f64::from(now - before)).collect();
        let mean = steps.iter().sum::<f64>() / 1e5;
        let deviation = (steps.iter().map(|step| (step - mean).powi(2)).sum::<f64>() / 1e5).sqrt();
        assert!(mean.abs() < 0.003 && (deviation - 0.2).abs() < 0.003, "{mean} {deviation}");
        assert_ne!(now, before.iter().map(|before| 2.0 * before).collect::<Vec<f32>>());
        before = now;
    }
}

fn zeros(size: i64) -> NdArray {
    NdArray::zeros(Shape::new(&[size]), DType::Float32, Device::cpu(0)).unwrap()
}
