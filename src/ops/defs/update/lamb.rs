//! LAMB in two phases for one weight, and in one call for several.

use super::dense::{open, slices};
use super::multi_sgd::count;
use super::params::{CLIP, LR, RESCALE, beta1, beta2, epsilon, prepare, real};
use super::{check_group, check_groups, like_weight, master_of, require_float, require_values};
use crate::array::{DType, Element, NdArray};
use crate::base::Result;
use crate::dispatch_float;
use crate::ops::kernels::norm::sum_of_squares;
use crate::ops::kernels::real::Real;
use crate::ops::kernels::storage::cast_into;
use crate::ops::kernels::update::Prepare;
use crate::ops::kernels::update::lamb::Lamb;
use crate::ops::operator::{Definition, InPlace};
use crate::ops::param::{Kind, Param, optional, required};
use crate::ops::{Attrs, Inputs, Invocation, Meta, Query};
use half::f16;
use smallvec::{SmallVec, smallvec};

const T: Param = required("t", Kind::Int, "Number of this update, from 1.");
const CORRECT: Param = optional("bias_correction", Kind::Bool, "1", "Divide the moments by 1 - beta^t.");
const LOWER: Param =
    optional("lower_bound", Kind::Float, "-1", "Lower bound of the norm of the weight; negative means none.");
const UPPER: Param =
    optional("upper_bound", Kind::Float, "-1", "Upper bound of the norm of the weight; negative means none.");
const WD_REQUIRED: Param = required("wd", Kind::Float, "Weight decay.");
const SEVERAL: &[Param] = &[
    required("learning_rates", Kind::Floats, "Learning rates, one per weight."),
    beta1("0.9"),
    beta2("0.999"),
    epsilon("1e-6"),
    required("wds", Kind::Floats, "Weight decays, one per weight."),
    RESCALE,
    LOWER,
    UPPER,
    CLIP,
    CORRECT,
    required("step_count", Kind::Shape, "Number of this update of each weight, from 1."),
    optional("num_tensors", Kind::Int, "1", "Number of weights."),
];

pub static OPERATORS: &[Definition] = &[
    Definition {
        name: "lamb_update_phase1",
        doc: "The direction of a LAMB update: mean/(sqrt(var) + epsilon) + wd*weight, with updated moments.",
        inputs: Inputs::Fixed(&["weight", "grad", "mean", "var"]),
        params: &[beta1("0.9"), beta2("0.999"), epsilon("1e-6"), T, CORRECT, WD_REQUIRED, RESCALE, CLIP],
        mutates: |_, _| smallvec![2, 3],
        infer: like_weight,
        kernel: phase1,
        ..Definition::DEFAULT
    },
    Definition {
        name: "lamb_update_phase2",
        doc: "weight = weight - lr*(r1/r2)*g, where r1 is the norm of weight within the bounds and r2 that of g.",
        inputs: Inputs::Fixed(&["weight", "g", "r1", "r2"]),
        params: &[LR, LOWER, UPPER],
        infer: |query| phase2_infer(query, false),
        kernel: phase2,
        in_place: InPlace::Weight,
        ..Definition::DEFAULT
    },
    Definition {
        name: "mp_lamb_update_phase1",
        doc: "lamb_update_phase1 of a float16 weight through its float32 master weight32; float32 output.",
        inputs: Inputs::Fixed(&["weight", "grad", "mean", "var", "weight32"]),
        params: &[beta1("0.9"), beta2("0.999"), epsilon("1e-6"), T, CORRECT, WD_REQUIRED, RESCALE, CLIP],
        mutates: |_, _| smallvec![2, 3],
        infer: |query| {
            query.require_dtype(0, DType::Float16)?;
            check_group(query, 0, 5, 2)?;
            Ok(smallvec![Meta::new(query.input(0)?.shape().clone(), DType::Float32)])
        },
        kernel: mixed_phase1,
        ..Definition::DEFAULT
    },
    Definition {
        name: "mp_lamb_update_phase2",
        doc: "lamb_update_phase2 of a float16 weight. As in MXNet 1.9.1 weight32 is read and not written.",
        inputs: Inputs::Fixed(&["weight", "g", "r1", "r2", "weight32"]),
        params: &[LR, LOWER, UPPER],
        infer: |query| phase2_infer(query, true),
        kernel: mixed_phase2,
        in_place: InPlace::Weight,
        ..Definition::DEFAULT
    },
    Definition {
        name: "_multi_lamb_update",
        doc: "LAMB on several weights: weight, grad, mean, var for each.",
        inputs: Inputs::Variadic { name: "data", count: Some("num_tensors"), per_count: 4, extra: 0 },
        params: SEVERAL,
        outputs: |attrs, _| count(attrs, "num_tensors"),
        mutates: |attrs, _| states(attrs, 4),
        infer: |query| several_infer(query, 4),
        kernel: |call| several(call, 4),
        in_place: InPlace::Weight,
        ..Definition::DEFAULT
    },
    Definition {
        name: "_multi_mp_lamb_update",
        doc: "LAMB on several float16 weights: weight, grad, mean, var, weight32 for each.",
        inputs: Inputs::Variadic { name: "data", count: Some("num_tensors"), per_count: 5, extra: 0 },
        params: SEVERAL,
        outputs: |attrs, _| count(attrs, "num_tensors"),
        mutates: |attrs, _| states(attrs, 5),
        infer: |query| several_infer(query, 5),
        kernel: several_mixed,
        in_place: InPlace::Weight,
        ..Definition::DEFAULT
    },
];

