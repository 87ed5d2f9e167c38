//! Functions of two elements over sparse arrays.

use super::parts::{Elements, Rows, starts_of};
use crate::array::{Csr, NdArray, Part, RowSparse, Shape};
use crate::base::Result;
use crate::ops::kernels::binary::Kernel;
use std::cmp::Ordering;

/// Positions in ascending order of their row numbers.
fn sorted(rows: &[usize]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    if !rows.is_sorted() {
        order.sort_by_key(|position| rows[*position]);
    }
    order
}

/// row_sparse with row_sparse: a row that one of them lacks counts as zeros. The result has the rows of both.
pub fn rows_rows(kernel: &Kernel, a: &NdArray, b: &NdArray, out: &NdArray) -> Result<()> {
    let made = {
        let (a_parts, b_parts) = (a.read_row_sparse()?, b.read_row_sparse()?);
        let (left, right) = (Rows::of(&a_parts, a.shape())?, Rows::of(&b_parts, b.shape())?);
        let (left_order, right_order) = (sorted(&left.rows), sorted(&right.rows));
        let width = left.width;
        // (row, position in a, position in b)
        let mut merged: Vec<(usize, Option<usize>, Option<usize>)> =
            Vec::with_capacity(left.rows.len() + right.rows.len());
        let (mut i, mut j) = (0, 0);
        loop {
            let (x, y) = (left_order.get(i), right_order.get(j));
            match (x, y) {
                (None, None) => break,
                (Some(x), None) => {
                    merged.push((left.rows[*x], Some(*x), None));
                    i += 1;
                }
                (None, Some(y)) => {
                    merged.push((right.rows[*y], None, Some(*y)));
                    j += 1;
                }
                (Some(x), Some(y)) => match left.rows[*x].cmp(&right.rows[*y]) {
                    Ordering::Less => {
                        merged.push((left.rows[*x], Some(*x), None));
                        i += 1;
                    }
                    Ordering::Greater => {
                        merged.push((right.rows[*y], None, Some(*y)));
                        j += 1;
                    }
                    Ordering::Equal => {
                        merged.push((left.rows[*x], Some(*x), Some(*y)));
                        i += 1;
                        j += 1;
                    }
                },
            }
        }
        let rows: Vec<i64> = merged.iter().map(|(row, _, _)| *row as i64).collect();
        let mut values = Part::new(out.dtype(), out.shape().with_rows(rows.len()))?;
        // All zero bytes are a zero of any type.
        let row_size = width * out.dtype().size();
        let zeros = vec![0u64; row_size.div_ceil(8)];
        let zeros = &bytemuck::cast_slice(&zeros)[..row_size];
        let (x, y) = (&a_parts.values.bytes, &b_parts.values.bytes);
        for ((_, p, q), target) in merged.iter().zip(values.bytes.chunks_exact_mut(row_size.max(1))) {
            let left = p.map_or(zeros, |p| &x[p * row_size..][..row_size]);
            let right = q.map_or(zeros, |q| &y[q * row_size..][..row_size]);
            kernel.run(out.dtype(), target, left, right);
        }
        RowSparse { indices: Part::indices(&rows)?, values }
    };
    *out.write_row_sparse()? = made;
    Ok(())
}

/// row_sparse with dense (dense first if `reversed`), of which only the stored rows count.
pub fn rows_dense(
    kernel: &Kernel,
    rows: &NdArray,
    dense: &NdArray,
    out: &NdArray,
    reversed: bool,
) -> Result<()> {
    let made = {
        let parts = rows.read_row_sparse()?;
        let stored = Rows::of(&parts, rows.shape())?;
        let (row_size, other) = (stored.width * out.dtype().size(), dense.read_bytes()?);
        let mut values = Part::new(out.dtype(), parts.values.shape.clone())?;
        let own = parts.values.bytes.chunks_exact(row_size.max(1));
        let targets = values.bytes.chunks_exact_mut(row_size.max(1));
        for ((row, own), target) in stored.rows.iter().zip(own).zip(targets) {
            let other = &other[row * row_size..][..row_size];
            let (left, right) = if reversed { (other, own) } else { (own, other) };
            kernel.run(out.dtype(), target, left, right);
        }
        RowSparse { indices: parts.indices.copy()?, values }
    };
    *out.write_row_sparse()? = made;
    Ok(())
}

