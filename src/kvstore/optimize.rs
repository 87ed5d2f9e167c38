//! Optimizers in a store: the keys of stores as optimizers know them.

use super::keys::Key;
use crate::optimizer::Index;

impl From<&Key> for Index {
    fn from(key: &Key) -> Self {
        match key {
            Key::Int(number) => Index::Int((*number).into()),
            Key::Text { text, .. } => Index::Text(text.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::array::{Device, NdArray, Shape};
    use crate::base::sync::Arc;
    use crate::engine::{Engine, Mode};
    use crate::kvstore::{Keys, KvStore, LocalStore, Strategy};
    use crate::optimizer::{Scalar, Spec};
    use crate::telemetry::Trace;

    fn array(len: usize, seed: usize) -> NdArray {
        let values: Vec<f32> = (0..len).map(|i| ((i * 7 + seed * 13) % 101) as f32 / 50.0 - 1.0).collect();
        NdArray::from_slice(Shape::new(&[len as i64]), &values, Device::cpu(0)).unwrap()
    }

    /// One call that sums, updates and copies gives what a push and a pull give.
    #[test]
    fn pushpull_is_push_and_pull() {
        let engine = Engine::new(Mode::Threaded(2), Arc::new(Trace::default()));
        let spec = Spec::from_params("adam", &[("wd", "0.01"), ("param_idx2name.1", "a_bias")]).unwrap();
        let keys = [0, 1];
        for (strategy, devices) in [(Strategy::Local, 1), (Strategy::Local, 3), (Strategy::Device, 2)] {
            let stores = [(); 2].map(|()| LocalStore::new("local", strategy, engine.clone()));
            let lengths = [3, 70_000];
            for store in &stores {
                let start: Vec<NdArray> = lengths.iter().map(|len| array(*len, 1)).collect();
                store.init(Keys::Int(&keys), &start).unwrap();
                store.set_optimizer(&spec).unwrap();
            }
            let repeated: Vec<i32> = keys.iter().flat_map(|key| vec![*key; devices]).collect();
            let of_all = |seed: usize| -> Vec<NdArray> {
                let of = |key: usize| (0..devices).map(move |device| array(lengths[key], seed + device));
                (0..keys.len()).flat_map(of).collect()
            };
            for round in 0..3 {
                let (values, ours, theirs) = (of_all(round), of_all(50), of_all(60));
                let all = Keys::Int(&repeated);
                stores[0].pushpull(all, &values, all, &ours, 0).unwrap();
                stores[1].push(all, &values, 0).unwrap();
                stores[1].pull(all, &theirs, 0, true).unwrap();
                engine.wait_all().unwrap();
                for (ours, theirs) in ours.iter().zip(&theirs) {
                    assert!(
                        *ours.read_bytes().unwrap() == *theirs.read_bytes().unwrap(),
                        "{strategy:?} {devices}"
                    );
                }
                stores.iter().for_each(|store| store.set_scalar(Scalar::LearningRate, 0.1).unwrap());
            }
            assert_eq!(stores[0].optimizer_states().unwrap(), stores[1].optimizer_states().unwrap());
        }
    }

    /// States of another model under the same optimizer are refused, and training goes on as before.
    #[test]
    fn states_of_another_model_are_refused() {
        let engine = Engine::new(Mode::Threaded(1), Arc::new(Trace::default()));
        let spec = Spec::from_params("sgd", &[("momentum", "0.9")]).unwrap();
        let store = |len: usize, optimizer: bool| {
            let store = LocalStore::new("local", Strategy::Local, engine.clone());
            store.init(Keys::Int(&[0]), &[array(len, 1)]).unwrap();
            if optimizer {
                store.set_optimizer(&spec).unwrap();
            }
            store
        };
        let (other, trained) = (store(6, true), store(3, true));
        other.push(Keys::Int(&[0]), &[array(6, 2)], 0).unwrap();
        trained.push(Keys::Int(&[0]), &[array(3, 2)], 0).unwrap();
        let (foreign, own) = (other.optimizer_states().unwrap(), trained.optimizer_states().unwrap());
        let refused = trained.load_optimizer_states(&foreign).unwrap_err().to_string();
        assert!(refused.contains("key 0") && refused.contains("another shape"), "{refused}");
        assert_eq!(trained.optimizer_states().unwrap(), own);
        trained.push(Keys::Int(&[0]), &[array(3, 2)], 0).unwrap();
        let without = store(3, false);
        assert!(without.load_optimizer_states(&foreign).is_err());
        assert!(without.optimizer_states().is_err(), "it took no optimizer from the file");
        without.load_optimizer_states(&own).unwrap();
    }
}
