//! Copies between arrays in row-major order and views of them with any steps: transposes, slices, repetitions.
//!
//! Elements are only moved, so there is one loop per element size, not per element type.

use crate::array::{NdArray, Shape};
use crate::base::Result;
use crate::engine::for_each_chunk;
use bytemuck::Pod;
use smallvec::SmallVec;

/// Runs `$body` with `$W` standing for an unsigned integer as large as an element.
#[macro_export]
macro_rules! dispatch_word {
    ($size:expr, $W:ident => $body:expr) => {
        match $size {
            1 => {
                type $W = u8;
                $body
            }
            2 => {
                type $W = u16;
                $body
            }
            4 => {
                type $W = u32;
                $body
            }
            _ => {
                type $W = u64;
                $body
            }
        }
    };
}

/// Elements of an array, picked along axes: `extents` outermost first, and how many elements one step along each
/// axis goes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct View {
    pub extents: SmallVec<[usize; 6]>,
    pub steps: SmallVec<[isize; 6]>,
    pub start: isize,
}

impl View {
    /// The whole of an array.
    pub fn whole(shape: &Shape) -> View {
        View {
            extents: shape.dims().iter().map(|dim| usize::try_from(*dim).unwrap_or(0)).collect(),
            steps: shape.strides().iter().map(|step| *step as isize).collect(),
            start: 0,
        }
    }

    /// An array of shape `from` repeated to shape `to`, along the axes that it lacks in front and those of extent 1.
    /// Its other extents are those of `to`.
    pub fn repeated(from: &Shape, to: &Shape) -> View {
        let (own, new) = (View::whole(from), to.rank().saturating_sub(from.rank()));
        let mut view = View::default();
        for (axis, dim) in to.dims().iter().enumerate() {
            let kept = axis.checked_sub(new).filter(|axis| own.extents[*axis] != 1);
            view.push(usize::try_from(*dim).unwrap_or(0), kept.map_or(0, |axis| own.steps[axis]));
        }
        view
    }

    pub fn push(&mut self, extent: usize, step: isize) {
        self.extents.push(extent);
        self.steps.push(step);
    }

    /// With the axes in another order; `axes` holds each once.
    pub fn permuted(&self, axes: &[usize]) -> View {
        View {
            extents: axes.iter().map(|axis| self.extents[*axis]).collect(),
            steps: axes.iter().map(|axis| self.steps[*axis]).collect(),
            start: self.start,
        }
    }

    /// Every `step`-th place of `axis` from `begin`, `extent` of them.
    pub fn narrow(&mut self, axis: usize, begin: isize, step: isize, extent: usize) {
        self.start += begin * self.steps[axis];
        self.steps[axis] *= step;
        self.extents[axis] = extent;
    }

    pub fn size(&self) -> usize {
        self.extents.iter().product()
    }

    /// Without axes of extent 1, neighbours joined where possible; at least one axis.
    pub fn joined(&self) -> View {
        let mut joined = View { start: self.start, ..View::default() };
        for (extent, step) in self.extents.iter().copied().zip(self.steps.iter().copied()) {
            if extent == 1 {
                continue;
            }
            match (joined.extents.last_mut(), joined.steps.last_mut()) {
                (Some(last), Some(last_step)) if *last_step == step * extent as isize => {
                    (*last, *last_step) = (*last * extent, step);
                }
                _ => joined.push(extent, step),
            }
        }
        if joined.extents.is_empty() {
            joined.push(1, 0);
        }
        joined
    }

    /// Refuses a view that reaches outside `len` elements.
    fn check(&self, len: usize) -> Result<()> {
        if self.size() == 0 {
            return Ok(());
        }
        let (mut least, mut most) = (self.start, self.start);
        for (extent, step) in self.extents.iter().zip(&self.steps) {
            let reach = step * (*extent as isize - 1);
            least += reach.min(0);
            most += reach.max(0);
        }
        crate::ensure!(
            least >= 0 && (most as usize) < len,
            Internal,
            "a view of elements {least}..={most} in an array of {len}"
        );
        Ok(())
    }
}

