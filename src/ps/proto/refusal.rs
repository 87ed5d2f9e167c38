//! Messages that are not for this node to act on: why, and how many.

use std::fmt;

/// Why a message was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Refusal {
    /// It does not follow the format.
    Malformed,
    /// Its sender is no member of the cluster.
    Stranger,
    /// Its sender was replaced by another process.
    Stale,
    /// Its sender is a successor the scheduler has not announced yet.
    Early,
    /// A node of the sender's role may not send this, or not to a node of ours.
    NotAllowed,
    /// An answer to nothing that was asked, or a second one.
    Unexpected,
    /// TERMINATE: would end a node of MXNet's, whoever sends it.
    Terminate,
}

impl Refusal {
    pub const ALL: [Refusal; 7] = [
        Refusal::Malformed,
        Refusal::Stranger,
        Refusal::Stale,
        Refusal::Early,
        Refusal::NotAllowed,
        Refusal::Unexpected,
        Refusal::Terminate,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Refusal::Malformed => "malformed",
            Refusal::Stranger => "stranger",
            Refusal::Stale => "stale",
            Refusal::Early => "early",
            Refusal::NotAllowed => "not_allowed",
            Refusal::Unexpected => "unexpected",
            Refusal::Terminate => "terminate",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a node has seen since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    pub sent: u64,
    pub received: u64,
    pub bytes_sent: u64,
    pub bytes_received: u64,
    refused: [u64; Refusal::ALL.len()],
    /// Messages that had arrived before and were not acted on again.
    pub duplicates: u64,
    /// Messages sent again because nothing was heard of them.
    pub resent: u64,
}

impl Counters {
    pub fn refuse(&mut self, why: Refusal) {
        if let Some(count) = self.refused.get_mut(why as usize) {
            *count += 1;
        }
    }

    pub fn refused(&self, why: Refusal) -> u64 {
        self.refused.get(why as usize).copied().unwrap_or(0)
    }

    pub fn refused_in_all(&self) -> u64 {
        self.refused.iter().sum()
    }
}
