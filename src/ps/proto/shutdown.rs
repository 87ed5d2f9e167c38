//! Leaving, as a worker's store does it.
//!
//! ```text
//!  Meeting ----> Stopping ----> Parting ----> gone
//!  (workers)     (one worker    (everybody)
//!                stops servers)
//! ```
//!
//! A step that fails does not stop the next one: a node that was told to leave leaves. MXNet's workers wait for
//! ever in each of them, and leave the servers running when the worker with rank 0 is gone.

use super::barrier_call::Purpose;
use super::event::CallId;
use super::membership::Members;
use super::time::Time;
use crate::base::Error;
use crate::ps::id::{Channel, NodeId, Rank, Role};
use crate::ps::wire::NodeState;
use std::collections::BTreeMap;
use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Wait for all workers to have finished.
    Meeting,
    /// Tell the servers to stop.
    Stopping,
    /// Wait for everybody to know that it is over.
    Parting,
    Gone,
}

#[derive(Debug)]
struct Exit {
    call: CallId,
    step: Step,
    /// The first thing that went wrong.
    error: Option<Error>,
}

/// The stores of this process that are leaving.
#[derive(Debug, Default)]
pub struct Exits {
    by_channel: BTreeMap<Channel, Exit>,
}

impl Exits {
    /// False if the store is leaving already.
    pub fn begin(&mut self, channel: Channel, call: CallId) -> bool {
        if self.by_channel.contains_key(&channel) {
            return false;
        }
        self.by_channel.insert(channel, Exit { call, step: Step::Meeting, error: None });
        true
    }

    pub fn is_leaving(&self, channel: Channel) -> bool {
        self.by_channel.contains_key(&channel)
    }

    pub fn is_parting(&self, channel: Channel) -> bool {
        self.by_channel.get(&channel).is_some_and(|exit| exit.step == Step::Parting)
    }

    /// A step is over, one way or another: what comes next. `stops`: this store is the one to stop the servers.
    pub fn next(&mut self, channel: Channel, result: Result<(), Error>, stops: bool) -> Option<Step> {
        let exit = self.by_channel.get_mut(&channel)?;
        if let Err(error) = result {
            exit.error.get_or_insert(error);
        }
        exit.step = match exit.step {
            Step::Meeting if stops => Step::Stopping,
            Step::Meeting | Step::Stopping => Step::Parting,
            Step::Parting | Step::Gone => Step::Gone,
        };
        Some(exit.step)
    }

    /// How it ended: whom to tell, and what had gone wrong.
    pub fn end(&mut self, channel: Channel) -> Option<(CallId, Option<Error>)> {
        self.by_channel.remove(&channel).map(|exit| (exit.call, exit.error))
    }

    pub fn end_all(&mut self) -> Vec<(CallId, Option<Error>)> {
        let all = std::mem::take(&mut self.by_channel);
        all.into_values().map(|exit| (exit.call, exit.error)).collect()
    }

    pub fn purpose(channel: Channel) -> Purpose {
        Purpose::Exit(channel)
    }
}

/// The servers are stopped by the first store of the first worker that is still there.
pub fn stops_servers(members: &Members, me: NodeId, channel: Channel, grace: Duration, now: Time) -> bool {
    let there = |id: NodeId| {
        members.get(id).is_some_and(|member| member.state != NodeState::Left && !member.is_lost(grace, now))
    };
    let first = members.of(Role::Worker).map(|member| member.id).find(|id| *id == me || there(*id));
    channel == Channel(0) && first == Some(me)
}

/// The servers that can still be told anything.
pub fn servers_left(members: &Members, grace: Duration, now: Time) -> Vec<Rank> {
    let there = members
        .of(Role::Server)
        .filter(|member| member.state != NodeState::Left && !member.is_lost(grace, now));
    there.map(|member| member.id.rank()).collect()
}
