//! `_adamw_update` and its mixed-precision and multi-tensor forms. The factor on the gradient is an array of one
//! element, so that it can come from loss scaling; if it is 0, NaN or infinite, the update is skipped.

use super::dense::{Group, Rule, update};
use super::multi_sgd::count;
use super::params::{CLIP, LR, LRS, NUM_WEIGHTS, Rates, WD, WDS, beta1, beta2, epsilon, real};
use super::{check_group, check_groups, master_of, require_float, require_values};
use crate::array::NdArray;
use crate::base::Result;
use crate::dispatch_float;
use crate::ops::kernels::real::Real;
use crate::ops::kernels::update::adamw::AdamW;
use crate::ops::kernels::update::{Load, Prepare};
use crate::ops::operator::{Definition, InPlace};
use crate::ops::param::{Kind, Param, required};
use crate::ops::{Attrs, Inputs, Invocation, Meta, Query};
use smallvec::{SmallVec, smallvec};

const ETA: Param = required("eta", Kind::Float, "Schedule multiplier.");
const ETAS: Param = required("etas", Kind::Floats, "Schedule multipliers, one per weight.");

pub static OPERATORS: &[Definition] = &[
    Definition {
        name: "_adamw_update",
        doc: "Adam with decoupled weight decay: r = clip(rescale_grad*grad); mean = beta1*mean + (1-beta1)*r; \
              var = beta2*var + (1-beta2)*r*r; \
              weight = weight - eta*(lr*mean/(sqrt(var) + epsilon) + wd*weight).",
        inputs: Inputs::Fixed(&["weight", "grad", "mean", "var", "rescale_grad"]),
        params: &[LR, beta1("0.9"), beta2("0.999"), epsilon("1e-8"), WD, ETA, CLIP],
        mutates: |_, _| smallvec![2, 3],
        infer: |query| single(query, 4, 4),
        kernel: |call| run_single(call, None),
        in_place: InPlace::Weight,
        ..Definition::DEFAULT
    },
    Definition {
        name: "_mp_adamw_update",
        doc: "_adamw_update of a float16 weight through its float32 master weight32.",
        inputs: Inputs::Fixed(&["weight", "grad", "mean", "var", "weight32", "rescale_grad"]),
        params: &[LR, beta1("0.9"), beta2("0.999"), epsilon("1e-8"), WD, ETA, CLIP],
        mutates: |_, _| smallvec![2, 3, 4],
        infer: |query| single(query, 5, 2),
        kernel: |call| run_single(call, Some(4)),
        in_place: InPlace::Weight,
        ..Definition::DEFAULT
    },
    Definition {
        name: "_multi_adamw_update",
        doc: "_adamw_update of several weights: weight, grad, mean, var for each, then rescale_grad.",
        inputs: Inputs::Variadic { name: "data", count: Some("num_weights"), per_count: 4, extra: 1 },
        params: &[LRS, beta1("0.9"), beta2("0.999"), epsilon("1e-8"), WDS, ETAS, CLIP, NUM_WEIGHTS],
        outputs: |attrs, _| count(attrs, "num_weights"),
        mutates: |attrs, _| states(attrs, 4),
        infer: |query| several(query, 4, 4),
        kernel: |call| run_several(call, 4),
        in_place: InPlace::Weight,
        ..Definition::DEFAULT
    },
    Definition {
        name: "_multi_mp_adamw_update",
        doc: "_mp_adamw_update of several weights: weight, grad, mean, var, weight32 for each, then rescale_grad.",
        inputs: Inputs::Variadic { name: "data", count: Some("num_weights"), per_count: 5, extra: 1 },
        params: &[LRS, beta1("0.9"), beta2("0.999"), epsilon("1e-8"), WDS, ETAS, CLIP, NUM_WEIGHTS],
        outputs: |attrs, _| count(attrs, "num_weights"),
        mutates: |attrs, _| states(attrs, 5),
        infer: |query| several(query, 5, 2),
        kernel: |call| run_several(call, 5),
        in_place: InPlace::Weight,
        ..Definition::DEFAULT
    },
];

fn states(attrs: &Attrs, size: usize) -> SmallVec<[usize; 4]> {
    let groups = count(attrs, "num_weights").unwrap_or(0);
    (0..groups).flat_map(|group| (2..size).map(move |index| group * size + index)).collect()
}

fn single(query: &Query<'_>, size: usize, low: usize) -> Result<SmallVec<[Meta; 2]>> {
    check_group(query, 0, size, low)?;
    require_float(query, 0)?;
    check_factor(query, size)?;
    Ok(smallvec![Meta::of(query.input(0)?)])
}

