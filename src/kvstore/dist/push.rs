//! Pushes: the sum of a group's values on its way to the servers, and for a pushpull back.

use super::compress::check_compressed_key;
use super::layout::{Dense, Layout, Parts, push_compressed, push_rows, wire_dtype, wire_key};
use super::transfer::{Transfer, receive};
use super::{DistStore, Plan, State};
use crate::array::{DType, NdArray, Storage};
use crate::base::Result;
use crate::engine::{Operation, Var};
use crate::ensure;
use crate::kvstore::keys::Group;
use crate::kvstore::reduce::Declared;
use crate::ops::kernels::storage::cast_into;
use crate::ps::wire::{ValueKind, Verb};
use bytes::Bytes;
use std::borrow::Cow;

impl DistStore {
    pub(super) fn check_push(&self, state: &State, plan: &Plan<'_>) -> Result<()> {
        for group in plan.groups.iter() {
            let entry = &state.entries[group.slot];
            let check = || -> Result<()> {
                if state.codec.is_some() {
                    check_compressed_key(entry.declared.dtype, entry.storage)?;
                }
                self.reducer.check(&entry.declared, plan.arrays(group), None)?;
                for value in plan.arrays(group) {
                    ensure!(
                        value.shape() == &entry.declared.shape,
                        Shape,
                        "The value size cannot be changed: initialised with shape {}, pushed {}",
                        entry.declared.shape,
                        value.shape()
                    );
                    let fits = value.storage() == entry.storage || entry.storage == Storage::Dense;
                    ensure!(fits, StorageType, "a dense value was pushed to a row_sparse key");
                }
                Ok(())
            };
            check().map_err(|error| error.context(format!("key {}", state.keys.key(group.slot))))?;
        }
        Ok(())
    }

    /// Sums the values of a group and sends the sum. With `outs` it is a pushpull.
    pub(super) fn push_group(
        &self,
        state: &mut State,
        group: &Group,
        values: &[NdArray],
        outs: &[NdArray],
        priority: i32,
    ) -> Result<()> {
        let codec = state.codec.clone();
        let key = state.keys.key(group.slot).clone();
        let sliced = state.slicer.is_some();
        let entry = &mut state.entries[group.slot];
        let sum =
            self.reducer.reduce(&mut entry.buffers, &entry.declared, values, None, &[], None, priority)?;
        let (layout, declared, residual) =
            (entry.layout.clone(), entry.declared.clone(), entry.residual.clone());
        let (space, number) = (self.space, wire_key(&key)?);
        let verb = if outs.is_empty() { Verb::Push } else { Verb::PushPull };
        let subject = format!("{verb} of key {key}");
        let member = self.member.clone();
        let targets: Vec<NdArray> = outs.to_vec();
        let mut writes: Vec<&Var> = outs.iter().map(NdArray::var).collect();
        writes.push(&entry.line);
        // A value that is sent as it is need not be touched.
        let as_it_is = codec.is_none() && sum.is_dense() && sum.dtype() == declared.dtype;
        let operation = Operation {
            name: Cow::Borrowed("kvstore_dist_push"),
            reads: &[sum.var()],
            writes: &writes,
            priority,
            bytes: if as_it_is { 0 } else { sum.byte_len() },
        };
        let source = sum.clone();
        let engine = self.engine.clone();
        self.engine.start(operation, move |completion| {
            let prepared = || -> Result<(ValueKind, Parts)> {
                let half = codec.as_ref().and_then(|codec| codec.scheme().half());
                match (&layout, &codec) {
                    (Layout::Dense(dense), Some(codec)) => {
                        if let Some(half) = half {
                            return dense.push_half(half, &source);
                        }
                        let block = codec.scheme().per_word() as u64;
                        let shards = space.compressed(number, dense.elements as u64, block)?;
                        let mut residual = residual.lock();
                        residual.resize(dense.elements, 0.0);
                        let source = source.read::<f32>()?;
                        let parts = push_compressed(&shards, &**codec, &source, &mut residual)?;
                        Ok((ValueKind::compressed(wire_dtype(dense.dtype)), parts))
                    }
                    (Layout::Dense(dense), None) => {
                        Ok((dense.kind(), dense.push(&bytes_as(&source, &declared)?)?))
                    }
                    (Layout::Rows(placement), _) => Ok((
                        ValueKind::row_sparse(wire_dtype(declared.dtype)),
                        push_rows(placement, &in_type(&source, declared.dtype)?)?,
                    )),
                }
            };
            let (kind, parts) = match prepared() {
                Ok(prepared) => prepared,
                Err(error) => return completion.done(Err(error.context(subject))),
            };
            let transfer = Transfer { verb, kind, init: false, parts, subject, priority, sliced };
            transfer.send(&member, move |answers| {
                let dense = match &layout {
                    Layout::Dense(dense) if !targets.is_empty() => Some(dense.clone()),
                    _ => None,
                };
                let bytes = dense.as_ref().map_or(0, Dense::scattered);
                receive(&engine, completion, answers, bytes, move |answers| {
                    dense.map_or(Ok(()), |dense| dense.scatter(&answers, &targets))
                });
            });
        });
        Ok(())
    }
}

/// The bytes of the sum in the type of the key.
fn bytes_as(sum: &NdArray, declared: &Declared) -> Result<Bytes> {
    if sum.is_dense() && sum.dtype() == declared.dtype {
        return sum.share_bytes();
    }
    let converted = NdArray::new(declared.shape.clone(), declared.dtype, sum.device())?;
    cast_into(sum, &converted)?;
    converted.share_bytes()
}

/// The sum in the type of the key, stored as it is. A single value is passed on in its own type.
fn in_type(sum: &NdArray, dtype: DType) -> Result<NdArray> {
    if sum.dtype() == dtype {
        return Ok(sum.clone());
    }
    let converted = NdArray::empty(sum.storage(), sum.shape().clone(), dtype, sum.device())?;
    cast_into(sum, &converted)?;
    Ok(converted)
}
