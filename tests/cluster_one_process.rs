//! A whole cluster in one process, over real sockets: scheduler, servers with arrays, workers.

use bytes::Bytes;
use mxkv::array::{DType, Device, NdArray, Part, RowSparse, Shape, Storage};
use mxkv::base::config::Env;
use mxkv::base::sync::{Arc, thread};
use mxkv::base::{ErrorKind, Result};
use mxkv::engine::{Engine, Mode};
use mxkv::kvstore::{Cluster, Keys, KvStore, create};
use mxkv::ps::id::{Audience, Channel, Group, Rank, Role};
use mxkv::ps::keyspace::KeySpace;
use mxkv::ps::node::{SchedulerNode, ServerNode, WorkerNode};
use mxkv::ps::proto::{Body, Outcome, Request, Settings, Timing};
use mxkv::ps::transport::Transport;
use mxkv::ps::transport::zmtp::{Options, ZmtpTransport};
use mxkv::ps::wire::{Capabilities, Command, DType as WireDType, Endpoint, Payload, ValueKind, Verb};
use mxkv::server::{Control, Server};
use mxkv::telemetry::Trace;
use std::collections::HashMap;
use std::time::Duration;

const CHANNEL: Channel = Channel(0);

fn listening() -> (Box<dyn Transport>, Endpoint) {
    let mut transport = ZmtpTransport::new(Options::default()).unwrap();
    let port = transport.bind("127.0.0.1", 0).unwrap();
    (Box::new(transport), Endpoint::new("127.0.0.1", port))
}

fn settings(role: Role, workers: u32, servers: u32, scheduler: &Endpoint, endpoint: &Endpoint) -> Settings {
    Settings {
        role,
        workers,
        servers,
        scheduler: scheduler.clone(),
        endpoint: endpoint.clone(),
        nonce: u64::from(endpoint.port),
        capabilities: Capabilities::MXKV.and(Capabilities::HEARTBEATS).and(Capabilities::ALL_DTYPES),
        timing: Timing {
            start: Duration::from_secs(20),
            request: Duration::from_secs(20),
            linger: Duration::from_millis(300),
            ..Timing::default()
        },
    }
}

fn command(command: Command) -> Request {
    Request {
        body: Body::Command { command, body: Bytes::new(), servers: None },
        subject: format!("command {command}"),
        priority: 0,
        deadline: None,
    }
}

fn data(verb: Verb, init: bool, key: u32, space: &KeySpace, values: &[f32]) -> Request {
    let parts = space
        .dense(key, values.len() as u64)
        .unwrap()
        .into_iter()
        .map(|shard| {
            let part = &values[shard.elements.start as usize..shard.elements.end as usize];
            let bytes = part.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
            let lens = [bytes.len() as i32];
            let payload = if verb == Verb::Pull {
                Payload::new(&[shard.key], Bytes::new(), None)
            } else {
                Payload::new(&[shard.key], bytes.into(), Some(&lens))
            };
            (shard.server, payload.unwrap())
        })
        .collect();
    let kind = ValueKind::dense(WireDType::Float32);
    Request {
        body: Body::Data { verb, kind, init, parts },
        subject: format!("{verb} of key {key}"),
        priority: 0,
        deadline: None,
    }
}

fn values(outcome: Outcome) -> Vec<f32> {
    let Outcome::Answers(mut answers) = outcome else { panic!("no answers: {outcome:?}") };
    answers.sort_by_key(|(rank, _)| *rank);
    answers
        .into_iter()
        .flat_map(|(_, payload)| payload.unwrap().values().to_vec())
        .collect::<Vec<u8>>()
        .chunks_exact(4)
        .map(|value| f32::from_le_bytes(value.try_into().unwrap()))
        .collect()
}

/// A scheduler and servers with arrays, each on a thread.
struct Running {
    root: Endpoint,
    nodes: Vec<thread::JoinHandle<Result<()>>>,
}

impl Running {
    fn start(workers: u32, servers: u32) -> Self {
        let (transport, root) = listening();
        let scheduler =
            SchedulerNode::on(settings(Role::Scheduler, workers, servers, &root, &root), transport).unwrap();
        let engine = Engine::new(Mode::Threaded(2), Arc::new(Trace::default()));
        let mut nodes = vec![thread::spawn(move || scheduler.serve())];
        nodes.extend((0..servers).map(|_| {
            let (transport, endpoint) = listening();
            let settings = settings(Role::Server, workers, servers, &root, &endpoint);
            let engine = engine.clone();
            thread::spawn(move || {
                let host = Server::new(engine, Arc::new(Control::default()));
                ServerNode::on(settings, transport)?.serve(Box::new(host))
            })
        }));
        Running { root, nodes }
    }

    fn join(self) {
        for node in self.nodes {
            node.join().unwrap().unwrap();
        }
    }
}

