//! The arrays of one update.

use crate::array::NdArray;
use crate::ops::kernels::sum::SumOrder;

/// What a rule's kernel works on. All dense arrays have the weight's shape.
#[derive(Clone, Copy)]
pub struct Operands<'a> {
    /// The weight, or its float32 master copy.
    pub weight: &'a NdArray,
    /// The float16 weight that follows the master copy.
    pub low: Option<&'a NdArray>,
    /// Summed in `order`; more than one only if they are dense, of one type, and the rule
    /// [fuses](super::Rule::fuses). None of them shares storage with another array here.
    pub gradients: &'a [NdArray],
    pub order: SumOrder,
    /// Dense, in the type of `weight`.
    pub states: &'a [NdArray],
    /// Dense copies of the new weight, in the type of the gradients.
    pub outs: &'a [NdArray],
}
