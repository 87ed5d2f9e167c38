//! The optimizers, one file each, and the table of their names.

mod adadelta;
mod adagrad;
mod adam;
mod adamax;
mod adamw;
mod dcasgd;
mod ftml;
mod ftrl;
mod group_adagrad;
mod lamb;
mod lars;
mod lbsgd;
mod nadam;
mod nag;
mod rmsprop;
mod scala;
mod sgd;
mod sgld;
mod signum;
mod test;

use super::params::Reader;
use super::rates::PassedOn::{self, Given, Never, OrDefault};
use super::rates::{Defaults, Rates};
use super::{Rule, Spec};
use crate::array::{DType, NdArray};
use crate::base::sync::Arc;
use crate::base::{Result, suggest};

/// How the table makes an optimizer.
struct Entry {
    name: &'static str,
    defaults: Defaults,
    build: fn(&Reader<'_>, &Compat) -> Result<Arc<dyn Rule>>,
}

/// What a rule needs to know beside its parameters.
pub(super) struct Compat {
    pub mxnet_1_9_1: bool,
}

const fn entry(
    name: &'static str,
    learning_rate: f64,
    passed_on: PassedOn,
    build: fn(&Reader<'_>, &Compat) -> Result<Arc<dyn Rule>>,
) -> Entry {
    Entry { name, defaults: Defaults { learning_rate, passed_on }, build }
}

/// A new file is added here.
const KNOWN: &[Entry] = &[
    entry("adadelta", 0.01, Given, adadelta::build),
    entry("adagrad", 0.01, Given, adagrad::build),
    entry("adam", 0.001, OrDefault, adam::build),
    entry("adamax", 0.002, OrDefault, adamax::build),
    entry("adamw", 0.001, OrDefault, adamw::build),
    entry("ccsgd", 0.01, Given, sgd::build),
    entry("dcasgd", 0.01, Given, dcasgd::build),
    entry("ftml", 0.01, Given, ftml::build),
    entry("ftrl", 0.1, Never, ftrl::build),
    entry("groupadagrad", 0.01, Given, group_adagrad::build),
    entry("lamb", 0.001, OrDefault, lamb::build),
    entry("lars", 0.01, Given, lars::build),
    entry("lbsgd", 0.01, Given, lbsgd::build),
    entry("nadam", 0.001, OrDefault, nadam::build),
    entry("nag", 0.01, Given, nag::build),
    entry("rmsprop", 0.001, OrDefault, rmsprop::build),
    entry("sgd", 0.01, Given, sgd::build),
    entry("sgld", 0.01, Given, sgld::build),
    entry("signum", 0.01, OrDefault, signum::build),
    entry("test", 0.01, Given, test::build),
];

/// 1.9.1 keeps float32 states for weights of any type, and cannot update the others with them.
fn refuse_other_floats(mxnet_1_9_1: bool, weight: &NdArray, master: bool) -> Result<()> {
    crate::ensure!(
        !mxnet_1_9_1 || master || weight.dtype() == DType::Float32,
        DType,
        "weight: MXNet 1.9.1 updates only float32 weights with this optimizer, got {}",
        weight.dtype()
    );
    Ok(())
}

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
    // What stock frontends described is kept as it is: the original takes it.
    let reader = Reader::new(&owner, &spec.params).only_finite(!spec.mxnet_1_9_1);
    let rates = Rates::new(&reader, spec, entry.defaults)?;
    let multi_precision = reader.flag_or("multi_precision", false)?;
    let rule = (entry.build)(&reader, &Compat { mxnet_1_9_1: spec.mxnet_1_9_1 })?;
    reader.finish()?;
    Ok(Built { name: entry.name, rule, rates, multi_precision })
}
