//! `PolyScheduler`: the rate falls to its final value along a power of the time left.

use super::{Common, Curve, max_update};
use crate::base::Result;
use crate::optimizer::params::Reader;

struct Poly {
    start: f64,
    last: f64,
    power: f64,
    max: i64,
    warmup: i64,
}

pub(super) fn build(reader: &Reader<'_>, common: &Common) -> Result<Box<dyn Curve>> {
    Ok(Box::new(Poly {
        start: common.base,
        last: reader.number_or("final_lr", 0.0)?,
        power: reader.number_or("pwr", 2.0)?,
        max: max_update(reader, common)?,
        warmup: common.warmup_steps,
    }))
}

impl Curve for Poly {
    /// Beyond `max_update` it is the last value that was asked for, as in MXNet.
    fn rate(&mut self, n: i64, base: &mut f64) -> f64 {
        if n <= self.max {
            let done = (n - self.warmup) as f64 / (self.max - self.warmup) as f64;
            *base = self.last + (self.start - self.last) * (1.0 - done).powf(self.power);
        }
        *base
    }
}
