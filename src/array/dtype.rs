//! Element types and their MXNet codes.

use crate::base::Result;
use half::{bf16, f16};
use std::fmt;

/// An element type; the numbers are MXNet's, in files and on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum DType {
    Float32 = 0,
    Float64 = 1,
    Float16 = 2,
    Uint8 = 3,
    Int32 = 4,
    Int8 = 5,
    Int64 = 6,
    Bool = 7,
    Bfloat16 = 12,
}

impl DType {
    pub const ALL: [DType; 9] = [
        DType::Float32,
        DType::Float64,
        DType::Float16,
        DType::Uint8,
        DType::Int32,
        DType::Int8,
        DType::Int64,
        DType::Bool,
        DType::Bfloat16,
    ];

    /// From MXNet's code; the text of the error is MXNet's own.
    pub fn from_code(code: i32) -> Result<DType> {
        DType::ALL
            .into_iter()
            .find(|dtype| *dtype as i32 == code)
            .ok_or_else(|| crate::err!(DType, "Unknown type enum {code}; known are 0 to 7 and 12"))
    }

    pub fn from_name(name: &str) -> Option<DType> {
        DType::ALL.into_iter().find(|dtype| dtype.name() == name)
    }

    pub fn code(self) -> i32 {
        self as i32
    }

    pub fn name(self) -> &'static str {
        match self {
            DType::Float32 => "float32",
            DType::Float64 => "float64",
            DType::Float16 => "float16",
            DType::Uint8 => "uint8",
            DType::Int32 => "int32",
            DType::Int8 => "int8",
            DType::Int64 => "int64",
            DType::Bool => "bool",
            DType::Bfloat16 => "bfloat16",
        }
    }

    /// Bytes per element.
    pub fn size(self) -> usize {
        match self {
            DType::Float64 | DType::Int64 => 8,
            DType::Float32 | DType::Int32 => 4,
            DType::Float16 | DType::Bfloat16 => 2,
            DType::Uint8 | DType::Int8 | DType::Bool => 1,
        }
    }

    pub fn is_float(self) -> bool {
        matches!(self, DType::Float32 | DType::Float64 | DType::Float16 | DType::Bfloat16)
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A bool element: one byte, any non-zero value is true. Not Rust's `bool`, because bytes other than 0 and 1
/// come from files and callers and must pass through unchanged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(transparent)]
pub struct Bool(pub u8);

/// A Rust type that is the element of an array.
pub trait Element: bytemuck::Pod + Send + Sync + PartialOrd + Default + fmt::Debug + 'static {
    const DTYPE: DType;
    /// As C converts to double: exact except for large int64.
    fn to_f64(self) -> f64;
    /// As x86 C code converts from double: floats round to nearest even (float16 by way of float32,
    /// bfloat16 then cuts bits off); integers truncate, and values out of
    /// the int64 range (the int32 range for int32) and NaN give the smallest integer; 8-bit types wrap.
    fn from_f64(value: f64) -> Self;
    fn to_i64(self) -> i64;
    fn from_i64(value: i64) -> Self;
}

/// x86 conversion: NaN and anything out of range becomes the smallest integer.
fn truncate_i64(value: f64) -> i64 {
    let in_range = (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&value);
    if in_range { value as i64 } else { i64::MIN }
}

fn truncate_i32(value: f64) -> i32 {
    let in_range = value > -2_147_483_649.0 && value < 2_147_483_648.0;
    if in_range { value as i32 } else { i32::MIN }
}

/// MXNet does not round to bfloat16, it cuts the lower bits off.
fn cut_bf16(value: f32) -> bf16 {
    bf16::from_bits((value.to_bits() >> 16) as u16)
}

macro_rules! element {
    ($type:ty, $dtype:ident, to_f64 $to:expr, from_f64 $from:expr, to_i64 $to_int:expr, from_i64 $from_int:expr) => {
        impl Element for $type {
            const DTYPE: DType = DType::$dtype;
            #[inline]
            fn to_f64(self) -> f64 {
                let to: fn($type) -> f64 = $to;
                to(self)
            }
            #[inline]
            fn from_f64(value: f64) -> Self {
                let from: fn(f64) -> $type = $from;
                from(value)
            }
            #[inline]
            fn to_i64(self) -> i64 {
                let to: fn($type) -> i64 = $to_int;
                to(self)
            }
            #[inline]
            fn from_i64(value: i64) -> Self {
                let from: fn(i64) -> $type = $from_int;
                from(value)
            }
        }
    };
}

