//! The arithmetic of the optimizers: each rule updates a range of a weight and of its states from the same range
//! of a gradient, in place.
//!
//! All arithmetic is done in the type of the weight (`T`), one rounding per operation, in the order that the
//! rule's documentation gives: that is how MXNet's update operators compute, and results are equal to the last
//! bit. The gradient may be of a smaller type (`G`, float16 with float32 master weights).

pub mod adagrad;
pub mod adam;
pub mod adamw;
pub mod ftml;
pub mod ftrl;
pub mod lamb;
pub mod nag;
pub mod rmsprop;
pub mod sgd;
pub mod signum;

use super::real::Real;
use crate::engine::for_each_common_chunk_of;
use half::f16;
use smallvec::SmallVec;

/// A gradient element as the weight's type sees it.
pub trait Load<T>: Copy + Send + Sync {
    fn load(self) -> T;
}

impl<T: Real> Load<T> for T {
    #[inline]
    fn load(self) -> T {
        self
    }
}

impl Load<f32> for f16 {
    #[inline]
    fn load(self) -> f32 {
        self.to_f32()
    }
}

/// How a rule sees the raw gradient: multiplied by `rescale`, then bounded by `clip` if there is one.
#[derive(Clone, Copy, Debug)]
pub struct Prepare<T> {
    pub rescale: T,
    pub clip: Option<T>,
}

impl<T: Real> Prepare<T> {
    /// MXNet's operators clip if the bound is zero or more.
    pub fn new(rescale: f32, clip: f32) -> Self {
        Prepare { rescale: T::from_f32(rescale), clip: (clip >= 0.0).then(|| T::from_f32(clip)) }
    }

    #[inline]
    pub fn apply(&self, gradient: T) -> T {
        let scaled = self.rescale * gradient;
        self.bound(scaled)
    }

    #[inline]
    pub fn bound(&self, value: T) -> T {
        match self.clip {
            Some(bound) => value.clipped(bound),
            None => value,
        }
    }
}

/// Called through a vtable, once per range.
type Step<'a, T, G, const S: usize> = dyn Fn(&mut [T], &[G], [&mut [T]; S]) + Sync + 'a;

/// Runs `step` over a whole weight in parallel ranges. `low`, if it is not empty, is the float16 copy of a
/// float32 master weight and is refreshed range by range, while the range is in the cache.
pub fn over<T: Real, G: Load<T>, const S: usize>(
    weight: &mut [T],
    gradient: &[G],
    states: [&mut [T]; S],
    low: &mut [f16],
    step: impl Fn(&mut [T], &[G], [&mut [T]; S]) + Sync,
) {
    let mut worked: SmallVec<[&mut [T]; 4]> = SmallVec::new();
    worked.push(weight);
    worked.extend(states);
    let step: &Step<'_, T, G, S> = &step;
    for_each_common_chunk_of(&mut worked, &mut [low], |first, worked, low| {
        let Some((weight, states)) = worked.split_first_mut() else { return };
        let mut states = states.iter_mut();
        let states = std::array::from_fn(|_| states.next().map(|state| &mut **state).unwrap_or_default());
        step(weight, &gradient[first..first + weight.len()], states);
        for (low, weight) in low.iter_mut().flat_map(|low| low.iter_mut()).zip(weight.iter()) {
            *low = f16::from_f32(weight.to_f32());
        }
    });
}
