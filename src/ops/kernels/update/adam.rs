//! Adam without bias correction, which its users fold into the learning rate (MXNet `adam_update`; Kingma & Ba
//! 2015).

use super::{Load, Prepare};
use crate::ops::kernels::real::Real;

#[derive(Clone, Copy, Debug)]
pub struct Adam<T> {
    pub lr: T,
    pub beta1: T,
    pub beta2: T,
    pub epsilon: T,
    pub wd: T,
    pub prepare: Prepare<T>,
}

impl<T: Real> Adam<T> {
    /// `r = clip(rescale*g + wd*w); mean = b1*mean + (1-b1)*r; var = b2*var + (1-b2)*r*r;`
    /// `w = w - lr*mean/(sqrt(var) + epsilon)`
    pub fn step<G: Load<T>>(&self, w: &mut [T], g: &[G], mean: &mut [T], var: &mut [T]) {
        self.run::<G, false>(w, g, mean, var);
    }

    /// The same with `(1-b2)*(r*r)`: how MXNet's sparse forms round when clipping is on or all rows change.
    pub fn step_squared_first<G: Load<T>>(&self, w: &mut [T], g: &[G], mean: &mut [T], var: &mut [T]) {
        self.run::<G, true>(w, g, mean, var);
    }

    /// The update of rows whose gradient is absent, that is zero.
    pub fn step_without_gradient(&self, w: &mut [T], mean: &mut [T], var: &mut [T]) {
        for ((w, mean), var) in w.iter_mut().zip(mean).zip(var) {
            self.element::<true>(w, self.prepare.bound(*w * self.wd), mean, var);
        }
    }

    #[inline]
    fn run<G: Load<T>, const SQUARED_FIRST: bool>(
        &self,
        w: &mut [T],
        g: &[G],
        mean: &mut [T],
        var: &mut [T],
    ) {
        for (((w, g), mean), var) in w.iter_mut().zip(g).zip(mean).zip(var) {
            let r = self.prepare.bound(g.load() * self.prepare.rescale + *w * self.wd);
            self.element::<SQUARED_FIRST>(w, r, mean, var);
        }
    }

    #[inline]
    fn element<const SQUARED_FIRST: bool>(&self, w: &mut T, r: T, mean: &mut T, var: &mut T) {
        let (rest1, rest2) = (T::ONE - self.beta1, T::ONE - self.beta2);
        *mean = self.beta1 * *mean + rest1 * r;
        *var = self.beta2 * *var + if SQUARED_FIRST { rest2 * (r * r) } else { rest2 * r * r };
        *w = *w - self.lr * *mean / (var.sqrt() + self.epsilon);
    }
}
