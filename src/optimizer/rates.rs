//! Learning rate, weight decay and the other scalars, and the count that schedules see.

use super::params::Reader;
use super::schedule::Schedule;
use super::{Progress, Spec, Step};
use crate::base::Result;

/// The scalars that can be changed while training. With a schedule the learning rate is not among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalar {
    LearningRate,
    Wd,
    RescaleGrad,
}

impl Scalar {
    pub const ALL: [Scalar; 3] = [Scalar::LearningRate, Scalar::Wd, Scalar::RescaleGrad];

    /// The name of the parameter.
    pub fn name(self) -> &'static str {
        match self {
            Scalar::LearningRate => "learning_rate",
            Scalar::Wd => "wd",
            Scalar::RescaleGrad => "rescale_grad",
        }
    }
}

pub(super) struct Rates {
    learning_rate: f64,
    schedule: Option<Schedule>,
    pub wd: f64,
    pub rescale: f64,
    clip: Option<f64>,
    pub begin: i64,
    pub num_update: i64,
    /// What the schedule said last.
    latest: Option<f64>,
}

/// Which learning rate overwrites the base rate of a schedule in 1.9.1. Otherwise one that was given does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum PassedOn {
    /// One that was given.
    Given,
    /// The default too, because the class has one of its own.
    OrDefault,
    /// None.
    Never,
}

/// How an optimizer treats learning rates.
#[derive(Clone, Copy)]
pub(super) struct Defaults {
    pub learning_rate: f64,
    pub passed_on: PassedOn,
}

impl Rates {
    pub(super) fn new(reader: &Reader<'_>, spec: &Spec, defaults: Defaults) -> Result<Self> {
        let given = reader.number("learning_rate")?;
        let schedule = match &spec.scheduler {
            None => None,
            Some(described) if spec.mxnet_1_9_1 => {
                let mut schedule = Schedule::from_stock(described)?;
                let passed_on = match defaults.passed_on {
                    PassedOn::Given => given,
                    PassedOn::OrDefault => given.or(Some(defaults.learning_rate)),
                    PassedOn::Never => None,
                };
                if let (Some(rate), None) = (passed_on, described.position) {
                    schedule.set_base(rate);
                }
                Some(schedule)
            }
            Some(described) => {
                let mut described = described.clone();
                if let Some(rate) = given {
                    described.params.insert("base_lr".to_owned(), rate.to_string());
                }
                Some(Schedule::new(&described)?)
            }
        };
        let begin = reader.whole_or("begin_num_update", 0)?;
        Ok(Rates {
            learning_rate: given.unwrap_or(defaults.learning_rate),
            schedule,
            wd: reader.number_or("wd", 0.0)?,
            rescale: reader.number_or("rescale_grad", 1.0)?,
            clip: reader.number("clip_gradient")?,
            begin,
            num_update: begin,
            latest: None,
        })
    }

    pub(super) fn resume(&mut self, progress: &Progress) {
        let greatest = progress.counts.values().copied().max();
        self.num_update = progress.num_update.or(greatest).unwrap_or(self.begin);
    }

    /// Notes that an index has been updated `count` times.
    pub(super) fn count(&mut self, count: i64) {
        self.num_update = self.num_update.max(count);
    }

    /// The scalars of an update now.
    pub(super) fn step(&mut self, lr_mult: f64, wd_mult: f64) -> Step {
        let base_lr = match &mut self.schedule {
            Some(schedule) => *self.latest.insert(schedule.rate(self.num_update)),
            None => self.learning_rate,
        };
        Step {
            lr: base_lr * lr_mult,
            wd: self.wd * wd_mult,
            base_lr,
            base_wd: self.wd,
            rescale: self.rescale,
            clip: self.clip,
            t: 0,
            extra: [0.0; 4],
        }
    }

    pub(super) fn set(&mut self, scalar: Scalar, value: f64) -> Result<()> {
        let name = scalar.name();
        crate::ensure!(value.is_finite(), InvalidArgument, "{name}: expected a finite number, got {value}");
        match scalar {
            Scalar::LearningRate if self.schedule.is_some() => {
                crate::bail!(InvalidArgument, "{name}: the optimizer has a schedule, which decides it");
            }
            Scalar::LearningRate => self.learning_rate = value,
            Scalar::Wd => self.wd = value,
            Scalar::RescaleGrad => self.rescale = value,
        }
        Ok(())
    }

    pub(super) fn learning_rate(&self) -> f64 {
        let base = self.schedule.as_ref().map(|schedule| schedule.position().0);
        self.latest.or(base).unwrap_or(self.learning_rate)
    }

    /// Writes what may have changed into a description.
    pub(super) fn describe(&self, spec: &mut Spec) {
        let mut set = |name: &str, value: f64| drop(spec.params.insert(name.to_owned(), value.to_string()));
        set("wd", self.wd);
        set("rescale_grad", self.rescale);
        match (&self.schedule, &mut spec.scheduler) {
            (Some(schedule), Some(described)) => described.position = Some(schedule.position()),
            _ => set("learning_rate", self.learning_rate),
        }
    }
}
