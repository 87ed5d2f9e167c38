//! Stochastic gradient Langevin dynamics (MXNet `SGLD`; Welling & Teh 2011): descent with noise.
//!
//! The noise depends on the parameter `seed` and the number of updates so far, both of which are saved, so training
//! that was interrupted goes on with the noise it would have had. MXNet draws from its global generator instead.

use super::Compat;
use crate::base::Result;
use crate::base::sync::Arc;
use crate::ops::kernels::number::Number;
use crate::ops::kernels::random::Random;
use crate::ops::kernels::real::Real;
use crate::ops::kernels::update::Prepare;
use crate::optimizer::params::Reader;
use crate::optimizer::whole::{Whole, whole};
use crate::optimizer::{Memory, Operands, Planning, Rule, Step};
use smallvec::smallvec;

struct Sgld {
    seed: i64,
}

/// Counts the updates of all keys in the rule's shared memory, for [`Noise`].
pub(super) fn count_update(step: &mut Step, planning: &mut Planning<'_>) {
    if let Some(updates) = planning.shared.first_mut() {
        *updates += 1.0;
        step.extra[0] = *updates;
    }
}

/// Normal noise of mean 0 and variance lr, another sequence for each update.
pub(super) struct Noise {
    seed: u64,
    deviation: f64,
}

impl Noise {
    /// Of a step that [`count_update`] has seen.
    pub(super) fn new(seed: u64, step: &Step) -> Self {
        // Sequences of neighbouring seeds are unrelated only after mixing.
        Noise { seed: Random::of(seed, step.extra[0] as usize).word(), deviation: step.lr.max(0.0).sqrt() }
    }

    pub(super) fn at<T: Number>(&self, number: usize) -> T {
        T::from_f64(self.deviation * Random::of(self.seed, number).normal())
    }
}

pub(super) fn build(reader: &Reader<'_>, _: &Compat) -> Result<Arc<dyn Rule>> {
    Ok(Arc::new(Sgld { seed: reader.whole_or("seed", 0)? }))
}

impl Rule for Sgld {
    fn states(&self) -> &'static [&'static str] {
        &[]
    }

    /// Updates of any key so far.
    fn memory(&self) -> (Memory, Memory) {
        (smallvec![0.0], smallvec![])
    }

    fn plan(&self, step: &mut Step, planning: &mut Planning<'_>) -> Result<()> {
        count_update(step, planning);
        Ok(())
    }

    fn update(&self, step: &Step, operands: &Operands<'_>) -> Result<()> {
        whole!(operands, T, |arrays| {
            self.apply::<T>(step, arrays);
            Ok(())
        })
    }
}

impl Sgld {
    /// With r = clip(rescale*g): `w += -lr/2*(r + wd*w); w += noise` of mean 0 and variance lr.
    fn apply<T: Real + Number>(&self, step: &Step, arrays: &mut Whole<'_, T>) {
        let (half, wd) = (T::from_f64(-step.lr / 2.0), T::from_f64(step.wd));
        let prepare: Prepare<T> = step.prepare_composed();
        let noise = Noise::new(self.seed as u64, step);
        for (number, (w, g)) in arrays.weight.iter_mut().zip(arrays.gradient).enumerate() {
            *w = *w + half * (prepare.apply(*g) + wd * *w);
            *w = *w + noise.at(number);
        }
    }
}
