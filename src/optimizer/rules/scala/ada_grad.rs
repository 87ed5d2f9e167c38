//! `AdaGrad`: `h = h + g*g`, `w = w + (g/sqrt(h+epsilon) + wd0*w)*(-lr)`, where wd0 is the weight decay without
//! multipliers. It scales gradients by a parameter of its own and clips nothing.

use super::common::real;
use crate::base::Result;
use crate::base::sync::Arc;
use crate::ops::kernels::real::Real;
use crate::optimizer::elementwise::{Elementwise, run};
use crate::optimizer::params::Reader;
use crate::optimizer::rules::Compat;
use crate::optimizer::{Operands, Rule, Step};

struct AdaGrad {
    rescale: f64,
    epsilon: f64,
}

pub(super) fn build(reader: &Reader<'_>, _: &Compat) -> Result<Arc<dyn Rule>> {
    // Nothing decays by itself, so which weights decay does not matter.
    reader.text("decay_only");
    Ok(Arc::new(AdaGrad {
        rescale: reader.number_or("rescale_gradient", 1.0)?,
        epsilon: reader.number_or("epsilon", 1e-7)?,
    }))
}

impl Rule for AdaGrad {
    fn states(&self) -> &'static [&'static str] {
        &["history"]
    }

    fn update(&self, step: &Step, operands: &Operands<'_>) -> Result<()> {
        run::<_, 1>(self, step, operands)
    }

    fn fuses(&self) -> bool {
        true
    }
}

struct Kernel<T> {
    minus_lr: T,
    wd: T,
    rescale: T,
    epsilon: T,
}

impl Elementwise<1> for AdaGrad {
    type Kernel<T: Real> = Kernel<T>;
    fn kernel<T: Real>(&self, step: &Step) -> Kernel<T> {
        Kernel {
            minus_lr: real(-step.lr),
            wd: real(step.base_wd),
            rescale: real(self.rescale),
            epsilon: real(self.epsilon),
        }
    }
    fn apply<T: Real>(kernel: &Kernel<T>, w: &mut [T], g: &[T], [h]: [&mut [T]; 1]) {
        let Kernel { minus_lr, wd, rescale, epsilon } = *kernel;
        for ((w, g), h) in w.iter_mut().zip(g).zip(h) {
            let g = *g * rescale;
            *h = *h + g * g;
            *w = *w + (g / (*h + epsilon).sqrt() + wd * *w) * minus_lr;
        }
    }
}