#[test]
fn workers_train_and_everybody_leaves() {
    const WORKERS: u32 = 2;
    const SERVERS: u32 = 2;
    let cluster = Running::start(WORKERS, SERVERS);
    let workers: Vec<_> = (0..WORKERS)
        .map(|_| {
            let (transport, endpoint) = listening();
            let settings = settings(Role::Worker, WORKERS, SERVERS, &cluster.root, &endpoint);
            thread::spawn(move || worker(settings, transport))
        })
        .collect();
    for worker in workers {
        worker.join().unwrap();
    }
    cluster.join();
}

#[test]
fn a_store_that_could_not_join_is_gone_and_may_try_again() {
    // The scheduler does not answer at first.
    let (transport, root) = listening();
    let (first, endpoint) = listening();
    let mut hasty = settings(Role::Worker, 1, 1, &root, &endpoint);
    hasty.timing.start = Duration::from_millis(300);
    let node = WorkerNode::on(hasty, first).unwrap();
    let error = node.join(CHANNEL).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    // Nobody listens there any more, although the node is still held.
    let mut second = ZmtpTransport::new(Options::default()).unwrap();
    second.bind(&endpoint.host, endpoint.port).unwrap();

    let scheduler = SchedulerNode::on(settings(Role::Scheduler, 1, 1, &root, &root), transport).unwrap();
    let scheduler = thread::spawn(move || scheduler.serve());
    let (transport, at) = listening();
    let server = settings(Role::Server, 1, 1, &root, &at);
    let server = thread::spawn(move || {
        let engine = Engine::new(Mode::Threaded(1), Arc::new(Trace::default()));
        let host = Server::new(engine, Arc::new(Control::default()));
        ServerNode::on(server, transport)?.serve(Box::new(host))
    });
    let again = WorkerNode::on(settings(Role::Worker, 1, 1, &root, &endpoint), Box::new(second)).unwrap();
    again.join(CHANNEL).unwrap();
    assert!(again.join(CHANNEL).is_err(), "joined already");
    again.request_and_wait(CHANNEL, command(Command::SyncMode)).unwrap();
    // Dropping the node without closing its store leaves, too: the others would wait for it otherwise.
    drop(again);
    server.join().unwrap().unwrap();
    scheduler.join().unwrap().unwrap();
}

fn worker(settings: Settings, transport: Box<dyn Transport>) {
    let node = WorkerNode::on(settings, transport).unwrap();
    let (id, rejoined) = node.join(CHANNEL).unwrap();
    assert!(!rejoined && id.role() == Role::Worker);
    // Key 1 is small and lives on one server; key 2 is cut in two.
    let space = KeySpace::new(node.servers(), 4).unwrap();
    let sizes = [(1, 3usize), (2, 5)];
    let meet = || node.barrier(CHANNEL, Audience::Group(Group::WORKERS), None).unwrap();
    if id.rank() == Rank::new(0).unwrap() {
        node.request_and_wait(CHANNEL, command(Command::SyncMode)).unwrap();
        for (key, size) in sizes {
            node.request_and_wait(CHANNEL, data(Verb::Push, true, key, &space, &vec![0.0; size])).unwrap();
        }
    }
    meet();
    for round in 1..=5 {
        for (key, size) in sizes {
            let gradient: Vec<f32> = (0..size).map(|i| (i + round + id.rank().index()) as f32).collect();
            node.request_and_wait(CHANNEL, data(Verb::Push, false, key, &space, &gradient)).unwrap();
            let pulled = node
                .request_and_wait(CHANNEL, data(Verb::Pull, false, key, &space, &vec![0.0; size]))
                .unwrap();
            let expected: Vec<f32> = (0..size).map(|i| (2 * (i + round) + 1) as f32).collect();
            assert_eq!(values(pulled), expected, "key {key}, round {round}");
        }
        meet();
    }
    node.close(CHANNEL, true).unwrap();
}

/// Runs `body` with the only worker's store of a cluster with two servers.
fn with_store(type_name: &str, settings: &[(&str, &str)], body: impl FnOnce(&dyn KvStore, &Engine)) {
    let running = Running::start(1, 2);
    let port = running.root.port.to_string();
    let place = [
        ("DMLC_PS_ROOT_URI", "127.0.0.1"),
        ("DMLC_PS_ROOT_PORT", &port),
        ("DMLC_NODE_HOST", "127.0.0.1"),
        ("DMLC_NUM_WORKER", "1"),
        ("DMLC_NUM_SERVER", "2"),
        ("MXKV_REQUEST_TIMEOUT", "20"),
    ];
    let all = place.iter().chain(settings).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let env = Env::with_overrides(all.collect::<HashMap<_, _>>());
    let engine = Engine::new(Mode::Threaded(2), Arc::new(Trace::default()));
    let store = create(type_name, &engine, &env, &Cluster::default()).unwrap();
    body(&*store, &engine);
    drop(store);
    running.join();
}

fn vector(values: &[f32]) -> NdArray {
    NdArray::from_slice(Shape::new(&[values.len() as i64]), values, Device::cpu(0)).unwrap()
}

fn pulled(store: &dyn KvStore, engine: &Engine, key: i32, size: usize) -> Vec<f32> {
    let out = vector(&vec![-1.0; size]);
    store.pull(Keys::Int(&[key]), std::slice::from_ref(&out), 0, true).unwrap();
    engine.wait_to_read(out.var()).unwrap();
    out.read::<f32>().unwrap().to_vec()
}

