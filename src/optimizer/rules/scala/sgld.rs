//! `SGLD`: `w = w + (wd0*w + g)*(-lr/2) + noise` of mean 0 and variance lr, where wd0 is the weight decay without
//! multipliers. The noise depends on the number of updates, as that of Python's.

use super::common::{Prepared, real};
use crate::base::Result;
use crate::base::sync::Arc;
use crate::ops::kernels::number::Number;
use crate::ops::kernels::real::Real;
use crate::optimizer::params::Reader;
use crate::optimizer::rules::Compat;
use crate::optimizer::rules::sgld::{Noise, count_update};
use crate::optimizer::whole::{Whole, whole};
use crate::optimizer::{Counting, Memory, Operands, Planning, Rule, Step};
use smallvec::smallvec;

struct Sgld;

pub(super) fn build(reader: &Reader<'_>, _: &Compat) -> Result<Arc<dyn Rule>> {
    // The decay has no multipliers.
    reader.text("decay_only");
    // The JVM's class stores it and never uses it.
    reader.text("rescale_gradient");
    Ok(Arc::new(Sgld))
}

impl Rule for Sgld {
    /// The JVM asks the schedule first.
    fn counting(&self) -> Counting {
        Counting::After
    }

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
            apply::<T>(step, arrays);
            Ok(())
        })
    }
}

fn apply<T: Real + Number>(step: &Step, arrays: &mut Whole<'_, T>) {
    let (half, wd): (T, T) = (real(-step.lr / 2.0), real(step.base_wd));
    let (prepared, noise) = (Prepared::<T>::new(step), Noise::new(0, step));
    for (number, (w, g)) in arrays.weight.iter_mut().zip(arrays.gradient).enumerate() {
        *w = *w + (wd * *w + prepared.apply(*g)) * half + noise.at(number);
    }
}
