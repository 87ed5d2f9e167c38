//! Norms as MXNet's layer-wise optimizers take them.

use super::real::Real;

/// The sum of the squares, summed in float32 from left to right, each square rounded to the element type first
/// (MXNet `multi_sum_sq`).
pub fn sum_of_squares<T: Real>(values: &[T]) -> f32 {
    values.iter().fold(0.0, |sum, x| sum + (*x * *x).to_f32())
}
