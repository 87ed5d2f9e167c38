//! Gradient descent on several weights in one call: `multi_sgd_update` and its relatives, with rates as
//! parameters or (`preloaded_…`) as arrays.

use super::dense::{Group, Rule, update};
use super::params::{CLIP, LRS, MOMENTUM, NUM_WEIGHTS, RESCALE, Rates, WDS};
use super::sgd::{Momentum, PlainMulti};
use super::{check_groups, master_of, require_values};
use crate::array::DType;
use crate::base::Result;
use crate::ops::operator::{Definition, InPlace};
use crate::ops::{Attrs, Inputs, Invocation, Meta, Query};
use smallvec::SmallVec;

const fn arrays(per_count: usize, extra: usize) -> Inputs {
    Inputs::Variadic { name: "data", count: Some("num_weights"), per_count, extra }
}

const BASE: Definition = Definition {
    params: &[LRS, WDS, RESCALE, CLIP, NUM_WEIGHTS],
    outputs: weights,
    in_place: InPlace::Weight,
    ..Definition::DEFAULT
};

pub static OPERATORS: &[Definition] = &[
    Definition {
        name: "multi_sgd_update",
        doc: "sgd_update of several weights: weight, grad for each.",
        inputs: arrays(2, 0),
        infer: |query| infer(query, 2, 2, 0),
        kernel: |call| run::<PlainMulti, 0>(call, 2, false, listed),
        ..BASE
    },
    Definition {
        name: "multi_sgd_mom_update",
        doc: "sgd_mom_update of several weights: weight, grad, mom for each.",
        inputs: arrays(3, 0),
        params: &[LRS, WDS, MOMENTUM, RESCALE, CLIP, NUM_WEIGHTS],
        mutates: |attrs, _| states(attrs, 3),
        infer: |query| infer(query, 3, 3, 0),
        kernel: |call| run::<Momentum, 1>(call, 3, false, listed),
        ..BASE
    },
    Definition {
        name: "multi_mp_sgd_update",
        doc: "mp_sgd_update of several weights: weight, grad, weight32 for each.",
        inputs: arrays(3, 0),
        mutates: |attrs, _| states(attrs, 3),
        infer: |query| infer(query, 3, 2, 0),
        kernel: |call| run::<PlainMulti, 0>(call, 3, true, listed),
        ..BASE
    },
    Definition {
        name: "multi_mp_sgd_mom_update",
        doc: "mp_sgd_mom_update of several weights: weight, grad, mom, weight32 for each.",
        inputs: arrays(4, 0),
        params: &[LRS, WDS, MOMENTUM, RESCALE, CLIP, NUM_WEIGHTS],
        mutates: |attrs, _| states(attrs, 4),
        infer: |query| infer(query, 4, 2, 0),
        kernel: |call| run::<Momentum, 1>(call, 4, true, listed),
        ..BASE
    },
    Definition {
        name: "preloaded_multi_sgd_update",
        doc: "multi_sgd_update with the rates in two float32 arrays behind the weights: lrs, wds.",
        inputs: arrays(2, 2),
        params: &[RESCALE, CLIP, NUM_WEIGHTS],
        infer: |query| infer(query, 2, 2, 2),
        kernel: |call| run::<PlainMulti, 0>(call, 2, false, preloaded),
        ..BASE
    },
    Definition {
        name: "preloaded_multi_sgd_mom_update",
        doc: "multi_sgd_mom_update with the rates in two float32 arrays behind the weights: lrs, wds.",
        inputs: arrays(3, 2),
        params: &[MOMENTUM, RESCALE, CLIP, NUM_WEIGHTS],
        mutates: |attrs, _| states(attrs, 3),
        infer: |query| infer(query, 3, 3, 2),
        kernel: |call| run::<Momentum, 1>(call, 3, false, preloaded),
        ..BASE
    },
    Definition {
        name: "preloaded_multi_mp_sgd_update",
        doc: "multi_mp_sgd_update with the rates in two float32 arrays behind the weights: lrs, wds.",
        inputs: arrays(3, 2),
        params: &[RESCALE, CLIP, NUM_WEIGHTS],
        mutates: |attrs, _| states(attrs, 3),
        infer: |query| infer(query, 3, 2, 2),
        kernel: |call| run::<PlainMulti, 0>(call, 3, true, preloaded),
        ..BASE
    },
    Definition {
        name: "preloaded_multi_mp_sgd_mom_update",
        doc: "multi_mp_sgd_mom_update with the rates in two float32 arrays behind the weights: lrs, wds.",
        inputs: arrays(4, 2),
        params: &[MOMENTUM, RESCALE, CLIP, NUM_WEIGHTS],
        mutates: |attrs, _| states(attrs, 4),
        infer: |query| infer(query, 4, 2, 2),
        kernel: |call| run::<Momentum, 1>(call, 4, true, preloaded),
        ..BASE
    },
];

fn weights(attrs: &Attrs, _: usize) -> Result<usize> {
    count(attrs, "num_weights")
}

pub(super) fn count(attrs: &Attrs, name: &str) -> Result<usize> {
    let given = attrs.int(name)?;
    usize::try_from(given).map_err(|_| crate::err!(InvalidArgument, "{name}: expected a count, got {given}"))
}

/// Every array of a group of `size` from the third on.
fn states(attrs: &Attrs, size: usize) -> SmallVec<[usize; 4]> {
    let groups = weights(attrs, 0).unwrap_or(0);
    (0..groups).flat_map(|group| (2..size).map(move |index| group * size + index)).collect()
}

/// Groups of `size` arrays, the first `low` of each in the weight's type; then `extra` float32 arrays.
fn infer(query: &Query<'_>, size: usize, low: usize, extra: usize) -> Result<SmallVec<[Meta; 2]>> {
    let groups = weights(query.attrs, 0)?;
    if extra == 0 {
        for name in ["lrs", "wds"] {
            require_values(name, query.attrs.floats(name)?.len(), groups)?;
        }
    }
    for index in groups * size..groups * size + extra {
        query.require_dtype(index, DType::Float32)?;
        require_values(&format!("data[{index}]"), query.input(index)?.size(), groups)?;
    }
    check_groups(query, groups, size, low)
}

fn listed(call: &Invocation, index: usize) -> Result<Rates> {
    Rates::listed(&call.attrs, "lrs", "wds", index)
}

fn preloaded(call: &Invocation, index: usize) -> Result<Rates> {
    let first = call.inputs.len().saturating_sub(2);
    let pick = |array: usize| -> Result<f32> {
        let values = call.input(array)?.read::<f32>()?;
        values
            .get(index)
            .copied()
            .ok_or_else(|| crate::err!(Shape, "data[{array}]: no rate for weight {index}"))
    };
    Ok(Rates { lr: pick(first)?, wd: pick(first + 1)?, ..Rates::default() })
}

fn run<R: Rule<S>, const S: usize>(
    call: &Invocation,
    size: usize,
    mixed: bool,
    rates: fn(&Invocation, usize) -> Result<Rates>,
) -> Result<()> {
    for (number, out) in call.outputs.iter().enumerate() {
        let first = number * size;
        let mut states = [out; S];
        for (index, state) in states.iter_mut().enumerate() {
            *state = call.input(first + 2 + index)?;
        }
        let weight = call.input(first)?;
        let weight32 = if mixed { master_of(weight, call.input(first + size - 1)?) } else { None };
        let group = Group { weight, gradient: call.input(first + 1)?, states, weight32, out };
        update::<R, S>(&call.attrs, rates(call, number)?, &group)?;
    }
    Ok(())
}
