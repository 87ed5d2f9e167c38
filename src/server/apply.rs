//! From the pushes of a round to the new value: sum, update, refresh the copy in the pushed type.

use super::decode::Pushed;
use super::entry::Entry;
use crate::array::{DType, Device, Element, NdArray, Shape, Storage, convert_bytes};
use crate::base::{Result, reserve};
use crate::dispatch;
use crate::engine::for_each_chunk;
use crate::ops::kernels::sparse;
use crate::ops::kernels::storage::cast_into;
use crate::ops::kernels::sum::{Sum, SumOrder, sum_slices};
use bytemuck::allocation::pod_collect_to_vec;
use bytes::Bytes;
use std::borrow::Cow;

/// Checks that a push fits the stored value, before it may wait for a round.
pub(super) fn check(entry: &Entry, pushed: &Pushed) -> Result<()> {
    let value = &entry.value;
    let (storage, dtype) = match pushed {
        Pushed::Dense { dtype, .. } => (Storage::Dense, *dtype),
        Pushed::Rows { dtype, .. } => (Storage::RowSparse, *dtype),
        Pushed::Packed { .. } => (Storage::Dense, DType::Float32),
    };
    crate::ensure!(
        value.storage() == storage,
        StorageType,
        "the stored value is {}, the pushed one {}",
        value.storage().name(),
        storage.name()
    );
    crate::ensure!(
        value.dtype() == dtype,
        DType,
        "the stored value is {}, the pushed one {dtype}",
        value.dtype()
    );
    match pushed {
        Pushed::Dense { dtype, elements } => {
            let count = elements.len() / dtype.size();
            crate::ensure!(
                count == value.size(),
                Shape,
                "the stored value has {} elements, the pushed one {count}",
                value.size()
            );
        }
        Pushed::Rows { rows, width, .. } => {
            let (total, stored_width) = (value.shape().rows(), value.shape().row_size());
            crate::ensure!(
                rows.is_empty() || *width == stored_width,
                Shape,
                "the stored rows have {stored_width} elements, the pushed ones {width}"
            );
            if let Some(last) = rows.last().filter(|row| **row >= total as i64) {
                crate::bail!(Shape, "row {last} is outside the {total} rows of the stored value");
            }
        }
        Pushed::Packed { .. } => {}
    }
    Ok(())
}

/// The sum of a round as an array of its own, in the type that updates work in.
pub(super) fn sum(target: &NdArray, pushes: &[Pushed]) -> Result<NdArray> {
    match target.storage() {
        Storage::Dense => {
            let merged = NdArray::new(Shape::new(&[target.size() as i64]), target.dtype(), Device::cpu(0))?;
            sum_into(&merged, target, pushes)
        }
        _ => sum_rows(target, pushes),
    }
}

/// The sum of a round: in `merged` if the value is dense, else in an array of its own.
pub(super) fn sum_into(merged: &NdArray, target: &NdArray, pushes: &[Pushed]) -> Result<NdArray> {
    match target.storage() {
        Storage::Dense => sum_dense(merged, pushes).map(|()| merged.clone()),
        _ => sum_rows(target, pushes),
    }
}

/// `to = sum of pushes`, converted to its type first if it is another one.
fn sum_dense(to: &NdArray, pushes: &[Pushed]) -> Result<()> {
    let inputs: Vec<(DType, &Bytes)> = pushes
        .iter()
        .filter_map(|push| match push {
            Pushed::Dense { dtype, elements } => Some((*dtype, elements)),
            _ => None,
        })
        .collect();
    dispatch!(to.dtype(), T => {
        let inputs: Vec<Cow<'_, [T]>> = inputs.iter().map(|(dtype, bytes)| elements_as(*dtype, bytes)).collect();
        sum_typed(&mut to.write::<T>()?, &inputs);
        Ok(())
    })
}

