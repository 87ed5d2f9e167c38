//! Runs a rule on the rows of a row_sparse gradient.

use crate::array::{Element, NdArray, Part, RowSparse, WriteView};
use crate::base::Result;
use parking_lot::RwLockWriteGuard;

/// All rows of a dense array, or of a row_sparse array that holds every row.
pub enum AllRows<'a, T> {
    Dense(WriteView<'a, [T]>),
    Rows(RwLockWriteGuard<'a, RowSparse>),
}

impl<'a, T: Element> AllRows<'a, T> {
    /// Opens a weight. A row_sparse one must hold all its rows: a missing row has no defined value to update.
    pub fn of_weight(array: &'a NdArray) -> Result<Self> {
        Self::named(array, "weight")
    }

    fn named(array: &'a NdArray, name: &str) -> Result<Self> {
        if array.is_dense() {
            return array.write::<T>().map(AllRows::Dense);
        }
        let parts = array.write_row_sparse()?;
        crate::ensure!(
            parts.indices.len() == array.shape().rows(),
            StorageType,
            "{name}: a row_sparse array must hold all its {} rows to be updated, it holds {}",
            array.shape().rows(),
            parts.indices.len()
        );
        Ok(AllRows::Rows(parts))
    }

    /// Opens a state. A row_sparse one without rows counts as zeros and gets all its rows.
    pub fn of_state(array: &'a NdArray, name: &str) -> Result<Self> {
        if !array.is_dense() {
            let mut parts = array.write_row_sparse()?;
            if parts.indices.is_empty() {
                let rows: Vec<i64> = (0..array.shape().rows() as i64).collect();
                let mut values = Part::new(array.dtype(), array.shape().clone())?;
                values.elements_mut::<T>()?.fill(T::default());
                *parts = RowSparse { indices: Part::indices(&rows)?, values };
            }
        }
        Self::named(array, name)
    }

    pub fn elements(&mut self) -> Result<&mut [T]> {
        match self {
            AllRows::Dense(view) => Ok(view),
            AllRows::Rows(parts) => parts.values.elements_mut::<T>(),
        }
    }
}

/// The rows of a gradient: their numbers, checked against the weight, and their values one after the other.
pub fn gradient_rows(parts: &RowSparse, weight: &NdArray) -> Result<Vec<usize>> {
    let (rows, width) = (weight.shape().rows(), weight.shape().row_size());
    let numbers = parts.indices.to_i64()?;
    crate::ensure!(
        parts.values.len() == numbers.len() * width,
        Shape,
        "grad: {} stored elements do not make {} rows of {width}",
        parts.values.len(),
        numbers.len()
    );
    numbers
        .into_iter()
        .map(|row| {
            usize::try_from(row).ok().filter(|row| *row < rows).ok_or_else(|| {
                crate::err!(InvalidArgument, "grad: row {row} is outside the weight's {rows} rows")
            })
        })
        .collect()
}
