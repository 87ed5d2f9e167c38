//! Descriptions as JSON:
//!
//! ```json
//! {"name": "adam", "params": {"learning_rate": 0.01, "wd": 1e-4},
//!  "lr_scheduler": {"name": "factor", "params": {"step": 100, "factor": 0.9}},
//!  "lr_mult": {"3": 0.5}, "wd_mult": {"fc_bias": 0}, "param_idx2name": {"3": "fc_bias"},
//!  "mxnet_1_9_1": false}
//! ```
//!
//! Only `name` is required. A saved one has `progress` and the schedule's `position` too. Tables are objects, or
//! lists of pairs where an index is a text that looks like a number.

use super::spec::{Progress, SchedulerSpec, Spec};
use super::{Index, Params};
use crate::base::{Result, suggest};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

impl Spec {
    pub fn from_json(text: &str) -> Result<Self> {
        let value: Value = serde_json::from_str(text)
            .map_err(|error| crate::err!(InvalidArgument, "optimizer: not valid JSON: {error}"))?;
        Self::from_value(&value)
    }

    pub fn to_json(&self) -> String {
        self.to_value().to_string()
    }

    pub(super) fn from_value(value: &Value) -> Result<Self> {
        const KNOWN: &[&str] = &[
            "name",
            "params",
            "lr_scheduler",
            "lr_mult",
            "wd_mult",
            "param_idx2name",
            "progress",
            "mxnet_1_9_1",
        ];
        let fields = Fields::new("optimizer", value, KNOWN)?;
        Ok(Spec {
            name: fields.text("name")?,
            params: fields.params()?,
            scheduler: fields.get("lr_scheduler").map(scheduler).transpose()?,
            lr_mult: fields.table("lr_mult", number)?,
            wd_mult: fields.table("wd_mult", number)?,
            param_idx2name: fields.table("param_idx2name", |value| value.as_str().map(str::to_owned))?,
            progress: fields.get("progress").map(progress).transpose()?.unwrap_or_default(),
            mxnet_1_9_1: match fields.get("mxnet_1_9_1") {
                None => false,
                Some(Value::Bool(on)) => *on,
                Some(other) => return Err(fields.bad("mxnet_1_9_1", "true or false", other)),
            },
        })
    }

    pub(super) fn to_value(&self) -> Value {
        let mut map = Map::new();
        map.insert("name".into(), json!(self.name));
        map.insert("params".into(), json!(self.params));
        if let Some(scheduler) = &self.scheduler {
            let mut described = json!({"name": scheduler.name, "params": scheduler.params});
            if let Some((base, steps)) = scheduler.position {
                described["position"] = json!([exact(base), steps]);
            }
            map.insert("lr_scheduler".into(), described);
        }
        let mut put = |name: &str, table: Option<Value>| table.map(|table| map.insert(name.into(), table));
        put("lr_mult", table(&self.lr_mult, |x| exact(*x)));
        put("wd_mult", table(&self.wd_mult, |x| exact(*x)));
        put("param_idx2name", table(&self.param_idx2name, |name| json!(name)));
        if self.progress != Progress::default() {
            put("progress", Some(describe(&self.progress)));
        }
        put("mxnet_1_9_1", self.mxnet_1_9_1.then_some(json!(true)));
        Value::Object(map)
    }
}

fn scheduler(value: &Value) -> Result<SchedulerSpec> {
    let fields = Fields::new("lr_scheduler", value, &["name", "params", "position"])?;
    let position = |value: &Value| Some((number(value.get(0)?)?, value.get(1)?.as_i64()?));
    let place = fields.get("position").map(|value| {
        position(value).ok_or_else(|| fields.bad("position", "a rate and a number of steps", value))
    });
    Ok(SchedulerSpec { name: fields.text("name")?, params: fields.params()?, position: place.transpose()? })
}

fn progress(value: &Value) -> Result<Progress> {
    let fields = Fields::new("progress", value, &["num_update", "counts", "shared", "own"])?;
    let num_update = fields
        .get("num_update")
        .map(|value| value.as_i64().ok_or_else(|| fields.bad("num_update", "a whole number", value)));
    let shared = fields
        .get("shared")
        .map(|value| numbers(value).ok_or_else(|| fields.bad("shared", "a list of numbers", value)));
    Ok(Progress {
        num_update: num_update.transpose()?,
        counts: fields.table("counts", Value::as_i64)?,
        shared: shared.transpose()?.unwrap_or_default(),
        own: fields.table("own", numbers)?,
    })
}

fn describe(progress: &Progress) -> Value {
    let list = |numbers: &Vec<f64>| Value::Array(numbers.iter().map(|x| exact(*x)).collect());
    let mut map = Map::new();
    let mut put = |name: &str, value: Option<Value>| value.map(|value| map.insert(name.into(), value));
    put("num_update", progress.num_update.map(|n| json!(n)));
    put("counts", table(&progress.counts, |count| json!(count)));
    put("shared", (!progress.shared.is_empty()).then(|| list(&progress.shared)));
    put("own", table(&progress.own, list));
    Value::Object(map)
}

