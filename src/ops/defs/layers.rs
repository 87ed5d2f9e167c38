//! Layers of neural networks that are functions of their inputs alone: `LayerNorm`, `LeakyReLU`, `Dropout`,
//! `SequenceMask`.

use crate::array::{Element, NdArray, Shape, grad_mode};
use crate::base::Result;
use crate::engine::for_each_chunk;
use crate::ops::kernels::cmath::CMath;
use crate::ops::kernels::random::Random;
use crate::ops::kernels::storage::cast_into;
use crate::ops::kernels::strided::{View, gather};
use crate::ops::operator::{Definition, Inputs};
use crate::ops::param::{Kind, optional};
use crate::ops::{Attrs, Invocation, Meta, Query};
use crate::{dispatch, dispatch_float};
use smallvec::{SmallVec, smallvec};

pub static OPERATORS: &[Definition] = &[
    Definition {
        name: "LayerNorm",
        aliases: &["_npx_layer_norm"],
        doc: "gamma (data - mean) / sqrt(variance + eps) + beta, each over the vectors along axis; with \
              output_mean_var also the means and the roots.",
        inputs: Inputs::Fixed(&["data", "gamma", "beta"]),
        params: &[
            optional("axis", Kind::Int, "-1", "The axis to perform layer normalization."),
            optional("eps", Kind::Float, "1e-5", "Added to the variance, which might be 0."),
            optional("output_mean_var", Kind::Bool, "0", "Output the mean and deviation too."),
        ],
        outputs: |_, _| Ok(3),
        visible: Some(|attrs, _| Ok(if attrs.bool("output_mean_var")? { 3 } else { 1 })),
        infer: layer_norm_shapes,
        kernel: layer_norm,
        ..Definition::DEFAULT
    },
    Definition {
        name: "LeakyReLU",
        aliases: &["_npx_leaky_relu"],
        doc: "data where it is above 0; below, slope data (leaky), gamma data (prelu), slope (e^data - 1) (elu), \
              the same with fixed factors (selu), or a random multiple while training, else the middle one \
              (rrelu, whose second output are the slopes). \
              gelu: data times the normal distribution at data.",
        inputs: Inputs::Optional {
            names: &["data", "gamma"],
            count: |attrs| Ok(if attrs.text("act_type")? == "prelu" { 2 } else { 1 }),
        },
        params: &[
            optional(
                "act_type",
                Kind::Enum(&["elu", "gelu", "leaky", "prelu", "rrelu", "selu"]),
                "leaky",
                "Activation function to be applied.",
            ),
            optional("slope", Kind::Float, "0.25", "Slope of the activation. (For leaky and elu only)"),
            optional("lower_bound", Kind::Float, "0.125", "Lower bound of random slope. (For rrelu only)"),
            optional("upper_bound", Kind::Float, "0.334", "Upper bound of random slope. (For rrelu only)"),
        ],
        outputs: |attrs, _| Ok(if draws_slopes(attrs)? { 3 } else { 1 }),
        visible: Some(|attrs, _| Ok(if draws_slopes(attrs)? { 2 } else { 1 })),
        infer: |query| {
            let data = query.input(0)?;
            crate::ensure!(data.dtype().is_float(), DType, "data: expected floats, got {}", data.dtype());
            if let Some(gamma) = query.inputs.get(1) {
                query.require_dtype(1, data.dtype())?;
                slopes_view(gamma.shape(), data.shape())?;
            }
            let mut metas = smallvec![Meta::of(data)];
            if draws_slopes(query.attrs)? {
                // The slopes; and whether this thread trains, which is not known where the kernel runs: a hidden
                // output that is empty if not.
                metas.push(Meta::of(data));
                let training = i64::from(grad_mode::is_training());
                metas.push(Meta::new(Shape::new(&[training]), data.dtype()));
            }
            Ok(metas)
        },
        kernel: leaky,
        random: true,
        ..Definition::DEFAULT
    },
    Definition {
        name: "Dropout",
        aliases: &["_npx_dropout"],
        doc: "While training, or always: each element is 0 with probability p, the others are divided by 1 - p. \
              Along axes all elements share their fate. Else a copy.",
        params: &[
            optional("p", Kind::Float, "0.5", "Fraction of the input that gets dropped out."),
            optional("mode", Kind::Enum(&["always", "training"]), "training", "When to drop elements."),
            optional("axes", Kind::Shape, "[]", "Axes for which all elements are dropped together."),
            optional("cudnn_off", Kind::BoolOrNone, "0", "Without meaning here."),
        ],
        outputs: |_, _| Ok(2),
        visible: Some(|_, _| Ok(1)),
        infer: |query| {
            let data = query.input(0)?;
            let p = query.attrs.float("p")?;
            crate::ensure!((0.0..1.0).contains(&p), InvalidArgument, "p: expected 0 <= p < 1, got {p}");
            let active = p > 0.0 && (grad_mode::is_training() || query.attrs.text("mode")? == "always");
            let mut mask = data.shape().clone();
            for axis in query.attrs.shape("axes")?.unwrap_or_default().dims() {
                let axis = data.shape().axis("axes", *axis)?;
                mask.dims_mut()[axis] = 1;
            }
            crate::ensure!(data.dtype().is_float(), DType, "data: expected floats, got {}", data.dtype());
            // Nothing is drawn where the mask is empty. Whether this thread trains is not known where the kernel runs.
            let mask = if active { mask } else { Shape::new(&[0]) };
            Ok(smallvec![Meta::of(data), Meta::new(mask, data.dtype())])
        },
        kernel: dropout,
        random: true,
        ..Definition::DEFAULT
    },
    Definition {
        name: "SequenceMask",
        aliases: &["_npx_sequence_mask"],
        doc: "With use_sequence_length, value in place of what lies behind the length of each sequence; the \
              sequences run along axis 0 or 1, their batch along the other.",
        inputs: Inputs::Optional {
            names: &["data", "sequence_length"],
            count: |attrs| Ok(if attrs.bool("use_sequence_length")? { 2 } else { 1 }),
        },
        params: &[
            optional("use_sequence_length", Kind::Bool, "0", "Whether lengths are given."),
            optional("value", Kind::Float, "0", "The value to be used as a mask."),
            optional("axis", Kind::Int, "0", "The sequence axis, 0 or 1."),
        ],
        infer: |query| {
            let (data, axis) = (query.input(0)?, query.attrs.int("axis")?);
            crate::ensure!(
                data.shape().rank() >= 2 && matches!(axis, 0 | 1),
                InvalidArgument,
                "data, axis: expected at least two axes and axis 0 or 1, got shape {} and axis {axis}",
                data.shape()
            );
            if let Some(lengths) = query.inputs.get(1) {
                let batch = data.shape().dims()[usize::from(axis == 0)];
                crate::ensure!(
                    lengths.shape().dims() == [batch],
                    Shape,
                    "sequence_length: expected a vector of {batch}, got shape {}",
                    lengths.shape()
                );
            }
            crate::ops::same_as_first(query)
        },
        kernel: sequence_mask,
        ..Definition::DEFAULT
    },
];

