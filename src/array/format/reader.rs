//! Reading numbers and lengths from a source of known size.

#![deny(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "the bytes come from outside"
)]

use crate::array::{DType, Shape};
use crate::base::{Error, Result};
use crate::ensure;
use crate::mem::Block;
use smallvec::SmallVec;
use std::io::Read;

pub(super) struct Reader<R> {
    input: R,
    left: u64,
}

impl<R: Read> Reader<R> {
    /// `input` holds `left` bytes.
    pub(super) fn new(input: R, left: u64) -> Self {
        Reader { input, left }
    }

    pub(super) fn u32(&mut self, what: &str) -> Result<u32> {
        self.array(what).map(u32::from_le_bytes)
    }

    pub(super) fn i32(&mut self, what: &str) -> Result<i32> {
        self.array(what).map(i32::from_le_bytes)
    }

    pub(super) fn u64(&mut self, what: &str) -> Result<u64> {
        self.array(what).map(u64::from_le_bytes)
    }

    /// A count of things that take at least `least` bytes each: not more than what is left can hold.
    pub(super) fn count(&mut self, what: &str, least: u64) -> Result<usize> {
        let count = self.u64(what)?;
        ensure!(
            count.checked_mul(least).is_some_and(|bytes| bytes <= self.left),
            Protocol,
            "Invalid NDArray file format: {what} {count} needs more than the {} bytes that are left",
            self.left
        );
        usize::try_from(count).map_err(|_| too_short(what))
    }

    /// `rank` extents of 64 bits.
    pub(super) fn dims(&mut self, what: &str, rank: u64) -> Result<SmallVec<[i64; 4]>> {
        self.check_left(what, rank.checked_mul(8))?;
        (0..rank).map(|_| self.array(what).map(i64::from_le_bytes)).collect()
    }

    /// `rank` extents of 32 bits without sign, as the oldest layout has them.
    pub(super) fn dims32(&mut self, what: &str, rank: u64) -> Result<SmallVec<[i64; 4]>> {
        self.check_left(what, rank.checked_mul(4))?;
        (0..rank).map(|_| self.u32(what).map(i64::from)).collect()
    }

    /// The elements of a shape. The shape is checked first, so that its size is a real one.
    pub(super) fn elements(&mut self, what: &str, shape: &Shape, dtype: DType) -> Result<Block> {
        shape.check()?;
        let bytes = (shape.size() as u64).checked_mul(dtype.size() as u64);
        self.check_left(what, bytes)?;
        let mut block = Block::new(shape.size() * dtype.size())?;
        self.fill(what, &mut block)?;
        Ok(block)
    }

    pub(super) fn bytes(&mut self, what: &str, count: usize) -> Result<Vec<u8>> {
        self.check_left(what, Some(count as u64))?;
        let mut bytes = vec![0; count];
        self.fill(what, &mut bytes)?;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self, what: &str) -> Result<[u8; N]> {
        self.check_left(what, Some(N as u64))?;
        let mut bytes = [0; N];
        self.fill(what, &mut bytes)?;
        Ok(bytes)
    }

    fn check_left(&self, what: &str, wanted: Option<u64>) -> Result<()> {
        ensure!(
            wanted.is_some_and(|wanted| wanted <= self.left),
            Protocol,
            "Invalid NDArray file format: the data end within the {what} ({} bytes are left)",
            self.left
        );
        Ok(())
    }

    /// Reads into bytes whose number was checked.
    fn fill(&mut self, what: &str, bytes: &mut [u8]) -> Result<()> {
        self.input.read_exact(bytes).map_err(|error| match error.kind() {
            std::io::ErrorKind::UnexpectedEof => too_short(what),
            _ => Error::io(format!("reading the {what}"), &error),
        })?;
        self.left = self.left.saturating_sub(bytes.len() as u64);
        Ok(())
    }
}

fn too_short(what: &str) -> Error {
    crate::err!(Protocol, "Invalid NDArray file format: the data end within the {what}")
}
