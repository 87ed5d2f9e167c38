//! AdaDelta (MXNet `AdaDelta`; Zeiler 2012). The learning rate is not used.

use super::{Compat, refuse_other_floats};
use crate::array::NdArray;
use crate::base::Result;
use crate::base::sync::Arc;
use crate::ops::kernels::real::Real;
use crate::ops::kernels::update::Prepare;
use crate::optimizer::elementwise::{Elementwise, run};
use crate::optimizer::params::Reader;
use crate::optimizer::{Operands, Rule, Step};

struct AdaDelta {
    rho: f64,
    epsilon: f64,
    mxnet_1_9_1: bool,
}

pub(super) fn build(reader: &Reader<'_>, compat: &Compat) -> Result<Arc<dyn Rule>> {
    Ok(Arc::new(AdaDelta {
        rho: reader.number_or("rho", 0.9)?,
        epsilon: reader.number_or("epsilon", 1e-5)?,
        mxnet_1_9_1: compat.mxnet_1_9_1,
    }))
}

impl Rule for AdaDelta {
    fn states(&self) -> &'static [&'static str] {
        &["acc_grad", "acc_delta"]
    }

    fn check(&self, weight: &NdArray, _: &NdArray, _: f64, master: bool) -> Result<()> {
        refuse_other_floats(self.mxnet_1_9_1, weight, master)
    }

    fn update(&self, step: &Step, operands: &Operands<'_>) -> Result<()> {
        run(self, step, operands)
    }

    fn fuses(&self) -> bool {
        true
    }
}

struct Kernel<T> {
    rho: T,
    rest: T,
    epsilon: T,
    wd: T,
    prepare: Prepare<T>,
}

impl Elementwise<2> for AdaDelta {
    type Kernel<T: Real> = Kernel<T>;

    fn kernel<T: Real>(&self, step: &Step) -> Kernel<T> {
        Kernel {
            rho: T::from_f64(self.rho),
            rest: T::from_f64(1.0 - self.rho),
            epsilon: T::from_f64(self.epsilon),
            wd: T::from_f64(step.wd),
            prepare: step.prepare_composed(),
        }
    }

    /// With r = clip(rescale*g): `a = rho*a + (1-rho)*r*r; d = sqrt(b + epsilon)/sqrt(a + epsilon)*r;`
    /// `b = rho*b + (1-rho)*d*d; w -= d + wd*w`
    fn apply<T: Real>(kernel: &Kernel<T>, w: &mut [T], g: &[T], [a, b]: [&mut [T]; 2]) {
        for (((w, g), a), b) in w.iter_mut().zip(g).zip(a).zip(b) {
            let r = kernel.prepare.apply(*g);
            *a = *a * kernel.rho + kernel.rest * r * r;
            let d = (*b + kernel.epsilon).sqrt() / (*a + kernel.epsilon).sqrt() * r;
            *b = *b * kernel.rho + kernel.rest * d * d;
            *w = *w - (d + kernel.wd * *w);
        }
    }
}
