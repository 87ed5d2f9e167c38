use super::*;
use crate::array::Element;
use crate::engine::Mode;
use crate::ps::id::{Channel, NodeId, Rank};
use crate::ps::keyspace::KeyRange;
use crate::ps::wire::DType as WireDType;
use crate::telemetry::Trace;

#[derive(Default)]
struct Replies(Mutex<HashMap<u64, Result<Answer>>>);

impl ReplySink for Replies {
    fn reply(&self, ticket: Ticket, outcome: Result<Answer>) {
        let earlier = self.0.lock().insert(ticket.0, outcome);
        assert!(earlier.is_none(), "ticket {ticket:?} was answered twice");
    }
}

struct Bench {
    engine: Engine,
    server: Server,
    control: Arc<Control>,
    replies: Arc<Replies>,
    next: u64,
}

const BEGIN: u64 = 1 << 40;
const F32: ValueKind = ValueKind { mode: crate::ps::wire::ValueMode::Dense, dtype: WireDType::Float32 };
const ROWS: ValueKind = ValueKind { mode: crate::ps::wire::ValueMode::RowSparse, dtype: WireDType::Float32 };

fn worker(rank: u32) -> Participant {
    Participant { node: NodeId::worker(Rank::new(rank).unwrap()), channel: Channel(0) }
}

fn bench(workers: u32, sync: bool) -> Bench {
    let engine = Engine::new(Mode::Threaded(2), Arc::new(Trace::default()));
    let (control, replies) = (Arc::new(Control::default()), Arc::new(Replies::default()));
    let mut server = Server::new(engine.clone(), control.clone());
    let shard = ShardInfo {
        rank: Rank::new(0).unwrap(),
        range: KeyRange { begin: BEGIN, end: BEGIN << 1 },
        servers: 2,
        workers: (0..workers).map(worker).collect(),
    };
    server.start(shard, replies.clone());
    let mut bench = Bench { engine, server, control, replies, next: 0 };
    if sync {
        bench.command(Command::SyncMode, "").unwrap();
    }
    bench
}

impl Bench {
    fn send(&mut self, from: u32, action: Action) -> u64 {
        self.next += 1;
        self.server.request(ShardRequest {
            ticket: Ticket(self.next),
            from: worker(from),
            ours: false,
            rejoined: false,
            action,
        });
        self.next
    }

    /// A push of one element by rank 0.
    fn push_as(&mut self, ours: bool, rejoined: bool, key: u64, value: f32) -> Result<Answer> {
        self.next += 1;
        let values = Bytes::copy_from_slice(&value.to_le_bytes());
        let payload = Payload::new(&[BEGIN + key], values, Some(&[4])).unwrap();
        let action = Action::Data { verb: Verb::Push, kind: F32, payload };
        let ticket = Ticket(self.next);
        self.server.request(ShardRequest { ticket, from: worker(0), ours, rejoined, action });
        self.answer(self.next).unwrap()
    }

    fn answer(&self, ticket: u64) -> Option<Result<Answer>> {
        self.engine.drain();
        self.replies.0.lock().remove(&ticket)
    }

    fn command(&mut self, command: Command, body: &str) -> Result<Answer> {
        let body = Bytes::copy_from_slice(body.as_bytes());
        let ticket = self.send(0, Action::Command { command, body });
        self.answer(ticket).unwrap()
    }

    fn push<T: Element>(
        &mut self,
        from: u32,
        verb: Verb,
        kind: ValueKind,
        keys: &[u64],
        lens: &[i32],
        values: &[T],
    ) -> u64 {
        let keys: Vec<u64> = keys.iter().map(|key| BEGIN + key).collect();
        let values = Bytes::copy_from_slice(bytemuck::cast_slice(values));
        let payload = Payload::new(&keys, values, Some(lens)).unwrap();
        self.send(from, Action::Data { verb, kind, payload })
    }

    fn push_f32(&mut self, from: u32, key: u64, values: &[f32]) -> u64 {
        self.push(from, Verb::Push, F32, &[key], &[4 * values.len() as i32], values)
    }

    fn pull<T: Element>(&mut self, kind: ValueKind, keys: &[u64]) -> Result<(Vec<T>, Vec<i32>)> {
        let keys: Vec<u64> = keys.iter().map(|key| BEGIN + key).collect();
        let payload = Payload::new(&keys, Bytes::new(), None).unwrap();
        let ticket = self.send(0, Action::Data { verb: Verb::Pull, kind, payload });
        match self.answer(ticket).unwrap()? {
            Answer::Values(payload) => Ok((
                bytemuck::allocation::pod_collect_to_vec(payload.values()),
                payload.lens().unwrap().collect(),
            )),
            other => panic!("a pull without values: {other:?}"),
        }
    }

