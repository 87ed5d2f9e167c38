//! Sums of compressed gradients, as the `device` stores make them: each value is quantised with a residual of
//! its own if the scheme keeps any, and what a receiver would decode is summed.

use super::reduce::Declared;
use super::submit::{Arrays, submit};
use crate::array::{DType, NdArray};
use crate::base::Result;
use crate::base::sync::Arc;
use crate::compression::Codec;
use crate::engine::{Engine, for_each_common_chunk};
use smallvec::SmallVec;

/// Only dense float32 gradients of the key's own shape can be compressed.
pub fn check_compressible(declared: &Declared, value: &NdArray) -> Result<()> {
    crate::ensure!(
        value.is_dense(),
        StorageType,
        "gradient compression: expected a dense gradient, got {}",
        value.storage().name()
    );
    crate::ensure!(
        value.dtype() == DType::Float32 && declared.dtype == DType::Float32,
        DType,
        "gradient compression works on float32 only: the key is {}, the gradient {}",
        declared.dtype,
        value.dtype()
    );
    crate::ensure!(
        value.shape() == &declared.shape,
        Shape,
        "operands shape mismatch from.shape = {} to.shape={}",
        value.shape(),
        declared.shape
    );
    Ok(())
}

/// `sum` = what is decoded of each value, from left to right. Residuals that are missing start at zero.
pub fn sum_compressed(
    engine: &Engine,
    codec: &Arc<dyn Codec>,
    sum: &NdArray,
    values: &[NdArray],
    residuals: &mut Vec<NdArray>,
    priority: i32,
) -> Result<()> {
    while codec.scheme().has_residual() && residuals.len() < values.len() {
        residuals.push(NdArray::zeros(sum.shape().clone(), DType::Float32, sum.device())?);
    }
    let own_residuals = residuals.iter().take(values.len());
    let targets: Arrays = std::iter::once(sum).chain(own_residuals).cloned().collect();
    let codec = codec.clone();
    submit(engine, "kvstore_compress", priority, values, &targets, move |values, targets| {
        quantise_and_sum(&*codec, values, targets)
    })
}

/// `targets` are the sum and the residuals, if there are any.
fn quantise_and_sum(codec: &dyn Codec, values: &[NdArray], targets: &[NdArray]) -> Result<()> {
    const BLOCK: usize = 4096;
    let sources = values.iter().map(NdArray::read::<f32>).collect::<Result<SmallVec<[_; 4]>>>()?;
    let mut views = targets.iter().map(NdArray::write::<f32>).collect::<Result<SmallVec<[_; 5]>>>()?;
    let mut targets: SmallVec<[&mut [f32]; 5]> = views.iter_mut().map(|view| &mut **view).collect();
    for_each_common_chunk(&mut targets, |first, chunk| {
        let Some((sum, residuals)) = chunk.split_first_mut() else { return };
        let mut decoded = [0f32; BLOCK];
        for start in (0..sum.len()).step_by(BLOCK) {
            let block = start..sum.len().min(start + BLOCK);
            let (sum, decoded) = (&mut sum[block.clone()], &mut decoded[..block.len()]);
            for (number, source) in sources.iter().enumerate() {
                let gradient = &source[first + block.start..first + block.end];
                let residual = residuals.get_mut(number).map_or(&mut [][..], |all| &mut all[block.clone()]);
                if number == 0 {
                    codec.quantise(gradient, residual, sum);
                } else {
                    codec.quantise(gradient, residual, decoded);
                    sum.iter_mut().zip(&*decoded).for_each(|(sum, x)| *sum += x);
                }
            }
        }
    });
    Ok(())
}
