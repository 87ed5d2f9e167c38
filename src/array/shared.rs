//! Arrays in memory that other processes map (context `cpu_shared`).

use super::chunk::Content;
use super::device::{Device, DeviceKind};
use super::dtype::DType;
use super::ndarray::NdArray;
use super::shape::Shape;
use crate::base::Result;
use crate::mem::Block;
use crate::mem::shm::Segment;
use std::os::fd::RawFd;

/// Where `cpu_shared` arrays that come from elsewhere live.
const DEVICE: Device = Device { kind: DeviceKind::CpuShared, id: 0 };

impl NdArray {
    /// The array itself if another process can map it as a whole, else a copy in shared memory. The caller holds the
    /// array's variable.
    pub fn to_shared(&self) -> Result<NdArray> {
        self.require_dense("sharing")?;
        if self.offset() == 0 && self.is_mapped() {
            return Ok(self.clone());
        }
        let copy = NdArray::new(self.shape().clone(), self.dtype(), DEVICE)?;
        copy.write_bytes()?.copy_from_slice(&self.read_bytes()?);
        Ok(copy)
    }

    fn is_mapped(&self) -> bool {
        matches!(&self.chunk().content, Content::Dense(block) if block.read().segment().is_some())
    }

    /// The descriptor of the shared memory, for one other process, which must attach to it. It stays open as
    /// long as the array lives.
    pub fn hand_out(&self) -> Result<RawFd> {
        let missing = || crate::err!(InvalidArgument, "the array is not in shared memory");
        let Content::Dense(block) = &self.chunk().content else { return Err(missing()) };
        block.read().segment().map(Segment::hand_out).ok_or_else(missing)
    }

    /// The array that another process handed out. Takes the descriptor over.
    pub fn attach(descriptor: RawFd, shape: Shape, dtype: DType) -> Result<NdArray> {
        shape.check()?;
        let segment = Segment::attach(descriptor, shape.size() * dtype.size())?;
        NdArray::from_block(Block::from(segment), shape, dtype, DEVICE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_are_seen_on_the_other_side() {
        let array = NdArray::from_slice(Shape::new(&[2, 2]), &[1f32, 2.0, 3.0, 4.0], DEVICE).unwrap();
        let shared = array.to_shared().unwrap();
        assert!(shared.shares_storage(&array), "already shared");
        let other = NdArray::attach(shared.hand_out().unwrap(), Shape::new(&[4]), DType::Float32).unwrap();
        other.write::<f32>().unwrap()[3] = 9.0;
        assert_eq!(*array.read::<f32>().unwrap(), [1.0, 2.0, 3.0, 9.0]);
        assert_eq!(other.device(), DEVICE);
    }

    #[test]
    fn other_arrays_and_inner_rows_are_copied() {
        let plain = NdArray::from_slice(Shape::new(&[2]), &[1i32, 2], Device::cpu(0)).unwrap();
        assert!(plain.hand_out().is_err());
        let copy = plain.to_shared().unwrap();
        assert_eq!((&*copy.read::<i32>().unwrap(), copy.device()), (&[1, 2][..], DEVICE));
        let row = copy.slice(1, 2).unwrap().to_shared().unwrap();
        assert!(!row.shares_storage(&copy));
        assert_eq!(*row.read::<i32>().unwrap(), [2]);
    }

    #[test]
    fn too_little_memory_is_an_error() {
        let array = NdArray::zeros(Shape::new(&[2]), DType::Int8, DEVICE).unwrap();
        let descriptor = array.hand_out().unwrap();
        assert!(NdArray::attach(descriptor, Shape::new(&[3]), DType::Int8).is_err());
        assert!(NdArray::attach(-1, Shape::new(&[3]), DType::Int8).is_err());
        assert!(NdArray::attach(descriptor, Shape::new(&[-1]), DType::Int8).is_err());
    }
}
