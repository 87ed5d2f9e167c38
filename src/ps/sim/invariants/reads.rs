//! A pull sees every push that was acknowledged before the pull was asked for, and none that was never made.

use super::super::toy::Numbers;
use std::collections::BTreeMap;

/// One server's part of one key.
pub type Part = u64;

/// Each value counts, in one byte per worker, how often that worker pushed.
pub fn token(worker: usize) -> u64 {
    1 << (8 * worker)
}

pub fn count(number: u64, worker: usize) -> u64 {
    number >> (8 * worker) & 0xff
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pushes {
    /// The number of the last push that was asked for; asking again for the same one does not count.
    pub issued: u64,
    pub acknowledged: u64,
}

#[derive(Debug, Default)]
pub struct Reads {
    workers: usize,
    pushes: BTreeMap<(Part, usize), Pushes>,
    pub acknowledged: u64,
}

/// What was acknowledged when a pull was asked for, by worker.
pub type Snapshot = Vec<u64>;

impl Reads {
    pub fn new(workers: usize) -> Self {
        Reads { workers, ..Reads::default() }
    }

    pub fn pushes(&self, part: Part, worker: usize) -> Pushes {
        self.pushes.get(&(part, worker)).copied().unwrap_or_default()
    }

    pub fn issue(&mut self, part: Part, worker: usize, number: u64) {
        let pushes = self.pushes.entry((part, worker)).or_default();
        pushes.issued = pushes.issued.max(number);
    }

    pub fn acknowledge(&mut self, part: Part, worker: usize, number: u64) {
        let pushes = self.pushes.entry((part, worker)).or_default();
        pushes.acknowledged = pushes.acknowledged.max(number);
        self.acknowledged += 1;
    }

    pub fn snapshot(&self, part: Part) -> Snapshot {
        (0..self.workers).map(|worker| self.pushes(part, worker).acknowledged).collect()
    }

    pub fn check(&self, part: Part, before: &Snapshot, value: &Numbers) -> Result<(), String> {
        let Some(first) = value.first() else { return Ok(()) };
        if value.iter().any(|number| number != first) {
            return Err(format!("part {part}: elements differ, {value:x?}"));
        }
        for (worker, acknowledged) in before.iter().enumerate() {
            let (seen, issued) = (count(*first, worker), self.pushes(part, worker).issued);
            if seen < *acknowledged || seen > issued {
                return Err(format!(
                    "part {part}: a pull saw {seen} pushes of worker {worker}; {acknowledged} had been acknowledged and {issued} made"
                ));
            }
        }
        Ok(())
    }
}
