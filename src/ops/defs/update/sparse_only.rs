//! `_sparse_adagrad_update` and `_contrib_group_adagrad_update`, which exist for row_sparse gradients alone.

use super::params::{CLIP, LR, RESCALE, WD, epsilon, prepare, real};
use super::{D, R, like_weight};
use crate::base::Result;
use crate::dispatch_float;
use crate::ops::kernels::rows::{AllRows, gradient_rows};
use crate::ops::kernels::storage::cast_into;
use crate::ops::kernels::update::adagrad::AdaGrad;
use crate::ops::operator::{Definition, InPlace, Plan};
use crate::ops::{Inputs, Invocation, Meta, Query};
use smallvec::{SmallVec, smallvec};

pub static OPERATORS: &[Definition] = &[
    Definition {
        name: "_sparse_adagrad_update",
        doc: "On the rows of grad, with r = clip(rescale_grad*grad): history += r*r; \
              weight = weight - lr*r/sqrt(history + epsilon). Needs wd = 0.",
        inputs: Inputs::Fixed(&["weight", "grad", "history"]),
        params: &[LR, epsilon("1e-7"), WD, RESCALE, CLIP],
        mutates: |_, _| smallvec![2],
        infer: like_weight,
        makes_sparse: true,
        plan: |attrs, query| {
            let same = query.input(0)?.storage() == query.input(2)?.storage();
            crate::ensure!(
                same && query.input(1)?.storage() == R && attrs.float("wd")? == 0.0,
                Unsupported,
                "Operator not implemented: _sparse_adagrad_update needs a row_sparse grad, weight and history of \
                 one storage type, and wd = 0"
            );
            Ok(Plan::Direct(smallvec![query.input(0)?.storage()]))
        },
        kernel: |call| each_row(call, false),
        in_place: InPlace::Weight,
        ..Definition::DEFAULT
    },
    Definition {
        name: "_contrib_group_adagrad_update",
        doc: "AdaGrad with one history value per row: on the rows of grad, history += mean(r*r); \
              weight = weight - lr*r/sqrt(history + epsilon).",
        inputs: Inputs::Fixed(&["weight", "grad", "history"]),
        params: &[LR, RESCALE, CLIP, epsilon("1e-5")],
        mutates: |_, _| smallvec![2],
        infer: group_infer,
        makes_sparse: true,
        plan: |_, query| {
            crate::ensure!(
                query.input(1)?.storage() == R && matches!(query.input(2)?.storage(), D | R),
                Unsupported,
                "Operator not implemented: _contrib_group_adagrad_update needs a row_sparse grad and a dense or \
                 row_sparse history"
            );
            Ok(Plan::Direct(smallvec![query.input(0)?.storage()]))
        },
        kernel: |call| each_row(call, true),
        in_place: InPlace::Weight,
        ..Definition::DEFAULT
    },
];

/// The history has one element per row.
fn group_infer(query: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    query.require_same(1)?;
    let (weight, history) = (query.input(0)?, query.input(2)?);
    query.require_dtype(2, weight.dtype())?;
    crate::ensure!(
        history.size() == weight.shape().rows(),
        Shape,
        "history: expected one element per row of the weight {}, got shape {}",
        weight.shape(),
        history.shape()
    );
    Ok(smallvec![Meta::of(weight)])
}

fn each_row(call: &Invocation, grouped: bool) -> Result<()> {
    let (weight, gradient, history, out) = (call.input(0)?, call.input(1)?, call.input(2)?, call.output(0)?);
    cast_into(weight, out)?;
    let width = out.shape().row_size();
    let parts = gradient.read_row_sparse()?;
    let rows = gradient_rows(&parts, out)?;
    dispatch_float!(out.dtype(), T => {
        let hyper = AdaGrad::<T> {
            lr: real(&call.attrs, "lr")?,
            epsilon: real(&call.attrs, "epsilon")?,
            prepare: prepare(&call.attrs)?,
        };
        let values = parts.values.elements::<T>()?;
        let mut weight = AllRows::<T>::of_weight(out)?;
        let weight = weight.elements()?;
        let mut history = AllRows::<T>::of_state(history, "history")?;
        let history = history.elements()?;
        for (row, g) in rows.iter().zip(values.chunks_exact(width.max(1))) {
            let range = row * width..(row + 1) * width;
            match grouped {
                true => hyper.step_row(&mut weight[range], g, &mut history[*row]),
                false => hyper.step(&mut weight[range.clone()], g, &mut history[range]),
            }
        }
        Ok(())
    })
}
