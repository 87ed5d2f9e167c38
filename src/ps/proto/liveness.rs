//! Noticing that a node is gone, and that it is back.
//!
//! Workers and servers send heartbeats to the scheduler. [`Watch`] is the scheduler's side: silence beyond a
//! limit makes a node dead, any sign of life makes it alive again. Each of its answers to one of our nodes
//! lists every node that is not plainly alive, so that an answer that gets lost is made up for by the next.
//! [`Pulse`] is the other side: it sends the heartbeats, takes in the lists, and watches the scheduler.
//!
//! MXNet's nodes send heartbeats only if told to, and its scheduler tells nobody who is dead.

use super::event::Notice;
use super::membership::Member;
use super::post::Post;
use super::time::Time;
use crate::ps::id::{NodeId, RequestId};
use crate::ps::wire::{Capabilities, Flags, Heartbeat, NodeEntry, NodeState};
use std::collections::BTreeSet;
use std::time::Duration;

/// What happened to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    Died(NodeId),
    Returned(NodeId),
    Left(NodeId),
    /// The scheduler says that the job is over.
    Over,
}

/// The scheduler's view.
#[derive(Debug, Default)]
pub struct Watch {
    /// MXNet nodes that were told to send heartbeats.
    beating: BTreeSet<NodeId>,
}

impl Watch {
    /// A heartbeat, from whoever it says.
    pub fn beat(&mut self, id: NodeId) {
        self.beating.insert(id);
    }

    /// The process behind an id is another one.
    pub fn forget(&mut self, id: NodeId) {
        self.beating.remove(&id);
    }

    /// After how much silence a node is dead; None if its silence means nothing.
    fn limit(&self, post: &Post, member: &Member) -> Option<Duration> {
        let timing = &post.settings.timing;
        if member.id == NodeId::SCHEDULER || member.state == NodeState::Left {
            return None;
        }
        let beats = member.capabilities.has(Capabilities::HEARTBEATS) || self.beating.contains(&member.id);
        if beats { Some(timing.dead_after) } else { timing.dead_after_stock }
    }

    /// Looks who is dead and who is not any more.
    pub fn look(&self, now: Time, post: &mut Post) -> Vec<Turn> {
        let mut turns = Vec::new();
        let limits: Vec<_> =
            post.members.iter().map(|member| (member.id, self.limit(post, member))).collect();
        for (id, limit) in limits {
            let Some(member) = post.members.get_mut(id) else { continue };
            let silence = now.since(member.heard);
            member.silence = (silence, now);
            let state = match limit {
                _ if member.state == NodeState::Left => continue,
                Some(limit) if silence >= limit => NodeState::Dead,
                _ => NodeState::Alive,
            };
            if member.set_state(state, now) {
                turns.push(if state == NodeState::Dead { Turn::Died(id) } else { Turn::Returned(id) });
            }
        }
        announce(post, &turns);
        turns
    }

    pub fn wake_at(&self, post: &Post) -> Time {
        let due = |member: &Member| {
            let alive = member.state == NodeState::Alive;
            self.limit(post, member).filter(|_| alive).map(|limit| member.heard.after(limit))
        };
        post.members.iter().filter_map(due).min().unwrap_or(Time::NEVER)
    }

    /// The nodes that an answer to a heartbeat of ours mentions: all that are dead or gone, and those that have
    /// been silent for half as long as it takes to be dead.
    pub fn report(&self, now: Time, post: &Post) -> Vec<NodeEntry> {
        let notable = |member: &&Member| {
            let silent = self.limit(post, member).is_some_and(|limit| now.since(member.heard) * 2 > limit);
            member.state != NodeState::Alive || silent
        };
        post.members.iter().filter(notable).map(|member| entry(now, member)).collect()
    }
}

fn entry(now: Time, member: &Member) -> NodeEntry {
    NodeEntry {
        role: member.id.role(),
        id: Some(member.id),
        endpoint: member.endpoint.clone(),
        rejoin: member.rejoined,
        channel: member.channels.first().copied().unwrap_or_default(),
        extension: crate::ps::wire::NodeExtension {
            capabilities: member.capabilities,
            nonce: member.nonce,
            generation: member.generation,
            state: member.state,
            silence: now.since(member.heard),
        },
    }
}

