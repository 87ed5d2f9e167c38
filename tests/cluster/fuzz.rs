//! Strangers that speak ZMTP, or something like it, to a running scheduler, server and worker: nothing may crash or
//! hang, no value may change, and the training beside it goes on.

use super::process::Cluster;
use mxkv::base::config::Env;
use mxkv::base::sync::thread;
use mxkv::ps::transport::fault::Random;
use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

#[test]
fn nonsense_from_strangers_changes_nothing() {
    let seconds: u32 = Env::process().parsed("MXKV_FUZZ_SECONDS", 4).unwrap();
    let mut cluster = Cluster::prepare(2, 1, 1, 60, "127.0.0.1");
    cluster.train_until_told();
    // Whoever counts as dead is replaced by the next stranger that registers, so nobody may just be slow.
    cluster.set("MXKV_DEAD_AFTER", "60");
    for role in ["scheduler", "server", "worker", "worker"] {
        cluster.spawn(role, &[]);
    }
    cluster.wait_for_round(1);
    let ports: Vec<u16> = (0..3).map(|at| cluster.nodes[at].port).collect();
    let vectors = vectors();
    let seed = std::process::id().into();
    println!("seed {seed}");
    let mut random = Random::new(seed);
    let context = zmq::Context::new();
    let end = Instant::now() + Duration::from_secs(seconds.into());
    let mut attacks = 0;
    while Instant::now() < end {
        let at = random.below(3) as usize;
        let arrived = match random.below(4) {
            0 => bytes(&mut random, ports[at]),
            _ => messages(&mut random, &context, &vectors, ports[at]),
        };
        let ended = (0..cluster.nodes.len()).find(|at| cluster.nodes[*at].has_ended());
        assert!(ended.is_none(), "{} ended\n{}", cluster.nodes[ended.unwrap()].name, cluster.tell());
        assert!(arrived, "{} does not listen\n{}", cluster.nodes[at].name, cluster.tell());
        attacks += 1;
    }
    cluster.end_training();
    println!("{attacks} attacks");
    cluster.wait_until_counted(&[]);
    assert!(attacks > u64::from(seconds), "only {attacks} attacks");
}

/// A connection that ends in the middle of nonsense. Whether there was one.
fn bytes(random: &mut Random, port: u16) -> bool {
    const GREETING: &[u8] = b"\xff\0\0\0\0\0\0\0\x01\x7f\x03\0NULL\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    let mut text = Vec::new();
    if random.chance(700) {
        text.extend_from_slice(GREETING);
    }
    if random.chance(500) {
        text.extend_from_slice(b"\x04\x1a\x05READY\x0bSocket-Type\0\0\0\x06DEALER");
    }
    if random.chance(500) {
        // A long frame of absurd length.
        text.push([0x02, 0x03, 0x06, 0xff][random.below(4) as usize]);
        text.extend_from_slice(&random.bits().to_be_bytes());
    }
    text.extend(noise(random, 400));
    // The other side may hang up whenever it likes.
    let _ = stream.write_all(&text);
    true
}

/// Messages over libzmq. It connects behind our back, so a connection of our own tells whether it can.
fn messages(random: &mut Random, context: &zmq::Context, vectors: &[Vec<Vec<u8>>], port: u16) -> bool {
    if TcpStream::connect(("127.0.0.1", port)).is_err() {
        return false;
    }
    let socket = context.socket(zmq::DEALER).unwrap();
    socket.set_linger(50).unwrap();
    let identity = identity(random);
    if !identity.is_empty() {
        socket.set_identity(&identity).unwrap();
    }
    socket.connect(&format!("tcp://127.0.0.1:{port}")).unwrap();
    for _ in 0..1 + random.below(20) {
        let frames = match random.below(4) {
            0 => (0..1 + random.below(6)).map(|_| noise(random, 60)).collect(),
            1 => vec![fields(random)],
            _ => {
                let which = random.below(vectors.len() as u64) as usize;
                mutated(random, &vectors[which])
            }
        };
        // A link that is full has enough to do.
        let _ = socket.send_multipart(frames, zmq::DONTWAIT);
    }
    thread::sleep(Duration::from_millis(random.below(20)));
    true
}

/// Whom a stranger may claim to be: nobody, nonsense, nodes that do not exist, successors that nobody announced.
/// Not members: nothing tells their messages from those of whoever stole their name, until there are keys.
fn identity(random: &mut Random) -> Vec<u8> {
    match random.below(8) {
        0 | 1 => Vec::new(),
        2 => b"ps99".to_vec(),
        3 => b"ps8.7".to_vec(),
        4 => b"ps1.1".to_vec(),
        5 => format!("ps{}", random.bits()).into_bytes(),
        6 => [b"psx".to_vec(), noise(random, 9)].concat(),
        // An identity that begins with 0 is reserved.
        _ => [vec![b'x'], noise(random, 100)].concat(),
    }
}

fn noise(random: &mut Random, most: u64) -> Vec<u8> {
    (0..random.below(most)).map(|_| random.bits() as u8).collect()
}

/// The fields of a message, in any order, number and size.
fn fields(random: &mut Random) -> Vec<u8> {
    let mut text = Vec::new();
    for _ in 0..random.below(16) {
        let number = 1 + random.below(15) as u8;
        if random.chance(800) {
            text.push(number << 3);
            varint(random, &mut text);
        } else {
            text.push(number << 3 | 2);
            varint(random, &mut text);
            text.extend(noise(random, 20));
        }
    }
    text
}

fn varint(random: &mut Random, text: &mut Vec<u8>) {
    let mut value = match random.below(4) {
        0 => random.below(8),
        1 => random.below(1 << 33),
        2 => u64::MAX - random.below(3),
        _ => random.bits(),
    };
    while value > 127 {
        text.push(value as u8 | 128);
        value >>= 7;
    }
    text.push(value as u8);
}

/// Captured messages of MXNet's nodes, a little changed or not at all.
fn mutated(random: &mut Random, frames: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut frames = frames.to_vec();
    for _ in 0..random.below(4) {
        let at = random.below(frames.len() as u64) as usize;
        let frame = &mut frames[at];
        let place = random.below(frame.len() as u64 + 1) as usize;
        match random.below(5) {
            0 if place < frame.len() => frame[place] ^= 1 << random.below(8),
            1 if place < frame.len() => frame[place] = random.bits() as u8,
            2 => frame.truncate(place),
            3 => frame.insert(place, random.bits() as u8),
            _ => {
                let twin = frame.clone();
                frames.push(twin);
            }
        }
    }
    frames
}

fn vectors() -> Vec<Vec<Vec<u8>>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/ps-wire");
    let mut vectors = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let Ok(vector) = serde_json::from_str::<serde_json::Value>(&text) else { continue };
        let Some(frames) = vector["frames"].as_array() else { continue };
        let frame = |hex: &serde_json::Value| -> Vec<u8> {
            let digits: Vec<u8> = hex
                .as_str()
                .unwrap()
                .bytes()
                .map(|digit| (digit as char).to_digit(16).unwrap() as u8)
                .collect();
            digits.as_chunks().0.iter().map(|[high, low]| high << 4 | low).collect()
        };
        vectors.push(frames.iter().map(frame).collect());
    }
    assert!(vectors.len() > 100, "{} vectors", vectors.len());
    vectors
}
