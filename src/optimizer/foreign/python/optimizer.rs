//! A pickled optimizer as a description of ours.

use super::attributes::{by_index, copy, float, index, int, named, table};
use super::scheduler::scheduler;
use super::states::array;
use crate::array::NdArray;
use crate::base::Result;
use crate::optimizer::foreign::pickle::{Kind, Value, read};
use crate::optimizer::{Index, Params, Progress, Spec};
use crate::{bail, ensure};
use std::collections::BTreeMap;

/// Parameters and attributes of every optimizer.
const COMMON: &[(&str, &str)] = &[
    ("rescale_grad", "rescale_grad"),
    ("clip_gradient", "clip_gradient"),
    ("wd", "wd"),
    ("begin_num_update", "begin_num_update"),
    ("multi_precision", "multi_precision"),
];

/// A pickled optimizer, without anything being executed. What comes out continues where it stood: with its counts,
/// its multipliers and its schedule, and with MXNet's own numbers.
pub fn optimizer(bytes: &[u8]) -> Result<Spec> {
    let tree = read(bytes)?;
    let mut left = bytes.len();
    tree.look(|object| unused(object, &mut left))
}

/// One without a sum of gradients: of a command only the description is used.
fn unused(object: Value<'_, '_>, left: &mut usize) -> Result<Spec> {
    let spec = from_value(object)?;
    let unused = sums(object, left)?.into_keys().next();
    ensure!(
        unused.is_none(),
        Unsupported,
        "{}: gradients of key {} were summed and not used yet; send the optimizer before its first update",
        named(object, "cumgrads"),
        unused.map_or_else(String::new, |key| key.to_string())
    );
    Ok(spec)
}

pub(super) fn from_value(object: Value<'_, '_>) -> Result<Spec> {
    let class = object.class().filter(|class| class.kind == Kind::Optimizer);
    let Some(class) = class else {
        bail!(Unsupported, "expected one of MXNet's optimizers, got {}", object.describe());
    };
    let name = class.name.to_ascii_lowercase();
    let mut params = Params::new();
    copy(object, COMMON, &mut params)?;
    copy(object, own_parameters(&name), &mut params)?;
    if !object.attribute("lr")?.is_none() {
        copy(object, &[("learning_rate", "lr")], &mut params)?;
    }
    if name == "lbsgd" {
        params.insert("begin_epoch".to_owned(), begin_epoch(object)?.to_string());
    }
    let param_idx2name = table(object, "idx2name", |name| name.as_text().map(str::to_owned))?;
    let mut wd_mult = table(object, "wd_mult", |value| value.as_float())?;
    // The table was filled for these names when it was set; one without an entry was taken out since.
    for name in param_idx2name.values() {
        wd_mult.entry(Index::Text(name.as_str().into())).or_insert(1.0);
    }
    let mut progress = Progress {
        num_update: Some(int(object, "num_update")?),
        counts: counts(object)?,
        ..Progress::default()
    };
    remember(&name, object, &mut progress)?;
    Ok(Spec {
        name,
        params,
        scheduler: scheduler(object.attribute("lr_scheduler")?)?,
        lr_mult: table(object, "lr_mult", |value| value.as_float())?,
        wd_mult,
        param_idx2name,
        progress,
        mxnet_1_9_1: true,
    })
}