    fn value(&mut self, key: u64) -> Vec<f32> {
        self.pull::<f32>(F32, &[key]).unwrap().0
    }
}

#[test]
fn a_round_waits_for_every_worker_and_sums_once() {
    let mut bench = bench(2, true);
    let first = bench.push_f32(0, 3, &[0.0, 0.0]);
    assert_eq!(bench.answer(first).unwrap().unwrap(), Answer::Done);
    let a = bench.push_f32(0, 3, &[1.0, 2.0]);
    let ahead = bench.push_f32(0, 3, &[100.0, 100.0]);
    assert!(bench.answer(a).is_none(), "the other worker has not pushed");
    assert_eq!(bench.value(3), [0.0, 0.0], "a pull sees the last complete round");
    let b = bench.push_f32(1, 3, &[10.0, 20.0]);
    assert!(bench.answer(a).unwrap().is_ok() && bench.answer(b).unwrap().is_ok());
    assert_eq!(bench.value(3), [11.0, 22.0]);
    assert!(bench.answer(ahead).is_none());
    bench.push_f32(1, 3, &[1.0, 1.0]);
    assert!(bench.answer(ahead).unwrap().is_ok());
    assert_eq!(bench.value(3), [101.0, 101.0]);
}

#[test]
fn a_pushpull_is_answered_with_the_value_after_it_also_on_a_new_key() {
    let mut bench = bench(1, true);
    let first = bench.push(0, Verb::PushPull, F32, &[0], &[8], &[1f32, 2.0]);
    let second = bench.push(0, Verb::PushPull, F32, &[0], &[8], &[5f32, 6.0]);
    for (ticket, expected) in [(first, [1f32, 2.0]), (second, [5.0, 6.0])] {
        let Answer::Values(values) = bench.answer(ticket).unwrap().unwrap() else { panic!("no values") };
        assert_eq!(bytemuck::allocation::pod_collect_to_vec::<u8, f32>(values.values()), expected);
        assert_eq!(values.lens().unwrap().collect::<Vec<_>>(), [8]);
    }
}

struct Add;
impl Update for Add {
    fn update(&self, _: LocalKey, pushed: NdArray, stored: NdArray) -> Result<()> {
        assert_eq!(pushed.dtype(), stored.dtype());
        // As a frontend's rule would: after waiting for both.
        while pushed.read_bytes().is_err() || stored.read_bytes().is_err() {
            std::thread::yield_now();
        }
        let pushed = pushed.read::<f32>()?;
        stored.write::<f32>()?.iter_mut().zip(pushed.iter()).for_each(|(s, p)| *s += p);
        Ok(())
    }
}

#[test]
fn an_async_push_needs_a_rule_and_is_applied_at_once() {
    let mut bench = bench(2, false);
    bench.push_f32(0, 0, &[1.0]);
    let refused = bench.push_f32(0, 0, &[1.0]);
    assert!(bench.answer(refused).unwrap().unwrap_err().to_string().contains("Updater needs to be set"));
    bench.control.set_update(Arc::new(Add));
    for from in [0, 0, 1] {
        let ticket = bench.push_f32(from, 0, &[2.0]);
        assert!(bench.answer(ticket).unwrap().is_ok());
    }
    assert_eq!(bench.value(0), [7.0]);
}

#[test]
fn float16_keeps_a_float32_master_in_multi_precision_mode() {
    use half::f16;
    let mut bench = bench(1, true);
    let kind = ValueKind::dense(WireDType::Float16);
    let one = [f16::from_f32(1.0)];
    bench.push(0, Verb::Push, kind, &[0], &[2], &one);
    bench.control.set_update(Arc::new(Add));
    bench.command(Command::MultiPrecision, "").unwrap();
    // Each step is too small for float16 at 1.0, but not for the master.
    for _ in 0..8 {
        bench.push(0, Verb::Push, kind, &[0], &[2], &[f16::from_f32(0.0002)]);
    }
    let (value, _) = bench.pull::<f16>(kind, &[0]).unwrap();
    assert!(value[0] > one[0]);
}

