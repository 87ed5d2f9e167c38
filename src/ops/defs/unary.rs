//! Functions of one array: `abs`, `sqrt`, `exp`, `relu`, …

use super::operands::read;
use crate::array::{DType, Element, Storage};
use crate::base::Result;
use crate::ops::kernels::cmath::CMath;
use crate::ops::kernels::number::Number;
use crate::ops::kernels::sparse::map_values;
use crate::ops::kernels::unary::{Map, map};
use crate::ops::operator::{Definition, InPlace, Plan};
use crate::ops::param::{Kind, optional, required};
use crate::ops::{Attrs, Invocation, Meta, Query, require_numbers, same_as_first};
use crate::{dispatch, dispatch_float};
use smallvec::{SmallVec, smallvec};

/// A function that makes zero of zero: sparse arrays stay sparse.
macro_rules! keeping_zero {
    ($name:literal, $aliases:expr, $doc:literal, $($map:tt)+) => {
        Definition {
            name: $name,
            aliases: $aliases,
            doc: $doc,
            infer: like_numbers,
            plan: keep,
            kernel: |call| {
                const MAP: Map = map!($($map)+);
                run(call, &MAP)
            },
            in_place: InPlace::Any,
            ..Definition::DEFAULT
        }
    };
}

macro_rules! dense {
    ($name:literal, $aliases:expr, $doc:literal, $($map:tt)+) => {
        Definition {
            name: $name,
            aliases: $aliases,
            doc: $doc,
            infer: like_numbers,
            kernel: |call| {
                const MAP: Map = map!($($map)+);
                run(call, &MAP)
            },
            in_place: InPlace::Any,
            ..Definition::DEFAULT
        }
    };
}

/// float's pi, also for float64.
const DEGREES: f32 = 180.0 / std::f32::consts::PI;
const RADIANS: f32 = std::f32::consts::PI / 180.0;

