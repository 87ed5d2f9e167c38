//! Layers of neural networks that are functions of their inputs alone.

pub mod activation;
pub mod mask;
pub mod norm;
