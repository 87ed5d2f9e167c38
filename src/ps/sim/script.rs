//! What one worker's store does in a simulated job: join, initialise if it is the first, train, leave. A
//! restarted one looks up how far its predecessor came and goes on from there.

use super::invariants::barriers::Barriers;
use super::invariants::reads::{Part, Reads, Snapshot, count, token};
use super::network::Pid;
use super::toy::{from_bytes, to_bytes};
use crate::base::Result;
use crate::ps::id::{Audience, Channel, Group, Rank};
use crate::ps::keyspace::Shard;
use crate::ps::proto::{Body, CallId, Outcome, Request, WorkerCall};
use crate::ps::transport::fault::Random;
use crate::ps::wire::{Command, DType, Payload, ValueKind, Verb};
use bytes::Bytes;
use std::collections::{BTreeMap, VecDeque};

const KIND: ValueKind = ValueKind { mode: crate::ps::wire::ValueMode::Dense, dtype: DType::Uint64 };

/// What all workers of a job agree on.
#[derive(Debug)]
pub struct Job {
    /// Elements and parts of each key.
    pub keys: Vec<(u64, Vec<Shard>)>,
    pub rounds: u64,
    pub sync: bool,
    /// Whether workers meet after every second round.
    pub barriers: bool,
}

/// What is known about the whole run, for the invariants.
pub struct World {
    pub job: Job,
    pub reads: Reads,
    pub barriers: Barriers,
    pub violations: Vec<String>,
    /// Calls may end with errors.
    pub may_fail: bool,
    pub failures: u64,
    pub next_call: u64,
}

#[derive(Debug)]
enum Op {
    Join,
    Plain,
    Push { number: u64, parts: Vec<Part>, pulled: Option<Vec<Snapshot>> },
    Pull { parts: Vec<Part>, before: Vec<Snapshot>, discover: bool },
    Barrier { number: u64 },
    Close,
}

/// What comes after the calls that are open now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    SyncMode,
    Init,
    Meet,
    Discover,
    Push(u64),
    Pull(u64),
    MeetAgain(u64),
    Close,
    Gone,
}

#[derive(Debug)]
pub struct Script {
    pub worker: usize,
    pub pid: Pid,
    pub channel: Channel,
    /// Leaves after this round without waiting for anybody.
    pub leaves_after: Option<u64>,
    joined: bool,
    leader: bool,
    stage: Stage,
    open: BTreeMap<CallId, Op>,
    random: Random,
}

impl Script {
    pub fn new(worker: usize, pid: Pid, channel: Channel, random: Random) -> Self {
        let open = BTreeMap::new();
        Script {
            worker,
            pid,
            channel,
            leaves_after: None,
            joined: false,
            leader: false,
            stage: Stage::SyncMode,
            open,
            random,
        }
    }

    pub fn begin(&mut self, world: &mut World) -> Vec<WorkerCall> {
        let call = self.note(world, Op::Join);
        vec![WorkerCall::Join { call, channel: self.channel }]
    }

    pub fn open_calls(&self) -> usize {
        self.open.len()
    }

    pub fn is_joining(&self) -> bool {
        !self.joined
    }

    pub fn is_gone(&self) -> bool {
        self.stage == Stage::Gone
    }

    fn note(&mut self, world: &mut World, op: Op) -> CallId {
        world.next_call += 1;
        let call = CallId(world.next_call);
        self.open.insert(call, op);
        call
    }

    /// A call has ended; if it is one of this script's, what to do next.
    pub fn finished(
        &mut self,
        world: &mut World,
        call: CallId,
        result: &Result<Outcome>,
    ) -> Option<Vec<WorkerCall>> {
        let op = self.open.remove(&call)?;
        match result {
            Ok(outcome) => {
                if let Err(violation) = self.check(world, op, outcome) {
                    world.violations.push(violation);
                }
            }
            Err(error) => {
                world.failures += 1;
                if !world.may_fail {
                    world.violations.push(format!("worker {}: {op:?} failed: {error}", self.worker));
                }
                if self.stage != Stage::Gone {
                    self.stage = Stage::Close;
                }
            }
        }
        let mut calls = VecDeque::new();
        while self.open.is_empty() && self.stage != Stage::Gone {
            calls.extend(self.advance(world));
        }
        Some(calls.into())
    }

