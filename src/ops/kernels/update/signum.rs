//! Sign-based descent (MXNet `signsgd_update`, `signum_update`; Bernstein et al. 2018).

use super::{Load, Prepare};
use crate::ops::kernels::real::Real;

#[derive(Clone, Copy, Debug)]
pub struct Signum<T> {
    pub lr: T,
    pub wd: T,
    pub momentum: T,
    /// Weight decay applied to the weight itself, not to the momentum.
    pub wd_lh: T,
    pub prepare: Prepare<T>,
}

impl<T: Real> Signum<T> {
    /// `w = (1 - lr*wd)*w - lr*sign(g)`; rescale and clip have no effect.
    pub fn plain<G: Load<T>>(&self, w: &mut [T], g: &[G]) {
        let keep = T::ONE - self.lr * self.wd;
        for (w, g) in w.iter_mut().zip(g) {
            *w = keep * *w - self.lr * g.load().sign();
        }
    }

    /// `m = momentum*m - (1-momentum)*wd*w - (1-momentum)*r; w = (1 - lr*wd_lh)*w + lr*sign(m)`
    pub fn with_momentum<G: Load<T>>(&self, w: &mut [T], g: &[G], m: &mut [T]) {
        let rest = T::ONE - self.momentum;
        let (decay, keep) = (rest * self.wd, T::ONE - self.lr * self.wd_lh);
        let both = rest * self.prepare.rescale;
        for ((w, g), m) in w.iter_mut().zip(g).zip(m) {
            let g = g.load();
            let step = match self.prepare.clip {
                None => both * g,
                Some(bound) => rest * (self.prepare.rescale * g).clipped(bound),
            };
            *m = self.momentum * *m - decay * *w - step;
            *w = keep * *w + self.lr * m.sign();
        }
    }
}
