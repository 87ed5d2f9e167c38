//! The bytes of a stream, taken from front to back. Numbers have their highest byte first.

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
        self.array().map(u8::from_be_bytes)
    }

    pub(super) fn u16(&mut self) -> Result<u16> {
        self.array().map(u16::from_be_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32> {
        self.array().map(u32::from_be_bytes)
    }

    /// A text with a length of two bytes. Java writes UTF-8 with two exceptions, the character 0 and those beyond
    /// 16 bits; a name has neither.
    pub(super) fn text(&mut self) -> Result<&'a str> {
        let length = self.u16()?.into();
        let bytes = self.take(length)?;
        std::str::from_utf8(bytes).map_err(|error| err!(Protocol, "a text is not UTF-8: {error}"))
    }
}
