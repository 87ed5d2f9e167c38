//! `NAG`: with momentum m, `g = g + wd*w`, `m = momentum*m + g`, `w = w + (g + momentum*m)*(-lr)`: the momentum is
//! not scaled by the learning rate as it is in Python. Without momentum it is `SGD`.

use super::common::{Decays, Prepared, real};
use super::sgd::Plain;
use crate::base::Result;
use crate::base::sync::Arc;
use crate::ops::kernels::real::Real;
use crate::optimizer::elementwise::{Elementwise, run};
use crate::optimizer::params::Reader;
use crate::optimizer::rules::Compat;
use crate::optimizer::{Counting, Operands, Planning, Rule, Step};

struct Nag {
    momentum: f64,
    decays: Decays,
}

pub(super) fn build(reader: &Reader<'_>, _: &Compat) -> Result<Arc<dyn Rule>> {
    Ok(Arc::new(Nag { momentum: reader.number_or("momentum", 0.0)?, decays: Decays::new(reader)? }))
}

impl Rule for Nag {
    /// The JVM asks the schedule first.
    fn counting(&self) -> Counting {
        Counting::After
    }

    fn states(&self) -> &'static [&'static str] {
        if self.momentum == 0.0 { &[] } else { &["momentum"] }
    }

    fn plan(&self, step: &mut Step, planning: &mut Planning<'_>) -> Result<()> {
        self.decays.plan(step, planning);
        Ok(())
    }

    fn update(&self, step: &Step, operands: &Operands<'_>) -> Result<()> {
        if self.momentum == 0.0 {
            return run::<_, 0>(&Plain, step, operands);
        }
        run::<_, 1>(&Momentum(self.momentum), step, operands)
    }

    fn fuses(&self) -> bool {
        true
    }
}

struct Kernel<T> {
    minus_lr: T,
    wd: T,
    momentum: T,
    prepared: Prepared<T>,
}

struct Momentum(f64);

impl Elementwise<1> for Momentum {
    type Kernel<T: Real> = Kernel<T>;
    fn kernel<T: Real>(&self, step: &Step) -> Kernel<T> {
        Kernel {
            minus_lr: real(-step.lr),
            wd: real(step.wd),
            momentum: real(self.0),
            prepared: Prepared::new(step),
        }
    }
    fn apply<T: Real>(kernel: &Kernel<T>, w: &mut [T], g: &[T], [m]: [&mut [T]; 1]) {
        for ((w, g), m) in w.iter_mut().zip(g).zip(m) {
            let g = kernel.prepared.apply(*g) + kernel.wd * *w;
            *m = kernel.momentum * *m + g;
            *w = *w + (g + kernel.momentum * *m) * kernel.minus_lr;
        }
    }
}
