//! The portable description of an optimizer.

use super::Index;
use super::params::Params;
use crate::base::Result;
use std::collections::BTreeMap;

/// What makes an optimizer: everything but the state arrays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spec {
    /// The registered name, in any case.
    pub name: String,
    /// Constructor arguments as Python prints them; those not given have their defaults.
    pub params: Params,
    pub scheduler: Option<SchedulerSpec>,
    /// Factors on the learning rate and the weight decay, by index or by name. An index wins over its name.
    pub lr_mult: BTreeMap<Index, f64>,
    pub wd_mult: BTreeMap<Index, f64>,
    /// Names of indices. Weights whose name ends in neither `_weight` nor `_gamma` do not decay unless `wd_mult`
    /// says so.
    pub param_idx2name: BTreeMap<Index, String>,
    pub progress: Progress,
    /// Gives the numbers of MXNet 1.9.1 also where those come from a defect. On for optimizers that stock
    /// frontends send.
    pub mxnet_1_9_1: bool,
}

/// A learning-rate schedule: `factor`, `multifactor`, `poly` or `cosine`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SchedulerSpec {
    pub name: String,
    pub params: Params,
    /// Where a used schedule stands, if it was used: the present base rate, and the steps it has counted (factor)
    /// or passed (multifactor).
    pub position: Option<(f64, i64)>,
}

/// How far training has come. Empty for a new optimizer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    /// The greatest count ever, if it is not `begin_num_update`.
    pub num_update: Option<i64>,
    /// Updates of each index, those before `begin_num_update` included.
    pub counts: BTreeMap<Index, i64>,
    /// What the rule remembers beside state arrays, for all keys and for single ones; empty at first.
    pub shared: Vec<f64>,
    pub own: BTreeMap<Index, Vec<f64>>,
}

impl SchedulerSpec {
    pub fn new(name: &str, params: &[(&str, &str)]) -> Self {
        SchedulerSpec { name: name.to_owned(), params: owned(params), position: None }
    }
}

fn owned(params: &[(&str, &str)]) -> Params {
    params.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

impl Spec {
    /// From a name and texts. Beside constructor arguments these are understood: `lr_scheduler` (a name) with
    /// `lr_scheduler.PARAM`, `lr_mult.KEY` and `wd_mult.KEY` (KEY is an index or a name), `param_idx2name.INDEX`,
    /// and `mxnet_1_9_1`.
    pub fn from_params(name: &str, params: &[(&str, &str)]) -> Result<Self> {
        let mut spec = Spec { name: name.to_owned(), ..Spec::default() };
        let mut scheduler = SchedulerSpec::default();
        for (key, text) in params {
            let number = || {
                let parsed: Option<f64> = text.trim().parse().ok();
                parsed.ok_or_else(|| crate::err!(InvalidArgument, "{key}: expected a number, got '{text}'"))
            };
            match key.split_once('.') {
                None if *key == "lr_scheduler" => scheduler.name = text.trim().to_owned(),
                None if *key == "mxnet_1_9_1" => spec.mxnet_1_9_1 = flag(key, text)?,
                None => drop(spec.params.insert((*key).to_owned(), (*text).to_owned())),
                Some(("lr_scheduler", param)) => {
                    scheduler.params.insert(param.to_owned(), (*text).to_owned());
                }
                Some(("lr_mult", index)) => drop(spec.lr_mult.insert(Index::from_text(index), number()?)),
                Some(("wd_mult", index)) => drop(spec.wd_mult.insert(Index::from_text(index), number()?)),
                Some(("param_idx2name", index)) => {
                    spec.param_idx2name.insert(Index::from_text(index), (*text).to_owned());
                }
                Some((table, _)) => {
                    let known = ["lr_scheduler", "lr_mult", "wd_mult", "param_idx2name"];
                    return Err(crate::base::suggest::unknown(&format!("{key}: table"), table, &known));
                }
            }
        }
        let is_named = !scheduler.name.is_empty() && !scheduler.name.eq_ignore_ascii_case("none");
        crate::ensure!(
            is_named || scheduler.params.is_empty(),
            InvalidArgument,
            "lr_scheduler: its parameters are given ({}), but not its name",
            scheduler.params.keys().next().map_or("", String::as_str)
        );
        spec.scheduler = is_named.then_some(scheduler);
        Ok(spec)
    }
}

fn flag(key: &str, text: &str) -> Result<bool> {
    match text.trim() {
        "1" | "True" | "true" => Ok(true),
        "0" | "False" | "false" => Ok(false),
        _ => Err(crate::err!(InvalidArgument, "{key}: expected True or False, got '{text}'")),
    }
}
