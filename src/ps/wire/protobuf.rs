//! The few protobuf primitives the meta frame needs. Reading is strict about lengths and lenient about
//! everything a newer peer might add.

#![cfg_attr(
    not(test),
    deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used, clippy::panic)
)]

use crate::base::Result;
use crate::{bail, err};

/// One field as it stands on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value<'a> {
    Varint(u64),
    Bytes(&'a [u8]),
    /// Fixed-width numbers: no known field uses them.
    Skipped,
}

impl<'a> Value<'a> {
    /// An int32: the low half of the varint, so both the 10-byte and the 5-byte form of a negative number work.
    pub(super) fn int32(self) -> Option<i32> {
        self.uint64().map(|value| value as u32 as i32)
    }

    pub(super) fn uint64(self) -> Option<u64> {
        match self {
            Value::Varint(value) => Some(value),
            _ => None,
        }
    }

    pub(super) fn boolean(self) -> Option<bool> {
        self.uint64().map(|value| value != 0)
    }

    pub(super) fn bytes(self) -> Option<&'a [u8]> {
        match self {
            Value::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }
}

/// Walks over the fields of one protobuf message.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Reader { rest: bytes }
    }

    /// The next field's number and value, or `None` at the end.
    pub(super) fn field(&mut self) -> Result<Option<(u64, Value<'a>)>> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let tag = self.varint()?;
        let number = tag >> 3;
        if number == 0 {
            bail!(Protocol, "meta: field number 0");
        }
        let value = match tag & 7 {
            0 => Value::Varint(self.varint()?),
            1 => self.take(8).map(|_| Value::Skipped)?,
            2 => {
                let length = self.varint()?;
                Value::Bytes(self.take(length)?)
            }
            5 => self.take(4).map(|_| Value::Skipped)?,
            other => bail!(Protocol, "meta: field {number} has wire type {other}, which nothing here uses"),
        };
        Ok(Some((number, value)))
    }

    pub(super) fn varint(&mut self) -> Result<u64> {
        let mut value = 0u64;
        for shift in (0..70).step_by(7) {
            let (&byte, rest) =
                self.rest.split_first().ok_or_else(|| err!(Protocol, "meta: ends inside a number"))?;
            self.rest = rest;
            // The tenth byte has room for one bit only; like every protobuf reader, drop the others.
            value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        bail!(Protocol, "meta: a number longer than 10 bytes")
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    fn take(&mut self, length: u64) -> Result<&'a [u8]> {
        let have = self.rest.len();
        let (taken, rest) = usize::try_from(length)
            .ok()
            .and_then(|length| self.rest.split_at_checked(length))
            .ok_or_else(|| err!(Protocol, "meta: a field of {length} bytes where {have} are left"))?;
        self.rest = rest;
        Ok(taken)
    }
}

/// Appends fields to `out`.
#[derive(Default)]
pub(super) struct Writer {
    out: Vec<u8>,
}

impl Writer {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Writer { out: Vec::with_capacity(bytes) }
    }

    pub(super) fn int32(&mut self, number: u64, value: i32) {
        // Sign extension to 64 bits: negative numbers take 10 bytes.
        self.uint64(number, i64::from(value) as u64);
    }

    pub(super) fn uint64(&mut self, number: u64, value: u64) {
        self.varint(number << 3);
        self.varint(value);
    }

    pub(super) fn boolean(&mut self, number: u64, value: bool) {
        self.uint64(number, u64::from(value));
    }

    pub(super) fn bytes(&mut self, number: u64, value: &[u8]) {
        self.varint(number << 3 | 2);
        self.varint(value.len() as u64);
        self.out.extend_from_slice(value);
    }

    pub(super) fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.out.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.out.push(value as u8);
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_come_back(value: u64, signed: i32) {
            let mut writer = Writer::default();
            writer.uint64(3, value);
            writer.int32(70_000, signed);
            let bytes = writer.finish();
            let mut reader = Reader::new(&bytes);
            prop_assert_eq!(reader.field().unwrap(), Some((3, Value::Varint(value))));
            let (number, read) = reader.field().unwrap().unwrap();
            prop_assert_eq!((number, read.int32()), (70_000, Some(signed)));
            prop_assert_eq!(reader.field().unwrap(), None);
        }

        #[test]
        fn any_bytes_end_in_fields_or_an_error(bytes: Vec<u8>) {
            let mut reader = Reader::new(&bytes);
            while let Ok(Some(_)) = reader.field() {}
        }
    }

    #[test]
    fn overlong_and_cut_numbers_are_errors() {
        assert!(Reader::new(&[0xff; 10]).varint().is_err());
        assert_eq!(
            Reader::new(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]).varint().unwrap(),
            u64::MAX
        );
        assert!(Reader::new(&[0x80]).varint().is_err());
        let error = Reader::new(&[0x12, 5, 1]).field().unwrap_err().to_string();
        assert_eq!(error, "meta: a field of 5 bytes where 1 are left");
    }
}
