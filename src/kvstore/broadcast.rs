//! What is looked at before a broadcast changes anything.

use super::keys::{KeyTable, Keys};
use super::pull::check_out;
use crate::array::{NdArray, Shape, Storage};
use crate::base::Result;

/// Checks the whole of a broadcast, so that nothing is initialised when an out does not fit. `stored` tells what
/// the store has in a slot of `table`.
pub fn check_broadcast<'a>(
    table: &mut KeyTable,
    stored: impl Fn(usize) -> (&'a Shape, Storage),
    keys: Keys<'_>,
    values: &'a [NdArray],
    out_keys: Keys<'_>,
    outs: &[NdArray],
) -> Result<()> {
    keys.check_count(values.len(), "vals")?;
    out_keys.check_count(outs.len(), "outs")?;
    table.fix_kind(keys)?;
    table.fix_kind(out_keys)?;
    let mut new = KeyTable::default();
    for i in 0..keys.len() {
        table.require_new(keys, i)?;
        new.add(keys, i)?;
    }
    for (i, out) in outs.iter().enumerate().filter(|(_, out)| out.is_dense()) {
        let (shape, storage) = match new.find(out_keys, i) {
            Some(slot) => (values[slot].shape(), values[slot].storage()),
            None => stored(table.require(out_keys, i)?),
        };
        check_out(shape, storage, out)?;
    }
    Ok(())
}
