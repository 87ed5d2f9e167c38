//! Placement of row-sparse values: a master key and one key per row.

use super::{KEY_LIMIT, KeySpace, check_key};
use crate::base::Result;
use crate::ensure;
use crate::ps::id::Rank;
use std::ops::Range;

/// One server's rows of one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowShard {
    pub server: Rank,
    /// Stands first, without data. A row with local number 0 has the same key.
    pub master_key: u64,
    pub rows: Range<u64>,
}

impl RowShard {
    /// The key of row `row` of the value, which must be one of this shard's.
    pub fn row_key(&self, row: u64) -> u64 {
        self.master_key + (row - self.rows.start)
    }
}

/// The shards of one row-sparse value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowPlacement {
    shards: Vec<RowShard>,
    rows: u64,
}

/// What one server gets to see of a list of rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowKeys {
    pub server: Rank,
    /// The master key, then one key per row.
    pub keys: Vec<u64>,
    /// Which entries of the given list went here.
    pub entries: Range<usize>,
}

impl KeySpace {
    /// Where a value of `rows` rows of `row_length` elements goes: one shard, or one per server.
    pub fn row_sparse(&self, key: u32, rows: u64, row_length: u64) -> Result<RowPlacement> {
        check_key(key)?;
        let shard = |server: Rank, rows| RowShard { server, master_key: self.key(server, key.into()), rows };
        let shards: Vec<RowShard> = if self.splits(rows.saturating_mul(row_length)) {
            let part =
                |server: Rank| shard(server, self.cut(rows, server.get())..self.cut(rows, server.get() + 1));
            self.ranks().map(part).collect()
        } else {
            vec![shard(self.home(key), 0..rows)]
        };
        for shard in &shards {
            let highest = u64::from(key) + (shard.rows.end - shard.rows.start).saturating_sub(1);
            ensure!(
                highest < u64::from(KEY_LIMIT),
                InvalidArgument,
                "key {key}: key plus row must stay below {KEY_LIMIT}, got {highest} on server {}",
                shard.server
            );
        }
        Ok(RowPlacement { shards, rows })
    }
}

impl RowPlacement {
    pub fn shards(&self) -> &[RowShard] {
        &self.shards
    }

    /// The keys of ascending, distinct rows, one entry per shard: every server of a cut value gets a message,
    /// if only with the master key, because servers count a push without rows too.
    pub fn keys(&self, rows: &[i64]) -> Result<Vec<RowKeys>> {
        let mut at = 0;
        let mut keys = Vec::with_capacity(self.shards.len());
        if let Some(pair) = rows.windows(2).find(|pair| pair[0] >= pair[1]) {
            crate::bail!(
                InvalidArgument,
                "row ids: expected ascending and distinct, got {} after {}",
                pair[1],
                pair[0]
            );
        }
        for shard in &self.shards {
            let from = at;
            let mut list = vec![shard.master_key];
            while let Some(row) =
                rows.get(at).and_then(|row| u64::try_from(*row).ok()).filter(|row| shard.rows.contains(row))
            {
                list.push(shard.row_key(row));
                at += 1;
            }
            keys.push(RowKeys { server: shard.server, keys: list, entries: from..at });
        }
        if let Some(row) = rows.get(at) {
            crate::bail!(
                InvalidArgument,
                "row ids: expected 0 to {}, got {row}",
                self.rows.saturating_sub(1)
            );
        }
        Ok(keys)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_small_value_has_all_rows_on_one_server() {
        let space = KeySpace::new(2, 100).unwrap();
        let placement = space.row_sparse(7, 4, 2).unwrap();
        let keys = placement.keys(&[0, 3]).unwrap();
        let begin = space.range(keys[0].server).begin;
        assert_eq!(keys.len(), 1);
        assert_eq!(keys[0].keys, [begin + 7, begin + 7, begin + 10]);
    }

    #[test]
    fn every_server_of_a_large_value_gets_a_message() {
        let space = KeySpace::new(2, 4).unwrap();
        let placement = space.row_sparse(7, 4, 2).unwrap();
        let keys = placement.keys(&[3]).unwrap();
        let second = space.range(Rank::new(1).unwrap()).begin;
        assert_eq!(keys[0].keys, [7]);
        assert_eq!((&keys[1].keys[..], keys[1].entries.clone()), (&[second + 7, second + 8][..], 0..1));
    }

    #[test]
    fn bad_rows_are_named() {
        let placement = KeySpace::new(2, 4).unwrap().row_sparse(7, 4, 2).unwrap();
        let text = |rows: &[i64]| placement.keys(rows).unwrap_err().to_string();
        assert_eq!(text(&[4]), "row ids: expected 0 to 3, got 4");
        assert_eq!(text(&[-1, 2]), "row ids: expected 0 to 3, got -1");
        assert_eq!(text(&[2, 2]), "row ids: expected ascending and distinct, got 2 after 2");
        assert!(KeySpace::new(1, 4).unwrap().row_sparse(7, 1 << 31, 2).is_err());
    }

    proptest! {
        #[test]
        fn shards_tile_the_rows(rows in 0..100_000u64, length in 1..50u64, servers in 1..20u32, threshold in 0..10_000u64) {
            let placement = KeySpace::new(servers, threshold).unwrap().row_sparse(11, rows, length).unwrap();
            let all: Vec<i64> = (0..rows as i64).step_by(3).collect();
            let keys = placement.keys(&all).unwrap();
            let mut next = 0;
            for (shard, keys) in placement.shards().iter().zip(&keys) {
                prop_assert_eq!(shard.rows.start, next);
                next = shard.rows.end;
                for (entry, key) in keys.entries.clone().zip(&keys.keys[1..]) {
                    prop_assert_eq!(shard.row_key(all[entry] as u64), *key);
                }
            }
            prop_assert_eq!(next, rows);
            prop_assert_eq!(keys.iter().map(|keys| keys.entries.len()).sum::<usize>(), all.len());
        }
    }
}
