//! What the outputs of a call will be, found before anything runs.

use super::attrs::Attrs;
use super::operator::Operator;
use crate::array::{DType, NdArray, Shape, Storage};
use crate::base::Result;
use smallvec::{SmallVec, smallvec};

/// An output to be: shape and element type.
#[derive(Clone, Debug, PartialEq)]
pub struct Meta {
    pub shape: Shape,
    pub dtype: DType,
}

impl Meta {
    pub fn new(shape: Shape, dtype: DType) -> Self {
        Meta { shape, dtype }
    }

    pub fn of(array: &NdArray) -> Self {
        Meta { shape: array.shape().clone(), dtype: array.dtype() }
    }
}

/// A call under inference.
pub struct Query<'a> {
    pub operator: &'static Operator,
    pub attrs: &'a Attrs,
    pub inputs: &'a [NdArray],
    /// Outputs that the caller gave, in order; `None` where the library makes one.
    pub given: &'a [Option<NdArray>],
    /// Rank 0 is a scalar and 0 an empty extent (numpy), instead of both being unknown.
    pub numpy_shape: bool,
}

impl Query<'_> {
    pub fn input(&self, index: usize) -> Result<&NdArray> {
        self.inputs.get(index).ok_or_else(|| {
            crate::err!(InvalidArgument, "Operator {} needs an input number {index}", self.operator.name)
        })
    }

    /// The first output, if the caller gave it.
    pub fn given_output(&self) -> Option<&NdArray> {
        self.given.first().and_then(Option::as_ref)
    }

    pub fn any_sparse(&self) -> bool {
        self.inputs.iter().chain(self.given.iter().flatten()).any(|array| array.storage() != Storage::Dense)
    }

    /// Checks that input `index` has the shape and type of input 0.
    pub fn require_same(&self, index: usize) -> Result<()> {
        let (first, other) = (self.input(0)?, self.input(index)?);
        self.require_dtype(index, first.dtype())?;
        crate::ensure!(
            first.shape() == other.shape(),
            Shape,
            "Incompatible attr in node {} at {index}-th input: expected {}, got {}",
            self.operator.name,
            first.shape(),
            other.shape()
        );
        Ok(())
    }

    pub fn require_dtype(&self, index: usize, expected: DType) -> Result<()> {
        let actual = self.input(index)?.dtype();
        crate::ensure!(
            actual == expected,
            DType,
            "Incompatible attr in node {} at {index}-th input: expected {expected}, got {actual}",
            self.operator.name
        );
        Ok(())
    }
}

/// Inputs that arithmetic takes: any type but bool, of which there are only operators under numpy's names.
pub fn require_numbers(query: &Query<'_>) -> Result<()> {
    crate::ensure!(
        query.inputs.iter().all(|input| input.dtype() != DType::Bool),
        DType,
        "Operator {} does not take bool arrays",
        query.operator.name
    );
    Ok(())
}

/// One output like the first input.
pub fn same_as_first(query: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    Ok(smallvec![Meta::of(query.input(0)?)])
}

/// All inputs alike in shape and type, one output like them.
pub fn elementwise(query: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    for index in 1..query.inputs.len() {
        query.require_same(index)?;
    }
    same_as_first(query)
}