#[test]
fn rows_are_summed_and_only_touched_rows_change() {
    let mut bench = bench(2, true);
    let all: Vec<f32> = (0..8).map(|x| x as f32).collect();
    bench.push(0, Verb::Push, ROWS, &[5, 5, 6, 7, 8], &[0, 8, 8, 8, 8], &all);
    let a = bench.push(0, Verb::Push, ROWS, &[5, 6, 8], &[0, 8, 8], &[1f32, 1.0, 2.0, 2.0]);
    let b = bench.push(1, Verb::Push, ROWS, &[5, 8], &[0, 8], &[10f32, 10.0]);
    assert!(bench.answer(a).unwrap().is_ok() && bench.answer(b).unwrap().is_ok());
    let (rows, lens) = bench.pull::<f32>(ROWS, &[5, 5, 6, 8]).unwrap();
    assert_eq!(rows, [0.0, 1.0, 1.0, 1.0, 12.0, 12.0]);
    assert_eq!(lens, [0, 8, 8, 8]);
    assert!(bench.pull::<f32>(ROWS, &[5]).unwrap().0.is_empty());
    for bad in [&[5, 9][..], &[5, 6, 6], &[5, 7, 6], &[5, 5 + (1 << 31)]] {
        let text = bench.pull::<f32>(ROWS, bad).unwrap_err().to_string();
        assert!(text.contains("pull of key 5") && text.contains("row"), "{bad:?}: {text}");
    }
    let both = bench.push(0, Verb::PushPull, ROWS, &[5, 7], &[0, 8], &[1f32, 1.0]);
    let text = bench.answer(both).unwrap().unwrap_err().to_string();
    assert!(text.contains("pushpull of key 5: rows"), "{text}");
}

/// Room for what is asked for would take 4 TB.
#[test]
fn a_pull_cannot_ask_for_more_rows_than_there_are() {
    let mut bench = bench(1, true);
    const WIDTH: usize = 1 << 20;
    bench.push(0, Verb::Push, ROWS, &[5, 5], &[0, 4 * WIDTH as i32], &vec![1f32; WIDTH]);
    let keys: Vec<u64> = std::iter::once(5).chain(std::iter::repeat_n(5, 1 << 20)).collect();
    assert!(bench.pull::<f32>(ROWS, &keys).is_err());
}

#[test]
fn compressed_pushes_are_unpacked() {
    let mut bench = bench(1, true);
    bench.push_f32(0, 1, &[0.0; 8]);
    let packed = [0xee_u8, 0x03, 0, 0];
    let kind = ValueKind::compressed(WireDType::Float32);
    let early = bench.push(0, Verb::Push, kind, &[8, 1], &[0, 4], &packed);
    assert!(bench.answer(early).unwrap().is_err(), "before the compression was announced");
    bench.command(Command::GradientCompression, "1,0.500000").unwrap();
    bench.push(0, Verb::Push, kind, &[8, 1], &[0, 4], &packed);
    assert_eq!(bench.value(1), [0.5, -0.5, 0.5, -0.5, 0.0, 0.0, 0.0, 0.5]);
    let short = bench.push(0, Verb::Push, kind, &[99, 1], &[0, 4], &packed);
    assert!(bench.answer(short).unwrap().is_err());
}

#[test]
fn halves_are_widened_before_they_are_summed() {
    const F16: ValueKind = ValueKind { mode: crate::ps::wire::ValueMode::Dense, dtype: WireDType::Float16 };
    const BF16: ValueKind = ValueKind { dtype: WireDType::Bfloat16, ..F16 };
    let mut bench = bench(2, true);
    bench.push_f32(0, 1, &[0.0; 3]);
    let (one, tiny) = (half::f16::from_f32(1.0), half::f16::from_f32(2f32.powi(-20)));
    let halves: Vec<u8> = [one, tiny, -one].into_iter().flat_map(half::f16::to_le_bytes).collect();
    let early = bench.push(0, Verb::Push, F16, &[1], &[6], &halves);
    let text = bench.answer(early).unwrap().unwrap_err().to_string();
    assert!(text.contains("float16") && text.contains("float32"), "before it was announced: {text}");
    let done = bench.command(Command::NamedCompression, "fp16").unwrap();
    assert!(matches!(done, Answer::Body(body) if !body.is_empty()), "workers know us by the body");
    bench.push(0, Verb::Push, F16, &[1], &[6], &halves);
    let others: Vec<u8> =
        [1.0, 1.0, 3.0].into_iter().flat_map(|x| half::bf16::from_f32(x).to_le_bytes()).collect();
    bench.push(1, Verb::Push, BF16, &[1], &[6], &others);
    assert_eq!(bench.value(1), [2.0, 1.0 + 2f32.powi(-20), 2.0], "a sum that float16 cannot hold");
    let first = bench.push(0, Verb::Push, F16, &[2], &[6], &halves);
    assert!(bench.answer(first).unwrap().is_ok(), "a new key of float16 stays one");
    let short = bench.push(0, Verb::Push, F16, &[1], &[4], &halves[..4]);
    assert!(bench.answer(short).unwrap().is_err());
    let bits =
        bench.push(0, Verb::Push, ValueKind::compressed(WireDType::Float32), &[8, 1], &[0, 4], &[0; 4]);
    assert!(bench.answer(bits).unwrap().is_err(), "no bits were announced");
}

