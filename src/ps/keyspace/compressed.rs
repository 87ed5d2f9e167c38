//! Placement of values whose gradients travel in packed blocks.

use super::{KeySpace, check_key};
use crate::base::Result;
use crate::ps::id::Rank;
use std::ops::Range;

/// One server's part of one value under compression: the value is cut at block boundaries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompressedShard {
    pub server: Rank,
    /// The key of the data; alone in pulls and initial pushes.
    pub key: u64,
    /// Stands before `key` in a push, without data: tells the server how many elements the part has.
    pub size_key: u64,
    /// Which elements of the value.
    pub elements: Range<u64>,
    /// Which blocks of the compressed value.
    pub blocks: Range<u64>,
}

impl KeySpace {
    /// Where a float32 value of `elements` elements goes while compression is on that packs `per_block` of them into
    /// four bytes: 16 with MXNet's two bits.
    ///
    /// In MXNet the last server's part comes out negative when there are fewer blocks than servers; here parts
    /// never run past the end of the value. Both agree wherever MXNet's works.
    pub fn compressed(&self, key: u32, elements: u64, per_block: u64) -> Result<Vec<CompressedShard>> {
        check_key(key)?;
        let per_block = per_block.max(1);
        let blocks = elements.div_ceil(per_block);
        let shard = |server: Rank, elements: Range<u64>, blocks: Range<u64>| CompressedShard {
            server,
            key: self.key(server, key.into()),
            size_key: self.key(server, elements.end - elements.start),
            elements,
            blocks,
        };
        if !self.splits(elements) {
            return Ok(vec![shard(self.home(key), 0..elements, 0..blocks)]);
        }
        let last = self.servers - 1;
        let element = |block: u64| (block * per_block).min(elements);
        let part = |server: Rank| {
            let from = self.cut(blocks, server.get());
            let to = if server.get() == last { blocks } else { self.cut(blocks, server.get() + 1) };
            shard(server, element(from)..element(to), from..to)
        };
        Ok(self.ranks().map(part).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_last_server_takes_the_rest() {
        let space = KeySpace::new(3, 8).unwrap();
        let shards = space.compressed(7, 50, 16).unwrap();
        let elements: Vec<_> = shards.iter().map(|shard| shard.elements.clone()).collect();
        let blocks: Vec<_> = shards.iter().map(|shard| shard.blocks.clone()).collect();
        assert_eq!(elements, [0..16, 16..48, 48..50]);
        assert_eq!(blocks, [0..1, 1..3, 3..4]);
        assert_eq!(shards[1].size_key - space.range(shards[1].server).begin, 32);
        assert_eq!(shards[1].key - space.range(shards[1].server).begin, 7);
    }

    proptest! {
        #[test]
        fn shards_tile_elements_and_blocks(
            elements in 0..1u64 << 34, servers in 1..64u32, threshold in 0..200u64, per_block in 1..64u64
        ) {
            let space = KeySpace::new(servers, threshold).unwrap();
            let (mut element, mut block) = (0, 0);
            for shard in space.compressed(5, elements, per_block).unwrap() {
                prop_assert_eq!((shard.elements.start, shard.blocks.start), (element, block));
                prop_assert_eq!(
                    (shard.elements.end - shard.elements.start).div_ceil(per_block),
                    shard.blocks.end - shard.blocks.start
                );
                (element, block) = (shard.elements.end, shard.blocks.end);
            }
            prop_assert_eq!((element, block), (elements, elements.div_ceil(per_block)));
        }
    }
}
