//! From the frames of a data request to checked parts of an array.

#![cfg_attr(
    not(test),
    deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used, clippy::panic)
)]

use crate::array::DType;
use crate::base::Result;
use crate::ps::keyspace::KeyRange;
use crate::ps::wire::{DType as WireDType, Payload, ValueKind, ValueMode};
use crate::{bail, ensure, err};
use bytes::Bytes;

/// A key as the server numbers it: what is left of the wire key after its server's first one.
pub(super) type LocalKey = i32;

/// What a push carries.
#[derive(Debug)]
pub(super) enum Pushed {
    /// All elements of the server's part of the value.
    Dense { dtype: DType, elements: Bytes },
    /// Some rows: their numbers, ascending, and their elements one row after the other.
    Rows { dtype: DType, rows: Vec<i64>, width: usize, elements: Bytes },
    /// Packed by the compression agreed on; `count` float32 elements when unpacked.
    Packed { count: usize, packed: Bytes },
}

/// What a pull asks for.
#[derive(Debug)]
pub(super) enum Wanted {
    Whole,
    Rows(Vec<i64>),
}

/// The element type, if arrays can have it.
pub(super) fn dtype(kind: ValueKind) -> Result<DType> {
    match kind.dtype {
        WireDType::Int16 | WireDType::Uint16 | WireDType::Uint32 | WireDType::Uint64 => {
            Err(err!(DType, "values of type {} are not supported", kind.dtype))
        }
        other => DType::from_code(other.code()),
    }
}

pub(super) fn push(kind: ValueKind, payload: &Payload, range: &KeyRange) -> Result<(LocalKey, Pushed)> {
    let parts = payload.parts()?;
    match (kind.mode, &parts[..]) {
        (ValueMode::Dense, [(key, elements)]) => {
            let dtype = dtype(kind)?;
            whole_elements(elements, dtype)?;
            Ok((local(range, *key)?, Pushed::Dense { dtype, elements: elements.clone() }))
        }
        (ValueMode::Compressed, [(count, empty), (key, packed)]) => {
            ensure!(
                kind.dtype == WireDType::Float32,
                DType,
                "compressed values are float32, got {}",
                kind.dtype
            );
            ensure!(
                empty.is_empty(),
                Protocol,
                "compressed push: the first key carries {} bytes",
                empty.len()
            );
            let count = usize::try_from(local(range, *count)?)
                .map_err(|_| err!(Protocol, "compressed push: a negative element count"))?;
            Ok((local(range, *key)?, Pushed::Packed { count, packed: packed.clone() }))
        }
        (ValueMode::RowSparse, [(master, empty), rows @ ..]) => {
            ensure!(
                empty.is_empty(),
                Protocol,
                "row-sparse push: the first key carries {} bytes",
                empty.len()
            );
            let dtype = dtype(kind)?;
            let key = local(range, *master)?;
            let row_bytes = rows.first().map_or(0, |(_, row)| row.len());
            ensure!(
                rows.iter().all(|(_, row)| row.len() == row_bytes) && row_bytes.is_multiple_of(dtype.size()),
                Protocol,
                "row-sparse push of key {key}: rows of different or odd sizes"
            );
            let numbers = row_numbers(key, rows.iter().map(|(row, _)| *row), range)?;
            ensure!(
                numbers.windows(2).all(|pair| matches!(pair, [a, b] if a < b)),
                Protocol,
                "row-sparse push of key {key}: rows are not ascending and unique"
            );
            let width = row_bytes / dtype.size();
            Ok((key, Pushed::Rows { dtype, rows: numbers, width, elements: payload.values().clone() }))
        }
        (mode, parts) => Err(err!(Protocol, "push: {} keys do not make a {mode:?} value", parts.len())),
    }
}

pub(super) fn pull(kind: ValueKind, payload: &Payload, range: &KeyRange) -> Result<(LocalKey, Wanted)> {
    let mut keys = payload.keys();
    let first = keys.next().ok_or_else(|| err!(Protocol, "pull: no key"))?;
    let key = local(range, first)?;
    match kind.mode {
        ValueMode::Dense | ValueMode::Compressed => {
            ensure!(keys.len() == 0, Protocol, "pull: expected one key, got {}", keys.len() + 1);
            Ok((key, Wanted::Whole))
        }
        ValueMode::RowSparse => Ok((key, Wanted::Rows(row_numbers(key, keys, range)?))),
    }
}

fn row_numbers(key: LocalKey, rows: impl Iterator<Item = u64>, range: &KeyRange) -> Result<Vec<i64>> {
    rows.map(|row| {
        let number = range.local(row).and_then(|row| i64::try_from(row).ok()).map(|row| row - i64::from(key));
        number
            .filter(|row| *row >= 0)
            .ok_or_else(|| err!(Protocol, "key {key}: {row:#x} is not one of its rows"))
    })
    .collect()
}

fn local(range: &KeyRange, key: u64) -> Result<LocalKey> {
    let local = range.local(key).ok_or_else(|| err!(Protocol, "key {key:#x} belongs to another server"))?;
    LocalKey::try_from(local).map_err(|_| err!(Protocol, "key {local} is too large, expected less than 2^31"))
}

fn whole_elements(elements: &Bytes, dtype: DType) -> Result<()> {
    if !elements.len().is_multiple_of(dtype.size()) {
        bail!(Protocol, "value: {} bytes are not a whole number of {dtype} elements", elements.len());
    }
    Ok(())
}