pub static OPERATORS: &[Definition] = &[
    keeping_zero!("abs", &["_npi_abs", "_npi_absolute", "_sparse_abs"], "The absolute value.", whole n => n.wrapping_abs(), x => x.abs()),
    keeping_zero!(
        "sign", &["_npi_sign", "_sparse_sign"], "-1, 0 or 1; 0 for NaN.",
        whole n => n.signum(), x => if x > 0.0 { 1.0 } else if x < 0.0 { -1.0 } else { 0.0 }
    ),
    keeping_zero!("negative", &["_npi_negative", "_sparse_negative"], "-data", whole n => n.wrapping_neg(), x => -x),
    keeping_zero!(
        "relu", &["_sparse_relu", "_npx_relu"], "The larger of data and 0; NaN stays NaN.",
        whole n => n.max(0), x => if x.is_nan() || x > 0.0 { x } else { 0.0 }
    ),
    dense!(
        "logical_not", &[], "1 where data is 0, else 0.",
        whole n => i64::from(n == 0), x => if x == 0.0 { 1.0 } else { 0.0 }
    ),
    keeping_zero!("square", &["_npi_square", "_sparse_square"], "data * data", Single, x => x * x),
    dense!("reciprocal", &["_npi_reciprocal"], "1 / data", Single, x => 1.0 / x),
    keeping_zero!(
        "degrees", &["_npi_degrees", "_sparse_degrees"], "Radians to degrees.", Single, x => Number::mul(x, f32_as(DEGREES))
    ),
    keeping_zero!(
        "radians", &["_npi_radians", "_sparse_radians"], "Degrees to radians.", Single, x => Number::mul(x, f32_as(RADIANS))
    ),
    keeping_zero!("round", &["_sparse_round"], "The nearest integer, halves away from 0.", Double, x => x.round()),
    keeping_zero!(
        "rint", &["_npi_rint", "_sparse_rint"], "The nearest integer, halves down.", Double,
        x => if x - x.floor() <= x.ceil() - x { x.floor() } else { x.ceil() }
    ),
    keeping_zero!(
        "fix", &["_npi_fix", "_sparse_fix"], "The nearest integer towards 0.", Double,
        x => if x.floor().abs() < x.ceil().abs() { x.floor() } else { x.ceil() }
    ),
    keeping_zero!("ceil", &["_npi_ceil", "_sparse_ceil"], "The next integer up.", Double, x => x.ceil()),
    keeping_zero!("floor", &["_npi_floor", "_sparse_floor"], "The next integer down.", Double, x => x.floor()),
    keeping_zero!("trunc", &["_npi_trunc", "_sparse_trunc"], "The integer part.", Double, x => x.trunc()),
    keeping_zero!("sqrt", &["_npi_sqrt", "_sparse_sqrt"], "The square root.", Double, x => x.sqrt()),
    dense!("rsqrt", &["_sparse_rsqrt"], "1 / sqrt(data)", Double, x => 1.0 / x.sqrt()),
    keeping_zero!("cbrt", &["_npi_cbrt", "_sparse_cbrt"], "The cube root.", Double, x => x.c_cbrt()),
    dense!("rcbrt", &[], "1 / cbrt(data)", Double, x => 1.0 / x.c_cbrt()),
    dense!("exp", &["_npi_exp", "_sparse_exp"], "e to the power data.", Double, x => x.exp()),
    dense!("log", &["_npi_log", "_sparse_log"], "The natural logarithm.", Double, x => x.ln()),
    dense!("log10", &["_npi_log10", "_sparse_log10"], "The logarithm to base 10.", Double, x => x.log10()),
    dense!("log2", &["_npi_log2", "_sparse_log2"], "The logarithm to base 2.", Double, x => x.log2()),
    keeping_zero!("log1p", &["_npi_log1p", "_sparse_log1p"], "log(1 + data), exact near 0.", Double, x => x.ln_1p()),
    keeping_zero!("expm1", &["_npi_expm1", "_sparse_expm1"], "exp(data) - 1, exact near 0.", Double, x => x.exp_m1()),
    keeping_zero!("sin", &["_npi_sin", "_sparse_sin"], "The sine.", Double, x => x.sin()),
    dense!("cos", &["_npi_cos", "_sparse_cos"], "The cosine.", Double, x => x.cos()),
    keeping_zero!("tan", &["_npi_tan", "_sparse_tan"], "The tangent.", Double, x => x.tan()),
    keeping_zero!("arcsin", &["_npi_arcsin", "_sparse_arcsin"], "The inverse sine.", Double, x => x.asin()),
    dense!("arccos", &["_npi_arccos", "_sparse_arccos"], "The inverse cosine.", Double, x => x.acos()),
    keeping_zero!("arctan", &["_npi_arctan", "_sparse_arctan"], "The inverse tangent.", Double, x => x.atan()),
    keeping_zero!("sinh", &["_npi_sinh", "_sparse_sinh"], "The hyperbolic sine.", Double, x => x.sinh()),
    dense!("cosh", &["_npi_cosh", "_sparse_cosh"], "The hyperbolic cosine.", Double, x => x.cosh()),
    keeping_zero!("tanh", &["_npi_tanh", "_sparse_tanh"], "The hyperbolic tangent.", Double, x => x.tanh()),
    keeping_zero!("arcsinh", &["_npi_arcsinh", "_sparse_arcsinh"], "The inverse of sinh.", Double, x => x.c_asinh()),
    dense!("arccosh", &["_npi_arccosh", "_sparse_arccosh"], "The inverse of cosh.", Double, x => x.c_acosh()),
    keeping_zero!("arctanh", &["_npi_arctanh", "_sparse_arctanh"], "The inverse of tanh.", Double, x => x.c_atanh()),
    dense!("gamma", &["_npx_gamma", "_sparse_gamma"], "The gamma function.", Double, x => x.c_gamma()),
    dense!(
        "gammaln", &["_npx_gammaln", "_sparse_gammaln"], "The logarithm of abs(gamma(data)).", Double,
        x => x.c_ln_gamma()
    ),
    dense!("erf", &["_npx_erf"], "The error function.", Double, x => x.c_erf()),
    dense!("erfinv", &["_npx_erfinv"], "The inverse of erf.", Double, x => x.erf_inverse()),
    dense!(
        "sigmoid", &["_npx_sigmoid", "_sparse_sigmoid"], "1 / (1 + exp(-data))", Double,
        x => 1.0 / (1.0 + (-x).exp())
    ),
    dense!("softsign", &[], "data / (1 + abs(data))", Double, x => x / (1.0 + x.abs())),
    Definition {
        name: "hard_sigmoid",
        doc: "max(0, min(1, alpha * data + beta))",
        params: &[
            optional("alpha", Kind::Float, "0.2", "Slope of hard sigmoid"),
            optional("beta", Kind::Float, "0.5", "Bias of hard sigmoid."),
        ],
        kernel: hard_sigmoid,
        ..Definition::DEFAULT
    },
    Definition {
        name: "Activation",
        aliases: &["_npx_activation"],
        doc: "One of the functions relu, sigmoid, softrelu (log(1 + exp(data))), softsign, tanh.",
        params: &[required(
            "act_type",
            Kind::Enum(&["relu", "sigmoid", "softrelu", "softsign", "tanh"]),
            "Activation function to be applied.",
        )],
        kernel: activation,
        in_place: InPlace::Any,
        ..Definition::DEFAULT
    },
    Definition {
        name: "BlockGrad",
        aliases: &["_sparse_stop_gradient", "stop_gradient"],
        doc: "A copy of data that stops the gradient.",
        plan: keep,
        kernel: |call| crate::ops::kernels::storage::cast_into(call.input(0)?, call.output(0)?),
        in_place: InPlace::Any,
        ..Definition::DEFAULT
    },
    Definition {
        name: "make_loss",
        aliases: &["_sparse_make_loss"],
        doc: "A copy of data that is the start of the gradient.",
        plan: keep,
        kernel: |call| crate::ops::kernels::storage::cast_into(call.input(0)?, call.output(0)?),
        in_place: InPlace::Any,
        ..Definition::DEFAULT
    },
];

