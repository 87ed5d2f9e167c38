//! Products of matrices.

use super::super::dot::require_real;
use crate::array::{NdArray, Shape};
use crate::base::Result;
use crate::dispatch_float;
use crate::ops::kernels::binary::broadcast_shape;
use crate::ops::kernels::matmul::multiply;
use crate::ops::kernels::number::Number;
use crate::ops::kernels::strided::{View, gather_view};
use crate::ops::operator::{Definition, Inputs};
use crate::ops::{Invocation, Meta, Query};
use smallvec::{SmallVec, smallvec};

pub static OPERATORS: &[Definition] = &[
    Definition {
        name: "_np_dot",
        doc: "The sum over the last axis of a and the last but one of b (of a vector: the only one); with a scalar, \
              the product. For floats.",
        inputs: Inputs::Fixed(&["a", "b"]),
        infer: dot_shape,
        kernel: dot,
        ..Definition::DEFAULT
    },
    Definition {
        name: "_npi_matmul",
        doc: "The products of the matrices in the last two axes; the axes before them are broadcast, a vector is a \
              row on the left and a column on the right. For floats.",
        inputs: Inputs::Fixed(&["a", "b"]),
        infer: |query| {
            let (a, b) = (query.input(0)?, query.input(1)?);
            query.require_dtype(1, a.dtype())?;
            require_real(a)?;
            Ok(smallvec![Meta::new(Product::new(a.shape(), b.shape())?.shape, a.dtype())])
        },
        kernel: matmul,
        ..Definition::DEFAULT
    },
];

fn mismatch(a: &Shape, b: &Shape) -> crate::base::Error {
    crate::err!(Shape, "arrays of shapes {a} and {b} cannot be multiplied: the extents to sum over differ")
}

fn dot_shape(query: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    let (a, b) = (query.input(0)?, query.input(1)?);
    query.require_dtype(1, a.dtype())?;
    require_real(a)?;
    let (left, right) = (a.shape().dims(), b.shape().dims());
    let shape: Shape = match (left, right) {
        ([], other) | (other, []) => Shape::new(other),
        ([kept @ .., k], [other]) if k == other => Shape::new(kept),
        ([kept @ .., k], [outer @ .., other, n]) if k == other => {
            kept.iter().chain(outer).copied().chain([*n]).collect()
        }
        _ => return Err(mismatch(a.shape(), b.shape())),
    };
    Ok(smallvec![Meta::new(shape, a.dtype())])
}

fn dot(call: &Invocation) -> Result<()> {
    let (a, b, out) = (call.input(0)?, call.input(1)?, call.output(0)?);
    let (rank_a, rank_b) = (a.shape().rank(), b.shape().rank());
    if rank_a == 0 || rank_b == 0 {
        let (array, scalar) = if rank_a == 0 { (b, a) } else { (a, b) };
        return dispatch_float!(out.dtype(), T => {
            let (source, factor) = (array.read::<T>()?, scalar.read::<T>()?[0]);
            out.write::<T>()?.iter_mut().zip(source.iter()).for_each(|(out, x)| *out = x.mul(factor));
            Ok(())
        });
    }
    let k = a.shape().dims()[rank_a - 1] as usize;
    // b with the axis to sum over in front.
    let front = if rank_b > 2 {
        let mut order: Vec<usize> = (0..rank_b).collect();
        let summed = order.remove(rank_b - 2);
        order.insert(0, summed);
        let view = View::whole(b.shape()).permuted(&order);
        let turned =
            NdArray::new(view.extents.iter().map(|dim| *dim as i64).collect(), b.dtype(), b.device())?;
        gather_view(b, &turned, &view)?;
        turned
    } else {
        b.clone()
    };
    let n = front.shape().row_size();
    dispatch_float!(out.dtype(), T => {
        multiply(&mut out.write::<T>()?, &a.read::<T>()?, &front.read::<T>()?, k, n);
        Ok(())
    })
}

/// How stacks of matrices meet.
struct Product {
    shape: Shape,
    /// The axes of the stack, and the steps of both factors along them, in matrices.
    stack: Vec<usize>,
    steps_a: Vec<usize>,
    steps_b: Vec<usize>,
    m: usize,
    k: usize,
    n: usize,
}

impl Product {
    fn new(a: &Shape, b: &Shape) -> Result<Product> {
        crate::ensure!(
            a.rank() > 0 && b.rank() > 0,
            Shape,
            "Multiplication by scalars is not allowed, got shapes {a} and {b}"
        );
        let row = a.rank() == 1;
        let column = b.rank() == 1;
        let (outer_a, m, k) = match a.dims() {
            [outer @ .., m, k] => (outer, *m, *k),
            dims => (&dims[..0], 1, dims[0]),
        };
        let (outer_b, other, n) = match b.dims() {
            [outer @ .., k, n] => (outer, *k, *n),
            dims => (&dims[..0], dims[0], 1),
        };
        crate::ensure!(k == other, Shape, "{}", mismatch(a, b).message());
        let (outer_a, outer_b) = (Shape::new(outer_a), Shape::new(outer_b));
        let stack = broadcast_shape(&outer_a, &outer_b).ok_or_else(|| {
            crate::err!(Shape, "operands could not be broadcast together with shapes {a} {b}")
        })?;
        let shape = stack.dims().iter().copied();
        let shape = shape.chain((!row).then_some(m)).chain((!column).then_some(n)).collect();
        let steps = |own: &Shape| -> Vec<usize> {
            let (new, strides) = (stack.rank() - own.rank(), own.strides());
            let kept = |axis: usize| axis.checked_sub(new).filter(|axis| own.dims()[*axis] != 1);
            (0..stack.rank()).map(|axis| kept(axis).map_or(0, |axis| strides[axis])).collect()
        };
        Ok(Product {
            shape,
            steps_a: steps(&outer_a),
            steps_b: steps(&outer_b),
            stack: stack.dims().iter().map(|dim| *dim as usize).collect(),
            m: m as usize,
            k: k as usize,
            n: n as usize,
        })
    }

    /// The numbers of the two matrices whose product is number `place`.
    fn factors(&self, place: usize) -> (usize, usize) {
        let (mut rest, mut a, mut b) = (place, 0, 0);
        for axis in (0..self.stack.len()).rev() {
            let index = rest % self.stack[axis].max(1);
            rest /= self.stack[axis].max(1);
            a += index * self.steps_a[axis];
            b += index * self.steps_b[axis];
        }
        (a, b)
    }
}

fn matmul(call: &Invocation) -> Result<()> {
    let (a, b, out) = (call.input(0)?, call.input(1)?, call.output(0)?);
    let product = Product::new(a.shape(), b.shape())?;
    let (m, k, n) = (product.m, product.k, product.n);
    dispatch_float!(out.dtype(), T => {
        let (left, right, mut target) = (a.read::<T>()?, b.read::<T>()?, out.write::<T>()?);
        for (place, target) in target.chunks_exact_mut((m * n).max(1)).enumerate() {
            let (one, two) = product.factors(place);
            multiply(target, &left[one * m * k..][..m * k], &right[two * k * n..][..k * n], k, n);
        }
        Ok(())
    })
}
