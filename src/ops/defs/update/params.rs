//! Parameters that many update operators share, and their values as a rule takes them.

use crate::base::Result;
use crate::ops::Attrs;
use crate::ops::kernels::real::Real;
use crate::ops::kernels::update::Prepare;
use crate::ops::param::{Kind, Param, optional, required};

pub const LR: Param = required("lr", Kind::Float, "Learning rate.");
pub const LRS: Param = required("lrs", Kind::Floats, "Learning rates, one per weight.");
pub const WDS: Param = required("wds", Kind::Floats, "Weight decays, one per weight.");
pub const WD: Param = optional("wd", Kind::Float, "0", "Weight decay.");
pub const MOMENTUM: Param = optional("momentum", Kind::Float, "0", "The decay rate of the momentum.");
pub const RESCALE: Param =
    optional("rescale_grad", Kind::Float, "1", "The gradient is multiplied by this first.");
pub const CLIP: Param = optional(
    "clip_gradient",
    Kind::Float,
    "-1",
    "Bound on each element of the rescaled gradient. Negative means none; zero makes every element 0.",
);
pub const LAZY: Param = optional(
    "lazy_update",
    Kind::Bool,
    "1",
    "With a row_sparse gradient, only its rows are updated: the others keep weight and state as they are.",
);
pub const NUM_WEIGHTS: Param = optional("num_weights", Kind::Int, "1", "Number of weights.");

pub const fn beta1(default: &'static str) -> Param {
    optional("beta1", Kind::Float, default, "The decay rate of the first moment.")
}

pub const fn beta2(default: &'static str) -> Param {
    optional("beta2", Kind::Float, default, "The decay rate of the second moment.")
}

pub const fn epsilon(default: &'static str) -> Param {
    optional("epsilon", Kind::Float, default, "A small number that keeps divisions finite.")
}

/// A float parameter in the type of the weight.
pub fn real<T: Real>(attrs: &Attrs, name: &str) -> Result<T> {
    attrs.float(name).map(T::from_f32)
}

pub fn prepare<T: Real>(attrs: &Attrs) -> Result<Prepare<T>> {
    Ok(Prepare::new(attrs.float("rescale_grad")?, attrs.float("clip_gradient")?))
}

/// The learning rate and weight decay of one weight: from `lr` and `wd`, or from lists for several weights.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rates {
    pub lr: f32,
    pub wd: f32,
    /// Only for the operators that take it as an array.
    pub rescale: f32,
    pub eta: f32,
}

impl Rates {
    pub fn single(attrs: &Attrs) -> Result<Self> {
        Ok(Rates { lr: attrs.float("lr")?, wd: attrs.float("wd")?, ..Rates::default() })
    }

    /// The rates number `index` of the lists `lrs` and `wds`.
    pub fn listed(attrs: &Attrs, lrs: &str, wds: &str, index: usize) -> Result<Self> {
        let pick = |name: &str| -> Result<f32> {
            let list = attrs.floats(name)?;
            list.get(index).copied().ok_or_else(|| {
                crate::err!(
                    InvalidArgument,
                    "{name}: {} values given, but there are more weights",
                    list.len()
                )
            })
        };
        Ok(Rates { lr: pick(lrs)?, wd: pick(wds)?, ..Rates::default() })
    }
}
