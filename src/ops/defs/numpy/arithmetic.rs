//! Arithmetic that takes arrays of different element types.

use super::super::binary::{broadcast, broadcast_of_inputs};
use super::super::scalar::{Order, SCALAR, of_scalar};
use super::promote::common_type;
use crate::array::DType;
use crate::base::Result;
use crate::ops::kernels::binary::{self, Function, Kernel};
use crate::ops::kernels::storage::converted;
use crate::ops::operator::{Definition, InPlace, Inputs};
use crate::ops::{Invocation, Meta, Query};
use smallvec::{SmallVec, smallvec};

macro_rules! promoting {
    ($name:literal, $function:ident, $type:expr, $doc:literal) => {
        Definition {
            name: $name,
            doc: concat!($doc, " Shapes are broadcast; the more precise element type is that of the result."),
            inputs: Inputs::Fixed(&["lhs", "rhs"]),
            infer: |query| {
                let (a, b) = (query.input(0)?.dtype(), query.input(1)?.dtype());
                Ok(smallvec![Meta::new(broadcast_of_inputs(query)?, $type(a, b))])
            },
            kernel: |call| promoted(call, binary::$function::KERNEL),
            in_place: InPlace::Any,
            ..Definition::DEFAULT
        }
    };
}

macro_rules! dividing_scalar {
    ($name:literal, $order:ident, $doc:literal) => {
        Definition {
            name: $name,
            doc: $doc,
            params: SCALAR,
            infer: quotient_of_one,
            kernel: |call| {
                let out = call.output(0)?;
                let data = converted(call.input(0)?, out.dtype())?;
                of_scalar(call, binary::Div::KERNEL, &data, out, Order::$order)
            },
            in_place: InPlace::Any,
            ..Definition::DEFAULT
        }
    };
}

pub static OPERATORS: &[Definition] = &[
    promoting!("_npi_add", Add, common_type, "lhs + rhs."),
    promoting!("_npi_subtract", Sub, common_type, "lhs - rhs."),
    promoting!("_npi_multiply", Mul, common_type, "lhs * rhs."),
    promoting!("_npi_mod", Mod, common_type, "Remainder with the sign of rhs; 0 where rhs is 0."),
    promoting!("_npi_power", Power, common_type, "lhs to the power rhs."),
    promoting!("_npi_true_divide", Div, quotient_type, "lhs / rhs; of integers, in float32."),
    dividing_scalar!("_npi_true_divide_scalar", Second, "data / scalar; of integers, in float32."),
    dividing_scalar!("_npi_rtrue_divide_scalar", First, "scalar / data; of integers, in float32."),
    Definition {
        name: "_npi_arctan2",
        doc: "The angle of the point (x2, x1), for arrays of one float type; shapes are broadcast.",
        inputs: Inputs::Fixed(&["x1", "x2"]),
        infer: |query| {
            let dtype = query.input(0)?.dtype();
            query.require_dtype(1, dtype)?;
            crate::ensure!(dtype.is_float(), DType, "x1: expected floats, got {dtype}");
            Ok(smallvec![Meta::new(broadcast_of_inputs(query)?, dtype)])
        },
        kernel: |call| promoted(call, binary::Arctan2::KERNEL),
        in_place: InPlace::Any,
        ..Definition::DEFAULT
    },
];

fn quotient_type(a: DType, b: DType) -> DType {
    let common = common_type(a, b);
    if common.is_float() { common } else { DType::Float32 }
}

fn quotient_of_one(query: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    let data = query.input(0)?;
    Ok(smallvec![Meta::new(data.shape().clone(), quotient_type(data.dtype(), data.dtype()))])
}

fn promoted(call: &Invocation, kernel: &Kernel) -> Result<()> {
    let out = call.output(0)?;
    let (a, b) = (converted(call.input(0)?, out.dtype())?, converted(call.input(1)?, out.dtype())?);
    broadcast(call, kernel, &a, &b, out)
}
