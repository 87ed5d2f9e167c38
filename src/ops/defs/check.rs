//! Operators that look at whole arrays: finiteness, closeness, histograms, norms of many arrays; `reset_arrays`.

use crate::array::{DType, Element, Shape, Storage};
use crate::base::Result;
use crate::ops::kernels::norm::sum_of_squares;
use crate::ops::kernels::sparse::Elements;
use crate::ops::kernels::storage::{cast_into, elements_as, store};
use crate::ops::operator::{Definition, Inputs, Plan};
use crate::ops::param::{Kind, Param, optional, required};
use crate::ops::{Attrs, Invocation, Meta, Query};
use crate::{dispatch, dispatch_float};
use smallvec::{SmallVec, smallvec};

const INIT_OUTPUT: Param = optional("init_output", Kind::Bool, "1", "Initialize output to 1.");
const ARRAYS: Inputs = Inputs::Variadic { name: "data", count: Some("num_arrays"), per_count: 1, extra: 0 };

pub static OPERATORS: &[Definition] = &[
    Definition {
        name: "all_finite",
        array_type: "NDArray",
        doc: "1 if no element is infinite or NaN, else 0. Without init_output a 0 in out stays.",
        params: &[INIT_OUTPUT],
        infer: one_float,
        kernel: all_finite,
        ..Definition::DEFAULT
    },
    Definition {
        name: "multi_all_finite",
        doc: "1 if no element of any array is infinite or NaN, else 0. Without init_output a 0 in out stays.",
        inputs: ARRAYS,
        params: &[optional("num_arrays", Kind::Int, "1", "Number of arrays."), INIT_OUTPUT],
        infer: one_float,
        kernel: all_finite,
        ..Definition::DEFAULT
    },
    Definition {
        name: "multi_sum_sq",
        doc: "The sum of squares of each array, in float32.",
        inputs: ARRAYS,
        params: &[required("num_arrays", Kind::Int, "number of input arrays.")],
        infer: |query| Ok(smallvec![Meta::new(Shape::new(&[query.inputs.len() as i64]), DType::Float32)]),
        kernel: |call| {
            let mut sums = Vec::with_capacity(call.inputs.len());
            for input in &call.inputs {
                sums.push(dispatch_float!(input.dtype(), T => Ok(sum_of_squares::<T>(&input.read::<T>()?)))?);
            }
            call.output(0)?.write::<f32>()?.copy_from_slice(&sums);
            Ok(())
        },
        ..Definition::DEFAULT
    },
    Definition {
        name: "multi_lars",
        doc: "Learning rates by LARS (You et al. 2017): with w and g the norms of weight and rescaled gradient, \
              lr eta w / (g + wd w + eps) where both are above 0, else lr.",
        inputs: Inputs::Fixed(&["lrs", "weights_sum_sq", "grads_sum_sq", "wds"]),
        params: &[
            required("eta", Kind::Float, "LARS eta"),
            required("eps", Kind::Float, "LARS eps"),
            optional("rescale_grad", Kind::Float, "1", "Gradient rescaling factor"),
        ],
        infer: crate::ops::elementwise,
        kernel: multi_lars,
        ..Definition::DEFAULT
    },
    Definition {
        name: "reset_arrays",
        doc: "Fills every array with zeros. There is no output.",
        inputs: ARRAYS,
        params: &[required("num_arrays", Kind::Int, "number of input arrays.")],
        outputs: |_, _| Ok(0),
        mutates: |_, inputs| (0..inputs).collect(),
        infer: |_| Ok(smallvec![]),
        plan: |_, _| Ok(Plan::Direct(smallvec![])),
        kernel: |call| call.inputs.iter().try_for_each(|input| super::creation::fill(input, 0.0)),
        ..Definition::DEFAULT
    },
    Definition {
        name: "_contrib_allclose",
        doc: "1 if abs(a - b) <= atol + rtol abs(b) everywhere, else 0.",
        inputs: Inputs::Fixed(&["a", "b"]),
        params: &[
            optional("rtol", Kind::Float, "1e-5", "Relative tolerance."),
            optional("atol", Kind::Float, "1e-8", "Absolute tolerance."),
            optional("equal_nan", Kind::Bool, "1", "Whether to compare NaN's as equal."),
        ],
        infer: |query| {
            query.require_same(1)?;
            Ok(smallvec![Meta::new(Shape::default(), DType::Uint8)])
        },
        kernel: all_close,
        ..Definition::DEFAULT
    },
    Definition {
        name: "_histogram",
        aliases: &["_npi_histogram"],
        doc: "How many elements lie in each bin, and the edges of the bins: bin_cnt equal ones over range, or between \
              the given edges.",
        inputs: Inputs::Optional {
            names: &["data", "bins"],
            count: |attrs| Ok(if attrs.optional_int("bin_cnt")?.is_some() { 1 } else { 2 }),
        },
        params: &[
            optional("bin_cnt", Kind::IntOrNone, "None", "Number of bins for uniform case"),
            optional("range", Kind::DoublesOrNone, "None", "The lower and upper range of the bins."),
        ],
        outputs: |_, _| Ok(2),
        infer: histogram_shape,
        kernel: histogram,
        ..Definition::DEFAULT
    },
    Definition {
        name: "_contrib_getnnz",
        doc: "The number of stored elements of a csr array: of all, of each column (axis 0) or of each row (axis 1).",
        params: &[optional(
            "axis",
            Kind::IntOrNone,
            "None",
            "Select between the number of values across the whole matrix, in each column, or in each row.",
        )],
        infer: |query| {
            let dims = query.input(0)?.shape().dims();
            let length = match query.attrs.optional_int("axis")? {
                None => 1,
                Some(0) => dims.get(1).copied().unwrap_or(1),
                Some(1) => dims.first().copied().unwrap_or(1),
                Some(axis) => crate::bail!(InvalidArgument, "axis: expected None, 0 or 1, got {axis}"),
            };
            Ok(smallvec![Meta::new(Shape::new(&[length]), DType::Int64)])
        },
        plan: |_, _| Ok(Plan::Direct(smallvec![Storage::Dense])),
        kernel: stored,
        ..Definition::DEFAULT
    },
];

