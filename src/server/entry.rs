//! One key of a server.

use super::decode::Pushed;
use super::round::Rounds;
use crate::array::{DType, Device, NdArray, Part, RowSparse, Shape};
use crate::base::Result;
use crate::base::sync::{Arc, Mutex};
use crate::engine::for_each_chunk;
use crate::mem::Block;
use crate::ops::kernels::storage::cast_into;
use crate::ps::node::Ticket;
use crate::ps::wire::{Payload, Verb};
use bytes::Bytes;

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
    pub snapshot: Arc<Snapshot>,
}

impl Entry {
    /// A first value.
    pub(super) fn new(pushed: &Pushed) -> Result<Self> {
        let value = match pushed {
            Pushed::Dense { dtype, elements } => {
                let shape = Shape::new(&[(elements.len() / dtype.size()) as i64]);
                let array = NdArray::new(shape, *dtype, Device::cpu(0))?;
                copy_bytes(&mut array.write_bytes()?, elements);
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
        Ok(Entry { value, master: None, rounds: Rounds::default(), snapshot: Arc::default() })
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
pub(super) fn row_sparse(
    dtype: DType,
    rows: &[i64],
    width: usize,
    total: usize,
    elements: &[u8],
) -> Result<NdArray> {
    let mut values = Part::new(dtype, Shape::new(&[rows.len() as i64, width as i64]))?;
    crate::ensure!(
        values.bytes.len() == elements.len(),
        Protocol,
        "rows: {} bytes given, {} expected",
        elements.len(),
        values.bytes.len()
    );
    copy_bytes(&mut values.bytes, elements);
    let parts = RowSparse { indices: Part::indices(rows)?, values };
    NdArray::from_row_sparse(parts, Shape::new(&[total as i64, width as i64]), Device::cpu(0))
}

pub(super) fn copy_bytes(to: &mut [u8], from: &[u8]) {
    for_each_chunk(to, |first, chunk| chunk.copy_from_slice(&from[first..first + chunk.len()]));
}

/// The bytes of a value as pulls send them: copied once per version of the value and shared by all pulls of it.
/// Dropped when every worker has had it, so that it takes memory only while it is of use.
#[derive(Default)]
pub(super) struct Snapshot(Mutex<State>);

#[derive(Default)]
enum State {
    #[default]
    None,
    /// Somebody copies; these want the copy too.
    Copying(Vec<Reader>),
    Taken(Bytes, usize),
}

type Reader = Box<dyn FnOnce(Result<Bytes>) + Send>;

impl Snapshot {
    /// Called by an update, which holds the value for writing.
    pub(super) fn invalidate(&self) {
        *self.0.lock() = State::None;
    }

    /// Called by an update that has made the copy on the way.
    pub(super) fn offer(&self, bytes: Bytes) {
        *self.0.lock() = State::Taken(bytes, 0);
    }

    /// Gives the bytes of `value` to `reader`, one of `readers`. The caller holds the value for reading.
    ///
    /// Nobody waits for a copy that is being made, and no lock is held meanwhile: the thread that copies may be
    /// lent to other work in between, such as another pull of this value.
    pub(super) fn take(&self, value: &NdArray, readers: usize, reader: Reader) {
        let mut state = self.0.lock();
        match &mut *state {
            State::Copying(others) => return others.push(reader),
            State::Taken(bytes, taken) => {
                let bytes = bytes.clone();
                *taken += 1;
                if *taken >= readers {
                    *state = State::None;
                }
                drop(state);
                return reader(Ok(bytes));
            }
            State::None => *state = State::Copying(Vec::new()),
        }
        drop(state);
        let copy = copy_of(value);
        let mut state = self.0.lock();
        let waiting = match std::mem::take(&mut *state) {
            State::Copying(others) => others,
            _ => Vec::new(),
        };
        if let Ok(bytes) = &copy
            && waiting.len() + 1 < readers
        {
            *state = State::Taken(bytes.clone(), waiting.len() + 1);
        }
        drop(state);
        for other in waiting {
            other(copy.clone());
        }
        reader(copy);
    }
}

fn copy_of(value: &NdArray) -> Result<Bytes> {
    let source = value.read_bytes()?;
    let mut block = Block::new(source.len())?;
    copy_bytes(&mut block, &source);
    Ok(block.into())
}