/// The first element of each row (all axes but the innermost), one after the other.
pub(super) struct Rows<'a> {
    view: &'a View,
    index: SmallVec<[usize; 6]>,
    pub(super) place: isize,
}

impl<'a> Rows<'a> {
    pub(super) fn new(view: &'a View, row: usize) -> Self {
        let outer = view.extents.len() - 1;
        let mut rows = Rows { view, index: SmallVec::from_elem(0, outer), place: view.start };
        let mut rest = row;
        for axis in (0..outer).rev() {
            let extent = view.extents[axis].max(1);
            rows.index[axis] = rest % extent;
            rows.place += rows.index[axis] as isize * view.steps[axis];
            rest /= extent;
        }
        rows
    }

    pub(super) fn advance(&mut self) {
        for axis in (0..self.index.len()).rev() {
            self.index[axis] += 1;
            self.place += self.view.steps[axis];
            if self.index[axis] < self.view.extents[axis] {
                return;
            }
            self.place -= self.index[axis] as isize * self.view.steps[axis];
            self.index[axis] = 0;
        }
    }
}

/// out = the elements of `view`, in row-major order.
pub fn gather<W: Pod + Sync>(out: &mut [W], from: &[W], view: &View) -> Result<()> {
    view.check(from.len())?;
    if out.is_empty() {
        return Ok(());
    }
    let view = &view.joined();
    let inner = view.extents.last().copied().unwrap_or(1);
    let step = view.steps.last().copied().unwrap_or(0);
    for_each_chunk(out, |first, chunk| {
        let mut rows = Rows::new(view, first / inner);
        let (mut done, mut column) = (0, first % inner);
        while done < chunk.len() {
            let length = (inner - column).min(chunk.len() - done);
            let target = &mut chunk[done..done + length];
            let start = rows.place + column as isize * step;
            match step {
                1 => target.copy_from_slice(&from[start as usize..][..length]),
                0 => target.fill(from[start as usize]),
                _ => {
                    let mut place = start;
                    for out in target {
                        *out = from[place as usize];
                        place += step;
                    }
                }
            }
            done += length;
            column += length;
            if column == inner {
                column = 0;
                rows.advance();
            }
        }
    });
    Ok(())
}

/// Puts `values`, in row-major order, at the elements of `view`.
pub fn scatter<W: Copy>(to: &mut [W], view: &View, values: &[W]) -> Result<()> {
    crate::ensure!(
        values.len() == view.size(),
        Internal,
        "{} values for a view of {} elements",
        values.len(),
        view.size()
    );
    scatter_rows(to, view, |place, row, length, step, to| {
        let row = &values[row..row + length];
        if step == 1 {
            to[place as usize..][..length].copy_from_slice(row);
        } else {
            for (number, value) in row.iter().enumerate() {
                to[(place + number as isize * step) as usize] = *value;
            }
        }
    })
}

/// Puts `value` at every element of `view`.
pub fn scatter_value<W: Copy>(to: &mut [W], view: &View, value: W) -> Result<()> {
    scatter_rows(to, view, |place, _, length, step, to| {
        if step == 1 {
            to[place as usize..][..length].fill(value);
        } else {
            for number in 0..length {
                to[(place + number as isize * step) as usize] = value;
            }
        }
    })
}

fn scatter_rows<W>(
    to: &mut [W],
    view: &View,
    put: impl Fn(isize, usize, usize, isize, &mut [W]),
) -> Result<()> {
    view.check(to.len())?;
    let view = &view.joined();
    let size = view.size();
    if size == 0 {
        return Ok(());
    }
    let inner = view.extents.last().copied().unwrap_or(1);
    let step = view.steps.last().copied().unwrap_or(0);
    let mut rows = Rows::new(view, 0);
    for row in (0..size).step_by(inner) {
        put(rows.place, row, inner, step, to);
        rows.advance();
    }
    Ok(())
}