fn one_float(_: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    Ok(smallvec![Meta::new(Shape::new(&[1]), DType::Float32)])
}

fn all_finite(call: &Invocation) -> Result<()> {
    let mut finite = true;
    for input in &call.inputs {
        dispatch!(input.dtype(), T => finite &= input.read::<T>()?.iter().all(|x| x.to_f64().is_finite()));
    }
    let mut out = call.output(0)?.write::<f32>()?;
    let before = if call.attrs.bool("init_output")? { 1.0 } else { out.first().copied().unwrap_or(1.0) };
    out.fill(if finite { before } else { 0.0 });
    Ok(())
}

fn multi_lars(call: &Invocation) -> Result<()> {
    let (eta, eps, rescale) =
        (call.attrs.float("eta")?, call.attrs.float("eps")?, call.attrs.float("rescale_grad")?);
    let column = |index: usize| -> Result<Vec<f32>> {
        let input = call.input(index)?;
        elements_as(input)
    };
    let (lrs, weights, grads, wds) = (column(0)?, column(1)?, column(2)?, column(3)?);
    let out = call.output(0)?;
    dispatch!(out.dtype(), T => {
        for (index, out) in out.write::<T>()?.iter_mut().enumerate() {
            let (lr, w, g) = (lrs[index], weights[index].sqrt(), grads[index].sqrt() * rescale);
            let rate = if w > 0.0 && g > 0.0 { lr * eta * w / (g + wds[index] * w + eps) } else { lr };
            *out = T::from_f64(rate.into());
        }
        Ok(())
    })
}

fn all_close(call: &Invocation) -> Result<()> {
    let (a, b) = (call.input(0)?, call.input(1)?);
    let (rtol, atol) = (f64::from(call.attrs.float("rtol")?), f64::from(call.attrs.float("atol")?));
    let equal_nan = call.attrs.bool("equal_nan")?;
    let close = |a: f64, b: f64| {
        if a.is_nan() || b.is_nan() {
            return equal_nan && a.is_nan() && b.is_nan();
        }
        a == b || (a.is_finite() && b.is_finite() && (a - b).abs() <= atol + rtol * b.abs())
    };
    let all = dispatch!(a.dtype(), T => {
        let (a, b) = (a.read::<T>()?, b.read::<T>()?);
        a.iter().zip(b.iter()).all(|(a, b)| close(a.to_f64(), b.to_f64()))
    });
    call.output(0)?.write::<u8>()?.fill(all.into());
    Ok(())
}

