//! The recorded data of `tests/vectors/compression`, bit for bit.

use super::*;
use serde_json::Value;
use std::path::Path;

fn vectors(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/compression").join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn bytes(hex: &Value) -> Vec<u8> {
    let hex = hex.as_str().unwrap().as_bytes();
    let digit = |c: u8| char::from(c).to_digit(16).unwrap() as u8;
    hex.chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

fn floats(hex: &Value) -> Vec<f32> {
    bytes(hex).chunks(4).map(|word| f32::from_le_bytes(word.try_into().unwrap())).collect()
}

/// Bit for bit, except that NaN equals NaN.
fn assert_same(got: &[f32], want: &[f32], what: &str) {
    assert_eq!(got.len(), want.len(), "{what}");
    for (i, (got, want)) in got.iter().zip(want).enumerate() {
        let same = got.to_bits() == want.to_bits() || got.is_nan() && want.is_nan();
        assert!(same, "{what}: element {i} is {got}, not {want}");
    }
}

fn run_cases(file: &str, make: impl Fn(f32) -> Box<dyn Codec>) {
    for case in vectors(file)["cases"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let size = case["size"].as_u64().unwrap() as usize;
        let codec = make(floats(&case["threshold_hex"])[0]);
        assert_eq!(codec.scheme().packed_len(size) as u64, 4 * case["words"].as_u64().unwrap(), "{name}");
        let mut residual = vec![0f32; size];
        let mut other_residual = residual.clone();
        for round in case["rounds"].as_array().unwrap() {
            let gradient = floats(&round["grad_hex"]);
            let mut packed = vec![0xa5; codec.scheme().packed_len(size)];
            codec.encode(&gradient, &mut residual, &mut packed);
            assert_eq!(packed, bytes(&round["packed_hex"]), "{name}");
            assert_same(&residual, &floats(&round["residual_hex"]), name);
            let mut decoded = vec![7f32; size];
            codec.decode(&packed, &mut decoded);
            assert_same(&decoded, &floats(&round["dequantized_hex"]), name);
            let mut seen = vec![7f32; size];
            codec.quantise(&gradient, &mut other_residual, &mut seen);
            assert_same(&seen, &decoded, name);
            assert_same(&other_residual, &residual, name);
        }
    }
}

#[test]
fn two_bit_is_mxnets() {
    run_cases("twobit.json", |threshold| Box::new(TwoBit::new(threshold).unwrap()));
}

#[test]
fn one_bit_is_mxnets() {
    run_cases("onebit.json", |threshold| Box::new(OneBit::new(threshold)));
}

#[test]
fn every_byte_decodes_as_in_mxnet() {
    let table = vectors("twobit_decode_table.json");
    let mut decoded = vec![7f32; 1024];
    TwoBit::new(0.5).unwrap().decode(&bytes(&table["packed_hex"]), &mut decoded);
    assert_same(&decoded, &floats(&table["dequantized_hex"]), "table");
}

#[test]
fn bytes_sent_by_workers_decode_to_what_was_pulled() {
    for case in vectors("twobit_dist.json")["cases"].as_array().unwrap() {
        // Where the recorded server used a rounded threshold, the exact one gives other sums.
        let same = case["threshold_on_server"].is_null()
            || case["threshold_on_server"].as_f64() == case["threshold"].as_f64();
        let codec = TwoBit::new(case["threshold"].as_f64().unwrap() as f32).unwrap();
        for key in case["keys"].as_array().unwrap() {
            let workers = case["workers"].as_u64().unwrap() as usize;
            let size = floats(&key["init_hex"]).len();
            let mut residuals = vec![vec![0f32; size]; workers];
            for round in key["rounds"].as_array().unwrap() {
                let mut sum = vec![0f32; size];
                for (worker, residual) in residuals.iter_mut().enumerate() {
                    let gradient = floats(&round["grads_hex"][worker]);
                    let mut packed = vec![0; codec.scheme().packed_len(size)];
                    codec.encode(&gradient, residual, &mut packed);
                    assert_eq!(packed, bytes(&round["packed_hex"][worker]), "{}", case["name"]);
                    let mut decoded = vec![0f32; size];
                    codec.decode(&packed, &mut decoded);
                    sum.iter_mut().zip(decoded).for_each(|(sum, x)| *sum += x);
                }
                if same {
                    assert_same(&sum, &floats(&round["pulled_hex"]), case["name"].as_str().unwrap());
                }
            }
        }
    }
}

#[test]
fn parameters_are_accepted_as_in_mxnet() {
    let of_1_9_1 = vectors("params.json");
    let of_2_0 = vectors("onebit.json");
    let in_1_9_1 =
        of_1_9_1["cases"].as_array().unwrap().iter().filter(|case| case["params"]["type"] != "1bit");
    for case in in_1_9_1.chain(of_2_0["params_cases"].as_array().unwrap()) {
        let params: Vec<(&str, &str)> = case["params"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str().unwrap()))
            .collect();
        assert_eq!(codec_from_params(&params).is_ok(), case["accepted"].as_bool().unwrap(), "{params:?}");
    }
}

#[test]
fn parameter_errors_are_mxnets() {
    let message = |params: &[(&str, &str)]| codec_from_params(params).err().unwrap().to_string();
    assert!(message(&[("type", "none")]).starts_with("Unknown type for gradient compression none"));
    assert!(message(&[]).starts_with("Required parameter type of string is not presented"));
    assert!(
        message(&[("type", "2bit"), ("threshold", "-1")]).starts_with("threshold must be greater than 0")
    );
    let text = message(&[("type", "2bit"), ("threshold", "abc")]);
    assert_eq!(text, "Invalid Parameter format for threshold expect float but value='abc'");
}
