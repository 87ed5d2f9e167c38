//! Nesterov's accelerated gradient (MXNet `nag_mom_update`).

use super::{Load, Prepare};
use crate::ops::kernels::real::Real;

#[derive(Clone, Copy, Debug)]
pub struct Nag<T> {
    pub lr: T,
    pub wd: T,
    pub momentum: T,
    pub prepare: Prepare<T>,
    /// MXNet stores a momentum computed from the weight after the update, because it updates in place. True
    /// gives its numbers; false uses the weight before the update throughout.
    pub decay_from_new_weight: bool,
}

impl<T: Real> Nag<T> {
    /// With r = clip(rescale*g) and p = momentum*m:
    /// `w' = w - p + (momentum+1)*(p - lr*(r + wd*w)); m = p - lr*(r + wd*w')`
    pub fn step<G: Load<T>>(&self, w: &mut [T], g: &[G], m: &mut [T]) {
        let next = self.momentum + T::ONE;
        for ((w, g), m) in w.iter_mut().zip(g).zip(m) {
            let r = self.prepare.apply(g.load());
            let p = self.momentum * *m;
            let before = *w;
            *w = before - p + next * (p - self.lr * (r + self.wd * before));
            let base = if self.decay_from_new_weight { *w } else { before };
            *m = p - self.lr * (r + self.wd * base);
        }
    }
}
