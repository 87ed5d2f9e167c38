//! Arithmetic on one element, as C code compiled from MXNet's expressions does it: in the element's own type,
//! every operation rounding (float16 and bfloat16 through float32), integers wrapping.

use crate::array::{Bool, Element};
use half::{bf16, f16};

/// A type to calculate in.
pub trait Number: Element {
    const IS_INTEGER: bool;
    /// float16 or bfloat16, which are calculated in float32.
    const IS_HALF: bool = false;
    /// Minus infinity, or the smallest integer.
    const LOWEST: Self;
    const HIGHEST: Self;
    fn zero() -> Self;
    fn one() -> Self;
    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    fn mul(self, other: Self) -> Self;
    /// Integers: towards zero; the caller has looked for a zero divisor, which gives 0 here.
    fn div(self, other: Self) -> Self;
    fn neg(self) -> Self;
    /// `self` to the power `other`: in float64 for float64, else in float32.
    fn power(self, other: Self) -> Self;
    /// Also in float64 or float32.
    fn hypot(self, other: Self) -> Self;
    /// As float32 sees it, for the formulas that MXNet calculates in float32 whatever the type.
    fn to_f32(self) -> f32;
    fn from_f32(value: f32) -> Self;

    fn is_nan(self) -> bool {
        #[expect(clippy::eq_op, reason = "the one value that differs from itself")]
        let differs = self != self;
        differs
    }

    fn is_zero(self) -> bool {
        self == Self::zero()
    }

    fn truth(value: bool) -> Self {
        if value { Self::one() } else { Self::zero() }
    }

    /// NaN wins, the left one first.
    fn maximum(self, other: Self) -> Self {
        if self.is_nan() || self > other { self } else { other }
    }

    fn minimum(self, other: Self) -> Self {
        if self.is_nan() || self < other { self } else { other }
    }

    /// Remainder with the sign of the divisor; 0 for a zero divisor.
    fn modulo(self, other: Self) -> Self {
        Self::from_f64(modulo(self.to_f64(), other.to_f64()))
    }
}

fn modulo(a: f64, b: f64) -> f64 {
    if b == 0.0 {
        return 0.0;
    }
    let (size, divisor) = (a.abs(), b.abs());
    match (a < 0.0, b < 0.0) {
        // A negative zero is not below zero and passes through `%` with its sign.
        (false, false) => a % b,
        (true, true) => -(size % divisor),
        (false, true) => towards(a % divisor, b),
        (true, false) => towards(-(size % divisor), b),
    }
}

/// A remainder with the other sign than the divisor, moved to the divisor's side; 0 becomes +0.
fn towards(remainder: f64, divisor: f64) -> f64 {
    remainder + if remainder == 0.0 { 0.0 } else { divisor }
}

macro_rules! float {
    ($type:ty) => {
        impl Number for $type {
            const IS_INTEGER: bool = false;
            const LOWEST: Self = <$type>::NEG_INFINITY;
            const HIGHEST: Self = <$type>::INFINITY;
            #[inline]
            fn zero() -> Self {
                0.0
            }
            #[inline]
            fn one() -> Self {
                1.0
            }
            #[inline]
            fn add(self, other: Self) -> Self {
                self + other
            }
            #[inline]
            fn sub(self, other: Self) -> Self {
                self - other
            }
            #[inline]
            fn mul(self, other: Self) -> Self {
                self * other
            }
            #[inline]
            fn div(self, other: Self) -> Self {
                self / other
            }
            #[inline]
            fn neg(self) -> Self {
                -self
            }
            #[inline]
            fn power(self, other: Self) -> Self {
                self.powf(other)
            }
            #[inline]
            fn hypot(self, other: Self) -> Self {
                <$type>::hypot(self, other)
            }
            #[inline]
            fn to_f32(self) -> f32 {
                self as f32
            }
            #[inline]
            fn from_f32(value: f32) -> Self {
                value as $type
            }
        }
    };
}

float!(f32);
float!(f64);

macro_rules! half {
    ($type:ty) => {
        impl Number for $type {
            const IS_INTEGER: bool = false;
            const IS_HALF: bool = true;
            const LOWEST: Self = <$type>::NEG_INFINITY;
            const HIGHEST: Self = <$type>::INFINITY;
            fn zero() -> Self {
                <$type>::ZERO
            }
            fn one() -> Self {
                <$type>::ONE
            }
            #[inline]
            fn add(self, other: Self) -> Self {
                Number::from_f32(self.to_f32() + other.to_f32())
            }
            #[inline]
            fn sub(self, other: Self) -> Self {
                Number::from_f32(self.to_f32() - other.to_f32())
            }
            #[inline]
            fn mul(self, other: Self) -> Self {
                Number::from_f32(self.to_f32() * other.to_f32())
            }
            #[inline]
            fn div(self, other: Self) -> Self {
                Number::from_f32(self.to_f32() / other.to_f32())
            }
            #[inline]
            fn neg(self) -> Self {
                -self
            }
            fn power(self, other: Self) -> Self {
                Number::from_f32(self.to_f32().powf(other.to_f32()))
            }
            fn hypot(self, other: Self) -> Self {
                Number::from_f32(self.to_f32().hypot(other.to_f32()))
            }
            #[inline]
            fn to_f32(self) -> f32 {
                <$type>::to_f32(self)
            }
            #[inline]
            fn from_f32(value: f32) -> Self {
                Element::from_f64(value.into())
            }
        }
    };
}

