//! Follow the moving leader (MXNet `FTML`).

use super::Compat;
use crate::base::Result;
use crate::base::sync::Arc;
use crate::ops::kernels::real::Real;
use crate::ops::kernels::update::ftml::Ftml as Kernel;
use crate::optimizer::elementwise::{Elementwise, run};
use crate::optimizer::params::Reader;
use crate::optimizer::{Operands, Rule, Step};

struct Ftml {
    beta1: f64,
    beta2: f64,
    epsilon: f64,
}

pub(super) fn build(reader: &Reader<'_>, _: &Compat) -> Result<Arc<dyn Rule>> {
    Ok(Arc::new(Ftml {
        beta1: reader.number_or("beta1", 0.6)?,
        beta2: reader.number_or("beta2", 0.999)?,
        epsilon: reader.number_or("epsilon", 1e-8)?,
    }))
}

impl Rule for Ftml {
    fn states(&self) -> &'static [&'static str] {
        &["d", "v", "z"]
    }

    fn update(&self, step: &Step, operands: &Operands<'_>) -> Result<()> {
        run(self, step, operands)
    }

    fn fuses(&self) -> bool {
        true
    }
}

impl Elementwise<3> for Ftml {
    type Kernel<T: Real> = Kernel<T>;

    fn kernel<T: Real>(&self, step: &Step) -> Kernel<T> {
        Kernel {
            lr: T::from_f32(step.lr as f32),
            beta1: T::from_f32(self.beta1 as f32),
            beta2: T::from_f32(self.beta2 as f32),
            epsilon: T::from_f64(self.epsilon),
            wd: T::from_f32(step.wd as f32),
            t: step.t,
            prepare: step.prepare(),
        }
    }

    fn apply<T: Real>(kernel: &Kernel<T>, w: &mut [T], g: &[T], states: [&mut [T]; 3]) {
        kernel.step(w, g, states);
    }
}
