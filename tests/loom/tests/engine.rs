//! What must hold of the engine in every interleaving of two or three threads.
//!
//! Data sit in loom's `UnsafeCell`, which fails the model when two accesses overlap of which one writes: so each
//! model also checks that the engine keeps tasks apart.

use loom::cell::UnsafeCell;
use loom::thread;
use mxkv_loom::base::sync::Arc;
use mxkv_loom::base::{Error, ErrorKind, Result};
use mxkv_loom::engine::{Completion, Engine, FOREIGN_WORK, Mode, Operation, Var};

/// Executions with more involuntary switches than this are not looked at; bugs that need more are rare.
const SWITCHES: usize = 3;

fn check(model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(Some(SWITCHES));
    builder.check(model);
}

fn engine(lanes: usize) -> Engine {
    Engine::new(Mode::Threaded(lanes), Arc::default())
}

fn operation<'a>(reads: &'a [&'a Var], writes: &'a [&'a Var], bytes: usize) -> Operation<'a> {
    Operation { name: "model".into(), reads, writes, priority: 0, bytes }
}

/// A number that is only safe to touch while the engine grants its variable.
#[derive(Clone, Default)]
struct Number {
    var: Var,
    value: Arc<UnsafeCell<u32>>,
}

// SAFETY: whether the engine keeps the accesses apart is what the checker finds out.
unsafe impl Send for Number {}
// SAFETY: as above.
unsafe impl Sync for Number {}

impl Number {
    fn add(&self, amount: u32) {
        // SAFETY: checked by the cell.
        self.value.with_mut(|value| unsafe { *value += amount });
    }

    fn get(&self) -> u32 {
        // SAFETY: checked by the cell.
        self.value.with(|value| unsafe { *value })
    }

    fn submit_add(&self, engine: &Engine, amount: u32, bytes: usize) {
        let number = self.clone();
        let work = move || {
            number.add(amount);
            Ok(())
        };
        engine.run(operation(&[], &[&self.var], bytes), work).unwrap();
    }

    fn read(&self, engine: &Engine) -> u32 {
        engine.run_here(&operation(&[&self.var], &[], 0), || Ok(self.get())).unwrap()
    }
}

#[test]
fn small_writes_of_two_threads_do_not_overlap() {
    check(|| {
        let (engine, number) = (engine(1), Number::default());
        let (other_engine, other_number) = (engine.clone(), number.clone());
        let other = thread::spawn(move || other_number.submit_add(&other_engine, 1, 0));
        number.submit_add(&engine, 2, 0);
        other.join().unwrap();
        engine.drain();
        assert_eq!(number.read(&engine), 3);
        engine.close();
    });
}

#[test]
fn a_reader_on_another_thread_sees_nothing_or_all() {
    check(|| {
        let (engine, number) = (engine(1), Number::default());
        let (other_engine, other_number) = (engine.clone(), number.clone());
        let other = thread::spawn(move || other_number.read(&other_engine));
        number.submit_add(&engine, 2, 0);
        assert!(matches!(other.join().unwrap(), 0 | 2));
        assert_eq!(number.read(&engine), 2);
        engine.close();
    });
}

/// Variables are taken in a fixed order, whatever the order in which tasks name them.
#[test]
fn two_variables_in_opposite_order_do_not_block_each_other() {
    check(|| {
        let (engine, a, b) = (engine(1), Number::default(), Number::default());
        let (engine2, a2, b2) = (engine.clone(), a.clone(), b.clone());
        let other = thread::spawn(move || {
            let sum = || {
                b2.add(a2.get() + 1);
                Ok(())
            };
            engine2.run_here(&operation(&[&a2.var], &[&b2.var], 0), sum).unwrap();
        });
        let sum = || {
            a.add(b.get() + 1);
            Ok(())
        };
        engine.run_here(&operation(&[&b.var], &[&a.var], 0), sum).unwrap();
        other.join().unwrap();
        // One of the two came first, and the other one saw it.
        assert_eq!(a.read(&engine) + b.read(&engine), 3);
        engine.close();
    });
}

#[test]
fn work_that_ends_elsewhere_keeps_its_variable_until_then() {
    check(|| {
        let (engine, number) = (engine(1), Number::default());
        let held = number.clone();
        let slot = Arc::new(loom::sync::Mutex::new(None));
        let keep = slot.clone();
        engine.start(operation(&[], &[&number.var], 0), move |completion: Completion| {
            *keep.lock().unwrap() = Some(completion);
        });
        let other = thread::spawn(move || {
            held.add(5);
            slot.lock().unwrap().take().unwrap().done(Ok(()));
        });
        assert_eq!(number.read(&engine), 5);
        other.join().unwrap();
        engine.wait_all().unwrap();
        engine.close();
    });
}

#[test]
fn a_lane_takes_what_is_handed_over() {
    check(|| {
        let (engine, number) = (engine(1), Number::default());
        number.submit_add(&engine, 1, FOREIGN_WORK);
        number.submit_add(&engine, 2, 0);
        engine.wait_to_read(&number.var).unwrap();
        engine.drain();
        assert_eq!(number.read(&engine), 3);
        engine.close();
    });
}

/// A lost wake-up would leave the waiting thread behind for ever, which the checker reports as a deadlock.
#[test]
fn waiting_for_all_ends() {
    check(|| {
        let (engine, a, b) = (engine(1), Number::default(), Number::default());
        a.submit_add(&engine, 1, FOREIGN_WORK);
        b.submit_add(&engine, 1, FOREIGN_WORK);
        engine.wait_all().unwrap();
        assert_eq!(a.read(&engine) + b.read(&engine), 2);
        engine.close();
    });
}

#[test]
fn three_threads_and_a_lane_count_right() {
    check(|| {
        let (engine, number) = (engine(1), Number::default());
        let others: Vec<_> = [(1, 0), (2, FOREIGN_WORK)]
            .into_iter()
            .map(|(amount, bytes)| {
                let (engine, number) = (engine.clone(), number.clone());
                thread::spawn(move || number.submit_add(&engine, amount, bytes))
            })
            .collect();
        assert!(matches!(number.read(&engine), 0..=3));
        others.into_iter().for_each(|other| other.join().unwrap());
        engine.wait_all().unwrap();
        assert_eq!(number.read(&engine), 3);
        engine.close();
    });
}

fn failure() -> Result<()> {
    Err(Error::new(ErrorKind::Shape, "expected in the model"))
}

#[test]
fn a_failure_is_reported_to_exactly_one_of_two() {
    check(|| {
        let (engine, number) = (engine(1), Number::default());
        engine.run(operation(&[], &[&number.var], 0), failure).unwrap();
        let (other_engine, other_number) = (engine.clone(), number.clone());
        let other = thread::spawn(move || other_engine.wait_to_read(&other_number.var).is_err());
        let here = engine.wait_all().is_err();
        let there = other.join().unwrap();
        assert!(here != there, "reported {} times", u32::from(here) + u32::from(there));
        engine.close();
    });
}

#[test]
fn what_builds_on_a_failure_is_skipped() {
    check(|| {
        let (engine, a, b) = (engine(1), Number::default(), Number::default());
        engine.run(operation(&[], &[&a.var], FOREIGN_WORK), failure).unwrap();
        let target = b.clone();
        let work = move || {
            target.add(1);
            Ok(())
        };
        engine.run(operation(&[&a.var], &[&b.var], 0), work).unwrap();
        assert!(engine.wait_to_read(&b.var).is_err());
        assert_eq!(b.read(&engine), 0);
        engine.wait_all().unwrap();
        engine.close();
    });
}
