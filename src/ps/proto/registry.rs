//! Registration, as the scheduler sees it: who has come, who gets which id, who takes whose place.
//!
//! While the cluster is incomplete entries are collected by address and store; a repeated one is the same
//! node, unlike in MXNet. Once all are there they are sorted and numbered by MXNet's rule, so that ranks do not
//! depend on who came first. Later registrations take the place of dead nodes, any number of times; if nobody
//! is dead they wait for a while, because a node is often restarted before its silence has been noticed.

use super::time::Time;
use crate::ps::id::{Generation, NodeId, Rank, Role};
use crate::ps::wire::{Capabilities, Endpoint, NodeEntry};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// More than this do not wait for a place, so that strangers cannot fill the memory.
const MOST_WAITING: usize = 256;
const TOO_MANY: &str = "too many nodes wait for a place";

#[derive(Clone, Debug)]
struct Guest {
    entry: NodeEntry,
    seen: Time,
    deadline: Time,
}

impl Guest {
    fn is_ours(&self) -> bool {
        self.entry.extension.capabilities.has(Capabilities::MXKV)
    }
}

#[derive(Debug)]
pub struct Registry {
    workers: usize,
    servers: usize,
    /// Who has come while the cluster is incomplete, and later who waits for a dead node's place.
    guests: Vec<Guest>,
    /// The full list once everybody is there, in MXNet's order, without the scheduler.
    list: Option<Vec<NodeEntry>>,
    /// The numbers of processes that another one has replaced: what they said before may still come.
    replaced: BTreeSet<u64>,
}

/// What a registration led to.
#[derive(Debug, PartialEq, Eq)]
pub enum Registered {
    /// Noted; the cluster is not complete yet.
    Noted,
    /// The same again.
    Known,
    /// Nobody is missing any more: the list is there.
    Complete,
    /// The node is on the list already and asks for it again.
    Member(NodeId),
    /// The node took the place of a dead one.
    Successor(NodeEntry),
    /// From a process whose place another one has taken.
    Outdated,
    /// There is no place for it at the moment.
    Parked(String),
}

impl Registry {
    pub fn new(workers: u32, servers: u32) -> Self {
        Registry {
            workers: workers as usize,
            servers: servers as usize,
            guests: Vec::new(),
            list: None,
            replaced: BTreeSet::new(),
        }
    }

    pub fn list(&self) -> Option<&[NodeEntry]> {
        self.list.as_deref()
    }

    /// Who has come so far, or is waiting for a place.
    pub fn guests(&self) -> impl Iterator<Item = &NodeEntry> {
        self.guests.iter().map(|guest| &guest.entry)
    }

    /// `vacant` says whether the node with this id is dead or gone; `patience` is how long to wait for a place.
    pub fn register(
        &mut self,
        now: Time,
        entry: NodeEntry,
        patience: Duration,
        vacant: impl Fn(NodeId) -> bool,
    ) -> Registered {
        let nonce = entry.extension.nonce;
        // MXNet's nodes have none.
        if nonce != 0 && self.replaced.contains(&nonce) {
            return Registered::Outdated;
        }
        if self.list.is_some() {
            return self.register_late(now, entry, patience, vacant);
        }
        let same = |guest: &&mut Guest| {
            guest.entry.endpoint == entry.endpoint && guest.entry.channel == entry.channel
        };
        if let Some(guest) = self.guests.iter_mut().find(same) {
            // Another process at the same address: the first one is gone.
            if guest.entry.extension.nonce != nonce {
                self.replaced.insert(guest.entry.extension.nonce);
            }
            guest.entry = entry;
            guest.seen = now;
            return Registered::Known;
        }
        let (role, deadline) = (entry.role, now.after(patience));
        if self.guests.len() >= self.workers + self.servers + MOST_WAITING {
            return Registered::Parked(TOO_MANY.to_owned());
        }
        self.guests.push(Guest { entry, seen: now, deadline });
        if self.count(Role::Worker) >= self.workers && self.count(Role::Server) >= self.servers {
            self.number();
            return Registered::Complete;
        }
        let places = if role == Role::Worker { self.workers } else { self.servers };
        if self.count(role) > places {
            return Registered::Parked(format!("all {places} {role}s have come already"));
        }
        Registered::Noted
    }

