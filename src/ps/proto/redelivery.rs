//! Acknowledging and resending every message, as MXNet's nodes do under `PS_RESEND=1`.
//!
//! Signatures on the wire are MXNet's and ambiguous; they only select which copies an acknowledgement settles.
//! Whether an arriving message was seen before is decided by its full identity elsewhere (`Post` for control
//! messages, `Service` and `Requests` for the others), in bounded memory.

use super::time::Time;
use crate::ps::id::NodeId;
use crate::ps::wire::{Frames, Signature};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// Resends before a peer is given up, as in MXNet.
const RESENDS: u32 = 9;

#[derive(Debug)]
struct Copy {
    frames: Frames,
    priority: i32,
    first: Time,
    last: Time,
    resends: u32,
}

impl Copy {
    /// Counted from the first sending, but never in quick succession after a pause.
    fn due(&self, timeout: Duration) -> Time {
        self.first.after(timeout * (1 + self.resends)).max(self.last.after(timeout))
    }
}

#[derive(Debug)]
pub struct Redelivery {
    timeout: Option<Duration>,
    /// Oldest first under each signature.
    copies: BTreeMap<(NodeId, Signature), VecDeque<Copy>>,
    /// Nothing is due earlier.
    next: Time,
}

/// What a look at the clock asks for.
#[derive(Debug, Default)]
pub struct Due {
    pub resend: Vec<(NodeId, Frames, i32)>,
    /// Peers that acknowledged nothing for all resends of a message.
    pub given_up: Vec<NodeId>,
}

impl Redelivery {
    /// `timeout` None: off.
    pub fn new(timeout: Option<Duration>) -> Self {
        Redelivery { timeout, copies: BTreeMap::new(), next: Time::NEVER }
    }

    pub fn is_on(&self) -> bool {
        self.timeout.is_some()
    }

    /// Keeps a message that was just sent until it is acknowledged.
    pub fn sent(&mut self, now: Time, to: NodeId, signature: Signature, frames: Frames, priority: i32) {
        let Some(timeout) = self.timeout else { return };
        let copy = Copy { frames, priority, first: now, last: now, resends: 0 };
        self.next = self.next.min(copy.due(timeout));
        self.copies.entry((to, signature)).or_default().push_back(copy);
    }

    /// An acknowledgement settles one copy: the oldest with this signature.
    pub fn acknowledged(&mut self, from: NodeId, signature: Signature) {
        if let Some(copies) = self.copies.get_mut(&(from, signature)) {
            copies.pop_front();
            if copies.is_empty() {
                self.copies.remove(&(from, signature));
            }
        }
    }

    /// Nothing more is sent to this node: it is gone, or another process took its place.
    pub fn forget(&mut self, id: NodeId) {
        self.copies.retain(|(to, _), _| *to != id);
    }

    pub fn tick(&mut self, now: Time) -> Due {
        let mut due = Due::default();
        let Some(timeout) = self.timeout.filter(|_| self.next <= now) else { return due };
        for ((to, _), copies) in &mut self.copies {
            for copy in copies.iter_mut().filter(|copy| copy.due(timeout) <= now) {
                if copy.resends == RESENDS {
                    due.given_up.push(*to);
                } else {
                    copy.resends += 1;
                    copy.last = now;
                    due.resend.push((*to, copy.frames.clone(), copy.priority));
                }
            }
        }
        due.given_up.dedup();
        for id in &due.given_up {
            self.forget(*id);
        }
        due.resend.retain(|(to, ..)| !due.given_up.contains(to));
        let all = self.copies.values().flatten();
        self.next = all.map(|copy| copy.due(timeout)).min().unwrap_or(Time::NEVER);
        due
    }

    pub fn wake_at(&self) -> Time {
        if self.copies.is_empty() { Time::NEVER } else { self.next }
    }

    pub fn open(&self) -> usize {
        self.copies.values().map(VecDeque::len).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ps::id::Rank;

    fn at(ms: u64) -> Time {
        Time(Duration::from_millis(ms))
    }

    fn server() -> NodeId {
        NodeId::server(Rank::new(0).unwrap())
    }

    #[test]
    fn a_message_is_resent_ever_more_rarely_and_then_given_up() {
        let mut redelivery = Redelivery::new(Some(Duration::from_millis(100)));
        redelivery.sent(at(0), server(), Signature(7), Frames::default(), 0);
        let mut resends = Vec::new();
        let mut given_up = None;
        for ms in 0..2000 {
            let due = redelivery.tick(at(ms));
            resends.extend(due.resend.iter().map(|_| ms));
            if !due.given_up.is_empty() {
                given_up = Some(ms);
                break;
            }
        }
        assert_eq!(resends, [100, 200, 300, 400, 500, 600, 700, 800, 900]);
        assert_eq!(given_up, Some(1000));
        assert_eq!((redelivery.open(), redelivery.wake_at()), (0, Time::NEVER));
    }

    #[test]
    fn an_acknowledgement_settles_one_copy_and_an_early_one_nothing() {
        let mut redelivery = Redelivery::new(Some(Duration::from_millis(100)));
        redelivery.acknowledged(server(), Signature(7));
        for _ in 0..2 {
            redelivery.sent(at(0), server(), Signature(7), Frames::default(), 0);
        }
        redelivery.acknowledged(server(), Signature(7));
        assert_eq!(redelivery.tick(at(150)).resend.len(), 1);
        redelivery.acknowledged(server(), Signature(7));
        assert_eq!(redelivery.tick(at(900)).resend.len(), 0);
    }
}
