//! Handing kernels to the engine.

use crate::array::NdArray;
use crate::base::Result;
use crate::engine::{Engine, Operation, Var};
use smallvec::SmallVec;
use std::borrow::Cow;

/// The arrays of one key: rarely more than one per device.
pub type Arrays = SmallVec<[NdArray; 4]>;

/// Runs the kernel `work` on `reads` and `writes` when the engine grants them; an array may be in both. The kernel
/// must not use the engine.
pub fn submit(
    engine: &Engine,
    name: &'static str,
    priority: i32,
    reads: &[NdArray],
    writes: &[NdArray],
    work: impl FnOnce(&[NdArray], &[NdArray]) -> Result<()> + Clone + Send + 'static,
) -> Result<()> {
    let bytes = reads.iter().chain(writes).map(NdArray::byte_len).fold(0, usize::saturating_add);
    let read_vars: SmallVec<[&Var; 4]> = reads.iter().map(NdArray::var).collect();
    let write_vars: SmallVec<[&Var; 5]> = writes.iter().map(NdArray::var).collect();
    let operation =
        Operation { name: Cow::Borrowed(name), reads: &read_vars, writes: &write_vars, priority, bytes };
    let now = work.clone();
    if let Some(result) = engine.run_now(&operation, move || now(reads, writes)) {
        return result;
    }
    let (reads, writes): (Arrays, Arrays) =
        (reads.iter().cloned().collect(), writes.iter().cloned().collect());
    engine.run(operation, move || work(&reads, &writes))
}