fn draws_slopes(attrs: &Attrs) -> Result<bool> {
    Ok(attrs.text("act_type")? == "rrelu")
}

fn layer_norm_shapes(query: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    let data = query.input(0)?;
    crate::ensure!(data.dtype().is_float(), DType, "data: expected floats, got {}", data.dtype());
    let axis = data.shape().axis("axis", query.attrs.int("axis")?)?;
    let channels = data.shape().dims()[axis];
    for (index, name) in [(1, "gamma"), (2, "beta")] {
        query.require_dtype(index, data.dtype())?;
        let shape = query.input(index)?.shape();
        crate::ensure!(
            shape.dims() == [channels],
            Shape,
            "{name}: expected a vector of {channels}, got shape {shape}"
        );
    }
    let mut moments = data.shape().clone();
    moments.dims_mut()[axis] = 1;
    let moments = Meta::new(moments, data.dtype());
    Ok(smallvec![Meta::of(data), moments.clone(), moments])
}

fn layer_norm(call: &Invocation) -> Result<()> {
    let data = call.input(0)?;
    let axis = data.shape().axis("axis", call.attrs.int("axis")?)?;
    let (length, step) = (data.shape().dims()[axis] as usize, data.shape().strides()[axis]);
    let epsilon = f64::from(call.attrs.float("eps")?);
    dispatch_float!(data.dtype(), T => {
        let (source, gamma, beta) = (data.read::<T>()?, call.input(1)?.read::<T>()?, call.input(2)?.read::<T>()?);
        let (mut out, mut means, mut roots) =
            (call.output(0)?.write::<T>()?, call.output(1)?.write::<T>()?, call.output(2)?.write::<T>()?);
        for (vector, (mean_out, root_out)) in means.iter_mut().zip(roots.iter_mut()).enumerate() {
            let start = vector / step * length * step + vector % step;
            let at = |number: usize| source[start + number * step].to_f64();
            let mean = (0..length).map(at).sum::<f64>() / length as f64;
            let variance = (0..length).map(|number| (at(number) - mean).powi(2)).sum::<f64>() / length as f64;
            let root = (variance + epsilon).sqrt();
            (*mean_out, *root_out) = (T::from_f64(mean), T::from_f64(root));
            for number in 0..length {
                let scaled = (at(number) - mean) / root * gamma[number].to_f64() + beta[number].to_f64();
                out[start + number * step] = T::from_f64(scaled);
            }
        }
        Ok(())
    })
}