/// JSON has no infinities and no NaN: those are texts.
fn exact(x: f64) -> Value {
    if x.is_finite() { json!(x) } else { json!(x.to_string()) }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn numbers(value: &Value) -> Option<Vec<f64>> {
    value.as_array()?.iter().map(number).collect()
}

/// `None` for an empty table.
fn table<T>(entries: &BTreeMap<Index, T>, value: impl Fn(&T) -> Value) -> Option<Value> {
    let is_plain = |index: &Index| Index::from_text(&index.to_string()) == *index;
    let name = |index: &Index| match index {
        Index::Int(number) => json!(number),
        Index::Text(text) => json!(&**text),
    };
    if entries.is_empty() {
        None
    } else if entries.keys().all(is_plain) {
        Some(Value::Object(entries.iter().map(|(index, entry)| (index.to_string(), value(entry))).collect()))
    } else {
        Some(Value::Array(entries.iter().map(|(index, entry)| json!([name(index), value(entry)])).collect()))
    }
}

/// The members of one object, with errors that name it.
struct Fields<'a> {
    owner: &'a str,
    map: &'a Map<String, Value>,
}

impl<'a> Fields<'a> {
    fn new(owner: &'a str, value: &'a Value, known: &[&str]) -> Result<Self> {
        let Value::Object(map) = value else {
            crate::bail!(InvalidArgument, "{owner}: expected a JSON object, got {}", brief(value));
        };
        match map.keys().find(|name| !known.contains(&name.as_str())) {
            Some(unknown) => Err(suggest::unknown(&format!("{owner}: member"), unknown, known)),
            None => Ok(Fields { owner, map }),
        }
    }

    /// A member that is there and not null.
    fn get(&self, name: &str) -> Option<&'a Value> {
        self.map.get(name).filter(|value| !value.is_null())
    }

    fn bad(&self, name: &str, expected: &str, given: &Value) -> crate::base::Error {
        crate::err!(InvalidArgument, "{}: {name}: expected {expected}, got {}", self.owner, brief(given))
    }

    fn text(&self, name: &str) -> Result<String> {
        let value = self.get(name).unwrap_or(&Value::Null);
        value.as_str().map(str::to_owned).ok_or_else(|| self.bad(name, "a text", value))
    }

    /// Texts as they are, everything else as Python would print it.
    fn params(&self) -> Result<Params> {
        let Some(value) = self.get("params") else { return Ok(Params::new()) };
        let Value::Object(map) = value else { return Err(self.bad("params", "an object", value)) };
        let as_text = |value: &Value| match value {
            Value::Null => "None".to_owned(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        Ok(map.iter().map(|(name, value)| (name.clone(), as_text(value))).collect())
    }

    fn table<T>(&self, name: &str, parse: impl Fn(&Value) -> Option<T>) -> Result<BTreeMap<Index, T>> {
        let Some(value) = self.get(name) else { return Ok(BTreeMap::new()) };
        let entries: Option<_> = match value {
            Value::Object(map) => {
                map.iter().map(|(index, entry)| Some((Index::from_text(index), parse(entry)?))).collect()
            }
            Value::Array(pairs) => pairs
                .iter()
                .map(|pair| {
                    let index = match pair.get(0)? {
                        Value::String(text) => Index::from(text.as_str()),
                        number => Index::Int(number.as_i64()?),
                    };
                    Some((index, parse(pair.get(1)?)?))
                })
                .collect(),
            _ => None,
        };
        entries.ok_or_else(|| self.bad(name, "an object of such values", value))
    }
}

/// The beginning of a value, for messages.
fn brief(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_survives_the_way_through_json() {
        let spec = Spec {
            name: "sgd".into(),
            params: [("momentum".to_owned(), "0.9".to_owned())].into(),
            scheduler: Some(SchedulerSpec {
                position: Some((0.1, 3)),
                ..SchedulerSpec::new("factor", &[("step", "2")])
            }),
            lr_mult: [(Index::from(3), 0.1), (Index::from("3"), f64::INFINITY)].into(),
            wd_mult: [(Index::from("fc_bias"), 0.0)].into(),
            param_idx2name: [(Index::from(3), "fc_bias".to_owned())].into(),
            progress: Progress {
                num_update: Some(7),
                counts: [(Index::from(3), 7)].into(),
                shared: vec![0.1 + 0.2],
                own: [(Index::from(3), vec![1.0])].into(),
            },
            mxnet_1_9_1: true,
        };
        assert_eq!(Spec::from_json(&spec.to_json()).unwrap(), spec);
        let plain =
            Spec::from_json(r#"{"name": "Adam", "params": {"wd": 1e-4, "clip_gradient": null}}"#).unwrap();
        assert_eq!(plain.params["wd"], "0.0001");
        assert_eq!(plain.params["clip_gradient"], "None");
    }

    #[test]
    fn numbers_survive_to_the_last_bit() {
        let mut bits = 1u64;
        let numbers = std::iter::repeat_with(|| {
            bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            f64::from_bits(bits ^ bits >> 32)
        });
        let shared: Vec<f64> = numbers.filter(|x| !x.is_nan()).take(10_000).collect();
        let spec = Spec {
            name: "sgd".into(),
            progress: Progress { shared, ..Progress::default() },
            ..Spec::default()
        };
        let again = Spec::from_json(&spec.to_json()).unwrap();
        for (got, want) in again.progress.shared.iter().zip(&spec.progress.shared) {
            assert_eq!(got.to_bits(), want.to_bits(), "{want:e}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let message = |text: &str| Spec::from_json(text).unwrap_err().to_string();
        assert!(message("{").contains("not valid JSON"));
        assert!(message("[]").contains("expected a JSON object"));
        assert!(message("{}").contains("name: expected a text"));
        assert!(message(r#"{"name": "sgd", "parms": {}}"#).contains("did you mean 'params'"));
        assert!(message(r#"{"name": "sgd", "lr_mult": {"3": "x"}}"#).contains("lr_mult"));
    }
}