fn sum_typed<T: Sum>(to: &mut [T], inputs: &[Cow<'_, [T]>]) {
    for_each_chunk(to, |first, chunk| {
        let parts: Vec<&[T]> = inputs.iter().map(|input| &input[first..first + chunk.len()]).collect();
        sum_slices(chunk, &parts, SumOrder::LeftToRight);
    });
}

/// The elements of a frame: as they lie there if they are aligned and of the right type, else a copy.
fn elements_as<T: Element>(dtype: DType, bytes: &[u8]) -> Cow<'_, [T]> {
    if dtype == T::DTYPE {
        return match bytemuck::try_cast_slice(bytes) {
            Ok(elements) => Cow::Borrowed(elements),
            Err(_) => Cow::Owned(pod_collect_to_vec(bytes)),
        };
    }
    // Words are aligned for elements of any type; the last one may be filled up with zeros.
    let words: Vec<u64> = pod_collect_to_vec(bytes);
    let aligned: &[u8] = bytemuck::cast_slice(&words);
    let mut converted = vec![T::default(); bytes.len() / dtype.size()];
    convert_bytes(dtype, &aligned[..bytes.len()], T::DTYPE, bytemuck::cast_slice_mut(&mut converted));
    Cow::Owned(converted)
}

/// The union of the pushed rows, each the sum of its pushes.
fn sum_rows(target: &NdArray, pushes: &[Pushed]) -> Result<NdArray> {
    let sum = dispatch!(target.dtype(), T => {
        let inputs: Vec<(&[i64], Cow<'_, [T]>)> = pushes
            .iter()
            .filter_map(|push| match push {
                Pushed::Rows { dtype, rows, elements, .. } => Some((&rows[..], elements_as(*dtype, elements))),
                _ => None,
            })
            .collect();
        let inputs: Vec<(&[i64], &[T])> = inputs.iter().map(|(rows, elements)| (*rows, &elements[..])).collect();
        sparse::sum_rows(target.shape(), &inputs)?
    });
    NdArray::from_row_sparse(sum, target.shape().clone(), Device::cpu(0))
}

/// No update rule: the sum replaces the value; of a row-sparse value only the pushed rows are replaced.
pub(super) fn assign(target: &NdArray, pushes: &[Pushed]) -> Result<()> {
    match (target.storage(), pushes) {
        (Storage::Dense, [Pushed::Dense { dtype, elements }]) if *dtype == target.dtype() => {
            target.adopt_bytes(elements)
        }
        (Storage::Dense, _) => {
            target.forget_content()?;
            sum_dense(target, pushes)
        }
        _ => {
            let merged = sum_rows(target, pushes)?;
            let (merged, mut stored) = (merged.read_row_sparse()?, target.write_row_sparse()?);
            let row_bytes = target.shape().row_size() * target.dtype().size();
            for (number, row) in merged.indices.to_i64()?.into_iter().enumerate() {
                let from = &merged.values.bytes[number * row_bytes..][..row_bytes];
                stored.values.bytes[row as usize * row_bytes..][..row_bytes].copy_from_slice(from);
            }
            Ok(())
        }
    }
}

/// After an update: the copy in the pushed type follows the master.
pub(super) fn refresh(value: &NdArray, master: Option<&NdArray>) -> Result<()> {
    let Some(master) = master else { return Ok(()) };
    if value.is_dense() {
        value.forget_content()?;
    }
    cast_into(master, value)
}

/// Checks the rows that a pull asks for, before memory is set aside for them: every worker names each row once, in
/// ascending order, so that they are never larger than the value.
pub(super) fn check_rows(value: &NdArray, rows: &[i64]) -> Result<()> {
    crate::ensure!(
        rows.is_sorted_by(|row, next| row < next),
        Protocol,
        "the {} rows asked for are not ascending and unique",
        rows.len()
    );
    let total = value.shape().rows();
    let outside = [rows.first(), rows.last()]
        .into_iter()
        .flatten()
        .find(|row| usize::try_from(**row).map_or(true, |row| row >= total));
    if let Some(row) = outside {
        crate::bail!(Shape, "row {row} is outside the {total} rows of the stored value");
    }
    Ok(())
}

/// The elements of the wanted rows, one row after the other. They were checked.
pub(super) fn gather(value: &NdArray, rows: &[i64]) -> Result<Vec<u8>> {
    let stored = value.read_row_sparse()?;
    let (total, row_bytes) = (value.shape().rows(), value.shape().row_size() * value.dtype().size());
    let mut gathered = Vec::new();
    reserve(&mut gathered, rows.len().saturating_mul(row_bytes))?;
    for row in rows {
        let at = usize::try_from(*row).ok().filter(|row| *row < total);
        let at = at
            .ok_or_else(|| crate::err!(Shape, "row {row} is outside the {total} rows of the stored value"))?;
        gathered.extend_from_slice(&stored.values.bytes[at * row_bytes..][..row_bytes]);
    }
    Ok(gathered)
}