/// The slope of each element: gamma as it is, one for all, or one for each step of axis 1.
fn slopes_view(gamma: &Shape, data: &Shape) -> Result<View> {
    let rank = data.rank();
    let place = |axis: usize| match gamma.rank() {
        1 if rank > 1 => (axis == 1).then_some(0),
        own if own <= rank => (axis + own).checked_sub(rank),
        _ => None,
    };
    let (whole, mut view) = (View::whole(gamma), View::default());
    let mut fits = gamma.rank() <= rank;
    for (axis, dim) in data.dims().iter().enumerate() {
        let own = place(axis).map(|own| (whole.extents[own], whole.steps[own]));
        fits &= own.is_none_or(|(extent, _)| extent == 1 || extent as i64 == *dim);
        view.push(*dim as usize, own.filter(|(extent, _)| *extent != 1).map_or(0, |(_, step)| step));
    }
    crate::ensure!(fits, Shape, "gamma: shape {gamma} cannot be broadcast to that of data, {data}");
    Ok(view)
}

/// MXNet keeps these constants in float32, and multiplies there, whatever the type of data.
const SELU_SCALE: f64 = 1.050_701_f32 as f64;
const SELU_ALPHA: f64 = 1.673_263_2_f32 as f64;

fn multiple(x: f64, slope: f64) -> f64 {
    f64::from(x as f32 * slope as f32)
}

