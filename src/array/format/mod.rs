//! MXNet's file format for arrays (`.params`): `MXNDArraySave`, `MXNDArrayLoad` and their relatives.
//!
//! A list file is a header, array records, and names; raw bytes are one record alone. All numbers are little-endian.
//! Four record layouts exist: V2 (numpy shapes off) and V3 (on) are written, V1 and V0 only read. What comes from
//! outside is never believed: each count is compared with the bytes that are left before anything is allocated.

mod decode;
mod encode;
mod list;
mod reader;
#[cfg(test)]
mod vectors;

pub use list::{List, load_buffer, load_file, load_raw, save_file, save_raw};

use super::np_shape;

const _: () = assert!(cfg!(target_endian = "little"), "elements are written as they lie in memory");

const LIST_MAGIC: u64 = 0x112;
const V1: u32 = 0xF993_FAC8;
const V2: u32 = 0xF993_FAC9;
const V3: u32 = 0xF993_FACA;

/// How shapes are read and which layouts are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shapes {
    /// MXNet's first convention: V3 is refused.
    Legacy,
    /// Numpy's convention in this thread: V3 alone.
    Numpy,
    /// Numpy's convention in the whole process: V3, and dense arrays of the older layouts.
    NumpyEverywhere,
}

impl Shapes {
    /// The calling thread's setting.
    pub fn current() -> Self {
        match np_shape::get() {
            np_shape::ON_IN_THREAD => Shapes::Numpy,
            np_shape::ON_IN_PROCESS => Shapes::NumpyEverywhere,
            _ => Shapes::Legacy,
        }
    }
}

/// Takes any bytes; ends with arrays that are safe to use, or with an error.
#[cfg(any(test, fuzzing))]
pub fn fuzz(bytes: &[u8]) {
    for shapes in [Shapes::Legacy, Shapes::Numpy, Shapes::NumpyEverywhere] {
        let list = load_buffer(bytes, shapes).map(|list| list.arrays).unwrap_or_default();
        let raw = load_raw(bytes, shapes).unwrap_or_default();
        for array in list.into_iter().chain([raw]).flatten() {
            // What loads can be checked, copied and saved again.
            let _ = array.check_format(true);
            let mut record = Vec::new();
            if encode::record(&array, shapes, &mut record).is_ok() {
                let again = load_raw(&record, shapes);
                assert!(again.is_ok_and(|again| again.is_some_and(|again| again.shape() == array.shape())));
            }
        }
    }
}
