//! A store on a bench: with an engine, and helpers to fill and read arrays.

use mxkv::array::{DType, Device, NdArray, Part, RowSparse, Shape, Storage};
use mxkv::base::config::Env;
use mxkv::base::sync::{Arc, Mutex};
use mxkv::base::{Error, Result};
use mxkv::engine::{Engine, Mode};
use mxkv::kvstore::Cluster;
use mxkv::kvstore::{Key, KeyKind, Keys, KvStore, Updater, create};

/// What not every store can do.
#[derive(Clone, Copy)]
pub struct Abilities {
    /// Compresses gradients.
    pub compression: bool,
    /// Converts values of another element type before it sums them.
    pub casts_values: bool,
}

pub struct Bench {
    pub engine: Engine,
    pub store: Box<dyn KvStore>,
    pub abilities: Abilities,
}

impl Bench {
    pub fn new(type_name: &str, mode: Mode, abilities: Abilities) -> Self {
        let engine = Engine::new(mode, Arc::default());
        let store = create(type_name, &engine, &Env::process(), &Cluster::default()).unwrap();
        Bench { engine, store, abilities }
    }

    pub fn init(&self, key: i32, value: &NdArray) {
        self.store.init(Keys::Int(&[key]), std::slice::from_ref(value)).unwrap();
    }

    pub fn push(&self, key: i32, values: &[NdArray]) {
        self.try_push(key, values).unwrap();
    }

    /// A push, waited for: errors come at the call or at the wait.
    pub fn try_push(&self, key: i32, values: &[NdArray]) -> Result<()> {
        self.store.push(Keys::Int(&vec![key; values.len()]), values, 0)?;
        self.engine.wait_all()
    }

    pub fn pulled(&self, key: i32, len: usize) -> Vec<f32> {
        let out = vector(&vec![-1.0; len]);
        self.store.pull(Keys::Int(&[key]), std::slice::from_ref(&out), 0, true).unwrap();
        self.content(&out)
    }

    pub fn content(&self, array: &NdArray) -> Vec<f32> {
        self.engine.wait_to_read(array.var()).unwrap();
        array.read::<f32>().unwrap().to_vec()
    }

    /// Row numbers and values of a row_sparse array.
    pub fn rows(&self, array: &NdArray) -> (Vec<i64>, Vec<f32>) {
        self.engine.wait_to_read(array.var()).unwrap();
        let parts = array.read_row_sparse().unwrap();
        (parts.indices.to_i64().unwrap(), parts.values.elements::<f32>().unwrap().to_vec())
    }
}

pub fn vector(values: &[f32]) -> NdArray {
    on(0, values)
}

pub fn on(device: i32, values: &[f32]) -> NdArray {
    NdArray::from_slice(Shape::new(&[values.len() as i64]), values, Device::cpu(device)).unwrap()
}

pub fn matrix(rows: usize, values: &[f32]) -> NdArray {
    let shape = Shape::new(&[rows as i64, (values.len() / rows) as i64]);
    NdArray::from_slice(shape, values, Device::cpu(0)).unwrap()
}

/// Rows of two elements in a matrix of five rows.
pub fn rows(indices: &[i64], values: &[f32]) -> NdArray {
    let parts = RowSparse {
        indices: Part::indices(indices).unwrap(),
        values: Part::from_slice(Shape::new(&[indices.len() as i64, 2]), values).unwrap(),
    };
    NdArray::from_row_sparse(parts, Shape::new(&[5, 2]), Device::cpu(0)).unwrap()
}

pub fn no_rows() -> NdArray {
    NdArray::empty(Storage::RowSparse, Shape::new(&[5, 2]), DType::Float32, Device::cpu(0)).unwrap()
}

/// `stored += factor * pushed`, and a list of the keys it was called with.
pub struct Adder {
    pub engine: Engine,
    pub factor: f32,
    pub calls: Arc<Mutex<Vec<String>>>,
}

impl Adder {
    pub fn new(bench: &Bench, factor: f32) -> (Arc<Self>, Arc<Mutex<Vec<String>>>) {
        let calls = Arc::new(Mutex::new(Vec::new()));
        (Arc::new(Adder { engine: bench.engine.clone(), factor, calls: calls.clone() }), calls)
    }
}

impl Updater for Adder {
    fn accepts(&self, _kind: KeyKind) -> Result<()> {
        Ok(())
    }

    fn update(&self, key: &Key, pushed: NdArray, stored: NdArray) -> Result<()> {
        self.calls.lock().push(key.to_string());
        self.engine.wait_to_read(pushed.var())?;
        self.engine.wait_to_write(stored.var())?;
        let pushed = pushed.read::<f32>()?;
        stored.write::<f32>()?.iter_mut().zip(&*pushed).for_each(|(to, x)| *to += self.factor * x);
        Ok(())
    }
}

pub fn assert_error<T>(result: Result<T>, words: &[&str]) {
    let error: Error = result.err().expect("an error");
    let text = error.to_string();
    assert!(words.iter().all(|word| text.contains(word)), "'{text}' lacks one of {words:?}");
}
