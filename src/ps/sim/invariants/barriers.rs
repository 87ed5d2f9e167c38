//! A barrier opens only when its whole group has arrived.

use std::collections::BTreeSet;

#[derive(Debug)]
pub struct Barriers {
    /// How many barriers each worker has arrived at.
    arrived: Vec<u64>,
    /// Workers that are not waited for: dead, or gone.
    excused: BTreeSet<usize>,
}

impl Barriers {
    pub fn new(workers: usize) -> Self {
        Barriers { arrived: vec![0; workers], excused: BTreeSet::new() }
    }

    /// Returns the barrier's number.
    pub fn arrive(&mut self, worker: usize) -> u64 {
        self.arrived[worker] += 1;
        self.arrived[worker]
    }

    pub fn excuse(&mut self, worker: usize) {
        self.excused.insert(worker);
    }

    pub fn opened(&self, worker: usize, number: u64) -> Result<(), String> {
        let late = |other: &usize| !self.excused.contains(other) && self.arrived[*other] < number;
        match (0..self.arrived.len()).find(late) {
            Some(other) => Err(format!("barrier {number} opened for worker {worker} without worker {other}")),
            None => Ok(()),
        }
    }
}
