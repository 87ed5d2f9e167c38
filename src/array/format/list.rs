//! Lists of arrays with names: files and buffers.

#![deny(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "the bytes come from outside"
)]

use super::encode::put;
use super::reader::Reader;
use super::{LIST_MAGIC, Shapes, decode, encode};
use crate::array::NdArray;
use crate::base::file::{cannot_open, replace};
use crate::base::{Result, reserve};
use crate::engine::{Engine, Operation};
use crate::{bail, ensure};
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::Path;

/// The smallest record: magic, storage type and the number of dimensions of an empty one.
const LEAST_RECORD: u64 = 12;
/// The smallest name: its length.
const LEAST_NAME: u64 = 8;

/// What a list file holds. Names are bytes: nothing says that they are UTF-8.
#[derive(Default)]
pub struct List {
    /// `None` for a record that stands for a handle without an array.
    pub arrays: Vec<Option<NdArray>>,
    /// As many as arrays, or none at all.
    pub names: Vec<Vec<u8>>,
}

/// Reads a list file.
pub fn load_file(path: &Path, shapes: Shapes) -> Result<List> {
    let file = File::open(path).map_err(|error| cannot_open(path, &error))?;
    let about = file.metadata().map_err(|error| cannot_open(path, &error))?;
    if about.is_dir() {
        bail!(Io, "Open \"{}\": Is a directory", path.display());
    }
    let read = if about.is_file() {
        list(&mut Reader::new(BufReader::with_capacity(1 << 16, file), about.len()), shapes)
    } else {
        // A pipe does not know its length.
        let mut bytes = Vec::new();
        BufReader::new(file).read_to_end(&mut bytes).map_err(|error| cannot_open(path, &error))?;
        load_buffer(&bytes, shapes)
    };
    read.map_err(|error| error.context(format!("loading \"{}\"", path.display())))
}

/// Reads a list from memory; bytes behind it are ignored.
pub fn load_buffer(bytes: &[u8], shapes: Shapes) -> Result<List> {
    list(&mut Reader::new(bytes, bytes.len() as u64), shapes)
}

/// Reads one record from memory; bytes behind it are ignored.
pub fn load_raw(bytes: &[u8], shapes: Shapes) -> Result<Option<NdArray>> {
    decode::record(&mut Reader::new(bytes, bytes.len() as u64), shapes)
}

fn list<R: Read>(reader: &mut Reader<R>, shapes: Shapes) -> Result<List> {
    let magic = reader.u64("header")?;
    ensure!(
        magic == LIST_MAGIC,
        Protocol,
        "Invalid NDArray file format: it starts with {magic:#x}, expected {LIST_MAGIC:#x}"
    );
    reader.u64("header")?;
    let count = reader.count("number of arrays", LEAST_RECORD)?;
    let mut arrays = Vec::new();
    for i in 0..count {
        arrays.push(decode::record(reader, shapes).map_err(|error| error.context(format!("array {i}")))?);
    }
    let count = reader.count("number of names", LEAST_NAME)?;
    ensure!(
        count == 0 || count == arrays.len(),
        Protocol,
        "Invalid NDArray file format: {count} names for {} arrays",
        arrays.len()
    );
    let mut names = Vec::new();
    for _ in 0..count {
        let length = reader.count("length of a name", 1)?;
        names.push(reader.bytes("name", length)?);
    }
    Ok(List { arrays, names })
}

/// Writes a list file; see [`replace`] for what happens if that fails half-way. Waits for unfinished work on the
/// arrays and reports its failure. `names` holds as many names as there are arrays, or none.
pub fn save_file(
    engine: &Engine,
    path: &Path,
    arrays: &[NdArray],
    names: &[&[u8]],
    shapes: Shapes,
) -> Result<()> {
    ensure!(
        names.is_empty() || names.len() == arrays.len(),
        InvalidArgument,
        "keys: expected {} names, got {}",
        arrays.len(),
        names.len()
    );
    replace(path, |file| {
        put(file, &LIST_MAGIC.to_le_bytes())?;
        put(file, &0u64.to_le_bytes())?;
        put(file, &(arrays.len() as u64).to_le_bytes())?;
        for (i, array) in arrays.iter().enumerate() {
            save_record(engine, array, shapes, file).map_err(|error| error.context(format!("args[{i}]")))?;
        }
        put(file, &(names.len() as u64).to_le_bytes())?;
        for name in names {
            put(file, &(name.len() as u64).to_le_bytes())?;
            put(file, name)?;
        }
        Ok(())
    })
    .map_err(|error| error.context(format!("saving \"{}\"", path.display())))
}

/// One record. Waits for unfinished work on the array and reports its failure.
pub fn save_raw(engine: &Engine, array: &NdArray, shapes: Shapes) -> Result<Vec<u8>> {
    reading(engine, array, || {
        let (mut size, mut bytes) = (Size(0), Vec::new());
        encode::record(array, shapes, &mut size)?;
        reserve(&mut bytes, size.0)?;
        encode::record(array, shapes, &mut bytes)?;
        Ok(bytes)
    })
}

fn save_record(engine: &Engine, array: &NdArray, shapes: Shapes, to: &mut (dyn Write + Send)) -> Result<()> {
    reading(engine, array, || encode::record(array, shapes, to))
}

/// Counts what is written.
struct Size(usize);

impl Write for Size {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn reading<R: Send>(engine: &Engine, array: &NdArray, work: impl FnOnce() -> Result<R> + Send) -> Result<R> {
    // On this thread and not shared out: the target is the bottleneck.
    let operation =
        Operation { name: Cow::Borrowed("Save"), reads: &[array.var()], writes: &[], priority: 0, bytes: 0 };
    engine.run_here(&operation, work)
}
