//! `FactorScheduler`: the rate is multiplied by a factor every so many updates, down to a least value.

use super::{Common, Curve, factor};
use crate::base::Result;
use crate::optimizer::params::Reader;

struct Factor {
    step: i64,
    factor: f64,
    stop: f64,
    count: i64,
}

pub(super) fn build(reader: &Reader<'_>, _: &Common) -> Result<Box<dyn Curve>> {
    let given = reader.whole("step")?;
    let step = given.ok_or_else(|| reader.bad("step", "a number of updates", "nothing"))?;
    if step < 1 {
        return Err(reader.bad("step", "1 or more", &step.to_string()));
    }
    let stop = reader.number_or("stop_factor_lr", 1e-8)?;
    Ok(Box::new(Factor { step, factor: factor(reader)?, stop, count: 0 }))
}

/// Reductions that are made each with its rounding, as in MXNet. More are due only where a number of updates came
/// from outside, and would take hours.
const ONE_BY_ONE: i64 = 1 << 20;

impl Factor {
    fn lowered(&self, base: f64, factor: f64) -> f64 {
        let next = base * factor;
        if next < self.stop { self.stop } else { next }
    }
}

impl Curve for Factor {
    fn rate(&mut self, n: i64, base: &mut f64) -> f64 {
        let due = n.saturating_sub(self.count).saturating_sub(1) / self.step;
        for _ in 0..due.min(ONE_BY_ONE) {
            let next = self.lowered(*base, self.factor);
            if next == *base || next.is_nan() {
                break;
            }
            *base = next;
        }
        if due > ONE_BY_ONE {
            *base = self.lowered(*base, self.factor.powf((due - ONE_BY_ONE) as f64));
        }
        self.count = self.count.saturating_add(due.max(0).saturating_mul(self.step));
        *base
    }

    fn position(&self) -> i64 {
        self.count
    }

    fn restore(&mut self, position: i64) {
        self.count = position;
    }
}
