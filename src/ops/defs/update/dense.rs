//! Runs a rule on dense arrays, in parallel ranges.

use super::params::Rates;
use crate::array::{DType, Element, NdArray, WriteView};
use crate::base::Result;
use crate::dispatch_float;
use crate::ops::Attrs;
use crate::ops::kernels::real::Real;
use crate::ops::kernels::storage::{cast_into, converted};
use crate::ops::kernels::update::{Load, over};
use half::f16;
use smallvec::SmallVec;

/// An update rule with `S` states.
pub trait Rule<const S: usize> {
    type Hyper<T: Real>: Sync;

    /// The hyper-parameters in the type of the weight.
    fn hyper<T: Real>(attrs: &Attrs, rates: Rates) -> Result<Self::Hyper<T>>;

    /// Updates a range.
    fn step<T: Real, G: Load<T>>(hyper: &Self::Hyper<T>, w: &mut [T], g: &[G], states: [&mut [T]; S]);
}

/// The arrays of one weight.
pub struct Group<'a, const S: usize> {
    pub weight: &'a NdArray,
    pub gradient: &'a NdArray,
    pub states: [&'a NdArray; S],
    /// The float32 master of a float16 weight.
    pub weight32: Option<&'a NdArray>,
    pub out: &'a NdArray,
}

/// One update of one weight.
pub fn update<R: Rule<S>, const S: usize>(attrs: &Attrs, rates: Rates, group: &Group<'_, S>) -> Result<()> {
    let gradient = group.gradient;
    match group.weight32 {
        Some(weight32) if group.out.dtype() != DType::Float16 => {
            let gradient = &converted(gradient, DType::Float32)?;
            let master =
                Group { weight: weight32, gradient, states: group.states, weight32: None, out: weight32 };
            update::<R, S>(attrs, rates, &master)?;
            cast_into(weight32, group.out)
        }
        Some(weight32) => {
            let hyper = R::hyper::<f32>(attrs, rates)?;
            let (gradient, mut low) = (gradient.read::<f16>()?, group.out.write::<f16>()?);
            let mut states = open::<f32, S>(group.states)?;
            over(&mut weight32.write::<f32>()?, &gradient, slices(&mut states), &mut low, |w, g, s| {
                R::step(&hyper, w, g, s);
            });
            Ok(())
        }
        None => {
            if !group.weight.is_same_region(group.out) {
                cast_into(group.weight, group.out)?;
            }
            dispatch_float!(group.out.dtype(), T => {
                let hyper = R::hyper::<T>(attrs, rates)?;
                let gradient = gradient.read::<T>()?;
                let mut states = open::<T, S>(group.states)?;
                over(&mut group.out.write::<T>()?, &gradient, slices(&mut states), &mut [], |w, g, s| {
                    R::step(&hyper, w, g, s);
                });
                Ok(())
            })
        }
    }
}

pub fn open<'a, T: Element, const S: usize>(
    states: [&'a NdArray; S],
) -> Result<SmallVec<[WriteView<'a, [T]>; 4]>> {
    states.into_iter().map(NdArray::write::<T>).collect()
}

/// The slices of `S` opened states.
pub fn slices<'a, T, const S: usize>(states: &'a mut [WriteView<'_, [T]>]) -> [&'a mut [T]; S] {
    let mut states = states.iter_mut();
    std::array::from_fn(|_| states.next().map(|state| &mut **state).unwrap_or_default())
}
