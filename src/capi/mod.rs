//! (being built)

pub mod types;
