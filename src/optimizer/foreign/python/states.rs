//! The file of the frontend's `save_optimizer_states`.

use super::attributes::index;
use super::optimizer::{self, sums};
use crate::array::NdArray;
use crate::array::format::{Shapes, load_raw};
use crate::base::Result;
use crate::optimizer::foreign::pickle::{Kind, Value, read};
use crate::optimizer::{Index, Spec};
use crate::{bail, ensure, err};
use std::collections::BTreeMap;

/// What such a file holds.
pub struct SavedStates {
    /// If the optimizer was saved too.
    pub optimizer: Option<Spec>,
    /// The arrays of each key in the frontend's order, nested tuples laid flat.
    pub arrays: Vec<(Index, Vec<NdArray>)>,
    /// Gradients that LBSGD has summed and not used yet, by key; the frontend keeps them in the optimizer.
    pub sums: BTreeMap<Index, NdArray>,
}

/// Whether bytes begin as a pickled dictionary or pair does, in any protocol.
pub fn may_be_states(bytes: &[u8]) -> bool {
    matches!(bytes.first(), Some(0x80 | b'(' | b'}'))
}

/// Tuples of tuples; the deepest of the frontend's are two.
const MOST_LEVELS: u32 = 8;

/// Reads the pickled states of an updater, alone or in a pair with its optimizer, without executing anything.
pub fn states(bytes: &[u8]) -> Result<SavedStates> {
    // A pickle may name one array many times, and each would be a copy.
    let mut left = bytes.len().saturating_mul(2);
    read(bytes)?.look(|root| from_value(root, &mut left))
}

fn from_value(root: Value<'_, '_>, left: &mut usize) -> Result<SavedStates> {
    let pair: Option<Vec<Value<'_, '_>>> =
        if root.is_tuple() { root.as_items().map(Iterator::collect) } else { None };
    let (states, optimizer, sums) = match pair.as_deref() {
        Some([states, optimizer]) => {
            (*states, Some(optimizer::from_value(*optimizer)?), sums(*optimizer, left)?)
        }
        Some(_) => bail!(Protocol, "optimizer states: expected states, or states and an optimizer"),
        None => (root, None, BTreeMap::new()),
    };
    let Some(entries) = states.as_entries() else {
        bail!(Protocol, "optimizer states: expected a dictionary, got {}", states.describe());
    };
    let mut arrays = Vec::new();
    for (key, state) in entries {
        let key = index(key)?;
        let mut found = Vec::new();
        flatten(state, MOST_LEVELS, left, &mut found)
            .map_err(|error| error.context(format!("optimizer states of key {key}")))?;
        arrays.push((key, found));
    }
    Ok(SavedStates { optimizer, arrays, sums })
}

fn flatten(state: Value<'_, '_>, levels: u32, left: &mut usize, found: &mut Vec<NdArray>) -> Result<()> {
    ensure!(levels > 0, Protocol, "tuples nested deeper than {MOST_LEVELS}");
    if state.is_none() {
        return Ok(());
    }
    if let Some(items) = state.as_items() {
        for item in items {
            flatten(item, levels - 1, left, found)?;
        }
        return Ok(());
    }
    found.push(array(state, left)?);
    Ok(())
}

/// An array, which the frontend pickles as a record of the library's format.
pub(super) fn array(value: Value<'_, '_>, left: &mut usize) -> Result<NdArray> {
    let is_array = value.class().is_some_and(|class| class.kind == Kind::NdArray);
    ensure!(is_array, Unsupported, "expected an array, got {}", value.describe());
    let handle = value.attribute("handle")?;
    let record = handle.as_bytes();
    let record =
        record.ok_or_else(|| err!(Protocol, "expected the bytes of an array, got {}", handle.describe()))?;
    *left = left
        .checked_sub(record.len())
        .ok_or_else(|| err!(Protocol, "the same array is the state of many keys"))?;
    // Of which convention a shape is, the record itself says; both may have been written.
    let loaded = load_raw(&record, Shapes::Legacy).or_else(|_| load_raw(&record, Shapes::Numpy))?;
    loaded.ok_or_else(|| err!(Protocol, "an array without content"))
}
