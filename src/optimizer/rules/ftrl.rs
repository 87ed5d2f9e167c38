//! Follow the regularised leader (MXNet `Ftrl`).

use super::{Compat, refuse_other_floats};
use crate::array::{NdArray, Storage};
use crate::base::Result;
use crate::base::sync::Arc;
use crate::ops::kernels::real::Real;
use crate::ops::kernels::update::ftrl::Ftrl as Kernel;
use crate::optimizer::elementwise::{Elementwise, dispatch_types, run};
use crate::optimizer::params::Reader;
use crate::optimizer::rows::with_rows;
use crate::optimizer::{Operands, Rule, Step};

struct Ftrl {
    lamda1: f64,
    beta: f64,
    mxnet_1_9_1: bool,
}

pub(super) fn build(reader: &Reader<'_>, compat: &Compat) -> Result<Arc<dyn Rule>> {
    Ok(Arc::new(Ftrl {
        lamda1: reader.number_or("lamda1", 0.01)?,
        beta: reader.number_or("beta", 1.0)?,
        mxnet_1_9_1: compat.mxnet_1_9_1,
    }))
}

impl Rule for Ftrl {
    fn states(&self) -> &'static [&'static str] {
        &["z", "n"]
    }

    fn check(&self, weight: &NdArray, _: &NdArray, _: f64, master: bool) -> Result<()> {
        refuse_other_floats(self.mxnet_1_9_1, weight, master)
    }

    /// A dense weight is updated everywhere, also by a row_sparse gradient: rows that never had one become 0.
    fn update(&self, step: &Step, operands: &Operands<'_>) -> Result<()> {
        match operands.gradients {
            [only] if only.storage() == Storage::RowSparse && !operands.weight.is_dense() => {
                dispatch_types!(operands, T, _G => {
                    let kernel = self.kernel::<T>(step);
                    with_rows::<T>(operands, |rows| {
                        rows.each(|w, g, [z, n]| kernel.step(w, g, z, n));
                        Ok(())
                    })
                })
            }
            _ => run(self, step, operands),
        }
    }

    fn fuses(&self) -> bool {
        true
    }
}

impl Elementwise<2> for Ftrl {
    type Kernel<T: Real> = Kernel<T>;

    fn kernel<T: Real>(&self, step: &Step) -> Kernel<T> {
        Kernel {
            lr: T::from_f32(step.lr as f32),
            lamda1: T::from_f32(self.lamda1 as f32),
            beta: T::from_f32(self.beta as f32),
            wd: T::from_f32(step.wd as f32),
            prepare: step.prepare(),
        }
    }

    fn apply<T: Real>(kernel: &Kernel<T>, w: &mut [T], g: &[T], [z, n]: [&mut [T]; 2]) {
        kernel.step(w, g, z, n);
    }
}
