//! The optimizers, one file each, and the table of their names.

mod scala;
mod sgd;

use super::params::Reader;
use super::rates::{Defaults, Rates};
use super::{Rule, Spec};
use crate::base::sync::Arc;
use crate::base::{Result, suggest};

/// How the table makes an optimizer.
struct Entry {
    name: &'static str,
    /// `Some` if the class has a default of its own, which its constructor passes on.
    learning_rate: Option<f64>,
    build: fn(&Reader<'_>, &Compat) -> Result<Arc<dyn Rule>>,
}

/// What a rule needs to know beside its parameters.
pub(super) struct Compat {
    pub mxnet_1_9_1: bool,
}

/// A new file is added here.
const KNOWN: &[Entry] = &[
    Entry { name: "ccsgd", learning_rate: None, build: sgd::build },
    Entry { name: "sgd", learning_rate: None, build: sgd::build },
];

/// Names of all optimizers but those of [`scala`], which no user asks for.
pub fn names() -> impl Iterator<Item = &'static str> {
    KNOWN.iter().map(|entry| entry.name)
}

pub(super) struct Built {
    pub name: &'static str,
    pub rule: Arc<dyn Rule>,
    pub rates: Rates,
    pub multi_precision: bool,
}

pub(super) fn build(spec: &Spec) -> Result<Built> {
    let lower = spec.name.trim().to_ascii_lowercase();
    let mut known = KNOWN.iter().chain(scala::KNOWN);
    let entry = known.find(|entry| entry.name == lower).ok_or_else(|| {
        let names: Vec<&str> = names().collect();
        suggest::unknown("optimizer:", &spec.name, &names)
    })?;
    let owner = format!("optimizer {}", entry.name);
    let reader = Reader::new(&owner, &spec.params);
    let defaults = Defaults {
        learning_rate: entry.learning_rate.unwrap_or(0.01),
        is_passed_on: entry.learning_rate.is_some(),
    };
    let rates = Rates::new(&reader, spec, defaults)?;
    let multi_precision = reader.flag_or("multi_precision", false)?;
    let rule = (entry.build)(&reader, &Compat { mxnet_1_9_1: spec.mxnet_1_9_1 })?;
    reader.finish()?;
    Ok(Built { name: entry.name, rule, rates, multi_precision })
}
