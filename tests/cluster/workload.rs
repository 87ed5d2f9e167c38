//! What the workers do: in round `n` worker `w` pushes `n * 131072^w` to every key, so that after each round every
//! value tells exactly whose push of which round it holds. A restarted worker reads there how far it had come.

use bytes::Bytes;
use mxkv::base::config::Env;
use mxkv::base::{Result, sync::thread};
use mxkv::ensure;
use mxkv::err;
use mxkv::ps::id::{Audience, Channel, Group};
use mxkv::ps::keyspace::KeySpace;
use mxkv::ps::node::WorkerNode;
use mxkv::ps::proto::{Body, Outcome, Request};
use mxkv::ps::wire::{Command, DType, Payload, ValueKind, Verb};
use std::time::Duration;

const CHANNEL: Channel = Channel(0);
/// Enough for every server to have some.
const KEYS: u32 = 6;
const ELEMENTS: usize = 5;
const BASE: f64 = 131_072.0;

/// Names the setting for how many rounds there are.
pub const ROUNDS: &str = "MXKV_TEST_ROUNDS";
/// Names the setting for a file: once it is there, it holds how many rounds there are after all.
pub const LAST: &str = "MXKV_TEST_LAST";
/// More would run into the next worker's digits.
pub const MOST_ROUNDS: u32 = BASE as u32 - 1;

#[test]
#[ignore = "this is what the worker processes of the other tests run"]
fn a_worker() {
    let env = Env::process();
    let node = WorkerNode::open(&env).unwrap();
    let rounds = env.parsed(ROUNDS, 1).unwrap();
    let last = env.text(LAST);
    let told = || std::fs::read_to_string(last.as_ref()?).ok()?.parse().ok();
    match train(&node, || told().unwrap_or(rounds)) {
        Ok(()) => println!("done"),
        Err(error) => {
            println!("failed: {error}");
            let left = node.close(CHANNEL, false);
            println!("left: {left:?}");
        }
    }
}

fn train(node: &WorkerNode, rounds: impl Fn() -> u32) -> Result<()> {
    let (id, rejoined) = node.join(CHANNEL)?;
    println!("joined as {id:?}, again: {rejoined}");
    let (me, workers) = (id.rank().get(), node.workers());
    let space = KeySpace::new(node.servers(), 1_000_000)?;
    if !rejoined {
        if me == 0 {
            ask(
                node,
                Body::Command { command: Command::SyncMode, body: Bytes::new(), servers: None },
                "mode",
            )?;
            for key in 0..KEYS {
                data(node, &space, Verb::Push, key, Some(0.0), true)?;
            }
        }
        node.barrier(CHANNEL, Audience::Group(Group::WORKERS), None)?;
    }
    let everybody = |round: u32| -> f64 { (0..workers).map(|worker| token(worker, round)).sum() };
    let mut done = Vec::new();
    for key in 0..KEYS {
        let value = data(node, &space, Verb::Pull, key, None, false)?;
        let round = value as u64 % BASE as u64;
        ensure!(value == everybody(round as u32), Internal, "key {key} starts with {value}");
        done.push(round as u32);
    }
    // A predecessor may have died between two keys of a round: the others wait for the keys that are behind.
    while let Some(behind) = done.iter().min().copied().filter(|round| *round < rounds()) {
        for (key, done) in (0..KEYS).zip(&mut done).filter(|(_, done)| **done == behind) {
            let round = *done + 1;
            data(node, &space, Verb::Push, key, Some(token(me, round)), false)?;
            let value = data(node, &space, Verb::Pull, key, None, false)?;
            ensure!(
                value == everybody(round),
                Internal,
                "WRONG: key {key} is {value} after round {round}, expected {}",
                everybody(round)
            );
            *done = round;
        }
        println!("round {}", done.iter().min().unwrap_or(&0));
        thread::sleep(Duration::from_millis(5));
    }
    node.close(CHANNEL, true)
}

fn token(worker: u32, round: u32) -> f64 {
    f64::from(round) * BASE.powi(worker as i32)
}

fn ask(node: &WorkerNode, body: Body, subject: &str) -> Result<Outcome> {
    let request = Request { body, subject: subject.to_owned(), priority: 0, deadline: None };
    node.request_and_wait(CHANNEL, request)
}

/// Pushes `value` in every element, or pulls; gives the one value that all elements have. `init`: it is the first.
fn data(
    node: &WorkerNode,
    space: &KeySpace,
    verb: Verb,
    key: u32,
    value: Option<f64>,
    init: bool,
) -> Result<f64> {
    let mut parts = Vec::new();
    for shard in space.dense(key, ELEMENTS as u64)? {
        let payload = match value {
            Some(value) => {
                let bytes: Vec<u8> =
                    [value; ELEMENTS].iter().flat_map(|element| element.to_le_bytes()).collect();
                let lens = [bytes.len() as i32];
                Payload::new(&[shard.key], bytes.into(), Some(&lens))?
            }
            None => Payload::new(&[shard.key], Bytes::new(), None)?,
        };
        parts.push((shard.server, payload));
    }
    let body = Body::Data { verb, kind: ValueKind::dense(DType::Float64), init, parts };
    let Outcome::Answers(answers) = ask(node, body, &format!("{verb} of key {key}"))? else {
        return Err(err!(Internal, "no answers"));
    };
    let Some(payload) = answers.into_iter().next().and_then(|(_, payload)| payload) else { return Ok(0.0) };
    let elements: Vec<f64> =
        payload.values().as_chunks().0.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect();
    let first = elements.first().copied().ok_or_else(|| err!(Internal, "key {key} is empty"))?;
    let even = elements.len() == ELEMENTS && elements.iter().all(|element| *element == first);
    ensure!(even, Internal, "WRONG: key {key} holds {elements:?}");
    Ok(first)
}