/// Tells people.
fn announce(post: &mut Post, turns: &[Turn]) {
    for turn in turns {
        let notice = match *turn {
            Turn::Died(id) => Notice::Dead { id, description: post.members.describe(id) },
            Turn::Returned(id) => Notice::Back { id, description: post.members.describe(id) },
            Turn::Left(id) => Notice::Left { id },
            Turn::Over => continue,
        };
        post.notice(notice);
    }
}

/// A worker's or server's view.
#[derive(Debug)]
pub struct Pulse {
    next: Time,
    /// The newest list taken in.
    newest: Option<RequestId>,
}

impl Pulse {
    /// `now`: when the node joined.
    pub fn new(now: Time, post: &Post) -> Self {
        let interval = post.settings.timing.heartbeat;
        Pulse { next: interval.map_or(Time::NEVER, |interval| now.after(interval)), newest: None }
    }

    pub fn tick(&mut self, now: Time, post: &mut Post) -> Vec<Turn> {
        if let Some(interval) = post.settings.timing.heartbeat.filter(|_| self.next <= now) {
            self.next = now.after(interval);
            let mine = vec![post.my_entry(crate::ps::id::Channel(0))];
            post.heartbeat(now, mine, Flags::NONE);
        }
        let turns: Vec<_> = watch_scheduler(now, post).into_iter().collect();
        announce(post, &turns);
        turns
    }

    /// The scheduler's answer to a heartbeat, or news from it.
    pub fn heard(&mut self, now: Time, post: &mut Post, heartbeat: &Heartbeat) -> Vec<Turn> {
        let mut turns: Vec<Turn> = watch_scheduler(now, post).into_iter().collect();
        if post.is_ours(NodeId::SCHEDULER) {
            if self.newest.is_some_and(|newest| !heartbeat.request.is_after(newest)) {
                return turns;
            }
            self.newest = Some(heartbeat.request);
            if heartbeat.extension.flags.has(Flags::LEAVING) {
                turns.push(Turn::Over);
            }
            turns.extend(take_in(now, post, &heartbeat.nodes));
        }
        announce(post, &turns);
        turns
    }

    pub fn wake_at(&self, post: &Post) -> Time {
        let scheduler = post.members.get(NodeId::SCHEDULER);
        let dead = scheduler.filter(|member| member.state == NodeState::Alive && self.next != Time::NEVER);
        self.next.min(dead.map_or(Time::NEVER, |member| member.heard.after(post.settings.timing.dead_after)))
    }
}

/// Every scheduler answers heartbeats, MXNet's too.
fn watch_scheduler(now: Time, post: &mut Post) -> Option<Turn> {
    let limit = post.settings.timing.heartbeat.map(|_| post.settings.timing.dead_after)?;
    let member = post.members.get_mut(NodeId::SCHEDULER)?;
    let silence = now.since(member.heard);
    member.silence = (silence, now);
    let state = match member.state {
        NodeState::Left => return None,
        _ if silence >= limit => NodeState::Dead,
        _ => NodeState::Alive,
    };
    let id = NodeId::SCHEDULER;
    let turn = if state == NodeState::Dead { Turn::Died(id) } else { Turn::Returned(id) };
    member.set_state(state, now).then_some(turn)
}

/// Whoever is not on the list is alive.
fn take_in(now: Time, post: &mut Post, nodes: &[NodeEntry]) -> Vec<Turn> {
    let me = post.id();
    let mut turns = Vec::new();
    for member in post.members.iter_mut() {
        if member.id == NodeId::SCHEDULER || Some(member.id) == me {
            continue;
        }
        let listed = nodes.iter().find(|entry| entry.id == Some(member.id));
        // The list may speak of a predecessor, or of a successor this node has not been told of yet.
        let listed = match listed {
            Some(entry) if entry.extension.generation != member.generation => continue,
            Some(entry) => entry.extension,
            None => Default::default(),
        };
        member.silence = (listed.silence, now);
        if member.set_state(listed.state, now) {
            let id = member.id;
            turns.push(match listed.state {
                NodeState::Dead => Turn::Died(id),
                NodeState::Left => Turn::Left(id),
                NodeState::Alive => Turn::Returned(id),
            });
        }
    }
    turns
}
