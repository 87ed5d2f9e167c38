//! Functions of an array and a number: `_plus_scalar`, `_equal_scalar`, `clip`, …

use super::operands::{read, read_bytes};
use crate::array::{DType, Element, NdArray, Storage};
use crate::base::Result;
use crate::dispatch;
use crate::engine::for_each_chunk;
use crate::ops::kernels::binary::{self, Function, Kernel, Operand};
use crate::ops::kernels::number::Number;
use crate::ops::kernels::sparse::map_values;
use crate::ops::kernels::storage::converted;
use crate::ops::operator::{Definition, InPlace, Plan};
use crate::ops::param::{Kind, Param, optional, required};
use crate::ops::{Attrs, Invocation, Meta, Query};
use smallvec::{SmallVec, smallvec};

pub(super) const SCALAR: &[Param] = &[
    optional("scalar", Kind::Double, "1", "Scalar input value"),
    optional("is_int", Kind::Bool, "1", "Indicate whether scalar input is int type"),
];

macro_rules! with_scalar {
    ($name:literal, $aliases:expr, $function:ident, $order:ident, $sparse:expr, $doc:literal) => {
        Definition {
            name: $name,
            aliases: $aliases,
            doc: concat!($doc, " The scalar is converted to the type of data first."),
            params: SCALAR,
            infer: result_type,
            plan: $sparse,
            kernel: |call| kernel::<binary::$function>(call, Order::$order),
            in_place: InPlace::Any,
            ..Definition::DEFAULT
        }
    };
}

