//! `LeakyReLU`: functions of one element that are not zero below zero.

use crate::array::{Element, Shape, grad_mode};
use crate::base::Result;
use crate::dispatch_float;
use crate::engine::for_each_chunk;
use crate::ops::kernels::cmath::CMath;
use crate::ops::kernels::random::Random;
use crate::ops::kernels::strided::{View, gather};
use crate::ops::operator::{Definition, Inputs};
use crate::ops::param::{Kind, optional};
use crate::ops::{Attrs, Invocation, Meta};
use smallvec::smallvec;

pub static OPERATORS: &[Definition] = &[Definition {
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
}];

fn draws_slopes(attrs: &Attrs) -> Result<bool> {
    Ok(attrs.text("act_type")? == "rrelu")
}

/// The slope of each element: gamma as it is, one for all, or one for each step of axis 1.
fn slopes_view(gamma: &Shape, data: &Shape) -> Result<View> {
    let rank = data.rank();
    let aligned: Shape = match gamma.dims() {
        [channels] if rank > 1 => {
            std::iter::once(*channels).chain(std::iter::repeat_n(1, rank - 2)).collect()
        }
        _ => gamma.clone(),
    };
    let mut pairs = aligned.dims().iter().rev().zip(data.dims().iter().rev());
    crate::ensure!(
        aligned.rank() <= rank && pairs.all(|(own, dim)| *own == 1 || own == dim),
        Shape,
        "gamma: shape {gamma} cannot be broadcast to that of data, {data}"
    );
    Ok(View::repeated(&aligned, data))
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
