//! The operators' table entries, one file per family. Each file exports `OPERATORS`.

pub mod binary;
pub mod copy;
pub mod creation;
mod operands;
pub mod refused;
pub mod scalar;
pub mod unary;
pub mod update;
