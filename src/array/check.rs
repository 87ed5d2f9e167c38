//! Whether the parts of a sparse array fit each other. They come from callers and files, so kernels never rely
//! on this: it is for those who want to know before.

use super::chunk::Storage;
use super::ndarray::NdArray;
use super::sparse::{Csr, RowSparse};
use crate::base::Result;
use crate::ensure;

impl NdArray {
    /// Checks the invariants of a sparse array; a dense one has none. `full` also looks at every index.
    pub fn check_format(&self, full: bool) -> Result<()> {
        match self.storage() {
            Storage::Dense => Ok(()),
            Storage::RowSparse => self.check_row_sparse(&*self.read_row_sparse()?, full),
            Storage::Csr => self.check_csr(&*self.read_csr()?, full),
        }
    }

    fn check_row_sparse(&self, parts: &RowSparse, full: bool) -> Result<()> {
        let rows = parts.indices.len();
        ensure!(
            parts.indices.shape.rank() == 1
                && self.shape().rank() > 0
                && parts.values.len() == rows.saturating_mul(self.shape().row_size()),
            Shape,
            "Shape mismatch of this row_sparse NDArray: shape {}, values {}, indices {}",
            self.shape(),
            parts.values.shape,
            parts.indices.shape
        );
        if !full {
            return Ok(());
        }
        let indices = parts.indices.to_i64()?;
        let bound = i64::try_from(self.shape().rows()).unwrap_or(i64::MAX);
        ensure!(
            ascending_below(&indices, bound),
            InvalidArgument,
            "Indices of row_sparse NDArray should be non-negative, less than the size of first dimension and in \
             ascending order"
        );
        Ok(())
    }

    fn check_csr(&self, parts: &Csr, full: bool) -> Result<()> {
        let &[rows, columns] = self.shape().dims() else {
            crate::bail!(
                Shape,
                "Shape mismatch of this csr NDArray: shape {} has not two dimensions",
                self.shape()
            )
        };
        ensure!(
            parts.indptr.shape.dims() == [rows.saturating_add(1)]
                && parts.indices.shape.rank() == 1
                && parts.indices.shape == parts.values.shape,
            Shape,
            "Shape mismatch of this csr NDArray: shape {}, values {}, indptr {}, indices {}",
            self.shape(),
            parts.values.shape,
            parts.indptr.shape,
            parts.indices.shape
        );
        if !full {
            return Ok(());
        }
        let (indptr, indices) = (parts.indptr.to_i64()?, parts.indices.to_i64()?);
        let ends_right = indptr.last().is_some_and(|end| usize::try_from(*end) == Ok(indices.len()));
        ensure!(
            indptr.first() == Some(&0) && ends_right && indptr.is_sorted(),
            InvalidArgument,
            "IndPtr of csr NDArray should be non-negative, in non-decreasing order, start with 0, and end with value \
             equal with size of indices."
        );
        let in_order = indptr.windows(2).all(|ends| {
            // Sorted numbers from 0 to the length: always a range of the list.
            let row = indices.get(ends[0] as usize..ends[1] as usize).unwrap_or(&[]);
            ascending_below(row, columns)
        });
        ensure!(
            in_order,
            InvalidArgument,
            "Indices of csr NDArray should be non-negative, in ascending order per row and less than the number of \
             columns."
        );
        Ok(())
    }
}

fn ascending_below(indices: &[i64], bound: i64) -> bool {
    indices.is_sorted_by(|a, b| a < b)
        && indices.first().is_none_or(|first| *first >= 0)
        && indices.last().is_none_or(|last| *last < bound)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::{Device, Part, Shape};

    fn rows(indices: &[i64], values: &[i64]) -> NdArray {
        let data = vec![0f32; Shape::new(values).size()];
        let parts = RowSparse {
            indices: Part::indices(indices).unwrap(),
            values: Part::from_slice(Shape::new(values), &data).unwrap(),
        };
        NdArray::from_row_sparse(parts, Shape::new(&[4, 2]), Device::cpu(0)).unwrap()
    }

    fn csr(indptr: &[i64], indices: &[i64]) -> NdArray {
        let parts = Csr {
            indptr: Part::indices(indptr).unwrap(),
            indices: Part::indices(indices).unwrap(),
            values: Part::from_slice(Shape::new(&[indices.len() as i64]), &vec![0f32; indices.len()])
                .unwrap(),
        };
        NdArray::from_csr(parts, Shape::new(&[2, 3]), Device::cpu(0)).unwrap()
    }

    #[test]
    fn rows_are_checked() {
        assert!(rows(&[0, 3], &[2, 2]).check_format(true).is_ok());
        assert!(rows(&[], &[0, 2]).check_format(true).is_ok());
        for bad in [[3, 0], [-1, 2], [1, 4], [2, 2]] {
            assert!(rows(&bad, &[2, 2]).check_format(false).is_ok());
            assert!(rows(&bad, &[2, 2]).check_format(true).is_err(), "{bad:?}");
        }
        assert!(rows(&[0], &[2, 2]).check_format(false).is_err());
        assert!(rows(&[0, 1], &[2, 1]).check_format(false).is_err());
    }

    #[test]
    fn compressed_rows_are_checked() {
        assert!(csr(&[0, 2, 3], &[0, 2, 1]).check_format(true).is_ok());
        assert!(csr(&[0, 2], &[0, 2]).check_format(false).is_err());
        for (indptr, indices) in [
            ([1, 2, 3], [0, 2, 1]),
            ([0, 2, 2], [0, 2, 1]),
            ([0, 4, 3], [0, 2, 1]),
            ([0, 2, 3], [2, 0, 1]),
            ([0, 2, 3], [0, 3, 1]),
            ([0, 2, 3], [0, 2, -1]),
            ([0, -1, 3], [0, 2, 1]),
        ] {
            assert!(csr(&indptr, &indices).check_format(false).is_ok());
            assert!(csr(&indptr, &indices).check_format(true).is_err(), "{indptr:?} {indices:?}");
        }
    }
}
