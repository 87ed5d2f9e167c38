//! The parts of an array as dense arrays: values and index lists.

use super::chunk::Content;
use super::convert::convert_bytes;
use super::dtype::DType;
use super::ndarray::NdArray;
use super::shape::Shape;
use super::sparse::Part;
use crate::base::{Error, Result};
use crate::ensure;

impl NdArray {
    /// The element type of an index list, of the values for `None`.
    pub fn part_dtype(&self, index: Option<usize>) -> Result<DType> {
        match index {
            None => Ok(self.dtype()),
            Some(index) => self.with_part(Some(index), |part| Ok(part.dtype)),
        }
    }

    /// The shape of the values: the array's own if it is dense.
    pub fn values_shape(&self) -> Result<Shape> {
        if self.is_dense() {
            return Ok(self.shape().clone());
        }
        self.with_part(None, |part| Ok(part.shape.clone()))
    }

    /// A dense copy of an index list, of the values for `None`.
    pub fn part_copy(&self, index: Option<usize>) -> Result<NdArray> {
        if self.is_dense() && index.is_none() {
            let copy = NdArray::new(self.shape().clone(), self.dtype(), self.device())?;
            copy.write_bytes()?.copy_from_slice(&self.read_bytes()?);
            return Ok(copy);
        }
        self.with_part(index, |part| {
            let copy = NdArray::new(part.shape.clone(), part.dtype, self.device())?;
            copy.write_bytes()?.copy_from_slice(&part.bytes);
            Ok(copy)
        })
    }

    /// Fills an index list, or the values for `None`, with the values of `source`, converting the element type.
    pub fn fill_part(&self, index: Option<usize>, source: &NdArray) -> Result<()> {
        if source.is_dense() {
            return self.fill_from(index, source.shape(), source.dtype(), &source.read_bytes()?);
        }
        source.with_part(None, |part| self.fill_from(index, &part.shape, part.dtype, &part.bytes))
    }

    fn fill_from(&self, index: Option<usize>, shape: &Shape, dtype: DType, bytes: &[u8]) -> Result<()> {
        if self.is_dense() {
            ensure!(index.is_none(), StorageType, "a dense array has no index lists");
            check_size(shape.size(), self.size())?;
            convert_bytes(dtype, bytes, self.dtype(), &mut self.write_bytes()?);
            return Ok(());
        }
        let inner = self.shape().dims().get(1..).unwrap_or_default().to_vec();
        let is_row_sparse = matches!(self.chunk().content, Content::RowSparse(_));
        self.with_part_mut(index, |part| {
            if part.is_empty() {
                let fits = match index {
                    None if is_row_sparse => shape.rank() > 0 && shape.dims().get(1..) == Some(&inner),
                    _ => shape.rank() == 1,
                };
                ensure!(
                    fits,
                    Shape,
                    "copying size mismatch: a part of a sparse array cannot have shape {shape}"
                );
                *part = Part::new(part.dtype, shape.clone())?;
            }
            check_size(shape.size(), part.len())?;
            convert_bytes(dtype, bytes, part.dtype, &mut part.bytes);
            Ok(())
        })
    }

    fn with_part<R>(&self, index: Option<usize>, look: impl FnOnce(&Part) -> Result<R>) -> Result<R> {
        match (&self.chunk().content, index) {
            (Content::RowSparse(_), None) => look(&self.read_row_sparse()?.values),
            (Content::RowSparse(_), Some(0)) => look(&self.read_row_sparse()?.indices),
            (Content::Csr(_), None) => look(&self.read_csr()?.values),
            (Content::Csr(_), Some(0)) => look(&self.read_csr()?.indptr),
            (Content::Csr(_), Some(1)) => look(&self.read_csr()?.indices),
            (_, index) => Err(self.no_part(index)),
        }
    }

    fn with_part_mut<R>(&self, index: Option<usize>, work: impl FnOnce(&mut Part) -> Result<R>) -> Result<R> {
        match (&self.chunk().content, index) {
            (Content::RowSparse(_), None) => work(&mut self.write_row_sparse()?.values),
            (Content::RowSparse(_), Some(0)) => work(&mut self.write_row_sparse()?.indices),
            (Content::Csr(_), None) => work(&mut self.write_csr()?.values),
            (Content::Csr(_), Some(0)) => work(&mut self.write_csr()?.indptr),
            (Content::Csr(_), Some(1)) => work(&mut self.write_csr()?.indices),
            (_, index) => Err(self.no_part(index)),
        }
    }

    fn no_part(&self, index: Option<usize>) -> Error {
        crate::err!(
            StorageType,
            "i: a {} array has no index list {}",
            self.storage().name(),
            index.map_or_else(|| "at all".to_owned(), |index| index.to_string())
        )
    }
}

fn check_size(given: usize, expected: usize) -> Result<()> {
    ensure!(
        given == expected,
        Shape,
        "copying size mismatch: expected {expected} elements, got {given} (src_shape.Size() <= dst_data.shape_.Size())"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::{Device, Storage};

    #[test]
    fn a_sparse_array_is_filled_part_by_part() {
        let shape = Shape::new(&[4, 2]);
        let array = NdArray::empty(Storage::RowSparse, shape, DType::Float32, Device::cpu(0)).unwrap();
        let values =
            NdArray::from_slice(Shape::new(&[2, 2]), &[1f64, 2.0, 3.0, 4.0], Device::cpu(0)).unwrap();
        let rows = NdArray::from_slice(Shape::new(&[2]), &[1i32, 3], Device::cpu(0)).unwrap();
        array.fill_part(None, &values).unwrap();
        array.fill_part(Some(0), &rows).unwrap();
        array.check_format(true).unwrap();
        assert_eq!(*array.part_copy(None).unwrap().read::<f32>().unwrap(), [1.0, 2.0, 3.0, 4.0]);
        assert_eq!(*array.part_copy(Some(0)).unwrap().read::<i64>().unwrap(), [1, 3]);
        assert_eq!(array.part_dtype(Some(0)).unwrap(), DType::Int64);
        let smaller = NdArray::from_slice(Shape::new(&[1]), &[1i32], Device::cpu(0)).unwrap();
        assert!(array.fill_part(Some(0), &smaller).is_err());
        assert!(array.fill_part(Some(1), &rows).is_err());
        assert!(array.fill_part(None, &rows).is_err());
    }

    #[test]
    fn a_dense_array_has_no_index_lists() {
        let array = NdArray::zeros(Shape::new(&[2]), DType::Int8, Device::cpu(0)).unwrap();
        assert!(array.part_copy(Some(0)).is_err() && array.part_dtype(Some(0)).is_err());
        assert!(array.fill_part(Some(0), &array.part_copy(None).unwrap()).is_err());
    }
}