#[test]
fn a_lost_worker_fails_the_others_until_it_is_back() {
    let mut bench = bench(2, true);
    bench.push_f32(0, 0, &[0.0]);
    let waiting = bench.push_f32(0, 0, &[1.0]);
    bench.push_f32(1, 1, &[0.0]);
    bench.push_f32(1, 0, &[50.0]);
    assert!(bench.answer(waiting).unwrap().is_ok());
    let unacknowledged = bench.push_f32(1, 0, &[70.0]);
    bench.server.worker_lost(worker(1), &err!(PeerLost, "worker 1 at 10.0.0.1:9 is gone"));
    let refused = bench.push_f32(0, 0, &[1.0]);
    let text = bench.answer(refused).unwrap().unwrap_err().to_string();
    assert!(text.contains("key 0") && text.contains("worker 1 at 10.0.0.1:9"), "{text}");
    bench.server.worker_succeeded(worker(1));
    assert!(bench.answer(unacknowledged).unwrap().is_err());
    let a = bench.push_f32(0, 0, &[1.0]);
    bench.push_f32(1, 0, &[2.0]);
    assert!(bench.answer(a).unwrap().is_ok());
    assert_eq!(bench.value(0), [3.0]);
}

#[test]
fn a_worker_that_was_only_silent_finds_its_push_where_it_left_it() {
    let mut bench = bench(2, true);
    bench.push_f32(0, 0, &[0.0]);
    let waiting = bench.push_f32(1, 0, &[2.0]);
    bench.server.worker_lost(worker(1), &err!(PeerLost, "worker 1 is silent"));
    bench.server.worker_back(worker(1));
    let other = bench.push_f32(0, 0, &[1.0]);
    assert!(bench.answer(other).unwrap().is_ok());
    assert!(bench.answer(waiting).unwrap().is_ok());
    assert_eq!(bench.value(0), [3.0]);
}

#[test]
fn the_others_go_on_without_a_worker_that_left() {
    let mut bench = bench(2, true);
    bench.push_f32(0, 0, &[0.0]);
    let waiting = bench.push_f32(0, 0, &[4.0]);
    bench.server.worker_left(worker(1));
    assert!(bench.answer(waiting).unwrap().is_ok());
    assert_eq!(bench.value(0), [4.0]);
}

#[test]
fn the_rounds_wait_for_the_successor_of_a_worker_that_left() {
    let mut bench = bench(2, true);
    bench.push_f32(0, 0, &[0.0]);
    bench.server.worker_left(worker(1));
    bench.server.worker_succeeded(worker(1));
    let waiting = bench.push_f32(0, 0, &[1.0]);
    assert!(bench.answer(waiting).is_none(), "the successor has not pushed");
    let successor = bench.push_f32(1, 0, &[2.0]);
    assert!(bench.answer(waiting).unwrap().is_ok() && bench.answer(successor).unwrap().is_ok());
    assert_eq!(bench.value(0), [3.0]);
}

/// As on a server that took the place of a dead one between two rounds.
#[test]
fn a_gradient_of_ours_is_no_first_value() {
    let mut bench = bench(1, true);
    let text = bench.push_as(true, false, 3, 0.5).unwrap_err();
    assert_eq!(text.kind(), crate::base::ErrorKind::UnknownKey);
    assert!(text.to_string().contains("push of key 3: this server does not have the key"), "{text}");
    assert!(bench.pull::<f32>(F32, &[3]).is_err());
    let values = Bytes::copy_from_slice(&7f32.to_le_bytes());
    let payload = Payload::new(&[BEGIN + 3], values, Some(&[4])).unwrap();
    let first = bench.send(0, Action::Init { kind: F32, payload });
    assert!(bench.answer(first).unwrap().is_ok());
    bench.push_as(true, false, 3, 0.5).unwrap();
    assert_eq!(bench.value(3), [0.5]);
}

