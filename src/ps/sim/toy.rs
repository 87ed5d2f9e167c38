//! A shard of integers: the smallest [`ShardHost`] that has everything the protocol cares about. Values are
//! vectors of u64 that pushes are added to.

use crate::base::sync::Arc;
use crate::base::{Error, Result};
use crate::err;
use crate::ps::node::{Action, Answer, Participant, ReplySink, ShardHost, ShardInfo, ShardRequest, Ticket};
use crate::ps::wire::{Command, Payload, Verb};
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

pub type Numbers = Vec<u64>;

pub fn to_bytes(numbers: &[u64]) -> Bytes {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>().into()
}

pub fn from_bytes(bytes: &[u8]) -> Numbers {
    bytes.as_chunks::<8>().0.iter().map(|number| u64::from_le_bytes(*number)).collect()
}

#[derive(Debug)]
struct Push {
    ticket: Ticket,
    verb: Verb,
    value: Numbers,
}

/// Which worker's push a round took, for the invariants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    pub key: u64,
    pub took: Vec<Participant>,
}

#[derive(Default)]
pub struct Toy {
    replies: Option<Arc<dyn ReplySink>>,
    workers: Vec<Participant>,
    left: BTreeSet<Participant>,
    lost: BTreeMap<Participant, Error>,
    sync: bool,
    pub store: BTreeMap<u64, Numbers>,
    waiting: BTreeMap<u64, BTreeMap<Participant, VecDeque<Push>>>,
    pub rounds: Vec<Round>,
}

impl Toy {
    fn reply(&self, ticket: Ticket, outcome: Result<Answer>) {
        if let Some(replies) = &self.replies {
            replies.reply(ticket, outcome);
        }
    }

    fn value(&self, key: u64) -> Result<Answer> {
        let value = self.store.get(&key).ok_or_else(|| err!(UnknownKey, "key {key}: not initialised"))?;
        let bytes = to_bytes(value);
        let lens = [bytes.len() as i32];
        Ok(Answer::Values(Payload::new(&[key], bytes, Some(&lens))?))
    }

    fn add(&mut self, key: u64, value: &Numbers) {
        for (sum, more) in self.store.get_mut(&key).unwrap().iter_mut().zip(value) {
            *sum += more;
        }
    }

    fn push(&mut self, from: Participant, ticket: Ticket, verb: Verb, key: u64, value: Numbers) {
        if !self.store.contains_key(&key) {
            return self.reply(ticket, Err(err!(UnknownKey, "key {key}: not initialised")));
        }
        if !self.sync {
            self.add(key, &value);
            let answer = if verb.pulls() { self.value(key) } else { Ok(Answer::Done) };
            return self.reply(ticket, answer);
        }
        let queue = self.waiting.entry(key).or_default().entry(from).or_default();
        queue.push_back(Push { ticket, verb, value });
        self.advance(key);
    }

    /// Completes rounds of a key as long as everybody has pushed; fails what can never complete.
    fn advance(&mut self, key: u64) {
        loop {
            let Some(waiting) = self.waiting.get_mut(&key) else { return };
            let mut present = self.workers.iter().filter(|worker| !self.left.contains(worker));
            let has = |worker: &Participant| waiting.get(worker).is_some_and(|queue| !queue.is_empty());
            let missing = present.find(|worker| !has(worker));
            if let Some(missing) = missing {
                if let Some(why) = self.lost.get(missing).cloned() {
                    let all: Vec<_> = waiting.values_mut().flat_map(std::mem::take).collect();
                    for push in all {
                        self.reply(push.ticket, Err(why.clone()));
                    }
                }
                return;
            }
            let took: Vec<_> = self.workers.iter().filter(|worker| has(worker)).copied().collect();
            if took.is_empty() {
                return;
            }
            let fronts: Vec<_> =
                took.iter().filter_map(|worker| waiting.get_mut(worker)?.pop_front()).collect();
            for push in &fronts {
                self.add(key, &push.value);
            }
            self.rounds.push(Round { key, took });
            for Push { ticket, verb, .. } in fronts {
                let answer = if verb.pulls() { self.value(key) } else { Ok(Answer::Done) };
                self.reply(ticket, answer);
            }
        }
    }

    fn advance_all(&mut self) {
        for key in self.waiting.keys().copied().collect::<Vec<_>>() {
            self.advance(key);
        }
    }
}

impl ShardHost for Toy {
    fn start(&mut self, shard: ShardInfo, replies: Arc<dyn ReplySink>) {
        self.workers = shard.workers;
        self.replies = Some(replies);
    }

    fn is_quick(&self, _request: &ShardRequest) -> bool {
        true
    }

