//! The parts of sparse arrays.

use super::convert::convert_bytes;
use super::dtype::{DType, Element};
use super::shape::Shape;
use crate::base::{Result, reserve};
use crate::mem::Block;

/// A dense piece of a sparse array: its values or one of its index lists.
pub struct Part {
    pub dtype: DType,
    pub shape: Shape,
    pub bytes: Block,
}

impl Part {
    /// A part with unspecified content.
    pub fn new(dtype: DType, shape: Shape) -> Result<Self> {
        shape.check()?;
        let bytes = Block::new(shape.size() * dtype.size())?;
        Ok(Part { dtype, shape, bytes })
    }

    /// A part of zeros.
    pub fn zeros(dtype: DType, shape: Shape) -> Result<Self> {
        shape.check()?;
        let bytes = Block::zeroed(shape.size() * dtype.size())?;
        Ok(Part { dtype, shape, bytes })
    }

    pub fn from_slice<T: Element>(shape: Shape, values: &[T]) -> Result<Self> {
        let mut part = Part::new(T::DTYPE, shape)?;
        part.elements_mut::<T>()?.copy_from_slice(values);
        Ok(part)
    }

    /// A list of row or column numbers.
    pub fn indices(values: &[i64]) -> Result<Self> {
        Part::from_slice(Shape::new(&[values.len() as i64]), values)
    }

    pub fn len(&self) -> usize {
        self.shape.size()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn elements<T: Element>(&self) -> Result<&[T]> {
        self.expect::<T>()?;
        Ok(bytemuck::cast_slice(&self.bytes))
    }

    pub fn elements_mut<T: Element>(&mut self) -> Result<&mut [T]> {
        self.expect::<T>()?;
        Ok(bytemuck::cast_slice_mut(&mut self.bytes))
    }

    /// The elements as int64, whatever integer (or float) type they are stored in.
    pub fn to_i64(&self) -> Result<Vec<i64>> {
        let mut numbers = Vec::new();
        reserve(&mut numbers, self.len())?;
        numbers.resize(self.len(), 0i64);
        convert_bytes(self.dtype, &self.bytes, DType::Int64, bytemuck::cast_slice_mut(&mut numbers));
        Ok(numbers)
    }

    pub fn copy(&self) -> Result<Part> {
        let mut copy = Part::new(self.dtype, self.shape.clone())?;
        copy.bytes.copy_from_slice(&self.bytes);
        Ok(copy)
    }

    /// A copy with the elements converted.
    pub fn cast(&self, dtype: DType) -> Result<Part> {
        let mut cast = Part::new(dtype, self.shape.clone())?;
        convert_bytes(self.dtype, &self.bytes, dtype, &mut cast.bytes);
        Ok(cast)
    }

    /// The part itself if it has the element type, else a converted copy.
    pub fn into_dtype(self, dtype: DType) -> Result<Part> {
        if self.dtype == dtype { Ok(self) } else { self.cast(dtype) }
    }

    fn expect<T: Element>(&self) -> Result<()> {
        crate::ensure!(self.dtype == T::DTYPE, DType, "expected {} elements, got {}", T::DTYPE, self.dtype);
        Ok(())
    }
}

/// `indices` (n, ascending row numbers) and `values` (n rows). No rows at all: both have length 0.
pub struct RowSparse {
    pub indices: Part,
    pub values: Part,
}

impl RowSparse {
    pub fn empty(dtype: DType, shape: &Shape) -> Result<Self> {
        Ok(RowSparse { indices: Part::indices(&[])?, values: Part::new(dtype, shape.with_rows(0))? })
    }
}

/// `indptr` (rows + 1, or 0 for a never filled array), `indices` (n column numbers) and `values` (n).
pub struct Csr {
    pub indptr: Part,
    pub indices: Part,
    pub values: Part,
}

impl Csr {
    pub fn empty(dtype: DType) -> Result<Self> {
        Ok(Csr {
            indptr: Part::indices(&[])?,
            indices: Part::indices(&[])?,
            values: Part::new(dtype, Shape::new(&[0]))?,
        })
    }
}
