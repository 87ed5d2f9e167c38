//! Copying a stored value to its outs.

use super::submit::{Arrays, submit};
use crate::array::{NdArray, Storage};
use crate::base::Result;
use crate::engine::{Engine, for_each_common_chunk};
use crate::mem::copy;
use crate::ops::kernels::storage::cast_into;
use smallvec::SmallVec;

/// Checks that a value of this shape and storage can be copied to `out`.
pub fn check_out(shape: &crate::array::Shape, storage: Storage, out: &NdArray) -> Result<()> {
    crate::ensure!(
        shape == out.shape(),
        Shape,
        "operands shape mismatch from.shape = {shape} to.shape={}",
        out.shape()
    );
    let convertible =
        storage == out.storage() || storage == Storage::Dense || out.storage() == Storage::Dense;
    crate::ensure!(
        convertible,
        StorageType,
        "cannot convert {} storage to {} storage",
        storage.name(),
        out.storage().name()
    );
    Ok(())
}

/// Copies `stored` to each of `outs`, which passed `check_out`.
pub fn copy_out(engine: &Engine, stored: &NdArray, outs: &[NdArray], priority: i32) -> Result<()> {
    if outs.len() > 1 && are_separate(stored, outs) {
        let stored = std::slice::from_ref(stored);
        return submit(engine, "kvstore_pull", priority, stored, outs, |stored, outs| match stored {
            [stored] => fan_out(stored, outs),
            _ => Ok(()),
        });
    }
    for out in outs {
        let (stored, out) = (std::slice::from_ref(stored), std::slice::from_ref(out));
        submit(engine, "kvstore_pull", priority, stored, out, |stored, out| match (stored, out) {
            ([stored], [out]) => cast_into(stored, out),
            _ => Ok(()),
        })?;
    }
    Ok(())
}

/// Whether `source` can be written to all of `outs` in one sweep: all dense, of one element type, in
/// storages of their own.
#[inline]
pub fn are_separate(source: &NdArray, outs: &[NdArray]) -> bool {
    source.is_dense()
        && outs.iter().enumerate().all(|(i, out)| {
            out.is_dense()
                && out.dtype() == source.dtype()
                && !out.shares_storage(source)
                && !outs.iter().take(i).any(|earlier| earlier.shares_storage(out))
        })
}

/// Each piece of `from` is read from memory once and written to every target.
fn fan_out(from: &NdArray, to: &[NdArray]) -> Result<()> {
    let source = from.read_bytes()?;
    let source = &*source;
    let mut views: SmallVec<[_; 4]> = to.iter().map(NdArray::write_bytes).collect::<Result<_>>()?;
    let mut targets: SmallVec<[&mut [u8]; 4]> = views.iter_mut().map(|view| &mut **view).collect();
    let large = source.len() >= copy::STREAM_BYTES;
    for_each_common_chunk(&mut targets, |first, chunk| {
        let len = chunk.first().map_or(0, |target| target.len());
        let source = &source[first..first + len];
        if large {
            copy::Stream::new().copy_to_all(chunk, source);
        } else {
            chunk.iter_mut().for_each(|target| target.copy_from_slice(source));
        }
    });
    Ok(())
}

/// The outs that a pull serves; with `ignore_sparse` the dense ones alone.
pub fn wanted(outs: &[NdArray], ignore_sparse: bool) -> Option<Arrays> {
    let skips = ignore_sparse && outs.iter().any(|out| !out.is_dense());
    skips.then(|| outs.iter().filter(|out| out.is_dense()).cloned().collect())
}
