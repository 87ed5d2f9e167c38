//! Random operators: `_random_*` with numbers as parameters, `_random_*_like`, `_sample_*` with arrays of
//! parameters, `_sample_multinomial`, `_shuffle`. One seed gives one sequence of results; it is not MXNet's sequence.

use crate::array::{DType, Element, NdArray, Shape, convert_bytes};
use crate::base::Result;
use crate::engine::for_each_chunk;
use crate::ops::kernels::index::take_rows;
use crate::ops::kernels::random::Random;
use crate::ops::kernels::storage::{elements_as, store};
use crate::ops::operator::{Definition, Inputs};
use crate::ops::param::{Kind, Param, optional, required};
use crate::ops::{Invocation, Meta, Query};
use smallvec::{SmallVec, smallvec};

const SHAPE: Param = optional("shape", Kind::Shape, "None", "Shape of the output.");
const CTX: Param = optional("ctx", Kind::Str, "", "Context of output, in format cpu(n).");
const DTYPE: Param = optional(
    "dtype",
    Kind::DType(&["None", "float16", "float32", "float64"]),
    "None",
    "DType of the output in case this can't be inferred.",
);
const SAMPLE_SHAPE: Param =
    optional("shape", Kind::Shape, "[]", "Shape to be sampled from each random distribution.");

/// A distribution with one or two parameters: draws one element.
type Draw = fn(&mut Random, f64, f64) -> f64;

const fn float(name: &'static str, default: &'static str) -> Param {
    optional(name, Kind::Float, default, "Parameter of the distribution.")
}

macro_rules! distribution {
    (
        $text:literal, $random:literal, $aliases:expr, $like:literal, $sample:literal, $sample_alias:literal,
        [$($param:expr),+], [$($name:literal),+], $check:expr, $draw:expr
    ) => {
        [
            Definition {
                name: $random,
                aliases: $aliases,
                doc: concat!("Random numbers: ", $text, "."),
                inputs: Inputs::Fixed(&[]),
                params: &[$($param,)+ SHAPE, CTX, DTYPE],
                infer: shape_asked,
                kernel: |call| by_numbers(call, $check, $draw),
                random: true,
                ..Definition::DEFAULT
            },
            Definition {
                name: $like,
                doc: concat!("Random numbers in the shape of data: ", $text, "."),
                params: &[$($param,)+],
                kernel: |call| by_numbers(call, $check, $draw),
                random: true,
                ..Definition::DEFAULT
            },
            Definition {
                name: $sample,
                aliases: &[$sample_alias],
                doc: concat!("Random numbers for each element of the parameters: ", $text, "."),
                inputs: Inputs::Fixed(&[$($name),+]),
                params: &[SAMPLE_SHAPE, DTYPE],
                infer: sample_shape,
                kernel: |call| by_arrays(call, $draw),
                random: true,
                ..Definition::DEFAULT
            },
        ]
    };
}