fn states(attrs: &Attrs, size: usize) -> SmallVec<[usize; 4]> {
    let groups = count(attrs, "num_tensors").unwrap_or(0);
    (0..groups).flat_map(|group| (2..size).map(move |index| group * size + index)).collect()
}

fn several_infer(query: &Query<'_>, size: usize) -> Result<SmallVec<[Meta; 2]>> {
    let groups = count(query.attrs, "num_tensors")?;
    for name in ["learning_rates", "wds"] {
        require_values(name, query.attrs.floats(name)?.len(), groups)?;
    }
    require_values("step_count", query.attrs.tuple("step_count")?.map_or(0, <[_]>::len), groups)?;
    check_groups(query, groups, size, if size == 5 { 2 } else { 4 })
}

fn phase2_infer(query: &Query<'_>, mixed: bool) -> Result<SmallVec<[Meta; 2]>> {
    let weight = query.input(0)?;
    require_float(query, 0)?;
    let shared = [1].into_iter().chain(mixed.then_some(4));
    for index in shared {
        let (array, expected) = (query.input(index)?, if mixed { DType::Float32 } else { weight.dtype() });
        query.require_dtype(index, expected)?;
        crate::ensure!(
            array.shape() == weight.shape(),
            Shape,
            "Incompatible attr in node {} at {index}-th input: expected {}, got {}",
            query.operator.name,
            weight.shape(),
            array.shape()
        );
    }
    for index in [2, 3] {
        let norm = query.input(index)?;
        crate::ensure!(norm.size() == 1, Shape, "r{}: expected one element, got {}", index - 1, norm.shape());
    }
    Ok(smallvec![Meta::of(weight)])
}

fn step_number(given: i64) -> Result<i32> {
    i32::try_from(given).map_err(|_| crate::err!(InvalidArgument, "t: expected an int, got {given}"))
}

fn lamb<T: Real>(attrs: &Attrs, wd: f32, t: i32) -> Result<Lamb<T>> {
    Ok(Lamb {
        beta1: real(attrs, "beta1")?,
        beta2: real(attrs, "beta2")?,
        epsilon: real(attrs, "epsilon")?,
        wd: T::from_f32(wd),
        t,
        bias_correction: attrs.bool("bias_correction")?,
    })
}

