//! Sums of rows.

use crate::array::{Part, RowSparse, Shape};
use crate::base::Result;
use crate::ops::kernels::sum::Sum;

/// The union of the rows of all inputs, ascending, each summed in the order of the inputs. An input is row numbers,
/// in any order and repeated, and the elements of these rows one after the other; `shape` is that of the whole.
///
/// # Panics
/// If an input has too few elements for its rows.
pub fn sum_rows<T: Sum>(shape: &Shape, inputs: &[(&[i64], &[T])]) -> Result<RowSparse> {
    let width = shape.row_size();
    let mut rows: Vec<(i64, &[T])> =
        Vec::with_capacity(inputs.iter().map(|(numbers, _)| numbers.len()).sum());
    for (numbers, elements) in inputs {
        rows.extend(numbers.iter().enumerate().map(|(at, row)| (*row, &elements[at * width..][..width])));
    }
    // Stable: what is added to one row keeps its order.
    rows.sort_by_key(|(number, _)| *number);
    let groups: Vec<&[(i64, &[T])]> = rows.chunk_by(|a, b| a.0 == b.0).collect();
    let numbers: Vec<i64> =
        groups.iter().flat_map(|group| group.first()).map(|(number, _)| *number).collect();
    let mut values = Part::new(T::DTYPE, shape.with_rows(numbers.len()))?;
    for (sum, group) in values.elements_mut::<T>()?.chunks_mut(width.max(1)).zip(groups) {
        if let Some(((_, first), rest)) = group.split_first() {
            sum.copy_from_slice(first);
            rest.iter().for_each(|(_, row)| T::accumulate(sum, row));
        }
    }
    Ok(RowSparse { indices: Part::indices(&numbers)?, values })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        /// The numbers are such that each order of additions gives another sum.
        #[test]
        fn equals_adding_up_row_by_row(inputs in proptest::collection::vec(proptest::collection::vec((0i64..6, -9f32..9.0, -1e7f32..1e7), 0..5), 0..4)) {
            let mut expected: BTreeMap<i64, [f32; 2]> = BTreeMap::new();
            for (row, a, b) in inputs.iter().flatten() {
                expected.entry(*row).and_modify(|sum| *sum = [sum[0] + a, sum[1] + b]).or_insert([*a, *b]);
            }
            let numbers: Vec<Vec<i64>> =
                inputs.iter().map(|input| input.iter().map(|(row, _, _)| *row).collect()).collect();
            let elements: Vec<Vec<f32>> =
                inputs.iter().map(|input| input.iter().flat_map(|(_, a, b)| [*a, *b]).collect()).collect();
            let pairs: Vec<(&[i64], &[f32])> =
                numbers.iter().zip(&elements).map(|(numbers, elements)| (&numbers[..], &elements[..])).collect();
            let sum = sum_rows(&Shape::new(&[6, 2]), &pairs).unwrap();
            prop_assert_eq!(sum.indices.to_i64().unwrap(), expected.keys().copied().collect::<Vec<_>>());
            prop_assert_eq!(sum.values.elements::<f32>().unwrap(), expected.into_values().flatten().collect::<Vec<_>>());
        }
    }
}
