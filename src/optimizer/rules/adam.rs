//! Adam (MXNet `Adam`; Kingma & Ba 2015).

use super::Compat;
use crate::array::Storage;
use crate::base::Result;
use crate::base::sync::Arc;
use crate::ops::kernels::real::Real;
use crate::ops::kernels::update::adam::Adam as Kernel;
use crate::optimizer::elementwise::{Elementwise, dispatch_types, run};
use crate::optimizer::params::Reader;
use crate::optimizer::rows::with_rows;
use crate::optimizer::{Operands, Planning, Rule, Step};

struct Adam {
    beta1: f64,
    beta2: f64,
    epsilon: f64,
    lazy: bool,
}

pub(super) fn build(reader: &Reader<'_>, _: &Compat) -> Result<Arc<dyn Rule>> {
    Ok(Arc::new(Adam {
        beta1: reader.number_or("beta1", 0.9)?,
        beta2: reader.number_or("beta2", 0.999)?,
        epsilon: reader.number_or("epsilon", 1e-8)?,
        lazy: reader.flag_or("lazy_update", true)?,
    }))
}

/// The factor that makes up for moments that start at zero.
pub(super) fn correction(beta1: f64, beta2: f64, t: i32) -> f64 {
    let t = f64::from(t);
    (1.0 - beta2.powf(t)).sqrt() / (1.0 - beta1.powf(t))
}

impl Rule for Adam {
    fn states(&self) -> &'static [&'static str] {
        &["mean", "var"]
    }

    fn plan(&self, step: &mut Step, _: &mut Planning<'_>) -> Result<()> {
        step.lr *= correction(self.beta1, self.beta2, step.t);
        Ok(())
    }

    fn update(&self, step: &Step, operands: &Operands<'_>) -> Result<()> {
        match operands.gradients {
            [only] if only.storage() == Storage::RowSparse => {
                dispatch_types!(operands, T, _G => self.sparse::<T>(step, operands))
            }
            _ => run(self, step, operands),
        }
    }

    fn fuses(&self) -> bool {
        true
    }
}

impl Elementwise<2> for Adam {
    type Kernel<T: Real> = Kernel<T>;

    fn kernel<T: Real>(&self, step: &Step) -> Kernel<T> {
        Kernel {
            lr: T::from_f32(step.lr as f32),
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

impl Adam {
    fn sparse<T: Real>(&self, step: &Step, operands: &Operands<'_>) -> Result<()> {
        let kernel = self.kernel::<T>(step);
        with_rows::<T>(operands, |rows| {
            match (self.lazy, kernel.prepare.clip.is_some()) {
                (true, false) => rows.each(|w, g, [mean, var]| kernel.step(w, g, mean, var)),
                (true, true) => rows.each(|w, g, [mean, var]| kernel.step_squared_first(w, g, mean, var)),
                (false, _) => rows.each_of_all(|w, g, [mean, var]| match g {
                    Some(g) => kernel.step_squared_first(w, g, mean, var),
                    None => kernel.step_without_gradient(w, mean, var),
                }),
            }
            Ok(())
        })
    }
}
