//! Stochastic gradient descent, with or without momentum (MXNet `SGD`, `ccSGD`).

use super::Compat;
use crate::array::Storage;
use crate::base::Result;
use crate::base::sync::Arc;
use crate::ops::kernels::real::Real;
use crate::ops::kernels::update::sgd::Sgd as Kernel;
use crate::optimizer::elementwise::{Elementwise, dispatch_types, run};
use crate::optimizer::params::Reader;
use crate::optimizer::rows::with_rows;
use crate::optimizer::{Operands, Rule, Step};

pub(super) struct Sgd {
    /// Zero means no state. A negative one has a state that is never used.
    momentum: f64,
    /// A row_sparse gradient changes only its rows.
    lazy: bool,
}

pub(super) fn build(reader: &Reader<'_>, _: &Compat) -> Result<Arc<dyn Rule>> {
    let momentum = reader.number_or("momentum", 0.0)?;
    Ok(Arc::new(Sgd { momentum, lazy: reader.flag_or("lazy_update", true)? }))
}

impl Rule for Sgd {
    fn states(&self) -> &'static [&'static str] {
        if self.momentum == 0.0 { &[] } else { &["momentum"] }
    }

    fn update(&self, step: &Step, operands: &Operands<'_>) -> Result<()> {
        update(self.momentum, self.lazy, step, operands)
    }

    fn fuses(&self) -> bool {
        true
    }
}

/// One step as by the operators for a single weight.
pub(super) fn single(momentum: f64, step: &Step, operands: &Operands<'_>) -> Result<()> {
    match (momentum > 0.0, operands.states.is_empty(), operands.low, operands.gradients) {
        (_, true, None, [only]) if only.storage() == Storage::RowSparse => update(0.0, true, step, operands),
        (true, false, _, _) => run::<_, 1>(&Momentum(momentum), step, operands),
        _ => run::<_, 0>(&PlainRows, step, &Operands { states: &[], ..*operands }),
    }
}

/// One step as the class makes it; others descend so too, with another rate.
pub(super) fn update(momentum: f64, lazy: bool, step: &Step, operands: &Operands<'_>) -> Result<()> {
    let is_sparse = matches!(operands.gradients, [only] if only.storage() == Storage::RowSparse);
    // MXNet has no sparse form with a master copy.
    if is_sparse && operands.low.is_none() {
        return dispatch_types!(operands, T, _G => sparse::<T>(momentum, lazy, step, operands));
    }
    match (momentum > 0.0, operands.states.is_empty()) {
        (true, false) => run::<_, 1>(&Momentum(momentum), step, operands),
        _ if is_sparse => run::<_, 0>(&PlainRows, step, &Operands { states: &[], ..*operands }),
        _ => run::<_, 0>(&Plain, step, &Operands { states: &[], ..*operands }),
    }
}

fn kernel<T: Real>(momentum: f64, step: &Step) -> Kernel<T> {
    let as_real = |x: f64| T::from_f32(x as f32);
    Kernel {
        lr: as_real(step.lr),
        wd: as_real(step.wd),
        momentum: as_real(momentum),
        prepare: step.prepare(),
    }
}

struct Momentum(f64);

impl Elementwise<1> for Momentum {
    type Kernel<T: Real> = Kernel<T>;
    fn kernel<T: Real>(&self, step: &Step) -> Kernel<T> {
        kernel(self.0, step)
    }
    fn apply<T: Real>(kernel: &Kernel<T>, w: &mut [T], g: &[T], [m]: [&mut [T]; 1]) {
        kernel.with_momentum(w, g, m);
    }
}

/// Rounded as MXNet's operator for several weights, which its class uses where all is dense.
struct Plain;

impl Elementwise<0> for Plain {
    type Kernel<T: Real> = Kernel<T>;
    fn kernel<T: Real>(&self, step: &Step) -> Kernel<T> {
        kernel(0.0, step)
    }
    fn apply<T: Real>(kernel: &Kernel<T>, w: &mut [T], g: &[T], _: [&mut [T]; 0]) {
        kernel.plain_multi(w, g);
    }
}

/// Rounded as the operator for one weight.
struct PlainRows;

impl Elementwise<0> for PlainRows {
    type Kernel<T: Real> = Kernel<T>;
    fn kernel<T: Real>(&self, step: &Step) -> Kernel<T> {
        kernel(0.0, step)
    }
    fn apply<T: Real>(kernel: &Kernel<T>, w: &mut [T], g: &[T], _: [&mut [T]; 0]) {
        kernel.plain(w, g);
    }
}

fn sparse<T: Real>(momentum: f64, lazy: bool, step: &Step, operands: &Operands<'_>) -> Result<()> {
    let has_state = !operands.states.is_empty();
    let kernel = kernel::<T>(if momentum > 0.0 { momentum } else { 0.0 }, step);
    with_rows::<T>(operands, |rows| {
        match (has_state, lazy) {
            (false, true) => rows.each(|w, g, []| kernel.plain(w, g)),
            (false, false) => {
                kernel.decay(rows.weight);
                rows.each(|w, g, []| kernel.step_only(w, g));
            }
            (true, true) => rows.each(|w, g, [m]| kernel.with_momentum(w, g, m)),
            (true, false) => {
                let absent = vec![T::ZERO; rows.width];
                rows.each_of_all(|w, g, [m]| kernel.with_momentum(w, g.unwrap_or(&absent), m));
            }
        }
        Ok(())
    })
}