/// csr with csr: the result has the elements of either, or if the kernel `meets` of both.
pub fn csr_csr(kernel: &Kernel, a: &NdArray, b: &NdArray, out: &NdArray) -> Result<()> {
    let made = {
        let (a_parts, b_parts) = (a.read_csr()?, b.read_csr()?);
        let (left, right) = (Elements::of(&a_parts, a.shape())?, Elements::of(&b_parts, b.shape())?);
        let (mut starts, mut columns) = (vec![0i64], Vec::<i64>::new());
        let (mut lefts, mut rights) = (Vec::new(), Vec::new());
        for row in 0..left.rows() {
            let (mut i, mut j) = (left.row(row).peekable(), right.row(row).peekable());
            loop {
                let order = match (i.peek(), j.peek()) {
                    (None, None) => break,
                    (Some(_), None) => Ordering::Less,
                    (None, Some(_)) => Ordering::Greater,
                    (Some(i), Some(j)) => left.columns[*i].cmp(&right.columns[*j]),
                };
                let from_left = if order.is_le() { i.next() } else { None };
                let from_right = if order.is_ge() { j.next() } else { None };
                if kernel.meets && order.is_ne() {
                    continue;
                }
                let column = from_left
                    .map(|i| left.columns[i])
                    .or(from_right.map(|j| right.columns[j]))
                    .unwrap_or_default();
                columns.push(column as i64);
                lefts.push(from_left);
                rights.push(from_right);
            }
            starts.push(columns.len() as i64);
        }
        let mut values = Part::new(out.dtype(), Shape::new(&[columns.len() as i64]))?;
        let (lefts, rights) = (picked(&a_parts.values, &lefts)?, picked(&b_parts.values, &rights)?);
        kernel.run(out.dtype(), &mut values.bytes, &lefts.bytes, &rights.bytes);
        Csr { indptr: Part::indices(&starts)?, indices: Part::indices(&columns)?, values }
    };
    *out.write_csr()? = made;
    Ok(())
}

/// The elements at these places, zeros where there is none.
fn picked(values: &Part, places: &[Option<usize>]) -> Result<Part> {
    let size = values.dtype.size();
    let mut picked = Part::zeros(values.dtype, Shape::new(&[places.len() as i64]))?;
    for (to, place) in picked.bytes.chunks_exact_mut(size).zip(places) {
        if let Some(place) = place {
            to.copy_from_slice(&values.bytes[place * size..][..size]);
        }
    }
    Ok(picked)
}

/// csr with dense (dense first if `reversed`), of which only the stored elements count. The dense array is
/// broadcast to the shape of the other.
pub fn csr_dense(
    kernel: &Kernel,
    csr: &NdArray,
    dense: &NdArray,
    out: &NdArray,
    reversed: bool,
) -> Result<()> {
    let made = {
        let parts = csr.read_csr()?;
        let stored = Elements::of(&parts, csr.shape())?;
        let (other, size) = (dense.read_bytes()?, out.dtype().size());
        let (row_step, column_step) = match dense.shape().dims() {
            [rows, columns] => (if *rows == 1 { 0 } else { *columns as usize }, usize::from(*columns != 1)),
            [columns] => (0, usize::from(*columns != 1)),
            _ => (0, 0),
        };
        let mut others = Part::new(out.dtype(), parts.values.shape.clone())?;
        let positions =
            (0..stored.rows()).flat_map(|row| stored.row(row).map(move |position| (row, position)));
        for ((row, position), to) in positions.zip(others.bytes.chunks_exact_mut(size)) {
            let place = row * row_step + stored.columns[position] * column_step;
            to.copy_from_slice(&other[place * size..][..size]);
        }
        let mut values = Part::new(out.dtype(), parts.values.shape.clone())?;
        let own = &parts.values.bytes;
        let (left, right) = if reversed { (&others.bytes, own) } else { (own, &others.bytes) };
        kernel.run(out.dtype(), &mut values.bytes, left, right);
        Csr { indptr: starts_of(&parts, csr.shape())?, indices: parts.indices.copy()?, values }
    };
    *out.write_csr()? = made;
    Ok(())
}
