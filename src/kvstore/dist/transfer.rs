//! One request of the store on its way to the servers, and what they answered on its way back to the arrays.

use super::cluster::Membership;
use super::layout::Parts;
use crate::base::Result;
use crate::base::sync::{Arc, Mutex};
use crate::engine::{Completion, Engine, Operation};
use crate::ps::proto::{Answers, Body, Outcome, Request};
use crate::ps::wire::{ValueKind, Verb};
use crate::telemetry::log;
use std::borrow::Cow;

/// One logical request.
pub(super) struct Transfer {
    pub verb: Verb,
    pub kind: ValueKind,
    pub init: bool,
    pub parts: Parts,
    pub subject: String,
    pub priority: i32,
    pub sliced: bool,
}

impl Transfer {
    pub(super) fn send(self, member: &Membership, ended: impl FnOnce(Result<Answers>) + Send + 'static) {
        let Transfer { verb, kind, init, parts, subject, priority, sliced } = self;
        let request = |parts: Parts| Request {
            body: Body::Data { verb, kind, init, parts },
            subject: subject.clone(),
            // Without slices a priority would only reorder requests that MXNet's servers may reorder anyway.
            priority: if sliced { priority } else { 0 },
            deadline: None,
        };
        let groups: Vec<Parts> =
            if sliced { parts.into_iter().map(|part| vec![part]).collect() } else { vec![parts] };
        // In slices a value without elements is no request at all.
        if groups.is_empty() {
            return ended(Ok(Answers::new()));
        }
        let gathered = Arc::new(Mutex::new((groups.len(), Ok(Answers::new()), Some(ended))));
        for group in groups {
            let gathered = gathered.clone();
            let one = move |outcome: Result<Outcome>| {
                let mut state = gathered.lock();
                let (missing, all, ended) = &mut *state;
                match (outcome, &mut *all) {
                    (Ok(Outcome::Answers(answers)), Ok(all)) => all.extend(answers),
                    (Ok(_), _) | (_, Err(_)) => {}
                    (Err(error), all) => *all = Err(error),
                }
                *missing -= 1;
                if *missing == 0
                    && let Some(ended) = ended.take()
                {
                    let all = std::mem::replace(all, Ok(Answers::new()));
                    drop(state);
                    ended(all);
                }
            };
            member.node.request(member.channel, request(group), Box::new(one));
        }
    }
}

/// Ends a task with what the network answered: at once if little is to be done, else on a lane, so that the
/// network thread stays free.
pub(super) fn receive(
    engine: &Engine,
    completion: Completion,
    answers: Result<Answers>,
    bytes: usize,
    work: impl FnOnce(Answers) -> Result<()> + Send + 'static,
) {
    let answers = match answers {
        Ok(answers) => answers,
        Err(error) => return completion.done(Err(error)),
    };
    let operation = Operation {
        name: Cow::Borrowed("kvstore_dist_receive"),
        reads: &[],
        writes: &[],
        priority: 0,
        bytes,
    };
    let submitted = engine.run(operation, move || {
        completion.done(work(answers));
        Ok(())
    });
    if let Err(error) = submitted {
        log::warn(format_args!("receiving an answer: {error}"));
    }
}
