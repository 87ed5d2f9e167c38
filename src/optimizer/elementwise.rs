//! Runs rules that treat each element alike: sum of the gradients, update and copies in one parallel pass.

use super::{Operands, Step};
use crate::array::{Element, NdArray, WriteView};
use crate::base::Result;
use crate::engine::for_each_common_chunk_of;
use crate::mem::copy::{STREAM_BYTES, Stream};
use crate::ops::kernels::real::Real;
use crate::ops::kernels::rows::AllRows;
use crate::ops::kernels::storage::{cast_into, to_dense};
use crate::ops::kernels::sum::{Sum, sum_slices};
use half::f16;
use half::slice::HalfFloatSliceExt;
use smallvec::SmallVec;

/// A rule with `S` states whose new elements depend on the old ones in the same place alone.
pub trait Elementwise<const S: usize>: Sync {
    type Kernel<T: Real>: Sync;

    /// Everything that is the same for all elements.
    fn kernel<T: Real>(&self, step: &Step) -> Self::Kernel<T>;

    /// Updates a range.
    fn apply<T: Real>(kernel: &Self::Kernel<T>, w: &mut [T], g: &[T], states: [&mut [T]; S]);
}

/// Elements that are worked on before the next ones are looked at: all operands of a block stay in the
/// first-level cache.
const BLOCK: usize = 1024;

/// How gradients, and with them the copies of the weight, are stored, where the rule works in `T`.
pub trait Stored<T: Real>: Sum {
    /// The elements as the rule sees them; `wide` is room for a conversion.
    fn load<'a>(from: &'a [Self], wide: &'a mut [T]) -> &'a [T];
    fn store(from: &[T], to: &mut [Self]);
}

macro_rules! stored_as_it_is {
    ($($type:ty),*) => {$(
        impl Stored<$type> for $type {
            #[inline]
            fn load<'a>(from: &'a [Self], _: &'a mut [$type]) -> &'a [$type] {
                from
            }
            #[inline]
            fn store(from: &[$type], to: &mut [Self]) {
                to.copy_from_slice(from);
            }
        }
    )*};
}

stored_as_it_is!(f32, f64, f16, half::bf16);

impl Stored<f32> for f16 {
    #[inline]
    fn load<'a>(from: &'a [Self], wide: &'a mut [f32]) -> &'a [f32] {
        let wide = &mut wide[..from.len()];
        from.convert_to_f32_slice(wide);
        wide
    }
    #[inline]
    fn store(from: &[f32], to: &mut [Self]) {
        to.convert_from_f32_slice(from);
    }
}

/// Runs an expression with the types that a rule works in and that gradients are stored in.
macro_rules! dispatch_types {
    ($operands:expr, $T:ident, $G:ident => $body:expr) => {{
        let operands: &$crate::optimizer::Operands<'_> = $operands;
        if operands.low.is_some() {
            type $T = f32;
            type $G = half::f16;
            $body
        } else {
            $crate::dispatch_float!(operands.weight.dtype(), X => {
                type $T = X;
                type $G = X;
                $body
            })
        }
    }};
}
pub(super) use dispatch_types;

/// One update; gradients that are not dense are made so first.
pub fn run<R: Elementwise<S>, const S: usize>(rule: &R, step: &Step, operands: &Operands<'_>) -> Result<()> {
    if !operands.gradients.iter().all(NdArray::is_dense) {
        let dense: SmallVec<[NdArray; 4]> = operands.gradients.iter().map(to_dense).collect::<Result<_>>()?;
        return run(rule, step, &Operands { gradients: &dense, ..*operands });
    }
    dispatch_types!(operands, T, G => {
        let kernel = rule.kernel::<T>(step);
        typed::<T, G, S>(&|w, g, states| R::apply(&kernel, w, g, states), operands)
    })
}

/// A rule with its scalars: new weights and states of a range by its gradients.
type Apply<'a, T, const S: usize> = &'a (dyn Fn(&mut [T], &[T], [&mut [T]; S]) + Sync);

