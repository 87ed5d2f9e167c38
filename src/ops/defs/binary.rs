//! Functions of two arrays: equal shapes (`elemwise_*`, `_maximum`, …) and broadcasting (`broadcast_*`).

use super::operands::read_bytes;
use crate::array::{NdArray, Shape, Storage};
use crate::base::Result;
use crate::ops::kernels::binary::{self, Broadcast, Function, Kernel, broadcast_shape};
use crate::ops::kernels::sparse;
use crate::ops::kernels::storage::to_dense;
use crate::ops::operator::{Definition, InPlace, Plan};
use crate::ops::{Attrs, Inputs, Invocation, Meta, Query, elementwise, require_numbers};
use smallvec::{SmallVec, smallvec};

macro_rules! equal_shapes {
    ($name:literal, $aliases:expr, $function:ident, $sparse:expr, $doc:literal) => {
        Definition {
            name: $name,
            aliases: $aliases,
            doc: $doc,
            inputs: Inputs::Fixed(&["lhs", "rhs"]),
            infer: one_shape,
            plan: $sparse,
            kernel: elemwise_kernel::<binary::$function>,
            in_place: InPlace::Any,
            ..Definition::DEFAULT
        }
    };
}

macro_rules! broadcasting {
    ($name:literal, $aliases:expr, $function:ident, $sparse:expr, $doc:literal) => {
        Definition {
            name: $name,
            aliases: $aliases,
            doc: concat!($doc, " Shapes are broadcast as in numpy; element types must be equal."),
            inputs: Inputs::Fixed(&["lhs", "rhs"]),
            infer: common_shape,
            plan: $sparse,
            kernel: broadcast_kernel::<binary::$function>,
            in_place: InPlace::Any,
            ..Definition::DEFAULT
        }
    };
}