fn like_numbers(query: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    require_numbers(query)?;
    same_as_first(query)
}

/// A float constant as the type of the other operand.
fn f32_as<T: From<f32>>(value: f32) -> T {
    value.into()
}

fn keep(_: &Attrs, query: &Query<'_>) -> Result<Plan> {
    let storage = query.input(0)?.storage();
    Ok(if storage == Storage::Dense { Plan::Dense } else { Plan::Direct(smallvec![storage]) })
}

fn run(call: &Invocation, map: &Map) -> Result<()> {
    let (data, out) = (call.input(0)?, call.output(0)?);
    dispatch!(out.dtype(), T => {
        if !data.is_dense() {
            return map_values(data, out, &|from, to| {
                map.apply(Some(from.elements::<T>()?), to.elements_mut::<T>()?);
                Ok(())
            });
        }
        let source = read::<T>(data, out)?;
        map.apply(source.slice(), &mut out.write::<T>()?);
        Ok(())
    })
}

fn activation(call: &Invocation) -> Result<()> {
    const RELU: Map = map!(whole n => n.max(0), x => if x.is_nan() || x > 0.0 { x } else { 0.0 });
    const SIGMOID: Map = map!(Double, x => 1.0 / (1.0 + (-x).exp()));
    const SOFTRELU: Map = map!(Double, x => if x > 20.0 { x } else { x.exp().ln_1p() });
    const SOFTSIGN: Map = map!(Double, x => x / (1.0 + x.abs()));
    const TANH: Map = map!(Double, x => x.tanh());
    let dtype = call.output(0)?.dtype();
    crate::ensure!(dtype.is_float(), DType, "This operation only support floating point types, not {dtype}");
    run(
        call,
        match call.attrs.text("act_type")? {
            "relu" => &RELU,
            "sigmoid" => &SIGMOID,
            "softrelu" => &SOFTRELU,
            "softsign" => &SOFTSIGN,
            _ => &TANH,
        },
    )
}

fn hard_sigmoid(call: &Invocation) -> Result<()> {
    let (alpha, beta) = (call.attrs.float("alpha")?, call.attrs.float("beta")?);
    let (data, out) = (call.input(0)?, call.output(0)?);
    dispatch_float!(out.dtype(), T => {
        let source = data.read::<T>()?;
        for (out, x) in out.write::<T>()?.iter_mut().zip(source.iter()) {
            *out = if T::DTYPE == DType::Float64 {
                let line = f64::from(alpha) * Element::to_f64(*x) + f64::from(beta);
                T::from_f64(line.clamp(0.0, 1.0))
            } else {
                Number::from_f32((alpha * Number::to_f32(*x) + beta).clamp(0.0, 1.0))
            };
        }
        Ok(())
    })
}
