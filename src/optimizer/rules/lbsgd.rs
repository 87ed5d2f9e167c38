//! Large batches from small ones (MXNet `LBSGD`): gradients are summed, and every so many updates one step is made by
//! their mean, with a rate that warms up.

use super::{Compat, sgd};
use crate::array::{NdArray, Storage};
use crate::base::Result;
use crate::base::sync::Arc;
use crate::ops::kernels::real::Real;
use crate::ops::kernels::storage::to_dense;
use crate::optimizer::elementwise::{dispatch_types, follow};
use crate::optimizer::params::Reader;
use crate::optimizer::whole::only_gradient;
use crate::optimizer::{Counting, Memory, Operands, Planning, Rule, Step};
use smallvec::smallvec;

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
        let gradient = to_dense(gradient)?;
        let mean = dispatch_types!(operands, T, G => self.gather::<T, G>(step, &gradient, sum))?;
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

    /// Adds the gradient to the sum; when a step is due, gives the mean and starts a new sum.
    fn gather<T: Real, G: crate::optimizer::elementwise::Stored<T>>(
        &self,
        step: &Step,
        gradient: &NdArray,
        sum: &NdArray,
    ) -> Result<Option<NdArray>> {
        let gradient_values = gradient.read::<G>()?;
        let mut wide = vec![T::ZERO; gradient_values.len()];
        let values = G::load(&gradient_values, &mut wide);
        let mut sums = sum.write::<T>()?;
        sums.iter_mut().zip(values).for_each(|(sum, g)| *sum = *sum + *g);
        if step.extra[0] == ADD {
            return Ok(None);
        }
        let mean = NdArray::new(sum.shape().clone(), sum.dtype(), sum.device())?;
        let count = T::from_f64(self.batch_scale as f64);
        for (mean, sum) in mean.write::<T>()?.iter_mut().zip(sums.iter_mut()) {
            *mean = *sum / count;
            *sum = T::ZERO;
        }
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

/// `sqrt(w²/(g² + wd*w² + 1e-18))` within 0.01 and 100, w² and g² being sums of squares.
fn lars(weight: &NdArray, gradient: &NdArray, wd: f64) -> Result<f64> {
    let (w, g) = (f64::from(pairwise_squares(weight)?), f64::from(pairwise_squares(gradient)?));
    Ok((w / (g + wd * w + 1e-18)).sqrt().clamp(0.01, 100.0))
}

/// The sum of squares in float32 as numpy adds: by halves, and in eight parts where few are left.
fn pairwise_squares(array: &NdArray) -> Result<f32> {
    let dense = to_dense(array)?;
    let squares: Vec<f32> = crate::dispatch_float!(dense.dtype(), T => {
        Ok(dense.read::<T>()?.iter().map(|x| (*x * *x).to_f32()).collect())
    })?;
    Ok(pairwise(&squares))
}

fn pairwise(values: &[f32]) -> f32 {
    if values.len() < 8 {
        return values.iter().sum();
    }
    if values.len() <= 128 {
        let mut parts = [0f32; 8];
        let (eights, rest) = values.split_at(values.len() / 8 * 8);
        for (number, eight) in eights.chunks_exact(8).enumerate() {
            for (part, x) in parts.iter_mut().zip(eight) {
                *part = if number == 0 { *x } else { *part + x };
            }
        }
        let [a, b, c, d, e, f, g, h] = parts;
        return rest.iter().fold(((a + b) + (c + d)) + ((e + f) + (g + h)), |sum, x| sum + x);
    }
    let half = values.len() / 2;
    let (left, right) = values.split_at(half - half % 8);
    pairwise(left) + pairwise(right)
}