pub static OPERATORS: &[Definition] = &[
    with_scalar!("_plus_scalar", &["_PlusScalar", "_npi_add_scalar"], Add, Second, if_zero, "data + scalar."),
    with_scalar!(
        "_minus_scalar",
        &["_MinusScalar", "_npi_subtract_scalar"],
        Sub,
        Second,
        if_zero,
        "data - scalar."
    ),
    with_scalar!(
        "_rminus_scalar",
        &["_RMinusScalar", "_npi_rsubtract_scalar"],
        Sub,
        First,
        dense,
        "scalar - data."
    ),
    with_scalar!("_mul_scalar", &["_MulScalar", "_npi_multiply_scalar"], Mul, Second, keep, "data * scalar."),
    with_scalar!("_div_scalar", &["_DivScalar"], Div, Second, keep, "data / scalar."),
    with_scalar!("_rdiv_scalar", &["_RDivScalar"], ScalarDiv, First, dense, "scalar / data."),
    with_scalar!(
        "_mod_scalar",
        &["_ModScalar", "_npi_mod_scalar"],
        Mod,
        Second,
        dense,
        "Remainder with the sign of scalar; 0 if scalar is 0."
    ),
    with_scalar!(
        "_rmod_scalar",
        &["_RModScalar", "_npi_rmod_scalar"],
        Mod,
        First,
        dense,
        "Remainder of scalar with the sign of data; 0 where data is 0."
    ),
    with_scalar!(
        "_power_scalar",
        &["_PowerScalar", "_npi_power_scalar"],
        Power,
        Second,
        dense,
        "data to the power scalar."
    ),
    with_scalar!(
        "_rpower_scalar",
        &["_RPowerScalar", "_npi_rpower_scalar"],
        Power,
        First,
        dense,
        "scalar to the power data."
    ),
    with_scalar!(
        "_maximum_scalar",
        &["_MaximumScalar", "_npi_maximum_scalar"],
        Maximum,
        Second,
        dense,
        "The larger of data and scalar; NaN wins."
    ),
    with_scalar!(
        "_minimum_scalar",
        &["_MinimumScalar", "_npi_minimum_scalar"],
        Minimum,
        Second,
        dense,
        "The smaller of data and scalar; NaN wins."
    ),
    with_scalar!("_hypot_scalar", &["_HypotScalar"], Hypot, Second, dense, "sqrt(data^2 + scalar^2)."),
    with_scalar!(
        "_equal_scalar",
        &["_EqualScalar"],
        Equal,
        Second,
        unless_zero_is::<binary::Equal>,
        "1 where data = scalar, else 0."
    ),
    with_scalar!(
        "_not_equal_scalar",
        &["_NotEqualScalar"],
        NotEqual,
        Second,
        unless_zero_is::<binary::NotEqual>,
        "1 where data differs from scalar, else 0."
    ),
    with_scalar!(
        "_greater_scalar",
        &["_GreaterScalar"],
        Greater,
        Second,
        unless_zero_is::<binary::Greater>,
        "1 where data > scalar, else 0."
    ),
    with_scalar!(
        "_greater_equal_scalar",
        &["_GreaterEqualScalar"],
        GreaterEqual,
        Second,
        unless_zero_is::<binary::GreaterEqual>,
        "1 where data >= scalar, else 0."
    ),
    with_scalar!(
        "_lesser_scalar",
        &["_LesserScalar"],
        Lesser,
        Second,
        unless_zero_is::<binary::Lesser>,
        "1 where data < scalar, else 0."
    ),
    with_scalar!(
        "_lesser_equal_scalar",
        &["_LesserEqualScalar"],
        LesserEqual,
        Second,
        unless_zero_is::<binary::LesserEqual>,
        "1 where data <= scalar, else 0."
    ),
    with_scalar!(
        "_logical_and_scalar",
        &["_LogicalAndScalar"],
        LogicalAnd,
        Second,
        dense,
        "1 where neither data nor scalar is 0, else 0."
    ),
    with_scalar!(
        "_logical_or_scalar",
        &["_LogicalOrScalar"],
        LogicalOr,
        Second,
        dense,
        "0 where data and scalar are 0, else 1."
    ),
    with_scalar!(
        "_logical_xor_scalar",
        &["_LogicalXorScalar"],
        LogicalXor,
        Second,
        dense,
        "1 where just one of data and scalar is 0, else 0."
    ),
    with_scalar!(
        "_scatter_plus_scalar",
        &[],
        Add,
        Second,
        keep,
        "data + scalar; of a sparse array, the stored elements only."
    ),
    with_scalar!(
        "_scatter_minus_scalar",
        &[],
        Sub,
        Second,
        keep,
        "data - scalar; of a sparse array, the stored elements only."
    ),
    Definition {
        name: "smooth_l1",
        aliases: &["_npx_smooth_l1"],
        doc: "With s = scalar: s^2 data^2 / 2 where abs(data) < 1 / s^2, else abs(data) - 1 / (2 s^2).",
        params: &[optional("scalar", Kind::Double, "1", "The value s.")],
        kernel: |call| kernel::<binary::SmoothL1>(call, Order::Second),
        in_place: InPlace::Any,
        ..Definition::DEFAULT
    },
    Definition {
        name: "clip",
        aliases: &["_npi_clip", "_sparse_clip"],
        doc: "min(max(data, a_min), a_max); NaN stays NaN.",
        params: &[
            required("a_min", Kind::Float, "Minimum value"),
            required("a_max", Kind::Float, "Maximum value"),
        ],
        plan: clip_plan,
        kernel: clip,
        in_place: InPlace::Any,
        ..Definition::DEFAULT
    },
];

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Order {
    /// The scalar is the first argument of the function.
    First,
    Second,
}

/// Arrays of bool and, where the caller says that the scalar is no integer, of integers are calculated in a
/// wider type.
fn result_type(query: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    let data = query.input(0)?;
    let dtype = match (data.dtype(), query.attrs.bool("is_int")?) {
        (DType::Bool, true) => DType::Int64,
        (dtype, false) if !dtype.is_float() => DType::Float64,
        (dtype, _) => dtype,
    };
    Ok(smallvec![Meta::new(data.shape().clone(), dtype)])
}

fn dense(_: &Attrs, _: &Query<'_>) -> Result<Plan> {
    Ok(Plan::Dense)
}

fn keep(_: &Attrs, query: &Query<'_>) -> Result<Plan> {
    let storage = query.input(0)?.storage();
    Ok(if storage == Storage::Dense { Plan::Dense } else { Plan::Direct(smallvec![storage]) })
}

fn if_zero(attrs: &Attrs, query: &Query<'_>) -> Result<Plan> {
    if attrs.double("scalar")? == 0.0 { keep(attrs, query) } else { Ok(Plan::Dense) }
}