pub static UNIFORM: &[Definition] = &distribution!(
    "uniform in [low, high), where rounding to a narrow type may give high itself",
    "_random_uniform",
    &["random_uniform", "uniform"],
    "_random_uniform_like",
    "_sample_uniform",
    "sample_uniform",
    [float("low", "0"), float("high", "1")],
    ["low", "high"],
    |low, high| {
        crate::ensure!(
            low <= high,
            InvalidArgument,
            "low must be less or equal to high, got {low} and {high}"
        );
        Ok(())
    },
    |random, low, high| low + (high - low) * random.unit()
);
pub static NORMAL: &[Definition] = &distribution!(
    "normal of mean loc and deviation scale",
    "_random_normal",
    &["normal", "random_normal"],
    "_random_normal_like",
    "_sample_normal",
    "sample_normal",
    [float("loc", "0"), float("scale", "1")],
    ["mu", "sigma"],
    |_, scale| positive("scale parameter in gaussian", scale),
    |random, mean, scale| mean + scale * random.normal()
);
pub static GAMMA: &[Definition] = &distribution!(
    "gamma of shape alpha and scale beta",
    "_random_gamma",
    &["random_gamma"],
    "_random_gamma_like",
    "_sample_gamma",
    "sample_gamma",
    [float("alpha", "1"), float("beta", "1")],
    ["alpha", "beta"],
    |alpha, beta| positive("alpha parameter in gamma distribution", alpha)
        .and_then(|()| positive("beta parameter in gamma distribution", beta)),
    |random, alpha, beta| random.gamma(alpha) * beta
);
pub static EXPONENTIAL: &[Definition] = &distribution!(
    "exponential of rate lam",
    "_random_exponential",
    &["random_exponential"],
    "_random_exponential_like",
    "_sample_exponential",
    "sample_exponential",
    [float("lam", "1")],
    ["lam"],
    |lam, _| positive("lambda parameter in exponential distribution", lam),
    |random, lam, _| random.exponential() / lam
);
pub static POISSON: &[Definition] = &distribution!(
    "Poisson of mean lam",
    "_random_poisson",
    &["random_poisson"],
    "_random_poisson_like",
    "_sample_poisson",
    "sample_poisson",
    [float("lam", "1")],
    ["lam"],
    |lam, _| {
        crate::ensure!(
            lam >= 0.0,
            InvalidArgument,
            "lambda parameter in poisson distribution has to be non-negative, got {lam}"
        );
        Ok(())
    },
    |random, lam, _| random.poisson(lam)
);
pub static NEGATIVE_BINOMIAL: &[Definition] = &distribution!(
    "failures before the k-th success of probability p",
    "_random_negative_binomial",
    &["random_negative_binomial"],
    "_random_negative_binomial_like",
    "_sample_negative_binomial",
    "sample_negative_binomial",
    [optional("k", Kind::Int, "1", "Limit of unsuccessful experiments."), float("p", "1")],
    ["k", "p"],
    |k, p| {
        crate::ensure!(
            k >= 0.0,
            InvalidArgument,
            "k parameter in negative binomial distribution has to be non-negative, got {k}"
        );
        crate::ensure!(
            p >= 0.0,
            InvalidArgument,
            "p parameter in negative binomial distribution has to be non-negative, got {p}"
        );
        Ok(())
    },
    |random, k, p| random.negative_binomial(k, p)
);
pub static GENERALIZED_NEGATIVE_BINOMIAL: &[Definition] = &distribution!(
    "negative binomial of mean mu and dispersion alpha",
    "_random_generalized_negative_binomial",
    &["random_generalized_negative_binomial"],
    "_random_generalized_negative_binomial_like",
    "_sample_generalized_negative_binomial",
    "sample_generalized_negative_binomial",
    [float("mu", "1"), float("alpha", "1")],
    ["mu", "alpha"],
    |mu, alpha| {
        crate::ensure!(
            mu >= 0.0,
            InvalidArgument,
            "mu parameter in generalized negative binomial distribution has to be non-negative, got {mu}"
        );
        crate::ensure!(
            alpha >= 0.0,
            InvalidArgument,
            "alpha parameter in generalized negative binomial distribution has to be non-negative, got {alpha}"
        );
        Ok(())
    },
    |random, mu, alpha| random.generalized_negative_binomial(mu, alpha)
);

