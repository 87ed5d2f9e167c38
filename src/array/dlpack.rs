//! DLPack: arrays of other libraries without a copy, and ours for them.
//!
//! A managed tensor describes memory and carries the function that releases it. Exporting makes one that keeps the
//! array's storage alive; importing keeps the tensor until the last array over it is gone.

#![expect(unsafe_code, reason = "reads foreign structures and owns them")]

use super::device::{Device, DeviceKind};
use super::dtype::DType;
use super::ndarray::NdArray;
use super::shape::Shape;
use crate::base::Result;
use crate::ensure;
use crate::mem::Block;
use std::ffi::c_void;
use std::ptr::{NonNull, null_mut};

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct TensorType {
    code: u8,
    bits: u8,
    lanes: u16,
}

const INT: u8 = 0;
const UINT: u8 = 1;
const FLOAT: u8 = 2;
const BFLOAT: u8 = 4;
/// Newer DLPack's own bool; MXNet writes an unsigned number of one bit.
const BOOL: u8 = 6;

const DEVICE_CPU: i32 = 1;
/// Host memory that a GPU can reach; for us it is memory.
const DEVICE_CPU_PINNED: i32 = 3;

#[repr(C)]
struct Tensor {
    data: *mut c_void,
    device_type: i32,
    device_id: i32,
    ndim: i32,
    dtype: TensorType,
    shape: *mut i64,
    strides: *mut i64,
    byte_offset: u64,
}

/// `DLManagedTensor` of DLPack before version 1.
#[repr(C)]
pub struct ManagedTensor {
    tensor: Tensor,
    manager: *mut c_void,
    deleter: Option<unsafe extern "C" fn(*mut ManagedTensor)>,
}

/// What an exported tensor keeps alive.
struct Export {
    tensor: ManagedTensor,
    shape: Vec<i64>,
    #[expect(dead_code, reason = "held for its storage")]
    array: NdArray,
}

impl NdArray {
    /// A tensor over the elements of a dense array, compact and without strides. It owns a reference to the storage
    /// until its deleter runs.
    pub fn to_dlpack(&self) -> Result<*mut ManagedTensor> {
        self.require_dense("ToDLPack")?;
        let mut export = Box::new(Export {
            tensor: ManagedTensor {
                tensor: Tensor {
                    data: self.address()?.cast(),
                    device_type: DEVICE_CPU,
                    device_id: self.device().id,
                    ndim: self.shape().rank() as i32,
                    dtype: tensor_type(self.dtype()),
                    shape: null_mut(),
                    strides: null_mut(),
                    byte_offset: 0,
                },
                manager: null_mut(),
                deleter: Some(release_export),
            },
            shape: self.shape().dims().to_vec(),
            array: self.clone(),
        });
        export.tensor.tensor.shape = export.shape.as_mut_ptr();
        let export = Box::into_raw(export);
        // SAFETY: just made by the box, so alive; only a field's address is taken and one field is set.
        unsafe {
            (*export).tensor.manager = export.cast();
            Ok(&raw mut (*export).tensor)
        }
    }

    /// An array over the memory of a managed tensor, which is taken over on success and released when the last
    /// array that views it is gone, on whatever thread that happens. With `transient` the structure itself is copied
    /// now, and the deleter gets the copy.
    ///
    /// # Safety
    /// `tensor` is null or points to a managed tensor that follows DLPack's rules, whose memory stays valid
    /// until its deleter runs.
    pub unsafe fn from_dlpack(tensor: *mut ManagedTensor, transient: bool) -> Result<NdArray> {
        let given = NonNull::new(tensor).filter(|tensor| tensor.is_aligned()).ok_or_else(|| {
            crate::err!(InvalidArgument, "dlpack: expected a DLManagedTensor, got {tensor:p}")
        })?;
        // SAFETY: the caller vouches for the structure.
        let about = unsafe { &given.as_ref().tensor };
        let (device, dtype) = (device(about)?, element_type(about.dtype)?);
        // SAFETY: the caller vouches for the lists.
        let shape = unsafe { shape(about)? };
        let start = start(about, &shape, dtype)?;
        let owner: Box<dyn Send + Sync> = if transient {
            // SAFETY: a plain structure; the copy takes the place of the original, which is not used again.
            Box::new(Imported::Copied(Box::new(unsafe { given.as_ptr().read() })))
        } else {
            Box::new(Imported::Taken(given))
        };
        // SAFETY: the caller vouches for the memory until the owner is dropped; `start` checked the rest.
        let block = unsafe { Block::foreign(start, shape.size() * dtype.size(), owner) };
        NdArray::from_block(block, shape, dtype, device)
    }
}

