//! Sorting: `sort`, `argsort`, `topk`.

use crate::array::{DType, Element, NdArray, Shape};
use crate::base::Result;
use crate::dispatch;
use crate::ops::kernels::number::Number;
use crate::ops::operator::Definition;
use crate::ops::param::{Kind, Param, optional};
use crate::ops::{Attrs, Invocation, Meta, Query};
use smallvec::{SmallVec, smallvec};

const AXIS: Param = optional(
    "axis",
    Kind::IntOrNone,
    "-1",
    "Axis along which to sort. If it is None, the flattened array is used.",
);
const DTYPE: Param = optional(
    "dtype",
    Kind::DType(&["float16", "float32", "float64", "int32", "int64", "uint8"]),
    "float32",
    "DType of the output indices.",
);

pub static OPERATORS: &[Definition] = &[
    Definition {
        name: "sort",
        aliases: &["_npi_sort"],
        doc: "The elements in order along axis. NaN counts as the largest.",
        params: &[
            AXIS,
            optional("is_ascend", Kind::Bool, "1", "Whether to sort in ascending or descending order."),
        ],
        infer: |query| {
            let data = query.input(0)?;
            Ok(smallvec![Meta::new(ordered_shape(query)?, data.dtype())])
        },
        kernel: |call| {
            let (data, out) = (call.input(0)?, call.output(0)?);
            let line = Lines::of(&call.attrs, data.shape())?;
            let keys = sort_keys(data, call.attrs.bool("is_ascend")?)?;
            dispatch!(data.dtype(), T => {
                let source = data.read::<T>()?;
                let mut target = out.write::<T>()?;
                line.each(&keys, line.length, &mut |place, _, from| target[place] = source[from]);
                Ok(())
            })
        },
        ..Definition::DEFAULT
    },
    Definition {
        name: "argsort",
        aliases: &["_npi_argsort"],
        doc: "The places that sort takes its elements from; equal elements stay in order.",
        params: &[
            AXIS,
            optional("is_ascend", Kind::Bool, "1", "Whether to sort in ascending or descending order."),
            DTYPE,
        ],
        infer: |query| {
            let dtype = query.attrs.dtype("dtype")?.unwrap_or(DType::Float32);
            Ok(smallvec![Meta::new(ordered_shape(query)?, dtype)])
        },
        kernel: |call| {
            let (data, out) = (call.input(0)?, call.output(0)?);
            let line = Lines::of(&call.attrs, data.shape())?;
            let keys = sort_keys(data, call.attrs.bool("is_ascend")?)?;
            dispatch!(out.dtype(), I => {
                let mut target = out.write::<I>()?;
                line.each(&keys, line.length, &mut |place, number, _| target[place] = I::from_i64(number as i64));
                Ok(())
            })
        },
        ..Definition::DEFAULT
    },
    Definition {
        name: "topk",
        aliases: &["_npx_topk"],
        doc: "The k largest elements along axis (smallest with is_ascend), in order: their values, places, both, or a \
              mask of ones where they are.",
        params: &[
            AXIS,
            optional(
                "k",
                Kind::Int,
                "1",
                "Number of top elements to select. A global sort is performed if set k < 1.",
            ),
            optional(
                "ret_typ",
                Kind::Enum(&["both", "indices", "mask", "value"]),
                "indices",
                "The return type.",
            ),
            optional("is_ascend", Kind::Bool, "0", "Whether to choose k largest or k smallest elements."),
            DTYPE,
        ],
        outputs: |attrs, _| Ok(if attrs.text("ret_typ")? == "both" { 2 } else { 1 }),
        infer: topk_shape,
        kernel: topk,
        ..Definition::DEFAULT
    },
];

/// The vectors that are sorted: along one axis, or the whole array as one.
struct Lines {
    length: usize,
    step: usize,
}

impl Lines {
    fn of(attrs: &Attrs, shape: &Shape) -> Result<Lines> {
        match attrs.optional_int("axis")? {
            None => Ok(Lines { length: shape.size(), step: 1 }),
            Some(axis) => {
                let axis = shape.axis("axis", axis)?;
                Ok(Lines { length: shape.dims()[axis] as usize, step: shape.strides()[axis] })
            }
        }
    }

