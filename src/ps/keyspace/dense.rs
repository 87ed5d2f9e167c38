//! Placement of dense values.

use super::{KeySpace, Shard, check_key};
use crate::base::Result;

impl KeySpace {
    /// Where a dense value of `elements` elements goes: one shard, or one per server in rank order.
    pub fn dense(&self, key: u32, elements: u64) -> Result<Vec<Shard>> {
        check_key(key)?;
        if !self.splits(elements) {
            let server = self.home(key);
            return Ok(vec![Shard { server, key: self.key(server, key.into()), elements: 0..elements }]);
        }
        let shard = |server: crate::ps::id::Rank| Shard {
            server,
            key: self.key(server, key.into()),
            elements: self.cut(elements, server.get())..self.cut(elements, server.get() + 1),
        };
        Ok(self.ranks().map(shard).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sizes(servers: u32, threshold: u64, elements: u64) -> Vec<u64> {
        let shards = KeySpace::new(servers, threshold).unwrap().dense(3, elements).unwrap();
        shards.iter().map(|shard| shard.elements.end - shard.elements.start).collect()
    }

    #[test]
    fn parts_round_half_away_from_zero() {
        assert_eq!(sizes(2, 4, 5), [3, 2]);
        assert_eq!(sizes(3, 4, 10), [3, 4, 3]);
        assert_eq!(sizes(3, 1, 1), [0, 1, 0]);
        assert_eq!(sizes(3, 11, 10), [10]);
    }

    #[test]
    fn a_key_that_servers_cannot_hold_is_refused() {
        let error = KeySpace::new(1, 10).unwrap().dense(1 << 31, 1).unwrap_err();
        assert_eq!(error.to_string(), "key: expected less than 2147483648, got 2147483648");
    }

    proptest! {
        #[test]
        fn shards_tile_the_value(key in 0..1u32 << 31, elements in 0..1u64 << 40, servers in 1..100u32, threshold: u32) {
            let space = KeySpace::new(servers, threshold.into()).unwrap();
            let mut next = 0;
            for shard in space.dense(key, elements).unwrap() {
                prop_assert_eq!(shard.elements.start, next);
                prop_assert_eq!(space.owner(shard.key), Some(shard.server));
                prop_assert_eq!(space.range(shard.server).local(shard.key), Some(key.into()));
                next = shard.elements.end;
            }
            prop_assert_eq!(next, elements);
        }
    }
}
