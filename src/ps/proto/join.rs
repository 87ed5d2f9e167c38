//! Joining a cluster, as a worker or server sees it.
//!
//! ```text
//!  Registering --full list--> Meeting --barrier of everybody--> Joined
//!       |   ^                    |
//!       +---+ repeats            +-- at once, if it took over a dead node's id
//! ```
//!
//! The first message goes out once, because MXNet's scheduler takes a second one for another node. If the
//! scheduler stays silent, the registration is repeated inside a heartbeat without nodes, which MXNet's
//! scheduler ignores and ours understands; it may have been restarted, or the message may have been lost.

use super::event::CallId;
use super::post::Post;
use super::status::StartStatus;
use super::time::Time;
use crate::base::{Error, Result};
use crate::err;
use crate::ps::id::{Channel, NodeId};
use crate::ps::transport::Peer;
use crate::ps::wire::{Extension, Flags, Heartbeat, Message, NodeEntry, NodeList};
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Registering,
    Meeting,
    Joined,
}

#[derive(Debug)]
struct Store {
    /// None for a server, which joins on its own account.
    call: Option<CallId>,
    stage: Stage,
    deadline: Time,
}

/// The stores of a process that are joining or have joined.
#[derive(Debug, Default)]
pub struct Join {
    stores: BTreeMap<Channel, Store>,
    since: Time,
    repeat: Option<Time>,
    progress: Option<Time>,
    /// What our scheduler said last about who is there.
    heard: Option<Vec<NodeEntry>>,
    remark: Option<String>,
    rejoined: bool,
}

/// What the full list made of this node.
#[derive(Debug, PartialEq, Eq)]
pub struct Placed {
    pub id: NodeId,
    pub rejoined: bool,
    /// The stores that got their place with this list.
    pub channels: Vec<Channel>,
}

/// An end of joining; the call is None for a server.
pub type Ended = (Channel, Option<CallId>, Result<bool>);

impl Join {
    pub fn begin(
        &mut self,
        now: Time,
        post: &mut Post,
        channel: Channel,
        call: Option<CallId>,
    ) -> Option<Ended> {
        if self.stores.contains_key(&channel) {
            let error = err!(InvalidArgument, "store {} of this process has joined before", channel.0);
            return Some((channel, call, Err(error)));
        }
        if self.stores.is_empty() {
            let endpoint = post.settings.scheduler.clone();
            post.connect_to(Peer::Node(NodeId::SCHEDULER), endpoint);
            self.since = now;
            self.progress = Some(now.after(post.settings.timing.progress));
            self.repeat = Some(now.after(post.settings.timing.repeat));
        }
        let deadline = now.after(post.settings.timing.start);
        self.stores.insert(channel, Store { call, stage: Stage::Registering, deadline });
        let mut entry = post.my_entry(channel);
        entry.id = None;
        let message = post.node_list(vec![entry], Flags::NONE);
        post.send_raw(Peer::Node(NodeId::SCHEDULER), &message);
        None
    }

    pub fn has(&self, channel: Channel) -> bool {
        self.stores.get(&channel).is_some_and(|store| store.stage == Stage::Joined)
    }

    /// The store has left.
    pub fn forget(&mut self, channel: Channel) {
        self.stores.remove(&channel);
    }

    /// No store has joined or is about to.
    pub fn is_empty(&self) -> bool {
        self.stores.is_empty()
    }

    pub fn rejoined(&self) -> bool {
        self.rejoined
    }

    fn all_joined(&self) -> bool {
        self.stores.values().all(|store| store.stage == Stage::Joined)
    }

    /// A list from the scheduler while this node has stores that are registering. Word of who has come so far is
    /// noted; a full list gives this node its id.
    pub fn listed(&mut self, now: Time, post: &mut Post, list: &NodeList) -> Result<Option<Placed>, Error> {
        if let Some(error) = &list.extension.error {
            if !list.extension.flags.has(Flags::PARTIAL) {
                return Err(error.clone().into_error().context("the scheduler refuses this node"));
            }
            self.remark = Some(error.text.clone());
        }
        let scheduler_is_ours = list.nodes.iter().any(|entry| {
            entry.id == Some(NodeId::SCHEDULER)
                && entry.extension.capabilities.has(crate::ps::wire::Capabilities::MXKV)
        });
        if list.extension.flags.has(Flags::PARTIAL) {
            if scheduler_is_ours {
                self.heard = Some(list.nodes.clone());
            }
            return Ok(None);
        }
        let mine: Vec<&NodeEntry> = list.nodes.iter().filter(|entry| is_me(post, entry)).collect();
        let Some(first) = mine.first() else { return Ok(None) };
        let Some(id) = first.id else { return Ok(None) };
        let mut channels = Vec::new();
        for (channel, store) in &mut self.stores {
            let listed = mine.iter().any(|entry| entry.channel == *channel);
            if listed && store.stage == Stage::Registering {
                store.stage = Stage::Meeting;
                channels.push(*channel);
            }
        }
        if channels.is_empty() {
            return Ok(None);
        }
        if post.id().is_none() {
            post.become_node(id, first.extension.generation);
            self.rejoined = first.rejoin;
        }
        for entry in &list.nodes {
            post.learn(entry, false, now);
        }
        Ok(Some(Placed { id, rejoined: self.rejoined, channels }))
    }

