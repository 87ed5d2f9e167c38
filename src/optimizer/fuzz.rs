//! What the fuzz target `optimizer_read` does with any bytes: descriptions and saved states come from files and from
//! the network.

use super::{Index, Optimizer, Scalar, Spec};
use crate::array::{DType, Device, NdArray, Shape};
use crate::base::sync::Arc;
use crate::engine::{Engine, Mode};
use crate::telemetry::Trace;

/// Takes any bytes. The first one, a digit in readable seeds, says what the rest is: a JSON description, a saved file
/// whose frame and checksum are made here (the description ends at the first zero), a file whose checksum is
/// corrected, or a file as it is. Ends with an optimizer that has worked and survives being saved, or with an error.
pub fn fuzz(bytes: &[u8]) {
    let Some((kind, rest)) = bytes.split_first() else { return };
    let engine = Engine::new(Mode::Naive, Arc::new(Trace::default()));
    let made = match kind % 4 {
        0 => std::str::from_utf8(rest).ok().and_then(|text| {
            let spec = Spec::from_json(text).ok()?;
            let again = Spec::from_json(&spec.to_json()).map(|again| again.to_json());
            assert_eq!(again.ok().as_deref(), Some(&*spec.to_json()), "a description survives JSON");
            Optimizer::new(&spec, engine.clone()).ok()
        }),
        1 => Optimizer::from_saved(&framed(rest), engine.clone(), &|_| Ok(None)).ok(),
        2 => Optimizer::from_saved(&corrected(rest), engine.clone(), &|_| Ok(None)).ok(),
        _ => Optimizer::from_saved(rest, engine.clone(), &|_| Ok(None)).ok(),
    };
    let Some(optimizer) = made else { return };
    saves(&optimizer, &engine);
    work(&optimizer);
    saves(&optimizer, &engine);
}

fn framed(rest: &[u8]) -> Vec<u8> {
    let end = rest.iter().position(|byte| *byte == 0).unwrap_or(rest.len());
    let arrays = rest.get(end + 1..).unwrap_or_default();
    let mut file = [&b"mxkv-opt"[..], &1u32.to_le_bytes()].concat();
    for piece in [&rest[..end], arrays] {
        file.extend_from_slice(&(piece.len() as u64).to_le_bytes());
        file.extend_from_slice(piece);
    }
    let checksum = crc32fast::hash(&file);
    file.extend_from_slice(&checksum.to_le_bytes());
    file
}

fn corrected(rest: &[u8]) -> Vec<u8> {
    let body = &rest[..rest.len().saturating_sub(4)];
    [body, &crc32fast::hash(body).to_le_bytes()].concat()
}

/// Updates of the keys that it knows, of a new one and of one in float16; errors are fine.
fn work(optimizer: &Optimizer) {
    let mut indices: Vec<Index> =
        optimizer.states().unwrap_or_default().into_iter().map(|(index, _)| index).take(4).collect();
    indices.extend([Index::from(0), Index::from("fc_weight")]);
    for (number, index) in indices.iter().enumerate() {
        let dtype = if number % 3 == 2 { DType::Float16 } else { DType::Float32 };
        let shape = Shape::new(&[2, 3]);
        let (Ok(weight), Ok(gradient)) = (
            NdArray::zeros(shape.clone(), dtype, Device::cpu(0)),
            NdArray::zeros(shape, dtype, Device::cpu(0)),
        ) else {
            return;
        };
        for _ in 0..3 {
            let _ = optimizer.update(index, &weight, &gradient);
        }
    }
    let _ = optimizer.set(Scalar::LearningRate, 0.5);
}

/// What is saved gives the same optimizer again.
fn saves(optimizer: &Optimizer, engine: &Engine) {
    let Ok(saved) = optimizer.save_states() else { return };
    let again =
        Optimizer::from_saved(&saved, engine.clone(), &|_| Ok(None)).and_then(|again| again.save_states());
    assert!(again.is_ok_and(|again| again == saved), "a saved optimizer survives being loaded");
}
