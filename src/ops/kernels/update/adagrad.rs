//! AdaGrad on the rows of a sparse gradient (MXNet `_sparse_adagrad_update`; Duchi et al. 2011), and the variant
//! with one history value per row (MXNet `_contrib_group_adagrad_update`).

use super::{Load, Prepare};
use crate::ops::kernels::real::Real;

#[derive(Clone, Copy, Debug)]
pub struct AdaGrad<T> {
    pub lr: T,
    pub epsilon: T,
    pub prepare: Prepare<T>,
}

impl<T: Real> AdaGrad<T> {
    /// With r = clip(rescale*g): `h += r*r; w = w - (r/sqrt(h + epsilon))*lr`
    pub fn step<G: Load<T>>(&self, w: &mut [T], g: &[G], h: &mut [T]) {
        for ((w, g), h) in w.iter_mut().zip(g).zip(h) {
            let r = self.prepare.apply(g.load());
            *h = *h + r * r;
            *w = *w - (r / (*h + self.epsilon).sqrt()) * self.lr;
        }
    }

    /// One row: `h += mean of r*r over the row; w = w - lr*r/sqrt(h + epsilon)`
    pub fn step_row<G: Load<T>>(&self, w: &mut [T], g: &[G], h: &mut T) {
        let mut sum = T::ZERO;
        for g in g {
            let r = self.prepare.apply(g.load());
            sum = sum + r * r;
        }
        *h = *h + sum / T::from_f64(g.len() as f64);
        for (w, g) in w.iter_mut().zip(g) {
            let r = self.prepare.apply(g.load());
            *w = *w - self.lr * r / (*h + self.epsilon).sqrt();
        }
    }
}