#[test]
fn first_values_that_a_restarted_rank_0_of_mxnet_repeats_are_no_gradients() {
    let mut bench = bench(1, true);
    bench.control.set_update(Arc::new(Add));
    for (rejoined, value, expected) in
        [(false, 1.0, 1.0), (false, 2.0, 3.0), (true, 1.0, 3.0), (true, 2.0, 5.0)]
    {
        bench.push_as(false, rejoined, 3, value).unwrap();
        assert_eq!(bench.value(3), [expected], "{value} pushed, again: {rejoined}");
    }
    bench.server.worker_succeeded(worker(1));
    bench.server.worker_left(worker(1));
    bench.push_as(false, true, 3, 2.0).unwrap();
    assert_eq!(bench.value(3), [7.0], "another worker was started again");
    bench.server.worker_succeeded(worker(0));
    bench.push_as(false, true, 3, 1.0).unwrap();
    assert_eq!(bench.value(3), [7.0]);
    bench.push_as(false, true, 4, 9.0).unwrap();
    assert_eq!(bench.value(4), [9.0], "the predecessor had not come to this key");
}

#[test]
fn nonsense_gets_an_error_and_changes_nothing() {
    let mut bench = bench(1, true);
    bench.push_f32(0, 0, &[1.0, 2.0]);
    let bad = [
        bench.push_f32(0, 0, &[1.0]),
        bench.push(0, Verb::Push, ValueKind::dense(WireDType::Float64), &[0], &[8], &[1f64]),
        bench.push(0, Verb::Push, F32, &[0, 1], &[4, 4], &[1f32, 2.0]),
        bench.push(0, Verb::Push, F32, &[0], &[3], &[1u8, 2, 3]),
        bench.push(0, Verb::Push, ValueKind::dense(WireDType::Uint64), &[9], &[8], &[1i64]),
        bench.push(0, Verb::Push, ROWS, &[0, 0], &[0, 8], &[1f32, 2.0]),
    ];
    for ticket in bad {
        assert!(bench.answer(ticket).unwrap().is_err(), "{ticket}");
    }
    assert!(bench.pull::<f32>(F32, &[77]).is_err());
    assert_eq!(bench.value(0), [1.0, 2.0]);
}

#[test]
fn the_controller_may_set_the_rule() {
    let mut bench = bench(1, true);
    assert!(bench.command(Command::Controller, "x").is_err(), "no controller");
    let control = bench.control.clone();
    bench.control.set_controller(Box::new(move |body| {
        ensure!(body == "add", InvalidArgument, "unknown optimizer '{body}'");
        control.set_update(Arc::new(Add));
        Ok(())
    }));
    assert!(bench.command(Command::Controller, "subtract").is_err());
    bench.command(Command::Controller, "add").unwrap();
    bench.push_f32(0, 0, &[1.0]);
    bench.push_f32(0, 0, &[1.0]);
    assert_eq!(bench.value(0), [2.0]);
    assert_eq!(bench.command(Command::Other(77), "").unwrap(), Answer::Done);
}

#[test]
fn pulls_of_a_large_value_at_the_same_time_share_its_bytes() {
    let (sender, done) = std::sync::mpsc::channel();
    let work = move || {
        let mut bench = bench(3, true);
        let large = vec![1f32; 1 << 20];
        bench.push_f32(0, 5, &large);
        for _ in 0..30 {
            for rank in 0..3 {
                bench.push_f32(rank, 5, &large);
            }
            let payload = Payload::new(&[BEGIN + 5], Bytes::new(), None).unwrap();
            let pull = || Action::Data { verb: Verb::Pull, kind: F32, payload: payload.clone() };
            let tickets: Vec<u64> = (0..3).map(|rank| bench.send(rank, pull())).collect();
            let starts: Vec<*const u8> = tickets
                .into_iter()
                .map(|ticket| match bench.answer(ticket) {
                    Some(Ok(Answer::Values(payload))) => payload.values().as_ptr(),
                    other => panic!("{other:?}"),
                })
                .collect();
            sender.send(starts.iter().all(|start| *start == starts[0])).unwrap();
        }
    };
    crate::base::sync::thread::spawn(work);
    for round in 0..30 {
        let shared = done.recv_timeout(std::time::Duration::from_secs(60));
        assert_eq!(shared, Ok(true), "round {round}");
    }
}

