//! `Dropout` and `SequenceMask`: some elements replaced.

use crate::array::{Element, NdArray, Shape, grad_mode};
use crate::base::Result;
use crate::dispatch_float;
use crate::ops::kernels::number::Number;
use crate::ops::kernels::random::Random;
use crate::ops::kernels::storage::{cast_into, elements_as, store};
use crate::ops::kernels::strided::{View, gather};
use crate::ops::operator::{Definition, Inputs};
use crate::ops::param::{Kind, optional};
use crate::ops::{Attrs, Invocation, Meta};
use smallvec::smallvec;

pub static OPERATORS: &[Definition] = &[
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
            crate::ensure!((0.0..=1.0).contains(&p), InvalidArgument, "p: expected 0 <= p <= 1, got {p}");
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
        gather(&mut each, &factors, &View::repeated(mask.shape(), data.shape()))?;
        for ((out, x), factor) in out.write::<T>()?.iter_mut().zip(data.read::<T>()?.iter()).zip(each) {
            *out = Number::mul(*x, factor);
        }
        Ok(())
    })
}

fn lengths(attrs: &Attrs, array: Option<&NdArray>) -> Result<Option<Vec<i64>>> {
    match array {
        Some(array) if attrs.bool("use_sequence_length")? => elements_as(array).map(Some),
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
    let masked = NdArray::new(Shape::new(&[rest as i64]), out.dtype(), out.device())?;
    store(&vec![value; rest], &masked)?;
    let (masked, mut target) = (masked.read_bytes()?, out.write_bytes()?);
    for (sequence, length) in lengths.into_iter().enumerate() {
        for step in usize::try_from(length).unwrap_or(0)..steps {
            let place = if by_rows { step * batch + sequence } else { sequence * steps + step };
            target[place * masked.len()..][..masked.len()].copy_from_slice(&masked);
        }
    }
    Ok(())
}