    fn check(&mut self, world: &mut World, op: Op, outcome: &Outcome) -> Result<(), String> {
        match (op, outcome) {
            (Op::Join, Outcome::Joined { id, rejoined }) => {
                self.joined = true;
                self.leader = id.rank().get() == 0 && self.channel == Channel(0);
                self.stage = match (rejoined, self.leader) {
                    (true, _) => Stage::Discover,
                    (false, true) => Stage::SyncMode,
                    (false, false) => Stage::Meet,
                };
                Ok(())
            }
            (Op::Push { number, parts, pulled }, Outcome::Answers(answers)) => {
                for part in &parts {
                    world.reads.acknowledge(*part, self.worker, number);
                }
                match pulled {
                    Some(before) => compare(world, &parts, &before, answers),
                    None => Ok(()),
                }
            }
            (Op::Pull { parts, before, discover }, Outcome::Answers(answers)) => {
                compare(world, &parts, &before, answers)?;
                if discover {
                    // Its predecessor's pushes that went through without it getting to know.
                    for (part, value) in parts.iter().zip(values(answers)?) {
                        let done = value.first().map_or(0, |number| count(*number, self.worker));
                        world.reads.acknowledge(*part, self.worker, done);
                    }
                }
                Ok(())
            }
            (Op::Barrier { number }, Outcome::Released) => world.barriers.opened(self.worker, number),
            (Op::Plain, Outcome::Answers(_)) => Ok(()),
            (Op::Close, Outcome::Closed) => Ok(()),
            (op, outcome) => Err(format!("worker {}: {op:?} ended with {outcome:?}", self.worker)),
        }
    }

    fn advance(&mut self, world: &mut World) -> Vec<WorkerCall> {
        match self.stage {
            Stage::SyncMode => {
                self.stage = Stage::Init;
                if world.job.sync { vec![self.command(world, Command::SyncMode)] } else { Vec::new() }
            }
            Stage::Init => {
                self.stage = Stage::Meet;
                (0..world.job.keys.len()).map(|key| self.init(world, key)).collect()
            }
            Stage::Meet => {
                self.stage = Stage::Push(1);
                vec![self.barrier(world)]
            }
            Stage::Discover => {
                self.stage = Stage::Push(1);
                (0..world.job.keys.len()).map(|key| self.pull(world, key, true)).collect()
            }
            Stage::Push(round) if round > world.job.rounds => {
                self.stage = Stage::Close;
                Vec::new()
            }
            Stage::Push(round) => {
                self.stage = Stage::Pull(round);
                (0..world.job.keys.len()).filter_map(|key| self.push(world, key, round)).collect()
            }
            Stage::Pull(round) => {
                self.stage = Stage::MeetAgain(round);
                (0..world.job.keys.len()).map(|key| self.pull(world, key, false)).collect()
            }
            Stage::MeetAgain(round) => {
                let leaves = self.leaves_after == Some(round);
                self.stage = if leaves { Stage::Close } else { Stage::Push(round + 1) };
                if world.job.barriers && round % 2 == 0 && !leaves {
                    vec![self.barrier(world)]
                } else {
                    Vec::new()
                }
            }
            Stage::Close => {
                self.stage = Stage::Gone;
                world.barriers.excuse(self.worker);
                let call = self.note(world, Op::Close);
                vec![WorkerCall::Close { call, channel: self.channel, barrier: self.leaves_after.is_none() }]
            }
            Stage::Gone => Vec::new(),
        }
    }

    fn barrier(&mut self, world: &mut World) -> WorkerCall {
        let number = world.barriers.arrive(self.worker);
        let call = self.note(world, Op::Barrier { number });
        let audience = Audience::Group(Group::WORKERS);
        WorkerCall::Barrier { call, channel: self.channel, audience, deadline: None }
    }

