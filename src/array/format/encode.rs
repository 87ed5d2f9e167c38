//! From an array to a record.

use super::{Shapes, V2, V3};
use crate::array::{NdArray, Part, Shape, Storage};
use crate::base::{Error, Result};
use crate::ensure;
use std::io::Write;

/// Writes the record of an array whose variable is held.
pub(super) fn record(array: &NdArray, shapes: Shapes, to: &mut (dyn Write + Send)) -> Result<()> {
    let numpy = shapes != Shapes::Legacy;
    ensure!(
        numpy || array.shape().rank() > 0,
        Unsupported,
        "a scalar array (of no dimensions) cannot be saved while numpy shapes are off: the format has no place for it"
    );
    ensure!(
        !numpy || array.is_dense(),
        Unsupported,
        "a {} array cannot be saved with numpy shapes",
        array.storage().name()
    );
    let mut header = Header(Vec::with_capacity(128));
    header.u32(if numpy { V3 } else { V2 });
    header.i32(array.storage() as i32);
    match array.storage() {
        Storage::Dense => {
            header.shape(array.shape())?;
            header.device_and_dtype(array);
            put(to, &header.0)?;
            put(to, &array.read_bytes()?)
        }
        Storage::RowSparse => {
            let parts = array.read_row_sparse()?;
            sparse(array, header, &parts.values, &[&parts.indices], to)
        }
        Storage::Csr => {
            let parts = array.read_csr()?;
            sparse(array, header, &parts.values, &[&parts.indptr, &parts.indices], to)
        }
    }
}

fn sparse(
    array: &NdArray,
    mut header: Header,
    values: &Part,
    indices: &[&Part],
    to: &mut (dyn Write + Send),
) -> Result<()> {
    header.shape(&values.shape)?;
    header.shape(array.shape())?;
    header.device_and_dtype(array);
    for part in indices {
        header.i32(part.dtype.code());
        header.shape(&part.shape)?;
    }
    put(to, &header.0)?;
    put(to, &values.bytes)?;
    indices.iter().try_for_each(|part| put(to, &part.bytes))
}

struct Header(Vec<u8>);

impl Header {
    fn u32(&mut self, value: u32) {
        self.0.extend(value.to_le_bytes());
    }

    fn i32(&mut self, value: i32) {
        self.0.extend(value.to_le_bytes());
    }

    fn shape(&mut self, shape: &Shape) -> Result<()> {
        let rank = i32::try_from(shape.rank())
            .map_err(|_| crate::err!(Shape, "an array of {} dimensions cannot be saved", shape.rank()))?;
        self.i32(rank);
        shape.dims().iter().for_each(|dim| self.0.extend(dim.to_le_bytes()));
        Ok(())
    }

    fn device_and_dtype(&mut self, array: &NdArray) {
        self.i32(array.device().kind as i32);
        self.i32(array.device().id);
        self.i32(array.dtype().code());
    }
}

pub(super) fn put(to: &mut (dyn Write + Send), bytes: &[u8]) -> Result<()> {
    to.write_all(bytes).map_err(|error| Error::io("writing an array", &error))
}
