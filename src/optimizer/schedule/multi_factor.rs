//! `MultiFactorScheduler`: the rate is multiplied by a factor after each of the listed updates.

use super::{Common, Curve, factor};
use crate::base::Result;
use crate::optimizer::params::Reader;

struct MultiFactor {
    steps: Vec<i64>,
    factor: f64,
    passed: usize,
}

pub(super) fn build(reader: &Reader<'_>, _: &Common) -> Result<Box<dyn Curve>> {
    let expected = "an increasing list of numbers of updates, 1 or more";
    let steps = reader.wholes("step")?.ok_or_else(|| reader.bad("step", expected, "nothing"))?;
    let is_increasing = steps.windows(2).all(|pair| pair[0] < pair[1]);
    if steps.first().is_none_or(|first| *first < 1) || !is_increasing {
        return Err(reader.bad("step", expected, &format!("{steps:?}")));
    }
    Ok(Box::new(MultiFactor { steps, factor: factor(reader)?, passed: 0 }))
}

impl Curve for MultiFactor {
    fn rate(&mut self, n: i64, base: &mut f64) -> f64 {
        while self.steps.get(self.passed).is_some_and(|step| n > *step) {
            *base *= self.factor;
            self.passed += 1;
        }
        *base
    }

    fn position(&self) -> i64 {
        self.passed as i64
    }

    fn restore(&mut self, position: i64) {
        self.passed = usize::try_from(position).unwrap_or(0);
    }
}
