//! From "dead" to "lost": how long a node may be gone before what waits for it fails.

use super::membership::Member;
use super::post::Post;
use super::time::Time;
use crate::base::Error;
use crate::err;
use crate::ps::id::NodeId;
use crate::ps::wire::NodeState;
use std::collections::BTreeSet;

/// What others have to act on.
#[derive(Clone, Debug)]
pub enum Loss {
    /// Nobody waits for this node any more.
    Lost(NodeId, Error),
    /// The node left in good order.
    Left(NodeId),
    /// A lost node is there again: the same process, or another one with its id.
    Regained(NodeId),
}

#[derive(Debug)]
pub struct Losses {
    lost: BTreeSet<NodeId>,
    left: BTreeSet<NodeId>,
    due: Time,
}

impl Default for Losses {
    fn default() -> Self {
        Losses { lost: BTreeSet::new(), left: BTreeSet::new(), due: Time::NEVER }
    }
}

impl Losses {
    /// Looks at all members; worth it after any change of their states and at [`Losses::wake_at`].
    pub fn look(&mut self, now: Time, post: &Post) -> Vec<Loss> {
        let grace = post.settings.timing.rejoin;
        let mut losses = Vec::new();
        self.due = Time::NEVER;
        for member in post.members.iter().filter(|member| Some(member.id) != post.id()) {
            if member.state == NodeState::Left {
                if self.left.insert(member.id) {
                    losses.push(Loss::Left(member.id));
                }
            } else if member.is_lost(grace, now) {
                if self.lost.insert(member.id) {
                    losses.push(Loss::Lost(member.id, why(now, member)));
                }
            } else {
                self.due = self.due.min(member.lost_at(grace));
                let back = member.state == NodeState::Alive;
                if back && (self.lost.remove(&member.id) | self.left.remove(&member.id)) {
                    losses.push(Loss::Regained(member.id));
                }
            }
        }
        losses
    }

    /// Another process took the id over, which is told to everybody by other means.
    pub fn forget(&mut self, id: NodeId) {
        self.lost.remove(&id);
        self.left.remove(&id);
    }

    pub fn wake_at(&self) -> Time {
        self.due
    }
}

fn why(now: Time, member: &Member) -> Error {
    let (silence, at) = member.silence;
    let seconds = (silence + now.since(at)).as_secs_f64();
    err!(PeerLost, "{member} is dead: not heard of for {seconds:.1} s")
}
