//! The operators' table entries, one file per family. Each file exports `OPERATORS`.

pub mod binary;
pub mod check;
pub mod copy;
pub mod creation;
pub mod dot;
pub mod index;
pub mod join;
pub mod layers;
pub mod numpy;
mod operands;
pub mod order;
pub mod random;
pub mod rearrange;
pub mod reduce;
pub mod refused;
pub mod scalar;
pub mod sequence;
pub mod shape;
pub mod slice;
pub mod softmax;
pub mod unary;
pub mod update;
