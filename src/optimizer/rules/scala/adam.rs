//! `Adam`: `b = beta1*decay_factor^(t-1)`, `m = b*m + (1-b)*g`, `v = beta2*v + (1-beta2)*g*g`,
//! `s = lr*sqrt(1-beta2^t)/(1-beta1^t)*m/(sqrt(v)+epsilon)`, with decay `s = s + lr*wd*w`, `w = w - s`.
//!
//! t is one count for all keys: it starts at 1 with the first update of any new key, which becomes the key whose
//! further updates count.

use super::common::{Decays, Prepared, real};
use crate::base::Result;
use crate::base::sync::Arc;
use crate::ops::kernels::real::Real;
use crate::optimizer::elementwise::{Elementwise, run};
use crate::optimizer::params::Reader;
use crate::optimizer::rules::Compat;
use crate::optimizer::{Counting, Index, Memory, Operands, Planning, Rule, Step};
use smallvec::smallvec;

struct Adam {
    beta1: f64,
    beta2: f64,
    epsilon: f64,
    decay_factor: f64,
    decays: Decays,
}

pub(super) fn build(reader: &Reader<'_>, _: &Compat) -> Result<Arc<dyn Rule>> {
    // Numbers of the JVM are single.
    let single = |name, default: f32| Ok(reader.number_or(name, default.into())? as f32 as f64);
    Ok(Arc::new(Adam {
        beta1: single("beta1", 0.9)?,
        beta2: single("beta2", 0.999)?,
        epsilon: single("epsilon", 1e-8)?,
        decay_factor: single("decay_factor", 1.0)?,
        decays: Decays::new(reader)?,
    }))
}

impl Rule for Adam {
    /// The JVM asks the schedule first.
    fn counting(&self) -> Counting {
        Counting::After
    }

    fn states(&self) -> &'static [&'static str] {
        &["mean", "var"]
    }

    /// t, whether there is a key that counts, and which.
    fn memory(&self) -> (Memory, Memory) {
        (smallvec![0.0; 3], Memory::new())
    }

    fn plan(&self, step: &mut Step, planning: &mut Planning<'_>) -> Result<()> {
        self.decays.plan(step, planning);
        let index = number(planning.index);
        let [t, is_set, first] = &mut planning.shared[..] else {
            crate::bail!(Internal, "scala_adam remembers three numbers");
        };
        if planning.fresh || *is_set == 0.0 {
            (*t, *is_set, *first) = (1.0, 1.0, index);
        } else if *first == index {
            *t += 1.0;
        }
        let lr = step.lr as f32;
        let (towards1, towards2) = (1.0 - self.beta1.powf(*t), 1.0 - self.beta2.powf(*t));
        let decayed = self.beta1 as f32 * self.decay_factor.powf(*t - 1.0) as f32;
        step.extra[0] = f64::from(lr) * towards2.sqrt() / towards1;
        step.extra[1] = decayed.into();
        step.extra[2] = (lr * step.wd as f32).into();
        Ok(())
    }

    fn update(&self, step: &Step, operands: &Operands<'_>) -> Result<()> {
        run::<_, 2>(self, step, operands)
    }

    fn fuses(&self) -> bool {
        true
    }
}

/// What is remembered of a key. The JVM knows numbers only; a text is remembered by its hash (FNV-1a, as many bits
/// as a float64 holds), below zero.
fn number(index: &Index) -> f64 {
    match index {
        Index::Int(index) => *index as f64,
        Index::Text(text) => {
            let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
            });
            -1.0 - (hash >> 12) as f64
        }
    }
}

struct Kernel<T> {
    lr: T,
    decay: Option<T>,
    /// For the average, and 1 minus that; the same for the average of squares.
    keep: [T; 2],
    take: [T; 2],
    epsilon: T,
    prepared: Prepared<T>,
}

impl Elementwise<2> for Adam {
    type Kernel<T: Real> = Kernel<T>;
    fn kernel<T: Real>(&self, step: &Step) -> Kernel<T> {
        let [lr, beta1, decay, _] = step.extra;
        Kernel {
            lr: real(lr),
            decay: (step.wd > 0.0).then(|| real(decay)),
            keep: [real(beta1), real(self.beta2)],
            take: [T::from_f32(1.0 - beta1 as f32), T::from_f32(1.0 - self.beta2 as f32)],
            epsilon: real(self.epsilon),
            prepared: Prepared::new(step),
        }
    }
    fn apply<T: Real>(kernel: &Kernel<T>, w: &mut [T], g: &[T], [m, v]: [&mut [T]; 2]) {
        let Kernel { lr, decay, keep, take, epsilon, prepared } = kernel;
        for (((w, g), m), v) in w.iter_mut().zip(g).zip(m).zip(v) {
            let g = prepared.apply(*g);
            *m = keep[0] * *m + take[0] * g;
            *v = keep[1] * *v + take[1] * g * g;
            let mut step = *lr * *m / (v.sqrt() + *epsilon);
            if let Some(decay) = decay {
                step = step + *decay * *w;
            }
            *w = *w - step;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_told_apart() {
        let keys: Vec<Index> = vec![0.into(), 7.into(), "a".into(), "b".into(), "7".into(), "".into()];
        for (place, key) in keys.iter().enumerate() {
            assert_eq!(keys.iter().position(|other| number(other) == number(key)), Some(place), "{key}");
        }
    }
}