/// Runs the deleter of a managed tensor, as whoever was to take it over and did not.
///
/// # Safety
/// `tensor` is null or points to a managed tensor that is not used afterwards.
pub unsafe fn call_deleter(tensor: *mut ManagedTensor) -> Result<()> {
    if let Some(tensor) = NonNull::new(tensor) {
        ensure!(tensor.is_aligned(), InvalidArgument, "dlpack: {tensor:p} is no DLManagedTensor");
        drop(Imported::Taken(tensor));
    }
    Ok(())
}

/// A tensor of somebody else, released when dropped.
enum Imported {
    Taken(NonNull<ManagedTensor>),
    Copied(Box<ManagedTensor>),
}

// SAFETY: DLPack lets the consumer run the deleter on any thread; nothing else is used after the import.
unsafe impl Send for Imported {}
// SAFETY: shared access touches nothing.
unsafe impl Sync for Imported {}

impl Drop for Imported {
    fn drop(&mut self) {
        let tensor = match self {
            Imported::Taken(tensor) => tensor.as_ptr(),
            Imported::Copied(tensor) => &raw mut **tensor,
        };
        // SAFETY: alive until its deleter runs, which is here and nowhere else.
        unsafe {
            if let Some(deleter) = (*tensor).deleter {
                deleter(tensor);
            }
        }
    }
}

unsafe extern "C" fn release_export(tensor: *mut ManagedTensor) {
    if !tensor.is_null() {
        // SAFETY: `to_dlpack` put the box there; a consumer calls the deleter once.
        drop(unsafe { Box::from_raw((*tensor).manager.cast::<Export>()) });
    }
}

fn tensor_type(dtype: DType) -> TensorType {
    let (code, bits) = match dtype {
        DType::Float32 => (FLOAT, 32),
        DType::Float64 => (FLOAT, 64),
        DType::Float16 => (FLOAT, 16),
        DType::Bfloat16 => (BFLOAT, 16),
        DType::Uint8 => (UINT, 8),
        DType::Bool => (UINT, 1),
        DType::Int8 => (INT, 8),
        DType::Int32 => (INT, 32),
        DType::Int64 => (INT, 64),
    };
    TensorType { code, bits, lanes: 1 }
}

fn element_type(given: TensorType) -> Result<DType> {
    if (given.code, given.bits, given.lanes) == (BOOL, 8, 1) {
        return Ok(DType::Bool);
    }
    DType::ALL.into_iter().find(|dtype| tensor_type(*dtype) == given).ok_or_else(|| {
        crate::err!(
            DType,
            "dlpack: elements of code {}, {} bits and {} lanes are not known",
            given.code,
            given.bits,
            given.lanes
        )
    })
}

fn device(tensor: &Tensor) -> Result<Device> {
    match tensor.device_type {
        DEVICE_CPU => Ok(Device::cpu(tensor.device_id)),
        DEVICE_CPU_PINNED => Ok(Device { kind: DeviceKind::CpuPinned, id: tensor.device_id }),
        other => Err(crate::err!(
            NotBuilt,
            "dlpack: memory of device type {other} was given, but this library has only the cpu (1)"
        )),
    }
}

