//! Numbers that numpy wrote: the name of an element type and the bytes of one element.

use super::allowed::Kind;
use super::tree::Value;
use half::f16;

pub(super) enum Scalar {
    Bool(bool),
    Int(i64),
    Float(f64),
}

impl Scalar {
    pub(super) fn as_bool(&self) -> Option<bool> {
        match self {
            Scalar::Bool(value) => Some(*value),
            _ => None,
        }
    }

    pub(super) fn as_int(&self) -> Option<i64> {
        match self {
            Scalar::Bool(value) => Some((*value).into()),
            Scalar::Int(value) => Some(*value),
            Scalar::Float(_) => None,
        }
    }

    pub(super) fn as_float(&self) -> Option<f64> {
        Some(match self {
            Scalar::Bool(value) => u8::from(*value).into(),
            Scalar::Int(value) => *value as f64,
            Scalar::Float(value) => *value,
        })
    }
}

/// The number that a call of `numpy.core.multiarray.scalar` would make.
pub(super) fn scalar(value: Value<'_, '_>) -> Option<Scalar> {
    if value.class()?.kind != Kind::NumpyScalar {
        return None;
    }
    let dtype = value.argument(0)?;
    if dtype.class()?.kind != Kind::NumpyDtype {
        return None;
    }
    let name = dtype.argument(0)?.as_text()?;
    // The state of a dtype begins with a version and the order of the bytes.
    let order = dtype.state().and_then(|state| state.item(1)?.as_text());
    let bytes = value.argument(1)?.as_bytes().filter(|bytes| bytes.len() <= 8)?;
    let mut bytes = bytes.into_owned();
    if order == Some(">") {
        bytes.reverse();
    }
    fn le<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
        bytes.try_into().ok()
    }
    Some(match name.trim_start_matches(['<', '>', '=', '|']) {
        "b1" => Scalar::Bool(u8::from_le_bytes(le(&bytes)?) != 0),
        "i1" => Scalar::Int(i8::from_le_bytes(le(&bytes)?).into()),
        "u1" => Scalar::Int(u8::from_le_bytes(le(&bytes)?).into()),
        "i2" => Scalar::Int(i16::from_le_bytes(le(&bytes)?).into()),
        "u2" => Scalar::Int(u16::from_le_bytes(le(&bytes)?).into()),
        "i4" => Scalar::Int(i32::from_le_bytes(le(&bytes)?).into()),
        "u4" => Scalar::Int(u32::from_le_bytes(le(&bytes)?).into()),
        "i8" => Scalar::Int(i64::from_le_bytes(le(&bytes)?)),
        "u8" => Scalar::Int(i64::try_from(u64::from_le_bytes(le(&bytes)?)).ok()?),
        "f2" => Scalar::Float(f16::from_le_bytes(le(&bytes)?).into()),
        "f4" => Scalar::Float(f32::from_le_bytes(le(&bytes)?).into()),
        "f8" => Scalar::Float(f64::from_le_bytes(le(&bytes)?)),
        _ => return None,
    })
}
