//! Inputs as kernels see them: borrowed for reading, unless they are the output, which is borrowed for writing.

use crate::array::{NdArray, ReadView};
use crate::base::Result;
use crate::ops::kernels::binary::Operand;
use crate::ops::kernels::number::Number;

/// A dense input.
pub(super) enum Source<'a, T> {
    View(ReadView<'a, [T]>),
    Output,
}

impl<T> Source<'_, T> {
    /// `None` if the input is the output.
    pub(super) fn slice(&self) -> Option<&[T]> {
        match self {
            Source::View(view) => Some(view),
            Source::Output => None,
        }
    }
}

impl Source<'_, u8> {
    pub(super) fn operand(&self) -> Operand<'_> {
        self.slice().map_or(Operand::Output, Operand::Slice)
    }
}

/// Borrows an input of an operator that works in place.
pub(super) fn read<'a, T: Number>(input: &'a NdArray, output: &NdArray) -> Result<Source<'a, T>> {
    if input.is_same_region(output) { Ok(Source::Output) } else { input.read::<T>().map(Source::View) }
}

/// The same for kernels that see bytes; the two must have one element type.
pub(super) fn read_bytes<'a>(input: &'a NdArray, output: &NdArray) -> Result<Source<'a, u8>> {
    crate::ensure!(
        input.dtype() == output.dtype(),
        DType,
        "expected an array of {}, got {}",
        output.dtype(),
        input.dtype()
    );
    if input.is_same_region(output) { Ok(Source::Output) } else { input.read_bytes().map(Source::View) }
}