fn histogram_shape(query: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    let data = query.input(0)?;
    let edges = match query.attrs.optional_int("bin_cnt")? {
        Some(bins) => {
            crate::ensure!(bins > 0, InvalidArgument, "bin_cnt: expected a positive number, got {bins}");
            range(query.attrs)?;
            bins + 1
        }
        None => {
            let bins = query.input(1)?;
            query.require_dtype(1, data.dtype())?;
            crate::ensure!(
                bins.size() > 1 && bins.shape().rank() == 1,
                Shape,
                "bins: expected a vector of two edges or more, got shape {}",
                bins.shape()
            );
            bins.size() as i64
        }
    };
    Ok(smallvec![
        Meta::new(Shape::new(&[edges - 1]), DType::Int64),
        Meta::new(Shape::new(&[edges]), data.dtype())
    ])
}

/// The lower and the upper end of all bins. A single point gets half a unit to either side.
fn range(attrs: &Attrs) -> Result<(f64, f64)> {
    match attrs.doubles("range")? {
        Some([low, high]) if low == high => Ok((low - 0.5, high + 0.5)),
        Some([low, high]) if low < high => Ok((*low, *high)),
        given => {
            Err(crate::err!(InvalidArgument, "range: expected a lower and a higher number, got {given:?}"))
        }
    }
}

fn histogram(call: &Invocation) -> Result<()> {
    let data: Vec<f64> = elements_as(call.input(0)?)?;
    let out = call.output(1)?;
    let even = match call.attrs.optional_int("bin_cnt")? {
        Some(bins) => {
            let (low, high) = range(&call.attrs)?;
            let edges: Vec<f64> =
                (0..=bins).map(|edge| low + edge as f64 * (high - low) / bins as f64).collect();
            store(&edges, out)?;
            Some((low, high))
        }
        None => {
            cast_into(call.input(1)?, out)?;
            None
        }
    };
    // Compared is with the edges as the caller sees them: rounded to the type of data.
    let edges: Vec<f64> = elements_as(out)?;
    let bins = edges.len() - 1;
    let mut counts = vec![0i64; bins];
    for x in data {
        let (low, high) = even.unwrap_or((edges[0], edges[bins]));
        if !(low..=high).contains(&x) {
            continue;
        }
        let bin = match even {
            // Rounding may put an element one bin beside its own.
            Some(_) => {
                let near = (((x - low) * bins as f64 / (high - low)) as usize).min(bins - 1);
                if x < edges[near] {
                    near.saturating_sub(1)
                } else {
                    near + usize::from(near + 1 < bins && x >= edges[near + 1])
                }
            }
            // The last bin holds its upper edge too.
            None => edges.partition_point(|edge| *edge <= x).saturating_sub(1).min(bins - 1),
        };
        counts[bin] += 1;
    }
    call.output(0)?.write::<i64>()?.copy_from_slice(&counts);
    Ok(())
}

fn stored(call: &Invocation) -> Result<()> {
    let (data, out) = (call.input(0)?, call.output(0)?);
    crate::ensure!(
        data.storage() == Storage::Csr,
        StorageType,
        "data: expected a csr array, got {}",
        data.storage().name()
    );
    let parts = data.read_csr()?;
    let elements = Elements::of(&parts, data.shape())?;
    let mut target = out.write::<i64>()?;
    target.fill(0);
    match call.attrs.optional_int("axis")? {
        None => target.fill(elements.columns.len() as i64),
        Some(0) => elements.columns.iter().for_each(|column| target[*column] += 1),
        _ => target.iter_mut().enumerate().for_each(|(row, count)| *count = elements.row(row).len() as i64),
    }
    Ok(())
}
