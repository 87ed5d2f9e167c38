//! Adamax (MXNet `Adamax`; Kingma & Ba 2015).

use super::Compat;
use crate::base::Result;
use crate::base::sync::Arc;
use crate::ops::kernels::real::Real;
use crate::ops::kernels::update::Prepare;
use crate::optimizer::elementwise::{Elementwise, run};
use crate::optimizer::params::Reader;
use crate::optimizer::{Operands, Planning, Rule, Step};

struct Adamax {
    beta1: f64,
    beta2: f64,
    /// 1.9.1 divides 0 by 0 where there never was a gradient; otherwise such elements stay.
    mxnet_1_9_1: bool,
}

pub(super) fn build(reader: &Reader<'_>, compat: &Compat) -> Result<Arc<dyn Rule>> {
    Ok(Arc::new(Adamax {
        beta1: reader.number_or("beta1", 0.9)?,
        beta2: reader.number_or("beta2", 0.999)?,
        mxnet_1_9_1: compat.mxnet_1_9_1,
    }))
}

impl Rule for Adamax {
    fn states(&self) -> &'static [&'static str] {
        &["mean", "inf_norm"]
    }

    fn plan(&self, step: &mut Step, _: &mut Planning<'_>) -> Result<()> {
        step.lr /= 1.0 - self.beta1.powf(f64::from(step.t));
        Ok(())
    }

    fn update(&self, step: &Step, operands: &Operands<'_>) -> Result<()> {
        run(self, step, operands)
    }

    fn fuses(&self) -> bool {
        true
    }
}

struct Kernel<T> {
    lr: T,
    beta1: T,
    rest: T,
    beta2: T,
    wd: T,
    prepare: Prepare<T>,
    divides_by_zero: bool,
}

impl Elementwise<2> for Adamax {
    type Kernel<T: Real> = Kernel<T>;

    fn kernel<T: Real>(&self, step: &Step) -> Kernel<T> {
        Kernel {
            lr: T::from_f64(step.lr),
            beta1: T::from_f64(self.beta1),
            rest: T::from_f64(1.0 - self.beta1),
            beta2: T::from_f64(self.beta2),
            wd: T::from_f64(step.wd),
            prepare: step.prepare_composed(),
            divides_by_zero: self.mxnet_1_9_1,
        }
    }

    /// With r = clip(rescale*g + wd*w): `m = b1*m + (1-b1)*r; u = max(b2*u, |r|); w -= lr*m/u`
    fn apply<T: Real>(kernel: &Kernel<T>, w: &mut [T], g: &[T], [m, u]: [&mut [T]; 2]) {
        for (((w, g), m), u) in w.iter_mut().zip(g).zip(m).zip(u) {
            let r = kernel.prepare.bound(*g * kernel.prepare.rescale + kernel.wd * *w);
            *m = *m * kernel.beta1 + kernel.rest * r;
            let (decayed, size) = (kernel.beta2 * *u, r.abs());
            *u = if decayed > size { decayed } else { size };
            if kernel.divides_by_zero || *u != T::ZERO {
                *w = *w - kernel.lr * *m / *u;
            }
        }
    }
}
