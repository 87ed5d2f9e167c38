//! `SGD`: with momentum m, `m = momentum*m + (wd*w + g)*(-lr)`, `w = w + m`; without, `w = w + (wd0*w + g)*(-lr)`,
//! where wd0 is the weight decay without multipliers.

use super::common::{Decays, Prepared, real};
use crate::base::Result;
use crate::base::sync::Arc;
use crate::ops::kernels::real::Real;
use crate::optimizer::elementwise::{Elementwise, run};
use crate::optimizer::params::Reader;
use crate::optimizer::rules::Compat;
use crate::optimizer::{Counting, Operands, Planning, Rule, Step};

/// SGD or NAG: they differ in the form `M` that they take with momentum.
pub(super) struct Descent<M> {
    momentum: f64,
    form: M,
    decays: Decays,
}

impl<M> Descent<M> {
    pub(super) fn new(reader: &Reader<'_>, form: impl FnOnce(f64) -> M) -> Result<Self> {
        let momentum = reader.number_or("momentum", 0.0)?;
        Ok(Descent { momentum, form: form(momentum), decays: Decays::new(reader)? })
    }
}

pub(super) fn build(reader: &Reader<'_>, _: &Compat) -> Result<Arc<dyn Rule>> {
    Ok(Arc::new(Descent::new(reader, Momentum)?))
}

impl<M: Elementwise<1> + Send> Rule for Descent<M> {
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
        run::<_, 1>(&self.form, step, operands)
    }

    fn fuses(&self) -> bool {
        true
    }
}

pub(super) struct Kernel<T> {
    pub minus_lr: T,
    pub wd: T,
    pub momentum: T,
    pub prepared: Prepared<T>,
}

impl<T: Real> Kernel<T> {
    pub(super) fn new(step: &Step, wd: f64, momentum: f64) -> Self {
        Kernel {
            minus_lr: real(-step.lr),
            wd: real(wd),
            momentum: real(momentum),
            prepared: Prepared::new(step),
        }
    }
}

/// NAG without momentum is this too.
struct Plain;

impl Elementwise<0> for Plain {
    type Kernel<T: Real> = Kernel<T>;
    fn kernel<T: Real>(&self, step: &Step) -> Kernel<T> {
        Kernel::new(step, step.base_wd, 0.0)
    }
    fn apply<T: Real>(kernel: &Kernel<T>, w: &mut [T], g: &[T], _: [&mut [T]; 0]) {
        for (w, g) in w.iter_mut().zip(g) {
            *w = *w + (kernel.wd * *w + kernel.prepared.apply(*g)) * kernel.minus_lr;
        }
    }
}

struct Momentum(f64);

impl Elementwise<1> for Momentum {
    type Kernel<T: Real> = Kernel<T>;
    fn kernel<T: Real>(&self, step: &Step) -> Kernel<T> {
        Kernel::new(step, step.wd, self.0)
    }
    fn apply<T: Real>(kernel: &Kernel<T>, w: &mut [T], g: &[T], [m]: [&mut [T]; 1]) {
        for ((w, g), m) in w.iter_mut().zip(g).zip(m) {
            *m = kernel.momentum * *m + (kernel.wd * *w + kernel.prepared.apply(*g)) * kernel.minus_lr;
            *w = *w + *m;
        }
    }
}
