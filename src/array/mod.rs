//! N-dimensional arrays: dense, row_sparse and csr.
//!
//! An [`NdArray`] is a cheap reference to a [`Chunk`] of storage; slices, reshapes and clones share it. Each
//! chunk has one engine variable. Kernels, run by the engine when they hold the variable, see typed slices
//! ([`NdArray::read`], [`NdArray::write`]); everybody else waits first.

mod check;
mod chunk;
mod convert;
mod device;
pub mod dlpack;
mod dtype;
pub mod format;
pub mod grad_mode;
mod ndarray;
pub mod np_shape;
mod parts;
mod reshape;
mod shape;
mod shared;
mod sparse;
mod view;

pub use chunk::{Chunk, Content, Storage};
pub use convert::{convert_bytes, convert_slice};
pub use device::{Device, DeviceKind};
pub use dtype::{Bool, DType, Element};
pub use ndarray::NdArray;
pub use reshape::{reshape_codes, reshape_legacy};
pub use shape::{MOST_DIMS, Shape};
pub use sparse::{Csr, Part, RowSparse};
pub use view::{ReadView, WriteView};
