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

/// Rounding by search: the neighbours of `x` among all numbers of the type, as (bits, value) in order of value.
fn nearest(x: f32, finite: &[(u16, f64)], beyond: f64) -> u16 {
    let (x, after) = (f64::from(x), finite.partition_point(|(_, value)| *value <= f64::from(x)));
    let below = after.checked_sub(1).map(|at| finite[at]);
    let above = finite.get(after).copied();
    let candidates = [below.unwrap_or((0xffff, -beyond)), above.unwrap_or((0xffff, beyond))];
    let [(low, low_value), (high, high_value)] = candidates;
    let (down, up) = (x - low_value, high_value - x);
    let is_low = down < up || down == up && low & 1 == 0 && low != 0xffff;
    if is_low { low } else { high }
}

/// Every finite number of a 16-bit type but -0.0, in order.
fn all_of(half: Half) -> Vec<(u16, f64)> {
    let mut decoded = [0f32; 1];
    let mut all: Vec<(u16, f64)> = (0..=u16::MAX)
        .map(|bits| {
            half.decode(&bits.to_le_bytes(), &mut decoded);
            (bits, f64::from(decoded[0]))
        })
        .filter(|(bits, value)| value.is_finite() && *bits != 0x8000)
        .collect();
    all.sort_by(|a, b| a.1.total_cmp(&b.1));
    all
}

#[test]
fn halves_decode_by_the_formula_of_their_bits() {
    for (half, mantissa, bias) in [(Half::Float16, 10, 15), (Half::Bfloat16, 7, 127)] {
        for bits in 0..=u16::MAX {
            let exponent = i32::from((bits & 0x7fff) >> mantissa);
            let fraction = f64::from(bits & ((1 << mantissa) - 1)) / f64::from(1 << mantissa);
            let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
            let largest = (1 << (15 - mantissa)) - 1;
            let value = match exponent {
                0 => fraction * 2f64.powi(1 - bias),
                e if e == largest && fraction == 0.0 => f64::INFINITY,
                e if e == largest => f64::NAN,
                e => (1.0 + fraction) * 2f64.powi(e - bias),
            };
            let mut decoded = [7f32];
            half.decode(&bits.to_le_bytes(), &mut decoded);
            assert_same(&decoded, &[(sign * value) as f32], &format!("{half:?} {bits:#x}"));
        }
    }
}

#[test]
fn halves_round_to_the_nearest_of_all() {
    for (half, beyond) in [(Half::Float16, 65536.0), (Half::Bfloat16, 2f64.powi(128))] {
        let finite = all_of(half);
        let mut state = 1u64;
        // Any bits, and the middle between each two neighbours with what lies just beside it.
        let random = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            f32::from_bits((state >> 32) as u32)
        });
        let middles = finite.windows(2).flat_map(|pair| {
            let middle = f64::midpoint(pair[0].1, pair[1].1) as f32;
            [middle, middle.next_up(), middle.next_down()]
        });
        let gradient: Vec<f32> =
            random.take(20_000).filter(|x| x.is_finite() && *x != 0.0).chain(middles).collect();
        let mut packed = vec![0xa5; half.scheme().packed_len(gradient.len())];
        half.encode(&gradient, &mut [], &mut packed);
        let mut seen = vec![7f32; gradient.len()];
        half.quantise(&gradient, &mut [], &mut seen);
        let mut decoded = vec![7f32; gradient.len()];
        half.decode(&packed, &mut decoded);
        assert_same(&seen, &decoded, "both ways to see it");
        for (x, packed) in gradient.iter().zip(packed.chunks(2)) {
            let got = u16::from_le_bytes([packed[0], packed[1]]);
            let mut value = [0f32];
            half.decode(packed, &mut value);
            match nearest(*x, &finite, beyond) {
                0xffff => assert_eq!(value[0], x.signum() * f32::INFINITY, "{half:?} {x:e}"),
                0 => assert_eq!(value[0], 0.0, "{half:?} {x:e}"),
                want => assert_eq!(got, want, "{half:?} {x:e}"),
            }
        }
    }
}

#[test]
fn halves_carry_what_is_not_finite() {
    let gradient = [f32::INFINITY, f32::NEG_INFINITY, f32::NAN, -f32::NAN, 0.0, -0.0, f32::MAX];
    for half in [Half::Float16, Half::Bfloat16] {
        let mut seen = [7f32; 7];
        half.quantise(&gradient, &mut [], &mut seen);
        let largest = f32::INFINITY;
        assert_same(
            &seen,
            &[largest, -largest, f32::NAN, f32::NAN, 0.0, -0.0, largest],
            half.scheme().name(),
        );
    }
}

#[test]
fn halves_take_no_threshold() {
    for name in ["fp16", "bf16"] {
        let codec = codec_from_params(&[("type", name), ("other", "x")]).unwrap();
        assert_eq!((codec.scheme().name(), codec.threshold()), (name, None));
        let text = codec_from_params(&[("type", name), ("threshold", "0.5")]).err().unwrap().to_string();
        assert_eq!(text, format!("threshold: gradient compression of type {name} takes none, got '0.5'"));
    }
}
