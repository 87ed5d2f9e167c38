//! RMSProp, plain (Tieleman & Hinton 2012) and centered (Graves 2013): MXNet `rmsprop_update` and
//! `rmspropalex_update`.

use super::{Load, Prepare};
use crate::ops::kernels::real::Real;

#[derive(Clone, Copy, Debug)]
pub struct RmsProp<T> {
    pub lr: T,
    pub gamma1: T,
    pub gamma2: T,
    pub epsilon: T,
    pub wd: T,
    pub prepare: Prepare<T>,
    pub clip_weights: Option<T>,
}

impl<T: Real> RmsProp<T> {
    /// `r = clip(rescale*g + wd*w); n = (1-gamma1)*(r*r) + gamma1*n; w = w - lr*(r/sqrt(n + epsilon))`
    pub fn plain<G: Load<T>>(&self, w: &mut [T], g: &[G], n: &mut [T]) {
        let rest = T::ONE - self.gamma1;
        for ((w, g), n) in w.iter_mut().zip(g).zip(n) {
            let r = self.prepared(g.load(), *w);
            *n = rest * (r * r) + self.gamma1 * *n;
            *w = self.bounded(*w - self.lr * (r / (*n + self.epsilon).sqrt()));
        }
    }

    /// `n = (1-gamma1)*r*r + gamma1*n; q = (1-gamma1)*r + gamma1*q;`
    /// `delta = gamma2*delta - lr*r/sqrt(n - q*q + epsilon); w = w + delta`
    pub fn centered<G: Load<T>>(&self, w: &mut [T], g: &[G], [n, q, delta]: [&mut [T]; 3]) {
        let rest = T::ONE - self.gamma1;
        for ((((w, g), n), q), delta) in w.iter_mut().zip(g).zip(n).zip(q).zip(delta) {
            let r = self.prepared(g.load(), *w);
            *n = rest * r * r + self.gamma1 * *n;
            *q = rest * r + self.gamma1 * *q;
            *delta = self.gamma2 * *delta - self.lr * r / (*n - *q * *q + self.epsilon).sqrt();
            *w = self.bounded(*w + *delta);
        }
    }

    #[inline]
    fn prepared(&self, g: T, w: T) -> T {
        self.prepare.bound(self.prepare.rescale * g + self.wd * w)
    }

    #[inline]
    fn bounded(&self, w: T) -> T {
        match self.clip_weights {
            Some(bound) => w.clipped(bound),
            None => w,
        }
    }
}
