//! The network between simulated processes: what is under way, and how long it takes.

use crate::base::priority_queue::PriorityQueue;
use crate::ps::id::Sender;
use crate::ps::transport::fault::{Faults, Random};
use crate::ps::wire::{Endpoint, Frames};
use std::cmp::Reverse;
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

/// Everything that is going to happen; what is due at the same time happens in the order of sending.
pub struct Agenda {
    entries: PriorityQueue<Reverse<Duration>, What>,
    pub now: Duration,
    pub faults: Faults,
    pub random: Random,
}

impl Agenda {
    pub fn new(random: Random) -> Self {
        Agenda { entries: PriorityQueue::default(), now: Duration::ZERO, faults: Faults::NONE, random }
    }

    pub fn at(&mut self, at: Duration, what: What) {
        self.entries.push(Reverse(at.max(self.now)), what);
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
        self.now = self.entries.first_priority()?.0;
        self.entries.pop()
    }
}
