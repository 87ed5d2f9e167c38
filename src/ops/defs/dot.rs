//! Products of matrices: `dot`, `batch_dot`, `_linalg_gemm`, `_linalg_gemm2`, `FullyConnected`.

use crate::array::{DType, Element, NdArray, Shape, Storage};
use crate::base::Result;
use crate::dispatch_float;
use crate::ops::kernels::matmul::{csr_dense, multiply, oriented};
use crate::ops::kernels::number::Number;
use crate::ops::kernels::sparse::Elements;
use crate::ops::kernels::storage::{cast_into, to_dense};
use crate::ops::operator::{Definition, Plan};
use crate::ops::param::{Kind, Param, Value, optional, required};
use crate::ops::{Attrs, Inputs, Invocation, Meta, Query};
use smallvec::{SmallVec, smallvec};

const TRANSPOSE_A: Param =
    optional("transpose_a", Kind::Bool, "0", "If true then transpose the first input before dot.");
const TRANSPOSE_B: Param =
    optional("transpose_b", Kind::Bool, "0", "If true then transpose the second input before dot.");
const FORWARD_STYPE: Param = optional(
    "forward_stype",
    Kind::EnumOrNone(&["csr", "default", "row_sparse"]),
    "None",
    "The desired storage type of the forward output given by user.",
);
const ALPHA: Param = optional("alpha", Kind::Double, "1", "Scalar factor multiplied with A*B.");
const GEMM_A: Param =
    optional("transpose_a", Kind::Bool, "0", "Multiply with transposed of first input (A).");
const GEMM_B: Param =
    optional("transpose_b", Kind::Bool, "0", "Multiply with transposed of second input (B).");
const GEMM_AXIS: Param = optional("axis", Kind::Int, "-2", "Axis corresponding to the matrix rows; only -2.");

pub static OPERATORS: &[Definition] = &[
    Definition {
        name: "dot",
        aliases: &["_sparse_dot"],
        doc: "The sum over the last axis of lhs and the first of rhs (the other way round where transposed), for \
              float32 and float64.",
        inputs: Inputs::Fixed(&["lhs", "rhs"]),
        params: &[TRANSPOSE_A, TRANSPOSE_B, FORWARD_STYPE],
        infer: dot_shape,
        plan: dot_plan,
        kernel: dot,
        ..Definition::DEFAULT
    },
    Definition {
        name: "batch_dot",
        aliases: &["_npx_batch_dot"],
        doc: "The products of the matrices in the last two axes.",
        inputs: Inputs::Fixed(&["lhs", "rhs"]),
        params: &[TRANSPOSE_A, TRANSPOSE_B, FORWARD_STYPE],
        infer: |query| batch_shape(query).map(|(meta, ..)| smallvec![meta]),
        kernel: |call| gemm(call, 1.0, None),
        ..Definition::DEFAULT
    },
    Definition {
        name: "_linalg_gemm2",
        aliases: &["linalg_gemm2"],
        doc: "alpha A B of the matrices in the last two axes.",
        inputs: Inputs::Fixed(&["A", "B"]),
        params: &[GEMM_A, GEMM_B, ALPHA, GEMM_AXIS],
        infer: |query| batch_shape(query).map(|(meta, ..)| smallvec![meta]),
        kernel: |call| gemm(call, call.attrs.double("alpha")?, None),
        ..Definition::DEFAULT
    },
    Definition {
        name: "_linalg_gemm",
        aliases: &["linalg_gemm"],
        doc: "alpha A B + beta C of the matrices in the last two axes.",
        inputs: Inputs::Fixed(&["A", "B", "C"]),
        params: &[
            GEMM_A,
            GEMM_B,
            ALPHA,
            optional("beta", Kind::Double, "1", "Scalar factor multiplied with C."),
            GEMM_AXIS,
        ],
        infer: |query| {
            let (meta, ..) = batch_shape(query)?;
            let c = query.input(2)?;
            crate::ensure!(
                c.shape() == &meta.shape,
                Shape,
                "C: expected shape {}, got {}",
                meta.shape,
                c.shape()
            );
            Ok(smallvec![meta])
        },
        kernel: |call| gemm(call, call.attrs.double("alpha")?, Some(call.attrs.double("beta")?)),
        ..Definition::DEFAULT
    },
    Definition {
        name: "FullyConnected",
        aliases: &["_npx_fully_connected", "_sparse_FullyConnected"],
        doc: "data weight^T + bias, with the axes of data but the first joined, or with flatten = 0 kept.",
        inputs: Inputs::Optional {
            names: &["data", "weight", "bias"],
            count: |attrs| Ok(if attrs.bool("no_bias")? { 2 } else { 3 }),
        },
        params: &[
            required("num_hidden", Kind::Int, "Number of hidden nodes of the output."),
            optional("no_bias", Kind::Bool, "0", "Whether to disable bias parameter."),
            optional(
                "flatten",
                Kind::Bool,
                "1",
                "Whether to collapse all but the first axis of the input data tensor.",
            ),
        ],
        infer: connected_shape,
        kernel: connected,
        ..Definition::DEFAULT
    },
];

