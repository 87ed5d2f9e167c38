//! Products of matrices in row-major order.

use super::number::Number;
use super::sparse::Elements;
use super::strided::{View, gather};
use crate::array::Shape;
use crate::base::Result;
use crate::engine::for_each_chunk;
use std::borrow::Cow;

/// Columns that are worked on together, so that they stay in the first-level cache.
const COLUMNS: usize = 1024;

/// out (m x n) = a (m x k) b (k x n). Every element is summed over k from left to right.
pub fn multiply<T: Number>(out: &mut [T], a: &[T], b: &[T], k: usize, n: usize) {
    if n == 0 {
        return;
    }
    for_each_chunk(out, |first, chunk| {
        let mut done = 0;
        while done < chunk.len() {
            let (row, column) = ((first + done) / n, (first + done) % n);
            let length = (n - column).min(chunk.len() - done).min(COLUMNS);
            let target = &mut chunk[done..done + length];
            target.fill(T::zero());
            for (i, x) in a[row * k..(row + 1) * k].iter().enumerate() {
                for (out, y) in target.iter_mut().zip(&b[i * n + column..][..length]) {
                    *out = out.add(x.mul(*y));
                }
            }
            done += length;
        }
    });
}

/// The matrix (rows x columns) itself, or its transpose in row-major order.
pub fn oriented<T: Number>(
    matrix: &[T],
    rows: usize,
    columns: usize,
    transpose: bool,
) -> Result<Cow<'_, [T]>> {
    if !transpose {
        return Ok(Cow::Borrowed(matrix));
    }
    let view = View::whole(&Shape::new(&[rows as i64, columns as i64])).permuted(&[1, 0]);
    let mut turned = vec![T::zero(); matrix.len()];
    gather(&mut turned, matrix, &view)?;
    Ok(Cow::Owned(turned))
}

/// out = csr (rows x columns) b, or its transpose times b; b has `n` columns.
pub fn csr_dense<T: Number>(out: &mut [T], csr: &Elements, values: &[T], b: &[T], n: usize, transpose: bool) {
    out.fill(T::zero());
    for row in 0..csr.rows() {
        for position in csr.row(row) {
            let column = csr.columns[position];
            let (to, from) = if transpose { (column, row) } else { (row, column) };
            for (out, y) in out[to * n..(to + 1) * n].iter_mut().zip(&b[from * n..(from + 1) * n]) {
                *out = out.add(values[position].mul(*y));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_follow_their_definition() {
        let (m, k, n) = (3, 4, 5);
        let a: Vec<i64> = (0..m * k).map(|i| i as i64 - 5).collect();
        let b: Vec<i64> = (0..k * n).map(|i| 2 * i as i64 - 7).collect();
        let mut expected = vec![0; m * n];
        for i in 0..m {
            for j in 0..n {
                expected[i * n + j] = (0..k).map(|l| a[i * k + l] * b[l * n + j]).sum();
            }
        }
        let mut out = vec![9; m * n];
        multiply(&mut out, &a, &b, k, n);
        assert_eq!(out, expected);
        let turned = oriented(&a, m, k, true).unwrap();
        let back = oriented(&turned, k, m, true).unwrap();
        assert_eq!(*back, a);
    }
}
