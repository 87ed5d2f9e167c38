//! Operators of `mxnet.numpy` whose rules differ from those of the older operators: they take arrays of different
//! element types, comparisons make bool, scalars have no dimensions. Where nothing differs, the numpy name is an
//! alias in the older operator's entry.

pub mod arithmetic;
pub mod compare;
pub mod creation;
pub mod linear;
pub mod product;
mod promote;
pub mod random;
pub mod reduce;
pub mod shape;