element!(
    f32,
    Float32,
    to_f64 | x | x.into(),
    from_f64 | x | x as f32,
    to_i64 | x | truncate_i64(x.into()),
    from_i64 | x | x as f32
);
element!(f64, Float64, to_f64 |x| x, from_f64 |x| x, to_i64 truncate_i64, from_i64 |x| x as f64);
element!(f16, Float16, to_f64 f16::to_f64, from_f64 |x| f16::from_f32(x as f32), to_i64 |x| truncate_i64(x.to_f64()), from_i64 |x| f16::from_f32(x as f32));
element!(bf16, Bfloat16, to_f64 bf16::to_f64, from_f64 |x| cut_bf16(x as f32), to_i64 |x| truncate_i64(x.to_f64()), from_i64 |x| cut_bf16(x as f32));
element!(
    u8,
    Uint8,
    to_f64 | x | x.into(),
    from_f64 | x | truncate_i32(x) as u8,
    to_i64 | x | x.into(),
    from_i64 | x | x as u8
);
element!(i32, Int32, to_f64 |x| x.into(), from_f64 truncate_i32, to_i64 |x| x.into(), from_i64 |x| x as i32);
element!(
    i8,
    Int8,
    to_f64 | x | x.into(),
    from_f64 | x | truncate_i32(x) as i8,
    to_i64 | x | x.into(),
    from_i64 | x | x as i8
);
element!(i64, Int64, to_f64 |x| x as f64, from_f64 truncate_i64, to_i64 |x| x, from_i64 |x| x);
element!(
    Bool,
    Bool,
    to_f64 | x | u8::from(x.0 != 0).into(),
    from_f64 | x | Bool(u8::from(x != 0.0)),
    to_i64 | x | i64::from(x.0 != 0),
    from_i64 | x | Bool(u8::from(x != 0))
);

/// Runs an expression with `$T` standing for the element type of a dtype known at run time:
/// `dispatch!(dtype, T => fill::<T>(out))`. The second form takes the listed types only and gives an error
/// for the others.
#[macro_export]
macro_rules! dispatch {
    ($dtype:expr, $T:ident => $body:expr) => {{
        match $dtype {
            $crate::array::DType::Float32 => {
                type $T = f32;
                $body
            }
            $crate::array::DType::Float64 => {
                type $T = f64;
                $body
            }
            $crate::array::DType::Float16 => {
                type $T = half::f16;
                $body
            }
            $crate::array::DType::Bfloat16 => {
                type $T = half::bf16;
                $body
            }
            $crate::array::DType::Uint8 => {
                type $T = u8;
                $body
            }
            $crate::array::DType::Int32 => {
                type $T = i32;
                $body
            }
            $crate::array::DType::Int8 => {
                type $T = i8;
                $body
            }
            $crate::array::DType::Int64 => {
                type $T = i64;
                $body
            }
            $crate::array::DType::Bool => {
                type $T = $crate::array::Bool;
                $body
            }
        }
    }};
}

/// As `dispatch!` for float16, float32 and float64 alone, with MXNet's error for every other type.
#[macro_export]
macro_rules! dispatch_float {
    ($dtype:expr, $T:ident => $body:expr) => {{
        match $dtype {
            $crate::array::DType::Float32 => {
                type $T = f32;
                $body
            }
            $crate::array::DType::Float64 => {
                type $T = f64;
                $body
            }
            $crate::array::DType::Float16 => {
                type $T = half::f16;
                $body
            }
            other => {
                Err($crate::err!(DType, "This operation only support floating point types, not {other}"))
            }
        }
    }};
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_are_mxnets() {
        for dtype in DType::ALL {
            assert_eq!(DType::from_code(dtype.code()).unwrap(), dtype);
            assert_eq!(DType::from_name(dtype.name()), Some(dtype));
            assert_eq!(dispatch!(dtype, T => size_of::<T>()), dtype.size());
        }
        assert!(DType::from_code(77).unwrap_err().message().starts_with("Unknown type enum 77"));
    }

    #[test]
    fn conversions_are_those_of_c_on_x86() {
        assert_eq!(u8::from_f64(-3.7), 253);
        assert_eq!(u8::from_f64(300.0), 44);
        assert_eq!(i32::from_f64(f64::NAN), i32::MIN);
        assert_eq!(i32::from_f64(3e9), i32::MIN);
        assert_eq!(i32::from_f64(-2.9), -2);
        assert_eq!(i64::from_f64(f64::INFINITY), i64::MIN);
        assert_eq!(<f16 as Element>::from_f64(1e6), f16::INFINITY);
        assert_eq!(<bf16 as Element>::from_f64(1.01171875).to_bits(), 0x3f81);
        assert_eq!(<bf16 as Element>::from_f64(65504.0).to_bits(), 0x477f);
        assert_eq!(Bool::from_f64(0.1), Bool(1));
    }
}
