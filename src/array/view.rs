//! Typed access to the content of an array, for code that holds its engine variable (or is alone with it).

use super::chunk::Content;
use super::dtype::Element;
use super::ndarray::NdArray;
use super::sparse::{Csr, RowSparse};
use crate::base::{Error, Result};
use parking_lot::{MappedRwLockReadGuard, MappedRwLockWriteGuard, RwLockReadGuard, RwLockWriteGuard};

pub type ReadView<'a, T> = MappedRwLockReadGuard<'a, T>;
pub type WriteView<'a, T> = MappedRwLockWriteGuard<'a, T>;

impl NdArray {
    /// The elements of a dense array.
    pub fn read<T: Element>(&self) -> Result<ReadView<'_, [T]>> {
        self.check_dtype::<T>()?;
        let bytes = self.read_bytes()?;
        Ok(MappedRwLockReadGuard::map(bytes, bytemuck::cast_slice))
    }

    /// The elements of a dense array, for writing.
    pub fn write<T: Element>(&self) -> Result<WriteView<'_, [T]>> {
        self.check_dtype::<T>()?;
        let bytes = self.write_bytes()?;
        Ok(MappedRwLockWriteGuard::map(bytes, bytemuck::cast_slice_mut))
    }

    /// The bytes of a dense array.
    pub fn read_bytes(&self) -> Result<ReadView<'_, [u8]>> {
        let Content::Dense(block) = &self.chunk().content else { return Err(self.wrong_storage("default")) };
        let block = block.try_read().ok_or_else(in_use)?;
        let (start, end) = self.byte_range();
        RwLockReadGuard::try_map(block, |bytes| bytes.get(start..end)).map_err(|_| out_of_bounds())
    }

    /// The bytes of a dense array, for writing.
    pub fn write_bytes(&self) -> Result<WriteView<'_, [u8]>> {
        let Content::Dense(block) = &self.chunk().content else { return Err(self.wrong_storage("default")) };
        let block = block.try_write().ok_or_else(in_use)?;
        crate::ensure!(!block.is_read_only(), Internal, "the array may only be read");
        let (start, end) = self.byte_range();
        RwLockWriteGuard::try_map(block, |bytes| bytes.get_mut(start..end)).map_err(|_| out_of_bounds())
    }

    pub fn read_row_sparse(&self) -> Result<RwLockReadGuard<'_, RowSparse>> {
        match &self.chunk().content {
            Content::RowSparse(parts) => parts.try_read().ok_or_else(in_use),
            _ => Err(self.wrong_storage("row_sparse")),
        }
    }

    pub fn write_row_sparse(&self) -> Result<RwLockWriteGuard<'_, RowSparse>> {
        match &self.chunk().content {
            Content::RowSparse(parts) => parts.try_write().ok_or_else(in_use),
            _ => Err(self.wrong_storage("row_sparse")),
        }
    }

    pub fn read_csr(&self) -> Result<RwLockReadGuard<'_, Csr>> {
        match &self.chunk().content {
            Content::Csr(parts) => parts.try_read().ok_or_else(in_use),
            _ => Err(self.wrong_storage("csr")),
        }
    }

    pub fn write_csr(&self) -> Result<RwLockWriteGuard<'_, Csr>> {
        match &self.chunk().content {
            Content::Csr(parts) => parts.try_write().ok_or_else(in_use),
            _ => Err(self.wrong_storage("csr")),
        }
    }

    /// The address of the first element of a dense array, of the first stored value of a sparse one. For handing
    /// out only: using it is between the caller and the engine.
    pub fn address(&self) -> *mut u8 {
        match &self.chunk().content {
            Content::Dense(block) => block.read().as_ptr().wrapping_add(self.byte_range().0),
            Content::RowSparse(parts) => parts.read().values.bytes.as_ptr(),
            Content::Csr(parts) => parts.read().values.bytes.as_ptr(),
        }
    }

    fn byte_range(&self) -> (usize, usize) {
        let start = self.offset() * self.dtype().size();
        (start, start + self.byte_len())
    }

    fn check_dtype<T: Element>(&self) -> Result<()> {
        crate::ensure!(
            self.dtype() == T::DTYPE,
            DType,
            "expected an array of {}, got {}",
            T::DTYPE,
            self.dtype()
        );
        Ok(())
    }

    fn wrong_storage(&self, expected: &str) -> Error {
        crate::err!(StorageType, "expected {expected} storage, got {} storage", self.storage().name())
    }
}

fn in_use() -> Error {
    crate::err!(Internal, "the storage is in use by another task: its access was not declared to the engine")
}

fn out_of_bounds() -> Error {
    crate::err!(Internal, "the array reaches beyond its storage")
}
