//! Barriers as a worker or server waits at them.

use super::event::CallId;
use super::post::Post;
use super::time::Time;
use crate::base::Result;
use crate::err;
use crate::ps::id::{Audience, Channel, NodeId, RequestId};
use crate::ps::wire::{Barrier, Direction, Extension, Flags, Message};
use std::collections::BTreeMap;
use std::time::Duration;

/// Who waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Call(CallId),
    /// Everybody has joined.
    Start(Channel),
    /// A step of the way out.
    Exit(Channel),
}

#[derive(Debug)]
struct Waiting {
    purpose: Purpose,
    channel: Channel,
    audience: Audience,
    exit: bool,
    since: Time,
    deadline: Time,
    repeat: Time,
    /// Who is missing, as the scheduler put it last.
    missing: Option<String>,
}

/// The barriers this process waits at, by the number of the request.
#[derive(Debug, Default)]
pub struct BarrierCalls {
    waiting: BTreeMap<RequestId, Waiting>,
}

/// An end of waiting.
pub type Ended = (Purpose, Result<()>);

impl BarrierCalls {
    /// Arrives at a barrier. Nobody waits for itself alone: such a barrier is open at once.
    pub fn begin(
        &mut self,
        now: Time,
        post: &mut Post,
        purpose: Purpose,
        (channel, audience, exit): (Channel, Audience, bool),
        wait: Duration,
    ) -> Option<Ended> {
        let me = post.id()?;
        if !audience.has(me) {
            let error = err!(InvalidArgument, "barrier of {audience}: {me} is not one of them");
            return Some((purpose, Err(error)));
        }
        if post.members.participants(audience).nth(1).is_none() {
            return Some((purpose, Ok(())));
        }
        let request = post.number();
        // MXNet's scheduler would count a repeated request as somebody else's.
        let ours = post.is_ours(NodeId::SCHEDULER);
        let repeat = if ours { now.after(post.settings.timing.repeat) } else { Time::NEVER };
        let (since, deadline) = (now, now.after(wait));
        let waiting = Waiting { purpose, channel, audience, exit, since, deadline, repeat, missing: None };
        send(now, post, request, &waiting);
        self.waiting.insert(request, waiting);
        None
    }

    /// A release or, from our scheduler, a word about one barrier.
    pub fn answered(&mut self, post: &Post, barrier: &Barrier) -> Vec<Ended> {
        let extension = &barrier.extension;
        let Some(request) = extension.answers.filter(|_| post.is_ours(NodeId::SCHEDULER)) else {
            // MXNet's release says neither which barrier nor for whom, and opens all.
            let all = std::mem::take(&mut self.waiting);
            return all.into_values().map(|waiting| (waiting.purpose, Ok(()))).collect();
        };
        let error = extension.error.clone();
        if extension.flags.has(Flags::PARTIAL) {
            if let Some(waiting) = self.waiting.get_mut(&request) {
                waiting.missing = error.map(|error| error.text);
            }
            return Vec::new();
        }
        let Some(waiting) = self.waiting.remove(&request) else { return Vec::new() };
        vec![(waiting.purpose, error.map_or(Ok(()), |error| Err(error.into_error())))]
    }

    /// The scheduler is gone, and with it all barriers.
    pub fn fail(&mut self, why: &crate::base::Error) -> Vec<Ended> {
        let all = std::mem::take(&mut self.waiting);
        let failed = |waiting: Waiting| {
            let doing = format!("barrier of {}", waiting.audience);
            (waiting.purpose, Err(why.clone().context(doing)))
        };
        all.into_values().map(failed).collect()
    }

    pub fn tick(&mut self, now: Time, post: &mut Post) -> Vec<Ended> {
        let mut ended = Vec::new();
        self.waiting.retain(|request, waiting| {
            if waiting.deadline <= now {
                let seconds = now.since(waiting.since).as_secs_f64();
                let missing =
                    waiting.missing.as_deref().unwrap_or("the scheduler has not said who is missing");
                let error =
                    err!(Timeout, "barrier of {}: closed for {seconds:.0} s; {missing}", waiting.audience);
                ended.push((waiting.purpose, Err(error)));
                return false;
            }
            if waiting.repeat <= now {
                waiting.repeat = now.after(post.settings.timing.repeat);
                send(now, post, *request, waiting);
            }
            true
        });
        ended
    }

    pub fn wake_at(&self) -> Time {
        self.waiting.values().map(|waiting| waiting.deadline.min(waiting.repeat)).min().unwrap_or(Time::NEVER)
    }
}

fn send(now: Time, post: &mut Post, request: RequestId, waiting: &Waiting) {
    let flags = if waiting.exit { Flags::EXIT } else { Flags::NONE };
    let message = Message::Barrier(Barrier {
        direction: Direction::Request,
        group: waiting.audience.to_wire(),
        channel: waiting.channel,
        request,
        extension: Extension::flags(flags),
    });
    post.send(now, NodeId::SCHEDULER, &message);
}
