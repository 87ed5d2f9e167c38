//! `AdaDelta`: `a = rho*a + (1-rho)*g*g`, `c = sqrt(d+epsilon)/sqrt(a+epsilon)*g`, `d = rho*d + (1-rho)*c*c`,
//! `w = w*(1-wd0) - c`, where wd0 is the weight decay without multipliers. There is no learning rate.

use super::common::{Prepared, real};
use crate::base::Result;
use crate::base::sync::Arc;
use crate::ops::kernels::real::Real;
use crate::optimizer::elementwise::{Elementwise, run};
use crate::optimizer::params::Reader;
use crate::optimizer::rules::Compat;
use crate::optimizer::{Operands, Rule, Step};

struct AdaDelta {
    rho: f64,
    epsilon: f64,
}

pub(super) fn build(reader: &Reader<'_>, _: &Compat) -> Result<Arc<dyn Rule>> {
    // Nothing decays by itself, so which weights decay does not matter.
    reader.text("decay_only");
    // The JVM's class stores it and never uses it.
    reader.text("rescale_gradient");
    Ok(Arc::new(AdaDelta {
        rho: reader.number_or("rho", 0.05)?,
        epsilon: reader.number_or("epsilon", 1e-8)?,
    }))
}

impl Rule for AdaDelta {
    fn states(&self) -> &'static [&'static str] {
        &["acc_grad", "acc_delta"]
    }

    fn update(&self, step: &Step, operands: &Operands<'_>) -> Result<()> {
        run::<_, 2>(self, step, operands)
    }

    fn fuses(&self) -> bool {
        true
    }
}

struct Kernel<T> {
    rho: T,
    rest: T,
    epsilon: T,
    kept: T,
    prepared: Prepared<T>,
}

impl Elementwise<2> for AdaDelta {
    type Kernel<T: Real> = Kernel<T>;
    fn kernel<T: Real>(&self, step: &Step) -> Kernel<T> {
        Kernel {
            rho: real(self.rho),
            rest: T::from_f32(1.0 - self.rho as f32),
            epsilon: real(self.epsilon),
            kept: T::from_f32(1.0 - step.base_wd as f32),
            prepared: Prepared::new(step),
        }
    }
    fn apply<T: Real>(kernel: &Kernel<T>, w: &mut [T], g: &[T], [a, d]: [&mut [T]; 2]) {
        let Kernel { rho, rest, epsilon, kept, prepared } = *kernel;
        for (((w, g), a), d) in w.iter_mut().zip(g).zip(a).zip(d) {
            let g = prepared.apply(*g);
            *a = rho * *a + rest * g * g;
            let change = (*d + epsilon).sqrt() / (*a + epsilon).sqrt() * g;
            *d = rho * *d + rest * change * change;
            *w = *w * kept - change;
        }
    }
}