fn phase1(call: &Invocation) -> Result<()> {
    let attrs = &call.attrs;
    dispatch_float!(call.output(0)?.dtype(), T => {
        let lamb = lamb::<T>(attrs, attrs.float("wd")?, step_number(attrs.int("t")?)?)?;
        let prepare: Prepare<T> = prepare(attrs)?;
        let (weight, gradient) = (call.input(0)?.read::<T>()?, call.input(1)?.read::<T>()?);
        let mut moments = open::<T, 2>([call.input(2)?, call.input(3)?])?;
        let mut direction = call.output(0)?.write::<T>()?;
        lamb.direction(&mut direction, &weight, &gradient, slices(&mut moments), |g: T| prepare.apply(g));
        Ok(())
    })
}

/// The rescaled gradient is rounded to float16 and then clipped in float32, as MXNet does.
fn mixed_phase1(call: &Invocation) -> Result<()> {
    let attrs = &call.attrs;
    let lamb = lamb::<f32>(attrs, attrs.float("wd")?, step_number(attrs.int("t")?)?)?;
    let (rescale, clip) = (attrs.float("rescale_grad")?, attrs.float("clip_gradient")?);
    let bound = (clip >= 0.0).then_some(clip);
    let (weight32, gradient) = (call.input(4)?.read::<f32>()?, call.input(1)?.read::<f16>()?);
    let mut moments = open::<f32, 2>([call.input(2)?, call.input(3)?])?;
    let mut direction = call.output(0)?.write::<f32>()?;
    lamb.direction(&mut direction, &weight32, &gradient, slices(&mut moments), |g: f16| {
        let scaled = f16::from_f32(rescale * g.to_f32()).to_f32();
        bound.map_or(scaled, |bound| scaled.clipped(bound))
    });
    Ok(())
}

/// The norm of the weight within the bounds that are zero or more.
fn bounded<T: Real>(attrs: &Attrs, norm: T) -> Result<T> {
    let (lower, upper) = (attrs.float("lower_bound")?, attrs.float("upper_bound")?);
    let raised = if lower >= 0.0 && norm < T::from_f32(lower) { T::from_f32(lower) } else { norm };
    Ok(if upper >= 0.0 && raised > T::from_f32(upper) { T::from_f32(upper) } else { raised })
}

fn phase2(call: &Invocation) -> Result<()> {
    let (weight, out) = (call.input(0)?, call.output(0)?);
    cast_into(weight, out)?;
    dispatch_float!(out.dtype(), T => {
        let lr = adapted_rate::<T>(call)?;
        let direction = call.input(1)?.read::<T>()?;
        for (w, u) in out.write::<T>()?.iter_mut().zip(direction.iter()) {
            *w = *w - lr * *u;
        }
        Ok(())
    })
}

fn mixed_phase2(call: &Invocation) -> Result<()> {
    let lr = adapted_rate::<f32>(call)?;
    let (direction, weight32) = (call.input(1)?.read::<f32>()?, call.input(4)?.read::<f32>()?);
    let out = call.output(0)?;
    dispatch_float!(out.dtype(), T => {
        for ((w, u), w32) in out.write::<T>()?.iter_mut().zip(direction.iter()).zip(weight32.iter()) {
            *w = Real::from_f32(w32 - lr * u);
        }
        Ok(())
    })
}

/// `(lr*r1)/r2`, or lr if either norm is zero.
fn adapted_rate<T: Real>(call: &Invocation) -> Result<T> {
    let lr: T = real(&call.attrs, "lr")?;
    let (r1, r2) = (scalar::<T>(call.input(2)?)?, scalar::<T>(call.input(3)?)?);
    let r1 = bounded(&call.attrs, r1)?;
    Ok(if r1 == T::ZERO || r2 == T::ZERO { lr } else { lr * r1 / r2 })
}

