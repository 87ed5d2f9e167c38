//! From the values pushed for one key to their sum.

use super::compress::{check_compressible, sum_compressed};
use super::pull::are_separate;
use super::row_sparse::sum_rows;
use super::submit::{Arrays, submit};
use crate::array::{DType, Device, NdArray, Shape, Storage};
use crate::base::Result;
use crate::base::sync::Arc;
use crate::compression::Codec;
use crate::engine::Engine;
use crate::ops::kernels::storage::cast_into;
use crate::ops::kernels::sum::{SumOrder, sum_arrays};

/// The two ways in which MXNet's stores sum the values of several devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// Sums in fours, on `cpu_pinned(0)`. All values have the element type of the init.
    Local,
    /// Sums from left to right, on the device of the first value. Values of other element types are converted
    /// first, and gradients can be compressed.
    Device,
}

impl Strategy {
    pub(super) fn order(self) -> SumOrder {
        match self {
            Strategy::Local => SumOrder::InFours,
            Strategy::Device => SumOrder::LeftToRight,
        }
    }
}

/// What the init of a key said of it: what sums look like.
#[derive(Clone, Debug)]
pub struct Declared {
    pub shape: Shape,
    pub dtype: DType,
}

impl Declared {
    pub fn of(array: &NdArray) -> Self {
        Declared { shape: array.shape().clone(), dtype: array.dtype() }
    }
}

/// What a key keeps from one push to the next.
#[derive(Default)]
pub struct Buffers {
    /// Where dense sums go.
    pub sum: Option<NdArray>,
    /// One per position in the list of values.
    pub residuals: Vec<NdArray>,
}

pub struct Reducer {
    engine: Engine,
    strategy: Strategy,
}

impl Reducer {
    pub fn new(engine: Engine, strategy: Strategy) -> Self {
        Reducer { engine, strategy }
    }

    /// Checks that `values` can be pushed to a key.
    pub fn check(&self, declared: &Declared, values: &[NdArray], codec: Option<&dyn Codec>) -> Result<()> {
        for value in values {
            crate::ensure!(
                value.storage() != Storage::Csr,
                StorageType,
                "Unexpected storage type detected during kvstore push: 2 (csr); expected default or row_sparse"
            );
        }
        if codec.is_some() {
            return values.iter().try_for_each(|value| check_compressible(declared, value));
        }
        if self.is_passed_on(values) {
            return Ok(());
        }
        values.iter().try_for_each(|value| self.check_summand(declared, value, values.len()))
    }

    fn check_summand(&self, declared: &Declared, value: &NdArray, count: usize) -> Result<()> {
        crate::ensure!(
            value.shape() == &declared.shape,
            Shape,
            "operands shape mismatch from.shape = {} to.shape={}",
            value.shape(),
            declared.shape
        );
        crate::ensure!(
            value.dtype() != DType::Bool || count == 1,
            DType,
            "Unknown type enum 7: bool values cannot be summed"
        );
        crate::ensure!(
            value.dtype() == declared.dtype || count == 1 || self.strategy == Strategy::Device,
            DType,
            "the data type of a value does not match: expected {} as in the init, got {}",
            declared.dtype,
            value.dtype()
        );
        Ok(())
    }

    /// Whether a push hands its only value on as it is, without a copy.
    fn is_passed_on(&self, values: &[NdArray]) -> bool {
        matches!(values, [only] if only.is_dense() || self.strategy == Strategy::Device)
    }

