//! The element type of what two arrays make together.

use crate::array::DType;

/// The more precise of two types: a float before integers, the wider before the narrower. Unlike numpy, an
/// integer never widens a float (int64 with float16 makes float16), as in MXNet.
pub(super) fn common_type(a: DType, b: DType) -> DType {
    match (a, b) {
        (a, b) if a == b => a,
        (DType::Uint8, DType::Int8) | (DType::Int8, DType::Uint8) => DType::Int32,
        (DType::Float16, DType::Bfloat16) | (DType::Bfloat16, DType::Float16) => DType::Float32,
        (a, b) if rank(a) >= rank(b) => a,
        (_, b) => b,
    }
}

fn rank(dtype: DType) -> u8 {
    match dtype {
        DType::Bool => 0,
        DType::Int8 | DType::Uint8 => 1,
        DType::Int32 => 2,
        DType::Int64 => 3,
        DType::Float16 | DType::Bfloat16 => 4,
        DType::Float32 => 5,
        DType::Float64 => 6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_precise_type_wins_in_either_order() {
        for (a, b, expected) in [
            (DType::Int64, DType::Float16, DType::Float16),
            (DType::Float32, DType::Float64, DType::Float64),
            (DType::Int32, DType::Int8, DType::Int32),
            (DType::Uint8, DType::Int8, DType::Int32),
            (DType::Bool, DType::Int8, DType::Int8),
            (DType::Bool, DType::Bool, DType::Bool),
        ] {
            assert_eq!((common_type(a, b), common_type(b, a)), (expected, expected));
        }
    }
}