/// What is not stored stays zero if the function makes zero of zero.
fn unless_zero_is<F: Function>(attrs: &Attrs, query: &Query<'_>) -> Result<Plan> {
    if F::apply(0.0, attrs.double("scalar")?) == 0.0 { keep(attrs, query) } else { Ok(Plan::Dense) }
}

fn clip_plan(attrs: &Attrs, query: &Query<'_>) -> Result<Plan> {
    let keeps = attrs.float("a_min")? <= 0.0 && attrs.float("a_max")? >= 0.0;
    crate::ensure!(
        keeps || query.input(0)?.is_dense(),
        StorageType,
        "clip of a sparse array: 0 must lie between a_min and a_max, got {} and {}",
        attrs.float("a_min")?,
        attrs.float("a_max")?
    );
    keep(attrs, query)
}

fn kernel<F: Function>(call: &Invocation, order: Order) -> Result<()> {
    of_scalar(call, F::KERNEL, call.input(0)?, call.output(0)?, order)
}

/// out = f(data, scalar), calculated in the type of `out`.
pub(super) fn of_scalar(
    call: &Invocation,
    kernel: &Kernel,
    data: &NdArray,
    out: &NdArray,
    order: Order,
) -> Result<()> {
    let scalar = call.attrs.double("scalar")?;
    let scalar: SmallVec<[u8; 8]> =
        dispatch!(out.dtype(), T => SmallVec::from_slice(bytemuck::bytes_of(&T::from_f64(scalar))));
    run(kernel, data, out, &scalar, order)
}

fn run(kernel: &Kernel, data: &NdArray, out: &NdArray, scalar: &[u8], order: Order) -> Result<()> {
    let dtype = out.dtype();
    crate::ensure!(
        !kernel.divides || dtype.is_float() || scalar.iter().any(|byte| *byte != 0),
        InvalidArgument,
        "integer division by zero: scalar is 0 as {dtype}"
    );
    let apply = |out: &mut [u8], data: Operand<'_>| match order {
        Order::First => binary::elementwise(kernel, dtype, out, Operand::Scalar(scalar), data),
        Order::Second => binary::elementwise(kernel, dtype, out, data, Operand::Scalar(scalar)),
    };
    if !data.is_dense() {
        return map_values(data, out, &|from, to| {
            apply(&mut to.bytes, Operand::Slice(&from.cast(dtype)?.bytes));
            Ok(())
        });
    }
    if data.dtype() != dtype {
        let wide = converted(data, dtype)?;
        apply(&mut out.write_bytes()?, Operand::Slice(&wide.read_bytes()?));
        return Ok(());
    }
    let source = read_bytes(data, out)?;
    apply(&mut out.write_bytes()?, source.operand());
    Ok(())
}

fn clip(call: &Invocation) -> Result<()> {
    let (low, high) = (call.attrs.float("a_min")?, call.attrs.float("a_max")?);
    let (data, out) = (call.input(0)?, call.output(0)?);
    dispatch!(out.dtype(), T => {
        if !data.is_dense() {
            return map_values(data, out, &|from, to| {
                clip_slice(Some(from.elements::<T>()?), to.elements_mut::<T>()?, low, high);
                Ok(())
            });
        }
        let source = read::<T>(data, out)?;
        clip_slice(source.slice(), &mut out.write::<T>()?, low, high);
        Ok(())
    })
}

/// Integers are compared with the bounds as they are and replaced by the bounds without their fractions.
fn clip_slice<T: Number>(from: Option<&[T]>, out: &mut [T], low: f32, high: f32) {
    let (least, most) = (<T as Number>::from_f32(low), <T as Number>::from_f32(high));
    let clipped = |x: T| {
        let (below, above) = if T::IS_INTEGER {
            (x.to_f64() < low.into(), x.to_f64() > high.into())
        } else {
            (x < least, x > most)
        };
        let bounded = if below { least } else { x };
        if above { most } else { bounded }
    };
    for_each_chunk(out, |first, chunk| match from {
        Some(from) => {
            for (out, x) in chunk.iter_mut().zip(&from[first..]) {
                *out = clipped(*x);
            }
        }
        None => {
            for x in chunk {
                *x = clipped(*x);
            }
        }
    });
}
