//! Products, traces and norms of matrices.

use super::super::dot::require_real;
use super::super::reduce::views;
use super::reduce::{axes, shape_without};
use crate::array::{Element, NdArray, Shape};
use crate::base::Result;
use crate::ops::kernels::binary::broadcast_shape;
use crate::ops::kernels::matmul::multiply;
use crate::ops::kernels::number::Number;
use crate::ops::kernels::reduce::{Norm, reduce};
use crate::ops::kernels::strided::{View, gather_view};
use crate::ops::operator::{Definition, Inputs};
use crate::ops::param::{Kind, optional};
use crate::ops::{Attrs, Invocation, Meta, Query};
use crate::{dispatch, dispatch_float};
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
    Definition {
        name: "_np_trace",
        doc: "The sum of the diagonal number offset over axis1 and axis2.",
        params: &[
            optional("offset", Kind::Int, "0", "Which diagonal; negative numbers lie below the main one."),
            optional("axis1", Kind::Int, "0", "The axis of rows."),
            optional("axis2", Kind::Int, "1", "The axis of columns."),
        ],
        infer: |query| {
            let data = query.input(0)?;
            let (one, two) = plane(query.attrs, data.shape())?;
            let others =
                data.shape().dims().iter().enumerate().filter(|(axis, _)| ![one, two].contains(axis));
            Ok(smallvec![Meta::new(others.map(|(_, dim)| *dim).collect(), data.dtype())])
        },
        kernel: trace,
        ..Definition::DEFAULT
    },
    Definition {
        name: "_npi_norm",
        doc: "With flag -2 and no axis, the root of the sum of all squares; over one axis the vector norm of order \
              ord; with flag 1 over two axes the root of the sum of squares.",
        params: &[
            optional("ord", Kind::Double, "2", "The order of a vector norm."),
            optional("axis", Kind::ShapeOrNone, "None", "One axis, or two that hold matrices."),
            optional("keepdims", Kind::Bool, "0", "Leave the reduced axes in the result with extent one."),
            optional("flag", Kind::Int, "-1", "1: Frobenius norm; -2: of the flattened array."),
        ],
        shown: Some(&[]),
        infer: |query| {
            let data = query.input(0)?;
            let shape = shape_without(
                data.shape(),
                &norm_axes(query.attrs, data.shape())?,
                query.attrs.bool("keepdims")?,
            );
            Ok(smallvec![Meta::new(shape, data.dtype())])
        },
        kernel: norm,
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

fn plane(attrs: &Attrs, shape: &Shape) -> Result<(usize, usize)> {
    crate::ensure!(shape.rank() >= 2, Shape, "Input ndarray should be at least 2D, got shape {shape}");
    let (one, two) = (shape.axis("axis1", attrs.int("axis1")?)?, shape.axis("axis2", attrs.int("axis2")?)?);
    crate::ensure!(one != two, InvalidArgument, "axis1 and axis2 cannot be the same, got {one}");
    Ok((one, two))
}

fn trace(call: &Invocation) -> Result<()> {
    let (data, out) = (call.input(0)?, call.output(0)?);
    let (one, two) = plane(&call.attrs, data.shape())?;
    let offset = call.attrs.int("offset")?;
    let whole = View::whole(data.shape());
    let (rows, columns) = (data.shape().dims()[one], data.shape().dims()[two]);
    let length = if offset >= 0 { rows.min(columns - offset) } else { (rows + offset).min(columns) }.max(0);
    let mut view = View::default();
    for axis in (0..data.shape().rank()).filter(|axis| ![one, two].contains(axis)) {
        view.push(whole.extents[axis], whole.steps[axis]);
    }
    if length > 0 {
        let along = if offset >= 0 { two } else { one };
        view.start = offset.unsigned_abs() as isize * whole.steps[along];
    }
    view.push(length as usize, whole.steps[one] + whole.steps[two]);
    let diagonals =
        NdArray::new(view.extents.iter().map(|dim| *dim as i64).collect(), data.dtype(), data.device())?;
    gather_view(data, &diagonals, &view)?;
    dispatch!(out.dtype(), T => {
        let (source, mut target) = (diagonals.read::<T>()?, out.write::<T>()?);
        target.fill(T::zero());
        for (out, diagonal) in target.iter_mut().zip(source.chunks_exact((length as usize).max(1))) {
            *out = diagonal.iter().fold(T::zero(), |sum, x| sum.add(*x));
        }
        Ok(())
    })
}

/// Which axes a norm is taken over; refuses the norms of matrices that need singular values.
fn norm_axes(attrs: &Attrs, shape: &Shape) -> Result<Vec<bool>> {
    let (flag, given) = (attrs.int("flag")?, attrs.shape("axis")?);
    let reduced = match &given {
        None if flag == -2 || shape.rank() <= 2 => vec![true; shape.rank()],
        None => (0..shape.rank()).map(|axis| axis + 2 >= shape.rank()).collect(),
        Some(_) => axes(attrs, shape)?,
    };
    let count = reduced.iter().filter(|reduced| **reduced).count();
    let flattened = flag == -2 && given.is_none();
    crate::ensure!(
        flattened || count == 1 || count == 2 && flag == 1,
        Unsupported,
        "axis: only vector norms (one axis), Frobenius norms (flag 1) and norms of all elements (flag -2, no axis) \
         are supported, got {count} axes and flag {flag}"
    );
    let order = attrs.double("ord")?;
    crate::ensure!(
        order.is_finite(),
        InvalidArgument,
        "ord: infinite norms are max and min of abs, got {order}"
    );
    Ok(reduced)
}

fn norm(call: &Invocation) -> Result<()> {
    let (data, out) = (call.input(0)?, call.output(0)?);
    let reduced = norm_axes(&call.attrs, data.shape())?;
    let (kept, over) = views(data.shape(), &reduced);
    let order = call.attrs.double("ord")?;
    let squares = order == 2.0 || matches!(call.attrs.int("flag")?, 1 | -2);
    dispatch!(out.dtype(), T => {
        let source = data.read::<T>()?;
        let mut target = out.write::<T>()?;
        if squares {
            reduce(&Norm, &mut target, &source, &kept, &over);
        } else {
            reduce(&Lp(order), &mut target, &source, &kept, &over);
        }
        Ok(())
    })
}

/// The root of order p of the sum of the powers p; of order 0, the number of elements that are not 0.
struct Lp(f64);

impl<T: Number> crate::ops::kernels::reduce::Reducer<T> for Lp {
    type State = f64;
    type Out = T;
    fn start(&self) -> f64 {
        0.0
    }
    fn add(&self, state: &mut f64, value: T) {
        if !value.is_zero() {
            *state += Element::to_f64(value).abs().powf(self.0);
        }
    }
    fn finish(&self, state: f64) -> T {
        T::from_f64(if self.0 == 0.0 || state == 0.0 { state } else { state.powf(1.0 / self.0) })
    }
}
