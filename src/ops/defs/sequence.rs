//! Operators that make arrays of a rule: `_arange`, `_linspace`, `_eye`.

use crate::array::{DType, Element, Shape};
use crate::base::Result;
use crate::dispatch;
use crate::engine::for_each_chunk;
use crate::ops::kernels::number::Number;
use crate::ops::operator::{Definition, Inputs};
use crate::ops::param::{DTYPES_NO_BOOL, Kind, Param, optional, required};
use crate::ops::{Attrs, Invocation, Meta, Query};
use smallvec::{SmallVec, smallvec};

pub(super) const CTX: Param = optional("ctx", Kind::Str, "", "Context of output, in format cpu(n).");
pub(super) const DTYPE: Param =
    optional("dtype", Kind::DType(DTYPES_NO_BOOL), "float32", "Target data type.");

pub(super) const RANGE: &[Param] = &[
    required("start", Kind::Double, "Start of interval. The interval includes this value."),
    optional(
        "stop",
        Kind::DoubleOrNone,
        "None",
        "End of interval. The interval does not include this value.",
    ),
    optional("step", Kind::Double, "1", "Spacing between values."),
    optional("repeat", Kind::Int, "1", "The repeating time of all elements."),
    optional(
        "infer_range",
        Kind::Bool,
        "0",
        "Whether to infer the stop position from the start, step, repeat, and output tensor size.",
    ),
    CTX,
    DTYPE,
];

pub static OPERATORS: &[Definition] = &[
    Definition {
        name: "_arange",
        doc: "start, start + step, … below stop, each repeat times. Without stop, from 0 to start.",
        inputs: Inputs::Fixed(&[]),
        params: RANGE,
        infer: arange_shape,
        kernel: count_from,
        ..Definition::DEFAULT
    },
    Definition {
        name: "_contrib_arange_like",
        aliases: &["_npx_arange_like"],
        doc: "start, start + step, …, as many as data has elements, or as its axis is long.",
        params: &[
            optional("start", Kind::Double, "0", "Start of interval."),
            optional("step", Kind::Double, "1", "Spacing between values."),
            optional("repeat", Kind::Int, "1", "The repeating time of all elements."),
            CTX,
            optional(
                "axis",
                Kind::IntOrNone,
                "None",
                "Arange elements according to the size of a certain axis of input array.",
            ),
        ],
        infer: |query| {
            let data = query.input(0)?;
            let shape = match query.attrs.optional_int("axis")? {
                None => data.shape().clone(),
                Some(axis) => Shape::new(&[data.shape().dims()[data.shape().axis("axis", axis)?]]),
            };
            repeat(query.attrs)?;
            Ok(smallvec![Meta::new(shape, data.dtype())])
        },
        kernel: |call| arange(call, call.attrs.double("start")?),
        ..Definition::DEFAULT
    },
    Definition {
        name: "_linspace",
        aliases: &["_npi_linspace"],
        doc: "num values from start to stop, equally far apart; endpoint says whether stop is the last.",
        inputs: Inputs::Fixed(&[]),
        params: &[
            required("start", Kind::Double, "The starting value of the sequence."),
            required("stop", Kind::Double, "The ending value of the sequence."),
            required("num", Kind::Int, "Number of samples to generate. Must be non-negative."),
            optional("endpoint", Kind::Bool, "1", "If True, stop is the last sample."),
            CTX,
            DTYPE,
        ],
        shown: Some(RANGE),
        infer: |query| {
            let num = query.attrs.int("num")?;
            crate::ensure!(
                num >= 0,
                InvalidArgument,
                "Number of sequence should be non-negative, received {num}"
            );
            made(query, Shape::new(&[num]))
        },
        kernel: linspace,
        ..Definition::DEFAULT
    },
    Definition {
        name: "_eye",
        doc: "Ones on the k-th diagonal of an N x M matrix of zeros; M = N if M is 0.",
        inputs: Inputs::Fixed(&[]),
        params: &[
            required("N", Kind::Long, "Number of rows in the output."),
            optional("M", Kind::Long, "0", "Number of columns in the output. If 0, defaults to N"),
            optional("k", Kind::Long, "0", "Index of the diagonal."),
            CTX,
            optional(
                "dtype",
                Kind::DType(&["float16", "float32", "float64", "int32", "int64", "int8", "uint8"]),
                "float32",
                "Target data type.",
            ),
        ],
        infer: |query| {
            let (n, m) = (query.attrs.int("N")?, query.attrs.int("M")?);
            made(query, Shape::new(&[n, if m > 0 { m } else { n }]))
        },
        kernel: eye,
        ..Definition::DEFAULT
    },
];

