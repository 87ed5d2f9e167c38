//! The optimizer update operators. Each reads hyper-parameters from its attributes and runs a rule of
//! [`kernels::update`](crate::ops::kernels::update) on its arrays.
//!
//! The first output is the new weight, normally the weight itself; states are inputs that are written too.

pub mod adam;
pub mod adamw;
mod dense;
pub mod lamb;
pub mod multi_sgd;
pub mod others;
mod params;
pub mod sgd;
pub mod sparse_only;

use crate::array::{DType, NdArray, Storage};
use crate::base::Result;
use crate::ops::operator::Plan;
use crate::ops::{Attrs, Meta, Query};
use smallvec::{SmallVec, smallvec};

/// All arrays have the weight's shape and type; the output is the new weight.
fn like_weight(query: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    check_group(query, 0, query.inputs.len(), query.inputs.len())?;
    Ok(smallvec![Meta::of(query.input(0)?)])
}

/// Checks the arrays `first..first + count` of one weight: the weight and its gradient in the weight's type; the
/// arrays from `first + low` on in float32, because they belong to a float32 master weight.
fn check_group(query: &Query<'_>, first: usize, count: usize, low: usize) -> Result<()> {
    let weight = query.input(first)?;
    for index in first..first + count {
        let array = query.input(index)?;
        crate::ensure!(
            array.shape() == weight.shape(),
            Shape,
            "Incompatible attr in node {} at {index}-th input: expected {}, got {}",
            query.operator.name,
            weight.shape(),
            array.shape()
        );
        let expected = if index - first < low { weight.dtype() } else { DType::Float32 };
        query.require_dtype(index, expected)?;
    }
    Ok(())
}

/// weight and gradient in the weight's type, every other array in float32.
fn mixed_precision(query: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    require_float(query, 0)?;
    check_group(query, 0, query.inputs.len(), 2)?;
    Ok(smallvec![Meta::of(query.input(0)?)])
}

/// The master of a weight of a multi-tensor operator. As in MXNet, a float32 weight is its own and the one given is
/// left alone.
fn master_of<'a>(weight: &NdArray, given: &'a NdArray) -> Option<&'a NdArray> {
    (weight.dtype() != DType::Float32).then_some(given)
}

/// The operators for float16 weights take wider ones too.
fn require_float(query: &Query<'_>, index: usize) -> Result<()> {
    let dtype = query.input(index)?.dtype();
    crate::ensure!(dtype.is_float(), DType, "weight: expected floats, got {dtype}");
    Ok(())
}

/// Checks several weights of one type, each the first of `size` arrays as [`check_group`] wants them; gives the
/// outputs.
fn check_groups(query: &Query<'_>, groups: usize, size: usize, low: usize) -> Result<SmallVec<[Meta; 2]>> {
    (0..groups)
        .map(|group| {
            let weight = query.input(group * size)?;
            query.require_dtype(group * size, query.input(0)?.dtype())?;
            require_float(query, group * size)?;
            check_group(query, group * size, size, low)?;
            Ok(Meta::of(weight))
        })
        .collect()
}

/// Checks that a list has one value for each weight.
fn require_values(name: &str, values: usize, groups: usize) -> Result<()> {
    crate::ensure!(
        values == groups,
        InvalidArgument,
        "{name}: expected one value for each of {groups} weights, got {values}"
    );
    Ok(())
}

/// Runs directly where the storage types (weight, gradient, first state) are in the table; otherwise through
/// dense copies. The result has the weight's storage type.
fn direct_for(query: &Query<'_>, table: &[&[Storage]]) -> Result<Plan> {
    let storages: SmallVec<[Storage; 6]> = query.inputs.iter().map(|array| array.storage()).collect();
    let listed = table.iter().any(|row| {
        storages.len() >= row.len()
            && row.iter().zip(&storages).all(|(a, b)| a == b)
            && storages[row.len()..].iter().all(|storage| Some(storage) == row.last())
    });
    Ok(if listed { Plan::Direct(smallvec![storages[0]]) } else { Plan::Dense })
}

const D: Storage = Storage::Dense;
const R: Storage = Storage::RowSparse;

/// The plan of `sgd_update`: a row_sparse gradient on a dense or a row_sparse weight.
fn plan_stateless(_: &Attrs, query: &Query<'_>) -> Result<Plan> {
    direct_for(query, &[&[D, R], &[R, R]])
}

/// The plan of `sgd_mom_update` and `adam_update`.
fn plan_with_states(_: &Attrs, query: &Query<'_>) -> Result<Plan> {
    let states: SmallVec<[Storage; 4]> = query.inputs.iter().skip(2).map(|array| array.storage()).collect();
    if let Some(index) = states.iter().position(|storage| Some(storage) != states.first()) {
        crate::bail!(StorageType, "Inconsistent storage types detected in state {}", index + 2);
    }
    direct_for(query, &[&[D, R, D], &[R, R, R], &[R, R, D]])
}
