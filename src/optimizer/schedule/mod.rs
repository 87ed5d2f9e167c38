//! Learning-rate schedules (MXNet `lr_scheduler.py`): the learning rate as a function of the number of updates.
//!
//! A schedule remembers where it is: reductions are permanent, so asking for an earlier number later does not undo
//! them. All values are double.

mod cosine;
mod factor;
mod multi_factor;
mod poly;
#[cfg(test)]
mod tests;

use super::SchedulerSpec;
use super::params::Reader;
use crate::base::{Result, suggest};

/// The part of a schedule after the warm-up.
trait Curve: Send {
    /// The rate at update `n`; may change `base`, the present base rate.
    fn rate(&mut self, n: i64, base: &mut f64) -> f64;

    /// Steps counted or passed.
    fn position(&self) -> i64 {
        0
    }

    fn restore(&mut self, _position: i64) {}
}

/// A schedule and where it stands.
pub struct Schedule {
    warmup: Warmup,
    base: f64,
    curve: Box<dyn Curve>,
}

/// The first updates: a line up to the base rate that the schedule was made with, or a constant.
#[derive(Clone, Copy)]
struct Warmup {
    steps: i64,
    begin: f64,
    target: f64,
    linear: bool,
}

/// What the curves are made from.
struct Common {
    base: f64,
    warmup_steps: i64,
}

type Build = fn(&Reader<'_>, &Common) -> Result<Box<dyn Curve>>;

const KNOWN: &[(&str, Build)] = &[
    ("factor", factor::build),
    ("multifactor", multi_factor::build),
    ("poly", poly::build),
    ("cosine", cosine::build),
];

impl Schedule {
    /// The names are `factor`, `multifactor`, `poly` and `cosine`, or those of MXNet's classes, in any case.
    /// All numbers must be finite.
    pub fn new(spec: &SchedulerSpec) -> Result<Self> {
        Self::build(spec, true)
    }

    /// What a stock frontend described: the original takes any number.
    pub fn from_stock(spec: &SchedulerSpec) -> Result<Self> {
        Self::build(spec, false)
    }

    fn build(spec: &SchedulerSpec, only_finite: bool) -> Result<Self> {
        let lower = spec.name.trim().to_ascii_lowercase();
        let short = lower.strip_suffix("scheduler").unwrap_or(&lower);
        let names: Vec<&str> = KNOWN.iter().map(|(name, _)| *name).collect();
        let (name, build) = KNOWN
            .iter()
            .find(|(name, _)| *name == short)
            .ok_or_else(|| suggest::unknown("lr_scheduler:", &spec.name, &names))?;
        let owner = format!("lr_scheduler {name}");
        let reader = Reader::new(&owner, &spec.params).only_finite(only_finite);
        let base = reader.number_or("base_lr", 0.01)?;
        let warmup = Warmup::new(&reader, base)?;
        let curve = build(&reader, &Common { base, warmup_steps: warmup.steps })?;
        reader.finish()?;
        let mut schedule = Schedule { warmup, base, curve };
        if let Some((base, position)) = spec.position {
            schedule.base = base;
            schedule.curve.restore(position);
        }
        Ok(schedule)
    }

    /// The learning rate at update `n`.
    pub fn rate(&mut self, n: i64) -> f64 {
        match self.warmup.rate(n) {
            Some(rate) => rate,
            None => self.curve.rate(n, &mut self.base),
        }
    }

    /// Present base rate, and steps counted or passed.
    pub fn position(&self) -> (f64, i64) {
        (self.base, self.curve.position())
    }

    /// As optimizers with a learning rate of their own overwrite the base rate in MXNet 1.9.1: curves that recompute
    /// from the value they were made with, and the warm-up, do not follow.
    pub fn set_base(&mut self, rate: f64) {
        self.base = rate;
    }
}

impl Warmup {
    fn new(reader: &Reader<'_>, base: f64) -> Result<Self> {
        let steps = reader.whole_or("warmup_steps", 0)?;
        let begin = reader.number_or("warmup_begin_lr", 0.0)?;
        let mode = reader.text("warmup_mode").unwrap_or("linear");
        if steps < 0 {
            return Err(reader.bad("warmup_steps", "a number of updates", &steps.to_string()));
        }
        if begin > base {
            let expected = format!("at most base_lr, {base}");
            return Err(reader.bad("warmup_begin_lr", &expected, &begin.to_string()));
        }
        let linear = match mode {
            "linear" => true,
            "constant" => false,
            _ => return Err(reader.bad("warmup_mode", "linear or constant", mode)),
        };
        Ok(Warmup { steps, begin, target: base, linear })
    }

    /// The rate, while the warm-up lasts.
    fn rate(&self, n: i64) -> Option<f64> {
        if n >= self.steps {
            return None;
        }
        let slope = (self.target - self.begin) * n as f64 / self.steps as f64;
        Some(if self.linear { self.begin + slope } else { self.begin })
    }
}

/// `max_update` of the curves that end.
fn max_update(reader: &Reader<'_>, common: &Common) -> Result<i64> {
    let given = reader.whole("max_update")?;
    let max = given.ok_or_else(|| reader.bad("max_update", "a number of updates", "nothing"))?;
    if max < 1 {
        return Err(reader.bad("max_update", "1 or more", &max.to_string()));
    }
    if max == common.warmup_steps {
        return Err(reader.bad("max_update", "another number than warmup_steps", &max.to_string()));
    }
    Ok(max)
}

/// `factor` of the curves that step.
fn factor(reader: &Reader<'_>) -> Result<f64> {
    let factor = reader.number_or("factor", 1.0)?;
    if factor > 1.0 {
        return Err(reader.bad("factor", "at most 1, so that the rate falls", &factor.to_string()));
    }
    Ok(factor)
}