pub static OPERATORS: &[Definition] = &[
    Definition {
        name: "_random_randint",
        aliases: &["_npi_random_randint", "random_randint"],
        doc: "Random integers: uniform in low to high (exclusive).",
        inputs: Inputs::Fixed(&[]),
        params: &[
            required("low", Kind::Long, "Lower bound of the distribution."),
            required("high", Kind::Long, "Upper bound of the distribution."),
            SHAPE,
            CTX,
            optional(
                "dtype",
                Kind::DType(&["None", "int32", "int64"]),
                "None",
                "DType of the output in case this can't be inferred.",
            ),
        ],
        infer: shape_asked,
        kernel: |call| {
            let (low, high) = (call.attrs.int("low")?, call.attrs.int("high")?);
            crate::ensure!(high > low, InvalidArgument, "high: expected more than low, {low}, got {high}");
            let out = call.output(0)?;
            fill(out, call.seed, &|random, _| random.integer(low, high))
        },
        random: true,
        ..Definition::DEFAULT
    },
    Definition {
        name: "_sample_multinomial",
        aliases: &["sample_multinomial"],
        doc: "Numbers of outcomes with the probabilities that the last axis of data gives; get_prob adds the \
              logarithms of the probabilities as a second output.",
        params: &[
            SAMPLE_SHAPE,
            optional(
                "get_prob",
                Kind::Bool,
                "0",
                "Whether to also return the log probability of sampled result.",
            ),
            optional(
                "dtype",
                Kind::DType(&["float16", "float32", "float64", "int32", "uint8"]),
                "int32",
                "DType of the output in case this can't be inferred.",
            ),
        ],
        outputs: |attrs, _| Ok(if attrs.bool("get_prob")? { 2 } else { 1 }),
        infer: multinomial_shape,
        kernel: multinomial,
        random: true,
        ..Definition::DEFAULT
    },
    Definition {
        name: "_shuffle",
        aliases: &["_npi_shuffle", "shuffle"],
        doc: "The slices along the first axis in random order.",
        kernel: |call| {
            let (data, out) = (call.input(0)?, call.output(0)?);
            let rows = data.shape().rows();
            let mut order: Vec<usize> = (0..rows).collect();
            let mut random = Random::of(call.seed, 0);
            for last in (1..rows).rev() {
                order.swap(last, random.integer(0, last as i64 + 1) as usize);
            }
            take_rows(data, out, &order, 1, rows, data.shape().row_size())
        },
        random: true,
        ..Definition::DEFAULT
    },
];

fn positive(what: &str, value: f64) -> Result<()> {
    crate::ensure!(value > 0.0, InvalidArgument, "{what} has to be positive, got {value}");
    Ok(())
}

fn shape_asked(query: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    let asked = query.attrs.shape("shape")?.filter(|shape| shape.rank() > 0);
    let given = query.given_output();
    let shape = match (asked, given) {
        (Some(shape), _) => shape,
        (None, Some(output)) => output.shape().clone(),
        (None, None) if query.numpy_shape => Shape::default(),
        (None, None) => Shape::new(&[1]),
    };
    let default = if query.operator.name == "_random_randint" { DType::Int32 } else { DType::Float32 };
    let dtype = query.attrs.dtype("dtype")?.or(given.map(NdArray::dtype)).unwrap_or(default);
    Ok(smallvec![Meta::new(shape, dtype)])
}

/// The distribution's one or two parameters, which come first in the operator's list.
fn numbers(call: &Invocation) -> Result<(f64, f64)> {
    let number = |index: usize| -> Result<f64> {
        match call.operator.params.get(index) {
            Some(param) if param.kind == Kind::Float => call.attrs.float(param.name).map(f64::from),
            Some(param) if param.kind == Kind::Int => call.attrs.int(param.name).map(|value| value as f64),
            _ => Ok(0.0),
        }
    };
    Ok((number(0)?, number(1)?))
}

/// What a random number is made of, and its number in the array.
type DrawAt<'a, W> = &'a (dyn Fn(&mut Random, usize) -> W + Sync);

