//! Bytes from outside, taken from front to back. A number's name says its byte order: `le_`, lowest first, or `be_`.

use crate::base::Result;
use crate::err;

pub(super) struct Input<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Input<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Input { bytes, at: 0 }
    }

    /// How many bytes have been taken.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let left = self.bytes.get(self.at..).unwrap_or_default();
        let taken = left.get(..count).ok_or_else(|| {
            err!(Protocol, "{count} bytes expected, the data end after {} more", left.len())
        })?;
        self.at += count;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    pub(super) fn u8(&mut self) -> Result<u8> {
        self.array::<1>().map(u8::from_le_bytes)
    }

    pub(super) fn le_u16(&mut self) -> Result<u16> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn le_u32(&mut self) -> Result<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn be_u16(&mut self) -> Result<u16> {
        self.array().map(u16::from_be_bytes)
    }

    pub(super) fn be_u32(&mut self) -> Result<u32> {
        self.array().map(u32::from_be_bytes)
    }

    /// A length of eight bytes; one that the data cannot hold is an error of the `take` that follows.
    pub(super) fn le_length(&mut self) -> Result<usize> {
        let length = self.array().map(u64::from_le_bytes)?;
        usize::try_from(length).map_err(|_| err!(Protocol, "a length of {length} bytes"))
    }

    /// The bytes up to the end of the line, which is taken too.
    pub(super) fn line(&mut self) -> Result<&'a [u8]> {
        let left = self.bytes.get(self.at..).unwrap_or_default();
        let length = left.iter().position(|byte| *byte == b'\n');
        let line = self.take(length.ok_or_else(|| err!(Protocol, "the data end within a line"))?)?;
        self.at += 1;
        Ok(line)
    }

    pub(super) fn text_line(&mut self) -> Result<&'a str> {
        text(self.line()?)
    }
}

pub(super) fn text(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|error| err!(Protocol, "a text is not UTF-8: {error}"))
}
