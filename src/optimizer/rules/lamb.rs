//! Layer-wise adaptive moments (MXNet `LAMB`; You et al. 2020).

use super::Compat;
use crate::base::Result;
use crate::base::sync::Arc;
use crate::ops::kernels::norm::sum_of_squares;
use crate::ops::kernels::real::Real;
use crate::ops::kernels::update::Prepare;
use crate::ops::kernels::update::lamb::Lamb as Kernel;
use crate::optimizer::params::Reader;
use crate::optimizer::whole::{Whole, squared_norm, whole};
use crate::optimizer::{Operands, Rule, Step};

struct Lamb {
    beta1: f64,
    beta2: f64,
    epsilon: f64,
    lower_bound: Option<f32>,
    upper_bound: Option<f32>,
    bias_correction: bool,
}

pub(super) fn build(reader: &Reader<'_>, _: &Compat) -> Result<Arc<dyn Rule>> {
    let bound = |name| -> Result<Option<f32>> {
        Ok(reader.number(name)?.map(|bound| bound as f32).filter(|bound| *bound > 0.0))
    };
    Ok(Arc::new(Lamb {
        beta1: reader.number_or("beta1", 0.9)?,
        beta2: reader.number_or("beta2", 0.999)?,
        epsilon: reader.number_or("epsilon", 1e-6)?,
        lower_bound: bound("lower_bound")?,
        upper_bound: bound("upper_bound")?,
        bias_correction: reader.flag_or("bias_correction", true)?,
    }))
}

impl Rule for Lamb {
    fn states(&self) -> &'static [&'static str] {
        &["mean", "var"]
    }

    fn update(&self, step: &Step, operands: &Operands<'_>) -> Result<()> {
        let weight = squared_norm(operands.low.unwrap_or(operands.weight))?;
        whole!(operands, T, |arrays| {
            self.apply::<T>(step, weight, arrays);
            Ok(())
        })
    }
}

impl Lamb {
    /// `w -= lr*(|w|/|u|)*u`, u being the direction; the norm of w is kept within the bounds, and the quotient is 1
    /// if a norm is zero.
    fn apply<T: Real>(&self, step: &Step, weight: f32, arrays: &mut Whole<'_, T>) {
        let kernel = Kernel {
            beta1: T::from_f32(self.beta1 as f32),
            beta2: T::from_f32(self.beta2 as f32),
            epsilon: T::from_f32(self.epsilon as f32),
            wd: T::from_f32(step.wd as f32),
            t: step.t,
            bias_correction: self.bias_correction,
        };
        let prepare: Prepare<T> = step.prepare();
        let mut direction = vec![T::ZERO; arrays.weight.len()];
        let gradient = arrays.gradient;
        let [mean, var] = arrays.states.as_mut_slice() else { return };
        kernel.direction_in_double(&mut direction, arrays.weight, gradient, [mean, var], |g: T| {
            prepare.apply(g)
        });
        let (w, u) = (self.bounded(weight.sqrt()), sum_of_squares(&direction).sqrt());
        let lr = step.lr as f32;
        let rate = T::from_f32(if w == 0.0 || u == 0.0 { lr } else { lr * (w / u) });
        for (w, u) in arrays.weight.iter_mut().zip(&direction) {
            *w = *w - rate * *u;
        }
    }

    fn bounded(&self, norm: f32) -> f32 {
        let raised = self.lower_bound.filter(|bound| norm < *bound).unwrap_or(norm);
        self.upper_bound.filter(|bound| raised > *bound).unwrap_or(raised)
    }
}
