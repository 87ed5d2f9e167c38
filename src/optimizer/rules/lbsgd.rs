//! Large batches from small ones (MXNet `LBSGD`): gradients are summed, and every so many updates one step is made by
//! their mean, with a rate that warms up.
//!
//! Of row_sparse gradients the sum has the rows that any of them had. It is kept dense, so that it is saved like all
//! states: a row that nobody had holds negative zeros alone, to which anything can be added unchanged.

use super::{Compat, sgd};
use crate::array::{DType, Element, NdArray, Part, RowSparse, Storage};
use crate::base::Result;
use crate::base::sync::Arc;
use crate::ops::kernels::real::Real;
use crate::ops::kernels::rows::gradient_rows;
use crate::ops::kernels::storage::to_dense;
use crate::optimizer::elementwise::{Stored, dispatch_types, follow};
use crate::optimizer::params::Reader;
use crate::optimizer::rule::States;
use crate::optimizer::whole::only_gradient;
use crate::optimizer::{Counting, Memory, Operands, Planning, Rule, Step};
use smallvec::smallvec;
use std::iter::Sum;
use std::ops::Add;

struct Lbsgd {
    momentum: f64,
    strategy: Strategy,
    batch_scale: i64,
    warmup_updates: f64,
    begin: f64,
}

/// How the rate grows to `batch_scale` times itself.
#[derive(Clone, Copy, PartialEq)]
enum Strategy {
    Linear,
    Power2,
    Sqrt,
    /// By the norms of weight and gradient.
    Lars,
    Constant,
}

pub(super) fn build(reader: &Reader<'_>, _: &Compat) -> Result<Arc<dyn Rule>> {
    let strategy = match reader.text("warmup_strategy").unwrap_or("linear") {
        "linear" => Strategy::Linear,
        "power2" => Strategy::Power2,
        "sqrt" => Strategy::Sqrt,
        "lars" => Strategy::Lars,
        _ => Strategy::Constant,
    };
    let batch_scale = reader.whole_or("batch_scale", 1)?;
    if batch_scale < 1 {
        return Err(reader.bad("batch_scale", "1 or more", &batch_scale.to_string()));
    }
    let per_epoch = reader.number_or("updates_per_epoch", 32.0)?;
    reader.number("num_epochs")?;
    Ok(Arc::new(Lbsgd {
        momentum: reader.number_or("momentum", 0.0)?,
        strategy,
        batch_scale,
        warmup_updates: reader.number_or("warmup_epochs", 5.0)? * per_epoch,
        begin: reader.number_or("begin_epoch", 0.0)? * per_epoch,
    }))
}

/// What an update does.
const ADD: f64 = 0.0;
const STEP: f64 = 1.0;

impl Rule for Lbsgd {
    /// The sum of the gradients comes last: MXNet does not save it.
    fn states(&self) -> &'static [&'static str] {
        match (self.momentum == 0.0, self.batch_scale == 1) {
            (true, true) => &[],
            (true, false) => &["cum_grad"],
            (false, true) => &["momentum"],
            (false, false) => &["momentum", "cum_grad"],
        }
    }

    fn needed_states(&self) -> usize {
        usize::from(self.momentum != 0.0)
    }

    fn new_states(&self, weight: &NdArray) -> Result<States> {
        let zeros = |_| NdArray::zeros(weight.shape().clone(), weight.dtype(), weight.device());
        let states: States = self.states().iter().map(zeros).collect::<Result<_>>()?;
        if let Some(sum) = states.last().filter(|_| self.batch_scale != 1) {
            crate::dispatch_float!(sum.dtype(), T => {
                forget(&mut sum.write::<T>()?);
                Ok(())
            })?;
        }
        Ok(states)
    }

    fn counting(&self) -> Counting {
        Counting::After
    }

    /// Gradients seen for the key.
    fn memory(&self) -> (Memory, Memory) {
        (smallvec![], smallvec![self.begin])
    }

    fn plan(&self, step: &mut Step, planning: &mut Planning<'_>) -> Result<()> {
        let Some(seen) = planning.own.first_mut() else { return Ok(()) };
        *seen += 1.0;
        let due = *seen % self.batch_scale as f64 == 0.0;
        step.lr *= self.multiplier(*seen);
        step.extra[0] = if due { STEP } else { ADD };
        Ok(())
    }

    fn update(&self, step: &Step, operands: &Operands<'_>) -> Result<()> {
        let gradient = only_gradient(operands)?;
        if self.batch_scale == 1 {
            return self.descend(step, gradient, operands.states, operands);
        }
        let Some((sum, states)) = operands.states.split_last() else { return Ok(()) };
        let mean = dispatch_types!(operands, T, G => self.gather::<T, G>(step, gradient, sum))?;
        match mean {
            Some(mean) => self.descend(step, &mean, states, operands),
            None => follow(&Operands { low: None, ..*operands }),
        }
    }
}

