//! Saved optimizers of all servers of a cluster in one piece.
//!
//! ```text
//! "mxkv-srv"  version u32  split threshold u64  servers u32  { length u64  saved optimizer }…  crc32 u32
//! ```
//!
//! All numbers are little-endian; the parts are in the order of the servers' ranks, and the checksum is over
//! everything before it. The threshold is the number of elements from which on a value is cut into parts: with
//! another one, or another number of servers, values lie elsewhere, and the states do not fit.

#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "the bytes come from outside"
    )
)]

use crate::base::Result;
use crate::{bail, ensure, err};

const MAGIC: &[u8; 8] = b"mxkv-srv";
const VERSION: u32 = 1;

/// What the servers of a cluster hold.
#[derive(Debug, PartialEq)]
pub struct Gathered<B> {
    pub split_threshold: u64,
    /// By rank.
    pub parts: Vec<B>,
}

/// Whether bytes start as those of a cluster do.
pub fn is_gathered(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

impl<B: AsRef<[u8]>> Gathered<B> {
    pub fn encode(&self) -> Vec<u8> {
        let total: usize = self.parts.iter().map(|part| part.as_ref().len() + 8).sum();
        let mut bytes = Vec::with_capacity(total + 64);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&self.split_threshold.to_le_bytes());
        bytes.extend_from_slice(&(self.parts.len() as u32).to_le_bytes());
        for part in &self.parts {
            bytes.extend_from_slice(&(part.as_ref().len() as u64).to_le_bytes());
            bytes.extend_from_slice(part.as_ref());
        }
        let checksum = crc32fast::hash(&bytes);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        bytes
    }
}

impl<'a> Gathered<&'a [u8]> {
    pub fn decode(bytes: &'a [u8]) -> Result<Self> {
        read(bytes).map_err(|error| error.context("optimizer states"))
    }
}

fn read(bytes: &[u8]) -> Result<Gathered<&[u8]>> {
    let too_early = || err!(Protocol, "the file ends too early");
    let Some(rest) = bytes.strip_prefix(MAGIC) else {
        bail!(Protocol, "these are no optimizer states of the servers of a cluster");
    };
    let (version, rest) = rest.split_first_chunk().ok_or_else(too_early)?;
    let version = u32::from_le_bytes(*version);
    ensure!(version == VERSION, Protocol, "version {version}, this library reads version {VERSION}");
    let (body, checksum) = bytes.split_last_chunk().ok_or_else(too_early)?;
    ensure!(
        crc32fast::hash(body) == u32::from_le_bytes(*checksum),
        Protocol,
        "the checksum is wrong: the file was cut off or changed"
    );
    let (rest, _) = rest.split_last_chunk::<4>().ok_or_else(too_early)?;
    let (threshold, rest) = rest.split_first_chunk().ok_or_else(too_early)?;
    let (count, mut rest) = rest.split_first_chunk().ok_or_else(too_early)?;
    let mut parts = Vec::new();
    for _ in 0..u32::from_le_bytes(*count) {
        let (length, after) = rest.split_first_chunk().ok_or_else(too_early)?;
        let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| too_early())?;
        let (part, after) = after.split_at_checked(length).ok_or_else(too_early)?;
        parts.push(part);
        rest = after;
    }
    ensure!(rest.is_empty(), Protocol, "{} bytes belong to no server", rest.len());
    Ok(Gathered { split_threshold: u64::from_le_bytes(*threshold), parts })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_survive_and_damage_is_noticed() {
        let gathered = Gathered { split_threshold: 1_000_000, parts: vec![&b"abc"[..], b"", b"defg"] };
        let bytes = gathered.encode();
        assert!(is_gathered(&bytes));
        assert_eq!(Gathered::decode(&bytes).unwrap(), gathered);
        for end in 0..bytes.len() {
            assert!(Gathered::decode(&bytes[..end]).is_err(), "cut off at {end}");
        }
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 0x10;
            assert!(Gathered::decode(&changed).is_err(), "changed at {at}");
        }
    }
}
