//! How the value of a key is cut into parts for servers, and how parts become requests and answers become a value
//! again.

use crate::array::{DType, NdArray, Shape, Storage};
use crate::base::Result;
use crate::compression::{Codec, Half};
use crate::err;
use crate::kvstore::keys::Key;
use crate::mem::{Block, copy};
use crate::ps::id::Rank;
use crate::ps::keyspace::{CompressedShard, KeySpace, RowPlacement, Shard};
use crate::ps::proto::Answers;
use crate::ps::wire::{DType as WireDType, Payload, ValueKind};
use bytes::Bytes;
use std::ops::Range;

/// Where the parts of a dense value lie, in the order of their elements.
#[derive(Clone, Debug)]
pub(super) struct Dense {
    pub dtype: DType,
    pub elements: usize,
    pub parts: Vec<Part>,
}

#[derive(Clone, Debug)]
pub(super) struct Part {
    pub server: Rank,
    pub key: u64,
    pub elements: Range<usize>,
}

/// The parts of one request, at most one per server.
pub(super) type Parts = Vec<(Rank, Payload)>;

impl Dense {
    pub(super) fn new(dtype: DType, elements: usize, shards: Vec<Shard>) -> Self {
        let part = |shard: Shard| Part {
            server: shard.server,
            key: shard.key,
            elements: shard.elements.start as usize..shard.elements.end as usize,
        };
        Dense { dtype, elements, parts: shards.into_iter().map(part).collect() }
    }

    /// The placement while compression is on: parts begin at whole words of the packed form.
    pub(super) fn compressed(elements: usize, shards: &[CompressedShard]) -> Self {
        let part = |shard: &CompressedShard| Part {
            server: shard.server,
            key: shard.key,
            elements: shard.elements.start as usize..shard.elements.end as usize,
        };
        Dense { dtype: DType::Float32, elements, parts: shards.iter().map(part).collect() }
    }

    pub(super) fn kind(&self) -> ValueKind {
        ValueKind::dense(wire_dtype(self.dtype))
    }

    /// One payload per part, with the part's bytes of `value`.
    pub(super) fn push(&self, value: &Bytes) -> Result<Parts> {
        let size = self.dtype.size();
        self.parts
            .iter()
            .map(|part| {
                let bytes = value.slice(part.elements.start * size..part.elements.end * size);
                let len = wire_len(bytes.len())?;
                Ok((part.server, Payload::new(&[part.key], bytes, Some(&[len]))?))
            })
            .collect()
    }

    /// As [`Dense::push`], of a float32 array whose elements travel in 16 bits.
    pub(super) fn push_half(&self, half: Half, value: &NdArray) -> Result<(ValueKind, Parts)> {
        let placed = Dense { dtype: half.dtype(), ..self.clone() };
        let parts = placed.push(&halves_of(half, &value.read::<f32>()?)?)?;
        Ok((placed.kind(), parts))
    }

    pub(super) fn pull(&self) -> Result<Parts> {
        let ask = |part: &Part| Ok((part.server, Payload::new(&[part.key], Bytes::new(), None)?));
        self.parts.iter().map(ask).collect()
    }

    /// About how many bytes [`Dense::scatter`] moves: none if the answer becomes the content of the outs as it is.
    pub(super) fn scattered(&self) -> usize {
        let bytes = self.elements * self.dtype.size();
        if self.parts.len() == 1 { 0 } else { bytes }
    }

    /// Puts the answered parts where they belong in each of `outs`, arrays of this value's shape.
    pub(super) fn scatter(&self, answers: &Answers, outs: &[NdArray]) -> Result<()> {
        let found = self.parts.iter().map(|part| self.answered(part, answers)).collect::<Result<Vec<_>>>()?;
        for out in outs {
            let temporary;
            let target = if out.is_dense() && out.dtype() == self.dtype {
                if let [values] = &found[..] {
                    out.adopt_bytes(values)?;
                    continue;
                }
                out.forget_content()?;
                out
            } else {
                temporary = NdArray::new(out.shape().clone(), self.dtype, out.device())?;
                &temporary
            };
            {
                let mut bytes = target.write_bytes()?;
                let size = self.dtype.size();
                for (part, values) in self.parts.iter().zip(&found) {
                    copy::copy(&mut bytes[part.elements.start * size..part.elements.end * size], values);
                }
            }
            crate::ops::kernels::storage::cast_into(target, out)?;
        }
        Ok(())
    }

    fn answered(&self, part: &Part, answers: &Answers) -> Result<Bytes> {
        let payload = answers
            .iter()
            .find(|(server, payload)| {
                let mine = |payload: &Payload| payload.keys().any(|key| key == part.key);
                *server == part.server && payload.as_ref().is_some_and(mine)
            })
            .and_then(|(_, payload)| payload.as_ref())
            .ok_or_else(|| err!(Protocol, "server {} answered without its part of the value", part.server))?;
        let values = payload.values();
        let expected = part.elements.len() * self.dtype.size();
        crate::ensure!(
            values.len() == expected,
            Protocol,
            "server {} answered {} bytes, expected {expected}",
            part.server,
            values.len()
        );
        Ok(values.clone())
    }
}

