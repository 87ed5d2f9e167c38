//! The bodies of commands.

use crate::base::Result;
use crate::base::sync::Arc;
use crate::compression::{Codec, Half, OneBit, Scheme, TwoBit};
use crate::err;

/// The gradient compression that a worker announces as `<type>,<threshold>`. MXNet 1.9.1 numbers the types 0
/// (none) and 1 (2bit). Our workers write the name instead of the number, and all digits of the threshold: MXNet
/// prints six, and a threshold that they do not hold decodes to something else than was encoded. A type without a
/// threshold stands alone.
pub(super) fn compression(body: &str) -> Result<Option<Arc<dyn Codec>>> {
    let bad = || err!(Protocol, "gradient compression: expected '<type>,<threshold>', got '{body}'");
    if let Some(half) = Half::named(body.trim()) {
        return Ok(Some(Arc::new(half)));
    }
    let (scheme, threshold) = body.split_once(',').ok_or_else(bad)?;
    let threshold: f32 = threshold.trim().parse().map_err(|_| bad())?;
    match scheme.trim() {
        "0" | "none" => Ok(None),
        "1" => Ok(Some(Arc::new(TwoBit::new(threshold)?))),
        name if name == Scheme::TwoBit.name() => Ok(Some(Arc::new(TwoBit::new(threshold)?))),
        name if name == Scheme::OneBit.name() => Ok(Some(Arc::new(OneBit::new(threshold)))),
        _ => Err(bad()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_are_read_and_nonsense_is_an_error() {
        let scheme = |body: &str| compression(body).unwrap().map(|codec| (codec.scheme(), codec.threshold()));
        assert_eq!(scheme("1,0.500000"), Some((Scheme::TwoBit, Some(0.5))));
        assert_eq!(scheme("2bit,0.12345678"), Some((Scheme::TwoBit, Some(0.123_456_78))));
        assert_eq!(scheme("1bit,0"), Some((Scheme::OneBit, Some(0.0))));
        assert_eq!(scheme("fp16"), Some((Scheme::Half(Half::Float16), None)));
        assert_eq!(scheme("bf16"), Some((Scheme::Half(Half::Bfloat16), None)));
        assert_eq!(scheme("0,0.500000"), None);
        for bad in ["", "1", "1,", "3,0.5", "1,x", "2bit,-1", "fp16,0.5"] {
            assert!(compression(bad).is_err(), "{bad}");
        }
    }
}
