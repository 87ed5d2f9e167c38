//! What all of them do before their formula.

use crate::base::Result;
use crate::ops::kernels::real::Real;
use crate::optimizer::params::Reader;
use crate::optimizer::{Index, Planning, Step};
use std::collections::BTreeSet;

/// Which weights decay.
pub(super) struct Decays {
    /// None: all, by their multipliers. `setArgNames` makes it these alone.
    only: Option<BTreeSet<i64>>,
}

impl Decays {
    pub(super) fn new(reader: &Reader<'_>) -> Result<Self> {
        let only = reader.wholes("decay_only")?;
        Ok(Decays { only: only.map(|indices| indices.into_iter().collect()) })
    }

    /// Takes the decay with multipliers away from weights that do not decay.
    pub(super) fn plan(&self, step: &mut Step, planning: &Planning<'_>) {
        let decays = match (&self.only, planning.index) {
            (None, _) => true,
            (Some(only), Index::Int(index)) => only.contains(index),
            (Some(_), Index::Text(_)) => false,
        };
        if !decays {
            step.wd = 0.0;
        }
    }
}

pub(super) fn real<T: Real>(value: f64) -> T {
    T::from_f32(value as f32)
}

/// A bound of 0 is none.
pub(super) fn bound<T: Real>(step: &Step) -> Option<T> {
    step.clip.filter(|clip| *clip != 0.0).map(real)
}

#[inline]
pub(super) fn clipped<T: Real>(gradient: T, bound: Option<T>) -> T {
    match bound {
        Some(bound) => gradient.clipped(bound),
        None => gradient,
    }
}

/// The gradient times `rescale`, clipped.
#[derive(Clone, Copy)]
pub(super) struct Prepared<T> {
    rescale: T,
    bound: Option<T>,
}

impl<T: Real> Prepared<T> {
    pub(super) fn new(step: &Step) -> Self {
        Prepared { rescale: real(step.rescale), bound: bound(step) }
    }

    #[inline]
    pub(super) fn apply(&self, gradient: T) -> T {
        clipped(gradient * self.rescale, self.bound)
    }
}
