//! Nesterov's accelerated gradient (MXNet `NAG`).

use super::{Compat, sgd};
use crate::base::Result;
use crate::base::sync::Arc;
use crate::ops::kernels::real::Real;
use crate::ops::kernels::update::nag::Nag as Kernel;
use crate::optimizer::elementwise::{Elementwise, run};
use crate::optimizer::params::Reader;
use crate::optimizer::{Operands, Rule, Step};

struct Nag {
    momentum: f64,
    /// The stored momentum decays by the weight after the update, as in 1.9.1.
    decay_from_new_weight: bool,
}

pub(super) fn build(reader: &Reader<'_>, compat: &Compat) -> Result<Arc<dyn Rule>> {
    let momentum = reader.number_or("momentum", 0.0)?;
    Ok(Arc::new(Nag { momentum, decay_from_new_weight: compat.mxnet_1_9_1 }))
}

impl Rule for Nag {
    fn states(&self) -> &'static [&'static str] {
        if self.momentum == 0.0 { &[] } else { &["momentum"] }
    }

    fn update(&self, step: &Step, operands: &Operands<'_>) -> Result<()> {
        match operands.states.is_empty() {
            true => sgd::single(0.0, step, operands),
            false => run::<_, 1>(self, step, operands),
        }
    }

    fn fuses(&self) -> bool {
        true
    }
}

impl Elementwise<1> for Nag {
    type Kernel<T: Real> = Kernel<T>;

    fn kernel<T: Real>(&self, step: &Step) -> Kernel<T> {
        Kernel {
            lr: T::from_f32(step.lr as f32),
            wd: T::from_f32(step.wd as f32),
            momentum: T::from_f32(self.momentum.max(0.0) as f32),
            prepare: step.prepare(),
            decay_from_new_weight: self.decay_from_new_weight,
        }
    }

    fn apply<T: Real>(kernel: &Kernel<T>, w: &mut [T], g: &[T], [m]: [&mut [T]; 1]) {
        kernel.step(w, g, m);
    }
}
