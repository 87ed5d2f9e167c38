//! Adam with Nesterov's momentum (MXNet `Nadam`; Dozat 2016).

use super::Compat;
use crate::base::Result;
use crate::base::sync::Arc;
use crate::ops::kernels::real::Real;
use crate::ops::kernels::update::Prepare;
use crate::optimizer::elementwise::{Elementwise, run};
use crate::optimizer::params::Reader;
use crate::optimizer::{Memory, Operands, Planning, Rule, Step};
use smallvec::smallvec;

struct Nadam {
    beta1: f64,
    beta2: f64,
    epsilon: f64,
    schedule_decay: f64,
    /// 1.9.1 has one product of momenta for all keys, so that results depend on how many there are; otherwise each
    /// key has its own.
    mxnet_1_9_1: bool,
}

pub(super) fn build(reader: &Reader<'_>, compat: &Compat) -> Result<Arc<dyn Rule>> {
    Ok(Arc::new(Nadam {
        beta1: reader.number_or("beta1", 0.9)?,
        beta2: reader.number_or("beta2", 0.999)?,
        epsilon: reader.number_or("epsilon", 1e-8)?,
        schedule_decay: reader.number_or("schedule_decay", 0.004)?,
        mxnet_1_9_1: compat.mxnet_1_9_1,
    }))
}

impl Nadam {
    fn momentum(&self, t: f64) -> f64 {
        self.beta1 * (1.0 - 0.5 * 0.96f64.powf(t * self.schedule_decay))
    }
}

impl Rule for Nadam {
    fn states(&self) -> &'static [&'static str] {
        &["mean", "var"]
    }

    fn memory(&self) -> (Memory, Memory) {
        if self.mxnet_1_9_1 { (smallvec![1.0], smallvec![]) } else { (smallvec![], smallvec![1.0]) }
    }

    fn plan(&self, step: &mut Step, planning: &mut Planning<'_>) -> Result<()> {
        let t = f64::from(step.t);
        let (now, next) = (self.momentum(t), self.momentum(t + 1.0));
        for product in planning.shared.iter_mut().chain(planning.own.iter_mut()) {
            *product *= now;
            step.extra = [now, next, *product, *product * next];
        }
        Ok(())
    }

    fn update(&self, step: &Step, operands: &Operands<'_>) -> Result<()> {
        run(self, step, operands)
    }

    fn fuses(&self) -> bool {
        true
    }
}

struct Kernel<T> {
    lr: T,
    beta1: T,
    rest1: T,
    beta2: T,
    rest2: T,
    epsilon: T,
    wd: T,
    /// 1 - momentum now, and the next momentum.
    weights: [T; 2],
    /// What gradient, mean and variance are divided by.
    corrections: [T; 3],
    prepare: Prepare<T>,
}

impl Elementwise<2> for Nadam {
    type Kernel<T: Real> = Kernel<T>;

    fn kernel<T: Real>(&self, step: &Step) -> Kernel<T> {
        let [now, next, product, product_next] = step.extra;
        Kernel {
            lr: T::from_f64(step.lr),
            beta1: T::from_f64(self.beta1),
            rest1: T::from_f64(1.0 - self.beta1),
            beta2: T::from_f64(self.beta2),
            rest2: T::from_f64(1.0 - self.beta2),
            epsilon: T::from_f64(self.epsilon),
            wd: T::from_f64(step.wd),
            weights: [1.0 - now, next].map(T::from_f64),
            corrections: [1.0 - product, 1.0 - product_next, 1.0 - self.beta2.powf(f64::from(step.t))]
                .map(T::from_f64),
            prepare: step.prepare_composed(),
        }
    }

    /// With r = clip(rescale*g + wd*w): `m = b1*m + (1-b1)*r; v = b2*v + (1-b2)*r*r;`
    /// `w -= lr*((1-p)*(r/(1-S)) + p'*(m/(1-S*p')))/(sqrt(v/(1-b2^t)) + epsilon)`, where p and p' are the momenta of
    /// this and the next update and S is the product of all so far.
    fn apply<T: Real>(kernel: &Kernel<T>, w: &mut [T], g: &[T], [m, v]: [&mut [T]; 2]) {
        let ([now, next], [of_gradient, of_mean, of_var]) = (kernel.weights, kernel.corrections);
        for (((w, g), m), v) in w.iter_mut().zip(g).zip(m).zip(v) {
            let r = kernel.prepare.bound(*g * kernel.prepare.rescale + kernel.wd * *w);
            *m = *m * kernel.beta1 + kernel.rest1 * r;
            *v = *v * kernel.beta2 + kernel.rest2 * r * r;
            let mean = now * (r / of_gradient) + next * (*m / of_mean);
            *w = *w - kernel.lr * mean / ((*v / of_var).sqrt() + kernel.epsilon);
        }
    }
}