/// `output` = the elements of `view` of `input`; both dense and of one element type.
pub fn gather_view(input: &NdArray, output: &NdArray, view: &View) -> Result<()> {
    let source = input.read_bytes()?;
    let mut target = output.write_bytes()?;
    dispatch_word!(input.dtype().size(), W => {
        gather::<W>(bytemuck::cast_slice_mut(&mut target), bytemuck::cast_slice(&source), view)
    })
}

/// The elements of `view` of `output` = those of `input`, in row-major order.
pub fn scatter_view(input: &NdArray, output: &NdArray, view: &View) -> Result<()> {
    let source = input.read_bytes()?;
    let mut target = output.write_bytes()?;
    dispatch_word!(input.dtype().size(), W => {
        scatter::<W>(bytemuck::cast_slice_mut(&mut target), view, bytemuck::cast_slice(&source))
    })
}

/// The bytes of `input`, under whatever shape `output` has.
pub fn copy_elements(input: &NdArray, output: &NdArray) -> Result<()> {
    if input.is_same_region(output) {
        return Ok(());
    }
    let source = input.read_bytes()?;
    let mut target = output.write_bytes()?;
    crate::ensure!(
        source.len() == target.len(),
        Internal,
        "copying {} elements of {} to {} elements",
        input.size(),
        input.dtype(),
        output.size()
    );
    let source = &*source;
    for_each_chunk(&mut target, |first, chunk| {
        chunk.copy_from_slice(&source[first..first + chunk.len()]);
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition: every index, one element at a time.
    fn twin(from: &[u32], view: &View) -> Vec<u32> {
        let mut out = vec![];
        for number in 0..view.size() {
            let (mut rest, mut place) = (number, view.start);
            for axis in (0..view.extents.len()).rev() {
                place += (rest % view.extents[axis]) as isize * view.steps[axis];
                rest /= view.extents[axis];
            }
            out.push(from[place as usize]);
        }
        out
    }

    fn views() -> impl Strategy<Value = (Vec<u32>, View)> {
        proptest::collection::vec((1i64..5, 0usize..4, 1usize..3, any::<bool>()), 1..5)
            .prop_flat_map(|axes| {
                let order: Vec<usize> = (0..axes.len()).collect();
                (Just(axes), Just(order).prop_shuffle())
            })
            .prop_map(|(axes, order)| {
                let shape: Shape = axes.iter().map(|axis| axis.0).collect();
                let mut view = View::whole(&shape);
                for (axis, (extent, begin, step, backward)) in axes.iter().enumerate() {
                    let extent = *extent as usize;
                    let begin = begin % extent;
                    let (step, room) = if *backward {
                        (-(*step as isize), begin)
                    } else {
                        (*step as isize, extent - 1 - begin)
                    };
                    view.narrow(axis, begin as isize, step, room / step.unsigned_abs() + 1);
                }
                let mut view = view.permuted(&order);
                view.push(2, 0);
                ((0..shape.size() as u32).collect(), view)
            })
    }

    proptest! {
        #[test]
        fn gathering_follows_its_definition((from, view) in views()) {
            let mut out = vec![0; view.size()];
            gather(&mut out, &from, &view).unwrap();
            prop_assert_eq!(out, twin(&from, &view));
        }

        #[test]
        fn scattering_undoes_gathering((from, mut view) in views()) {
            view.extents.pop();
            view.steps.pop();
            let mut picked = vec![0; view.size()];
            gather(&mut picked, &from, &view).unwrap();
            let mut to = vec![u32::MAX; from.len()];
            scatter(&mut to, &view, &picked).unwrap();
            for (now, before) in to.iter().zip(&from) {
                prop_assert!(now == before || *now == u32::MAX);
            }
            prop_assert_eq!(to.iter().filter(|x| **x != u32::MAX).count(), view.size());
        }
    }

    #[test]
    fn a_view_outside_is_an_error() {
        let mut view = View::whole(&Shape::new(&[2, 3]));
        view.narrow(1, 1, 1, 3);
        assert!(gather(&mut [0u8; 6], &[0u8; 6], &view).is_err());
        assert!(scatter_value(&mut [0u8; 6], &view, 1).is_err());
    }
}