fn made(query: &Query<'_>, shape: Shape) -> Result<SmallVec<[Meta; 2]>> {
    Ok(smallvec![Meta::new(shape, query.attrs.dtype("dtype")?.unwrap_or(DType::Float32))])
}

fn repeat(attrs: &Attrs) -> Result<usize> {
    let repeat = attrs.int("repeat")?;
    usize::try_from(repeat)
        .ok()
        .filter(|repeat| *repeat > 0)
        .ok_or_else(|| crate::err!(InvalidArgument, "Range only supports repeat > 0, received {repeat}"))
}

pub(super) fn arange_shape(query: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    let attrs = query.attrs;
    let (start, stop) = (attrs.double("start")?, attrs.optional_double("stop")?);
    let (step, repeat) = (attrs.double("step")?, repeat(attrs)?);
    crate::ensure!(step != 0.0, InvalidArgument, "Range does not support step=0, received {step}");
    if let (None, true, Some(output)) = (stop, attrs.bool("infer_range")?, query.given_output()) {
        return Ok(smallvec![Meta::of(output)]);
    }
    let (start, stop) = stop.map_or((0.0, start), |stop| (start, stop));
    let forward = if step > 0.0 { start < stop } else { start > stop };
    let may_be_empty = query.numpy_shape && query.operator.name == "_npi_arange";
    crate::ensure!(
        forward || may_be_empty,
        InvalidArgument,
        "Invalid range (start, stop, step) = ({start},{stop},{step})"
    );
    let length = ((stop - start) / step).ceil().max(0.0) * repeat as f64;
    made(query, Shape::new(&[length as i64]))
}

pub(super) fn count_from(call: &Invocation) -> Result<()> {
    let start = call.attrs.double("start")?;
    let from_zero = call.attrs.optional_double("stop")?.is_none() && !call.attrs.bool("infer_range")?;
    arange(call, if from_zero { 0.0 } else { start })
}

fn arange(call: &Invocation, start: f64) -> Result<()> {
    let (step, repeat) = (call.attrs.double("step")?, repeat(&call.attrs)?);
    let out = call.output(0)?;
    dispatch!(out.dtype(), T => {
        let (start, step) = (T::from_f64(start), T::from_f64(step));
        for_each_chunk(&mut out.write::<T>()?, |first, chunk| {
            for (number, out) in chunk.iter_mut().enumerate() {
                let count = T::from_i64(((first + number) / repeat) as i64);
                *out = Number::add(start, Number::mul(count, step));
            }
        });
        Ok(())
    })
}

fn linspace(call: &Invocation) -> Result<()> {
    let (start, stop, num) =
        (call.attrs.double("start")?, call.attrs.double("stop")?, call.attrs.int("num")?);
    let gaps = if call.attrs.bool("endpoint")? { num - 1 } else { num };
    let step = if gaps > 0 { (stop - start) / gaps as f64 } else { 0.0 };
    let out = call.output(0)?;
    dispatch!(out.dtype(), T => {
        for (number, out) in out.write::<T>()?.iter_mut().enumerate() {
            *out = T::from_f64(start + step * number as f64);
        }
        Ok(())
    })
}

pub(super) fn eye(call: &Invocation) -> Result<()> {
    let (out, k) = (call.output(0)?, call.attrs.int("k")?);
    let width = out.shape().row_size().max(1);
    dispatch!(out.dtype(), T => {
        let mut target = out.write::<T>()?;
        target.fill(T::default());
        for (row, out) in target.chunks_exact_mut(width).enumerate() {
            let one = usize::try_from((row as i64).saturating_add(k)).ok().and_then(|column| out.get_mut(column));
            if let Some(one) = one {
                *one = <T as Number>::one();
            }
        }
        Ok(())
    })
}