#[test]
fn an_init_that_failed_can_be_tried_again() {
    for van in ["", "p3"] {
        with_store("dist_sync", &[("DMLC_PS_VAN_TYPE", van)], |store, engine| {
            let (one, two) = (vector(&[1.0; 3]), vector(&[2.0; 5]));
            let both = [one, two];
            for bad in [&[7, -1][..], &[7, 7]] {
                store.init(Keys::Int(bad), &both).unwrap_err();
            }
            let error = store.push(Keys::Int(&[7]), &both[..1], 0).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::UnknownKey);
            store.init(Keys::Int(&[7, 8]), &both).unwrap();
            assert_eq!(pulled(store, engine, 7, 3), [1.0; 3]);
            assert_eq!(pulled(store, engine, 8, 5), [2.0; 5]);
            assert_eq!(store.init(Keys::Int(&[7]), &both[..1]).unwrap_err().kind(), ErrorKind::DuplicateKey);
        });
    }
}

#[test]
fn a_value_without_elements_is_no_request_in_slices() {
    with_store("dist_sync", &[("DMLC_PS_VAN_TYPE", "p3")], |store, engine| {
        let values = [vector(&[]), vector(&[1.0, 2.0])];
        store.init(Keys::Int(&[3, 4]), &values).unwrap();
        store.push(Keys::Int(&[3, 4]), &values, 0).unwrap();
        assert!(pulled(store, engine, 3, 0).is_empty());
        assert_eq!(pulled(store, engine, 4, 2), [1.0, 2.0]);
    });
}

#[test]
fn rows_are_pushed_in_the_type_of_their_key() {
    with_store("dist_sync_device", &[], |store, engine| {
        let shape = Shape::new(&[3, 2]);
        let all = RowSparse {
            indices: Part::indices(&[0, 1, 2]).unwrap(),
            values: Part::from_slice(shape.clone(), &[0f32; 6]).unwrap(),
        };
        let first = NdArray::from_row_sparse(all, shape.clone(), Device::cpu(0)).unwrap();
        store.init(Keys::Int(&[5]), &[first]).unwrap();
        let some = RowSparse {
            indices: Part::indices(&[0, 2]).unwrap(),
            values: Part::from_slice(Shape::new(&[2, 2]), &[1f64, 2.0, 3.0, 4.0]).unwrap(),
        };
        let gradient = NdArray::from_row_sparse(some, shape.clone(), Device::cpu(0)).unwrap();
        store.push(Keys::Int(&[5]), &[gradient], 0).unwrap();
        let out = NdArray::empty(Storage::RowSparse, shape, DType::Float32, Device::cpu(0)).unwrap();
        let ids = vector(&[0.0, 1.0, 2.0]);
        store.pull_row_sparse(Keys::Int(&[5]), std::slice::from_ref(&out), &[ids], 0).unwrap();
        engine.wait_to_read(out.var()).unwrap();
        let rows = out.read_row_sparse().unwrap();
        assert_eq!(rows.values.elements::<f32>().unwrap(), [1.0, 2.0, 0.0, 0.0, 3.0, 4.0]);
    });
}

#[test]
fn a_broadcast_whose_out_does_not_fit_initialises_nothing() {
    with_store("dist_sync", &[], |store, engine| {
        let (keys, values) = (Keys::Int(&[3, 4]), [vector(&[1.0, 2.0]), vector(&[3.0])]);
        let outs = [vector(&[0.0; 2]), vector(&[0.0; 2])];
        let error = store.broadcast(keys, &values, keys, &outs, 0).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Shape, "{error}");
        let outs = [vector(&[0.0; 2]), vector(&[0.0])];
        store.broadcast(keys, &values, keys, &outs, 0).unwrap();
        engine.wait_all().unwrap();
        assert_eq!(*outs[0].read::<f32>().unwrap(), [1.0, 2.0]);
        assert_eq!(*outs[1].read::<f32>().unwrap(), [3.0]);
    });
}

#[test]
fn keys_that_cannot_be_compressed_are_pulled_and_refuse_pushes() {
    with_store("dist_sync", &[], |store, engine| {
        let array = NdArray::from_slice(Shape::new(&[2]), &[1f64, 2.0], Device::cpu(0)).unwrap();
        let (keys, value) = (Keys::Int(&[3]), std::slice::from_ref(&array));
        store.init(keys, value).unwrap();
        store.set_gradient_compression(&[("type", "2bit")]).unwrap();
        let error = store.push(keys, value, 0).unwrap_err();
        assert!(
            error.to_string().contains("key 3: gradient compression: keys must be dense float32"),
            "{error}"
        );
        array.write::<f64>().unwrap().fill(0.0);
        store.pull(keys, value, 0, true).unwrap();
        engine.wait_all().unwrap();
        assert_eq!(*array.read::<f64>().unwrap(), [1.0, 2.0]);
    });
}