    /// While the cluster is incomplete: drops our own nodes that have stopped repeating their registration.
    pub fn drop_silent(&mut self, now: Time, silence: Duration) -> Vec<NodeEntry> {
        let silent = |guest: &Guest| guest.is_ours() && now.since(guest.seen) >= silence;
        let dropped =
            self.guests.iter().filter(|guest| silent(guest)).map(|guest| guest.entry.clone()).collect();
        self.guests.retain(|guest| !silent(guest));
        dropped
    }

    /// Gives places that have become vacant to those who wait for one.
    pub fn admit(&mut self, now: Time, vacant: impl Fn(NodeId) -> bool) -> Vec<NodeEntry> {
        let mut admitted = Vec::new();
        if self.list.is_none() {
            return admitted;
        }
        for guest in std::mem::take(&mut self.guests) {
            let patience = guest.deadline.since(now);
            if let Registered::Successor(entry) = self.register_late(now, guest.entry, patience, &vacant) {
                admitted.push(entry);
            }
        }
        admitted
    }

    /// Those who have waited long enough.
    pub fn send_away(&mut self, now: Time) -> Vec<NodeEntry> {
        if self.list.is_none() {
            return Vec::new();
        }
        let late = |guest: &Guest| guest.deadline <= now;
        let gone = self.guests.iter().filter(|guest| late(guest)).map(|guest| guest.entry.clone()).collect();
        self.guests.retain(|guest| !late(guest));
        gone
    }

    pub fn wake_at(&self, silence: Duration) -> Time {
        let due = |guest: &Guest| match self.list {
            Some(_) => guest.deadline,
            None if guest.is_ours() => guest.seen.after(silence),
            None => Time::NEVER,
        };
        self.guests.iter().map(due).min().unwrap_or(Time::NEVER)
    }

    fn count(&self, role: Role) -> usize {
        self.guests.iter().filter(|guest| guest.entry.role == role).count()
    }

    /// Sorts by host, descending as text, then by port, and deals out the ids. Entries of one process share the
    /// id of the first; the ids they would have had stay unused. Guests beyond the places keep waiting.
    fn number(&mut self) {
        let mut places = BTreeMap::from([(Role::Worker, self.workers), (Role::Server, self.servers)]);
        let mut list = Vec::new();
        let mut waiting = Vec::new();
        for guest in self.guests.drain(..) {
            match places.get_mut(&guest.entry.role) {
                Some(left @ 1..) => {
                    *left -= 1;
                    list.push(guest.entry);
                }
                _ => waiting.push(guest),
            }
        }
        self.guests = waiting;
        list.sort_by(|a, b| order(&a.endpoint).cmp(&order(&b.endpoint)));
        let mut ids: BTreeMap<Endpoint, NodeId> = BTreeMap::new();
        let mut next = BTreeMap::from([(Role::Worker, 0u32), (Role::Server, 0u32)]);
        for entry in &mut list {
            let rank = next.entry(entry.role).or_default();
            let would_be = Rank::new(*rank).map(|rank| NodeId::of(entry.role, rank)).ok();
            *rank += 1;
            entry.id = ids.get(&entry.endpoint).copied().filter(|id| id.role() == entry.role).or(would_be);
            if let Some(id) = entry.id {
                ids.entry(entry.endpoint.clone()).or_insert(id);
            }
        }
        self.list = Some(list);
    }