/// The single element of an array of any float type.
fn scalar<T: Real>(array: &NdArray) -> Result<T> {
    dispatch_float!(array.dtype(), S => Ok(array.read::<S>()?.first().map_or(T::ZERO, |x| T::from_f64(x.to_f64()))))
}

/// Rate, decay and count of weight `number`.
fn rates(attrs: &Attrs, number: usize) -> Result<(f32, f32, i32)> {
    let missing = |name: &str| crate::err!(InvalidArgument, "{name}: no value for weight {number}");
    let lr = attrs.floats("learning_rates")?.get(number).copied().ok_or_else(|| missing("learning_rates"))?;
    let wd = attrs.floats("wds")?.get(number).copied().ok_or_else(|| missing("wds"))?;
    let steps = attrs.tuple("step_count")?.unwrap_or_default();
    let t = steps.get(number).copied().flatten().ok_or_else(|| missing("step_count"))?;
    Ok((lr, wd, step_number(t)?))
}

/// `lr * (r1/r2)`, or lr if either norm is zero.
fn layer_rate(attrs: &Attrs, lr: f32, weight: f32, direction: f32) -> Result<f32> {
    let r1 = bounded(attrs, weight.sqrt())?;
    let r2 = direction.sqrt();
    Ok(if r1 == 0.0 || r2 == 0.0 { lr } else { lr * (r1 / r2) })
}

fn several(call: &Invocation, size: usize) -> Result<()> {
    for (number, out) in call.outputs.iter().enumerate() {
        let first = number * size;
        let (lr, wd, t) = rates(&call.attrs, number)?;
        cast_into(call.input(first)?, out)?;
        dispatch_float!(out.dtype(), T => {
            let lamb = lamb::<T>(&call.attrs, wd, t)?;
            let prepare: Prepare<T> = prepare(&call.attrs)?;
            let gradient = call.input(first + 1)?.read::<T>()?;
            let mut moments = open::<T, 2>([call.input(first + 2)?, call.input(first + 3)?])?;
            let mut weight = out.write::<T>()?;
            let mut direction = vec![T::ZERO; weight.len()];
            lamb.direction_in_double(&mut direction, &weight, &gradient, slices(&mut moments), |g: T| {
                prepare.apply(g)
            });
            let lr = layer_rate(&call.attrs, lr, sum_of_squares(&weight), sum_of_squares(&direction))?;
            let lr = T::from_f32(lr);
            for (w, u) in weight.iter_mut().zip(&direction) {
                *w = *w - lr * *u;
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// The norm of the weight is that of the float16 weight, as in MXNet.
fn several_mixed(call: &Invocation) -> Result<()> {
    if master_of(call.input(0)?, call.input(4)?).is_none() {
        return several(call, 5);
    }
    for (number, out) in call.outputs.iter().enumerate() {
        let first = number * 5;
        let (lr, wd, t) = rates(&call.attrs, number)?;
        let lamb = lamb::<f32>(&call.attrs, wd, t)?;
        let prepare: Prepare<f32> = prepare(&call.attrs)?;
        cast_into(call.input(first)?, out)?;
        let mut moments = open::<f32, 2>([call.input(first + 2)?, call.input(first + 3)?])?;
        let mut weight32 = call.input(first + 4)?.write::<f32>()?;
        let mut direction = vec![0f32; weight32.len()];
        dispatch_float!(out.dtype(), T => {
            let gradient = call.input(first + 1)?.read::<T>()?;
            let mut weight = out.write::<T>()?;
            lamb.direction_in_double(&mut direction, &weight32, &gradient, slices(&mut moments), |g: T| {
                prepare.apply(Real::to_f32(g))
            });
            let lr = layer_rate(&call.attrs, lr, sum_of_squares(&weight), sum_of_squares(&direction))?;
            for ((w, w32), u) in weight.iter_mut().zip(weight32.iter_mut()).zip(&direction) {
                *w32 -= lr * u;
                *w = Real::from_f32(*w32);
            }
            Ok(())
        })?;
    }
    Ok(())
}
