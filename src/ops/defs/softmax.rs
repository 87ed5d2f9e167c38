//! Softmax and its relatives.

use crate::array::{DType, NdArray, Shape, convert_bytes};
use crate::base::Result;
use crate::ops::kernels::storage::elements_as;
use crate::ops::operator::{Definition, Inputs};
use crate::ops::param::{Kind, Param, Value, optional};
use crate::ops::{Attrs, Invocation, Meta, Query};
use smallvec::{SmallVec, smallvec};

const AXIS: Param = optional("axis", Kind::Int, "-1", "The axis along which to compute softmax.");
const TEMPERATURE: Param =
    optional("temperature", Kind::DoubleOrNone, "None", "Temperature parameter in softmax");
const DTYPE: Param = optional(
    "dtype",
    Kind::DTypeOrNone(&["float16", "float32", "float64"]),
    "None",
    "DType of the output in case this can't be inferred.",
);
const USE_LENGTH: Param = optional(
    "use_length",
    Kind::BoolOrNone,
    "0",
    "Whether to use the length input as a mask over the data input.",
);
const PARAMS: &[Param] = &[AXIS, TEMPERATURE, DTYPE, USE_LENGTH];

pub static OPERATORS: &[Definition] = &[
    Definition {
        name: "softmax",
        aliases: &["_npx_softmax"],
        doc: "exp(data / temperature) along axis, divided by its sum; with use_length over the first elements only.",
        inputs: Inputs::Optional {
            names: &["data", "length"],
            count: |attrs| Ok(if uses_length(attrs)? { 2 } else { 1 }),
        },
        params: PARAMS,
        infer: softmax_shape,
        kernel: |call| softmax(call, axis(call)?, 1.0, false),
        ..Definition::DEFAULT
    },
    Definition {
        name: "log_softmax",
        aliases: &["_npx_log_softmax"],
        doc: "The logarithm of softmax.",
        params: PARAMS,
        infer: softmax_shape,
        kernel: |call| softmax(call, axis(call)?, 1.0, true),
        ..Definition::DEFAULT
    },
    Definition {
        name: "softmin",
        doc: "softmax of -data.",
        params: PARAMS,
        infer: softmax_shape,
        kernel: |call| softmax(call, axis(call)?, -1.0, false),
        ..Definition::DEFAULT
    },
    Definition {
        name: "SoftmaxActivation",
        doc: "softmax over the last axis, or with mode channel over axis 1.",
        params: &[optional(
            "mode",
            Kind::Enum(&["channel", "instance"]),
            "instance",
            "Specifies how to compute the softmax.",
        )],
        kernel: |call| {
            let rank = call.input(0)?.shape().rank();
            let channel = call.attrs.text("mode")? == "channel";
            let over = if channel { 1..2 } else { rank.max(1) - 1..rank };
            softmax_lines(call, lines(call.input(0)?.shape(), over), 1.0, false)
        },
        ..Definition::DEFAULT
    },
    Definition {
        name: "SoftmaxOutput",
        aliases: &["Softmax"],
        doc: "softmax over each instance, or with multi_output over axis 1; the labels matter to gradients only.",
        inputs: Inputs::Fixed(&["data", "label"]),
        params: &[
            optional("grad_scale", Kind::Float, "1", "Scales the gradient by a float factor."),
            optional(
                "ignore_label",
                Kind::Float,
                "-1",
                "The instances whose labels equal it have no gradient.",
            ),
            optional(
                "multi_output",
                Kind::Bool,
                "0",
                "If set to true, the softmax function will be computed along axis 1.",
            ),
            optional(
                "use_ignore",
                Kind::Bool,
                "0",
                "If set to true, the ignore_label value will not contribute to the gradient.",
            ),
            optional(
                "preserve_shape",
                Kind::Bool,
                "0",
                "If set to true, the softmax function will be computed along the last axis.",
            ),
            optional(
                "normalization",
                Kind::Enum(&["batch", "null", "valid"]),
                "null",
                "Normalizes the gradient.",
            ),
            optional("out_grad", Kind::Bool, "0", "Multiplies gradient with output gradient element-wise."),
            optional(
                "smooth_alpha",
                Kind::Float,
                "0",
                "Constant for computing a label smoothed version of cross-entropy.",
            ),
        ],
        infer: labelled_shape,
        kernel: |call| {
            let rank = call.input(0)?.shape().rank();
            let over = if call.attrs.bool("multi_output")? {
                1..2
            } else if call.attrs.bool("preserve_shape")? {
                rank.max(1) - 1..rank
            } else {
                1..rank.max(1)
            };
            softmax_lines(call, lines(call.input(0)?.shape(), over), 1.0, false)
        },
        ..Definition::DEFAULT
    },
];

/// `None` means no, as in MXNet.
fn uses_length(attrs: &Attrs) -> Result<bool> {
    Ok(matches!(attrs.value("use_length")?, Value::Bool(true)))
}

fn axis(call: &Invocation) -> Result<usize> {
    call.input(0)?.shape().axis("axis", call.attrs.int("axis")?)
}

