//! The text parameters of `MXKVStoreSetGradientCompression`, with MXNet's messages where it knows the type.

use super::{Codec, Half, OneBit, TwoBit};
use crate::base::Result;
use crate::base::sync::Arc;

const DEFAULT_THRESHOLD: f32 = 0.5;
const KNOWN: &str = "2bit, 1bit, fp16 and bf16";

/// The codec that `type` and `threshold` describe. Other keys are ignored, as in MXNet.
pub fn codec_from_params(params: &[(&str, &str)]) -> Result<Arc<dyn Codec>> {
    let find = |name: &str| params.iter().rev().find(|(key, _)| *key == name).map(|(_, value)| *value);
    let scheme = find("type").ok_or_else(|| {
        crate::err!(Config, "Required parameter type of string is not presented; known types are {KNOWN}")
    })?;
    if let Some(half) = Half::named(scheme) {
        return match find("threshold") {
            None => Ok(Arc::new(half)),
            Some(given) => Err(crate::err!(
                Config,
                "threshold: gradient compression of type {scheme} takes none, got '{given}'"
            )),
        };
    }
    let threshold = find("threshold").map_or(Ok(DEFAULT_THRESHOLD), parse_threshold)?;
    match scheme {
        "2bit" => Ok(Arc::new(TwoBit::new(threshold)?)),
        "1bit" => Ok(Arc::new(OneBit::new(threshold))),
        other => {
            Err(crate::err!(Config, "Unknown type for gradient compression {other}; known types are {KNOWN}"))
        }
    }
}

/// A float32 in decimal. A number that float32 cannot hold is refused rather than rounded to 0 or infinity.
fn parse_threshold(text: &str) -> Result<f32> {
    let invalid =
        || crate::err!(Config, "Invalid Parameter format for threshold expect float but value='{text}'");
    let digits = text.trim();
    let value: f32 = digits.parse().map_err(|_| invalid())?;
    let mantissa = digits.split(['e', 'E']).next().unwrap_or_default();
    let is_zero = !mantissa.contains(|c: char| ('1'..='9').contains(&c));
    let says_infinity = digits.to_ascii_lowercase().contains("inf");
    let fits = (value != 0.0 || is_zero) && (!value.is_infinite() || says_infinity);
    if fits { Ok(value) } else { Err(invalid()) }
}