fn halves_of(half: Half, gradient: &[f32]) -> Result<Bytes> {
    let mut packed = Block::new(half.scheme().packed_len(gradient.len()))?;
    let elements: &mut [[u8; 2]] = bytemuck::cast_slice_mut(&mut packed);
    crate::engine::for_each_chunk(elements, |first, chunk| {
        let gradient = &gradient[first..first + chunk.len()];
        half.encode(gradient, &mut [], bytemuck::cast_slice_mut(chunk));
    });
    Ok(packed.into())
}

pub(super) fn wire_key(key: &Key) -> Result<u32> {
    u32::try_from(key.number())
        .map_err(|_| err!(InvalidArgument, "key {key}: a dist store takes keys of zero or more"))
}

/// The packed form of `gradient`, cut for the servers; what does not fit stays in `residual`.
pub(super) fn push_compressed(
    shards: &[CompressedShard],
    codec: &dyn Codec,
    gradient: &[f32],
    residual: &mut [f32],
) -> Result<Parts> {
    let mut packed = Block::zeroed(codec.scheme().packed_len(gradient.len()))?;
    codec.encode(gradient, residual, &mut packed);
    let packed = Bytes::from(packed);
    shards
        .iter()
        .map(|shard| {
            // A block of the placement is one word of the packed form.
            let bytes = packed.slice(4 * shard.blocks.start as usize..4 * shard.blocks.end as usize);
            let lens = [0, wire_len(bytes.len())?];
            Ok((shard.server, Payload::new(&[shard.size_key, shard.key], bytes, Some(&lens))?))
        })
        .collect()
}

/// The parts of a push of the rows that `value` holds.
pub(super) fn push_rows(placement: &RowPlacement, value: &NdArray) -> Result<Parts> {
    let parts = value.read_row_sparse()?;
    let rows = parts.indices.to_i64()?;
    let row_bytes = value.shape().row_size() * value.dtype().size();
    let len = wire_len(row_bytes)?;
    let values = Bytes::copy_from_slice(&parts.values.bytes);
    let payload = |keys: crate::ps::keyspace::RowKeys| {
        let bytes = values.slice(keys.entries.start * row_bytes..keys.entries.end * row_bytes);
        let mut lens = vec![len; keys.keys.len()];
        if let Some(master) = lens.first_mut() {
            *master = 0;
        }
        Ok((keys.server, Payload::new(&keys.keys, bytes, Some(&lens))?))
    };
    placement.keys(&rows)?.into_iter().map(payload).collect()
}

pub(super) fn pull_rows(placement: &RowPlacement, rows: &[i64]) -> Result<Parts> {
    let ask =
        |keys: crate::ps::keyspace::RowKeys| Ok((keys.server, Payload::new(&keys.keys, Bytes::new(), None)?));
    placement.keys(rows)?.into_iter().map(ask).collect()
}

/// The answered rows, in the order in which they were asked for: ascending over the servers.
pub(super) fn join_rows(mut answers: Answers, bytes: usize) -> Result<Vec<u8>> {
    answers.sort_by_key(|(server, _)| *server);
    let mut rows = Vec::with_capacity(bytes);
    for (_, payload) in &answers {
        rows.extend_from_slice(payload.as_ref().map_or(&[][..], |payload| payload.values()));
    }
    crate::ensure!(
        rows.len() == bytes,
        Protocol,
        "the servers answered {} bytes of rows, expected {bytes}",
        rows.len()
    );
    Ok(rows)
}

pub(super) fn wire_dtype(dtype: DType) -> WireDType {
    match dtype {
        DType::Float32 => WireDType::Float32,
        DType::Float64 => WireDType::Float64,
        DType::Float16 => WireDType::Float16,
        DType::Uint8 => WireDType::Uint8,
        DType::Int32 => WireDType::Int32,
        DType::Int8 => WireDType::Int8,
        DType::Int64 => WireDType::Int64,
        DType::Bool => WireDType::Bool,
        DType::Bfloat16 => WireDType::Bfloat16,
    }
}

fn wire_len(bytes: usize) -> Result<i32> {
    i32::try_from(bytes)
        .map_err(|_| err!(Unsupported, "a part of {bytes} bytes does not fit one message; use more servers"))
}

/// Where the value of a new key goes.
pub(super) fn place(
    space: &KeySpace,
    key: u32,
    shape: &Shape,
    dtype: DType,
    storage: Storage,
) -> Result<Layout> {
    match storage {
        Storage::Dense => {
            let elements = shape.size();
            Ok(Layout::Dense(Dense::new(dtype, elements, space.dense(key, elements as u64)?)))
        }
        Storage::RowSparse => {
            let placement = space.row_sparse(key, shape.rows() as u64, shape.row_size() as u64)?;
            Ok(Layout::Rows(placement))
        }
        Storage::Csr => Err(err!(StorageType, "a dist store takes dense and row_sparse values, got csr")),
    }
}

#[derive(Clone, Debug)]
pub(super) enum Layout {
    Dense(Dense),
    Rows(RowPlacement),
}
