//! Learning-rate schedules, and where they stand.

use super::attributes::{copy, float, int, named};
use crate::base::Result;
use crate::optimizer::foreign::pickle::{Kind, Value};
use crate::optimizer::{Params, SchedulerSpec};
use crate::{bail, ensure, err};

/// Parameters and attributes of the same name, for all of them.
const COMMON: &[(&str, &str)] = &[
    ("warmup_steps", "warmup_steps"),
    ("warmup_begin_lr", "warmup_begin_lr"),
    ("warmup_mode", "warmup_mode"),
    // The present base rate may be another one, but this is what the schedule was made with.
    ("base_lr", "warmup_final_lr"),
];

/// None for no schedule.
pub(super) fn scheduler(object: Value<'_, '_>) -> Result<Option<SchedulerSpec>> {
    if object.is_none() {
        return Ok(None);
    }
    let class = object.class().filter(|class| class.kind == Kind::Scheduler);
    let Some(class) = class else {
        bail!(Unsupported, "lr_scheduler: expected one of MXNet's schedulers, got {}", object.describe());
    };
    let mut params = Params::new();
    copy(object, COMMON, &mut params)?;
    let (name, position) = match class.name {
        "FactorScheduler" => {
            let names = [("step", "step"), ("factor", "factor"), ("stop_factor_lr", "stop_factor_lr")];
            copy(object, &names, &mut params)?;
            ("factor", int(object, "count")?)
        }
        "MultiFactorScheduler" => {
            copy(object, &[("factor", "factor")], &mut params)?;
            params.insert("step".to_owned(), steps(object)?);
            ("multifactor", int(object, "cur_step_ind")?)
        }
        "PolyScheduler" => {
            let names = [("max_update", "max_update"), ("pwr", "power"), ("final_lr", "final_lr")];
            copy(object, &names, &mut params)?;
            ("poly", started_at(object, &mut params)?)
        }
        "CosineScheduler" => {
            copy(object, &[("max_update", "max_update"), ("final_lr", "final_lr")], &mut params)?;
            ("cosine", started_at(object, &mut params)?)
        }
        other => bail!(Internal, "the scheduler {other} is listed but not known"),
    };
    let position = Some((float(object, "base_lr")?, position));
    Ok(Some(SchedulerSpec { name: name.to_owned(), params, position }))
}

fn steps(object: Value<'_, '_>) -> Result<String> {
    let wrong = || err!(Unsupported, "{}: expected a list of integers", named(object, "step"));
    let items = object.attribute("step")?.as_items().ok_or_else(wrong)?;
    let steps: Option<Vec<String>> = items.map(|item| item.as_int().map(|step| step.to_string())).collect();
    Ok(format!("[{}]", steps.ok_or_else(wrong)?.join(", ")))
}

/// The curves keep the rate that they start from twice: as the target of the warm-up and for themselves.
fn started_at(object: Value<'_, '_>, params: &mut Params) -> Result<i64> {
    let (start, target) = (float(object, "base_lr_orig")?, float(object, "warmup_final_lr")?);
    let warms_up = int(object, "warmup_steps")? > 0;
    ensure!(
        start == target || !warms_up,
        Unsupported,
        "{}: {start} is not the rate {target} at which the warm-up ends",
        named(object, "base_lr_orig")
    );
    params.insert("base_lr".to_owned(), start.to_string());
    Ok(0)
}
