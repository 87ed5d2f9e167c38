//! [`NdArray`]: a shape over a chunk of storage.

use super::chunk::{Chunk, Storage};
use super::device::{Device, DeviceKind};
use super::dtype::{DType, Element};
use super::shape::Shape;
use super::sparse::{Csr, RowSparse};
use crate::base::Result;
use crate::base::sync::Arc;
use crate::engine::Var;
use crate::mem::{Block, copy};

/// A view of a chunk: `shape` elements starting at element `offset` (dense), or the whole chunk (sparse).
#[derive(Clone)]
pub struct NdArray {
    chunk: Arc<Chunk>,
    shape: Shape,
    offset: usize,
}

impl NdArray {
    /// A dense array with unspecified content.
    pub fn new(shape: Shape, dtype: DType, device: Device) -> Result<Self> {
        shape.check()?;
        let bytes = match device.kind {
            DeviceKind::CpuShared => Block::shared(shape.size() * dtype.size())?,
            _ => Block::new(shape.size() * dtype.size())?,
        };
        Ok(NdArray { chunk: Arc::new(Chunk::dense(bytes, dtype, device)), shape, offset: 0 })
    }

    pub fn zeros(shape: Shape, dtype: DType, device: Device) -> Result<Self> {
        shape.check()?;
        let bytes = match device.kind {
            DeviceKind::CpuShared => Block::shared(shape.size() * dtype.size())?,
            _ => Block::zeroed(shape.size() * dtype.size())?,
        };
        Ok(NdArray { chunk: Arc::new(Chunk::dense(bytes, dtype, device)), shape, offset: 0 })
    }

    /// A dense array over existing bytes, which must hold at least `shape` elements at an aligned address.
    pub fn from_block(bytes: Block, shape: Shape, dtype: DType, device: Device) -> Result<Self> {
        shape.check()?;
        let needed = shape.size() * dtype.size();
        crate::ensure!(
            bytes.len() >= needed,
            Shape,
            "shape {shape} of {dtype}: {needed} bytes needed, {} given",
            bytes.len()
        );
        crate::ensure!(
            (bytes.as_ptr() as usize).is_multiple_of(dtype.size()),
            InvalidArgument,
            "data: the address is not aligned to {} bytes, the size of a {dtype}",
            dtype.size()
        );
        Ok(NdArray { chunk: Arc::new(Chunk::dense(bytes, dtype, device)), shape, offset: 0 })
    }

    pub fn from_slice<T: Element>(shape: Shape, values: &[T], device: Device) -> Result<Self> {
        let array = NdArray::new(shape, T::DTYPE, device)?;
        array.write::<T>()?.copy_from_slice(values);
        Ok(array)
    }

    /// An array of any storage without content: zeros if dense, no rows or elements if sparse.
    pub fn empty(storage: Storage, shape: Shape, dtype: DType, device: Device) -> Result<Self> {
        shape.check()?;
        let chunk = Chunk::empty_sparse(storage, &shape, dtype, device)?;
        Ok(NdArray { chunk: Arc::new(chunk), shape, offset: 0 })
    }

    pub fn from_row_sparse(parts: RowSparse, shape: Shape, device: Device) -> Result<Self> {
        let (dtype, content) = (parts.values.dtype, parts.into());
        Ok(NdArray { chunk: Arc::new(Chunk { var: Var::new(), device, dtype, content }), shape, offset: 0 })
    }

    pub fn from_csr(parts: Csr, shape: Shape, device: Device) -> Result<Self> {
        let (dtype, content) = (parts.values.dtype, parts.into());
        Ok(NdArray { chunk: Arc::new(Chunk { var: Var::new(), device, dtype, content }), shape, offset: 0 })
    }

    pub fn chunk(&self) -> &Chunk {
        &self.chunk
    }

    pub fn var(&self) -> &Var {
        &self.chunk.var
    }

    /// Tells the processor that the array's own state will be needed soon. Work on many small arrays waits for
    /// memory more than for anything else, and locks keep the processor from looking ahead by itself.
    pub fn prefetch(&self) {
        copy::prefetch(self.state_address());
        copy::prefetch(self.state_address().wrapping_byte_add(64));
    }

