//! Lazy updates: only the rows of a row_sparse gradient change.

use super::Operands;
use super::elementwise::follow;
use crate::array::{Element, NdArray, WriteView, convert_slice};
use crate::base::Result;
use crate::ops::kernels::real::Real;
use crate::ops::kernels::rows::{AllRows, gradient_rows};
use smallvec::SmallVec;
use std::borrow::Cow;

/// Everything that an update of rows touches, as slices.
pub struct Rows<'a, T> {
    pub weight: &'a mut [T],
    pub states: SmallVec<[&'a mut [T]; 3]>,
    /// Numbers of the gradient's rows, within the weight.
    pub numbers: &'a [usize],
    /// The gradient's rows, one after the other.
    pub values: &'a [T],
    pub width: usize,
}

impl<T: Real> Rows<'_, T> {
    /// Calls `work(weight, gradient, states)` for each row of the gradient.
    pub fn each<const S: usize>(&mut self, mut work: impl FnMut(&mut [T], &[T], [&mut [T]; S])) {
        let width = self.width;
        for (row, g) in self.numbers.iter().zip(self.values.chunks_exact(width.max(1))) {
            let range = row * width..(row + 1) * width;
            let mut states = self.states.iter_mut();
            let states =
                std::array::from_fn(|_| states.next().map_or(&mut [][..], |state| &mut state[range.clone()]));
            work(&mut self.weight[range.clone()], g, states);
        }
    }

    /// For every row of the weight its gradient, if it has one.
    pub fn each_of_all<const S: usize>(
        &mut self,
        mut work: impl FnMut(&mut [T], Option<&[T]>, [&mut [T]; S]),
    ) {
        let width = self.width;
        // Rows without elements may be listed all the same.
        if width == 0 {
            return;
        }
        let mut listed: Vec<Option<usize>> = vec![None; self.weight.len() / width];
        self.numbers.iter().enumerate().for_each(|(number, row)| listed[*row] = Some(number));
        for (row, number) in listed.into_iter().enumerate() {
            let range = row * width..(row + 1) * width;
            let g = number.map(|number| &self.values[number * width..][..width]);
            let mut states = self.states.iter_mut();
            let states =
                std::array::from_fn(|_| states.next().map_or(&mut [][..], |state| &mut state[range.clone()]));
            work(&mut self.weight[range.clone()], g, states);
        }
    }
}

/// Opens the arrays, whose only gradient is row_sparse, calls `work`, and lets the copies follow.
pub fn with_rows<T: Real>(
    operands: &Operands<'_>,
    work: impl FnOnce(&mut Rows<'_, T>) -> Result<()>,
) -> Result<()> {
    let [gradient] = operands.gradients else {
        crate::bail!(Internal, "update of rows: expected one gradient, got {}", operands.gradients.len());
    };
    {
        let parts = gradient.read_row_sparse()?;
        let numbers = gradient_rows(&parts, operands.weight)?;
        let values: Cow<'_, [T]> = match parts.values.dtype == T::DTYPE {
            true => Cow::Borrowed(parts.values.elements::<T>()?),
            false => Cow::Owned(converted(&parts.values)?),
        };
        let mut weight = AllRows::<T>::of_weight(operands.weight)?;
        let mut states: SmallVec<[WriteView<'_, [T]>; 3]> =
            operands.states.iter().map(NdArray::write::<T>).collect::<Result<_>>()?;
        work(&mut Rows {
            weight: weight.elements()?,
            states: states.iter_mut().map(|state| &mut **state).collect(),
            numbers: &numbers,
            values: &values,
            width: operands.weight.shape().row_size(),
        })?;
    }
    follow(operands)
}

fn converted<T: Element>(part: &crate::array::Part) -> Result<Vec<T>> {
    let mut values = vec![T::default(); part.len()];
    crate::dispatch!(part.dtype, S => convert_slice(part.elements::<S>()?, &mut values));
    Ok(values)
}
