//! Random numbers with numpy's arguments: parameters are numbers or arrays, `size` is the shape of the result.

use super::super::random::fill;
use super::super::sequence::CTX;
use crate::array::{DType, NdArray, Shape};
use crate::base::Result;
use crate::ops::kernels::binary::broadcast_shape;
use crate::ops::kernels::random::Random;
use crate::ops::kernels::storage::elements_as;
use crate::ops::kernels::strided::{View, gather};
use crate::ops::operator::{Definition, Inputs};
use crate::ops::param::{Kind, Param, optional, required};
use crate::ops::{Attrs, Invocation, Meta, Query};
use smallvec::{SmallVec, smallvec};

const SIZE: Param = optional("size", Kind::ShapeOrNone, "None", "The shape of the result.");
const DTYPE: Param =
    optional("dtype", Kind::DType(&["float16", "float32", "float64"]), "float32", "The type of the result.");

macro_rules! of_two {
    ($name:literal, $doc:literal, $one:literal, $two:literal, $check:expr, $draw:expr) => {
        Definition {
            name: $name,
            doc: concat!($doc, " A parameter that is None is an array, in the order of the parameters."),
            inputs: Inputs::Optional {
                names: &["input1", "input2"],
                count: |attrs| {
                    let missing = [$one, $two].iter().map(|name| attrs.optional_float(name));
                    missing.map(|value| value.map(|value| usize::from(value.is_none()))).sum()
                },
            },
            params: &[
                required($one, Kind::FloatOrNone, "The first parameter; None if it is an array."),
                required($two, Kind::FloatOrNone, "The second parameter; None if it is an array."),
                SIZE,
                optional("ctx", Kind::Str, "cpu", CTX.doc),
                DTYPE,
            ],
            infer: sized,
            kernel: |call| {
                let (one, two) = (parameter(call, $one, 0)?, parameter(call, $two, 1)?);
                let check: fn(f64) -> Result<()> = $check;
                two.iter().try_for_each(|two| check(*two))?;
                let draw: fn(&mut Random, f64, f64) -> f64 = $draw;
                let at = |values: &[f64], number: usize| values[if values.len() == 1 { 0 } else { number }];
                let out = call.output(0)?;
                if out.size() == 0 {
                    return Ok(());
                }
                fill(out, call.seed, &|random, number| draw(random, at(&one, number), at(&two, number)))
            },
            random: true,
            ..Definition::DEFAULT
        }
    };
}

pub static OPERATORS: &[Definition] = &[
    of_two!(
        "_npi_normal",
        "Random numbers: normal of mean loc and deviation scale.",
        "loc",
        "scale",
        |scale| {
            crate::ensure!(
                scale >= 0.0,
                InvalidArgument,
                "scale: expected a non-negative number, got {scale}"
            );
            Ok(())
        },
        |random, mean, scale| mean + scale * random.normal()
    ),
    of_two!(
        "_npi_uniform",
        "Random numbers: uniform in low to high (exclusive).",
        "low",
        "high",
        |_| Ok(()),
        |random, low, high| low + (high - low) * random.unit()
    ),
    Definition {
        name: "_npi_multinomial",
        doc: "How often each outcome came up in n experiments, for each place of size; the probabilities are a \
              vector, or pvals.",
        inputs: Inputs::Optional {
            names: &["a"],
            count: |attrs| Ok(usize::from(attrs.doubles("pvals")?.is_none())),
        },
        params: &[
            required("n", Kind::Int, "Number of experiments."),
            optional(
                "pvals",
                Kind::DoublesOrNone,
                "None",
                "Probabilities of the outcomes; their sum is at most 1.",
            ),
            SIZE,
        ],
        infer: |query| {
            let outcomes = match query.attrs.doubles("pvals")? {
                Some(probabilities) => probabilities.len() as i64,
                None => match *query.input(0)?.shape().dims() {
                    [outcomes] => outcomes,
                    _ => crate::bail!(
                        Shape,
                        "a: expected a vector of probabilities, got shape {}",
                        query.input(0)?.shape()
                    ),
                },
            };
            let experiments = query.attrs.int("n")?;
            crate::ensure!(experiments >= 0, InvalidArgument, "n: expected a count, got {experiments}");
            let size = query.attrs.shape("size")?.unwrap_or_default();
            let shape: Shape = size.dims().iter().copied().chain([outcomes]).collect();
            Ok(smallvec![Meta::new(shape, DType::Int64)])
        },
        kernel: multinomial,
        random: true,
        ..Definition::DEFAULT
    },
];

/// `size`, or what the arrays make together.
fn sized(query: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    let dtype = query.attrs.dtype("dtype")?.unwrap_or(DType::Float32);
    let own = query.inputs.iter().try_fold(Shape::default(), |shape, input| {
        broadcast_shape(&shape, input.shape()).ok_or_else(|| {
            crate::err!(
                Shape,
                "operands could not be broadcast together with shapes {shape} {}",
                input.shape()
            )
        })
    })?;
    let shape = query.attrs.shape("size")?.unwrap_or_else(|| own.clone());
    crate::ensure!(
        broadcast_shape(&own, &shape).as_ref() == Some(&shape),
        Shape,
        "size: parameters of shape {own} cannot be broadcast to {shape}"
    );
    Ok(smallvec![Meta::new(shape, dtype)])
}

/// One value, or one for each element of the output.
fn parameter(call: &Invocation, name: &str, place: usize) -> Result<Vec<f64>> {
    if let Some(value) = call.attrs.optional_float(name)? {
        return Ok(vec![value.into()]);
    }
    // The only array there is belongs to the only parameter that is None.
    let array = call.input(place.min(call.inputs.len().saturating_sub(1)))?;
    let out = call.output(0)?.shape();
    let values: Vec<f64> = elements_as(array)?;
    let mut repeated = vec![0.0; out.size()];
    gather(&mut repeated, &values, &View::repeated(array.shape(), out))?;
    Ok(repeated)
}

fn probabilities(attrs: &Attrs, input: Option<&NdArray>) -> Result<Vec<f64>> {
    let values = match (attrs.doubles("pvals")?, input) {
        (Some(values), _) => values.to_vec(),
        (None, Some(input)) => elements_as(input)?,
        (None, None) => vec![],
    };
    let sum: f64 = values.iter().sum();
    // Room for probabilities that were rounded to float32 or float16.
    let room = if input.is_some_and(|input| input.dtype() != DType::Float64) { 1e-3 } else { 1e-12 };
    crate::ensure!(
        sum <= 1.0 + room && values.iter().all(|value| *value >= 0.0),
        InvalidArgument,
        "pvals: expected probabilities whose sum is at most 1, got a sum of {sum}"
    );
    Ok(values)
}

fn multinomial(call: &Invocation) -> Result<()> {
    let values = probabilities(&call.attrs, call.inputs.first())?;
    let experiments = call.attrs.int("n")?;
    let Some(last) = values.len().checked_sub(1) else { return Ok(()) };
    let mut target = call.output(0)?.write::<i64>()?;
    target.fill(0);
    for (number, counts) in target.chunks_exact_mut(values.len()).enumerate() {
        let mut random = Random::of(call.seed, number);
        for _ in 0..experiments {
            let mut left = random.unit();
            let outcome = values.iter().position(|probability| {
                left -= probability;
                left < 0.0
            });
            counts[outcome.unwrap_or(last)] += 1;
        }
    }
    Ok(())
}
