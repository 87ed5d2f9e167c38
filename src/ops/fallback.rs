//! Sparse arrays for kernels that know dense ones only: convert, compute, convert back.

use super::invoke::Invocation;
use super::operator::InPlace;
use crate::array::{NdArray, Storage};
use crate::base::Result;
use crate::ops::kernels::storage::{cast_into, to_dense};
use smallvec::SmallVec;

/// Runs the kernel of `call` on dense copies of its sparse arrays and stores the results in the storage
/// types of the given outputs. Mutated sparse inputs are written back too.
pub(super) fn run_dense(call: &Invocation) -> Result<()> {
    let mutated = call.mutated();
    let inputs: SmallVec<[NdArray; 6]> = call.inputs.iter().map(to_dense).collect::<Result<_>>()?;
    let outputs: SmallVec<[NdArray; 2]> =
        call.outputs.iter().map(|output| dense_like(output, call, &inputs)).collect::<Result<_>>()?;
    let dense = Invocation { inputs, outputs, ..call.clone() };
    (call.operator.kernel)(&dense)?;
    for (output, result) in call.outputs.iter().zip(&dense.outputs) {
        if output.storage() != Storage::Dense {
            cast_into(result, output)?;
        }
    }
    for index in mutated {
        if let (Some(original), Some(result)) = (call.inputs.get(index), dense.inputs.get(index))
            && original.storage() != Storage::Dense
        {
            cast_into(result, original)?;
        }
    }
    Ok(())
}

/// A dense stand-in for a sparse output. If the output is also an input, the stand-in is that input's, so that
/// in-place updates stay in place.
fn dense_like(output: &NdArray, call: &Invocation, dense_inputs: &[NdArray]) -> Result<NdArray> {
    if output.storage() == Storage::Dense {
        return Ok(output.clone());
    }
    let shared = call.inputs.iter().position(|input| input.shares_storage(output));
    match shared.and_then(|index| dense_inputs.get(index)) {
        Some(stand_in) if call.operator.in_place != InPlace::Never => Ok(stand_in.clone()),
        _ => NdArray::zeros(output.shape().clone(), output.dtype(), output.device()),
    }
}