    /// Everybody has met.
    pub fn met(&mut self, channel: Channel) -> Option<Ended> {
        let store = self.stores.get_mut(&channel)?;
        store.stage = Stage::Joined;
        Some((channel, store.call.take(), Ok(self.rejoined)))
    }

    /// Nobody joins any more.
    pub fn fail(&mut self, why: &Error) -> Vec<Ended> {
        let open = |store: &Store| store.stage != Stage::Joined;
        let channels: Vec<_> =
            self.stores.iter().filter(|(_, store)| open(store)).map(|(channel, _)| *channel).collect();
        channels.into_iter().filter_map(|channel| self.give_up(channel, why.clone())).collect()
    }

    pub fn give_up(&mut self, channel: Channel, why: Error) -> Option<Ended> {
        let store = self.stores.remove(&channel)?;
        Some((channel, store.call, Err(why)))
    }

    pub fn tick(&mut self, now: Time, post: &mut Post) -> Vec<Ended> {
        let late = |store: &Store| store.stage != Stage::Joined && store.deadline <= now;
        let channels: Vec<_> =
            self.stores.iter().filter(|(_, store)| late(store)).map(|(channel, _)| *channel).collect();
        let mut ended = Vec::new();
        for channel in channels {
            let status = self.status(now, post);
            ended.extend(self.give_up(channel, err!(Timeout, "start: {status}")));
        }
        if self.all_joined() {
            (self.repeat, self.progress) = (None, None);
            return ended;
        }
        if self.repeat.is_some_and(|repeat| repeat <= now) {
            self.repeat = Some(now.after(post.settings.timing.repeat));
            self.repeat(post);
        }
        if self.progress.is_some_and(|progress| progress <= now) {
            self.progress = Some(now.after(post.settings.timing.progress));
            let status = self.status(now, post);
            post.notice(super::event::Notice::Starting(status));
        }
        ended
    }

    pub fn wake_at(&self) -> Time {
        if self.all_joined() {
            return Time::NEVER;
        }
        let open = self.stores.values().filter(|store| store.stage != Stage::Joined);
        let deadline = open.map(|store| store.deadline).min().unwrap_or(Time::NEVER);
        [self.repeat, self.progress].into_iter().flatten().fold(deadline, Time::min)
    }

    pub fn status(&self, now: Time, post: &Post) -> StartStatus {
        let settings = &post.settings;
        let registered = |entry: &&NodeEntry| entry.id != Some(NodeId::SCHEDULER);
        let joined = self.heard.as_ref().map(|nodes| {
            nodes.iter().filter(registered).map(|entry| (entry.role, entry.endpoint.clone())).collect()
        });
        StartStatus {
            role: settings.role,
            scheduler: settings.scheduler.clone(),
            waited: now.since(self.since),
            joined,
            workers: settings.workers,
            servers: settings.servers,
            complete: self.stores.values().any(|store| store.stage == Stage::Meeting),
            remark: self.remark.clone(),
        }
    }

    fn repeat(&self, post: &mut Post) {
        // MXNet's scheduler with resending on would try to acknowledge it to a node without an id, and abort.
        if self.heard.is_none() && post.redelivery.is_on() {
            return;
        }
        for (channel, store) in &self.stores {
            if store.stage == Stage::Registering {
                let mut entry = post.my_entry(*channel);
                entry.id = None;
                let extension = Extension { joining: Some(Box::new(entry)), ..Extension::default() };
                let request = post.number();
                let message = Message::Heartbeat(Heartbeat { request, nodes: Vec::new(), extension });
                post.send_raw(Peer::Node(NodeId::SCHEDULER), &message);
            }
        }
    }
}

/// MXNet's nodes find themselves by host and port; ours also by the number only they know, because host and
/// port may be a predecessor's.
fn is_me(post: &Post, entry: &NodeEntry) -> bool {
    let nonce = entry.extension.nonce;
    entry.role == post.settings.role
        && entry.endpoint == post.settings.endpoint
        && (nonce == 0 || nonce == post.settings.nonce)
}
