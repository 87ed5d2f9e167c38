use super::*;
use crate::base::sync::thread;
use proptest::prelude::*;
use std::time::Duration;

fn engine(mode: Mode) -> Engine {
    Engine::new(mode, Arc::new(Trace::default()))
}

fn operation<'a>(reads: &'a [&'a Var], writes: &'a [&'a Var], bytes: usize) -> Operation<'a> {
    Operation { name: Cow::Borrowed("test"), reads, writes, priority: 0, bytes }
}

const LARGE: usize = INLINE_BYTES + 1;

#[test]
fn small_free_work_runs_before_the_call_returns() {
    let engine = engine(Mode::Threaded(2));
    let (var, ran) = (Var::new(), Arc::new(AtomicUsize::new(0)));
    let counter = ran.clone();
    let caller = thread::current().id();
    engine
        .run(operation(&[], &[&var], 8), move || {
            assert_eq!(thread::current().id(), caller);
            counter.fetch_add(1, Ordering::SeqCst);
            Ok(())
        })
        .unwrap();
    assert_eq!(ran.load(Ordering::SeqCst), 1);
}

#[test]
fn work_that_borrows_runs_now_or_not_at_all() {
    let engine = engine(Mode::Threaded(1));
    let (a, b) = (Var::new(), Var::new());
    let mut ran = 0;
    assert!(engine.run_now(&operation(&[&a], &[&b], LARGE), || Ok(())).is_none());
    engine
        .run_now(&operation(&[&a, &b], &[&b, &b], 8), || {
            ran += 1;
            Ok(())
        })
        .unwrap()
        .unwrap();
    let slot = Arc::new(Mutex::new(None));
    let sink = slot.clone();
    engine.start(operation(&[&a], &[], 0), move |completion| *sink.lock() = Some(completion));
    assert!(
        engine
            .run_now(&operation(&[], &[&a], 8), || {
                ran += 1;
                Ok(())
            })
            .is_none(),
        "somebody reads it"
    );
    engine
        .run_now(&operation(&[&a], &[], 8), || {
            ran += 1;
            Ok(())
        })
        .unwrap()
        .unwrap();
    assert_eq!(ran, 2);
    slot.lock().take().unwrap().done(Ok(()));
    engine.run_now(&operation(&[], &[&a], 8), || Err(crate::err!(Shape, "bad"))).unwrap().unwrap();
    engine.run_now(&operation(&[&a], &[&b], 8), || panic!("must be skipped")).unwrap().unwrap();
    assert_eq!(engine.wait_to_read(&b).unwrap_err().message(), "bad");
    engine.wait_all().unwrap();
}

#[test]
fn a_failure_is_reported_once_and_skips_what_builds_on_it() {
    for bytes in [8, LARGE] {
        let engine = engine(Mode::Threaded(2));
        let (a, b) = (Var::new(), Var::new());
        engine.run(operation(&[], &[&a], bytes), || Err(crate::err!(Shape, "bad"))).unwrap();
        engine.run(operation(&[&a], &[&b], bytes), || panic!("must be skipped")).unwrap();
        let error = engine.wait_to_read(&b).unwrap_err();
        assert_eq!(error.message(), "bad");
        engine.wait_to_read(&a).unwrap();
        engine.wait_all().unwrap();
        engine.run(operation(&[&a], &[&b], bytes), || Ok(())).unwrap();
        engine.wait_to_read(&b).unwrap();
    }
}

#[test]
fn wait_all_reports_a_failure_and_the_next_one_succeeds() {
    let engine = engine(Mode::Threaded(1));
    let var = Var::new();
    engine.run(operation(&[], &[&var], LARGE), || Err(crate::err!(DType, "bad"))).unwrap();
    assert_eq!(engine.wait_all().unwrap_err().message(), "bad");
    engine.wait_all().unwrap();
}

#[test]
fn naive_mode_returns_errors_from_the_call() {
    let engine = engine(Mode::Naive);
    let var = Var::new();
    let result = engine.run(operation(&[], &[&var], LARGE), || Err(crate::err!(Shape, "bad")));
    assert_eq!(result.unwrap_err().message(), "bad");
    engine.wait_all().unwrap();
}

#[test]
fn a_panic_becomes_an_error() {
    let engine = engine(Mode::Threaded(1));
    let var = Var::new();
    engine.run(operation(&[], &[&var], LARGE), || panic!("oops")).unwrap();
    let error = engine.wait_to_read(&var).unwrap_err();
    assert_eq!(error.to_string(), "'test' panicked: oops");
}

#[test]
fn a_later_task_holds_its_variable_until_completion() {
    for mode in [Mode::Threaded(2), Mode::Naive] {
        let engine = engine(mode);
        let var = Var::new();
        let slot = Arc::new(Mutex::new(None));
        let sink = slot.clone();
        engine.start(operation(&[], &[&var], 0), move |completion| *sink.lock() = Some(completion));
        let value = Arc::new(AtomicUsize::new(0));
        let early = value.clone();
        let completion = loop {
            match slot.lock().take() {
                Some(completion) => break completion,
                None => thread::sleep(Duration::from_millis(1)),
            }
        };
        let finisher = thread::spawn(move || {
            thread::sleep(Duration::from_millis(20));
            early.store(1, Ordering::SeqCst);
            completion.done(Ok(()));
        });
        let seen = value.clone();
        engine
            .run(operation(&[&var], &[], 0), move || {
                assert_eq!(seen.load(Ordering::SeqCst), 1);
                Ok(())
            })
            .unwrap();
        engine.wait_all().unwrap();
        finisher.join().unwrap();
    }
}

#[test]
fn an_abandoned_completion_is_an_error_not_a_hang() {
    let engine = engine(Mode::Threaded(1));
    let var = Var::new();
    engine.start(operation(&[], &[&var], 0), drop);
    assert_eq!(engine.wait_to_read(&var).unwrap_err().kind(), crate::base::ErrorKind::Internal);
}

#[test]
fn small_tasks_follow_an_asynchronous_end_on_its_thread_one_after_the_other() {
    const TASKS: usize = 100_000;
    let engine = engine(Mode::Threaded(1));
    let (var, first) = (Var::new(), Arc::new(Mutex::new(None)));
    let sink = first.clone();
    engine.start(operation(&[], &[&var], 0), move |completion| *sink.lock() = Some(completion));
    let (here, ran) = (thread::current().id(), Arc::new(AtomicUsize::new(0)));
    for number in 0..TASKS {
        let ran = ran.clone();
        // Each ends at once; nested calls would use up the stack.
        engine.start(operation(&[], &[&var], 0), move |completion| {
            assert_eq!(thread::current().id(), here);
            assert_eq!(ran.fetch_add(1, Ordering::SeqCst), number);
            completion.done(Ok(()));
        });
    }
    let completion = first.lock().take().unwrap();
    completion.done(Ok(()));
    assert_eq!(ran.load(Ordering::SeqCst), TASKS);
    engine.wait_to_read(&var).unwrap();
}

/// Neither the thread that ends an asynchronous task nor one that waits may be held up by what comes after.
#[test]
fn what_may_take_long_runs_on_a_lane_also_behind_small_tasks() {
    let engine = engine(Mode::Threaded(1));
    let (first, second, third) = (Var::new(), Var::new(), Var::new());
    let pending = Arc::new(Mutex::new(None));
    let sink = pending.clone();
    engine.start(operation(&[], &[&first], 0), move |completion| *sink.lock() = Some(completion));
    engine.run(operation(&[&first], &[&second], 8), || Ok(())).unwrap();
    let ran_on = Arc::new(Mutex::new(None));
    let thread = ran_on.clone();
    let foreign = move || {
        *thread.lock() = Some(thread::current().id());
        Ok(())
    };
    engine.run(operation(&[&second], &[&third], FOREIGN_WORK), foreign).unwrap();
    let completion = pending.lock().take().unwrap();
    completion.done(Ok(()));
    engine.wait_to_read(&third).unwrap();
    assert!(ran_on.lock().is_some_and(|thread| thread != thread::current().id()));
}

#[test]
fn higher_priority_runs_first() {
    let engine = engine(Mode::Threaded(1));
    let (gate, order) = (Var::new(), Arc::new(Mutex::new(Vec::new())));
    let release = Arc::new(Mutex::new(None));
    let sink = release.clone();
    engine.start(operation(&[], &[&gate], 0), move |completion| *sink.lock() = Some(completion));
    for (index, priority) in [0, -5, 10, 3].into_iter().enumerate() {
        let order = order.clone();
        let own = Var::new();
        let operation =
            Operation { name: "test".into(), reads: &[&gate], writes: &[&own], priority, bytes: LARGE };
        engine
            .run(operation, move || {
                order.lock().push(index);
                thread::sleep(Duration::from_millis(2));
                Ok(())
            })
            .unwrap();
    }
    // A blocker keeps the only lane busy while the gate opens, so that all four are ready together.
    let busy = Var::new();
    engine
        .run(operation(&[], &[&busy], LARGE), || {
            thread::sleep(Duration::from_millis(50));
            Ok(())
        })
        .unwrap();
    thread::sleep(Duration::from_millis(10));
    release.lock().take().unwrap().done(Ok(()));
    engine.wait_all().unwrap();
    assert_eq!(*order.lock(), [2, 3, 0, 1]);
}

#[test]
fn lanes_come_back_after_a_fork() {
    let engine = engine(Mode::Threaded(1));
    let var = Var::new();
    engine.run(operation(&[], &[&var], LARGE), || Ok(())).unwrap();
    engine.wait_all().unwrap();
    engine.restart_after_fork();
    engine.run(operation(&[], &[&var], LARGE), || Ok(())).unwrap();
    engine.wait_all().unwrap();
}

/// A random program over a few variables: each step reads some, writes some, and is small or large.
#[derive(Clone, Debug)]
struct Step {
    reads: Vec<usize>,
    writes: Vec<usize>,
    large: bool,
    fails: bool,
}

fn step() -> impl Strategy<Value = Step> {
    let indices = || prop::collection::vec(0usize..5, 0..3);
    (indices(), indices(), any::<bool>(), prop::bool::weighted(0.05))
        .prop_map(|(reads, writes, large, fails)| Step { reads, writes, large, fails })
}

/// What each variable's number is after the program, and which of them report a failure.
fn outcome(mode: Mode, program: &[Step]) -> Vec<(u64, bool)> {
    let engine = engine(mode);
    let vars: Vec<Var> = (0..5).map(|_| Var::new()).collect();
    let cells: Vec<Arc<Mutex<u64>>> = (0..5).map(|_| Arc::default()).collect();
    let mut failed = [false; 5];
    for (number, step) in program.iter().enumerate() {
        let reads: Vec<&Var> = step.reads.iter().map(|i| &vars[*i]).collect();
        let writes: Vec<&Var> = step.writes.iter().map(|i| &vars[*i]).collect();
        let (sources, targets): (Vec<_>, Vec<_>) = (
            step.reads.iter().map(|i| cells[*i].clone()).collect(),
            step.writes.iter().map(|i| cells[*i].clone()).collect(),
        );
        let fails = step.fails;
        let bytes = if step.large { LARGE } else { 8 };
        let result = engine.run(operation(&reads, &writes, bytes), move || {
            let sum: u64 = sources.iter().map(|cell| *cell.lock()).fold(number as u64, u64::wrapping_add);
            for target in &targets {
                let mut value = target.lock();
                *value = value.wrapping_mul(31).wrapping_add(sum);
            }
            if fails { Err(crate::err!(Internal, "planned")) } else { Ok(()) }
        });
        if result.is_err() {
            step.writes.iter().for_each(|i| failed[*i] = true);
        }
    }
    vars.iter()
        .zip(&cells)
        .zip(failed)
        .map(|((var, cell), failed)| {
            let reported = engine.wait_to_read(var).is_err();
            (*cell.lock(), reported || failed)
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn lanes_agree_with_the_serial_twin(program in prop::collection::vec(step(), 0..60)) {
        let without_failures: Vec<Step> =
            program.into_iter().map(|step| Step { fails: false, ..step }).collect();
        prop_assert_eq!(
            outcome(Mode::Threaded(3), &without_failures),
            outcome(Mode::Naive, &without_failures)
        );
    }

    #[test]
    fn failures_end_programs_without_hanging(program in prop::collection::vec(step(), 0..60)) {
        outcome(Mode::Threaded(3), &program);
    }
}

#[test]
fn work_on_this_thread_waits_for_its_turn() {
    for mode in [Mode::Naive, Mode::Threaded(2)] {
        let engine = engine(mode);
        let var = Var::new();
        let done = Arc::new(AtomicUsize::new(0));
        let counter = done.clone();
        engine.start(operation(&[], &[&var], 0), move |completion| {
            thread::spawn(move || {
                thread::sleep(Duration::from_millis(20));
                counter.store(7, Ordering::SeqCst);
                completion.done(Ok(()));
            });
        });
        let caller = thread::current().id();
        let seen = engine.run_here(&operation(&[&var], &[], LARGE), || {
            Ok((done.load(Ordering::SeqCst), thread::current().id() == caller))
        });
        assert_eq!(seen.unwrap().0, 7);
        engine.wait_to_write(&var).unwrap();
    }
}

#[test]
fn work_on_this_thread_reports_what_failed_before_it() {
    let engine = engine(Mode::Threaded(2));
    let var = Var::new();
    engine.run(operation(&[], &[&var], LARGE), || Err(crate::err!(Shape, "bad"))).unwrap();
    let skipped =
        engine.run_here(&operation(&[&var], &[], 0), || -> Result<()> { panic!("must be skipped") });
    assert_eq!(skipped.unwrap_err().message(), "bad");
    assert_eq!(engine.run_here(&operation(&[], &[&var], 0), || Ok(1)).unwrap(), 1);
    assert!(
        engine.run_here(&operation(&[], &[&var], 0), || Err::<(), _>(crate::err!(Shape, "own"))).is_err()
    );
    engine.wait_all().unwrap();
}
