//! `1bit`: each element becomes +1 or -1.

use super::{Codec, Scheme};

pub struct OneBit {
    threshold: f32,
}

impl OneBit {
    /// Elements above `threshold` become +1, all others (NaN too) -1. Any threshold is allowed.
    pub fn new(threshold: f32) -> Self {
        OneBit { threshold }
    }
}

impl Codec for OneBit {
    fn scheme(&self) -> Scheme {
        Scheme::OneBit
    }

    fn threshold(&self) -> Option<f32> {
        Some(self.threshold)
    }

    fn encode(&self, gradient: &[f32], residual: &mut [f32], packed: &mut [u8]) {
        let used = gradient.len().div_ceil(8);
        let eights = gradient.chunks(8).zip(residual.chunks_mut(8));
        for (byte, (gradient, residual)) in packed.iter_mut().zip(eights) {
            let elements = gradient.iter().zip(residual).enumerate();
            *byte = elements.fold(0, |byte, (i, (gradient, residual))| {
                let sum = *residual + gradient;
                let bit = sum > self.threshold;
                *residual = if bit { sum - 1.0 } else { sum + 1.0 };
                byte | u8::from(bit) << (7 - i)
            });
        }
        packed.iter_mut().skip(used).for_each(|byte| *byte = 0);
    }

    fn decode(&self, packed: &[u8], to: &mut [f32]) {
        for (byte, to) in packed.iter().zip(to.chunks_mut(8)) {
            for (i, to) in to.iter_mut().enumerate() {
                *to = if byte >> (7 - i) & 1 == 1 { 1.0 } else { -1.0 };
            }
        }
    }
}