/// Fills an array with numbers that are drawn as `W` and converted block by block.
pub(super) fn fill<W: Element>(out: &NdArray, seed: u64, draw: DrawAt<'_, W>) -> Result<()> {
    const BLOCK: usize = 256;
    let (dtype, size) = (out.dtype(), out.dtype().size());
    for_each_chunk(&mut out.write_bytes()?, |first, chunk| {
        let mut drawn = [W::default(); BLOCK];
        for (block, out) in chunk.chunks_mut(BLOCK * size).enumerate() {
            let drawn = &mut drawn[..out.len() / size];
            for (number, value) in drawn.iter_mut().enumerate() {
                let place = first / size + block * BLOCK + number;
                *value = draw(&mut Random::of(seed, place), place);
            }
            convert_bytes(W::DTYPE, bytemuck::cast_slice(drawn), dtype, out);
        }
    });
    Ok(())
}

fn by_numbers(call: &Invocation, check: fn(f64, f64) -> Result<()>, draw: Draw) -> Result<()> {
    let (one, two) = numbers(call)?;
    check(one, two)?;
    let out = call.output(0)?;
    fill(out, call.seed, &|random, _| draw(random, one, two))
}

fn sample_shape(query: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    let first = query.input(0)?;
    for index in 1..query.inputs.len() {
        query.require_same(index)?;
    }
    let own = query.attrs.shape("shape")?.unwrap_or_default();
    let shape: Shape = first.shape().dims().iter().chain(own.dims()).copied().collect();
    let given = query.given_output().map(NdArray::dtype);
    Ok(smallvec![Meta::new(shape, query.attrs.dtype("dtype")?.or(given).unwrap_or(DType::Float32))])
}

/// No parameter is refused here: what a distribution does not have gives its limit, or NaN.
fn by_arrays(call: &Invocation, draw: Draw) -> Result<()> {
    let out = call.output(0)?;
    let values = |index: usize| -> Result<Vec<f64>> {
        let Some(input) = call.inputs.get(index) else { return Ok(vec![]) };
        elements_as(input)
    };
    let (one, two) = (values(0)?, values(1)?);
    let second = |index: usize| two.get(index).copied().unwrap_or(0.0);
    let each = out.size() / one.len().max(1);
    fill(out, call.seed, &|random, number| {
        let index = number / each.max(1);
        draw(random, one[index], second(index))
    })
}

fn multinomial_shape(query: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    let data = query.input(0)?;
    let rank = data.shape().rank();
    crate::ensure!(rank > 0, Shape, "data: expected probabilities along the last axis, got a scalar");
    let own = query.attrs.shape("shape")?.unwrap_or_default();
    let shape: Shape = data.shape().dims()[..rank - 1].iter().chain(own.dims()).copied().collect();
    let shape = if shape.rank() == 0 { Shape::new(&[1]) } else { shape };
    let mut metas = smallvec![Meta::new(shape.clone(), query.attrs.dtype("dtype")?.unwrap_or(DType::Int32))];
    if query.attrs.bool("get_prob")? {
        metas.push(Meta::new(shape, data.dtype()));
    }
    Ok(metas)
}

fn multinomial(call: &Invocation) -> Result<()> {
    let (data, out) = (call.input(0)?, call.output(0)?);
    let outcomes = data.shape().dims().last().copied().unwrap_or(0).max(0) as usize;
    crate::ensure!(
        outcomes > 0,
        Shape,
        "data: expected at least one probability, got shape {}",
        data.shape()
    );
    let probabilities: Vec<f64> = elements_as(data)?;
    let each = out.size() / (probabilities.len() / outcomes).max(1);
    let (chosen, logarithms): (Vec<i64>, Vec<f64>) = (0..out.size())
        .map(|number| {
            let row = &probabilities[number / each.max(1) * outcomes..][..outcomes];
            let mut left = Random::of(call.seed, number).unit() * row.iter().sum::<f64>();
            let found = row.iter().position(|probability| {
                left -= probability;
                left < 0.0
            });
            let place = found.unwrap_or(outcomes - 1);
            (place as i64, row[place].ln())
        })
        .unzip();
    store(&chosen, out)?;
    call.outputs.get(1).map_or(Ok(()), |out| store(&logarithms, out))
}