half!(f16);
half!(bf16);

macro_rules! integer {
    ($type:ty) => {
        impl Number for $type {
            const IS_INTEGER: bool = true;
            const LOWEST: Self = <$type>::MIN;
            const HIGHEST: Self = <$type>::MAX;
            #[inline]
            fn zero() -> Self {
                0
            }
            #[inline]
            fn one() -> Self {
                1
            }
            #[inline]
            fn add(self, other: Self) -> Self {
                self.wrapping_add(other)
            }
            #[inline]
            fn sub(self, other: Self) -> Self {
                self.wrapping_sub(other)
            }
            #[inline]
            fn mul(self, other: Self) -> Self {
                self.wrapping_mul(other)
            }
            #[inline]
            fn div(self, other: Self) -> Self {
                if other == 0 { 0 } else { self.wrapping_div(other) }
            }
            #[inline]
            fn neg(self) -> Self {
                self.wrapping_neg()
            }
            fn power(self, other: Self) -> Self {
                Number::from_f32((self as f32).powf(other as f32))
            }
            fn hypot(self, other: Self) -> Self {
                Number::from_f32((self as f32).hypot(other as f32))
            }
            #[inline]
            fn to_f32(self) -> f32 {
                self as f32
            }
            #[inline]
            fn from_f32(value: f32) -> Self {
                Element::from_f64(value.into())
            }
            #[inline]
            fn is_nan(self) -> bool {
                false
            }
        }
    };
}

integer!(u8);
integer!(i8);
integer!(i32);
integer!(i64);

/// As C's bool: calculated in int, and any value but 0 is true.
impl Number for Bool {
    const IS_INTEGER: bool = true;
    const LOWEST: Self = Bool(0);
    const HIGHEST: Self = Bool(1);
    fn zero() -> Self {
        Bool(0)
    }
    fn one() -> Self {
        Bool(1)
    }
    fn add(self, other: Self) -> Self {
        Bool::from_i64(self.to_i64() + other.to_i64())
    }
    fn sub(self, other: Self) -> Self {
        Bool::from_i64(self.to_i64() - other.to_i64())
    }
    fn mul(self, other: Self) -> Self {
        Bool::from_i64(self.to_i64() * other.to_i64())
    }
    fn div(self, other: Self) -> Self {
        Bool::from_i64(if other.0 == 0 { 0 } else { self.to_i64() })
    }
    fn neg(self) -> Self {
        self
    }
    fn power(self, other: Self) -> Self {
        Number::from_f32(self.to_f32().powf(other.to_f32()))
    }
    fn hypot(self, other: Self) -> Self {
        Number::from_f32(self.to_f32().hypot(other.to_f32()))
    }
    fn to_f32(self) -> f32 {
        self.to_f64() as f32
    }
    fn from_f32(value: f32) -> Self {
        Bool::from_f64(value.into())
    }
    fn is_nan(self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remainders_take_the_sign_of_the_divisor() {
        for (a, b, expected) in
            [(7.0f32, 3.0, 1.0), (-7.0, 3.0, 2.0), (7.0, -3.0, -2.0), (-7.0, -3.0, -1.0), (7.0, 0.0, 0.0)]
        {
            assert_eq!(a.modulo(b), expected, "{a} mod {b}");
            assert_eq!((a as i32).modulo(b as i32), expected as i32, "{a} mod {b}");
        }
    }

    #[test]
    fn integers_wrap_and_never_trap() {
        assert_eq!(Number::add(127i8, 1), -128);
        assert_eq!(Number::div(i32::MIN, -1), i32::MIN);
        assert_eq!(Number::div(5i64, 0), 0);
        assert_eq!(Number::div(-5i32, 2), -2);
    }

    #[test]
    fn nan_wins() {
        assert!(Number::maximum(f32::NAN, 1.0).is_nan() && Number::maximum(1.0, f32::NAN).is_nan());
        assert!(Number::minimum(f64::NAN, 1.0).is_nan() && Number::minimum(1.0, f64::NAN).is_nan());
    }
}
