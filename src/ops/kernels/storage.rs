//! Copies of whole arrays, with conversion of storage type and element type.

use crate::array::{Content, Csr, DType, Element, NdArray, Part, RowSparse, Shape, Storage, convert_bytes};
use crate::base::Result;
use crate::dispatch_word;
use crate::engine::for_each_chunk;
use crate::mem::copy;

/// A copy with its own storage, of the same storage type.
pub fn copy_of(array: &NdArray) -> Result<NdArray> {
    let copy = match array.storage() {
        Storage::Dense => NdArray::new(array.shape().clone(), array.dtype(), array.device())?,
        sparse => NdArray::empty(sparse, array.shape().clone(), array.dtype(), array.device())?,
    };
    cast_into(array, &copy)?;
    Ok(copy)
}

/// The array itself if dense, else a dense copy.
pub fn to_dense(array: &NdArray) -> Result<NdArray> {
    if array.is_dense() {
        return Ok(array.clone());
    }
    let dense = NdArray::zeros(array.shape().clone(), array.dtype(), array.device())?;
    cast_into(array, &dense)?;
    Ok(dense)
}

/// The array itself if it has the element type, else a converted copy.
pub fn converted(array: &NdArray, dtype: DType) -> Result<NdArray> {
    if array.dtype() == dtype {
        return Ok(array.clone());
    }
    let copy = NdArray::new(array.shape().clone(), dtype, array.device())?;
    cast_into(array, &copy)?;
    Ok(copy)
}

/// The elements of a dense array, converted.
pub fn elements_as<W: Element>(array: &NdArray) -> Result<Vec<W>> {
    let mut elements = vec![W::default(); array.size()];
    convert_bytes(array.dtype(), &array.read_bytes()?, W::DTYPE, bytemuck::cast_slice_mut(&mut elements));
    Ok(elements)
}

/// Fills a dense array with as many elements, converting them.
pub fn store<W: Element>(elements: &[W], to: &NdArray) -> Result<()> {
    crate::ensure!(
        elements.len() == to.size(),
        Internal,
        "{} elements for an array of {}",
        elements.len(),
        to.size()
    );
    convert_bytes(W::DTYPE, bytemuck::cast_slice(elements), to.dtype(), &mut to.write_bytes()?);
    Ok(())
}

/// Copies `from` into `to`, which has the same shape, converting element type and storage type. Converting
/// between row_sparse and csr is an error, as in MXNet.
pub fn cast_into(from: &NdArray, to: &NdArray) -> Result<()> {
    if from.is_same_region(to) {
        return Ok(());
    }
    crate::ensure!(
        from.shape() == to.shape(),
        Shape,
        "operands shape mismatch from.shape = {} to.shape={}",
        from.shape(),
        to.shape()
    );
    match (from.storage(), to.storage()) {
        (Storage::Dense, Storage::Dense) if from.shares_storage(to) => {
            let copy = NdArray::new(from.shape().clone(), from.dtype(), from.device())?;
            copy_dense(from, &copy)?;
            copy_dense(&copy, to)
        }
        (Storage::Dense, Storage::Dense) => copy_dense(from, to),
        (Storage::RowSparse, Storage::RowSparse) => copy_row_sparse(from, to),
        (Storage::Csr, Storage::Csr) => copy_csr(from, to),
        (Storage::RowSparse, Storage::Dense) => scatter_rows(from, to),
        (Storage::Csr, Storage::Dense) => scatter_elements(from, to),
        (Storage::Dense, Storage::RowSparse) => gather_rows(from, to),
        (Storage::Dense, Storage::Csr) => gather_elements(from, to),
        (from, to) => {
            Err(crate::err!(StorageType, "cannot convert {} storage to {} storage", from.name(), to.name()))
        }
    }
}

fn copy_dense(from: &NdArray, to: &NdArray) -> Result<()> {
    if from.dtype() == to.dtype() {
        let source = from.read_bytes()?;
        let source = &*source;
        let large = source.len() >= copy::STREAM_BYTES;
        for_each_chunk(&mut to.write_bytes()?, |first, chunk| {
            let source = &source[first..first + chunk.len()];
            if large { copy::Stream::new().copy(chunk, source) } else { chunk.copy_from_slice(source) }
        });
        return Ok(());
    }
    // Chunks of bytes are whole elements of every type.
    let (from_size, to_size) = (from.dtype().size(), to.dtype().size());
    let source = from.read_bytes()?;
    let source = &*source;
    for_each_chunk(&mut to.write_bytes()?, |first, chunk| {
        let begin = first / to_size * from_size;
        let source = &source[begin..begin + chunk.len() / to_size * from_size];
        convert_bytes(from.dtype(), source, to.dtype(), chunk);
    });
    Ok(())
}