    fn register_late(
        &mut self,
        now: Time,
        entry: NodeEntry,
        patience: Duration,
        vacant: impl Fn(NodeId) -> bool,
    ) -> Registered {
        self.guests
            .retain(|guest| guest.entry.endpoint != entry.endpoint || guest.entry.channel != entry.channel);
        let list = self.list.get_or_insert_default();
        let here = |known: &NodeEntry| {
            known.endpoint == entry.endpoint && known.role == entry.role && known.channel == entry.channel
        };
        let nonce = entry.extension.nonce;
        let same_process = |known: &NodeEntry| here(known) && nonce != 0 && known.extension.nonce == nonce;
        if let Some(id) = list.iter().find(|known| same_process(known)).and_then(|known| known.id) {
            return Registered::Member(id);
        }
        // Two processes cannot listen at one address: one that comes to a listed address has replaced the other.
        let free = |known: &NodeEntry| known.role == entry.role && known.id.is_some_and(&vacant);
        let place = list
            .iter()
            .position(here)
            .or_else(|| list.iter().position(|known| free(known) && known.channel == entry.channel))
            .or_else(|| list.iter().position(free));
        let Some((at, id)) = place.and_then(|at| Some((at, list.get(at)?.id?))) else {
            let role = entry.role;
            if self.guests.len() >= MOST_WAITING {
                return Registered::Parked(TOO_MANY.to_owned());
            }
            self.guests.push(Guest { entry, seen: now, deadline: now.after(patience) });
            return Registered::Parked(format!("the cluster is complete and no {role} is known to be dead"));
        };
        // All stores of the process that is gone move to its successor; each of the successor's stores will find
        // its line.
        for (line, known) in list.iter_mut().enumerate().filter(|(_, known)| known.id == Some(id)) {
            let channel = if line == at { entry.channel } else { known.channel };
            self.replaced.insert(known.extension.nonce);
            let generation = Generation(known.extension.generation.0.saturating_add(1));
            *known = NodeEntry { id: Some(id), rejoin: true, channel, ..entry.clone() };
            known.extension.generation = generation;
        }
        list.get(at).cloned().map_or(Registered::Known, Registered::Successor)
    }
}