    /// The shape and storage of what `reduce` returns.
    pub fn result_of<'a>(
        &self,
        declared: &'a Declared,
        values: &'a [NdArray],
        codec: Option<&dyn Codec>,
    ) -> (&'a Shape, Storage) {
        match values.first() {
            Some(only) if codec.is_none() && self.is_passed_on(values) => (only.shape(), only.storage()),
            Some(first) => (&declared.shape, first.storage()),
            None => (&declared.shape, Storage::Dense),
        }
    }

    /// Whether `reduce` can write the sum to `copies` in the same sweep.
    pub fn can_copy(&self, declared: &Declared, values: &[NdArray], copies: &[NdArray]) -> bool {
        let overlaps =
            |value: &NdArray, copy: &NdArray| value.shares_storage(copy) && !value.is_same_region(copy);
        !self.is_passed_on(values)
            && copies.first().is_some_and(|copy| copy.dtype() == declared.dtype && are_separate_all(copies))
            && values.iter().all(|value| {
                value.is_dense()
                    && value.dtype() == declared.dtype
                    && !copies.iter().any(|copy| overlaps(value, copy))
            })
    }

    /// The sum of `values`, which passed `check`; a single value may be passed on as it is. The sum is
    /// written to `copies` too if `can_copy` said so, else they must be empty. `keep` is never overwritten.
    #[expect(clippy::too_many_arguments, reason = "each is a different thing about one push of one key")]
    pub fn reduce(
        &self,
        buffers: &mut Buffers,
        declared: &Declared,
        values: &[NdArray],
        codec: Option<&Arc<dyn Codec>>,
        copies: &[NdArray],
        keep: Option<&NdArray>,
        priority: i32,
    ) -> Result<NdArray> {
        if let Some(codec) = codec {
            let sum = self.buffer(buffers, declared, values, keep)?;
            sum_compressed(&self.engine, codec, &sum, values, &mut buffers.residuals, priority)?;
            return Ok(sum);
        }
        match values {
            [only] if self.is_passed_on(values) => Ok(only.clone()),
            [first, ..] if first.storage() == Storage::RowSparse => {
                self.sum_row_sparse(declared, values, priority)
            }
            _ => {
                let sum = self.buffer(buffers, declared, values, keep)?;
                self.sum_dense(&sum, values, copies, priority)?;
                Ok(sum)
            }
        }
    }

    fn sum_dense(&self, sum: &NdArray, values: &[NdArray], copies: &[NdArray], priority: i32) -> Result<()> {
        let order = self.strategy.order();
        let targets: Arrays = std::iter::once(sum).chain(copies).cloned().collect();
        submit(&self.engine, "kvstore_reduce", priority, values, &targets, move |values, targets| {
            let Some((sum, copies)) = targets.split_first() else { return Ok(()) };
            if values.iter().all(|value| value.is_dense() && value.dtype() == sum.dtype()) {
                return sum_arrays(sum, values, copies, order);
            }
            let values = converted(values, Storage::Dense, sum)?;
            sum_arrays(sum, &values, copies, order)
        })
    }

    /// The result is a new array, because the number of its rows is not known before.
    fn sum_row_sparse(&self, declared: &Declared, values: &[NdArray], priority: i32) -> Result<NdArray> {
        let device = self.device_of_sum(values);
        let sum = NdArray::empty(Storage::RowSparse, declared.shape.clone(), declared.dtype, device)?;
        let target = std::slice::from_ref(&sum);
        submit(&self.engine, "kvstore_reduce", priority, values, target, |values, target| match target {
            [sum] => sum_rows(sum, &converted(values, Storage::RowSparse, sum)?),
            _ => Ok(()),
        })?;
        Ok(sum)
    }

    fn device_of_sum(&self, values: &[NdArray]) -> Device {
        match (self.strategy, values.first()) {
            (Strategy::Device, Some(first)) => first.device(),
            _ => Device::pinned(),
        }
    }

    /// The array for the sum: the one of the last push, unless somebody else means it too.
    fn buffer(
        &self,
        buffers: &mut Buffers,
        declared: &Declared,
        values: &[NdArray],
        keep: Option<&NdArray>,
    ) -> Result<NdArray> {
        let free = |buffer: &NdArray| {
            buffer.shape() == &declared.shape
                && buffer.dtype() == declared.dtype
                && !values.iter().chain(keep).any(|other| other.shares_storage(buffer))
        };
        if let Some(buffer) = buffers.sum.as_ref().filter(|buffer| free(buffer)) {
            return Ok(buffer.clone());
        }
        let buffer = NdArray::new(declared.shape.clone(), declared.dtype, self.device_of_sum(values))?;
        buffers.sum = Some(buffer.clone());
        Ok(buffer)
    }
}

fn are_separate_all(copies: &[NdArray]) -> bool {
    copies.split_first().is_some_and(|(first, rest)| first.is_dense() && are_separate(first, rest))
}

/// The values in another storage and the element type of `like`; those that fit already are not copied.
fn converted(values: &[NdArray], storage: Storage, like: &NdArray) -> Result<Arrays> {
    values
        .iter()
        .map(|value| {
            if value.storage() == storage && value.dtype() == like.dtype() {
                return Ok(value.clone());
            }
            let copy = NdArray::empty(storage, value.shape().clone(), like.dtype(), value.device())?;
            cast_into(value, &copy)?;
            Ok(copy)
        })
        .collect()
}
