//! Traces and norms of matrices.

use super::super::reduce::views;
use super::reduce::{axes, shape_without};
use crate::array::{Element, NdArray, Shape};
use crate::base::Result;
use crate::dispatch;
use crate::ops::kernels::number::Number;
use crate::ops::kernels::reduce::{Norm, Reducer, reduce};
use crate::ops::kernels::strided::{View, gather_view};
use crate::ops::operator::Definition;
use crate::ops::param::{Kind, optional};
use crate::ops::{Attrs, Invocation, Meta};
use smallvec::smallvec;

pub static OPERATORS: &[Definition] = &[
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

impl<T: Number> Reducer<T> for Lp {
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
