//! AdaGrad (MXNet `AdaGrad`; Duchi et al. 2011).

use super::{Compat, refuse_other_floats};
use crate::array::{NdArray, Storage};
use crate::base::Result;
use crate::base::sync::Arc;
use crate::ops::kernels::real::Real;
use crate::ops::kernels::update::Prepare;
use crate::ops::kernels::update::adagrad::AdaGrad as Kernel;
use crate::optimizer::elementwise::{Elementwise, dispatch_types, run};
use crate::optimizer::params::Reader;
use crate::optimizer::rows::with_rows;
use crate::optimizer::{Operands, Rule, Step};

struct AdaGrad {
    epsilon: f64,
    mxnet_1_9_1: bool,
}

pub(super) fn build(reader: &Reader<'_>, compat: &Compat) -> Result<Arc<dyn Rule>> {
    let epsilon = reader.number_or("eps", 1e-7)?;
    Ok(Arc::new(AdaGrad { epsilon, mxnet_1_9_1: compat.mxnet_1_9_1 }))
}

impl Rule for AdaGrad {
    fn states(&self) -> &'static [&'static str] {
        &["history"]
    }

    fn check(&self, weight: &NdArray, gradient: &NdArray, wd: f64, master: bool) -> Result<()> {
        crate::ensure!(
            wd == 0.0 || gradient.storage() != Storage::RowSparse,
            InvalidArgument,
            "wd: AdaGrad takes no weight decay with row_sparse gradients, got {wd}"
        );
        refuse_other_floats(self.mxnet_1_9_1, weight, master)
    }

    fn update(&self, step: &Step, operands: &Operands<'_>) -> Result<()> {
        match operands.gradients {
            [only] if only.storage() == Storage::RowSparse => dispatch_types!(operands, T, _G => {
                let kernel = Kernel {
                    lr: T::from_f32(step.lr as f32),
                    epsilon: T::from_f32(self.epsilon as f32),
                    prepare: step.prepare::<T>(),
                };
                with_rows::<T>(operands, |rows| {
                    rows.each(|w, g, [h]| kernel.step(w, g, h));
                    Ok(())
                })
            }),
            _ => run(self, step, operands),
        }
    }

    fn fuses(&self) -> bool {
        true
    }
}

struct Dense<T> {
    rate: T,
    wd: T,
    epsilon: T,
    prepare: Prepare<T>,
}

impl Elementwise<1> for AdaGrad {
    type Kernel<T: Real> = Dense<T>;

    fn kernel<T: Real>(&self, step: &Step) -> Dense<T> {
        Dense {
            rate: T::from_f64(-step.lr),
            wd: T::from_f64(step.wd),
            epsilon: T::from_f64(self.epsilon),
            prepare: step.prepare_composed(),
        }
    }

    /// With r = clip(rescale*g): `h += r*r; w += (r/sqrt(h + epsilon) + wd*w)*(-lr)`
    fn apply<T: Real>(kernel: &Dense<T>, w: &mut [T], g: &[T], [h]: [&mut [T]; 1]) {
        for ((w, g), h) in w.iter_mut().zip(g).zip(h) {
            let r = kernel.prepare.apply(*g);
            *h = *h + r * r;
            *w = *w + (r / (*h + kernel.epsilon).sqrt() + *w * kernel.wd) * kernel.rate;
        }
    }
}
