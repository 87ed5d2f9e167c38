//! The parts of a sparse array, checked once so that loops can rely on them.

use crate::array::{Content, Csr, NdArray, Part, RowSparse, Shape};
use crate::base::Result;

/// The stored rows of a row_sparse array: ascending or not, but inside the array, each with its elements.
pub struct Rows {
    pub rows: Vec<usize>,
    pub width: usize,
}

impl Rows {
    pub fn of(parts: &RowSparse, shape: &Shape) -> Result<Rows> {
        let width = shape.row_size();
        let rows: Vec<usize> = parts
            .indices
            .to_i64()?
            .into_iter()
            .map(|row| index("row", row, shape.rows()))
            .collect::<Result<_>>()?;
        crate::ensure!(
            parts.values.len() == rows.len() * width,
            Shape,
            "row_sparse array {shape}: {} stored elements do not make {} rows of {width}",
            parts.values.len(),
            rows.len()
        );
        Ok(Rows { rows, width })
    }
}

/// The stored elements of a csr array: `starts` has one entry more than there are rows, `columns` are inside.
pub struct Elements {
    pub starts: Vec<usize>,
    pub columns: Vec<usize>,
}

impl Elements {
    pub fn of(parts: &Csr, shape: &Shape) -> Result<Elements> {
        let [rows, columns] = shape.dims() else {
            crate::bail!(Shape, "csr array: expected two dimensions, got shape {shape}");
        };
        let (rows, width) = (usize::try_from(*rows).unwrap_or(0), usize::try_from(*columns).unwrap_or(0));
        let stored = parts.values.len();
        let mut starts: Vec<usize> = parts
            .indptr
            .to_i64()?
            .into_iter()
            .map(|start| index("indptr", start, stored + 1))
            .collect::<Result<_>>()?;
        if starts.is_empty() {
            // Never filled.
            starts = vec![0; rows + 1];
        }
        crate::ensure!(
            starts.len() == rows + 1 && starts.is_sorted(),
            Shape,
            "csr array {shape}: expected {} ascending entries in indptr, got {}",
            rows + 1,
            starts.len()
        );
        let columns: Vec<usize> = parts
            .indices
            .to_i64()?
            .into_iter()
            .map(|column| index("column", column, width))
            .collect::<Result<_>>()?;
        crate::ensure!(
            columns.len() == stored,
            Shape,
            "csr array {shape}: {stored} values but {} column indices",
            columns.len()
        );
        Ok(Elements { starts, columns })
    }

    /// The stored elements of a row, as a range of positions.
    pub fn row(&self, row: usize) -> std::ops::Range<usize> {
        self.starts[row]..self.starts[row + 1]
    }

    pub fn rows(&self) -> usize {
        self.starts.len() - 1
    }
}

fn index(what: &str, value: i64, end: usize) -> Result<usize> {
    usize::try_from(value)
        .ok()
        .filter(|value| *value < end)
        .ok_or_else(|| crate::err!(InvalidArgument, "sparse array: {what} {value} is outside 0..{end}"))
}

/// A copy of the row starts, written out for an array that was never filled.
pub(super) fn starts_of(parts: &Csr, shape: &Shape) -> Result<Part> {
    if parts.indptr.is_empty() { Part::indices(&vec![0; shape.rows() + 1]) } else { parts.indptr.copy() }
}

/// Gives `to` the structure of `from` and the values that `f` makes of the stored ones. Both have the same
/// storage type, which is sparse, and the same element type.
pub fn map_values(from: &NdArray, to: &NdArray, f: &dyn Fn(&Part, &mut Part) -> Result<()>) -> Result<()> {
    match &from.chunk().content {
        Content::RowSparse(_) => {
            let made = {
                let parts = from.read_row_sparse()?;
                let mut values = Part::new(to.dtype(), parts.values.shape.clone())?;
                f(&parts.values, &mut values)?;
                RowSparse { indices: parts.indices.copy()?, values }
            };
            *to.write_row_sparse()? = made;
        }
        Content::Csr(_) => {
            let made = {
                let parts = from.read_csr()?;
                let mut values = Part::new(to.dtype(), parts.values.shape.clone())?;
                f(&parts.values, &mut values)?;
                Csr { indptr: starts_of(&parts, from.shape())?, indices: parts.indices.copy()?, values }
            };
            *to.write_csr()? = made;
        }
        Content::Dense(_) => {
            crate::bail!(StorageType, "a dense array has no stored values apart from its elements");
        }
    }
    Ok(())
}

/// Gives `to` the rows of `from` with the values that `f` makes of the stored ones; `f` is also told how many
/// elements a row of `from` has. Both are row_sparse.
pub fn map_rows(
    from: &NdArray,
    to: &NdArray,
    f: impl FnOnce(&Part, &mut Part, usize) -> Result<()>,
) -> Result<()> {
    let made = {
        let parts = from.read_row_sparse()?;
        let stored = Rows::of(&parts, from.shape())?;
        let mut values = Part::new(to.dtype(), to.shape().with_rows(stored.rows.len()))?;
        f(&parts.values, &mut values, stored.width)?;
        RowSparse { indices: parts.indices.copy()?, values }
    };
    *to.write_row_sparse()? = made;
    Ok(())
}
