//! MXNet's Scala optimizers, as JVM workers serialize them, as our own.

use super::java::{Field, Key, Object, entries, is_nothing, members, read, unwrapped};
use crate::base::Result;
use crate::optimizer::{Index, Params, Progress, Spec};
use crate::{bail, ensure, err};
use std::collections::BTreeMap;

const PACKAGE: &str = "org.apache.mxnet.optimizer.";

/// A serialized optimizer, without anything being executed. It computes as on the JVM, which is not as in Python.
pub fn optimizer(bytes: &[u8]) -> Result<Spec> {
    read(bytes)?.look(from_object)
}

/// Takes any bytes; ends with an optimizer or with an error, soon.
#[cfg(any(test, fuzzing))]
pub fn fuzz(bytes: &[u8]) {
    super::java::fuzz(bytes);
    let _ = optimizer(bytes).is_ok();
}

fn from_object(object: Object<'_, '_>) -> Result<Spec> {
    let class = object.class_name().and_then(|name| name.strip_prefix(PACKAGE));
    let Some(class) = class else {
        bail!(
            Unsupported,
            "expected one of MXNet's optimizers, got {}",
            object.class_name().unwrap_or("a text")
        );
    };
    let fields = own_fields(class)?;
    let mut params = Params::new();
    params.insert("rescale_grad".to_owned(), number(object, "rescaleGrad")?);
    for (param, field) in fields {
        params.insert((*param).to_owned(), number(object, field)?);
    }
    let schedule = object.field("lrScheduler").unwrap_or(Field::Null);
    ensure!(is_nothing(schedule), Unsupported, "{class}.lrScheduler: a schedule is refused");
    if matches!(wanted(object, "specialized")?, Field::Bool(true)) {
        params.insert("decay_only".to_owned(), decaying(object)?);
    }
    let names = table(object, "idx2name", |name| match name {
        Field::Object(name) => name.text().map(str::to_owned),
        _ => None,
    })?;
    let mut wd_mult = table(object, "wdMult", float)?;
    // A name without an entry decays on the JVM; the entries for those that do not are in the table.
    for name in names.values() {
        wd_mult.entry(Index::Text(name.as_str().into())).or_insert(1.0);
    }
    let counts = table(object, "indexUpdateCount", |count| match count {
        Field::Int(count) => Some(count),
        _ => None,
    })?;
    let mut progress =
        Progress { num_update: Some(int(object, "numUpdate")?), counts, ..Progress::default() };
    if class == "Adam" {
        progress.shared = time(object)?;
    }
    Ok(Spec {
        name: format!("scala_{}", class.to_ascii_lowercase()),
        params,
        scheduler: None,
        lr_mult: table(object, "lrMult", float)?,
        wd_mult,
        param_idx2name: names,
        progress,
        mxnet_1_9_1: true,
    })
}

/// Parameters and the fields that hold them. Left out are those that the class stores and never reads: the
/// `rescaleGradient` of AdaDelta, RMSProp and SGLD.
fn own_fields(class: &str) -> Result<&'static [(&'static str, &'static str)]> {
    Ok(match class {
        "SGD" | "NAG" => &[
            ("learning_rate", "learningRate"),
            ("momentum", "momentum"),
            ("wd", "wd"),
            ("clip_gradient", "clipGradient"),
        ],
        "DCASGD" => &[
            ("learning_rate", "learningRate"),
            ("momentum", "momentum"),
            ("lamda", "lamda"),
            ("wd", "wd"),
            ("clip_gradient", "clipGradient"),
        ],
        "Adam" => &[
            ("learning_rate", "learningRate"),
            ("beta1", "beta1"),
            ("beta2", "beta2"),
            ("epsilon", "epsilon"),
            ("decay_factor", "decayFactor"),
            ("wd", "wd"),
            ("clip_gradient", "clipGradient"),
        ],
        "AdaDelta" => {
            &[("rho", "rho"), ("epsilon", "epsilon"), ("wd", "wd"), ("clip_gradient", "clipGradient")]
        }
        "RMSProp" => &[
            ("learning_rate", "learningRate"),
            ("gamma1", "gamma1"),
            ("gamma2", "gamma2"),
            ("wd", "wd"),
            ("clip_gradient", "clipGradient"),
        ],
        "AdaGrad" => &[
            ("learning_rate", "learningRate"),
            ("rescale_gradient", "rescaleGradient"),
            ("epsilon", "epsilon"),
            ("wd", "wd"),
        ],
        "SGLD" => &[("learning_rate", "learningRate"), ("wd", "wd"), ("clip_gradient", "clipGradient")],
        other => bail!(Unsupported, "'{PACKAGE}{other}' is refused: it is no optimizer"),
    })
}

fn wanted<'g, 'a>(object: Object<'g, 'a>, name: &str) -> Result<Field<'g, 'a>> {
    let class = object.class_name().unwrap_or_default();
    object.field(name).ok_or_else(|| err!(Protocol, "{class}: the field '{name}' is missing"))
}

/// The text of a float that gives the same float again.
fn number(object: Object<'_, '_>, name: &str) -> Result<String> {
    match wanted(object, name)? {
        Field::Float(value) => Ok(f64::from(value).to_string()),
        Field::Double(value) => Ok(value.to_string()),
        other => bail!(Protocol, "{name}: expected a float, got {other:?}"),
    }
}

fn int(object: Object<'_, '_>, name: &str) -> Result<i64> {
    match wanted(object, name)? {
        Field::Int(value) => Ok(value),
        other => bail!(Protocol, "{name}: expected an integer, got {other:?}"),
    }
}

fn float(field: Field<'_, '_>) -> Option<f64> {
    match field {
        Field::Float(value) => Some(value.into()),
        _ => None,
    }
}

fn table<T>(
    object: Object<'_, '_>,
    name: &str,
    read: impl Fn(Field<'_, '_>) -> Option<T>,
) -> Result<BTreeMap<Index, T>> {
    let wrong = || err!(Unsupported, "{name}: expected a map of MXNet's kind");
    let entries = entries(wanted(object, name)?).ok_or_else(wrong)?;
    entries.into_iter().map(|(key, value)| Ok((index(key), read(value).ok_or_else(wrong)?))).collect()
}

fn index(key: Key<'_>) -> Index {
    match key {
        Key::Int(number) => Index::Int(number),
        Key::Text(text) => Index::Text(text.into()),
    }
}

/// After `setArgNames` only these weights decay.
fn decaying(object: Object<'_, '_>) -> Result<String> {
    let wrong = || err!(Unsupported, "weightSet: expected a set of integers");
    let members = members(wanted(object, "weightSet")?).ok_or_else(wrong)?;
    let texts: Option<Vec<String>> = members
        .into_iter()
        .map(|member| match member {
            Key::Int(number) => Some(number.to_string()),
            Key::Text(_) => None,
        })
        .collect();
    Ok(format!("[{}]", texts.ok_or_else(wrong)?.join(", ")))
}

/// Adam's count for all keys, and the key with which it grows. The JVM's count starts at 0.
fn time(object: Object<'_, '_>) -> Result<Vec<f64>> {
    let time = int(object, "time")?;
    let first = wanted(object, "timeFirstIndex")?;
    if is_nothing(first) {
        return Ok(vec![0.0; 3]);
    }
    match unwrapped(first).and_then(unwrapped) {
        Some(Field::Int(first)) => Ok(vec![time.saturating_add(1) as f64, 1.0, first as f64]),
        _ => bail!(Unsupported, "timeFirstIndex: expected an index"),
    }
}
