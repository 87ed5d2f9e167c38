//! For rules that look at whole arrays (norms, row means) before they change anything.

use super::Operands;
use super::elementwise::{Stored, follow};
use crate::array::{NdArray, WriteView};
use crate::base::Result;
use crate::dispatch_float;
use crate::ops::kernels::norm::sum_of_squares;
use crate::ops::kernels::real::Real;
use crate::ops::kernels::rows::AllRows;
use crate::ops::kernels::storage::to_dense;
use smallvec::SmallVec;

/// The arrays of one update as slices.
pub struct Whole<'a, T> {
    pub weight: &'a mut [T],
    pub gradient: &'a [T],
    pub states: SmallVec<[&'a mut [T]; 3]>,
}

/// Opens the arrays with the only gradient made dense and converted, calls `work`, and lets the copies follow.
pub fn with_whole<T: Real, G: Stored<T>>(
    operands: &Operands<'_>,
    work: impl FnOnce(&mut Whole<'_, T>) -> Result<()>,
) -> Result<()> {
    let gradient = to_dense(only_gradient(operands)?)?;
    {
        let gradient = gradient.read::<G>()?;
        let mut wide = vec![T::ZERO; if operands.low.is_some() { gradient.len() } else { 0 }];
        let mut weight = AllRows::<T>::of_weight(operands.weight)?;
        let mut states: SmallVec<[WriteView<'_, [T]>; 3]> =
            operands.states.iter().map(NdArray::write::<T>).collect::<Result<_>>()?;
        work(&mut Whole {
            weight: weight.elements()?,
            gradient: G::load(&gradient, &mut wide),
            states: states.iter_mut().map(|state| &mut **state).collect(),
        })?;
    }
    follow(operands)
}

pub fn only_gradient<'a>(operands: &Operands<'a>) -> Result<&'a NdArray> {
    match operands.gradients {
        [only] => Ok(only),
        several => Err(crate::err!(Internal, "update: expected one gradient, got {}", several.len())),
    }
}

/// The squared norms of the weight and the gradient as MXNet's layer-wise optimizers take them: in float32, of the
/// arrays as they are stored, the float16 weight where there is a master copy.
pub fn squared_norms(operands: &Operands<'_>) -> Result<(f32, f32)> {
    let weight = operands.low.unwrap_or(operands.weight);
    Ok((squared_norm(weight)?, squared_norm(only_gradient(operands)?)?))
}

pub fn squared_norm(array: &NdArray) -> Result<f32> {
    dispatch_float!(array.dtype(), T => Ok(match array.is_dense() {
        true => sum_of_squares::<T>(&array.read::<T>()?),
        false => sum_of_squares::<T>(array.read_row_sparse()?.values.elements::<T>()?),
    }))
}

/// [`with_whole`] in the types of the operands.
macro_rules! whole {
    ($operands:expr, $T:ident, |$arrays:ident| $work:expr) => {
        $crate::optimizer::elementwise::dispatch_types!($operands, $T, G => {
            $crate::optimizer::whole::with_whole::<$T, G>($operands, |$arrays| $work)
        })
    };
}
pub(super) use whole;
