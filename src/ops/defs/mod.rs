//! The operators' table entries, one file per family. Each file exports `OPERATORS`.

pub mod copy;
pub mod creation;
pub mod refused;
pub mod update;
