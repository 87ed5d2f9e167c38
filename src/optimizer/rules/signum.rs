//! Descent by the sign of the momentum or of the gradient (MXNet `Signum`).

use super::Compat;
use crate::array::NdArray;
use crate::base::Result;
use crate::base::sync::Arc;
use crate::ops::kernels::real::Real;
use crate::ops::kernels::update::signum::Signum as Kernel;
use crate::optimizer::elementwise::{Elementwise, run};
use crate::optimizer::params::Reader;
use crate::optimizer::{Operands, Rule, Step};

struct Signum {
    momentum: f64,
    wd_lh: f64,
    mxnet_1_9_1: bool,
}

pub(super) fn build(reader: &Reader<'_>, compat: &Compat) -> Result<Arc<dyn Rule>> {
    Ok(Arc::new(Signum {
        momentum: reader.number_or("momentum", 0.9)?,
        wd_lh: reader.number_or("wd_lh", 0.0)?,
        mxnet_1_9_1: compat.mxnet_1_9_1,
    }))
}

impl Rule for Signum {
    fn states(&self) -> &'static [&'static str] {
        if self.momentum == 0.0 { &[] } else { &["momentum"] }
    }

    fn check(&self, _: &NdArray, _: &NdArray, _: f64, _: bool) -> Result<()> {
        crate::ensure!(
            !self.mxnet_1_9_1 || self.momentum != 0.0 || self.wd_lh == 0.0,
            InvalidArgument,
            "wd_lh: MXNet 1.9.1's Signum takes it with momentum only, got {}",
            self.wd_lh
        );
        Ok(())
    }

    fn update(&self, step: &Step, operands: &Operands<'_>) -> Result<()> {
        match (operands.states.is_empty(), self.mxnet_1_9_1) {
            (false, _) => run::<_, 1>(self, step, operands),
            (true, true) => run::<_, 0>(&SignOfRaw(self), step, operands),
            (true, false) => run::<_, 0>(self, step, operands),
        }
    }

    fn fuses(&self) -> bool {
        true
    }
}

impl Signum {
    fn hyper<T: Real>(&self, step: &Step) -> Kernel<T> {
        Kernel {
            lr: T::from_f32(step.lr as f32),
            wd: T::from_f32(step.wd as f32),
            momentum: T::from_f32(self.momentum.max(0.0) as f32),
            wd_lh: T::from_f32(self.wd_lh as f32),
            prepare: step.prepare(),
        }
    }
}

impl Elementwise<1> for Signum {
    type Kernel<T: Real> = Kernel<T>;
    fn kernel<T: Real>(&self, step: &Step) -> Kernel<T> {
        self.hyper(step)
    }
    fn apply<T: Real>(kernel: &Kernel<T>, w: &mut [T], g: &[T], [m]: [&mut [T]; 1]) {
        kernel.with_momentum(w, g, m);
    }
}

/// Without momentum: `w = (1 - lr*(wd + wd_lh))*w - lr*sign(r)` with r = clip(rescale*g).
impl Elementwise<0> for Signum {
    type Kernel<T: Real> = Kernel<T>;
    fn kernel<T: Real>(&self, step: &Step) -> Kernel<T> {
        self.hyper(step)
    }
    fn apply<T: Real>(kernel: &Kernel<T>, w: &mut [T], g: &[T], _: [&mut [T]; 0]) {
        let keep = T::ONE - kernel.lr * (kernel.wd + kernel.wd_lh);
        for (w, g) in w.iter_mut().zip(g) {
            *w = keep * *w - kernel.lr * kernel.prepare.apply(*g).sign();
        }
    }
}

/// As 1.9.1 does it, which looks at the gradient before rescaling.
struct SignOfRaw<'a>(&'a Signum);

impl Elementwise<0> for SignOfRaw<'_> {
    type Kernel<T: Real> = Kernel<T>;
    fn kernel<T: Real>(&self, step: &Step) -> Kernel<T> {
        self.0.hyper(step)
    }
    fn apply<T: Real>(kernel: &Kernel<T>, w: &mut [T], g: &[T], _: [&mut [T]; 0]) {
        kernel.plain(w, g);
    }
}
