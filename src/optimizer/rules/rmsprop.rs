//! RMSProp, plain and centered (MXNet `RMSProp`).

use super::{Compat, refuse_other_floats};
use crate::array::NdArray;
use crate::base::Result;
use crate::base::sync::Arc;
use crate::ops::kernels::real::Real;
use crate::ops::kernels::update::rmsprop::RmsProp as Kernel;
use crate::optimizer::elementwise::{Elementwise, run};
use crate::optimizer::params::Reader;
use crate::optimizer::{Operands, Rule, Step};

struct RmsProp {
    gamma1: f64,
    gamma2: f64,
    epsilon: f64,
    centered: bool,
    clip_weights: Option<f64>,
    mxnet_1_9_1: bool,
}

pub(super) fn build(reader: &Reader<'_>, compat: &Compat) -> Result<Arc<dyn Rule>> {
    Ok(Arc::new(RmsProp {
        gamma1: reader.number_or("gamma1", 0.9)?,
        gamma2: reader.number_or("gamma2", 0.9)?,
        epsilon: reader.number_or("epsilon", 1e-8)?,
        centered: reader.flag_or("centered", false)?,
        clip_weights: reader.number("clip_weights")?.filter(|bound| *bound > 0.0),
        mxnet_1_9_1: compat.mxnet_1_9_1,
    }))
}

impl Rule for RmsProp {
    fn states(&self) -> &'static [&'static str] {
        if self.centered { &["n", "g", "delta"] } else { &["n"] }
    }

    fn check(&self, weight: &NdArray, _: &NdArray, _: f64, master: bool) -> Result<()> {
        refuse_other_floats(self.mxnet_1_9_1, weight, master)
    }

    fn update(&self, step: &Step, operands: &Operands<'_>) -> Result<()> {
        if self.centered { run::<_, 3>(self, step, operands) } else { run::<_, 1>(self, step, operands) }
    }

    fn fuses(&self) -> bool {
        true
    }
}

impl RmsProp {
    fn hyper<T: Real>(&self, step: &Step) -> Kernel<T> {
        Kernel {
            lr: T::from_f32(step.lr as f32),
            gamma1: T::from_f32(self.gamma1 as f32),
            gamma2: T::from_f32(self.gamma2 as f32),
            epsilon: T::from_f32(self.epsilon as f32),
            wd: T::from_f32(step.wd as f32),
            prepare: step.prepare(),
            clip_weights: self.clip_weights.map(|bound| T::from_f32(bound as f32)),
        }
    }
}

impl Elementwise<1> for RmsProp {
    type Kernel<T: Real> = Kernel<T>;
    fn kernel<T: Real>(&self, step: &Step) -> Kernel<T> {
        self.hyper(step)
    }
    fn apply<T: Real>(kernel: &Kernel<T>, w: &mut [T], g: &[T], [n]: [&mut [T]; 1]) {
        kernel.plain(w, g, n);
    }
}

impl Elementwise<3> for RmsProp {
    type Kernel<T: Real> = Kernel<T>;
    fn kernel<T: Real>(&self, step: &Step) -> Kernel<T> {
        self.hyper(step)
    }
    fn apply<T: Real>(kernel: &Kernel<T>, w: &mut [T], g: &[T], states: [&mut [T]; 3]) {
        kernel.centered(w, g, states);
    }
}