/// A factor as a matrix: rows, columns, and the axes that are not summed over.
fn factor(shape: &Shape, last: bool) -> (usize, usize, Vec<i64>) {
    let dims = shape.dims();
    if last {
        let columns = dims.last().copied().unwrap_or(1);
        let kept = dims[..dims.len().saturating_sub(1)].to_vec();
        (kept.iter().product::<i64>() as usize, columns as usize, kept)
    } else {
        (shape.rows(), shape.row_size(), dims.get(1..).unwrap_or_default().to_vec())
    }
}

/// The result's shape, then m, k and n.
fn dot_sizes(attrs: &Attrs, a: &Shape, b: &Shape) -> Result<(Shape, usize, usize, usize)> {
    let (turn_a, turn_b) = (attrs.bool("transpose_a")?, attrs.bool("transpose_b")?);
    let (rows_a, columns_a, kept_a) = factor(a, !turn_a);
    let (rows_b, columns_b, kept_b) = factor(b, turn_b);
    let (m, k) = if turn_a { (columns_a, rows_a) } else { (rows_a, columns_a) };
    let (other, n) = if turn_b { (columns_b, rows_b) } else { (rows_b, columns_b) };
    crate::ensure!(
        k == other && a.rank() > 0 && b.rank() > 0,
        Shape,
        "dot shape error: {a}{} X {b}{}",
        if turn_a { " transposed" } else { "" },
        if turn_b { " transposed" } else { "" }
    );
    let shape: Shape = if a.rank() == 1 && b.rank() == 1 {
        Shape::new(&[1])
    } else {
        kept_a.into_iter().chain(kept_b).collect()
    };
    Ok((shape, m, k, n))
}

fn dot_shape(query: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    let (a, b) = (query.input(0)?, query.input(1)?);
    query.require_dtype(1, a.dtype())?;
    require_real(a)?;
    let (shape, ..) = dot_sizes(query.attrs, a.shape(), b.shape())?;
    Ok(smallvec![Meta::new(shape, a.dtype())])
}

pub(super) fn require_real(array: &NdArray) -> Result<()> {
    crate::ensure!(
        matches!(array.dtype(), DType::Float32 | DType::Float64),
        DType,
        "dot only supports float32/float64 for CPU, got {}",
        array.dtype()
    );
    Ok(())
}

/// MXNet's choice: a transposed csr matrix gives row_sparse, dense times csr gives csr, unless the caller says
/// otherwise.
fn dot_plan(attrs: &Attrs, query: &Query<'_>) -> Result<Plan> {
    let (a, b) = (query.input(0)?.storage(), query.input(1)?.storage());
    let asked = match attrs.value("forward_stype")? {
        Value::Str(name) => Storage::from_name(name),
        _ => None,
    };
    let (turn_a, turn_b) = (attrs.bool("transpose_a")?, attrs.bool("transpose_b")?);
    let natural = match (a, b) {
        (Storage::Csr, Storage::Dense | Storage::RowSparse) if !turn_b => {
            if turn_a {
                Storage::RowSparse
            } else {
                Storage::Dense
            }
        }
        (Storage::Dense, Storage::Csr) if !turn_a => Storage::Csr,
        _ => Storage::Dense,
    };
    Ok(Plan::Direct(smallvec![asked.unwrap_or(natural)]))
}