fn order(endpoint: &Endpoint) -> (Reverse<&[u8]>, u16) {
    (Reverse(endpoint.host.as_bytes()), endpoint.port)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ps::id::Channel;
    use crate::ps::wire::NodeExtension;

    const PATIENCE: Duration = Duration::from_secs(10);

    fn node(role: Role, host: &str, port: u16, nonce: u64) -> NodeEntry {
        NodeEntry {
            role,
            id: None,
            endpoint: Endpoint::new(host, port),
            rejoin: false,
            channel: Channel(0),
            extension: NodeExtension { capabilities: Capabilities::MXKV, nonce, ..Default::default() },
        }
    }

    fn register(registry: &mut Registry, entry: NodeEntry) -> Registered {
        registry.register(Time::START, entry, PATIENCE, |_| false)
    }

    fn ids(registry: &Registry) -> Vec<(String, i32)> {
        let line = |entry: &NodeEntry| (entry.endpoint.to_string(), entry.id.unwrap().to_wire());
        registry.list().unwrap().iter().map(line).collect()
    }

    #[test]
    fn a_late_word_of_a_replaced_process_changes_nothing() {
        let mut registry = Registry::new(1, 1);
        register(&mut registry, node(Role::Worker, "h", 2, 1));
        register(&mut registry, node(Role::Server, "h", 1, 2));
        let successor = node(Role::Worker, "h", 2, 3);
        assert!(matches!(register(&mut registry, successor.clone()), Registered::Successor(_)));
        assert_eq!(register(&mut registry, node(Role::Worker, "h", 2, 1)), Registered::Outdated);
        assert!(matches!(register(&mut registry, successor), Registered::Member(_)));
    }

    #[test]
    fn hosts_sort_descending_as_text_and_ports_ascending() {
        let mut registry = Registry::new(4, 1);
        for (host, port) in [("127.0.0.10", 5), ("127.0.0.2", 9301), ("127.0.0.2", 9300), ("127.0.0.9", 1)] {
            assert_eq!(register(&mut registry, node(Role::Worker, host, port, 1)), Registered::Noted);
        }
        assert_eq!(
            register(&mut registry, node(Role::Server, "127.0.0.2", 9301 + 1, 1)),
            Registered::Complete
        );
        let want = [
            ("127.0.0.9:1", 9),
            ("127.0.0.2:9300", 11),
            ("127.0.0.2:9301", 13),
            ("127.0.0.2:9302", 8),
            ("127.0.0.10:5", 15),
        ];
        assert_eq!(ids(&registry), want.map(|(at, id)| (at.to_string(), id)));
    }

    #[test]
    fn stores_of_one_process_share_an_id_and_use_up_one_each() {
        let mut registry = Registry::new(3, 0);
        let mut second = node(Role::Worker, "a", 1, 1);
        second.channel = Channel(1);
        register(&mut registry, second);
        register(&mut registry, node(Role::Worker, "a", 1, 1));
        assert_eq!(register(&mut registry, node(Role::Worker, "a", 2, 2)), Registered::Complete);
        let ids: Vec<_> = ids(&registry).into_iter().map(|(_, id)| id).collect();
        assert_eq!(ids, [9, 9, 13]);
    }

    #[test]
    fn a_repeated_registration_is_the_same_node() {
        let mut registry = Registry::new(2, 0);
        register(&mut registry, node(Role::Worker, "a", 1, 1));
        assert_eq!(register(&mut registry, node(Role::Worker, "a", 1, 1)), Registered::Known);
        assert_eq!(register(&mut registry, node(Role::Worker, "a", 1, 7)), Registered::Known, "restarted");
        assert_eq!(register(&mut registry, node(Role::Worker, "b", 1, 2)), Registered::Complete);
        let again = register(&mut registry, node(Role::Worker, "a", 1, 7));
        assert_eq!(again, Registered::Member(NodeId::from_wire(11).unwrap()));
    }

    #[test]
    fn too_many_of_a_role_do_not_take_the_place_of_another() {
        let mut registry = Registry::new(1, 1);
        register(&mut registry, node(Role::Worker, "a", 1, 1));
        let third = register(&mut registry, node(Role::Worker, "a", 2, 2));
        assert_eq!(third, Registered::Parked("all 1 workers have come already".into()));
        assert_eq!(register(&mut registry, node(Role::Server, "a", 3, 3)), Registered::Complete);
        assert_eq!(registry.guests().count(), 1);
    }

    #[test]
    fn dead_nodes_are_replaced_again_and_again() {
        let mut registry = Registry::new(2, 0);
        register(&mut registry, node(Role::Worker, "a", 1, 1));
        register(&mut registry, node(Role::Worker, "a", 2, 2));
        let dead = NodeId::from_wire(11).unwrap();
        for life in 1..5 {
            let entry = node(Role::Worker, "a", 10 + life as u16, 100 + u64::from(life));
            assert!(
                matches!(register(&mut registry, entry.clone()), Registered::Parked(_)),
                "nobody is dead yet"
            );
            let admitted = registry.admit(Time::START, |id| id == dead);
            assert_eq!(admitted.len(), 1);
            assert_eq!((admitted[0].id, admitted[0].rejoin), (Some(dead), true));
            assert_eq!(admitted[0].extension.generation, Generation(life));
            assert_eq!(registry.guests().count(), 0);
            assert_eq!(register(&mut registry, entry), Registered::Member(dead));
        }
    }

    #[test]
    fn a_newcomer_at_a_listed_address_replaces_at_once() {
        let mut registry = Registry::new(2, 0);
        register(&mut registry, node(Role::Worker, "a", 1, 1));
        register(&mut registry, node(Role::Worker, "a", 2, 2));
        let Registered::Successor(entry) = register(&mut registry, node(Role::Worker, "a", 1, 3)) else {
            panic!()
        };
        assert_eq!(entry.id, NodeId::from_wire(9));
    }

    #[test]
    fn who_waits_too_long_is_sent_away() {
        let mut registry = Registry::new(1, 0);
        register(&mut registry, node(Role::Worker, "a", 1, 1));
        register(&mut registry, node(Role::Worker, "a", 2, 2));
        assert!(registry.send_away(Time(PATIENCE / 2)).is_empty());
        assert_eq!(registry.send_away(Time(PATIENCE)).len(), 1);
        assert_eq!(registry.wake_at(PATIENCE), Time::NEVER);
    }

    #[test]
    fn our_own_nodes_have_to_show_that_they_still_wait() {
        let mut registry = Registry::new(2, 0);
        register(&mut registry, node(Role::Worker, "a", 1, 1));
        let mut stock = node(Role::Worker, "a", 2, 0);
        stock.extension = NodeExtension::default();
        registry.workers = 3;
        register(&mut registry, stock);
        let dropped = registry.drop_silent(Time(PATIENCE), PATIENCE);
        assert_eq!((dropped.len(), registry.guests().count()), (1, 1));
    }
}
