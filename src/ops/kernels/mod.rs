//! The loops: functions on slices and arrays that know nothing of operators, names or the engine.

pub mod binary;
pub mod cmath;
pub mod index;
pub mod matmul;
pub mod norm;
pub mod number;
pub mod random;
pub mod real;
pub mod reduce;
pub mod rows;
pub mod sparse;
pub mod storage;
pub mod strided;
pub mod sum;
pub mod unary;
pub mod update;