impl Lbsgd {
    /// The factor on the rate at gradient number `k`.
    fn multiplier(&self, k: f64) -> f64 {
        let (most, n) = (self.batch_scale as f64, self.warmup_updates);
        match self.strategy {
            Strategy::Lars => 1.0,
            _ if k >= n => most,
            _ if n <= 1.0 => 1.0,
            Strategy::Linear => 1.0 + (most - 1.0) * k / n,
            Strategy::Power2 => 1.0 + (most - 1.0) * (k * k) / (n * n),
            Strategy::Sqrt => 1.0 + (most - 1.0) * (k / n).sqrt(),
            Strategy::Constant => 1.0,
        }
    }

    /// Adds the gradient to the sum; when a step is due, gives the mean and starts a new sum. The mean is row_sparse
    /// if the last gradient is.
    fn gather<T: Real, G: Stored<T>>(
        &self,
        step: &Step,
        gradient: &NdArray,
        sum: &NdArray,
    ) -> Result<Option<NdArray>> {
        let width = sum.shape().row_size().max(1);
        let is_sparse = gradient.storage() == Storage::RowSparse;
        let mut sums = sum.write::<T>()?;
        if is_sparse {
            let parts = gradient.read_row_sparse()?;
            let rows = gradient_rows(&parts, sum)?;
            let mut wide = vec![T::ZERO; parts.values.len()];
            let values = G::load(parts.values.elements::<G>()?, &mut wide);
            for (row, values) in rows.into_iter().zip(values.chunks_exact(width)) {
                add_row(&mut sums[row * width..(row + 1) * width], values);
            }
        } else {
            let gradient = to_dense(gradient)?;
            let gradient = gradient.read::<G>()?;
            let mut wide = vec![T::ZERO; gradient.len()];
            let values = G::load(&gradient, &mut wide);
            for (sum, values) in sums.chunks_mut(width).zip(values.chunks(width)) {
                add_row(sum, values);
            }
        }
        if step.extra[0] == ADD {
            return Ok(None);
        }
        let count = T::from_f64(self.batch_scale as f64);
        let mean = if is_sparse {
            let present: Vec<(i64, &[T])> =
                (0..).zip(sums.chunks(width)).filter(|(_, row)| !is_absent(row)).collect();
            let rows: Vec<i64> = present.iter().map(|(row, _)| *row).collect();
            let mut values = Part::new(T::DTYPE, sum.shape().with_rows(rows.len()))?;
            let sums = present.iter().flat_map(|(_, row)| *row);
            let means = bytemuck::cast_slice_mut::<u8, T>(&mut values.bytes);
            means.iter_mut().zip(sums).for_each(|(mean, sum)| *mean = *sum / count);
            let parts = RowSparse { indices: Part::indices(&rows)?, values };
            NdArray::from_row_sparse(parts, sum.shape().clone(), sum.device())?
        } else {
            let mean = NdArray::new(sum.shape().clone(), sum.dtype(), sum.device())?;
            mean.write::<T>()?.iter_mut().zip(&*sums).for_each(|(mean, sum)| *mean = *sum / count);
            mean
        };
        forget(&mut sums);
        Ok(Some(mean))
    }