fn copy_row_sparse(from: &NdArray, to: &NdArray) -> Result<()> {
    let copy = {
        let parts = from.read_row_sparse()?;
        RowSparse { indices: parts.indices.copy()?, values: parts.values.cast(to.dtype())? }
    };
    *to.write_row_sparse()? = copy;
    Ok(())
}

fn copy_csr(from: &NdArray, to: &NdArray) -> Result<()> {
    let copy = {
        let parts = from.read_csr()?;
        Csr {
            indptr: parts.indptr.copy()?,
            indices: parts.indices.copy()?,
            values: parts.values.cast(to.dtype())?,
        }
    };
    *to.write_csr()? = copy;
    Ok(())
}

/// Row numbers come from files and callers, so each is checked before it is used.
fn scatter_rows(from: &NdArray, to: &NdArray) -> Result<()> {
    let parts = from.read_row_sparse()?;
    let (rows, width) = (from.shape().rows(), from.shape().row_size());
    let indices = parts.indices.to_i64()?;
    crate::ensure!(
        parts.values.len() == indices.len() * width,
        Shape,
        "row_sparse array {}: {} stored elements do not make {} rows of {width}",
        from.shape(),
        parts.values.len(),
        indices.len()
    );
    let values = parts.values.cast(to.dtype())?;
    let row_size = width * to.dtype().size();
    let mut target = to.write_bytes()?;
    target.fill(0);
    for (number, row) in indices.iter().enumerate() {
        let row = checked_index("row", *row, rows)?;
        target[row * row_size..][..row_size].copy_from_slice(&values.bytes[number * row_size..][..row_size]);
    }
    Ok(())
}

fn scatter_elements(from: &NdArray, to: &NdArray) -> Result<()> {
    let parts = from.read_csr()?;
    let dims = from.shape().dims();
    crate::ensure!(dims.len() == 2, Shape, "csr array: expected two dimensions, got shape {}", from.shape());
    let (rows, columns) = (dims[0] as usize, dims[1] as usize);
    let (indptr, indices) = (parts.indptr.to_i64()?, parts.indices.to_i64()?);
    let values = parts.values.cast(to.dtype())?;
    let mut target = to.write_bytes()?;
    target.fill(0);
    if indptr.is_empty() {
        return Ok(());
    }
    crate::ensure!(
        indptr.len() == rows + 1,
        Shape,
        "csr array {}: indptr has {} entries, expected {}",
        from.shape(),
        indptr.len(),
        rows + 1
    );
    crate::ensure!(
        values.len() == indices.len(),
        Shape,
        "csr array {}: {} values but {} indices",
        from.shape(),
        values.len(),
        indices.len()
    );
    dispatch_word!(to.dtype().size(), W => {
        let values: &[W] = bytemuck::cast_slice(&values.bytes);
        let target: &mut [W] = bytemuck::cast_slice_mut(&mut target);
        for row in 0..rows {
            let begin = checked_index("indptr", indptr[row], values.len() + 1)?;
            let end = checked_index("indptr", indptr[row + 1], values.len() + 1)?;
            for element in begin..end {
                let column = checked_index("column", indices[element], columns)?;
                target[row * columns + column] = values[element];
            }
        }
    });
    Ok(())
}

fn checked_index(what: &str, index: i64, end: usize) -> Result<usize> {
    usize::try_from(index)
        .ok()
        .filter(|index| *index < end)
        .ok_or_else(|| crate::err!(InvalidArgument, "sparse array: {what} {index} is outside 0..{end}"))
}