mod optimizers {
    use super::*;
    use crate::array::{DType, Device, Shape};
    use crate::optimizer::gathered::is_gathered;
    use crate::optimizer::remote::{Piece, Remote};
    use crate::optimizer::{KeyStates, Scalar, Spec, decode, encode};

    impl Bench {
        fn ask(&mut self, from: u32, remote: &Remote) -> Result<Bytes> {
            let (number, body) = remote.encode();
            let action = Action::Command { command: Command::Other(number), body: body.into() };
            let ticket = self.send(from, action);
            match self.answer(ticket).unwrap()? {
                Answer::Body(body) => Ok(body),
                other => panic!("{other:?}"),
            }
        }

        fn states(&mut self, token: u64) -> Vec<u8> {
            let mut states = Vec::new();
            loop {
                let answer = self.ask(0, &Remote::Read { token, offset: states.len() as u64 }).unwrap();
                let piece = Piece::decode(&answer).unwrap();
                states.extend_from_slice(piece.bytes);
                if states.len() as u64 == piece.total {
                    self.ask(0, &Remote::Forget { token }).unwrap();
                    return states;
                }
            }
        }

        fn load(&mut self, token: u64, states: &[u8]) -> Result<()> {
            for (number, piece) in states.chunks(50).enumerate() {
                let (offset, total) = (50 * number as u64, states.len() as u64);
                self.ask(0, &Remote::Write { token, offset, total, bytes: piece.to_vec() })?;
            }
            self.ask(0, &Remote::Commit { token, check: true })?;
            self.ask(0, &Remote::Commit { token, check: false }).map(drop)
        }

        /// Every worker pushes `value`, in rounds.
        fn round(&mut self, workers: u32, value: f32) {
            for rank in 0..workers {
                self.push_f32(rank, 3, &[value; 2]);
            }
        }
    }

    fn sgd(params: &[(&str, &str)]) -> Remote {
        Remote::Set(Box::new(Spec::from_params("sgd", params).unwrap()))
    }

    /// Python's `pickle.dumps(mx.optimizer.SGD(learning_rate=0.5), 0)`, shortened to what is read.
    fn pickled(class: &str) -> String {
        format!(
            "ccopy_reg\n_reconstructor\n(c{class}\nc__builtin__\nobject\nNtR(dVrescale_grad\nF1.0\nsVlr_scheduler\nN\
             sVlr\nF0.5\nsVwd\nF0.0\nsVlr_mult\n(dsVwd_mult\n(dsVbegin_num_update\nI0\nsVnum_update\nI0\n\
             sV_all_index_update_counts\n(dI0\n(dssVclip_gradient\nNsVmulti_precision\nI00\nsVidx2name\n(ds\
             Vmomentum\nF0.0\nsVlazy_update\nI01\nsb."
        )
    }

    #[test]
    fn a_pickled_optimizer_updates_rounds_and_asynchronous_pushes() {
        for (workers, sync, steps) in [(2, true, 1.0), (1, false, 1.0)] {
            let mut bench = bench(workers, sync);
            bench.push_f32(0, 3, &[1.0, 2.0]);
            let body = pickled("mxnet.optimizer.optimizer\nSGD");
            assert_eq!(bench.command(Command::Controller, &body).unwrap(), Answer::Done);
            bench.round(workers, 1.0);
            let moved = 0.5 * workers as f32 * steps;
            assert_eq!(bench.value(3), [1.0 - moved, 2.0 - moved]);
        }
    }

    #[test]
    fn a_refused_optimizer_is_named_and_no_push_changes_anything() {
        let mut bench = bench(1, true);
        bench.push_f32(0, 3, &[1.0, 2.0]);
        for (body, name) in [
            (pickled("__main__\nMine"), "__main__.Mine"),
            ("cos\nsystem\n(S'touch /tmp/x'\ntR.".to_owned(), "os.system"),
            ("rO0ABXNyABFqYXZhLnV0aWwuSGFzaE1hcA==".to_owned(), "java.util.HashMap"),
            ("{\"name\": \"adamm\"}".to_owned(), "adamm"),
        ] {
            let error = bench.command(Command::Controller, &body).unwrap_err().to_string();
            assert!(error.contains(name), "'{name}' is missing in: {error}");
            let ticket = bench.push_f32(0, 3, &[5.0, 5.0]);
            let error = bench.answer(ticket).unwrap().unwrap_err().to_string();
            assert!(error.contains(name), "'{name}' is missing in: {error}");
            assert_eq!(bench.value(3), [1.0, 2.0]);
        }
        bench.ask(0, &sgd(&[("learning_rate", "1")])).unwrap();
        bench.round(1, 1.0);
        assert_eq!(bench.value(3), [0.0, 1.0]);
    }

