//! Layer-wise adaptive rates (MXNet `LARS`; You et al. 2017): gradient descent with a rate for each weight.

use super::{Compat, sgd};
use crate::array::{NdArray, Storage};
use crate::base::Result;
use crate::base::sync::Arc;
use crate::ops::kernels::real::Real;
use crate::optimizer::params::Reader;
use crate::optimizer::whole::{only_gradient, squared_norms};
use crate::optimizer::{Index, Memory, Operands, Planning, Rule, Step};
use smallvec::smallvec;

struct Lars {
    momentum: f64,
    lazy: bool,
    eta: f64,
    eps: f64,
    momentum_correction: bool,
    /// 1.9.1 compares with the rate of the latest update of any key, so that only the first key after a change of
    /// the rate gets the correction; otherwise each key compares with its own.
    mxnet_1_9_1: bool,
}

pub(super) fn build(reader: &Reader<'_>, compat: &Compat) -> Result<Arc<dyn Rule>> {
    Ok(Arc::new(Lars {
        momentum: reader.number_or("momentum", 0.0)?,
        lazy: reader.flag_or("lazy_update", true)?,
        eta: reader.number_or("eta", 0.001)?,
        eps: reader.number_or("eps", 0.0)?,
        momentum_correction: reader.flag_or("momentum_correction", true)?,
        mxnet_1_9_1: compat.mxnet_1_9_1,
    }))
}

/// No rate seen yet.
const NONE: f64 = f64::NAN;

impl Rule for Lars {
    fn states(&self) -> &'static [&'static str] {
        if self.momentum == 0.0 { &[] } else { &["momentum"] }
    }

    /// The rate of the previous update.
    fn memory(&self) -> (Memory, Memory) {
        if self.mxnet_1_9_1 { (smallvec![NONE], smallvec![]) } else { (smallvec![], smallvec![NONE]) }
    }

    fn decays(&self, name: &str) -> bool {
        name.ends_with("_weight")
    }

    fn plan(&self, step: &mut Step, planning: &mut Planning<'_>) -> Result<()> {
        let adapted = match (planning.name, planning.index) {
            (Some(name), _) => is_adapted(name),
            (None, Index::Text(text)) => is_adapted(text),
            (None, Index::Int(_)) => true,
        };
        let mut momentum = self.momentum;
        for previous in planning.shared.iter_mut().chain(planning.own.iter_mut()) {
            if self.momentum_correction && !previous.is_nan() && *previous != 0.0 {
                momentum *= step.base_lr / *previous;
            }
            *previous = step.base_lr;
        }
        step.extra = [momentum, f64::from(u8::from(adapted)), 0.0, 0.0];
        Ok(())
    }

    fn update(&self, step: &Step, operands: &Operands<'_>) -> Result<()> {
        let [momentum, adapted, ..] = step.extra;
        let sparse = |array: &NdArray| array.storage() == Storage::RowSparse;
        let lr = if adapted == 0.0 {
            step.lr
        } else if sparse(only_gradient(operands)?) || sparse(operands.weight) {
            self.rate_of_rows(step, operands)?
        } else {
            f64::from(self.rate(step, operands)?)
        };
        let momentum = if self.momentum > 0.0 { momentum } else { self.momentum };
        sgd::update(momentum, self.lazy, &Step { lr, ..*step }, operands)
    }
}

fn is_adapted(name: &str) -> bool {
    !["gamma", "beta", "bias"].iter().any(|end| name.ends_with(end))
}

impl Lars {
    /// `lr*eta*|w|/(|g|*rescale + wd*|w| + eps)` in float32; lr if a norm is zero.
    fn rate(&self, step: &Step, operands: &Operands<'_>) -> Result<f32> {
        let (weight, gradient) = squared_norms(operands)?;
        let (lr, wd) = (step.lr as f32, step.wd as f32);
        let (w, g) = (weight.sqrt(), gradient.sqrt() * step.rescale as f32);
        Ok(if w > 0.0 && g > 0.0 { lr * self.eta as f32 * w / (g + wd * w + self.eps as f32) } else { lr })
    }

    /// The same for sparse arrays, which MXNet computes in double from float32 norms.
    fn rate_of_rows(&self, step: &Step, operands: &Operands<'_>) -> Result<f64> {
        let weight = operands.low.unwrap_or(operands.weight);
        let w = f64::from(norm(weight, None)?);
        let g = f64::from(norm(only_gradient(operands)?, Some(step.rescale as f32))?);
        let factor = if w > 0.0 && g > 0.0 { self.eta * w / (g + step.wd * w + self.eps) } else { 1.0 };
        Ok(factor * step.lr)
    }
}

/// The norm of the elements that are stored, each rescaled in float32 first if asked for; float32 as a number, the
/// sum in double.
fn norm(array: &NdArray, rescale: Option<f32>) -> Result<f32> {
    let squared = |x: f32| f64::from(rescale.map_or(x, |rescale| x * rescale)).powi(2);
    let sum: f64 = crate::dispatch_float!(array.dtype(), T => Ok(match array.is_dense() {
        true => array.read::<T>()?.iter().map(|x| squared(x.to_f32())).sum(),
        false => {
            let parts = array.read_row_sparse()?;
            parts.values.elements::<T>()?.iter().map(|x| squared(x.to_f32())).sum()
        }
    }))?;
    Ok(sum.sqrt() as f32)
}