    /// One step; `gradient` is in the type of the gradients, or in that of a master copy.
    fn descend(
        &self,
        step: &Step,
        gradient: &NdArray,
        states: &[NdArray],
        operands: &Operands<'_>,
    ) -> Result<()> {
        let mut step = *step;
        if self.strategy == Strategy::Lars {
            step.lr *= lars(operands.weight, gradient, step.wd)?;
        }
        let gradients = std::slice::from_ref(gradient);
        let operands = Operands { gradients, states, ..*operands };
        // The gradient was widened to the master copy's type: the weight follows afterwards.
        if operands.low.is_some() && gradient.dtype() == operands.weight.dtype() {
            sgd::single(self.momentum, &step, &Operands { low: None, outs: &[], ..operands })?;
            return follow(&operands);
        }
        match gradient.storage() {
            Storage::RowSparse => sgd::update(self.momentum, true, &step, &operands),
            _ => sgd::single(self.momentum, &step, &operands),
        }
    }
}

/// Adds a row, which is there from then on.
fn add_row<T: Real>(sum: &mut [T], row: &[T]) {
    sum.iter_mut().zip(row).for_each(|(sum, x)| *sum = *sum + *x);
    if is_absent(sum)
        && let Some(first) = sum.first_mut()
    {
        *first = T::ZERO;
    }
}

fn is_absent<T: Real>(row: &[T]) -> bool {
    row.iter().all(is_negative_zero)
}

fn is_negative_zero<T: Element>(x: &T) -> bool {
    let x = x.to_f64();
    x == 0.0 && x.is_sign_negative()
}

/// Makes all rows absent.
fn forget<T: Element>(sums: &mut [T]) {
    sums.fill(T::from_f64(-0.0));
}

/// `sqrt(w²/(g² + wd*w² + 1e-18))` within 0.01 and 100, w² and g² being sums of squares.
fn lars(weight: &NdArray, gradient: &NdArray, wd: f64) -> Result<f64> {
    let (w, g) = (sum_of_squares(weight)?, sum_of_squares(gradient)?);
    Ok((w / (g + wd * w + 1e-18)).sqrt().clamp(0.01, 100.0))
}

/// As numpy adds: in float32, of float64 in that, and the sum rounded to the type of the array.
fn sum_of_squares(array: &NdArray) -> Result<f64> {
    let dense = to_dense(array)?;
    if dense.dtype() == DType::Float64 {
        let squares: Vec<f64> = dense.read::<f64>()?.iter().map(|x| x * x).collect();
        return Ok(pairwise(&squares));
    }
    crate::dispatch_float!(dense.dtype(), T => {
        let squares: Vec<f32> = dense.read::<T>()?.iter().map(|x| (*x * *x).to_f32()).collect();
        Ok(T::from_f32(pairwise(&squares)).to_f64())
    })
}

/// By halves, and in eight parts where few are left.
fn pairwise<N: Copy + Default + Add<Output = N> + Sum<N>>(values: &[N]) -> N {
    if values.len() < 8 {
        return values.iter().copied().sum();
    }
    if values.len() <= 128 {
        let mut parts = [N::default(); 8];
        let (eights, rest) = values.split_at(values.len() / 8 * 8);
        for (number, eight) in eights.chunks_exact(8).enumerate() {
            for (part, x) in parts.iter_mut().zip(eight) {
                *part = if number == 0 { *x } else { *part + *x };
            }
        }
        let [a, b, c, d, e, f, g, h] = parts;
        return rest.iter().fold(((a + b) + (c + d)) + ((e + f) + (g + h)), |sum, x| sum + *x);
    }
    let half = values.len() / 2;
    let (left, right) = values.split_at(half - half % 8);
    pairwise(left) + pairwise(right)
}
