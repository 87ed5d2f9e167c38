//! Random numbers. Element i of an array depends on the seed of the call and on i alone, so it does not matter
//! how many threads share the work.

use super::cmath::CMath;
use std::f64::consts::TAU;

/// A sequence of random words (splitmix64, Steele et al. 2014).
#[derive(Clone)]
pub struct Random(u64);

const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

fn mixed(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Random {
    /// The sequence of element `index` of the call with `seed`.
    pub fn of(seed: u64, index: usize) -> Self {
        Random(mixed(seed.wrapping_add((index as u64).wrapping_mul(GAMMA)).wrapping_add(GAMMA)))
    }

    pub fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GAMMA);
        mixed(self.0)
    }

    /// In [0, 1), of float32's 24 bits: a float32 of it is below 1 too.
    pub fn unit(&mut self) -> f64 {
        (self.word() >> 40) as f64 / (1u64 << 24) as f64
    }

    /// In (0, 1), of 53 bits.
    pub fn open_unit(&mut self) -> f64 {
        ((self.word() >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    /// In `low..high`; `low` if that is empty.
    pub fn integer(&mut self, low: i64, high: i64) -> i64 {
        let span = high.wrapping_sub(low) as u64;
        let offset = ((u128::from(self.word()) * u128::from(span)) >> 64) as u64;
        low.wrapping_add(offset as i64)
    }

    /// Mean 0, deviation 1 (Box and Muller 1958).
    pub fn normal(&mut self) -> f64 {
        (-2.0 * self.open_unit().ln()).sqrt() * (TAU * self.open_unit()).cos()
    }

    /// Mean 1.
    pub fn exponential(&mut self) -> f64 {
        -self.open_unit().ln()
    }

    /// Of scale 1 (Marsaglia and Tsang 2000). The limits at 0 and infinity are those numbers; below 0 there is none.
    pub fn gamma(&mut self, shape: f64) -> f64 {
        if shape == 0.0 || shape == f64::INFINITY {
            return shape;
        }
        if !(shape > 0.0) {
            return f64::NAN;
        }
        if shape < 1.0 {
            let power = self.open_unit().powf(1.0 / shape);
            return self.gamma(shape + 1.0) * power;
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = (1.0 + c * x).powi(3);
            if v > 0.0 && self.open_unit().ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v;
            }
        }
    }

    /// Small means by counting (Knuth), large ones by transformed rejection (Hörmann 1993, PTRS).
    pub fn poisson(&mut self, mean: f64) -> f64 {
        if mean <= 0.0 {
            return 0.0;
        }
        // No draw from these would ever be accepted.
        if !mean.is_finite() {
            return mean;
        }
        if mean < 12.0 {
            let (limit, mut product, mut count) = ((-mean).exp(), self.open_unit(), 0.0);
            while product > limit {
                product *= self.open_unit();
                count += 1.0;
            }
            return count;
        }
        let b = 0.931 + 2.53 * mean.sqrt();
        let a = -0.059 + 0.024_83 * b;
        let inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
        let v_r = 0.9277 - 3.6224 / (b - 2.0);
        loop {
            let (u, v) = (self.open_unit() - 0.5, self.open_unit());
            let us = 0.5 - u.abs();
            let k = ((2.0 * a / us + b) * u + mean + 0.43).floor();
            if us >= 0.07 && v <= v_r {
                return k;
            }
            if k < 0.0 || (us < 0.013 && v > us) {
                continue;
            }
            let left = v.ln() + inverse_alpha.ln() - (a / (us * us) + b).ln();
            if left <= k * mean.ln() - mean - (k + 1.0).c_ln_gamma() {
                return k;
            }
        }
    }

    /// Failures before the k-th success of probability p.
    pub fn negative_binomial(&mut self, k: f64, p: f64) -> f64 {
        let mean = self.gamma(k) * (1.0 - p) / p;
        self.poisson(mean)
    }

    /// Of mean `mu` and dispersion `alpha`.
    pub fn generalized_negative_binomial(&mut self, mu: f64, alpha: f64) -> f64 {
        if alpha == 0.0 {
            return self.poisson(mu);
        }
        let mean = self.gamma(1.0 / alpha) * alpha * mu;
        self.poisson(mean)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean and variance of 40,000 draws lie within five standard errors.
    fn check(name: &str, mean: f64, variance: f64, mut draw: impl FnMut(&mut Random) -> f64) {
        let draws: Vec<f64> = (0..40_000).map(|i| draw(&mut Random::of(42, i))).collect();
        let found = draws.iter().sum::<f64>() / draws.len() as f64;
        let spread = draws.iter().map(|x| (x - found).powi(2)).sum::<f64>() / draws.len() as f64;
        assert!((found - mean).abs() < 5.0 * (variance / 40_000.0).sqrt(), "{name}: mean {found}");
        assert!((spread / variance - 1.0).abs() < 0.15, "{name}: variance {spread}");
    }

    #[test]
    fn distributions_have_their_moments() {
        check("uniform", 0.5, 1.0 / 12.0, Random::unit);
        check("normal", 0.0, 1.0, Random::normal);
        check("exponential", 1.0, 1.0, Random::exponential);
        check("gamma 0.5", 0.5, 0.5, |random| random.gamma(0.5));
        check("gamma 7", 7.0, 7.0, |random| random.gamma(7.0));
        check("poisson 3", 3.0, 3.0, |random| random.poisson(3.0));
        check("poisson 50", 50.0, 50.0, |random| random.poisson(50.0));
        check("negative binomial", 3.0, 6.0, |random| random.negative_binomial(3.0, 0.5));
        check("generalized", 4.0, 4.0 + 0.5 * 16.0, |random| random.generalized_negative_binomial(4.0, 0.5));
        check("integer", 4.5, 8.25, |random| random.integer(0, 10) as f64);
    }

    #[test]
    fn draws_of_degenerate_distributions_end() {
        for x in [0.0, -1.0, -1e300, 1e-300, 1e300, f64::MAX, f64::INFINITY, f64::NAN] {
            let mut random = Random::of(7, 7);
            random.gamma(x);
            random.poisson(x);
            for y in [0.0, 0.5, 1.0, 2.0, f64::INFINITY, f64::NAN] {
                random.negative_binomial(x, y);
                random.generalized_negative_binomial(x, y);
            }
        }
        let mut random = Random::of(7, 7);
        assert_eq!([random.gamma(0.0), random.gamma(f64::INFINITY)], [0.0, f64::INFINITY]);
        assert!(random.gamma(-1.0).is_nan() && random.poisson(f64::NAN).is_nan());
        assert_eq!([random.poisson(-1.0), random.poisson(f64::INFINITY)], [0.0, f64::INFINITY]);
    }

    #[test]
    fn integers_stay_in_range() {
        let mut random = Random::of(1, 1);
        assert!((0..1000).all(|_| (-3..4).contains(&random.integer(-3, 4))));
        assert!((0..1000).all(|_| random.integer(i64::MIN, i64::MAX) < i64::MAX));
    }
}