/// `apply` is called through a vtable, once per block: the pass around it is then compiled once for all rules.
fn typed<T: Real, G: Stored<T>, const S: usize>(
    apply: Apply<'_, T, S>,
    operands: &Operands<'_>,
) -> Result<()> {
    let gradients: SmallVec<[_; 4]> =
        operands.gradients.iter().map(NdArray::read::<G>).collect::<Result<_>>()?;
    let mut weight = AllRows::<T>::of_weight(operands.weight)?;
    let mut states: SmallVec<[WriteView<'_, [T]>; 3]> =
        operands.states.iter().map(NdArray::write::<T>).collect::<Result<_>>()?;
    let mut low = operands.low.map(AllRows::<G>::of_weight).transpose()?;
    let mut outs: SmallVec<[WriteView<'_, [G]>; 3]> =
        operands.outs.iter().map(NdArray::write::<G>).collect::<Result<_>>()?;

    let weight = weight.elements()?;
    check_lengths(weight.len(), &gradients, &states, &outs)?;
    let mut worked: SmallVec<[&mut [T]; 4]> = SmallVec::new();
    worked.push(weight);
    worked.extend(states.iter_mut().map(|state| &mut **state));
    let mut copies: SmallVec<[&mut [G]; 4]> = outs.iter_mut().map(|out| &mut **out).collect();
    let count = copies.len();
    let large = operands.weight.byte_len() >= STREAM_BYTES;
    if let Some(low) = &mut low {
        copies.push(low.elements()?);
    }
    let order = operands.order;
    for_each_common_chunk_of(&mut worked, &mut copies, |first, worked, copies| {
        // Cleared only where they are used: small weights would notice.
        let mut sum = (gradients.len() > 1).then(|| [G::default(); BLOCK]);
        let mut wide = if G::DTYPE == T::DTYPE { None } else { Some([T::ZERO; BLOCK]) };
        let Some((weight, states)) = worked.split_first_mut() else { return };
        // The float16 weight is read again by the next update, the copies by somebody else.
        let (outs, low) = copies.split_at_mut(count);
        let mut stream = (large && !outs.is_empty()).then(|| (Stream::new(), [G::default(); BLOCK]));
        for start in (0..weight.len()).step_by(BLOCK) {
            let end = weight.len().min(start + BLOCK);
            let gradient = match &gradients[..] {
                [only] => &only[first + start..first + end],
                several => {
                    let parts: SmallVec<[&[G]; 8]> =
                        several.iter().map(|part| &part[first + start..first + end]).collect();
                    let sum = sum.as_mut().map_or(&mut [][..], |sum| &mut sum[..end - start]);
                    sum_slices(sum, &parts, order);
                    &*sum
                }
            };
            let mut states = states.iter_mut();
            let states =
                std::array::from_fn(|_| states.next().map_or(&mut [][..], |state| &mut state[start..end]));
            let weight = &mut weight[start..end];
            let wide = wide.as_mut().map_or(&mut [][..], |wide| &mut wide[..]);
            apply(weight, G::load(gradient, wide), states);
            low.iter_mut().for_each(|low| G::store(weight, &mut low[start..end]));
            match &mut stream {
                None => outs.iter_mut().for_each(|out| G::store(weight, &mut out[start..end])),
                Some((stream, block)) => {
                    let block = &mut block[..end - start];
                    G::store(weight, block);
                    let mut outs: SmallVec<[&mut [u8]; 4]> =
                        outs.iter_mut().map(|out| bytemuck::cast_slice_mut(&mut out[start..end])).collect();
                    stream.copy_to_all(&mut outs, bytemuck::cast_slice(block));
                }
            }
        }
    });
    Ok(())
}

fn check_lengths<G: Element, T: Element>(
    len: usize,
    gradients: &[crate::array::ReadView<'_, [G]>],
    states: &[WriteView<'_, [T]>],
    outs: &[WriteView<'_, [G]>],
) -> Result<()> {
    let lengths = (gradients.iter().map(|slice| slice.len()))
        .chain(states.iter().map(|slice| slice.len()))
        .chain(outs.iter().map(|slice| slice.len()));
    for other in lengths {
        crate::ensure!(other == len, Shape, "update: an array has {other} elements, the weight {len}");
    }
    Ok(())
}

/// After a rule changed the weight in its own way: the float16 weight and the copies follow.
pub fn follow(operands: &Operands<'_>) -> Result<()> {
    operands.low.into_iter().chain(operands.outs).try_for_each(|copy| cast_into(operands.weight, copy))
}