fn several(query: &Query<'_>, size: usize, low: usize) -> Result<SmallVec<[Meta; 2]>> {
    let groups = count(query.attrs, "num_weights")?;
    check_factor(query, groups * size)?;
    for name in ["lrs", "wds", "etas"] {
        require_values(name, query.attrs.floats(name)?.len(), groups)?;
    }
    check_groups(query, groups, size, low)
}

fn check_factor(query: &Query<'_>, index: usize) -> Result<()> {
    let factor = query.input(index)?;
    crate::ensure!(
        factor.size() == 1 && factor.dtype().is_float(),
        Shape,
        "rescale_grad: expected one float element, got {} of {}",
        factor.shape(),
        factor.dtype()
    );
    Ok(())
}

/// The factor on the gradient; `None` if the update is to be skipped.
fn factor(array: &NdArray) -> Result<Option<f32>> {
    let value =
        dispatch_float!(array.dtype(), T => Ok(array.read::<T>()?.first().map_or(0.0, |x| x.to_f32())))?;
    Ok(Some(value).filter(|value| value.is_finite() && *value != 0.0))
}

fn hyper<T: Real>(attrs: &Attrs, rates: Rates) -> Result<AdamW<T>> {
    Ok(AdamW {
        lr: T::from_f32(rates.lr),
        eta: T::from_f32(rates.eta),
        beta1: real(attrs, "beta1")?,
        beta2: real(attrs, "beta2")?,
        epsilon: real(attrs, "epsilon")?,
        wd: T::from_f32(rates.wd),
        prepare: Prepare::new(rates.rescale, attrs.float("clip_gradient")?),
    })
}

struct Single;
impl Rule<2> for Single {
    type Hyper<T: Real> = AdamW<T>;
    fn hyper<T: Real>(attrs: &Attrs, rates: Rates) -> Result<AdamW<T>> {
        hyper(attrs, rates)
    }
    fn step<T: Real, G: Load<T>>(hyper: &AdamW<T>, w: &mut [T], g: &[G], [mean, var]: [&mut [T]; 2]) {
        hyper.step(w, g, mean, var);
    }
}

struct Multi;
impl Rule<2> for Multi {
    type Hyper<T: Real> = AdamW<T>;
    fn hyper<T: Real>(attrs: &Attrs, rates: Rates) -> Result<AdamW<T>> {
        hyper(attrs, rates)
    }
    fn step<T: Real, G: Load<T>>(hyper: &AdamW<T>, w: &mut [T], g: &[G], [mean, var]: [&mut [T]; 2]) {
        hyper.step_multi(w, g, mean, var);
    }
}

fn run_single(call: &Invocation, weight32: Option<usize>) -> Result<()> {
    let Some(rescale) = factor(call.input(call.inputs.len().saturating_sub(1))?)? else {
        return crate::ops::kernels::storage::cast_into(call.input(0)?, call.output(0)?);
    };
    let rates = Rates { rescale, eta: call.attrs.float("eta")?, ..Rates::single(&call.attrs)? };
    let group = Group {
        weight: call.input(0)?,
        gradient: call.input(1)?,
        states: [call.input(2)?, call.input(3)?],
        weight32: weight32.map(|index| call.input(index)).transpose()?,
        out: call.output(0)?,
    };
    update::<Single, 2>(&call.attrs, rates, &group)
}

fn run_several(call: &Invocation, size: usize) -> Result<()> {
    let rescale = factor(call.input(call.inputs.len().saturating_sub(1))?)?;
    let etas = call.attrs.floats("etas")?;
    for (number, out) in call.outputs.iter().enumerate() {
        let first = number * size;
        let Some(rescale) = rescale else {
            crate::ops::kernels::storage::cast_into(call.input(first)?, out)?;
            continue;
        };
        let eta = etas.get(number).copied().ok_or_else(|| {
            crate::err!(InvalidArgument, "etas: {} values given, but there are more weights", etas.len())
        })?;
        let rates = Rates { rescale, eta, ..Rates::listed(&call.attrs, "lrs", "wds", number)? };
        let weight = call.input(first)?;
        let group = Group {
            weight,
            gradient: call.input(first + 1)?,
            states: [call.input(first + 2)?, call.input(first + 3)?],
            weight32: if size == 5 { master_of(weight, call.input(first + 4)?) } else { None },
            out,
        };
        update::<Multi, 2>(&call.attrs, rates, &group)?;
    }
    Ok(())
}