fn softmax_shape(query: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    let data = query.input(0)?;
    let axis = data.shape().axis("axis", query.attrs.int("axis")?)?;
    crate::ensure!(
        data.dtype().is_float(),
        DType,
        "This operation only support floating point types, not {}",
        data.dtype()
    );
    if let Some(length) = query.inputs.get(1) {
        crate::ensure!(
            matches!(length.dtype(), DType::Int32 | DType::Int64),
            DType,
            "length: expected int32 or int64, got {}",
            length.dtype()
        );
        let expected = without(data.shape(), axis);
        crate::ensure!(
            length.shape() == &expected,
            Shape,
            "length: expected shape {expected}, one for each vector along axis {axis}, got {}",
            length.shape()
        );
    }
    Ok(smallvec![Meta::new(data.shape().clone(), query.attrs.dtype("dtype")?.unwrap_or(data.dtype()))])
}

fn without(shape: &Shape, axis: usize) -> Shape {
    let others = shape.dims().iter().enumerate().filter(|(number, _)| *number != axis);
    others.map(|(_, dim)| *dim).collect()
}

/// A label for each vector that is normalised, or one for each element.
fn labelled_shape(query: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    let (data, label) = (query.input(0)?, query.input(1)?);
    query.require_dtype(1, data.dtype())?;
    let (shape, rank) = (data.shape(), data.shape().rank());
    let mut allowed: SmallVec<[Shape; 4]> = smallvec![shape.clone()];
    if query.attrs.bool("multi_output")? && rank > 1 {
        let mut kept = shape.clone();
        kept.dims_mut()[1] = 1;
        let labels = (shape.size() as i64).checked_div(shape.dims()[0] * shape.dims()[1]).unwrap_or(0);
        allowed.extend([without(shape, 1), kept, Shape::new(&[shape.dims()[0], labels])]);
    } else {
        allowed.push(without(shape, rank.saturating_sub(1)));
    }
    crate::ensure!(
        allowed.contains(label.shape()),
        Shape,
        "label: expected shape {} for data of shape {shape}, got {}",
        allowed[1],
        label.shape()
    );
    Ok(smallvec![Meta::of(data)])
}

/// The vectors over which is normalised: how many elements, and how far apart.
fn lines(shape: &Shape, axes: std::ops::Range<usize>) -> (usize, usize) {
    let dims = shape.dims();
    let extent = |dims: &[i64]| dims.iter().map(|dim| *dim as usize).product::<usize>();
    let (begin, end) = (axes.start.min(dims.len()), axes.end.min(dims.len()));
    if begin >= end { (extent(dims), 1) } else { (extent(&dims[begin..end]), extent(&dims[end..])) }
}

fn softmax(call: &Invocation, axis: usize, sign: f64, logarithm: bool) -> Result<()> {
    softmax_lines(call, lines(call.input(0)?.shape(), axis..axis + 1), sign, logarithm)
}

/// The number of elements that count of each vector, if the caller limits it.
fn lengths(attrs: &Attrs, length: Option<&NdArray>) -> Result<Option<Vec<usize>>> {
    match length {
        Some(length) if attrs.has("use_length") => {
            Ok(Some(elements_as::<i64>(length)?.into_iter().map(|x| x.max(0) as usize).collect()))
        }
        _ => Ok(None),
    }
}

/// float64 and, for the narrower types, float32 arithmetic; the largest element is subtracted first.
fn softmax_lines(
    call: &Invocation,
    (length, step): (usize, usize),
    sign: f64,
    logarithm: bool,
) -> Result<()> {
    let (data, out) = (call.input(0)?, call.output(0)?);
    let temperature =
        if call.attrs.has("temperature") { call.attrs.optional_double("temperature")? } else { None };
    let counts = lengths(&call.attrs, call.inputs.get(1))?;
    if length == 0 {
        return Ok(());
    }
    let double = data.dtype() == DType::Float64;
    let mut source = vec![0f64; data.size()];
    convert_bytes(data.dtype(), &data.read_bytes()?, DType::Float64, bytemuck::cast_slice_mut(&mut source));
    let mut results = vec![0f64; source.len()];
    for vector in 0..source.len() / length {
        let start = vector / step * length * step + vector % step;
        let count = counts
            .as_ref()
            .and_then(|counts| counts.get(vector))
            .map_or(length, |count| (*count).min(length));
        let at = |number: usize| {
            let x = sign * source[start + number * step];
            temperature.map_or(x, |temperature| x / temperature)
        };
        let most = (0..count).map(at).fold(f64::NEG_INFINITY, f64::max);
        let power = |number: usize| {
            if double { (at(number) - most).exp() } else { f64::from(((at(number) - most) as f32).exp()) }
        };
        let sum: f64 = (0..count).map(power).sum();
        for number in 0..count {
            results[start + number * step] =
                if logarithm { at(number) - most - sum.ln() } else { power(number) / sum };
        }
    }
    convert_bytes(DType::Float64, bytemuck::cast_slice(&results), out.dtype(), &mut out.write_bytes()?);
    Ok(())
}
