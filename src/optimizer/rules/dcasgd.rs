//! Descent with compensation for delayed gradients (MXNet `DCASGD`; Zheng et al. 2017).

use super::Compat;
use crate::array::NdArray;
use crate::base::Result;
use crate::base::sync::Arc;
use crate::ops::kernels::real::Real;
use crate::ops::kernels::storage::cast_into;
use crate::ops::kernels::update::Prepare;
use crate::optimizer::elementwise::{Elementwise, run};
use crate::optimizer::params::Reader;
use crate::optimizer::{Operands, Rule, Step};

/// With momentum 1.9.1 always fails; this does what it means to do.
struct Dcasgd {
    momentum: f64,
    lamda: f64,
}

pub(super) fn build(reader: &Reader<'_>, _: &Compat) -> Result<Arc<dyn Rule>> {
    let momentum = reader.number_or("momentum", 0.0)?;
    Ok(Arc::new(Dcasgd { momentum, lamda: reader.number_or("lamda", 0.04)? }))
}

impl Rule for Dcasgd {
    fn states(&self) -> &'static [&'static str] {
        if self.momentum == 0.0 { &["previous_weight"] } else { &["momentum", "previous_weight"] }
    }

    fn start_states(&self, weight: &NdArray, states: &[NdArray]) -> Result<()> {
        states.last().map_or(Ok(()), |previous| cast_into(weight, previous))
    }

    fn update(&self, step: &Step, operands: &Operands<'_>) -> Result<()> {
        match self.momentum == 0.0 {
            true => run::<_, 1>(self, step, operands),
            false => run::<_, 2>(self, step, operands),
        }
    }

    fn fuses(&self) -> bool {
        true
    }
}

struct Kernel<T> {
    rate: T,
    wd: T,
    momentum: T,
    lamda: T,
    prepare: Prepare<T>,
}

impl<T: Real> Kernel<T> {
    fn new(rule: &Dcasgd, step: &Step) -> Self {
        Kernel {
            rate: T::from_f64(-step.lr),
            wd: T::from_f64(step.wd),
            momentum: T::from_f64(rule.momentum),
            lamda: T::from_f64(rule.lamda),
            prepare: step.prepare_composed(),
        }
    }

    /// With r = clip(rescale*g): `-lr*(r + wd*w + lamda*r*r*(w - previous))`
    #[inline]
    fn step(&self, w: T, g: T, previous: T) -> T {
        let r = self.prepare.apply(g);
        self.rate * (r + self.wd * w + self.lamda * r * r * (w - previous))
    }
}

impl Elementwise<1> for Dcasgd {
    type Kernel<T: Real> = Kernel<T>;
    fn kernel<T: Real>(&self, step: &Step) -> Kernel<T> {
        Kernel::new(self, step)
    }
    fn apply<T: Real>(kernel: &Kernel<T>, w: &mut [T], g: &[T], [previous]: [&mut [T]; 1]) {
        for ((w, g), previous) in w.iter_mut().zip(g).zip(previous) {
            let step = kernel.step(*w, *g, *previous);
            *previous = *w;
            *w = *w + step;
        }
    }
}

impl Elementwise<2> for Dcasgd {
    type Kernel<T: Real> = Kernel<T>;
    fn kernel<T: Real>(&self, step: &Step) -> Kernel<T> {
        Kernel::new(self, step)
    }
    fn apply<T: Real>(kernel: &Kernel<T>, w: &mut [T], g: &[T], [m, previous]: [&mut [T]; 2]) {
        for (((w, g), m), previous) in w.iter_mut().zip(g).zip(m).zip(previous) {
            *m = *m * kernel.momentum + kernel.step(*w, *g, *previous);
            *previous = *w;
            *w = *w + *m;
        }
    }
}