fn leaky(call: &Invocation) -> Result<()> {
    let (data, out) = (call.input(0)?, call.output(0)?);
    let attrs = &call.attrs;
    let fixed = f64::from(attrs.float("slope")?);
    let (low, high) = (attrs.float("lower_bound")?, attrs.float("upper_bound")?);
    dispatch_float!(data.dtype(), T => {
        let source = data.read::<T>()?;
        let source = &*source;
        let below = |value: fn(f64, f64) -> f64, slope: f64| -> Result<()> {
            for_each_chunk(&mut out.write::<T>()?, |first, chunk| {
                for (out, x) in chunk.iter_mut().zip(&source[first..]) {
                    let wide = x.to_f64();
                    *out = if wide > 0.0 { *x } else { T::from_f64(value(wide, slope)) };
                }
            });
            Ok(())
        };
        let of_each = |slopes: &[T]| -> Result<()> {
            for ((out, x), slope) in out.write::<T>()?.iter_mut().zip(source).zip(slopes) {
                *out = if x.to_f64() > 0.0 { *x } else { T::from_f64(multiple(x.to_f64(), slope.to_f64())) };
            }
            Ok(())
        };
        match attrs.text("act_type")? {
            "elu" => below(|x, slope| slope * x.exp_m1(), fixed),
            "selu" => {
                for (out, x) in out.write::<T>()?.iter_mut().zip(source) {
                    let wide = x.to_f64();
                    *out = T::from_f64(SELU_SCALE * if wide > 0.0 { wide } else { SELU_ALPHA * wide.exp_m1() });
                }
                Ok(())
            }
            "gelu" => {
                for (out, x) in out.write::<T>()?.iter_mut().zip(source) {
                    let x = x.to_f64() as f32;
                    let below = f64::from(x / std::f32::consts::SQRT_2).c_erf() as f32;
                    *out = T::from_f64((0.5 * x * (1.0 + below)).into());
                }
                Ok(())
            }
            "prelu" => {
                let gamma = call.input(1)?;
                let mut slopes = vec![T::default(); source.len()];
                gather(&mut slopes, &gamma.read::<T>()?, &slopes_view(gamma.shape(), data.shape())?)?;
                of_each(&slopes)
            }
            "rrelu" => {
                let mut slopes = call.output(1)?.write::<T>()?;
                let training = call.output(2)?.size() > 0;
                for (number, slope) in slopes.iter_mut().enumerate() {
                    let part = if training { Random::of(call.seed, number).unit() } else { 0.5 };
                    *slope = T::from_f64(part * f64::from(high - low) + f64::from(low));
                }
                of_each(&slopes)
            }
            _ => below(multiple, fixed),
        }
    })
}

fn dropout(call: &Invocation) -> Result<()> {
    let (data, out, mask) = (call.input(0)?, call.output(0)?, call.output(1)?);
    if mask.size() == 0 {
        return cast_into(data, out);
    }
    let kept = 1.0 - f64::from(call.attrs.float("p")?);
    dispatch_float!(data.dtype(), T => {
        let mut factors = mask.write::<T>()?;
        for (number, factor) in factors.iter_mut().enumerate() {
            *factor = T::from_f64(if Random::of(call.seed, number).unit() < kept { 1.0 / kept } else { 0.0 });
        }
        let mut each = vec![T::default(); out.size()];
        gather(&mut each, &factors, &shared(mask.shape(), data.shape()))?;
        for ((out, x), factor) in out.write::<T>()?.iter_mut().zip(data.read::<T>()?.iter()).zip(each) {
            *out = crate::ops::kernels::number::Number::mul(*x, factor);
        }
        Ok(())
    })
}

/// `mask` repeated to `shape` along its axes of extent 1.
fn shared(mask: &Shape, shape: &Shape) -> View {
    let own = View::whole(mask);
    let mut view = View::default();
    for (axis, dim) in shape.dims().iter().enumerate() {
        view.push(*dim as usize, if own.extents[axis] == 1 { 0 } else { own.steps[axis] });
    }
    view
}

fn lengths(attrs: &Attrs, array: Option<&NdArray>) -> Result<Option<Vec<i64>>> {
    match array {
        Some(array) if attrs.bool("use_sequence_length")? => dispatch!(array.dtype(), T => {
            Ok(Some(array.read::<T>()?.iter().map(|x| x.to_i64()).collect()))
        }),
        _ => Ok(None),
    }
}

fn sequence_mask(call: &Invocation) -> Result<()> {
    let (data, out) = (call.input(0)?, call.output(0)?);
    cast_into(data, out)?;
    let Some(lengths) = lengths(&call.attrs, call.inputs.get(1))? else { return Ok(()) };
    let (value, by_rows) = (call.attrs.float("value")?, call.attrs.int("axis")? == 0);
    let batch = lengths.len();
    let rest: usize = data.shape().dims()[2..].iter().map(|dim| *dim as usize).product();
    let steps = data.shape().dims()[usize::from(!by_rows)] as usize;
    dispatch!(out.dtype(), T => {
        let mut target = out.write::<T>()?;
        for (sequence, length) in lengths.into_iter().enumerate() {
            for step in usize::try_from(length).unwrap_or(0)..steps {
                let place = if by_rows { step * batch + sequence } else { sequence * steps + step };
                target[place * rest..][..rest].fill(T::from_f64(value.into()));
            }
        }
        Ok(())
    })
}