/// # Safety
/// `shape` and, unless null, `strides` hold `ndim` elements.
unsafe fn shape(tensor: &Tensor) -> Result<Shape> {
    let rank = usize::try_from(tensor.ndim)
        .ok()
        .filter(|rank| *rank <= super::MOST_DIMS)
        .ok_or_else(|| crate::err!(InvalidArgument, "dlpack: {} dimensions", tensor.ndim))?;
    if rank == 0 {
        return Ok(Shape::default());
    }
    ensure!(
        !tensor.shape.is_null() && tensor.shape.is_aligned() && tensor.strides.is_aligned(),
        InvalidArgument,
        "dlpack: a tensor of {rank} dimensions without a shape"
    );
    // SAFETY: not null; the caller vouches for `ndim` elements.
    let shape = Shape::new(unsafe { std::slice::from_raw_parts(tensor.shape, rank) });
    shape.check()?;
    if !tensor.strides.is_null() {
        // SAFETY: as for the shape.
        let strides = unsafe { std::slice::from_raw_parts(tensor.strides, rank) };
        let compact = shape.strides();
        let fits = shape.dims().iter().zip(strides).zip(&compact).all(|((dim, stride), compact)| {
            // The step of an axis with one element is never taken.
            *dim == 1 || usize::try_from(*stride) == Ok(*compact)
        });
        ensure!(
            fits || shape.size() == 0,
            Unsupported,
            "Unsupported DLPack because MXNet only support compact tensor now: shape {shape}, strides {strides:?}"
        );
    }
    Ok(shape)
}

