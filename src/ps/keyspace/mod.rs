//! Which server holds which part of a key.
//!
//! Keys on the wire are 64 bits. The key space is cut into as many equal ranges as there are servers; a value's
//! part on server `r` has the key `start of r's range + the store's key`. Small values live on one server,
//! large ones are cut into one [`Shard`] per server. All workers of a cluster, MXNet's own included, have to
//! come to the same placement, so the rules (rounding and all) are MXNet's.

mod compressed;
mod dense;
mod row_sparse;
mod slices;

pub use compressed::CompressedShard;
pub use row_sparse::{RowKeys, RowPlacement, RowShard};
pub use slices::{DEFAULT_SLICE, Slicer};

use crate::base::Result;
use crate::ensure;
use crate::ps::id::Rank;
use std::ops::Range;

/// Values of fewer elements stay whole, unless `MXNET_KVSTORE_BIGARRAY_BOUND` says otherwise.
pub const DEFAULT_SPLIT_THRESHOLD: u64 = 1_000_000;

/// Keys of a store on the wire are 31 bits: servers keep keys in signed 32-bit integers.
pub const KEY_LIMIT: u32 = 1 << 31;

/// The keys one server owns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyRange {
    pub begin: u64,
    /// One past the last.
    pub end: u64,
}

impl KeyRange {
    pub fn contains(&self, key: u64) -> bool {
        (self.begin..self.end).contains(&key)
    }

    /// The wire key's number within the range.
    pub fn local(&self, key: u64) -> Option<u64> {
        self.contains(key).then(|| key - self.begin)
    }
}

/// One server's part of one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shard {
    pub server: Rank,
    pub key: u64,
    /// Which elements of the value. May be empty: with fewer elements than servers some get a key without data.
    pub elements: Range<u64>,
}

/// The cut of the key space and the size from which values are cut too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeySpace {
    servers: u32,
    split_threshold: u64,
}

impl KeySpace {
    /// `split_threshold`: elements from which a value is cut into one part per server.
    pub fn new(servers: u32, split_threshold: u64) -> Result<Self> {
        ensure!(servers > 0, InvalidArgument, "servers: expected at least 1, got 0");
        ensure!(
            servers <= Rank::LIMIT,
            InvalidArgument,
            "servers: expected at most {}, got {servers}",
            Rank::LIMIT
        );
        Ok(KeySpace { servers, split_threshold })
    }

    /// Values of this many elements or more are cut.
    pub fn split_threshold(&self) -> u64 {
        self.split_threshold
    }

    pub fn servers(&self) -> u32 {
        self.servers
    }

    pub fn range(&self, server: Rank) -> KeyRange {
        let (width, rank) = (u64::MAX / u64::from(self.servers), u64::from(server.get()));
        // A rank that does not exist gets an empty range at the end.
        let start = |rank: u64| width.saturating_mul(rank);
        KeyRange { begin: start(rank), end: start(rank + 1) }
    }

    /// The server that owns a wire key. The few keys left over at the end belong to nobody.
    pub fn owner(&self, key: u64) -> Option<Rank> {
        let width = u64::MAX / u64::from(self.servers);
        u32::try_from(key / width)
            .ok()
            .filter(|rank| *rank < self.servers)
            .and_then(|rank| Rank::new(rank).ok())
    }

    /// The server of a value that is not cut.
    ///
    /// MXNet multiplies in 32 signed bits. Where the product wraps to a negative number its workers abort;
    /// here the wrapped product is reduced to a valid rank, which gives MXNet's server for every key that
    /// MXNet can place.
    fn home(&self, key: u32) -> Rank {
        let product = (key as i32).wrapping_mul(9973);
        let rank = i64::from(product).rem_euclid(i64::from(self.servers));
        Rank::all(self.servers)
            .nth(rank as usize)
            .unwrap_or_else(|| unreachable!("a remainder is below its divisor"))
    }

    fn key(&self, server: Rank, offset: u64) -> u64 {
        self.range(server).begin + offset
    }

    fn splits(&self, elements: u64) -> bool {
        elements >= self.split_threshold
    }

    /// Where part `part` begins when `total` things are dealt out to all servers: MXNet's rounding, in doubles,
    /// half away from zero, multiplied after the division.
    fn cut(&self, total: u64, part: u32) -> u64 {
        (total as f64 / f64::from(self.servers) * f64::from(part)).round() as u64
    }

    fn ranks(&self) -> impl Iterator<Item = Rank> + use<> {
        Rank::all(self.servers)
    }
}

fn check_key(key: u32) -> Result<()> {
    ensure!(key < KEY_LIMIT, InvalidArgument, "key: expected less than {KEY_LIMIT}, got {key}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn rank(rank: u32) -> Rank {
        Rank::new(rank).unwrap()
    }

    #[test]
    fn ranges_have_the_published_widths() {
        let widths = [u64::MAX, 0x7fff_ffff_ffff_ffff, 0x5555_5555_5555_5555, 0x3fff_ffff_ffff_ffff];
        for (servers, width) in (1..).zip(widths) {
            let space = KeySpace::new(servers, 10).unwrap();
            for server in Rank::all(servers) {
                let range = space.range(server);
                assert_eq!(range.end - range.begin, width);
                assert_eq!(space.owner(range.begin), Some(server));
                assert_eq!(space.owner(range.end - 1), Some(server));
            }
            assert_eq!(space.owner(u64::MAX), None, "left over");
        }
        assert!(KeySpace::new(0, 1).is_err());
    }

    #[test]
    fn home_is_mxnets_wherever_mxnet_has_one() {
        for servers in 1..9u32 {
            let space = KeySpace::new(servers, 10).unwrap();
            let keys = (0..2000).chain(215_000..216_000).chain((0..1 << 31).step_by(0x7_1234));
            for key in keys {
                let product = (key as i32).wrapping_mul(9973);
                let theirs = product % servers as i32;
                let ours = space.home(key).get() as i32;
                assert!(theirs < 0 || theirs == ours, "key {key}, {servers} servers: {theirs}, {ours}");
                assert!((0..servers as i32).contains(&ours));
            }
        }
        assert_eq!(
            KeySpace::new(3, 10).unwrap().home(215_400),
            rank((-2_146_783_096i64).rem_euclid(3) as u32)
        );
    }
}
