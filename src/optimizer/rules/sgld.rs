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
        if let Some(updates) = planning.shared.first_mut() {
            *updates += 1.0;
            step.extra[0] = *updates;
        }
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
        let deviation = step.lr.max(0.0).sqrt();
        // Sequences of neighbouring seeds are unrelated only after mixing.
        let seed = Random::of(self.seed as u64, step.extra[0] as usize).word();
        for (number, (w, g)) in arrays.weight.iter_mut().zip(arrays.gradient).enumerate() {
            *w = *w + half * (prepare.apply(*g) + wd * *w);
            *w = *w + T::from_f64(deviation * Random::of(seed, number).normal());
        }
    }
}
