//! Typed access to the content of an array, for code that holds its engine variable (or is alone with it).

use super::chunk::Content;
use super::dtype::Element;
use super::ndarray::NdArray;
use super::sparse::{Csr, RowSparse};
use crate::base::sync::thread;
use crate::base::{Error, Result};
use crate::engine::for_each_chunk;
use crate::mem::{ALIGNMENT, Block, copy};
use bytes::Bytes;
use parking_lot::{
    MappedRwLockReadGuard, MappedRwLockWriteGuard, RwLock, RwLockReadGuard, RwLockUpgradableReadGuard,
    RwLockWriteGuard,
};
use std::time::Duration;

/// For those who meet somebody who lends the block to a message or pins it for a caller, both outside the engine:
/// that takes a moment, or as long as copying the block.
const LENDING: Duration = Duration::from_secs(5);

/// Who wants to pin a block waits so long, and then again: meanwhile no reader gets in, and readers must not give up
/// because of that.
const PINNING: Duration = Duration::from_secs(1);

/// Long enough for readers that wait to get in.
const PAUSE: Duration = Duration::from_millis(1);

/// How often, before the caller hears of it.
const TURNS: u32 = 60;

/// Smaller content is copied: that costs less than keeping track of it.
const SHARED: usize = 32 << 10;

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
        let block = block.try_read().or_else(|| block.try_read_for(LENDING)).ok_or_else(in_use)?;
        let (start, end) = self.byte_range();
        RwLockReadGuard::try_map(block, |bytes| bytes.get(start..end)).map_err(|_| out_of_bounds())
    }

    /// The bytes of a dense array, for writing.
    pub fn write_bytes(&self) -> Result<WriteView<'_, [u8]>> {
        let Content::Dense(block) = &self.chunk().content else { return Err(self.wrong_storage("default")) };
        let mut block = writable(block)?;
        block.make_writable()?;
        let (start, end) = self.byte_range();
        RwLockWriteGuard::try_map(block, |bytes| bytes.get_mut(start..end)).map_err(|_| out_of_bounds())
    }

    /// The bytes of a dense array as a message can carry them, without copying where that is possible. Who writes to
    /// the array before the message is gone writes to a copy.
    pub fn share_bytes(&self) -> Result<Bytes> {
        let Content::Dense(block) = &self.chunk().content else { return Err(self.wrong_storage("default")) };
        if self.byte_len() < SHARED {
            return Ok(Bytes::copy_from_slice(&self.read_bytes()?));
        }
        let (start, end) = self.byte_range();
        // Those who lend take turns; one who finds somebody reading cannot lend what was not lent before.
        let turn = block.try_upgradable_read_for(LENDING).ok_or_else(in_use)?;
        let whole = match turn.loan() {
            Some(whole) => Some(whole),
            None => RwLockUpgradableReadGuard::try_upgrade(turn).ok().and_then(|mut block| block.lend()),
        };
        match whole {
            Some(whole) => {
                crate::ensure!(end <= whole.len(), Internal, "the array reaches beyond its storage");
                Ok(whole.slice(start..end))
            }
            None => {
                let source = self.read_bytes()?;
                let mut copy = Block::new(source.len())?;
                copy_in_chunks(&mut copy, &source);
                Ok(copy.into())
            }
        }
    }

    /// Makes the bytes of a message the content of a dense array, without copying where that is possible: if the
    /// array is all of its storage, at an address that nobody was told, and the bytes lie aligned.
    pub fn adopt_bytes(&self, bytes: &Bytes) -> Result<()> {
        let Content::Dense(block) = &self.chunk().content else { return Err(self.wrong_storage("default")) };
        crate::ensure!(
            bytes.len() == self.byte_len(),
            Shape,
            "the array holds {} bytes, {} are given",
            self.byte_len(),
            bytes.len()
        );
        {
            let mut block = writable(block)?;
            let aligned = (bytes.as_ptr() as usize).is_multiple_of(ALIGNMENT);
            if aligned && bytes.len() >= SHARED && block.len() == bytes.len() && block.is_movable() {
                *block = Block::read_only(bytes.clone());
                return Ok(());
            }
        }
        let mut target = self.write_bytes()?;
        copy_in_chunks(&mut target, bytes);
        Ok(())
    }

    /// For who is going to write all of a dense array that is all of its storage: messages keep the old content, and
    /// what the array holds until then is unspecified.
    pub fn forget_content(&self) -> Result<()> {
        let Content::Dense(block) = &self.chunk().content else { return Err(self.wrong_storage("default")) };
        let mut block = writable(block)?;
        if block.len() == self.byte_len() { block.make_overwritable() } else { Ok(()) }
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
    /// out only: using it is between the caller and the engine. A dense array stays there. Waits for an operator that
    /// is using the array at this moment.
    pub fn address(&self) -> Result<*mut u8> {
        Ok(match &self.chunk().content {
            Content::Dense(block) => {
                let start = match block.try_read().filter(|block| !block.is_movable()) {
                    Some(block) => block.as_ptr(),
                    None => {
                        let turn = |number| {
                            // Those who waited meanwhile go first.
                            thread::sleep(if number > 0 { PAUSE } else { Duration::ZERO });
                            block.try_write_for(PINNING)
                        };
                        let mut block = (0..TURNS).find_map(turn).ok_or_else(busy)?;
                        block.pin()?;
                        block.as_ptr()
                    }
                };
                start.wrapping_add(self.byte_range().0)
            }
            Content::RowSparse(parts) => {
                parts.try_read_for(PINNING * TURNS).ok_or_else(busy)?.values.bytes.as_ptr()
            }
            Content::Csr(parts) => {
                parts.try_read_for(PINNING * TURNS).ok_or_else(busy)?.values.bytes.as_ptr()
            }
        })
    }

    #[inline]
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

/// Inside the engine's pool the cores share the chunks.
fn copy_in_chunks(to: &mut [u8], from: &[u8]) {
    for_each_chunk(to, |first, chunk| copy::copy(chunk, &from[first..first + chunk.len()]));
}

fn writable(block: &RwLock<Block>) -> Result<RwLockWriteGuard<'_, Block>> {
    block.try_write().or_else(|| block.try_write_for(LENDING)).ok_or_else(in_use)
}

fn busy() -> Error {
    crate::err!(Timeout, "an operator has been using the array for {} seconds", (PINNING * TURNS).as_secs())
}

fn in_use() -> Error {
    crate::err!(Internal, "the storage is in use by another task: its access was not declared to the engine")
}

fn out_of_bounds() -> Error {
    crate::err!(Internal, "the array reaches beyond its storage")
}
