//! Barriers as the scheduler keeps them.
//!
//! MXNet counts requests, so one worker can fill a barrier alone. Here a barrier opens when every member of its
//! group has arrived; a member arriving twice has arrived once. Who has left in good order is not waited for.
//! Who is dead is not waited for either once the others are on their way out, and otherwise makes the barrier
//! fail after a while.

use super::membership::Members;
use super::time::Time;
use crate::base::Error;
use crate::err;
use crate::ps::id::{Audience, Group, NodeId, RequestId, Role};
use crate::ps::node::Participant;
use crate::ps::wire::NodeState;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const ALL: Audience = Audience::Group(Group::EVERYBODY);

#[derive(Clone, Copy, Debug)]
struct Arrival {
    request: RequestId,
    exit: bool,
}

#[derive(Debug, Default)]
struct Barrier {
    arrived: BTreeMap<Participant, Arrival>,
}

/// All barriers of the cluster.
#[derive(Debug, Default)]
pub struct Barriers {
    closed: BTreeMap<Audience, Barrier>,
    /// The last request of each participant that was released, for those who did not get to know.
    released: BTreeMap<(Participant, Audience), RequestId>,
    /// Took over a dead node's id before everybody had said that they had joined: successors do not say so.
    excused: BTreeSet<Participant>,
    /// The first barrier of everybody is behind us; every other one is the last.
    started: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrived {
    Counted,
    /// It had arrived before, with the same request.
    Again,
    /// This request was released before.
    Released,
    /// A request older than the last one released.
    Outdated,
}

/// A barrier that opened, and for whom.
#[derive(Debug, PartialEq, Eq)]
pub struct Opened {
    pub audience: Audience,
    /// Everybody has met for the second time: the job is over.
    pub last: bool,
    pub arrived: Vec<(Participant, RequestId)>,
}

impl Barriers {
    /// `numbered`: the participant's requests may come twice and their numbers tell (see
    /// [`RequestId::is_after`]).
    pub fn arrive(
        &mut self,
        who: Participant,
        audience: Audience,
        request: RequestId,
        exit: bool,
        numbered: bool,
    ) -> Arrived {
        if let Some(last) = self.released.get(&(who, audience)).filter(|_| numbered) {
            if *last == request {
                return Arrived::Released;
            }
            if !request.is_after(*last) {
                return Arrived::Outdated;
            }
        }
        let barrier = self.closed.entry(audience).or_default();
        match barrier.arrived.insert(who, Arrival { request, exit }) {
            Some(before) if before.request == request => Arrived::Again,
            _ => Arrived::Counted,
        }
    }

    /// Another process has this id now: what the former one waited for is forgotten.
    pub fn succeed(&mut self, id: NodeId, members: &Members) {
        for barrier in self.closed.values_mut() {
            barrier.arrived.retain(|who, _| who.node != id);
        }
        self.released.retain(|(who, _), _| who.node != id);
        if !self.started {
            self.excused.extend(members.participants(Audience::Node(id)));
        }
    }

