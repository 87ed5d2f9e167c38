//! Adds the rescaled gradient to the weight (MXNet `Test`, made for its own tests).

use super::Compat;
use crate::array::{NdArray, Storage};
use crate::base::Result;
use crate::base::sync::Arc;
use crate::ops::kernels::real::Real;
use crate::optimizer::elementwise::{Elementwise, run};
use crate::optimizer::params::Reader;
use crate::optimizer::{Counting, Operands, Rule, Step};

struct Test;

pub(super) fn build(_: &Reader<'_>, _: &Compat) -> Result<Arc<dyn Rule>> {
    Ok(Arc::new(Test))
}

impl Rule for Test {
    fn states(&self) -> &'static [&'static str] {
        &["copy"]
    }

    fn counting(&self) -> Counting {
        Counting::Never
    }

    fn check(&self, weight: &NdArray, _: &NdArray, _: f64, _: bool) -> Result<()> {
        crate::ensure!(
            weight.storage() != Storage::RowSparse,
            StorageType,
            "weight: Test takes dense weights, got row_sparse"
        );
        Ok(())
    }

    fn update(&self, step: &Step, operands: &Operands<'_>) -> Result<()> {
        run(self, step, operands)
    }

    fn fuses(&self) -> bool {
        true
    }
}

impl Elementwise<1> for Test {
    /// The factor on the gradient.
    type Kernel<T: Real> = T;

    fn kernel<T: Real>(&self, step: &Step) -> T {
        T::from_f64(step.rescale)
    }

    fn apply<T: Real>(rescale: &T, w: &mut [T], g: &[T], [copy]: [&mut [T]; 1]) {
        for ((w, g), copy) in w.iter_mut().zip(g).zip(copy) {
            *w = *w + *g * *rescale;
            *copy = *w;
        }
    }
}
