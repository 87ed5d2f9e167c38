//! Who is in the cluster, as told by the scheduler.

use super::time::Time;
use crate::ps::id::{Audience, Channel, Generation, NodeId, Role};
use crate::ps::node::Participant;
use crate::ps::wire::{Capabilities, Endpoint, NodeEntry, NodeState};
use smallvec::{SmallVec, smallvec};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// One node.
#[derive(Clone, Debug)]
pub struct Member {
    pub id: NodeId,
    pub endpoint: Endpoint,
    /// Nothing for MXNet's nodes, and for nodes that have not introduced themselves under MXNet's scheduler.
    pub capabilities: Capabilities,
    /// The generation its identity shows; always 0 for MXNet's nodes.
    pub generation: Generation,
    /// Counts the processes that held this id as far as this node has seen: what was learnt about a message
    /// counter in one life says nothing about the next.
    pub life: u32,
    pub nonce: u64,
    pub rejoined: bool,
    /// Its stores; one, except in worker processes with several.
    pub channels: SmallVec<[Channel; 1]>,
    pub state: NodeState,
    /// How long the scheduler had not heard from it, and when it said so.
    pub silence: (Duration, Time),
    /// When this node last heard from it.
    pub heard: Time,
    /// When `state` last changed.
    pub since: Time,
}

impl Member {
    pub fn is_ours(&self) -> bool {
        self.capabilities.has(Capabilities::MXKV)
    }

    /// True if that is a change.
    pub fn set_state(&mut self, state: NodeState, now: Time) -> bool {
        let change = self.state != state;
        if change {
            (self.state, self.since) = (state, now);
        }
        change
    }

    /// Dead for so long that nobody waits for it any more.
    pub fn is_lost(&self, grace: Duration, now: Time) -> bool {
        self.state == NodeState::Dead && now >= self.since.after(grace)
    }

    /// When [`Member::is_lost`] becomes true.
    pub fn lost_at(&self, grace: Duration) -> Time {
        if self.state == NodeState::Dead { self.since.after(grace) } else { Time::NEVER }
    }
}

/// `server 1 (id 10) at 10.0.0.2:9202`: what an error has to say about a node.
impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} at {}", self.id, self.endpoint)
    }
}

/// What a node list changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    New(NodeId),
    /// Another process has this id now, perhaps somewhere else.
    Replaced(NodeId),
}

#[derive(Clone, Debug, Default)]
pub struct Members {
    by_id: BTreeMap<NodeId, Member>,
}

impl Members {
    pub fn get(&self, id: NodeId) -> Option<&Member> {
        self.by_id.get(&id)
    }

    pub fn get_mut(&mut self, id: NodeId) -> Option<&mut Member> {
        self.by_id.get_mut(&id)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Member> {
        self.by_id.values()
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Member> {
        self.by_id.values_mut()
    }

    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// The nodes of a role, by rank.
    pub fn of(&self, role: Role) -> impl Iterator<Item = &Member> {
        self.iter().filter(move |member| member.id.role() == role)
    }

    /// The stores of an audience; servers and the scheduler count as one each.
    pub fn participants(&self, audience: Audience) -> impl Iterator<Item = Participant> + '_ {
        self.iter().filter(move |member| audience.has(member.id)).flat_map(|member| {
            member.channels.iter().map(move |channel| Participant { node: member.id, channel: *channel })
        })
    }

    /// Takes in one entry of a list from the scheduler. `news`: the list was sent because something changed,
    /// as opposed to the full list a joining node gets.
    pub fn learn(&mut self, entry: &NodeEntry, news: bool, now: Time) -> Option<Change> {
        let id = entry.id?;
        let extension = &entry.extension;
        // The scheduler's channel is uninitialised in MXNet.
        let channel = if entry.role == Role::Worker { entry.channel } else { Channel(0) };
        let Some(member) = self.by_id.get_mut(&id) else {
            let member = Member {
                id,
                endpoint: entry.endpoint.clone(),
                capabilities: extension.capabilities,
                generation: extension.generation,
                life: 0,
                nonce: extension.nonce,
                rejoined: entry.rejoin,
                channels: smallvec![channel],
                state: NodeState::Alive,
                silence: (Duration::ZERO, now),
                heard: now,
                since: now,
            };
            self.by_id.insert(id, member);
            return Some(Change::New(id));
        };
        if extension.generation < member.generation {
            return None;
        }
        if !member.channels.contains(&channel) {
            member.channels.push(channel);
            member.channels.sort_unstable();
        }
        // MXNet's scheduler does not count generations, but speaks of an entry again only when it is replaced.
        let counted = extension.generation > member.generation;
        let said = news && entry.rejoin && extension.nonce == 0 && extension.generation == Generation(0);
        if !counted && !said {
            return None;
        }
        member.endpoint = entry.endpoint.clone();
        member.capabilities = extension.capabilities;
        member.generation = extension.generation;
        member.nonce = extension.nonce;
        member.rejoined = true;
        member.life += 1;
        member.state = NodeState::Alive;
        member.silence = (Duration::ZERO, now);
        (member.heard, member.since) = (now, now);
        Some(Change::Replaced(id))
    }

    /// How a message about a node names it, even an unknown one.
    pub fn describe(&self, id: NodeId) -> String {
        self.get(id).map_or_else(|| format!("{id:?}"), ToString::to_string)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ps::id::{Group, Rank};
    use crate::ps::wire::NodeExtension;

    fn worker(rank: u32, channel: i32) -> NodeEntry {
        NodeEntry {
            role: Role::Worker,
            id: Some(NodeId::worker(Rank::new(rank).unwrap())),
            endpoint: Endpoint::new("h", 9300 + rank as u16),
            rejoin: false,
            channel: Channel(channel),
            extension: NodeExtension::default(),
        }
    }

    #[test]
    fn stores_of_one_process_are_one_member_and_several_participants() {
        let mut members = Members::default();
        for entry in [worker(0, 1), worker(0, 0), worker(1, 0)] {
            members.learn(&entry, false, Time::START);
        }
        assert_eq!(members.iter().count(), 2);
        let channels: Vec<_> = members.participants(Audience::Group(Group::WORKERS)).collect();
        let of = |rank, channel| Participant { node: worker(rank, 0).id.unwrap(), channel: Channel(channel) };
        assert_eq!(channels, [of(0, 0), of(0, 1), of(1, 0)]);
    }

    #[test]
    fn a_successor_replaces_and_an_old_list_does_not_bring_the_predecessor_back() {
        let mut members = Members::default();
        let first = worker(1, 0);
        members.learn(&first, false, Time::START);
        let mut second = worker(1, 0);
        second.endpoint.port = 7;
        second.rejoin = true;
        second.extension.generation = Generation(1);
        let id = first.id.unwrap();
        assert_eq!(members.learn(&second, true, Time::START), Some(Change::Replaced(id)));
        assert_eq!(members.learn(&second, true, Time::START), None, "the same news again");
        assert_eq!(members.learn(&first, false, Time::START), None);
        assert_eq!((members.get(id).unwrap().endpoint.port, members.get(id).unwrap().life), (7, 1));
    }

    #[test]
    fn every_rejoin_mxnets_scheduler_reports_is_a_new_life() {
        let mut members = Members::default();
        let mut entry = worker(1, 0);
        members.learn(&entry, false, Time::START);
        entry.rejoin = true;
        for life in 1..4 {
            assert_eq!(members.learn(&entry, true, Time::START), Some(Change::Replaced(entry.id.unwrap())));
            assert_eq!(members.get(entry.id.unwrap()).unwrap().life, life);
        }
    }
}
