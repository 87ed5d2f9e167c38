//! Random programs on a store and on a model of it.

use super::bench::*;
use mxkv::array::NdArray;
use mxkv::kvstore::Keys;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
enum Step {
    Init(i32, f32),
    /// Keys with the number to push.
    Push(Vec<(i32, f32)>),
    Pull(Vec<i32>),
    PushPull(Vec<(i32, f32)>, Vec<i32>),
    /// The sums go back into the arrays that were pushed.
    PushPullInPlace(Vec<(i32, f32)>),
    Updater,
}

/// The model: one number per key, because all elements of an array are equal. It says what a step gives, or
/// that it fails and changes nothing.
#[derive(Default)]
struct Twin {
    stored: BTreeMap<i32, f32>,
    updates: bool,
}

impl Twin {
    fn step(&mut self, step: &Step) -> Option<Vec<f32>> {
        let before = self.stored.clone();
        let seen = self.try_step(step);
        if seen.is_none() {
            self.stored = before;
        }
        seen
    }

    fn try_step(&mut self, step: &Step) -> Option<Vec<f32>> {
        match step {
            Step::Init(key, _) if self.stored.contains_key(key) => None,
            Step::Init(key, value) => self.stored.insert(*key, *value).map_or(Some(vec![]), |_| None),
            Step::Push(values) => self.push(values).map(|()| vec![]),
            Step::Pull(keys) => keys.iter().map(|key| self.stored.get(key).copied()).collect(),
            Step::PushPull(values, keys) => {
                self.push(values).and_then(|()| self.try_step(&Step::Pull(keys.clone())))
            }
            Step::PushPullInPlace(values) => {
                let keys = values.iter().map(|(key, _)| *key).collect();
                self.push(values).and_then(|()| self.try_step(&Step::Pull(keys)))
            }
            Step::Updater => {
                self.updates = true;
                Some(vec![])
            }
        }
    }

    fn push(&mut self, values: &[(i32, f32)]) -> Option<()> {
        let mut sums = BTreeMap::new();
        values.iter().for_each(|(key, value)| *sums.entry(*key).or_insert(0.0) += value);
        for (key, sum) in sums {
            let stored = self.stored.get_mut(&key)?;
            *stored = if self.updates { *stored + 3.0 * sum } else { sum };
        }
        Some(())
    }
}

/// Every third key is large enough for other threads.
fn array(key: i32, value: f32) -> NdArray {
    vector(&vec![value; if key % 3 == 0 { 50_000 } else { 5 }])
}

fn run(bench: &Bench, step: &Step) -> Option<Vec<f32>> {
    let arrays = |values: &[(i32, f32)]| -> (Vec<i32>, Vec<NdArray>) {
        values.iter().map(|(key, value)| (*key, array(*key, *value))).unzip()
    };
    let outs = |keys: &[i32]| -> Vec<NdArray> { keys.iter().map(|key| array(*key, -1.0)).collect() };
    let (result, outs) = match step {
        Step::Init(key, value) => (bench.store.init(Keys::Int(&[*key]), &[array(*key, *value)]), vec![]),
        Step::Push(values) => {
            let (keys, values) = arrays(values);
            (bench.store.push(Keys::Int(&keys), &values, 0), vec![])
        }
        Step::Pull(keys) => {
            let outs = outs(keys);
            (bench.store.pull(Keys::Int(keys), &outs, 0, true), outs)
        }
        Step::PushPull(values, keys) => {
            let (outs, (own, values)) = (outs(keys), arrays(values));
            (bench.store.pushpull(Keys::Int(&own), &values, Keys::Int(keys), &outs, 0), outs)
        }
        Step::PushPullInPlace(values) => {
            let (keys, values) = arrays(values);
            (bench.store.pushpull(Keys::Int(&keys), &values, Keys::Int(&keys), &values, 0), values)
        }
        Step::Updater => {
            let (adder, _) = Adder::new(bench, 3.0);
            (bench.store.set_updater(adder), vec![])
        }
    };
    result.ok().map(|()| {
        outs.iter()
            .map(|out| {
                let content = bench.content(out);
                assert!(content.iter().all(|x| *x == content[0]), "a torn array");
                content[0]
            })
            .collect()
    })
}

fn step() -> impl Strategy<Value = Step> {
    let key = || -2i32..4;
    let value = || (-8i32..9).prop_map(|x| x as f32);
    let values = move || prop::collection::vec((key(), value()), 0..6);
    prop_oneof![
        4 => (key(), value()).prop_map(|(key, value)| Step::Init(key, value)),
        4 => values().prop_map(Step::Push),
        4 => prop::collection::vec(key(), 0..6).prop_map(Step::Pull),
        2 => (values(), prop::collection::vec(key(), 0..6)).prop_map(|(values, keys)| Step::PushPull(values, keys)),
        2 => values().prop_map(Step::PushPullInPlace),
        1 => Just(Step::Updater),
    ]
}

/// Compares every result of random programs, and that failures happen at the same steps.
pub fn compare(make: impl Fn() -> Bench) {
    let mut runner = TestRunner::new(Config { cases: 60, failure_persistence: None, ..Config::default() });
    let programs = prop::collection::vec(step(), 0..40);
    let outcome = runner.run(&programs, |program| {
        let (bench, mut twin) = (make(), Twin::default());
        for step in &program {
            prop_assert_eq!(run(&bench, step), twin.step(step), "after {:?}", step);
        }
        bench.engine.wait_all().map_err(|error| TestCaseError::fail(error.to_string()))
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}