    #[test]
    fn rates_change_while_training() {
        let mut bench = bench(1, true);
        bench.push_f32(0, 3, &[0.0, 0.0]);
        assert!(bench.ask(0, &Remote::Change(Scalar::LearningRate, 1.0)).is_err(), "there is no optimizer");
        bench.ask(0, &sgd(&[("learning_rate", "1")])).unwrap();
        bench.round(1, 1.0);
        bench.ask(0, &Remote::Change(Scalar::LearningRate, 0.25)).unwrap();
        bench.round(1, 1.0);
        bench.ask(0, &Remote::Change(Scalar::RescaleGrad, 2.0)).unwrap();
        bench.round(1, 1.0);
        assert_eq!(bench.value(3), [-1.75, -1.75]);
        assert!(bench.ask(0, &Remote::Change(Scalar::Wd, f64::NAN)).is_err());
    }

    #[test]
    fn states_go_out_and_come_back() {
        let set = sgd(&[("learning_rate", "1"), ("momentum", "0.5")]);
        let mut first = bench(1, true);
        first.push_f32(0, 3, &[0.0, 0.0]);
        first.ask(0, &set).unwrap();
        first.round(1, 1.0);
        let (states, value) = (first.states(7), first.value(3));
        assert!(!is_gathered(&states));
        assert_eq!(decode(&states).unwrap().1.len(), 1);
        first.round(1, 1.0);
        // On another server: with the optimizer set before, and with the file alone.
        for is_set in [true, false] {
            let mut second = bench(1, true);
            second.push_f32(0, 3, &value);
            if is_set {
                second.ask(0, &set).unwrap();
            }
            second.load(8, &states).unwrap();
            second.round(1, 1.0);
            assert_eq!(second.value(3), first.value(3));
        }
        // Of another optimizer, of a value of another size, cut off: nothing changes.
        let mut third = bench(1, true);
        third.push_f32(0, 3, &[0.0, 0.0, 0.0]);
        third.ask(0, &set).unwrap();
        assert!(third.load(9, &states).unwrap_err().to_string().contains("another shape"));
        assert!(third.load(10, &states[..states.len() - 1]).is_err());
        assert!(third.ask(0, &Remote::Commit { token: 11, check: false }).is_err());
    }

    /// All servers are asked before any of them changes, so that asking must find everything that loading would.
    #[test]
    fn asking_finds_all_that_loading_would_refuse() {
        let array = |len: i64, dtype| NdArray::zeros(Shape::new(&[len]), dtype, Device::cpu(0)).unwrap();
        let engine = Engine::new(Mode::Naive, Arc::default());
        let save = |params: &[(&str, &str)], states: &[NdArray]| {
            let states = KeyStates { states: states.iter().cloned().collect(), master: None };
            let spec = Spec::from_params("sgd", params).unwrap();
            encode(&engine, &spec, &[(Index::Int(3), states)]).unwrap()
        };
        let (right, momentum) = (array(2, DType::Float32), [("momentum", "0.5")]);
        for is_set in [true, false] {
            let mut bench = bench(1, true);
            bench.push_f32(0, 3, &[0.0, 0.0]);
            if is_set {
                bench.ask(0, &sgd(&momentum)).unwrap();
            }
            for (bytes, is_right) in [
                (save(&momentum, std::slice::from_ref(&right)), true),
                (save(&momentum, &[right.clone(), right.clone()]), false),
                (save(&momentum, &[]), false),
                (save(&momentum, &[array(2, DType::Float64)]), false),
                (save(&momentum, &[array(1, DType::Float32)]), false),
                (save(&[("momentum", "fast")], std::slice::from_ref(&right)), false),
            ] {
                let (offset, total) = (0, bytes.len() as u64);
                bench.ask(0, &Remote::Write { token: 5, offset, total, bytes }).unwrap();
                let asked = bench.ask(0, &Remote::Commit { token: 5, check: true });
                assert_eq!(asked.is_ok(), is_right, "{asked:?}");
                bench.ask(0, &Remote::Forget { token: 5 }).unwrap();
            }
            let scalar = Remote::Change(Scalar::LearningRate, 1.0);
            assert_eq!(bench.ask(0, &scalar).is_ok(), is_set, "asking sets no optimizer");
        }
    }