fn dot(call: &Invocation) -> Result<()> {
    let (a, b, out) = (call.input(0)?, call.input(1)?, call.output(0)?);
    if out.is_dense() {
        return dot_dense(call, a, b, out);
    }
    let dense = NdArray::new(out.shape().clone(), out.dtype(), out.device())?;
    dot_dense(call, a, b, &dense)?;
    cast_into(&dense, out)
}

fn dot_dense(call: &Invocation, a: &NdArray, b: &NdArray, out: &NdArray) -> Result<()> {
    let (_, m, k, n) = dot_sizes(&call.attrs, a.shape(), b.shape())?;
    let (turn_a, turn_b) = (call.attrs.bool("transpose_a")?, call.attrs.bool("transpose_b")?);
    let b = to_dense(b)?;
    dispatch_float!(out.dtype(), T => {
        let (rows, columns) = if turn_b { (n, k) } else { (k, n) };
        let right = b.read::<T>()?;
        let right = oriented(&right, rows, columns, turn_b)?;
        let mut target = out.write::<T>()?;
        if a.storage() == Storage::Csr {
            let parts = a.read_csr()?;
            let stored = Elements::of(&parts, a.shape())?;
            csr_dense(&mut target, &stored, parts.values.elements::<T>()?, &right, n, turn_a);
            return Ok(());
        }
        let a = to_dense(a)?;
        let left = a.read::<T>()?;
        let (rows, columns) = if turn_a { (k, m) } else { (m, k) };
        multiply(&mut target, &oriented(&left, rows, columns, turn_a)?, &right, k, n);
        Ok(())
    })
}

/// The result, then the number of matrices, m, k and n.
fn batch_sizes(attrs: &Attrs, a: &Shape, b: &Shape) -> Result<(Shape, usize, usize, usize, usize)> {
    let (turn_a, turn_b) = (attrs.bool("transpose_a")?, attrs.bool("transpose_b")?);
    let mismatch = || crate::err!(Shape, "batch_dot: matrices of shapes {a} and {b} cannot be multiplied");
    let rank = a.rank();
    crate::ensure!(
        rank >= 2 && b.rank() == rank && a.dims()[..rank - 2] == b.dims()[..rank - 2],
        Shape,
        "{}",
        mismatch().message()
    );
    let pick = |shape: &Shape, turned: bool| {
        let (rows, columns) = (shape.dims()[rank - 2] as usize, shape.dims()[rank - 1] as usize);
        if turned { (columns, rows) } else { (rows, columns) }
    };
    let ((m, k), (other, n)) = (pick(a, turn_a), pick(b, turn_b));
    crate::ensure!(k == other, Shape, "{}", mismatch().message());
    let shape: Shape = a.dims()[..rank - 2].iter().copied().chain([m as i64, n as i64]).collect();
    let count = a.dims()[..rank - 2].iter().product::<i64>() as usize;
    Ok((shape, count, m, k, n))
}

fn batch_shape(query: &Query<'_>) -> Result<(Meta, usize)> {
    let (a, b) = (query.input(0)?, query.input(1)?);
    query.require_dtype(1, a.dtype())?;
    require_real(a)?;
    if query.attrs.has("axis") {
        let axis = query.attrs.int("axis")?;
        crate::ensure!(
            axis == -2 || axis == a.shape().rank() as i64 - 2,
            Unsupported,
            "axis: matrices must be in the last two axes (-2), got {axis}"
        );
    }
    let (shape, count, ..) = batch_sizes(query.attrs, a.shape(), b.shape())?;
    Ok((Meta::new(shape, a.dtype()), count))
}

