//! Sums and selections of row_sparse arrays.

use crate::array::{NdArray, Part, RowSparse, Shape};
use crate::base::Result;
use crate::dispatch;
use crate::ops::kernels::sparse;
use crate::ops::kernels::storage::elements_as;

/// `to = sum of inputs`, all row_sparse of one shape and element type: the union of their rows, ascending, each
/// summed in the order of the inputs. The row numbers of an input may be in any order and repeated.
pub fn sum_rows(to: &NdArray, inputs: &[NdArray]) -> Result<()> {
    let sum = {
        let parts = inputs.iter().map(NdArray::read_row_sparse).collect::<Result<Vec<_>>>()?;
        let numbers = parts.iter().map(|part| checked_rows(to.shape(), part)).collect::<Result<Vec<_>>>()?;
        dispatch!(to.dtype(), T => {
            let mut rows: Vec<(&[i64], &[T])> = Vec::with_capacity(parts.len());
            for (numbers, part) in numbers.iter().zip(&parts) {
                rows.push((numbers, part.values.elements()?));
            }
            sparse::sum_rows(to.shape(), &rows)?
        })
    };
    *to.write_row_sparse()? = sum;
    Ok(())
}

fn checked_rows(shape: &Shape, stored: &RowSparse) -> Result<Vec<i64>> {
    let (numbers, rows) = (stored.indices.to_i64()?, shape.rows());
    check_lengths(shape, numbers.len(), stored.values.len())?;
    for row in &numbers {
        crate::ensure!(
            usize::try_from(*row).is_ok_and(|row| row < rows),
            InvalidArgument,
            "row_sparse array {shape}: row {row} is outside 0..{rows}"
        );
    }
    Ok(numbers)
}

/// `to` = the rows of `from` whose numbers are in `row_ids`, ascending and each once. A row that `from` does
/// not hold becomes zeros, even if its number is beyond the shape; if `from` holds no rows at all, nor does `to`.
pub fn take_rows(from: &NdArray, row_ids: &NdArray, to: &NdArray) -> Result<()> {
    let mut wanted = row_numbers(row_ids)?;
    let taken = {
        let parts = from.read_row_sparse()?;
        let indices = parts.indices.to_i64()?;
        check_lengths(from.shape(), indices.len(), parts.values.len())?;
        if indices.is_empty() {
            wanted.clear();
        }
        let places = places(&indices);
        let row_size = from.shape().row_size() * from.dtype().size();
        let mut values = Part::new(from.dtype(), from.shape().with_rows(wanted.len()))?;
        for (id, target) in wanted.iter().zip(values.bytes.chunks_mut(row_size.max(1))) {
            match places.binary_search_by_key(id, |(row, _)| *row) {
                Ok(found) => {
                    target.copy_from_slice(&parts.values.bytes[places[found].1 * row_size..][..row_size])
                }
                Err(_) => target.fill(0),
            }
        }
        RowSparse { indices: Part::indices(&wanted)?, values: values.into_dtype(to.dtype())? }
    };
    *to.write_row_sparse()? = taken;
    Ok(())
}

/// The row numbers in an array of any element type, ascending and each once.
pub fn row_numbers(row_ids: &NdArray) -> Result<Vec<i64>> {
    let mut numbers: Vec<i64> = elements_as(row_ids)?;
    numbers.sort_unstable();
    numbers.dedup();
    Ok(numbers)
}

/// Row numbers, ascending, and where each row's values are.
fn places(indices: &[i64]) -> Vec<(i64, usize)> {
    let mut places: Vec<(i64, usize)> =
        indices.iter().enumerate().map(|(place, row)| (*row, place)).collect();
    if !places.is_sorted() {
        places.sort_unstable();
    }
    places
}

fn check_lengths(shape: &Shape, rows: usize, elements: usize) -> Result<()> {
    crate::ensure!(
        elements == rows * shape.row_size(),
        Shape,
        "row_sparse array {shape}: {elements} stored elements do not make {rows} rows of {}",
        shape.row_size()
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::{DType, Device, Storage};

    fn rows(indices: &[i64], values: &[f32]) -> NdArray {
        let parts = RowSparse {
            indices: Part::indices(indices).unwrap(),
            values: Part::from_slice(Shape::new(&[indices.len() as i64, 2]), values).unwrap(),
        };
        NdArray::from_row_sparse(parts, Shape::new(&[5, 2]), Device::cpu(0)).unwrap()
    }

    fn content(array: &NdArray) -> (Vec<i64>, Vec<f32>) {
        let parts = array.read_row_sparse().unwrap();
        (parts.indices.to_i64().unwrap(), parts.values.elements::<f32>().unwrap().to_vec())
    }

    #[test]
    fn sums_take_the_union_of_rows_in_any_order() {
        let inputs =
            [rows(&[4, 0], &[1.0, 2.0, 3.0, 4.0]), rows(&[], &[]), rows(&[0, 2], &[10.0, 20.0, 5.0, 6.0])];
        let to = rows(&[3], &[9.0, 9.0]);
        sum_rows(&to, &inputs).unwrap();
        assert_eq!(content(&to), (vec![0, 2, 4], vec![13.0, 24.0, 5.0, 6.0, 1.0, 2.0]));
        for bad in [-1, 5] {
            let error = sum_rows(&to, &[rows(&[bad], &[0.0, 0.0])]).unwrap_err().to_string();
            assert!(error.contains(&format!("row {bad} is outside 0..5")), "{error}");
        }
    }

    #[test]
    fn wanted_rows_come_back_sorted_once_and_with_zeros_for_those_not_held() {
        let from = rows(&[3, 1], &[3.0, 3.5, 1.0, 1.5]);
        let to = rows(&[], &[]);
        let ids =
            |ids: &[i64]| NdArray::from_slice(Shape::new(&[ids.len() as i64]), ids, Device::cpu(0)).unwrap();
        take_rows(&from, &ids(&[3, 7, 1, 3, -1]), &to).unwrap();
        assert_eq!(content(&to), (vec![-1, 1, 3, 7], vec![0.0, 0.0, 1.0, 1.5, 3.0, 3.5, 0.0, 0.0]));
        take_rows(&rows(&[], &[]), &ids(&[1]), &to).unwrap();
        assert_eq!(content(&to).0, [0i64; 0]);
        let wide =
            NdArray::empty(Storage::RowSparse, Shape::new(&[5, 2]), DType::Float64, Device::cpu(0)).unwrap();
        take_rows(&from, &ids(&[1]), &wide).unwrap();
        assert_eq!(wide.read_row_sparse().unwrap().values.elements::<f64>().unwrap(), [1.0, 1.5]);
    }
}