    fn request(&mut self, request: ShardRequest) {
        let ShardRequest { ticket, from, action, .. } = request;
        let parts = |payload: &Payload| payload.parts().unwrap();
        match action {
            Action::Command { command, .. } => {
                self.sync |= command == Command::SyncMode;
                self.reply(ticket, Ok(Answer::Done));
            }
            Action::Init { payload, .. } => {
                for (key, value) in parts(&payload) {
                    self.store.entry(key).or_insert_with(|| from_bytes(&value));
                }
                self.reply(ticket, Ok(Answer::Done));
            }
            Action::Data { verb: Verb::Pull, payload, .. } => {
                let key = payload.keys().next().unwrap();
                self.reply(ticket, self.value(key));
            }
            Action::Data { verb, payload, .. } => {
                let (key, value) = parts(&payload).remove(0);
                self.push(from, ticket, verb, key, from_bytes(&value));
            }
        }
    }

    fn worker_lost(&mut self, worker: Participant, why: &Error) {
        self.lost.insert(worker, why.clone());
        self.advance_all();
    }

    fn worker_back(&mut self, worker: Participant) {
        self.lost.remove(&worker);
    }

    fn worker_succeeded(&mut self, worker: Participant) {
        self.lost.remove(&worker);
        self.left.remove(&worker);
        for waiting in self.waiting.values_mut() {
            waiting.remove(&worker);
        }
    }

    fn worker_left(&mut self, worker: Participant) {
        self.left.insert(worker);
        self.advance_all();
    }

    fn stop(&mut self) {
        self.replies = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::sync::Mutex;
    use crate::ps::id::{Channel, NodeId, Rank};
    use crate::ps::keyspace::KeyRange;
    use crate::ps::wire::{DType, ValueKind};

    #[derive(Default)]
    struct Sink(Mutex<Vec<(Ticket, bool)>>);

    impl ReplySink for Sink {
        fn reply(&self, ticket: Ticket, outcome: Result<Answer>) {
            self.0.lock().push((ticket, outcome.is_ok()));
        }
    }

    fn worker(rank: u32) -> Participant {
        Participant { node: NodeId::worker(Rank::new(rank).unwrap()), channel: Channel(0) }
    }

    fn request(toy: &mut Toy, ticket: u64, from: u32, action: Action) {
        toy.request(ShardRequest {
            ticket: Ticket(ticket),
            from: worker(from),
            ours: true,
            rejoined: false,
            action,
        });
    }

    fn push(toy: &mut Toy, ticket: u64, from: u32, value: u64) {
        let kind = ValueKind::dense(DType::Uint64);
        let payload = Payload::new(&[3], to_bytes(&[value]), Some(&[8])).unwrap();
        request(toy, ticket, from, Action::Data { verb: Verb::Push, kind, payload });
    }

    fn toy() -> (Toy, Arc<Sink>) {
        let (mut toy, sink) = (Toy::default(), Arc::new(Sink::default()));
        let range = KeyRange { begin: 0, end: u64::MAX };
        let workers = vec![worker(0), worker(1)];
        toy.start(ShardInfo { rank: Rank::new(0).unwrap(), range, servers: 1, workers }, sink.clone());
        toy.sync = true;
        toy.store.insert(3, vec![0]);
        (toy, sink)
    }

    #[test]
    fn two_pushes_of_one_worker_do_not_make_a_round_of_two() {
        let (mut toy, sink) = toy();
        push(&mut toy, 1, 0, 1);
        push(&mut toy, 2, 0, 10);
        assert_eq!(toy.store[&3], [0]);
        push(&mut toy, 3, 1, 100);
        assert_eq!(toy.store[&3], [101]);
        assert_eq!(*sink.0.lock(), [(Ticket(1), true), (Ticket(3), true)]);
    }

    #[test]
    fn a_successors_push_does_not_count_beside_its_predecessors() {
        let (mut toy, sink) = toy();
        push(&mut toy, 1, 0, 1);
        toy.worker_succeeded(worker(0));
        push(&mut toy, 3, 1, 100);
        assert_eq!(toy.store[&3], [0], "a successor that looks now must not be overtaken by its predecessor");
        push(&mut toy, 2, 0, 1);
        assert_eq!(toy.store[&3], [101]);
        assert_eq!(*sink.0.lock(), [(Ticket(2), true), (Ticket(3), true)]);
    }

    #[test]
    fn a_lost_worker_fails_its_rounds_and_one_that_left_is_not_waited_for() {
        let (mut toy, sink) = toy();
        push(&mut toy, 1, 0, 1);
        toy.worker_lost(worker(1), &err!(PeerLost, "gone"));
        push(&mut toy, 2, 0, 1);
        assert_eq!(*sink.0.lock(), [(Ticket(1), false), (Ticket(2), false)]);
        toy.worker_left(worker(1));
        push(&mut toy, 3, 0, 1);
        assert_eq!(toy.store[&3], [1]);
    }
}
