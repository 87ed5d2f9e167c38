//! `DCASGD`: `d = (g + wd*w + lamda*g*g*(w - previous))*(-lr)`, `m = momentum*m + d` or `d`, `previous = w`,
//! `w = w + m`. Its momentum works, unlike Python's.

use super::common::{Decays, Prepared, real};
use crate::array::NdArray;
use crate::base::Result;
use crate::base::sync::Arc;
use crate::ops::kernels::real::Real;
use crate::ops::kernels::storage::cast_into;
use crate::optimizer::elementwise::{Elementwise, run};
use crate::optimizer::params::Reader;
use crate::optimizer::rules::Compat;
use crate::optimizer::{Counting, Operands, Planning, Rule, Step};

struct Dcasgd {
    momentum: f64,
    lamda: f64,
    decays: Decays,
}

pub(super) fn build(reader: &Reader<'_>, _: &Compat) -> Result<Arc<dyn Rule>> {
    Ok(Arc::new(Dcasgd {
        momentum: reader.number_or("momentum", 0.0)?,
        lamda: reader.number_or("lamda", 0.04)?,
        decays: Decays::new(reader)?,
    }))
}

impl Rule for Dcasgd {
    /// The JVM asks the schedule first.
    fn counting(&self) -> Counting {
        Counting::After
    }

    fn states(&self) -> &'static [&'static str] {
        if self.momentum == 0.0 { &["previous_weight"] } else { &["momentum", "previous_weight"] }
    }

    fn start_states(&self, weight: &NdArray, states: &[NdArray]) -> Result<()> {
        states.last().map_or(Ok(()), |previous| cast_into(weight, previous))
    }

    fn plan(&self, step: &mut Step, planning: &mut Planning<'_>) -> Result<()> {
        self.decays.plan(step, planning);
        Ok(())
    }

    fn update(&self, step: &Step, operands: &Operands<'_>) -> Result<()> {
        if self.momentum == 0.0 {
            return run::<_, 1>(&Plain(self), step, operands);
        }
        run::<_, 2>(&Momentum(self), step, operands)
    }

    fn fuses(&self) -> bool {
        true
    }
}

struct Kernel<T> {
    minus_lr: T,
    wd: T,
    lamda: T,
    momentum: T,
    prepared: Prepared<T>,
}

impl<T: Real> Kernel<T> {
    fn new(rule: &Dcasgd, step: &Step) -> Self {
        Kernel {
            minus_lr: real(-step.lr),
            wd: real(step.wd),
            lamda: real(rule.lamda),
            momentum: real(rule.momentum),
            prepared: Prepared::new(step),
        }
    }

    fn step(&self, w: T, g: T, previous: T) -> T {
        let g = self.prepared.apply(g);
        (g + self.wd * w + self.lamda * g * g * (w - previous)) * self.minus_lr
    }
}

struct Plain<'a>(&'a Dcasgd);

impl Elementwise<1> for Plain<'_> {
    type Kernel<T: Real> = Kernel<T>;
    fn kernel<T: Real>(&self, step: &Step) -> Kernel<T> {
        Kernel::new(self.0, step)
    }
    fn apply<T: Real>(kernel: &Kernel<T>, w: &mut [T], g: &[T], [previous]: [&mut [T]; 1]) {
        for ((w, g), previous) in w.iter_mut().zip(g).zip(previous) {
            let step = kernel.step(*w, *g, *previous);
            *previous = *w;
            *w = *w + step;
        }
    }
}

struct Momentum<'a>(&'a Dcasgd);

impl Elementwise<2> for Momentum<'_> {
    type Kernel<T: Real> = Kernel<T>;
    fn kernel<T: Real>(&self, step: &Step) -> Kernel<T> {
        Kernel::new(self.0, step)
    }
    fn apply<T: Real>(kernel: &Kernel<T>, w: &mut [T], g: &[T], [m, previous]: [&mut [T]; 2]) {
        for (((w, g), m), previous) in w.iter_mut().zip(g).zip(m).zip(previous) {
            *m = kernel.momentum * *m + kernel.step(*w, *g, *previous);
            *previous = *w;
            *w = *w + *m;
        }
    }
}
