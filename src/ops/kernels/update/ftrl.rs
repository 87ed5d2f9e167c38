//! Follow the regularised leader (MXNet `ftrl_update`; McMahan et al. 2013).

use super::{Load, Prepare};
use crate::ops::kernels::real::Real;

#[derive(Clone, Copy, Debug)]
pub struct Ftrl<T> {
    pub lr: T,
    pub lamda1: T,
    pub beta: T,
    pub wd: T,
    pub prepare: Prepare<T>,
}

impl<T: Real> Ftrl<T> {
    /// With r = clip(rescale*g): `z += r - (sqrt(n + r*r) - sqrt(n))*w/lr; n += r*r;`
    /// `w = (sign(z)*lamda1 - z)/((beta + sqrt(n))/lr + wd)` where |z| > lamda1, else 0. The weight is
    /// recomputed from z: an element that never had a gradient becomes 0.
    pub fn step<G: Load<T>>(&self, w: &mut [T], g: &[G], z: &mut [T], n: &mut [T]) {
        for (((w, g), z), n) in w.iter_mut().zip(g).zip(z).zip(n) {
            let r = self.prepare.apply(g.load());
            *z = *z + (r - ((*n + r * r).sqrt() - n.sqrt()) * *w / self.lr);
            *n = *n + r * r;
            let moved = (z.sign() * self.lamda1 - *z) / ((self.beta + n.sqrt()) / self.lr + self.wd);
            let beyond = if z.abs() > self.lamda1 { T::ONE } else { T::ZERO };
            *w = moved * beyond;
        }
    }
}
