//! `2bit`: each element becomes +threshold, -threshold or 0.

use super::{Codec, Scheme};
use crate::base::Result;

pub struct TwoBit {
    threshold: f32,
}

const PLUS: u8 = 0b11;
const MINUS: u8 = 0b10;

impl TwoBit {
    /// `threshold` must be greater than 0; infinity is allowed.
    pub fn new(threshold: f32) -> Result<Self> {
        crate::ensure!(threshold > 0.0, Config, "threshold must be greater than 0, got {threshold}");
        Ok(TwoBit { threshold })
    }

    /// The code of one element. At most one threshold is taken out of the residual, and exactly ±threshold
    /// counts as reached. NaN stays in the residual and says 0.
    #[inline]
    fn code(&self, gradient: f32, residual: &mut f32) -> u8 {
        let sum = *residual + gradient;
        let (plus, minus) = (sum >= self.threshold, sum <= -self.threshold);
        let sent = if plus {
            self.threshold
        } else if minus {
            -self.threshold
        } else {
            0.0
        };
        *residual = sum - sent;
        if plus { PLUS } else { u8::from(minus) * MINUS }
    }
}

impl Codec for TwoBit {
    fn scheme(&self) -> Scheme {
        Scheme::TwoBit
    }

    fn threshold(&self) -> Option<f32> {
        Some(self.threshold)
    }

    fn encode(&self, gradient: &[f32], residual: &mut [f32], packed: &mut [u8]) {
        let used = gradient.len().div_ceil(4);
        let fours = gradient.chunks(4).zip(residual.chunks_mut(4));
        for (byte, (gradient, residual)) in packed.iter_mut().zip(fours) {
            let codes = gradient.iter().zip(residual).enumerate();
            *byte = codes.fold(0, |byte, (i, (gradient, residual))| {
                byte | self.code(*gradient, residual) << (6 - 2 * i)
            });
        }
        packed.iter_mut().skip(used).for_each(|byte| *byte = 0);
    }

    fn decode(&self, packed: &[u8], to: &mut [f32]) {
        // The code 01 is never sent.
        let meaning = [0.0, 0.0, -self.threshold, self.threshold];
        for (byte, to) in packed.iter().zip(to.chunks_mut(4)) {
            for (i, to) in to.iter_mut().enumerate() {
                *to = meaning[usize::from(byte >> (6 - 2 * i) & 0b11)];
            }
        }
    }
}
