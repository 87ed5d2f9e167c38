//! Follow the moving leader (MXNet `ftml_update`; Zheng & Kwok 2017).

use super::{Load, Prepare};
use crate::ops::kernels::real::Real;

#[derive(Clone, Copy, Debug)]
pub struct Ftml<T> {
    pub lr: T,
    pub beta1: T,
    pub beta2: T,
    pub epsilon: T,
    pub wd: T,
    /// Number of this update, from 1.
    pub t: i32,
    pub prepare: Prepare<T>,
}

impl<T: Real> Ftml<T> {
    /// `r = clip(rescale*g + wd*w); v = b2*v + (1-b2)*r*r;`
    /// `d' = (1-b1^t)/lr*(sqrt(v/(1-b2^t)) + epsilon); z = b1*z + (1-b1)*r - (d' - b1*d)*w; d = d'; w = -z/d`
    pub fn step<G: Load<T>>(&self, w: &mut [T], g: &[G], [d, v, z]: [&mut [T]; 3]) {
        let (rest1, rest2) = (T::ONE - self.beta1, T::ONE - self.beta2);
        let (scale, correction) =
            ((T::ONE - self.beta1.powi(self.t)) / self.lr, T::ONE - self.beta2.powi(self.t));
        for ((((w, g), d), v), z) in w.iter_mut().zip(g).zip(d).zip(v).zip(z) {
            let r = self.prepare.bound(self.prepare.rescale * g.load() + self.wd * *w);
            *v = self.beta2 * *v + rest2 * (r * r);
            let next = scale * ((*v / correction).sqrt() + self.epsilon);
            *z = self.beta1 * *z + rest1 * r - (next - self.beta1 * *d) * *w;
            *d = next;
            *w = -*z / next;
        }
    }
}