fn gemm(call: &Invocation, alpha: f64, beta: Option<f64>) -> Result<()> {
    let (a, b, out) = (call.input(0)?, call.input(1)?, call.output(0)?);
    let (_, count, m, k, n) = batch_sizes(&call.attrs, a.shape(), b.shape())?;
    let (turn_a, turn_b) = (call.attrs.bool("transpose_a")?, call.attrs.bool("transpose_b")?);
    dispatch_float!(out.dtype(), T => {
        let (left, right, mut target) = (a.read::<T>()?, b.read::<T>()?, out.write::<T>()?);
        for number in 0..count {
            let (rows, columns) = if turn_a { (k, m) } else { (m, k) };
            let x = oriented(&left[number * m * k..][..m * k], rows, columns, turn_a)?;
            let (rows, columns) = if turn_b { (n, k) } else { (k, n) };
            let y = oriented(&right[number * k * n..][..k * n], rows, columns, turn_b)?;
            multiply(&mut target[number * m * n..][..m * n], &x, &y, k, n);
        }
        if alpha != 1.0 {
            let alpha = T::from_f64(alpha);
            target.iter_mut().for_each(|x| *x = Number::mul(*x, alpha));
        }
        if let Some(beta) = beta {
            let beta = T::from_f64(beta);
            for (x, c) in target.iter_mut().zip(call.input(2)?.read::<T>()?.iter()) {
                *x = Number::add(*x, Number::mul(beta, *c));
            }
        }
        Ok(())
    })
}

/// Rows and width of data, as `flatten` says.
fn connected_sizes(attrs: &Attrs, data: &Shape) -> Result<(usize, usize)> {
    let (rows, width, _) = factor(data, !attrs.bool("flatten")?);
    Ok((rows, width))
}

fn connected_shape(query: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    let (data, weight) = (query.input(0)?, query.input(1)?);
    let hidden = query.attrs.int("num_hidden")?;
    let (_, width) = connected_sizes(query.attrs, data.shape())?;
    let expected = Shape::new(&[hidden, width as i64]);
    for index in 1..query.inputs.len() {
        query.require_dtype(index, data.dtype())?;
    }
    crate::ensure!(
        weight.shape() == &expected,
        Shape,
        "weight: expected shape {expected} for data of shape {}, got {}",
        data.shape(),
        weight.shape()
    );
    if let Some(bias) = query.inputs.get(2) {
        crate::ensure!(
            *bias.shape().dims() == [hidden] || (!bias.is_dense() && *bias.shape().dims() == [hidden, 1]),
            Shape,
            "bias: expected {hidden} elements, in one column if it is sparse, got shape {}",
            bias.shape()
        );
    }
    let rank = data.shape().rank();
    let mut shape: Shape = if query.attrs.bool("flatten")? {
        Shape::new(&[data.shape().rows() as i64, hidden])
    } else {
        data.shape().clone()
    };
    if !query.attrs.bool("flatten")? && rank > 0 {
        shape.dims_mut()[rank - 1] = hidden;
    }
    Ok(smallvec![Meta::new(shape, data.dtype())])
}

fn connected(call: &Invocation) -> Result<()> {
    let (data, weight, out) = (call.input(0)?, call.input(1)?, call.output(0)?);
    let (_, k) = connected_sizes(&call.attrs, data.shape())?;
    let n = call.attrs.int("num_hidden")? as usize;
    dispatch_float!(out.dtype(), T => {
        let (left, right, mut target) = (data.read::<T>()?, weight.read::<T>()?, out.write::<T>()?);
        multiply(&mut target, &left, &oriented(&right, n, k, true)?, k, n);
        if let Some(bias) = call.inputs.get(2) {
            let bias = bias.read::<T>()?;
            for row in target.chunks_exact_mut(n.max(1)) {
                row.iter_mut().zip(bias.iter()).for_each(|(x, b)| *x = Number::add(*x, *b));
            }
        }
        Ok(())
    })
}