/// The first element; an empty tensor needs no memory.
fn start(tensor: &Tensor, shape: &Shape, dtype: DType) -> Result<NonNull<u8>> {
    if shape.size() == 0 {
        return Ok(NonNull::<u64>::dangling().cast());
    }
    let offset = usize::try_from(tensor.byte_offset).ok();
    ensure!(
        offset.is_some_and(|offset| tensor.data.addr().checked_add(offset).is_some()),
        InvalidArgument,
        "dlpack: byte_offset {} leads out of memory",
        tensor.byte_offset
    );
    let start = tensor.data.cast::<u8>().wrapping_add(offset.unwrap_or(0));
    ensure!(
        start.addr().is_multiple_of(dtype.size()),
        InvalidArgument,
        "dlpack: the data at {start:p} are not aligned to {} bytes, the size of a {dtype}",
        dtype.size()
    );
    NonNull::new(start)
        .filter(|_| !tensor.data.is_null())
        .ok_or_else(|| crate::err!(InvalidArgument, "dlpack: a tensor of shape {shape} without data"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::sync::Arc;
    use crate::base::sync::atomic::{AtomicUsize, Ordering};

    /// A tensor as another library would make it; counts its releases.
    struct Theirs {
        data: Vec<f32>,
        shape: Vec<i64>,
        strides: Vec<i64>,
        released: Arc<AtomicUsize>,
    }

    unsafe extern "C" fn release(tensor: *mut ManagedTensor) {
        // SAFETY: tests put a `Theirs` there.
        unsafe { (*(*tensor).manager.cast::<Theirs>()).released.fetch_add(1, Ordering::SeqCst) };
    }

    fn theirs(shape: &[i64], strides: &[i64]) -> Theirs {
        let data = (0..64u8).map(f32::from).collect();
        Theirs { data, shape: shape.into(), strides: strides.into(), released: Arc::default() }
    }

    impl Theirs {
        fn tensor(&mut self) -> ManagedTensor {
            let strides = if self.strides.is_empty() { null_mut() } else { self.strides.as_mut_ptr() };
            ManagedTensor {
                tensor: Tensor {
                    data: self.data.as_mut_ptr().cast(),
                    device_type: DEVICE_CPU,
                    device_id: 0,
                    ndim: self.shape.len() as i32,
                    dtype: tensor_type(DType::Float32),
                    shape: self.shape.as_mut_ptr(),
                    strides,
                    byte_offset: 0,
                },
                manager: (&raw mut *self).cast(),
                deleter: Some(release),
            }
        }

        fn releases(&self) -> usize {
            self.released.load(Ordering::SeqCst)
        }
    }

    fn import(tensor: &mut ManagedTensor, transient: bool) -> Result<NdArray> {
        // SAFETY: tests keep the tensor and its memory alive longer than the array.
        unsafe { NdArray::from_dlpack(tensor, transient) }
    }

    #[test]
    fn the_structure_has_dlpacks_layout() {
        assert_eq!((size_of::<Tensor>(), size_of::<ManagedTensor>()), (48, 64));
        assert_eq!(std::mem::offset_of!(Tensor, shape), 24);
    }

    #[test]
    fn a_round_trip_shares_the_storage() {
        for dtype in DType::ALL {
            let array = NdArray::zeros(Shape::new(&[2, 3]), dtype, Device::cpu(3)).unwrap();
            let tensor = array.to_dlpack().unwrap();
            // SAFETY: ours, and handed over once.
            let back = unsafe { NdArray::from_dlpack(tensor, false) }.unwrap();
            assert_eq!((back.shape(), back.dtype(), back.device()), (array.shape(), dtype, Device::cpu(3)));
            array.write_bytes().unwrap()[0] = 1;
            assert_eq!(back.read_bytes().unwrap()[0], 1);
            drop(array);
            assert_eq!(back.read_bytes().unwrap()[0], 1, "the tensor keeps the storage alive");
        }
    }

    #[test]
    fn the_deleter_runs_when_the_last_view_is_gone() {
        for transient in [false, true] {
            let mut theirs = theirs(&[4, 2], &[]);
            let mut tensor = theirs.tensor();
            let array = import(&mut tensor, transient).unwrap();
            if transient {
                // The structure is gone after the call; the array must not look at it again.
                tensor.deleter = None;
                tensor.tensor.shape = null_mut();
            }
            let view = array.at(1).unwrap();
            drop(array);
            assert_eq!(theirs.releases(), 0);
            assert_eq!(*view.read::<f32>().unwrap(), [2.0, 3.0]);
            drop(view);
            assert_eq!(theirs.releases(), 1);
        }
    }

    #[test]
    fn a_refused_tensor_is_not_released() {
        let refused = |shape: &[i64], strides: &[i64], change: fn(&mut ManagedTensor)| {
            let mut theirs = theirs(shape, strides);
            let mut tensor = theirs.tensor();
            change(&mut tensor);
            assert!(import(&mut tensor, false).is_err());
            assert_eq!(theirs.releases(), 0);
        };
        refused(&[2, 3], &[1, 2], |_| {});
        refused(&[2, 3], &[-3, 1], |_| {});
        refused(&[-1], &[], |_| {});
        refused(&[1 << 40, 1 << 40], &[], |_| {});
        refused(&[2], &[], |tensor| tensor.tensor.device_type = 2);
        refused(&[2], &[], |tensor| tensor.tensor.dtype.lanes = 4);
        refused(&[2], &[], |tensor| tensor.tensor.dtype.bits = 8);
        refused(&[2], &[], |tensor| tensor.tensor.byte_offset = 2);
        refused(&[2], &[], |tensor| tensor.tensor.byte_offset = u64::MAX);
        refused(&[2], &[], |tensor| tensor.tensor.data = null_mut());
        refused(&[2], &[], |tensor| tensor.tensor.shape = null_mut());
        refused(&[2], &[], |tensor| tensor.tensor.ndim = -1);
        // SAFETY: null is allowed.
        assert!(unsafe { NdArray::from_dlpack(null_mut(), false) }.is_err());
    }

    #[test]
    fn offsets_and_harmless_strides_are_understood() {
        let mut given = theirs(&[1, 3], &[77, 1]);
        let mut tensor = given.tensor();
        tensor.tensor.byte_offset = 8;
        assert_eq!(*import(&mut tensor, false).unwrap().read::<f32>().unwrap(), [2.0, 3.0, 4.0]);
        let mut empty = theirs(&[0, 3], &[9, 9]);
        let mut tensor = empty.tensor();
        tensor.tensor.data = null_mut();
        assert_eq!(import(&mut tensor, false).unwrap().size(), 0);
    }

    #[test]
    fn the_deleter_can_be_called_without_an_import() {
        let mut theirs = theirs(&[2], &[]);
        let mut tensor = theirs.tensor();
        // SAFETY: a live tensor, and null.
        unsafe {
            call_deleter(&raw mut tensor).unwrap();
            call_deleter(null_mut()).unwrap();
        }
        assert_eq!(theirs.releases(), 1);
    }
}
