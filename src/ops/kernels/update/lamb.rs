//! Layer-wise adaptive moments (MXNet `lamb_update_phase1`, `_multi_lamb_update`; You et al. 2020).

use crate::ops::kernels::real::Real;

#[derive(Clone, Copy, Debug)]
pub struct Lamb<T> {
    pub beta1: T,
    pub beta2: T,
    pub epsilon: T,
    pub wd: T,
    /// Number of this update, from 1.
    pub t: i32,
    pub bias_correction: bool,
}

impl<T: Real> Lamb<T> {
    /// The direction of the update. With r the prepared gradient:
    /// `mean = b1*mean + (1-b1)*r; var = b2*var + (1-b2)*r*r; u = mean'/(sqrt(var') + epsilon) + wd*w`,
    /// where mean' and var' are divided by `1-b^t` if bias correction is on.
    pub fn direction<G: Copy>(
        &self,
        u: &mut [T],
        w: &[T],
        g: &[G],
        [mean, var]: [&mut [T]; 2],
        prepared: impl Fn(G) -> T,
    ) {
        let (rest1, rest2) = (T::ONE - self.beta1, T::ONE - self.beta2);
        let (correct1, correct2) = (T::ONE - self.beta1.powi(self.t), T::ONE - self.beta2.powi(self.t));
        for ((((u, w), g), mean), var) in u.iter_mut().zip(w).zip(g).zip(mean).zip(var) {
            let r = prepared(*g);
            *mean = self.beta1 * *mean + rest1 * r;
            *var = self.beta2 * *var + rest2 * r * r;
            let (mean, var) =
                if self.bias_correction { (*mean / correct1, *var / correct2) } else { (*mean, *var) };
            *u = mean / (var.sqrt() + self.epsilon) + self.wd * *w;
        }
    }

    /// As `direction`, with the root, the quotient and the sum in double: how the multi-tensor form computes.
    pub fn direction_in_double<G: Copy>(
        &self,
        u: &mut [T],
        w: &[T],
        g: &[G],
        [mean, var]: [&mut [T]; 2],
        prepared: impl Fn(G) -> T,
    ) {
        let (rest1, rest2) = (T::ONE - self.beta1, T::ONE - self.beta2);
        let (correct1, correct2) = (T::ONE - self.beta1.powi(self.t), T::ONE - self.beta2.powi(self.t));
        for ((((u, w), g), mean), var) in u.iter_mut().zip(w).zip(g).zip(mean).zip(var) {
            let r = prepared(*g);
            *mean = self.beta1 * *mean + rest1 * r;
            *var = self.beta2 * *var + rest2 * r * r;
            let (mean, var) =
                if self.bias_correction { (*mean / correct1, *var / correct2) } else { (*mean, *var) };
            let quotient = mean.to_f64() / (var.to_f64().sqrt() + self.epsilon.to_f64());
            *u = T::from_f64(quotient + (self.wd * *w).to_f64());
        }
    }
}
