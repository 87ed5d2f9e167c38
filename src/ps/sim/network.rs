//! The network between simulated processes: what is under way, and how long it takes.

use crate::ps::id::Sender;
use crate::ps::transport::fault::{Faults, Random};
use crate::ps::wire::{Endpoint, Frames};
use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::time::Duration;

/// Names a process; a restarted one is another process.
pub type Pid = usize;

#[derive(Debug)]
pub enum What {
    Deliver {
        to: Endpoint,
        from: Sender,
        frames: Frames,
    },
    Wake(Pid),
    /// Nothing in the cluster: the simulation looks at its plan.
    Plan,
}

struct Entry {
    at: Duration,
    /// Ties are broken in the order of sending.
    order: u64,
    what: What,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.order).cmp(&(self.at, self.order))
    }
}

/// Everything that is going to happen.
pub struct Agenda {
    entries: BinaryHeap<Entry>,
    order: u64,
    pub now: Duration,
    pub faults: Faults,
    pub random: Random,
}

impl Agenda {
    pub fn new(random: Random) -> Self {
        Agenda { entries: BinaryHeap::new(), order: 0, now: Duration::ZERO, faults: Faults::NONE, random }
    }

    pub fn at(&mut self, at: Duration, what: What) {
        self.order += 1;
        self.entries.push(Entry { at: at.max(self.now), order: self.order, what });
    }

    /// Sends a message through the faulty network. Even a good one takes a moment.
    pub fn send(&mut self, to: &Endpoint, from: Sender, frames: &Frames, certain: bool) {
        let loss = if certain { 0 } else { self.faults.loss };
        for delay in (Faults { loss, ..self.faults }).fate(&mut self.random) {
            let at = self.now + delay + Duration::from_micros(50);
            self.at(at, What::Deliver { to: to.clone(), from, frames: frames.clone() });
        }
    }

    pub fn pop(&mut self) -> Option<What> {
        let entry = self.entries.pop()?;
        self.now = entry.at;
        Some(entry.what)
    }
}