    /// The same for the array's variable; it is found through the array's state, so that must be near already.
    pub fn prefetch_var(&self) {
        copy::prefetch(self.var().address());
        copy::prefetch(self.var().address().wrapping_byte_add(64));
    }

    /// Where the array's own state lives, for prefetching only.
    pub fn state_address(&self) -> *const () {
        Arc::as_ptr(&self.chunk).cast()
    }

    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    #[inline]
    pub fn size(&self) -> usize {
        self.shape.size()
    }

    /// Bytes of a dense array of this shape and type.
    #[inline]
    pub fn byte_len(&self) -> usize {
        self.size() * self.dtype().size()
    }

    /// First element within the chunk.
    pub fn offset(&self) -> usize {
        self.offset
    }

    pub fn dtype(&self) -> DType {
        self.chunk.dtype
    }

    pub fn device(&self) -> Device {
        self.chunk.device
    }

    pub fn storage(&self) -> Storage {
        self.chunk.storage()
    }

    pub fn is_dense(&self) -> bool {
        self.storage() == Storage::Dense
    }

    /// Whether the two arrays view the same storage, wholly or partly.
    pub fn shares_storage(&self, other: &NdArray) -> bool {
        Arc::ptr_eq(&self.chunk, &other.chunk)
    }

    /// Whether the two arrays are the same elements of the same storage.
    pub fn is_same_region(&self, other: &NdArray) -> bool {
        self.shares_storage(other) && self.offset == other.offset && self.size() == other.size()
    }

    /// Rows `begin` to `end` (exclusive) along the first axis, sharing storage.
    pub fn slice(&self, begin: i64, end: i64) -> Result<NdArray> {
        self.require_dense("slice")?;
        let rows = self.shape.rows() as i64;
        crate::ensure!(
            self.shape.rank() > 0,
            Shape,
            "slice: expected an array with at least one dimension, got a scalar"
        );
        crate::ensure!(begin >= 0 && begin <= end, InvalidArgument, "Invalid slicing range [{begin}, {end})");
        crate::ensure!(
            end <= rows,
            InvalidArgument,
            "Slice end index out of range: end {end}, but there are {rows} rows"
        );
        let offset = self.offset + begin as usize * self.shape.row_size();
        Ok(NdArray { chunk: self.chunk.clone(), shape: self.shape.with_rows((end - begin) as usize), offset })
    }

    /// Row `index` with the first axis dropped, sharing storage. A row of a vector has shape (1).
    pub fn at(&self, index: i64) -> Result<NdArray> {
        let row = self.slice(index, index.saturating_add(1))?;
        let inner: Shape = if self.shape.rank() > 1 {
            self.shape.dims()[1..].iter().copied().collect()
        } else {
            Shape::new(&[1])
        };
        Ok(NdArray { shape: inner, ..row })
    }

    /// Another shape over the same elements; it may have fewer elements (a prefix) but not more.
    pub fn view_as(&self, shape: Shape) -> Result<NdArray> {
        shape.check()?;
        if shape == self.shape {
            return Ok(self.clone());
        }
        self.require_dense("reshape")?;
        crate::ensure!(
            shape.size() <= self.size(),
            Shape,
            "reshape: target shape size is larger than the current shape: {shape} from {}",
            self.shape
        );
        Ok(NdArray { chunk: self.chunk.clone(), shape, offset: self.offset })
    }

