//! Adam with decoupled weight decay (MXNet `_adamw_update` and its multi-tensor forms, which round the moments
//! differently; Loshchilov & Hutter 2019).

use super::{Load, Prepare};
use crate::ops::kernels::real::Real;

#[derive(Clone, Copy, Debug)]
pub struct AdamW<T> {
    pub lr: T,
    pub eta: T,
    pub beta1: T,
    pub beta2: T,
    pub epsilon: T,
    pub wd: T,
    pub prepare: Prepare<T>,
}

impl<T: Real> AdamW<T> {
    /// `r = clip(rescale*g); mean = b1*mean + (1-b1)*r; var = b2*var + (1-b2)*(r*r);`
    /// `w = w - eta*(lr*mean/(sqrt(var) + epsilon) + wd*w)`
    pub fn step<G: Load<T>>(&self, w: &mut [T], g: &[G], mean: &mut [T], var: &mut [T]) {
        let (rest1, rest2) = (T::ONE - self.beta1, T::ONE - self.beta2);
        for (((w, g), mean), var) in w.iter_mut().zip(g).zip(mean).zip(var) {
            let r = self.prepare.apply(g.load());
            *mean = self.beta1 * *mean + rest1 * r;
            *var = self.beta2 * *var + rest2 * (r * r);
            *w = self.moved(*w, *mean, *var);
        }
    }

    /// The same with `mean = b1*(mean-r) + r; var = b2*(var-r*r) + r*r`.
    pub fn step_multi<G: Load<T>>(&self, w: &mut [T], g: &[G], mean: &mut [T], var: &mut [T]) {
        for (((w, g), mean), var) in w.iter_mut().zip(g).zip(mean).zip(var) {
            let r = self.prepare.apply(g.load());
            *mean = self.beta1 * (*mean - r) + r;
            *var = self.beta2 * (*var - r * r) + r * r;
            *w = self.moved(*w, *mean, *var);
        }
    }

    #[inline]
    fn moved(&self, w: T, mean: T, var: T) -> T {
        w - self.eta * (self.lr * mean / (var.sqrt() + self.epsilon) + self.wd * w)
    }
}
