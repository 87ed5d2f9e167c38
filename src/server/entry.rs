//! One key of a server.

use super::decode::Pushed;
use super::round::Rounds;
use crate::array::{DType, Device, NdArray, Part, RowSparse, Shape};
use crate::base::Result;
use crate::mem::copy;
use crate::ops::kernels::storage::cast_into;
use crate::ps::node::Ticket;
use crate::ps::wire::{Payload, Verb};

/// A push that waits for its round.
#[derive(Debug)]
pub(super) struct Waiting {
    pub ticket: Ticket,
    pub verb: Verb,
    /// The request, whose keys an answer with values repeats.
    pub payload: Payload,
    pub pushed: Pushed,
}

pub(super) struct Entry {
    /// Dense: one dimension, this server's elements. Row-sparse: (rows, width), every row present.
    pub value: NdArray,
    /// The float32 copy that multi-precision updates work on, for a value of another type.
    pub master: Option<NdArray>,
    pub rounds: Rounds<Waiting>,
}

impl Entry {
    /// A first value.
    pub(super) fn new(pushed: &Pushed) -> Result<Self> {
        let value = match pushed {
            Pushed::Dense { dtype, elements } => {
                let shape = Shape::new(&[(elements.len() / dtype.size()) as i64]);
                let array = NdArray::new(shape, *dtype, Device::cpu(0))?;
                // A copy: the frame's memory then serves the pushes to come, which are summed in the value's own.
                copy::copy(&mut array.write_bytes()?, elements);
                array
            }
            Pushed::Rows { dtype, rows, width, elements } => {
                crate::ensure!(
                    !rows.is_empty(),
                    Protocol,
                    "the first push of a row-sparse key holds no rows"
                );
                let complete = rows.iter().enumerate().all(|(index, row)| index as i64 == *row);
                crate::ensure!(
                    complete,
                    Protocol,
                    "the first push of a row-sparse key must hold every row, in order"
                );
                row_sparse(*dtype, rows, *width, rows.len(), elements)?
            }
            Pushed::Packed { .. } => {
                crate::bail!(Internal, "a packed first value must be unpacked before it is stored")
            }
        };
        Ok(Entry { value, master: None, rounds: Rounds::default() })
    }

    /// What updates work on.
    pub(super) fn target(&self) -> &NdArray {
        self.master.as_ref().unwrap_or(&self.value)
    }

    /// Makes the float32 master copy, unless the value is float32 itself. The caller holds the value.
    pub(super) fn make_master(&mut self) -> Result<()> {
        if self.master.is_none() && self.value.dtype() != DType::Float32 && self.value.dtype().is_float() {
            let master = NdArray::empty(
                self.value.storage(),
                self.value.shape().clone(),
                DType::Float32,
                self.value.device(),
            )?;
            cast_into(&self.value, &master)?;
            self.master = Some(master);
        }
        Ok(())
    }
}

/// A row_sparse array of `total` rows that holds `rows`.
fn row_sparse(dtype: DType, rows: &[i64], width: usize, total: usize, elements: &[u8]) -> Result<NdArray> {
    let mut values = Part::new(dtype, Shape::new(&[rows.len() as i64, width as i64]))?;
    crate::ensure!(
        values.bytes.len() == elements.len(),
        Protocol,
        "rows: {} bytes given, {} expected",
        elements.len(),
        values.bytes.len()
    );
    copy::copy(&mut values.bytes, elements);
    let parts = RowSparse { indices: Part::indices(rows)?, values };
    NdArray::from_row_sparse(parts, Shape::new(&[total as i64, width as i64]), Device::cpu(0))
}
