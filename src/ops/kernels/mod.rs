//! The loops: functions on slices and arrays that know nothing of operators, names or the engine.

pub mod norm;
pub mod real;
pub mod storage;
pub mod sum;
pub mod update;
