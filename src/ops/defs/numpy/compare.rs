//! Comparisons and tests, which make bool.

use super::super::binary::{broadcast, broadcast_of_inputs};
use super::super::scalar::{Order, SCALAR, of_scalar};
use crate::array::{Bool, DType, NdArray};
use crate::base::Result;
use crate::dispatch;
use crate::engine::for_each_chunk;
use crate::ops::kernels::binary::{self, Function, Kernel};
use crate::ops::kernels::number::Number;
use crate::ops::kernels::storage::{cast_into, converted};
use crate::ops::operator::{Definition, Inputs};
use crate::ops::{Invocation, Meta, Query};
use smallvec::{SmallVec, smallvec};

macro_rules! comparison {
    ($name:literal, $scalar:literal, $function:ident, $sign:literal) => {
        [
            Definition {
                name: $name,
                doc: concat!(
                    "Whether lhs ",
                    $sign,
                    " rhs, as bool. Shapes are broadcast; element types must be equal."
                ),
                inputs: Inputs::Fixed(&["lhs", "rhs"]),
                infer: |query| {
                    query.require_dtype(1, query.input(0)?.dtype())?;
                    Ok(smallvec![Meta::new(broadcast_of_inputs(query)?, DType::Bool)])
                },
                kernel: |call| {
                    let a = call.input(0)?;
                    as_bool(call, a.dtype(), &|out| {
                        broadcast(call, binary::$function::KERNEL, a, call.input(1)?, out)
                    })
                },
                ..Definition::DEFAULT
            },
            Definition {
                name: $scalar,
                doc: concat!(
                    "Whether data ",
                    $sign,
                    " scalar, as bool. The scalar is converted to the type of data first, \
                     unless is_int says that it is no integer."
                ),
                params: SCALAR,
                infer: bool_like_data,
                kernel: |call| with_scalar(call, binary::$function::KERNEL),
                ..Definition::DEFAULT
            },
        ]
    };
}

pub static EQUAL: &[Definition] = &comparison!("_npi_equal", "_npi_equal_scalar", Equal, "=");
pub static NOT_EQUAL: &[Definition] =
    &comparison!("_npi_not_equal", "_npi_not_equal_scalar", NotEqual, "differs from");
pub static GREATER: &[Definition] = &comparison!("_npi_greater", "_npi_greater_scalar", Greater, ">");
pub static GREATER_EQUAL: &[Definition] =
    &comparison!("_npi_greater_equal", "_npi_greater_equal_scalar", GreaterEqual, ">=");
pub static LESS: &[Definition] = &comparison!("_npi_less", "_npi_less_scalar", Lesser, "<");
pub static LESS_EQUAL: &[Definition] =
    &comparison!("_npi_less_equal", "_npi_less_equal_scalar", LesserEqual, "<=");

macro_rules! test {
    ($name:literal, $doc:literal, $x:ident => $test:expr) => {
        Definition {
            name: $name,
            doc: $doc,
            inputs: Inputs::Fixed(&["x"]),
            infer: bool_like_data,
            kernel: |call| {
                let (data, out) = (call.input(0)?, call.output(0)?);
                dispatch!(data.dtype(), T => {
                    let source = data.read::<T>()?;
                    let source = &*source;
                    for_each_chunk(&mut out.write::<Bool>()?, |first, chunk| {
                        for (out, element) in chunk.iter_mut().zip(&source[first..]) {
                            let $x = *element;
                            *out = Bool(u8::from($test));
                        }
                    });
                    Ok(())
                })
            },
            ..Definition::DEFAULT
        }
    };
}

pub static TESTS: &[Definition] = &[
    test!("_npi_logical_not", "Whether x is 0, as bool.", x => x.is_zero()),
    test!("_npi_isnan", "Whether x is NaN, as bool.", x => Number::is_nan(x)),
];

fn bool_like_data(query: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    Ok(smallvec![Meta::new(query.input(0)?.shape().clone(), DType::Bool)])
}

/// Lets a kernel write zeros and ones of its own type, then converts them.
fn as_bool(call: &Invocation, dtype: DType, kernel: &dyn Fn(&NdArray) -> Result<()>) -> Result<()> {
    let out = call.output(0)?;
    let truths = NdArray::new(out.shape().clone(), dtype, out.device())?;
    kernel(&truths)?;
    cast_into(&truths, out)
}

fn with_scalar(call: &Invocation, kernel: &Kernel) -> Result<()> {
    let data = call.input(0)?;
    let narrow = data.dtype().is_float() || data.dtype() == DType::Bool || call.attrs.bool("is_int")?;
    let data = converted(data, if narrow { data.dtype() } else { DType::Float64 })?;
    as_bool(call, data.dtype(), &|out| of_scalar(call, kernel, &data, out, Order::Second))
}
