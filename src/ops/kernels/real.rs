//! Floating-point arithmetic over the element types.
//!
//! Every operation rounds to the element type, float16 included: that is MXNet's arithmetic, and what makes
//! results equal to the last bit.

use crate::array::Element;
use half::{bf16, f16};
use std::ops::{Add, Div, Mul, Neg, Sub};

pub trait Real:
    Element
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    const ZERO: Self;
    const ONE: Self;

    fn from_f32(value: f32) -> Self;
    fn to_f32(self) -> f32;
    fn sqrt(self) -> Self;
    fn abs(self) -> Self;
    fn powi(self, exponent: i32) -> Self;

    /// -1, 0 or 1; 0 for NaN.
    #[inline]
    fn sign(self) -> Self {
        if self > Self::ZERO {
            Self::ONE
        } else if self < Self::ZERO {
            -Self::ONE
        } else {
            Self::ZERO
        }
    }

    /// `bound` above it, `-bound` below that; NaN passes.
    #[inline]
    fn clipped(self, bound: Self) -> Self {
        if self > bound {
            bound
        } else if self < -bound {
            -bound
        } else {
            self
        }
    }
}

macro_rules! native {
    ($type:ty) => {
        impl Real for $type {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            #[inline]
            fn from_f32(value: f32) -> Self {
                value as $type
            }
            #[inline]
            fn to_f32(self) -> f32 {
                self as f32
            }
            #[inline]
            fn sqrt(self) -> Self {
                <$type>::sqrt(self)
            }
            #[inline]
            fn abs(self) -> Self {
                <$type>::abs(self)
            }
            #[inline]
            fn powi(self, exponent: i32) -> Self {
                <$type>::powf(self, exponent as $type)
            }
        }
    };
}

native!(f32);
native!(f64);

macro_rules! half {
    ($type:ty) => {
        impl Real for $type {
            const ZERO: Self = <$type>::ZERO;
            const ONE: Self = <$type>::ONE;
            #[inline]
            fn from_f32(value: f32) -> Self {
                <$type>::from_f32(value)
            }
            #[inline]
            fn to_f32(self) -> f32 {
                <$type>::to_f32(self)
            }
            #[inline]
            fn sqrt(self) -> Self {
                <$type>::from_f32(self.to_f32().sqrt())
            }
            #[inline]
            fn abs(self) -> Self {
                <$type>::from_bits(self.to_bits() & 0x7fff)
            }
            #[inline]
            fn powi(self, exponent: i32) -> Self {
                <$type>::from_f32(self.to_f32().powf(exponent as f32))
            }
        }
    };
}

half!(f16);
half!(bf16);
