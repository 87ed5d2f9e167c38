//! Placement in small slices dealt out in turn (priority propagation: urgent keys need not wait behind a large
//! value that is already under way).

use super::{KeySpace, Shard, check_key};
use crate::base::Result;
use crate::ensure;
use crate::ps::id::Rank;
use std::collections::HashSet;

/// Elements of a slice, unless `MXNET_KVSTORE_SLICE_THRESHOLD` says otherwise.
pub const DEFAULT_SLICE: u64 = 40_000;

/// Deals out slices. The count runs over all keys of a process, so all workers have to place the same keys in
/// the same order.
#[derive(Clone, Debug)]
pub struct Slicer {
    space: KeySpace,
    slice: u64,
    count: u64,
    taken: HashSet<u64>,
}

impl Slicer {
    /// `slice`: the most elements of one slice.
    pub fn new(space: KeySpace, slice: u64) -> Result<Self> {
        ensure!(slice > 0, InvalidArgument, "slice threshold: expected at least 1 element, got 0");
        Ok(Slicer { space, slice, count: 0, taken: HashSet::new() })
    }

    /// Where the value of a new key goes. Each shard is a request of its own.
    ///
    /// Slices of different keys may come to the same wire key (MXNet's rule makes key + count, so a smaller key
    /// placed later can meet a larger one). MXNet overwrites one value with the other; here that is an error.
    pub fn place(&mut self, key: u32, elements: u64) -> Result<Vec<Shard>> {
        check_key(key)?;
        let servers = u64::from(self.space.servers());
        let mut shards = Vec::new();
        let mut from = 0;
        let mut count = self.count;
        while from < elements {
            let to = elements.min(from + self.slice);
            let server = Rank::new((count % servers) as u32)?;
            let wire = self.space.key(server, u64::from(key) + count / servers);
            ensure!(
                !self.taken.contains(&wire),
                InvalidArgument,
                "key {key}: slice {} meets a slice of an earlier key on server {server}; initialise keys in ascending order",
                shards.len()
            );
            shards.push(Shard { server, key: wire, elements: from..to });
            count += 1;
            from = to;
        }
        self.count = count;
        self.taken.extend(shards.iter().map(|shard| shard.key));
        Ok(shards)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_go_around_the_servers() {
        let space = KeySpace::new(2, 1000).unwrap();
        let mut slicer = Slicer::new(space, 4).unwrap();
        let second = space.range(Rank::new(1).unwrap()).begin;
        let keys = |shards: Vec<Shard>| shards.iter().map(|shard| shard.key).collect::<Vec<_>>();
        let first = slicer.place(0, 10).unwrap();
        assert_eq!(first.iter().map(|shard| shard.elements.clone()).collect::<Vec<_>>(), [0..4, 4..8, 8..10]);
        assert_eq!(keys(first), [0, second, 1]);
        assert_eq!(keys(slicer.place(1, 3).unwrap()), [second + 2]);
    }

    #[test]
    fn a_collision_is_an_error_instead_of_a_lost_value() {
        let mut slicer = Slicer::new(KeySpace::new(1, 1000).unwrap(), 4).unwrap();
        slicer.place(5, 1).unwrap();
        assert!(slicer.place(4, 1).unwrap_err().to_string().contains("meets a slice of an earlier key"));
    }
}
