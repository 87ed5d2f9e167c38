//! `RMSProp`, always the centered form: `n = (1-gamma1)*g*g + gamma1*n`, `q = (1-gamma1)*g + gamma1*q`,
//! `d = gamma2*d - lr*(g/sqrt(n - q*q + 1e-4) + wd*w)`, `w = w + d`. A schedule is not looked at.

use super::common::{Decays, Prepared, real};
use crate::base::Result;
use crate::base::sync::Arc;
use crate::ops::kernels::real::Real;
use crate::optimizer::elementwise::{Elementwise, run};
use crate::optimizer::params::Reader;
use crate::optimizer::rules::Compat;
use crate::optimizer::{Operands, Planning, Rule, Step};

struct RmsProp {
    gamma1: f64,
    gamma2: f64,
    decays: Decays,
}

pub(super) fn build(reader: &Reader<'_>, _: &Compat) -> Result<Arc<dyn Rule>> {
    // The JVM's class stores it and never uses it.
    reader.text("rescale_gradient");
    Ok(Arc::new(RmsProp {
        gamma1: reader.number_or("gamma1", 0.95)?,
        gamma2: reader.number_or("gamma2", 0.9)?,
        decays: Decays::new(reader)?,
    }))
}

impl Rule for RmsProp {
    fn states(&self) -> &'static [&'static str] {
        &["n", "g", "delta"]
    }

    fn plan(&self, step: &mut Step, planning: &mut Planning<'_>) -> Result<()> {
        self.decays.plan(step, planning);
        Ok(())
    }

    fn update(&self, step: &Step, operands: &Operands<'_>) -> Result<()> {
        run::<_, 3>(self, step, operands)
    }

    fn fuses(&self) -> bool {
        true
    }
}

struct Kernel<T> {
    lr: T,
    wd: T,
    gamma1: T,
    rest: T,
    gamma2: T,
    small: T,
    prepared: Prepared<T>,
}

impl Elementwise<3> for RmsProp {
    type Kernel<T: Real> = Kernel<T>;
    fn kernel<T: Real>(&self, step: &Step) -> Kernel<T> {
        Kernel {
            lr: real(step.lr),
            wd: real(step.wd),
            gamma1: real(self.gamma1),
            rest: T::from_f32(1.0 - self.gamma1 as f32),
            gamma2: real(self.gamma2),
            small: real(1e-4),
            prepared: Prepared::new(step),
        }
    }
    fn apply<T: Real>(kernel: &Kernel<T>, w: &mut [T], g: &[T], [n, q, d]: [&mut [T]; 3]) {
        let Kernel { lr, wd, gamma1, rest, gamma2, small, prepared } = *kernel;
        for ((((w, g), n), q), d) in w.iter_mut().zip(g).zip(n).zip(q).zip(d) {
            let g = prepared.apply(*g);
            *n = rest * (g * g) + gamma1 * *n;
            *q = rest * g + gamma1 * *q;
            *d = gamma2 * *d - lr * (g / (*n - *q * *q + small).sqrt() + wd * *w);
            *w = *w + *d;
        }
    }
}
