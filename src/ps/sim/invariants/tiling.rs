//! The shards of a key tile it exactly: every part is on the server that owns it, in full, and nothing else is
//! anywhere.

use super::super::toy::Numbers;
use crate::ps::id::Rank;
use crate::ps::keyspace::Shard;
use std::collections::BTreeMap;

pub fn check(
    stores: &BTreeMap<Rank, BTreeMap<u64, Numbers>>,
    keys: &[(u64, Vec<Shard>)],
) -> Result<(), String> {
    let mut expected = 0;
    for (elements, shards) in keys {
        let mut next = 0;
        for shard in shards {
            expected += 1;
            let part = stores.get(&shard.server).and_then(|store| store.get(&shard.key));
            let Some(part) = part else {
                return Err(format!("part {} is not on server {}", shard.key, shard.server));
            };
            if shard.elements.start != next || part.len() as u64 != shard.elements.end - next {
                return Err(format!(
                    "part {} has {} elements of {:?}",
                    shard.key,
                    part.len(),
                    shard.elements
                ));
            }
            next = shard.elements.end;
        }
        if next != *elements {
            return Err(format!("shards cover {next} of {elements} elements"));
        }
    }
    let have: usize = stores.values().map(BTreeMap::len).sum();
    if have == expected { Ok(()) } else { Err(format!("{have} parts stored, {expected} expected")) }
}
