//! Elements by number.

use crate::array::{Element, NdArray};
use crate::base::Result;
use crate::{dispatch, dispatch_word};

/// What becomes of a number outside the axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outside {
    /// The nearest end.
    Clip,
    /// Modulo the length.
    Wrap,
    /// An error.
    Raise,
    /// An error, but negative numbers count from the end.
    RaiseFromEnd,
}

impl Outside {
    /// As operators call it.
    pub fn from_name(name: &str) -> Outside {
        match name {
            "wrap" => Outside::Wrap,
            "raise" => Outside::Raise,
            _ => Outside::Clip,
        }
    }

    pub fn place(self, index: i64, length: usize) -> Result<usize> {
        let end = length as i64;
        let place = match self {
            // An empty axis has no place to clip to.
            Outside::Clip if end > 0 => index.clamp(0, end - 1),
            Outside::Wrap if end > 0 => index.rem_euclid(end),
            Outside::RaiseFromEnd if index < 0 => index.saturating_add(end),
            _ => index,
        };
        crate::ensure!(
            (0..end).contains(&place),
            InvalidArgument,
            "take operator contains indices out of bound: {index} for an axis of length {length}"
        );
        Ok(place as usize)
    }
}

/// The elements of an index array, of whatever type, as places on an axis.
pub fn places(indices: &NdArray, length: usize, outside: Outside) -> Result<Vec<usize>> {
    dispatch!(indices.dtype(), I => {
        indices.read::<I>()?.iter().map(|index| outside.place(index.to_i64(), length)).collect()
    })
}

/// For each of `outer` blocks of `length` rows of `width` elements: the rows at `places`.
pub fn take_rows(
    from: &NdArray,
    to: &NdArray,
    places: &[usize],
    outer: usize,
    length: usize,
    width: usize,
) -> Result<()> {
    if width == 0 || places.is_empty() {
        return Ok(());
    }
    let (source, mut target) = (from.read_bytes()?, to.write_bytes()?);
    let row = width * from.dtype().size();
    for block in 0..outer {
        let base = block * length * row;
        let target = &mut target[block * places.len() * row..][..places.len() * row];
        dispatch_word!(if width == 1 { row } else { 0 }, W => {
            if width == 1 {
                let source: &[W] = bytemuck::cast_slice(&source[base..base + length * row]);
                for (out, place) in bytemuck::cast_slice_mut::<u8, W>(target).iter_mut().zip(places) {
                    *out = source[*place];
                }
            } else {
                for (out, place) in target.chunks_exact_mut(row).zip(places) {
                    out.copy_from_slice(&source[base + place * row..][..row]);
                }
            }
        });
    }
    Ok(())
}

/// The first elements of the blocks that the columns of `indices` name: column j is the index of a block of
/// `data` in its first axes. Gives the starts and the size of a block.
pub fn block_starts(data: &[i64], indices: &NdArray, outside: Outside) -> Result<(Vec<usize>, usize)> {
    let depth = indices.shape().rows();
    crate::ensure!(
        depth <= data.len() && indices.shape().rank() > 0,
        Shape,
        "indices: expected at most {} rows, one for each axis of data, got shape {}",
        data.len(),
        indices.shape()
    );
    let columns = indices.shape().row_size();
    let block: usize = data[depth..].iter().map(|dim| *dim as usize).product();
    let mut starts = vec![0usize; columns];
    for (axis, extent) in data[..depth].iter().enumerate() {
        let row =
            NdArray::clone(indices).view_as(crate::array::Shape::new(&[depth as i64, columns as i64]))?;
        let places = places(&row.at(axis as i64)?, *extent as usize, outside)
            .map_err(|error| error.context(format_args!("indices: row {axis}")))?;
        for (start, place) in starts.iter_mut().zip(places) {
            *start = *start * *extent as usize + place;
        }
    }
    starts.iter_mut().for_each(|start| *start *= block);
    Ok((starts, block))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_outside_follow_the_mode() {
        let place = |outside: Outside, index| outside.place(index, 3).ok();
        assert_eq!([place(Outside::Clip, -1), place(Outside::Clip, 7)], [Some(0), Some(2)]);
        assert_eq!([place(Outside::Wrap, -1), place(Outside::Wrap, 7)], [Some(2), Some(1)]);
        assert_eq!([place(Outside::Raise, -1), place(Outside::Raise, 3)], [None, None]);
        assert_eq!([place(Outside::RaiseFromEnd, -3), place(Outside::RaiseFromEnd, -4)], [Some(0), None]);
        assert_eq!(Outside::Wrap.place(0, 0).ok(), None);
        assert_eq!(Outside::Clip.place(0, 0).ok(), None);
        assert_eq!(Outside::RaiseFromEnd.place(i64::MIN, 3).ok(), None);
    }
}