    /// Everybody who is still waited for at a barrier.
    pub fn missing<'a>(
        &'a self,
        audience: Audience,
        members: &'a Members,
        grace: Duration,
        now: Time,
    ) -> impl Iterator<Item = Participant> + 'a {
        let barrier = self.closed.get(&audience);
        let exit = self.is_exit(audience);
        members.participants(audience).filter(move |who| {
            let arrived = barrier.is_some_and(|barrier| barrier.arrived.contains_key(who));
            let member = members.get(who.node);
            let gone = member.is_some_and(|member| {
                member.state == NodeState::Left || (exit && member.is_lost(grace, now))
            });
            let excused = audience == ALL && !self.started && self.excused.contains(who);
            // The scheduler is always where it should be.
            !arrived && !gone && !excused && who.node.role() != Role::Scheduler
        })
    }

    /// Whether a participant waits at the last barrier of all.
    pub fn is_leaving(&self, who: Participant) -> bool {
        self.started && self.closed.get(&ALL).is_some_and(|barrier| barrier.arrived.contains_key(&who))
    }

    /// The barriers for which nobody is missing any more.
    pub fn open(&mut self, members: &Members, grace: Duration, now: Time) -> Vec<Opened> {
        let full = |audience: &Audience| self.missing(*audience, members, grace, now).next().is_none();
        let ready: Vec<Audience> = self.closed.keys().copied().filter(full).collect();
        let mut opened = Vec::new();
        for audience in ready {
            let Some(barrier) = self.closed.remove(&audience) else { continue };
            let arrived: Vec<_> = barrier.arrived.into_iter().map(|(who, at)| (who, at.request)).collect();
            self.released.extend(arrived.iter().map(|(who, request)| ((*who, audience), *request)));
            let last = audience == ALL && self.started;
            self.started |= audience == ALL;
            opened.push(Opened { audience, last, arrived });
        }
        opened
    }

    /// Barriers that cannot open because of a dead node: who has to be told, and why. Only those are told, and
    /// taken out, whom `can_hear` admits; the others wait on, as they do in MXNet.
    pub fn fail(
        &mut self,
        members: &Members,
        grace: Duration,
        now: Time,
        can_hear: impl Fn(NodeId) -> bool,
    ) -> Vec<(Participant, Audience, RequestId, Error)> {
        let mut failed = Vec::new();
        for audience in self.closed.keys().copied().collect::<Vec<_>>() {
            let lost = self.missing(audience, members, grace, now).find_map(|who| {
                members.get(who.node).filter(|member| member.is_lost(grace, now)).map(ToString::to_string)
            });
            let (Some(lost), Some(barrier)) = (lost, self.closed.get_mut(&audience)) else { continue };
            barrier.arrived.retain(|who, at| {
                if can_hear(who.node) {
                    let error = err!(PeerLost, "barrier of {audience}: {lost} is dead");
                    failed.push((*who, audience, at.request, error));
                }
                !can_hear(who.node)
            });
        }
        failed
    }

    fn is_exit(&self, audience: Audience) -> bool {
        let said = |barrier: &Barrier| barrier.arrived.values().any(|arrival| arrival.exit);
        (audience == ALL && self.started) || self.closed.get(&audience).is_some_and(said)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ps::id::{Channel, Rank};
    use crate::ps::wire::{Endpoint, NodeEntry, NodeExtension};

    const WORKERS: Audience = Audience::Group(Group::WORKERS);
    const GRACE: Duration = Duration::from_secs(5);

    fn id(rank: u32) -> NodeId {
        NodeId::worker(Rank::new(rank).unwrap())
    }

    fn who(rank: u32) -> Participant {
        Participant { node: id(rank), channel: Channel(0) }
    }

    fn members(workers: u32) -> Members {
        let mut members = Members::default();
        for rank in 0..workers {
            let entry = NodeEntry {
                role: Role::Worker,
                id: Some(id(rank)),
                endpoint: Endpoint::new("h", rank as u16),
                rejoin: false,
                channel: Channel(0),
                extension: NodeExtension::default(),
            };
            members.learn(&entry, false, Time::START);
        }
        members
    }

    fn arrive(barriers: &mut Barriers, rank: u32, request: i32) -> Arrived {
        barriers.arrive(who(rank), WORKERS, RequestId(request), false, true)
    }

    fn open(barriers: &mut Barriers, members: &Members) -> usize {
        barriers.open(members, GRACE, Time::START).len()
    }

    #[test]
    fn one_worker_cannot_fill_a_barrier_alone() {
        let (mut barriers, members) = (Barriers::default(), members(2));
        assert_eq!(arrive(&mut barriers, 0, 1), Arrived::Counted);
        assert_eq!(arrive(&mut barriers, 0, 1), Arrived::Again);
        assert_eq!(arrive(&mut barriers, 0, 2), Arrived::Counted);
        assert_eq!(open(&mut barriers, &members), 0);
        arrive(&mut barriers, 1, 7);
        assert_eq!(open(&mut barriers, &members), 1);
        assert_eq!(arrive(&mut barriers, 0, 2), Arrived::Released);
        assert_eq!(arrive(&mut barriers, 0, 1), Arrived::Outdated);
        assert_eq!(open(&mut barriers, &members), 0);
    }

    #[test]
    fn a_dead_member_fails_the_barrier_except_on_the_way_out() {
        let (mut barriers, mut members) = (Barriers::default(), members(2));
        arrive(&mut barriers, 0, 1);
        members.get_mut(id(1)).unwrap().set_state(NodeState::Dead, Time::START);
        assert!(barriers.fail(&members, GRACE, Time::START, |_| true).is_empty(), "it may come back");
        let later = Time::START.after(GRACE);
        let failed = barriers.fail(&members, GRACE, later, |_| true);
        assert_eq!(failed[0].3.to_string(), "barrier of workers: worker 1 (id 11) at h:1 is dead");
        barriers.arrive(who(0), WORKERS, RequestId(2), true, true);
        assert_eq!(barriers.open(&members, GRACE, later).len(), 1);
    }

    #[test]
    fn who_left_is_not_waited_for() {
        let (mut barriers, mut members) = (Barriers::default(), members(3));
        arrive(&mut barriers, 0, 1);
        arrive(&mut barriers, 2, 1);
        assert_eq!(open(&mut barriers, &members), 0);
        members.get_mut(id(1)).unwrap().set_state(NodeState::Left, Time::START);
        assert_eq!(open(&mut barriers, &members), 1);
    }

    #[test]
    fn a_successor_starts_anew() {
        let (mut barriers, members) = (Barriers::default(), members(2));
        arrive(&mut barriers, 0, 5);
        barriers.succeed(id(0), &members);
        arrive(&mut barriers, 1, 1);
        assert_eq!(open(&mut barriers, &members), 0, "the predecessor's arrival is gone");
        assert_eq!(arrive(&mut barriers, 0, 0), Arrived::Counted);
        assert_eq!(open(&mut barriers, &members), 1);
    }
}