    /// In a job every worker sets the optimizer; only the first time makes one.
    #[test]
    fn the_same_optimizer_from_another_worker_is_the_same() {
        let set = sgd(&[("learning_rate", "1"), ("momentum", "1")]);
        let mut bench = bench(1, false);
        bench.push_f32(0, 3, &[0.0, 0.0]);
        bench.ask(0, &set).unwrap();
        bench.round(1, 1.0);
        bench.ask(1, &set).unwrap();
        bench.round(1, 1.0);
        assert_eq!(bench.value(3), [-3.0, -3.0], "the momentum is kept");
        bench.ask(1, &set).unwrap();
        bench.round(1, 1.0);
        assert_eq!(bench.value(3), [-4.0, -4.0], "the same worker again begins anew");
    }

    #[test]
    fn float16_values_are_updated_on_their_float32_copies() {
        let mut bench = bench(1, true);
        let half = |x: f32| half::f16::from_f32(x);
        let f16 = ValueKind { mode: crate::ps::wire::ValueMode::Dense, dtype: WireDType::Float16 };
        bench.push(0, Verb::Push, f16, &[5], &[2], &[half(1.0)]);
        bench.command(Command::Controller, &pickled("mxnet.optimizer.optimizer\nSGD")).unwrap();
        bench.command(Command::MultiPrecision, "").unwrap();
        // Each step alone is too small for a float16 near 1.
        for _ in 0..8 {
            bench.push(0, Verb::Push, f16, &[5], &[2], &[half(0.0004)]);
        }
        let (value, _) = bench.pull::<half::f16>(f16, &[5]).unwrap();
        assert_eq!(value, [half(1.0 - 8.0 * 0.5 * half(0.0004).to_f32())]);
    }

    /// Frames that cannot be used as they lie are summed first; both ways give the same bits, and pulls see them.
    #[test]
    fn one_pass_over_memory_gives_the_same_as_three() {
        let run = |name: &str, shift: usize| {
            let mut bench = bench(2, true);
            let values = |seed: usize| -> Vec<f32> {
                (0..100_003).map(|i| ((i * 7919 + seed * 104_729) % 1000) as f32 / 500.0 - 1.0).collect()
            };
            let push = |bench: &mut Bench, rank: u32, values: &[f32]| {
                let mut bytes = vec![0; shift];
                bytes.extend_from_slice(bytemuck::cast_slice(values));
                let bytes = Bytes::from(bytes).slice(shift..);
                let payload = Payload::new(&[BEGIN + 3], bytes, Some(&[4 * values.len() as i32])).unwrap();
                bench.send(rank, Action::Data { verb: Verb::Push, kind: F32, payload })
            };
            push(&mut bench, 0, &values(0));
            bench.ask(0, &Remote::Set(Box::new(Spec::from_params(name, &[]).unwrap()))).unwrap();
            let mut seen = Vec::new();
            for round in 0..3 {
                push(&mut bench, 0, &values(1 + round));
                push(&mut bench, 1, &values(11 + round));
                let first = bench.value(3);
                assert_eq!(bench.value(3), first, "the second reader of the same version");
                assert_eq!(bench.value(3), first, "one more reader than there are workers");
                seen.push(first);
            }
            seen
        };
        for name in ["adam", "sgd", "lamb", "adagrad"] {
            assert_eq!(run(name, 0), run(name, 1), "{name}");
        }
    }

    #[test]
    fn sparse_rows_are_updated_lazily() {
        let mut bench = bench(1, true);
        let keys: Vec<u64> = std::iter::once(9).chain(9..12).collect();
        bench.push(0, Verb::Push, ROWS, &keys, &[0, 4, 4, 4], &[1.0_f32, 2.0, 3.0]);
        bench.ask(0, &sgd(&[("learning_rate", "1"), ("momentum", "0.5")])).unwrap();
        for _ in 0..2 {
            bench.push(0, Verb::Push, ROWS, &[9, 10], &[0, 4], &[1.0_f32]);
        }
        let (value, _) = bench.pull::<f32>(ROWS, &keys).unwrap();
        assert_eq!(value, [1.0, 2.0 - 1.0 - 1.5, 3.0]);
    }
}