    pub fn require_dense(&self, doing: &str) -> Result<()> {
        crate::ensure!(
            self.is_dense(),
            StorageType,
            "{doing}: expected a dense array, got {}",
            self.storage().name()
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counting(shape: &[i64]) -> NdArray {
        let shape = Shape::new(shape);
        let values: Vec<f32> = (0..shape.size()).map(|i| i as f32).collect();
        NdArray::from_slice(shape, &values, Device::cpu(0)).unwrap()
    }

    #[test]
    fn a_writer_waits_for_those_who_lend_or_pin_the_storage() {
        let array = counting(&[4]);
        let super::super::chunk::Content::Dense(block) = &array.chunk().content else { panic!("dense") };
        let lender = block.upgradable_read();
        let waiting = crate::base::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            let writer = scope.spawn(|| {
                waiting.store(true, std::sync::atomic::Ordering::SeqCst);
                array.write_bytes().map(drop)
            });
            while !waiting.load(std::sync::atomic::Ordering::SeqCst) {
                std::thread::yield_now();
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
            drop(lender);
            writer.join().unwrap().unwrap();
        });
    }

    #[test]
    fn who_asks_for_the_address_waits_for_a_running_operator_and_stops_no_reader() {
        let array = counting(&[4]);
        let operator = array.read_bytes().unwrap();
        std::thread::scope(|scope| {
            let asks = scope.spawn(|| array.address().unwrap() as usize);
            // Longer than a turn: a reader that comes meanwhile gets in between two of them.
            std::thread::sleep(std::time::Duration::from_millis(500));
            drop(array.read_bytes().unwrap());
            assert!(!asks.is_finished());
            drop(operator);
            let address = asks.join().unwrap();
            let _operator = array.read_bytes().unwrap();
            assert_eq!(array.address().unwrap() as usize, address, "pinned once, it is known at once");
        });
    }

    #[test]
    fn what_messages_carry_is_shared_and_does_not_change() {
        for elements in [2, 20_000] {
            let array = counting(&[elements]);
            let carried = array.share_bytes().unwrap();
            let row = array.slice(1, 2).unwrap().share_bytes().unwrap();
            array.write::<f32>().unwrap()[1] = 9.0;
            assert_eq!(carried[4..8], 1f32.to_le_bytes());
            assert_eq!(row, carried[4..8]);
            let other = counting(&[elements]);
            other.adopt_bytes(&array.share_bytes().unwrap()).unwrap();
            assert_eq!(*other.read::<f32>().unwrap(), *array.read::<f32>().unwrap());
            array.forget_content().unwrap();
            array.write::<f32>().unwrap().fill(0.0);
            other.write::<f32>().unwrap()[0] = 3.0;
            assert_eq!(other.read::<f32>().unwrap()[..2], [3.0, 9.0]);
            assert_eq!(array.read::<f32>().unwrap()[..2], [0.0, 0.0]);
            assert!(other.adopt_bytes(&row).is_err(), "too few");
        }
    }

    #[test]
    fn an_array_whose_address_was_told_stays_there() {
        let array = counting(&[20_000]);
        let address = array.address().unwrap();
        let carried = array.share_bytes().unwrap();
        array.write::<f32>().unwrap()[0] = 4.0;
        array.adopt_bytes(&carried).unwrap();
        assert_eq!((array.address().unwrap(), array.read::<f32>().unwrap()[0]), (address, 0.0));
    }

    #[test]
    fn views_share_storage() {
        let array = counting(&[3, 2]);
        let row = array.at(1).unwrap();
        assert_eq!(row.shape().dims(), [2]);
        row.write::<f32>().unwrap()[0] = 9.0;
        assert_eq!(*array.read::<f32>().unwrap(), [0.0, 1.0, 9.0, 3.0, 4.0, 5.0]);
        let tail = array.slice(1, 3).unwrap().view_as(Shape::new(&[4])).unwrap();
        assert_eq!(*tail.read::<f32>().unwrap(), [9.0, 3.0, 4.0, 5.0]);
        assert!(tail.shares_storage(&array) && !tail.is_same_region(&array));
    }

    #[test]
    fn bad_views_are_errors() {
        let array = counting(&[3, 2]);
        assert!(array.slice(2, 1).is_err());
        assert!(array.slice(0, 4).is_err());
        assert!(array.slice(-1, 2).is_err());
        assert!(array.at(3).is_err());
        assert!(array.at(i64::MAX).is_err());
        assert!(array.view_as(Shape::new(&[7])).is_err());
        assert!(array.read::<f64>().is_err());
    }

    #[test]
    fn a_conflicting_view_is_an_error_not_a_race() {
        let array = counting(&[4]);
        let reading = array.read::<f32>().unwrap();
        assert!(array.write::<f32>().is_err());
        drop(reading);
        assert!(array.write::<f32>().is_ok());
    }
}
