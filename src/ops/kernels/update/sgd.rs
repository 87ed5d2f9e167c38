//! Stochastic gradient descent, with and without momentum (MXNet `sgd_update`, `sgd_mom_update` and their
//! multi-tensor forms, which round differently).

use super::{Load, Prepare};
use crate::ops::kernels::real::Real;

#[derive(Clone, Copy, Debug)]
pub struct Sgd<T> {
    pub lr: T,
    pub wd: T,
    pub momentum: T,
    pub prepare: Prepare<T>,
}

/// Compiles the loop once for each form of the gradient step, so that the choice stays outside the loop:
/// `(lr*rescale)*g`, or `lr*clip(rescale*g)`.
macro_rules! with_step {
    ($sgd:expr, $step:ident => $loop:expr) => {{
        let (lr, rescale) = ($sgd.lr, $sgd.prepare.rescale);
        match $sgd.prepare.clip {
            None => {
                let both = lr * rescale;
                let $step = |g: T| both * g;
                $loop
            }
            Some(bound) => {
                let $step = |g: T| lr * (rescale * g).clipped(bound);
                $loop
            }
        }
    }};
}

impl<T: Real> Sgd<T> {
    /// `w = (1 - lr*wd)*w - step(g)`
    pub fn plain<G: Load<T>>(&self, w: &mut [T], g: &[G]) {
        let keep = T::ONE - self.lr * self.wd;
        with_step!(self, step => for (w, g) in w.iter_mut().zip(g) {
            *w = keep * *w - step(g.load());
        });
    }

    /// `w = w + ((-lr*wd*w) - step(g))`
    pub fn plain_multi<G: Load<T>>(&self, w: &mut [T], g: &[G]) {
        let decay = -self.lr * self.wd;
        with_step!(self, step => for (w, g) in w.iter_mut().zip(g) {
            *w = *w + (decay * *w - step(g.load()));
        });
    }

    /// `m = momentum*m - lr*wd*w - step(g); w = w + m`
    pub fn with_momentum<G: Load<T>>(&self, w: &mut [T], g: &[G], m: &mut [T]) {
        let (momentum, decay) = (self.momentum, self.lr * self.wd);
        with_step!(self, step => for ((w, g), m) in w.iter_mut().zip(g).zip(m) {
            *m = momentum * *m - decay * *w - step(g.load());
            *w = *w + *m;
        });
    }

    /// Weight decay alone: what a standard (not lazy) sparse update does to every row first.
    pub fn decay(&self, w: &mut [T]) {
        let keep = T::ONE - self.lr * self.wd;
        w.iter_mut().for_each(|w| *w = keep * *w);
    }

    /// The gradient step alone, on rows whose decay was applied before.
    pub fn step_only<G: Load<T>>(&self, w: &mut [T], g: &[G]) {
        with_step!(self, step => for (w, g) in w.iter_mut().zip(g) {
            *w = *w - step(g.load());
        });
    }
}