    /// Calls `put` for the first `count` elements of each sorted vector: where it goes in an output with `count`
    /// elements along the axis, its number in the vector, and its place in the input.
    fn each(&self, keys: &[u64], count: usize, put: &mut dyn FnMut(usize, usize, usize)) {
        if self.length == 0 {
            return;
        }
        let mut order: Vec<usize> = Vec::with_capacity(self.length);
        for vector in 0..keys.len() / self.length {
            let (block, column) = (vector / self.step, vector % self.step);
            let start = block * self.length * self.step + column;
            order.clear();
            order.extend(0..self.length);
            order.sort_by_key(|number| keys[start + number * self.step]);
            for (rank, number) in order.iter().take(count).enumerate() {
                let place = (block * count + rank) * self.step + column;
                put(place, *number, start + number * self.step);
            }
        }
    }
}

/// For every element a number that sorts as it does. With them one sort serves all element types.
fn sort_keys(data: &NdArray, ascending: bool) -> Result<Vec<u64>> {
    dispatch!(data.dtype(), T => Ok(data.read::<T>()?.iter().map(|element| sort_key(*element, ascending)).collect()))
}

/// NaN sorts behind everything else (descending: before), both zeros alike.
fn sort_key<T: Number>(element: T, ascending: bool) -> u64 {
    const SIGN: u64 = 1 << 63;
    let key = if T::IS_INTEGER {
        (element.to_i64() as u64) ^ SIGN
    } else if element.is_nan() {
        u64::MAX
    } else {
        // Adding zero turns -0 into +0. Bits of floats grow with their size; negative ones are turned round.
        let bits = (element.to_f64() + 0.0).to_bits();
        if bits & SIGN == 0 { bits | SIGN } else { !bits }
    };
    if ascending { key } else { !key }
}

fn ordered_shape(query: &Query<'_>) -> Result<Shape> {
    let shape = query.input(0)?.shape();
    match query.attrs.optional_int("axis")? {
        None => Ok(Shape::new(&[shape.size() as i64])),
        Some(axis) => shape.axis("axis", axis).map(|_| shape.clone()),
    }
}

/// How many elements are chosen of each vector.
fn chosen(attrs: &Attrs, length: usize) -> Result<usize> {
    let k = attrs.int("k")?;
    if k < 1 {
        return Ok(length);
    }
    crate::ensure!(k as usize <= length, InvalidArgument, "k must be smaller than {length}, get k = {k}");
    Ok(k as usize)
}

fn topk_shape(query: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    let data = query.input(0)?;
    let lines = Lines::of(query.attrs, data.shape())?;
    let count = chosen(query.attrs, lines.length)? as i64;
    let kind = query.attrs.text("ret_typ")?;
    if kind == "mask" {
        return Ok(smallvec![Meta::of(data)]);
    }
    let shape = match query.attrs.optional_int("axis")? {
        None => Shape::new(&[count]),
        Some(axis) => {
            let mut shape = data.shape().clone();
            let axis = shape.axis("axis", axis)?;
            shape.dims_mut()[axis] = count;
            shape
        }
    };
    let places = Meta::new(shape.clone(), query.attrs.dtype("dtype")?.unwrap_or(DType::Float32));
    let values = Meta::new(shape, data.dtype());
    Ok(match kind {
        "value" => smallvec![values],
        "both" => smallvec![values, places],
        _ => smallvec![places],
    })
}

fn topk(call: &Invocation) -> Result<()> {
    let data = call.input(0)?;
    let lines = Lines::of(&call.attrs, data.shape())?;
    let count = chosen(&call.attrs, lines.length)?;
    let keys = sort_keys(data, call.attrs.bool("is_ascend")?)?;
    // (place in the outputs, number in the vector, place in the input)
    let mut found: Vec<(usize, usize, usize)> = Vec::new();
    lines.each(&keys, count, &mut |place, number, from| found.push((place, number, from)));
    let places = |out: &NdArray| -> Result<()> {
        dispatch!(out.dtype(), I => {
            let mut target = out.write::<I>()?;
            found.iter().for_each(|(place, number, _)| target[*place] = I::from_i64(*number as i64));
            Ok(())
        })
    };
    let kind = call.attrs.text("ret_typ")?;
    if kind == "indices" {
        return places(call.output(0)?);
    }
    let out = call.output(0)?;
    dispatch!(data.dtype(), T => {
        let (source, mut target) = (data.read::<T>()?, out.write::<T>()?);
        if kind == "mask" {
            target.fill(T::default());
            found.iter().for_each(|(_, _, from)| target[*from] = T::from_i64(1));
        } else {
            found.iter().for_each(|(place, _, from)| target[*place] = source[*from]);
        }
    });
    if kind == "both" { places(call.output(1)?) } else { Ok(()) }
}