pub static OPERATORS: &[Definition] = &[
    equal_shapes!(
        "elemwise_add",
        &["_Plus", "_add", "_plus", "_sparse_elemwise_add"],
        Add,
        keep_if_alike,
        "lhs + rhs of arrays of one shape."
    ),
    equal_shapes!(
        "elemwise_sub",
        &["_Minus", "_minus", "_sparse_elemwise_sub", "_sub"],
        Sub,
        keep_if_alike,
        "lhs - rhs of arrays of one shape."
    ),
    equal_shapes!(
        "elemwise_mul",
        &["_Mul", "_mul", "_sparse_elemwise_mul"],
        Mul,
        keep_if_any,
        "lhs * rhs of arrays of one shape."
    ),
    equal_shapes!(
        "elemwise_div",
        &["_Div", "_div", "_sparse_elemwise_div"],
        Div,
        dense,
        "lhs / rhs of arrays of one shape. Integers are divided towards zero; by zero is an error."
    ),
    Definition {
        name: "_scatter_elemwise_div",
        doc: "lhs / rhs; of a row_sparse lhs, the stored rows only.",
        inputs: Inputs::Fixed(&["lhs", "rhs"]),
        infer: one_shape,
        plan: keep_rows,
        kernel: scatter_div,
        in_place: InPlace::Any,
        ..Definition::DEFAULT
    },
    equal_shapes!("_mod", &["_Mod"], Mod, dense, "Remainder with the sign of rhs; 0 where rhs is 0."),
    equal_shapes!("_power", &["_Power"], Power, dense, "lhs to the power rhs."),
    equal_shapes!("_maximum", &["_Maximum"], Maximum, keep_if_alike, "The larger one; NaN wins."),
    equal_shapes!("_minimum", &["_Minimum"], Minimum, keep_if_alike, "The smaller one; NaN wins."),
    equal_shapes!("_hypot", &["_Hypot"], Hypot, keep_if_alike, "sqrt(lhs^2 + rhs^2)"),
    equal_shapes!("_equal", &["_Equal"], Equal, dense, "1 where lhs = rhs, else 0."),
    equal_shapes!("_not_equal", &["_Not_Equal"], NotEqual, dense, "1 where lhs differs from rhs, else 0."),
    equal_shapes!("_greater", &["_Greater"], Greater, dense, "1 where lhs > rhs, else 0."),
    equal_shapes!("_greater_equal", &["_Greater_Equal"], GreaterEqual, dense, "1 where lhs >= rhs, else 0."),
    equal_shapes!("_lesser", &["_Lesser"], Lesser, dense, "1 where lhs < rhs, else 0."),
    equal_shapes!("_lesser_equal", &["_Lesser_Equal"], LesserEqual, dense, "1 where lhs <= rhs, else 0."),
    equal_shapes!("_logical_and", &["_Logical_And"], LogicalAnd, dense, "1 where neither is 0, else 0."),
    equal_shapes!("_logical_or", &["_Logical_Or"], LogicalOr, dense, "0 where both are 0, else 1."),
    equal_shapes!("_logical_xor", &["_Logical_Xor"], LogicalXor, dense, "1 where just one is 0, else 0."),
    broadcasting!(
        "broadcast_add",
        &["_sparse_broadcast_add", "_sparse_broadcast_plus", "broadcast_plus"],
        Add,
        dense,
        "lhs + rhs."
    ),
    broadcasting!(
        "broadcast_sub",
        &["_sparse_broadcast_minus", "_sparse_broadcast_sub", "broadcast_minus"],
        Sub,
        dense,
        "lhs - rhs."
    ),
    broadcasting!("broadcast_mul", &["_sparse_broadcast_mul"], Mul, csr_with_dense, "lhs * rhs."),
    broadcasting!("broadcast_div", &["_sparse_broadcast_div"], Div, csr_with_dense, "lhs / rhs."),
    broadcasting!("broadcast_mod", &[], Mod, dense, "Remainder with the sign of rhs; 0 where rhs is 0."),
    broadcasting!("broadcast_power", &[], Power, dense, "lhs to the power rhs."),
    broadcasting!("broadcast_maximum", &["_npi_maximum"], Maximum, dense, "The larger one; NaN wins."),
    broadcasting!("broadcast_minimum", &["_npi_minimum"], Minimum, dense, "The smaller one; NaN wins."),
    broadcasting!("broadcast_hypot", &[], Hypot, dense, "sqrt(lhs^2 + rhs^2)."),
    broadcasting!("broadcast_equal", &[], Equal, dense, "1 where lhs = rhs, else 0."),
    broadcasting!("broadcast_not_equal", &[], NotEqual, dense, "1 where lhs differs from rhs, else 0."),
    broadcasting!("broadcast_greater", &[], Greater, dense, "1 where lhs > rhs, else 0."),
    broadcasting!("broadcast_greater_equal", &[], GreaterEqual, dense, "1 where lhs >= rhs, else 0."),
    broadcasting!("broadcast_lesser", &[], Lesser, dense, "1 where lhs < rhs, else 0."),
    broadcasting!("broadcast_lesser_equal", &[], LesserEqual, dense, "1 where lhs <= rhs, else 0."),
    broadcasting!("broadcast_logical_and", &[], LogicalAnd, dense, "1 where neither is 0, else 0."),
    broadcasting!("broadcast_logical_or", &[], LogicalOr, dense, "0 where both are 0, else 1."),
    broadcasting!("broadcast_logical_xor", &[], LogicalXor, dense, "1 where just one is 0, else 0."),
];

fn dense(_: &Attrs, _: &Query<'_>) -> Result<Plan> {
    Ok(Plan::Dense)
}

/// Two row_sparse arrays make a row_sparse one, two csr arrays a csr one.
fn keep_if_alike(_: &Attrs, query: &Query<'_>) -> Result<Plan> {
    let (a, b) = (query.input(0)?.storage(), query.input(1)?.storage());
    Ok(if a == b && a != Storage::Dense { Plan::Direct(smallvec![a]) } else { Plan::Dense })
}

/// As `keep_if_alike`, and one sparse array with a dense one keeps its storage type.
fn keep_if_any(_: &Attrs, query: &Query<'_>) -> Result<Plan> {
    Ok(match (query.input(0)?.storage(), query.input(1)?.storage()) {
        (Storage::Dense, sparse) | (sparse, Storage::Dense) if sparse != Storage::Dense => {
            Plan::Direct(smallvec![sparse])
        }
        (a, b) if a == b && a != Storage::Dense => Plan::Direct(smallvec![a]),
        _ => Plan::Dense,
    })
}

fn keep_rows(_: &Attrs, query: &Query<'_>) -> Result<Plan> {
    let rows = query.input(0)?.storage() == Storage::RowSparse;
    Ok(if rows { Plan::Direct(smallvec![Storage::RowSparse]) } else { Plan::Dense })
}

fn scatter_div(call: &Invocation) -> Result<()> {
    let (a, b, out) = (call.input(0)?, call.input(1)?, call.output(0)?);
    if a.storage() != Storage::RowSparse {
        return elemwise_kernel::<binary::Div>(call);
    }
    let b = to_dense(b)?;
    sparse::rows_dense(binary::Div::KERNEL, a, &b, out, false)
}

