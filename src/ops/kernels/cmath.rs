//! Functions of the C library that Rust's own floats lack, or calculate in another way: results are to be those
//! of MXNet, which calls the C library.

#![expect(unsafe_code, reason = "declares functions of the C library")]

mod c {
    // SAFETY: the signatures are those of the C standard. All are pure but lgamma, which also writes a sign that
    // nobody here reads.
    unsafe extern "C" {
        pub(super) safe fn cbrtf(x: f32) -> f32;
        pub(super) safe fn cbrt(x: f64) -> f64;
        pub(super) safe fn asinhf(x: f32) -> f32;
        pub(super) safe fn asinh(x: f64) -> f64;
        pub(super) safe fn acoshf(x: f32) -> f32;
        pub(super) safe fn acosh(x: f64) -> f64;
        pub(super) safe fn atanhf(x: f32) -> f32;
        pub(super) safe fn atanh(x: f64) -> f64;
        pub(super) safe fn tgammaf(x: f32) -> f32;
        pub(super) safe fn tgamma(x: f64) -> f64;
        pub(super) safe fn lgammaf(x: f32) -> f32;
        pub(super) safe fn lgamma(x: f64) -> f64;
        pub(super) safe fn erff(x: f32) -> f32;
        pub(super) safe fn erf(x: f64) -> f64;
        pub(super) safe fn erfc(x: f64) -> f64;
    }
}

/// The C functions as methods.
pub trait CMath {
    fn c_cbrt(self) -> Self;
    fn c_asinh(self) -> Self;
    fn c_acosh(self) -> Self;
    fn c_atanh(self) -> Self;
    fn c_gamma(self) -> Self;
    fn c_ln_gamma(self) -> Self;
    fn c_erf(self) -> Self;
    fn erf_inverse(self) -> Self;
}

impl CMath for f32 {
    fn c_cbrt(self) -> f32 {
        c::cbrtf(self)
    }
    fn c_asinh(self) -> f32 {
        c::asinhf(self)
    }
    fn c_acosh(self) -> f32 {
        c::acoshf(self)
    }
    fn c_atanh(self) -> f32 {
        c::atanhf(self)
    }
    fn c_gamma(self) -> f32 {
        c::tgammaf(self)
    }
    fn c_ln_gamma(self) -> f32 {
        c::lgammaf(self)
    }
    fn c_erf(self) -> f32 {
        c::erff(self)
    }
    fn erf_inverse(self) -> f32 {
        f64::from(self).erf_inverse() as f32
    }
}

impl CMath for f64 {
    fn c_cbrt(self) -> f64 {
        c::cbrt(self)
    }
    fn c_asinh(self) -> f64 {
        c::asinh(self)
    }
    fn c_acosh(self) -> f64 {
        c::acosh(self)
    }
    fn c_atanh(self) -> f64 {
        c::atanh(self)
    }
    fn c_gamma(self) -> f64 {
        c::tgamma(self)
    }
    fn c_ln_gamma(self) -> f64 {
        c::lgamma(self)
    }
    fn c_erf(self) -> f64 {
        c::erf(self)
    }

    /// Winitzki's approximation (2008), then Halley steps on erf, or on erfc where erf is close to 1.
    fn erf_inverse(self) -> f64 {
        if self.is_nan() || self.abs() > 1.0 {
            return f64::NAN;
        }
        if self.abs() == 1.0 {
            return self * f64::INFINITY;
        }
        const A: f64 = 0.147;
        let logarithm = (-self * self).ln_1p();
        let half = 2.0 / (std::f64::consts::PI * A) + logarithm / 2.0;
        let mut root = ((half * half - logarithm / A).sqrt() - half).sqrt().copysign(self);
        for _ in 0..3 {
            let error = if self.abs() < 0.5 {
                c::erf(root) - self
            } else {
                ((1.0 - self.abs()) - c::erfc(root.abs())) * self.signum()
            };
            let slope = std::f64::consts::FRAC_2_SQRT_PI * (-root * root).exp();
            let newton = error / slope;
            if !newton.is_finite() {
                break;
            }
            root -= newton / (1.0 + root * newton);
        }
        root
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inverse_undoes_erf() {
        for x in [-0.999_999f64, -0.9, -0.5, -1e-9, 0.0, 0.1, 0.499, 0.501, 0.99, 1.0 - 1e-12] {
            let error = (x.erf_inverse().c_erf() - x).abs();
            assert!(error <= 4.0 * f64::EPSILON, "{x}: {error}");
        }
        assert_eq!(1f32.erf_inverse(), f32::INFINITY);
        assert!(1.5f64.erf_inverse().is_nan());
    }
}