/// Keeps the rows with any element that is not zero: NaN counts, -0.0 does not, so the sign of floats is masked.
fn gather_rows(from: &NdArray, to: &NdArray) -> Result<()> {
    crate::ensure!(
        from.shape().rank() > 0,
        Shape,
        "row_sparse storage: expected at least one dimension, got a scalar"
    );
    let width = from.shape().row_size();
    let row_size = width * from.dtype().size();
    let source = from.read_bytes()?;
    let rows: Vec<i64> = dispatch_word!(from.dtype().size(), W => {
        let mask = if from.dtype().is_float() { W::MAX >> 1 } else { W::MAX };
        let source: &[W] = bytemuck::cast_slice(&source);
        (0..from.shape().rows())
            .filter(|row| source[row * width..][..width].iter().any(|x| x & mask != 0))
            .map(|row| row as i64)
            .collect()
    });
    let mut values = Part::new(from.dtype(), from.shape().with_rows(rows.len()))?;
    for (number, row) in rows.iter().enumerate() {
        values.bytes[number * row_size..][..row_size]
            .copy_from_slice(&source[*row as usize * row_size..][..row_size]);
    }
    let parts = RowSparse { indices: Part::indices(&rows)?, values: values.into_dtype(to.dtype())? };
    *to.write_row_sparse()? = parts;
    Ok(())
}

fn gather_elements(from: &NdArray, to: &NdArray) -> Result<()> {
    let dims = from.shape().dims();
    crate::ensure!(
        dims.len() == 2,
        Shape,
        "csr storage: expected two dimensions, got shape {}",
        from.shape()
    );
    let columns = dims[1] as usize;
    let source = from.read_bytes()?;
    let (mut indptr, mut indices) = (vec![0i64], Vec::new());
    let values = dispatch_word!(from.dtype().size(), W => {
        let mask = if from.dtype().is_float() { W::MAX >> 1 } else { W::MAX };
        let (source, mut kept): (&[W], _) = (bytemuck::cast_slice(&source), Vec::<W>::new());
        for row in 0..dims[0] as usize {
            for (column, value) in source[row * columns..][..columns].iter().enumerate() {
                if value & mask != 0 {
                    indices.push(column as i64);
                    kept.push(*value);
                }
            }
            indptr.push(indices.len() as i64);
        }
        let mut values = Part::new(from.dtype(), Shape::new(&[kept.len() as i64]))?;
        values.bytes.copy_from_slice(bytemuck::cast_slice(&kept));
        values
    });
    let values = values.into_dtype(to.dtype())?;
    let parts = Csr { indptr: Part::indices(&indptr)?, indices: Part::indices(&indices)?, values };
    *to.write_csr()? = parts;
    Ok(())
}

/// Whether a sparse array holds all its rows; a dense one does.
pub fn holds_all_rows(array: &NdArray) -> Result<bool> {
    match &array.chunk().content {
        Content::Dense(_) => Ok(true),
        Content::RowSparse(_) => Ok(array.read_row_sparse()?.indices.len() == array.shape().rows()),
        Content::Csr(_) => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::Device;

    fn dense(shape: &[i64], values: &[f32]) -> NdArray {
        NdArray::from_slice(Shape::new(shape), values, Device::cpu(0)).unwrap()
    }

    fn cast(from: &NdArray, storage: Storage, dtype: DType) -> NdArray {
        let to = NdArray::empty(storage, from.shape().clone(), dtype, Device::cpu(0)).unwrap();
        cast_into(from, &to).unwrap();
        to
    }

    #[test]
    fn sparse_round_trips_keep_the_values() {
        let values = [0.0, 0.0, 1.5, 0.0, -0.0, 0.0, 0.0, f32::INFINITY];
        let array = dense(&[4, 2], &values);
        for storage in [Storage::RowSparse, Storage::Csr] {
            let back = cast(&cast(&array, storage, DType::Float64), Storage::Dense, DType::Float32);
            assert_eq!(*back.read::<f32>().unwrap(), values);
        }
        let rows = cast(&array, Storage::RowSparse, DType::Float32);
        assert_eq!(rows.read_row_sparse().unwrap().indices.to_i64().unwrap(), [1, 3]);
    }

    #[test]
    fn indices_out_of_range_are_errors() {
        for bad in [-1, 4, i64::MAX] {
            let parts = RowSparse {
                indices: Part::indices(&[bad]).unwrap(),
                values: Part::from_slice(Shape::new(&[1, 2]), &[1f32, 2.0]).unwrap(),
            };
            let array = NdArray::from_row_sparse(parts, Shape::new(&[4, 2]), Device::cpu(0)).unwrap();
            assert!(to_dense(&array).is_err());
        }
    }

    #[test]
    fn overlapping_views_are_copied_through() {
        let array = dense(&[4], &[1.0, 2.0, 3.0, 4.0]);
        cast_into(&array.slice(0, 3).unwrap(), &array.slice(1, 4).unwrap()).unwrap();
        assert_eq!(*array.read::<f32>().unwrap(), [1.0, 1.0, 2.0, 3.0]);
    }
}
