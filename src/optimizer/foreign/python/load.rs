//! The frontend's saved states into a living optimizer.

use super::states::states;
use crate::array::{Element, NdArray, Storage};
use crate::base::Result;
use crate::ops::kernels::storage::to_dense;
use crate::optimizer::live::{Live, check_states};
use crate::optimizer::{Index, KeyStates, Optimizer};
use crate::{dispatch_float, ensure, err};

/// Takes over the states in a pickle of an updater, and if its optimizer is in it too, also the rates, counts and
/// schedule. On an error nothing has changed.
pub fn load(optimizer: &Optimizer, bytes: &[u8]) -> Result<()> {
    let mut saved = states(bytes)?;
    let name = optimizer.rule_name();
    let mut keys = Vec::with_capacity(saved.arrays.len());
    for (index, arrays) in saved.arrays {
        let mut arrays = key_states(&name, optimizer.needed_state_names(), &index, arrays)?;
        // LBSGD's sum of gradients is no state to the frontend: it lies in the optimizer.
        if let Some(sum) = saved.sums.remove(&index) {
            arrays.states.push(with_absent_rows(&sum)?);
        }
        keys.push((index, arrays));
    }
    let Some(spec) = saved.optimizer else { return optimizer.replace_states(keys) };
    ensure!(
        spec.name == name,
        InvalidArgument,
        "optimizer states: the file holds states of {}, the optimizer is {name}",
        spec.name
    );
    let mut live = Live::new(&spec)?;
    for (index, arrays) in keys {
        check_states(&index, &arrays, &*live.rule)?;
        live.slot(&index).resume(arrays);
    }
    optimizer.replace(live);
    Ok(())
}

/// A sum of gradients as the rule keeps it: dense, with negative zeros in the rows that no gradient had.
fn with_absent_rows(sum: &NdArray) -> Result<NdArray> {
    let dense = to_dense(sum)?;
    if sum.storage() != Storage::RowSparse {
        return Ok(dense);
    }
    let (rows, width) = (sum.shape().rows(), sum.shape().row_size());
    let mut is_there = vec![false; rows];
    for row in sum.read_row_sparse()?.indices.to_i64()? {
        let place = usize::try_from(row).ok().and_then(|row| is_there.get_mut(row));
        *place.ok_or_else(|| err!(InvalidArgument, "a sum of gradients has no row {row}"))? = true;
    }
    dispatch_float!(dense.dtype(), T => {
        let mut elements = dense.write::<T>()?;
        let absent = elements.chunks_mut(width.max(1)).zip(is_there).filter(|(_, is_there)| !is_there);
        absent.for_each(|(row, _)| row.fill(T::from_f64(-0.0)));
        Ok(())
    })?;
    Ok(dense)
}

/// The arrays of one key, the float32 copy of the weight among them if there is one array more than states.
fn key_states(name: &str, states: &[&str], index: &Index, arrays: Vec<NdArray>) -> Result<KeyStates> {
    let mut arrays = arrays.iter().map(to_dense).collect::<Result<Vec<_>>>()?;
    let has_master = arrays.len() == states.len() + 1;
    ensure!(
        has_master || arrays.len() == states.len(),
        InvalidArgument,
        "optimizer states of key {index}: expected {} arrays for {name}, got {}",
        states.len(),
        arrays.len()
    );
    let master = match name {
        _ if !has_master => None,
        "sgd" | "ccsgd" | "nag" | "lars" => arrays.pop(),
        _ => Some(arrays.remove(0)),
    };
    Ok(KeyStates { states: arrays.into(), master })
}
