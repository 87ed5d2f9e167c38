//! `NAG`: with momentum m, `g = g + wd*w`, `m = momentum*m + g`, `w = w + (g + momentum*m)*(-lr)`: the momentum is
//! not scaled by the learning rate as it is in Python. Without momentum it is `SGD`.

use super::sgd::{Descent, Kernel};
use crate::base::Result;
use crate::base::sync::Arc;
use crate::ops::kernels::real::Real;
use crate::optimizer::elementwise::Elementwise;
use crate::optimizer::params::Reader;
use crate::optimizer::rules::Compat;
use crate::optimizer::{Rule, Step};

pub(super) fn build(reader: &Reader<'_>, _: &Compat) -> Result<Arc<dyn Rule>> {
    Ok(Arc::new(Descent::new(reader, Momentum)?))
}

struct Momentum(f64);

impl Elementwise<1> for Momentum {
    type Kernel<T: Real> = Kernel<T>;
    fn kernel<T: Real>(&self, step: &Step) -> Kernel<T> {
        Kernel::new(step, step.wd, self.0)
    }
    fn apply<T: Real>(kernel: &Kernel<T>, w: &mut [T], g: &[T], [m]: [&mut [T]; 1]) {
        for ((w, g), m) in w.iter_mut().zip(g).zip(m) {
            let g = kernel.prepared.apply(*g) + kernel.wd * *w;
            *m = kernel.momentum * *m + g;
            *w = *w + (g + kernel.momentum * *m) * kernel.minus_lr;
        }
    }
}
