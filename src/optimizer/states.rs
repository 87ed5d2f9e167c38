//! Saved optimizers: the description with counts and schedule, and the state arrays of every key.
//!
//! ```text
//! "mxkv-opt"  version u32  length u64  description (JSON)  length u64  arrays  crc32 u32
//! ```
//!
//! All numbers are little-endian; the checksum is over everything before it. The description is
//! `{"spec": …, "keys": [[index, number of states, has a float32 weight], …]}`, and the arrays follow in that order
//! (states, then the weight), each as its length (u64) and one record of MXNet's array format.

#![deny(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "the bytes come from outside"
)]

use super::gathered::is_gathered;
use super::live::{Live, Values, check_states};
use super::{Index, KeyStates, Optimizer, Spec, foreign};
use crate::array::NdArray;
use crate::array::format::{Shapes, load_raw, save_raw};
use crate::base::{Error, Result};
use crate::engine::Engine;
use serde_json::{Value, json};

const MAGIC: &[u8; 8] = b"mxkv-opt";
const VERSION: u32 = 1;

/// Whether bytes start as a saved optimizer does.
pub fn is_saved_optimizer(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

impl Optimizer {
    /// Everything that training needs to go on as if it had not stopped. Waits for updates under way.
    pub fn save_states(&self) -> Result<Vec<u8>> {
        encode(self.engine(), &self.spec(), &self.states()?)
    }

    /// Takes over what [`Optimizer::save_states`] wrote: rates, counts, schedule and states. The file must be of an
    /// optimizer of the same name. What the stock Python frontend pickled is read too, without executing anything;
    /// if it left the optimizer out, rates and counts stay. The states must fit the values as far as those are
    /// known. On an error nothing has changed.
    pub fn load_states(&self, bytes: &[u8], values: Values<'_>) -> Result<()> {
        let loaded = self.loaded(bytes, values)?;
        if is_pickled(bytes) {
            return foreign::python::load(self, bytes);
        }
        self.replace(loaded.into_live());
        Ok(())
    }

    /// Everything that [`Optimizer::load_states`] would refuse.
    pub fn check_load(&self, bytes: &[u8], values: Values<'_>) -> Result<()> {
        self.loaded(bytes, values).map(drop)
    }

    /// Another optimizer that is as this one would be with what was saved.
    fn loaded(&self, bytes: &[u8], values: Values<'_>) -> Result<Self> {
        let engine = self.engine().clone();
        if is_pickled(bytes) {
            let loaded = Optimizer::new(&self.spec(), engine)?;
            foreign::python::load(&loaded, bytes)?;
            loaded.check_values(values)?;
            return Ok(loaded);
        }
        let loaded = Optimizer::from_saved(bytes, engine, values)?;
        let (saved, name) = (loaded.rule_name(), self.rule_name());
        crate::ensure!(
            saved == name,
            InvalidArgument,
            "optimizer states: the file holds states of {saved}, the optimizer is {name}"
        );
        Ok(loaded)
    }

    /// A new optimizer as it was saved, if its states fit the values as far as those are known.
    pub fn from_saved(bytes: &[u8], engine: Engine, values: Values<'_>) -> Result<Self> {
        let optimizer = if is_pickled(bytes) {
            let spec = foreign::python::states(bytes)?.optimizer.ok_or_else(|| {
                crate::err!(InvalidArgument, "optimizer states: the file has no optimizer; set one first")
            })?;
            let optimizer = Optimizer::new(&spec, engine)?;
            foreign::python::load(&optimizer, bytes)?;
            optimizer
        } else {
            Optimizer::resumed(engine, Live::decode(bytes)?)
        };
        optimizer.check_values(values)?;
        Ok(optimizer)
    }
}

fn is_pickled(bytes: &[u8]) -> bool {
    !is_saved_optimizer(bytes) && foreign::python::may_be_states(bytes)
}

/// Writes a saved optimizer from its parts; arrays may still be computing.
pub fn encode(engine: &Engine, spec: &Spec, keys: &[(Index, KeyStates)]) -> Result<Vec<u8>> {
    let name = |index: &Index| match index {
        Index::Int(number) => json!(number),
        Index::Text(text) => json!(&**text),
    };
    let listed: Vec<Value> = (keys.iter())
        .map(|(index, key)| json!([name(index), key.states.len(), key.master.is_some()]))
        .collect();
    let description = json!({"spec": spec.to_value(), "keys": listed}).to_string();
    let mut arrays = Vec::new();
    for array in keys.iter().flat_map(|(_, key)| key.states.iter().chain(&key.master)) {
        put(&mut arrays, &save_raw(engine, array, Shapes::Numpy)?);
    }
    let mut bytes = Vec::with_capacity(arrays.len() + description.len() + 64);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    put(&mut bytes, description.as_bytes());
    put(&mut bytes, &arrays);
    let checksum = crc32fast::hash(&bytes);
    bytes.extend_from_slice(&checksum.to_le_bytes());
    Ok(bytes)
}

fn put(to: &mut Vec<u8>, piece: &[u8]) {
    to.extend_from_slice(&(piece.len() as u64).to_le_bytes());
    to.extend_from_slice(piece);
}

/// The parts of a saved optimizer, checked as far as bytes can be.
pub fn decode(bytes: &[u8]) -> Result<(Spec, Vec<(Index, KeyStates)>)> {
    read(bytes).map_err(|error| error.context("optimizer states"))
}

fn read(bytes: &[u8]) -> Result<(Spec, Vec<(Index, KeyStates)>)> {
    let Some(rest) = bytes.strip_prefix(MAGIC) else {
        if is_gathered(bytes) {
            return Err(corrupt("they were saved by a distributed store, and only such a one can load them"));
        }
        return Err(corrupt("this is no file of optimizer states"));
    };
    let (version, _) = rest.split_first_chunk().ok_or_else(|| corrupt("it ends too early"))?;
    let version = u32::from_le_bytes(*version);
    crate::ensure!(
        version == VERSION,
        Protocol,
        "it has version {version}, this library reads version {VERSION}"
    );
    let (body, checksum) = bytes.split_last_chunk().ok_or_else(|| corrupt("it ends too early"))?;
    if crc32fast::hash(body) != u32::from_le_bytes(*checksum) {
        return Err(corrupt("the checksum is wrong: it was cut off or changed"));
    }
    let mut rest = body.get(MAGIC.len() + 4..).unwrap_or_default();
    let (description, mut arrays) = (piece(&mut rest)?, piece(&mut rest)?);
    let description: Value = serde_json::from_slice(description)
        .map_err(|error| crate::err!(Protocol, "its description is not valid JSON: {error}"))?;
    let spec = Spec::from_value(description.get("spec").unwrap_or(&Value::Null))?;
    let keys =
        description.get("keys").and_then(Value::as_array).ok_or_else(|| corrupt("it lists no keys"))?;
    let keys = keys.iter().map(|key| read_key(key, &mut arrays)).collect::<Result<Vec<_>>>()?;
    crate::ensure!(arrays.is_empty() && rest.is_empty(), Protocol, "there are bytes that belong to no key");
    Ok((spec, keys))
}

fn read_key(described: &Value, arrays: &mut &[u8]) -> Result<(Index, KeyStates)> {
    let index = match described.get(0) {
        Some(Value::String(text)) => Some(Index::from(text.as_str())),
        Some(number) => number.as_i64().map(Index::Int),
        None => None,
    };
    let index = index.ok_or_else(|| corrupt("a key has no index"))?;
    let count = described.get(1).and_then(Value::as_u64).ok_or_else(|| corrupt("a key has no count"))?;
    let has_master = described.get(2).and_then(Value::as_bool).unwrap_or(false);
    // Every array is at least its length, so a count that lies ends at the end of the bytes.
    let states = (0..count).map(|_| read_array(arrays)).collect::<Result<_>>()?;
    let master = if has_master { Some(read_array(arrays)?) } else { None };
    Ok((index, KeyStates { states, master }))
}

fn read_array(arrays: &mut &[u8]) -> Result<NdArray> {
    load_raw(piece(arrays)?, Shapes::Numpy)?.ok_or_else(|| corrupt("an array is missing"))
}

/// The next length and so many bytes.
fn piece<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8]> {
    let too_early = || corrupt("it ends too early");
    let (length, after) = rest.split_first_chunk().ok_or_else(too_early)?;
    let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| too_early())?;
    let (piece, after) = after.split_at_checked(length).ok_or_else(too_early)?;
    *rest = after;
    Ok(piece)
}

fn corrupt(what: &str) -> Error {
    crate::err!(Protocol, "{what}")
}

impl Live {
    fn decode(bytes: &[u8]) -> Result<Live> {
        let (spec, keys) = decode(bytes)?;
        let mut live = Live::new(&spec).map_err(|error| error.context("optimizer states"))?;
        for (index, arrays) in keys {
            check_states(&index, &arrays, &*live.rule)?;
            live.slot(&index).resume(arrays);
        }
        Ok(live)
    }
}
