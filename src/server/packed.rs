//! Compressed pushes become plain float32, so that the rest of the server need not know of compression.

#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

use super::decode::Pushed;
use crate::array::DType;
use crate::base::Result;
use crate::compression::{Codec, Half};
use crate::engine::for_each_chunk;
use crate::mem::Block;

/// `pushed` as the value of type `stored` expects it. `codec` is the compression that workers announced; without
/// one an array of halves is what it seems to be.
pub(super) fn plain(codec: Option<&dyn Codec>, pushed: Pushed, stored: Option<DType>) -> Result<Pushed> {
    match pushed {
        Pushed::Packed { count, packed } => {
            let codec = codec.filter(|codec| codec.scheme().half().is_none()).ok_or_else(|| {
                crate::err!(Protocol, "compressed values came before their compression was announced")
            })?;
            unpack(codec, count, &packed)
        }
        Pushed::Dense { dtype, elements } => {
            let compresses = codec.is_some_and(|codec| codec.scheme().half().is_some());
            match Half::of(dtype) {
                // Either type: a worker may have gone over to the other one before this one did.
                Some(half) if compresses && stored == Some(DType::Float32) => widen(half, &elements),
                _ => Ok(Pushed::Dense { dtype, elements }),
            }
        }
        rows @ Pushed::Rows { .. } => Ok(rows),
    }
}

fn unpack(codec: &dyn Codec, count: usize, packed: &[u8]) -> Result<Pushed> {
    let expected = codec.scheme().packed_len(count);
    crate::ensure!(
        packed.len() == expected,
        Protocol,
        "compressed push: {} bytes given for {count} elements, expected {expected}",
        packed.len()
    );
    let mut block = Block::new(count * size_of::<f32>())?;
    codec.decode(packed, bytemuck::cast_slice_mut(&mut block));
    Ok(Pushed::Dense { dtype: DType::Float32, elements: block.into() })
}

/// `elements` are whole ones of `half`.
fn widen(half: Half, elements: &[u8]) -> Result<Pushed> {
    let mut block = Block::new(2 * elements.len())?;
    for_each_chunk(bytemuck::cast_slice_mut::<u8, f32>(&mut block), |first, chunk| {
        half.decode(&elements[2 * first..2 * (first + chunk.len())], chunk);
    });
    Ok(Pushed::Dense { dtype: DType::Float32, elements: block.into() })
}
