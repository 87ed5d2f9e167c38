//! Adam with decoupled weight decay (Loshchilov & Hutter 2019). MXNet 1.9.1 has its operator and no class; names and
//! defaults of the parameters are those of MXNet 2.0's.

use super::Compat;
use super::adam::correction;
use crate::base::Result;
use crate::base::sync::Arc;
use crate::ops::kernels::real::Real;
use crate::ops::kernels::update::adamw::AdamW as Kernel;
use crate::optimizer::elementwise::{Elementwise, run};
use crate::optimizer::params::Reader;
use crate::optimizer::{Operands, Planning, Rule, Step};

struct AdamW {
    beta1: f64,
    beta2: f64,
    epsilon: f64,
    correct_bias: bool,
}

pub(super) fn build(reader: &Reader<'_>, _: &Compat) -> Result<Arc<dyn Rule>> {
    Ok(Arc::new(AdamW {
        beta1: reader.number_or("beta1", 0.9)?,
        beta2: reader.number_or("beta2", 0.999)?,
        epsilon: reader.number_or("epsilon", 1e-6)?,
        correct_bias: reader.flag_or("correct_bias", true)?,
    }))
}

impl Rule for AdamW {
    fn states(&self) -> &'static [&'static str] {
        &["mean", "var"]
    }

    /// The correction is kept apart from the rate, because the decay takes the rate alone.
    fn plan(&self, step: &mut Step, _: &mut Planning<'_>) -> Result<()> {
        step.extra[0] = if self.correct_bias { correction(self.beta1, self.beta2, step.t) } else { 1.0 };
        Ok(())
    }

    fn update(&self, step: &Step, operands: &Operands<'_>) -> Result<()> {
        run(self, step, operands)
    }

    fn fuses(&self) -> bool {
        true
    }
}

impl Elementwise<2> for AdamW {
    type Kernel<T: Real> = Kernel<T>;

    fn kernel<T: Real>(&self, step: &Step) -> Kernel<T> {
        Kernel {
            lr: T::from_f32(step.extra[0] as f32),
            eta: T::from_f32(step.lr as f32),
            beta1: T::from_f32(self.beta1 as f32),
            beta2: T::from_f32(self.beta2 as f32),
            epsilon: T::from_f32(self.epsilon as f32),
            wd: T::from_f32(step.wd as f32),
            prepare: step.prepare(),
        }
    }

    fn apply<T: Real>(kernel: &Kernel<T>, w: &mut [T], g: &[T], [mean, var]: [&mut [T]; 2]) {
        kernel.step(w, g, mean, var);
    }
}