/// csr with a dense row or scalar stays csr.
fn csr_with_dense(_: &Attrs, query: &Query<'_>) -> Result<Plan> {
    let (a, b) = (query.input(0)?, query.input(1)?);
    let fits = a.storage() == Storage::Csr && b.is_dense() && b.shape().rank() <= 2;
    let keeps = fits && broadcast_shape(a.shape(), b.shape()).as_ref() == Some(a.shape());
    Ok(if keeps { Plan::Direct(smallvec![Storage::Csr]) } else { Plan::Dense })
}

fn one_shape(query: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    require_numbers(query)?;
    elementwise(query)
}

fn common_shape(query: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    require_numbers(query)?;
    let dtype = query.input(0)?.dtype();
    query.require_dtype(1, dtype)?;
    Ok(smallvec![Meta::new(broadcast_of_inputs(query)?, dtype)])
}

/// The common shape of the first two inputs.
pub(super) fn broadcast_of_inputs(query: &Query<'_>) -> Result<Shape> {
    let (a, b) = (query.input(0)?, query.input(1)?);
    broadcast_shape(a.shape(), b.shape()).ok_or_else(|| {
        crate::err!(Shape, "operands could not be broadcast together with shapes {} {}", a.shape(), b.shape())
    })
}

fn elemwise_kernel<F: Function>(call: &Invocation) -> Result<()> {
    apply(call, F::KERNEL, call.input(0)?, call.input(1)?, call.output(0)?, None)
}

fn broadcast_kernel<F: Function>(call: &Invocation) -> Result<()> {
    broadcast(call, F::KERNEL, call.input(0)?, call.input(1)?, call.output(0)?)
}

/// out = f(a, b) of arrays of one element type.
pub(super) fn broadcast(
    call: &Invocation,
    kernel: &Kernel,
    a: &NdArray,
    b: &NdArray,
    out: &NdArray,
) -> Result<()> {
    let plan =
        if a.shape() == b.shape() { None } else { Some(Broadcast::new(out.shape(), a.shape(), b.shape())) };
    apply(call, kernel, a, b, out, plan.as_ref())
}

fn apply(
    call: &Invocation,
    kernel: &Kernel,
    a: &NdArray,
    b: &NdArray,
    out: &NdArray,
    plan: Option<&Broadcast>,
) -> Result<()> {
    let dtype = out.dtype();
    if kernel.divides && !dtype.is_float() {
        refuse_zeros(b)?;
    }
    match (a.storage(), b.storage()) {
        (Storage::Dense, Storage::Dense) => {
            let (left, right) = (read_bytes(a, out)?, read_bytes(b, out)?);
            let mut target = out.write_bytes()?;
            match plan {
                None => binary::elementwise(kernel, dtype, &mut target, left.operand(), right.operand()),
                Some(plan) => {
                    binary::broadcast(kernel, dtype, plan, &mut target, left.operand(), right.operand());
                }
            }
            Ok(())
        }
        (Storage::RowSparse, Storage::RowSparse) => sparse::rows_rows(kernel, a, b, out),
        (Storage::Csr, Storage::Csr) => sparse::csr_csr(kernel, a, b, out),
        (Storage::RowSparse, Storage::Dense) => sparse::rows_dense(kernel, a, b, out, false),
        (Storage::Dense, Storage::RowSparse) => sparse::rows_dense(kernel, b, a, out, true),
        (Storage::Csr, Storage::Dense) => sparse::csr_dense(kernel, a, b, out, false),
        (Storage::Dense, Storage::Csr) => sparse::csr_dense(kernel, b, a, out, true),
        (a, b) => Err(crate::err!(
            StorageType,
            "{}: no kernel for {} and {}",
            call.operator.name,
            a.name(),
            b.name()
        )),
    }
}

/// C traps on an integer division by zero; here it is an error of the result.
fn refuse_zeros(divisor: &NdArray) -> Result<()> {
    if divisor.is_dense() {
        let bytes = divisor.read_bytes()?;
        let is_zero = |element: &[u8]| element.iter().all(|byte| *byte == 0);
        crate::ensure!(
            !bytes.chunks_exact(divisor.dtype().size()).any(is_zero),
            InvalidArgument,
            "integer division by zero: rhs of type {} has elements that are 0",
            divisor.dtype()
        );
    }
    Ok(())
}
