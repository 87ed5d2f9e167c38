//! Pulls: asking the servers, and their answers into the outs.

use super::layout::{Dense, Layout, Parts, join_rows, pull_rows, wire_dtype, wire_key};
use super::transfer::{Transfer, receive};
use super::{DistStore, Entry, State};
use crate::array::{DType, NdArray, Part, RowSparse};
use crate::base::Result;
use crate::engine::{Operation, Var};
use crate::kvstore::keys::Group;
use crate::kvstore::reduce::Declared;
use crate::kvstore::row_sparse::row_numbers;
use crate::ops::kernels::storage::cast_into;
use crate::ps::keyspace::RowPlacement;
use crate::ps::wire::{ValueKind, Verb};
use std::borrow::Cow;

impl DistStore {
    /// Asks for the value of a key and writes it to `outs`.
    pub(super) fn pull_group(
        &self,
        state: &State,
        group: &Group,
        outs: Vec<NdArray>,
        priority: i32,
    ) -> Result<()> {
        let entry = &state.entries[group.slot];
        let key = state.keys.key(group.slot).clone();
        // Halves lie where whole elements do, and answers are not compressed.
        let packing = state.codec.as_ref().filter(|codec| codec.scheme().half().is_none());
        let packing = packing.filter(|_| entry.declared.dtype == DType::Float32);
        let dense = match (&entry.layout, packing) {
            (Layout::Dense(dense), Some(codec)) => {
                let block = codec.scheme().per_word() as u64;
                let shards = self.space.compressed(wire_key(&key)?, dense.elements as u64, block)?;
                Dense::compressed(dense.elements, &shards)
            }
            (Layout::Dense(dense), None) => dense.clone(),
            (Layout::Rows(placement), _) => {
                let rows: Vec<i64> = (0..entry.declared.shape.rows() as i64).collect();
                return self.pull_rows_of(
                    entry,
                    &key.to_string(),
                    placement.clone(),
                    Rows::All(rows),
                    outs,
                    priority,
                );
            }
        };
        let kind = match packing {
            Some(_) => ValueKind::compressed(wire_dtype(dense.dtype)),
            None => dense.kind(),
        };
        let transfer = Transfer {
            verb: Verb::Pull,
            kind,
            init: false,
            parts: dense.pull()?,
            subject: format!("pull of key {key}"),
            priority,
            sliced: state.slicer.is_some(),
        };
        let mut writes: Vec<&Var> = outs.iter().map(NdArray::var).collect();
        writes.push(&entry.line);
        // Asking is quick; what the answer needs is decided when it is here.
        let operation = Operation {
            name: Cow::Borrowed("kvstore_dist_pull"),
            reads: &[],
            writes: &writes,
            priority,
            bytes: 0,
        };
        let (member, engine, targets) = (self.member.clone(), self.engine.clone(), outs.clone());
        self.engine.start(operation, move |completion| {
            transfer.send(&member, move |answers| {
                receive(&engine, completion, answers, dense.scattered(), move |answers| {
                    dense.scatter(&answers, &targets)
                });
            });
        });
        Ok(())
    }

    /// Asks for rows of a row_sparse key and makes them the content of the outs.
    pub(super) fn pull_rows_of(
        &self,
        entry: &Entry,
        key: &str,
        placement: RowPlacement,
        rows: Rows,
        outs: Vec<NdArray>,
        priority: i32,
    ) -> Result<()> {
        let declared = entry.declared.clone();
        let subject = format!("row_sparse pull of key {key}");
        let row_ids = match &rows {
            Rows::All(_) => None,
            Rows::Of(ids) => Some(ids.clone()),
        };
        let reads: Vec<&Var> = row_ids.iter().map(NdArray::var).collect();
        let mut writes: Vec<&Var> = outs.iter().map(NdArray::var).collect();
        writes.push(&entry.line);
        let operation = Operation {
            name: Cow::Borrowed("kvstore_dist_pull"),
            reads: &reads,
            writes: &writes,
            priority,
            bytes: 0,
        };
        let (member, engine, targets) = (self.member.clone(), self.engine.clone(), outs.clone());
        self.engine.start(operation, move |completion| {
            let prepared = || -> Result<(Vec<i64>, Parts)> {
                let rows = rows.numbers()?;
                let parts = pull_rows(&placement, &rows)?;
                Ok((rows, parts))
            };
            let (rows, parts) = match prepared() {
                Ok(prepared) => prepared,
                Err(error) => return completion.done(Err(error.context(subject))),
            };
            let kind = ValueKind::row_sparse(wire_dtype(declared.dtype));
            let transfer =
                Transfer { verb: Verb::Pull, kind, init: false, parts, subject, priority, sliced: false };
            let bytes = rows.len() * declared.shape.row_size() * declared.dtype.size();
            transfer.send(&member, move |answers| {
                receive(&engine, completion, answers, bytes, move |answers| {
                    let values = join_rows(answers, bytes)?;
                    targets.iter().try_for_each(|target| fill_rows(&declared, &rows, &values, target))
                });
            });
        });
        Ok(())
    }
}

/// Which rows a pull asks for.
pub(super) enum Rows {
    All(Vec<i64>),
    /// The numbers in this array, in any order and repeated.
    Of(NdArray),
}

impl Rows {
    fn numbers(self) -> Result<Vec<i64>> {
        match self {
            Rows::All(rows) => Ok(rows),
            Rows::Of(ids) => row_numbers(&ids),
        }
    }
}

fn fill_rows(declared: &Declared, rows: &[i64], values: &[u8], target: &NdArray) -> Result<()> {
    let shape = declared.shape.with_rows(rows.len());
    let mut part = Part::new(declared.dtype, shape)?;
    part.bytes.copy_from_slice(values);
    let parts = RowSparse { indices: Part::indices(rows)?, values: part };
    let rows = NdArray::from_row_sparse(parts, declared.shape.clone(), target.device())?;
    cast_into(&rows, target)
}