/// Parameters of one optimizer and the attributes that hold them.
fn own_parameters(name: &str) -> &'static [(&'static str, &'static str)] {
    match name {
        "sgd" | "ccsgd" => &[("momentum", "momentum"), ("lazy_update", "lazy_update")],
        "nag" => &[("momentum", "momentum")],
        "signum" => &[("momentum", "momentum"), ("wd_lh", "wd_lh")],
        "ftml" => &[("beta1", "beta1"), ("beta2", "beta2"), ("epsilon", "epsilon")],
        "lars" => &[
            ("momentum", "momentum"),
            ("lazy_update", "lazy_update"),
            ("eta", "eta"),
            ("eps", "eps"),
            ("momentum_correction", "momentum_correction"),
        ],
        "lbsgd" => &[
            ("momentum", "momentum"),
            ("warmup_strategy", "warmup_strategy"),
            ("warmup_epochs", "warmup_epochs"),
            ("batch_scale", "batch_scale"),
            ("updates_per_epoch", "updates_per_epoch"),
            ("num_epochs", "num_epochs"),
        ],
        "lamb" => &[
            ("beta1", "beta1"),
            ("beta2", "beta2"),
            ("epsilon", "epsilon"),
            ("lower_bound", "lower_bound"),
            ("upper_bound", "upper_bound"),
            ("bias_correction", "bias_correction"),
        ],
        "dcasgd" => &[("momentum", "momentum"), ("lamda", "lamda")],
        "adam" => {
            &[("beta1", "beta1"), ("beta2", "beta2"), ("epsilon", "epsilon"), ("lazy_update", "lazy_update")]
        }
        "adagrad" | "groupadagrad" => &[("eps", "float_stable_eps")],
        "rmsprop" => &[
            ("gamma1", "gamma1"),
            ("gamma2", "gamma2"),
            ("epsilon", "epsilon"),
            ("centered", "centered"),
            ("clip_weights", "clip_weights"),
        ],
        "adadelta" => &[("rho", "rho"), ("epsilon", "epsilon")],
        "ftrl" => &[("lamda1", "lamda1"), ("beta", "beta")],
        "adamax" => &[("beta1", "beta1"), ("beta2", "beta2")],
        "nadam" => &[
            ("beta1", "beta1"),
            ("beta2", "beta2"),
            ("epsilon", "epsilon"),
            ("schedule_decay", "schedule_decay"),
        ],
        // sgld, test
        _ => &[],
    }
}

/// LBSGD keeps the product with `updates_per_epoch`.
fn begin_epoch(object: Value<'_, '_>) -> Result<i64> {
    let (updates, per_epoch) = (int(object, "init_updates")?, int(object, "updates_per_epoch")?);
    let divides = per_epoch > 0 && updates % per_epoch == 0;
    ensure!(
        divides || updates == 0,
        Unsupported,
        "{}: {updates} is not a multiple of updates_per_epoch, {per_epoch}",
        named(object, "init_updates")
    );
    Ok(if divides { updates / per_epoch } else { 0 })
}

/// The frontend counts for each device; servers and stores update on the first one.
fn counts(object: Value<'_, '_>) -> Result<BTreeMap<Index, i64>> {
    let by_device = object.attribute("_all_index_update_counts")?;
    let first = by_device.as_entries().and_then(|mut entries| {
        entries.find(|(device, _)| device.as_int() == Some(0)).map(|(_, counts)| counts)
    });
    let counts = match first {
        Some(counts) => counts,
        None => object.attribute("_index_update_count")?,
    };
    by_index(counts, |count| count.as_int())
        .map_err(|error| error.context(named(object, "_all_index_update_counts")))
}

/// What a rule remembers beside its state arrays.
fn remember(name: &str, object: Value<'_, '_>, progress: &mut Progress) -> Result<()> {
    match name {
        "nadam" => progress.shared = vec![float(object, "m_schedule")?],
        // The rate of the latest update.
        "lars" if !object.attribute("cur_lr")?.is_none() => progress.shared = vec![float(object, "cur_lr")?],
        "lbsgd" => {
            let seen = |sum: Value<'_, '_>| sum.entry("num_cums")?.as_float().map(|count| vec![count]);
            progress.own = table(object, "cumgrads", seen)?;
        }
        _ => {}
    }
    Ok(())
}

/// Gradients that LBSGD has summed and not used yet, by key. `left`: bytes that copies of arrays may take.
pub(super) fn sums(object: Value<'_, '_>, left: &mut usize) -> Result<BTreeMap<Index, NdArray>> {
    let is_lbsgd = object.class().is_some_and(|class| class.name == "LBSGD");
    let entries = if is_lbsgd { object.attribute("cumgrads")?.as_entries() } else { None };
    let mut found = BTreeMap::new();
    for (key, sum) in entries.into_iter().flatten() {
        // A sum that was used is the number 0.
        if let Some(sum) = sum.entry("cum_grad").filter(|sum| sum.as_float().is_none()) {
            let key = index(key)?;
            let array = array(sum, left).map_err(|error| error.context(named(object, "cumgrads")))?;
            found.insert(key, array);
        }
    }
    Ok(found)
}