    fn command(&mut self, world: &mut World, command: Command) -> WorkerCall {
        let call = self.note(world, Op::Plain);
        let body = Body::Command { command, body: Bytes::new(), servers: None };
        self.request(call, body, format!("command {command}"))
    }

    fn init(&mut self, world: &mut World, key: usize) -> WorkerCall {
        let call = self.note(world, Op::Plain);
        let parts = world.job.keys[key].1.iter().map(|shard| part(shard, Some(0))).collect();
        let body = Body::Data { verb: Verb::Push, kind: KIND, init: true, parts };
        self.request(call, body, format!("init of key {key}"))
    }

    /// Pushes what is left to push of a key in this round.
    fn push(&mut self, world: &mut World, key: usize, round: u64) -> Option<WorkerCall> {
        let shards: Vec<Shard> = world.job.keys[key].1.clone();
        let left = |shard: &Shard| world.reads.pushes(shard.key, self.worker).acknowledged < round;
        let shards: Vec<_> = shards.into_iter().filter(left).collect();
        if shards.is_empty() {
            return None;
        }
        for shard in &shards {
            world.reads.issue(shard.key, self.worker, round);
        }
        let parts: Vec<_> = shards.iter().map(|shard| shard.key).collect();
        let both = self.random.chance(200);
        let pulled = both.then(|| parts.iter().map(|part| world.reads.snapshot(*part)).collect());
        let call = self.note(world, Op::Push { number: round, parts, pulled });
        let value = token(self.worker);
        let parts = shards.iter().map(|shard| part(shard, Some(value))).collect();
        let verb = if both { Verb::PushPull } else { Verb::Push };
        let body = Body::Data { verb, kind: KIND, init: false, parts };
        Some(self.request(call, body, format!("{verb} {round} of key {key}")))
    }

    fn pull(&mut self, world: &mut World, key: usize, discover: bool) -> WorkerCall {
        let shards = world.job.keys[key].1.clone();
        let parts: Vec<_> = shards.iter().map(|shard| shard.key).collect();
        let before = parts.iter().map(|part| world.reads.snapshot(*part)).collect();
        let call = self.note(world, Op::Pull { parts, before, discover });
        let parts = shards.iter().map(|shard| part(shard, None)).collect();
        let body = Body::Data { verb: Verb::Pull, kind: KIND, init: false, parts };
        self.request(call, body, format!("pull of key {key}"))
    }

    fn request(&self, call: CallId, body: Body, subject: String) -> WorkerCall {
        let request = Request { body, subject, priority: 0, deadline: None };
        WorkerCall::Request { call, channel: self.channel, request }
    }
}

/// One server's share of a request, every element the same; `value` None for a pull.
fn part(shard: &Shard, value: Option<u64>) -> (Rank, Payload) {
    let payload = match value {
        Some(value) => {
            let values = to_bytes(&vec![value; (shard.elements.end - shard.elements.start) as usize]);
            let lens = [values.len() as i32];
            Payload::new(&[shard.key], values, Some(&lens))
        }
        None => Payload::new(&[shard.key], Bytes::new(), None),
    };
    (shard.server, payload.unwrap())
}

fn values(answers: &[(Rank, Option<Payload>)]) -> Result<Vec<Vec<u64>>, String> {
    let value = |(rank, payload): &(Rank, Option<Payload>)| {
        let payload = payload.as_ref().ok_or_else(|| format!("server {rank} answered without values"))?;
        Ok(from_bytes(payload.values()))
    };
    answers.iter().map(value).collect()
}

fn compare(
    world: &World,
    parts: &[Part],
    before: &[Snapshot],
    answers: &[(Rank, Option<Payload>)],
) -> Result<(), String> {
    let values = values(answers)?;
    if values.len() != parts.len() {
        return Err(format!("{} answers for {} parts", values.len(), parts.len()));
    }
    for ((part, before), value) in parts.iter().zip(before).zip(&values) {
        world.reads.check(*part, before, value)?;
    }
    Ok(())
}
