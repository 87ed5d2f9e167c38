//! `sgd_update`, `sgd_mom_update`, their mixed-precision forms, and `nag_mom_update`.

use super::dense::{Group, Rule, update};
use super::params::{CLIP, LAZY, LR, MOMENTUM, RESCALE, Rates, WD, prepare, real};
use super::{like_weight, mixed_precision, plan_stateless, plan_with_states};
use crate::array::Storage;
use crate::base::Result;
use crate::dispatch_float;
use crate::ops::kernels::real::Real;
use crate::ops::kernels::rows::{AllRows, gradient_rows};
use crate::ops::kernels::storage::cast_into;
use crate::ops::kernels::update::Load;
use crate::ops::kernels::update::nag::Nag;
use crate::ops::kernels::update::sgd::Sgd;
use crate::ops::operator::{Definition, InPlace};
use crate::ops::{Attrs, Inputs, Invocation};
use smallvec::smallvec;

pub static OPERATORS: &[Definition] = &[
    Definition {
        name: "sgd_update",
        aliases: &["_sparse_sgd_update"],
        doc: "Gradient descent: weight = (1 - lr*wd)*weight - lr*rescale_grad*grad.",
        inputs: Inputs::Fixed(&["weight", "grad"]),
        params: &[LR, WD, RESCALE, CLIP, LAZY],
        infer: like_weight,
        plan: plan_stateless,
        kernel: sgd,
        in_place: InPlace::Weight,
        ..Definition::DEFAULT
    },
    Definition {
        name: "sgd_mom_update",
        aliases: &["_sparse_sgd_mom_update"],
        doc: "Gradient descent with momentum: mom = momentum*mom - lr*wd*weight - lr*rescale_grad*grad; \
              weight = weight + mom.",
        inputs: Inputs::Fixed(&["weight", "grad", "mom"]),
        params: &[LR, MOMENTUM, WD, RESCALE, CLIP, LAZY],
        mutates: |_, _| smallvec![2],
        infer: like_weight,
        plan: plan_with_states,
        kernel: sgd_momentum,
        in_place: InPlace::Weight,
        ..Definition::DEFAULT
    },
    Definition {
        name: "mp_sgd_update",
        doc: "sgd_update of a float16 weight through its float32 master weight32.",
        inputs: Inputs::Fixed(&["weight", "grad", "weight32"]),
        params: &[LR, WD, RESCALE, CLIP, LAZY],
        mutates: |_, _| smallvec![2],
        infer: mixed_precision,
        kernel: |call| {
            let group = Group {
                weight: call.input(0)?,
                gradient: call.input(1)?,
                states: [],
                weight32: Some(call.input(2)?),
                out: call.output(0)?,
            };
            update::<Plain, 0>(&call.attrs, Rates::single(&call.attrs)?, &group)
        },
        in_place: InPlace::Weight,
        ..Definition::DEFAULT
    },
    Definition {
        name: "mp_sgd_mom_update",
        doc: "sgd_mom_update of a float16 weight through its float32 master weight32.",
        inputs: Inputs::Fixed(&["weight", "grad", "mom", "weight32"]),
        params: &[LR, MOMENTUM, WD, RESCALE, CLIP, LAZY],
        mutates: |_, _| smallvec![2, 3],
        infer: mixed_precision,
        kernel: mixed_momentum::<Momentum>,
        in_place: InPlace::Weight,
        ..Definition::DEFAULT
    },
    Definition {
        name: "nag_mom_update",
        doc: "Nesterov's accelerated gradient. The stored momentum uses the weight after the update.",
        inputs: Inputs::Fixed(&["weight", "grad", "mom"]),
        params: &[LR, MOMENTUM, WD, RESCALE, CLIP],
        mutates: |_, _| smallvec![2],
        infer: like_weight,
        kernel: |call| {
            let in_place = call.input(0)?.is_same_region(call.output(0)?);
            if in_place { dense_momentum::<NagInPlace>(call) } else { dense_momentum::<NagApart>(call) }
        },
        in_place: InPlace::Weight,
        ..Definition::DEFAULT
    },
    Definition {
        name: "mp_nag_mom_update",
        doc: "nag_mom_update of a float16 weight through its float32 master weight32.",
        inputs: Inputs::Fixed(&["weight", "grad", "mom", "weight32"]),
        params: &[LR, MOMENTUM, WD, RESCALE, CLIP],
        mutates: |_, _| smallvec![2, 3],
        infer: mixed_precision,
        kernel: mixed_momentum::<NagInPlace>,
        in_place: InPlace::Weight,
        ..Definition::DEFAULT
    },
];

fn hyper<T: Real>(attrs: &Attrs, rates: Rates) -> Result<Sgd<T>> {
    let momentum = if attrs.has("momentum") { real(attrs, "momentum")? } else { T::ZERO };
    Ok(Sgd { lr: T::from_f32(rates.lr), wd: T::from_f32(rates.wd), momentum, prepare: prepare(attrs)? })
}

/// Without momentum.
pub struct Plain;
impl Rule<0> for Plain {
    type Hyper<T: Real> = Sgd<T>;
    fn hyper<T: Real>(attrs: &Attrs, rates: Rates) -> Result<Sgd<T>> {
        hyper(attrs, rates)
    }
    fn step<T: Real, G: Load<T>>(hyper: &Sgd<T>, w: &mut [T], g: &[G], _: [&mut [T]; 0]) {
        hyper.plain(w, g);
    }
}

/// Without momentum, as the multi-tensor operators round.
pub struct PlainMulti;
impl Rule<0> for PlainMulti {
    type Hyper<T: Real> = Sgd<T>;
    fn hyper<T: Real>(attrs: &Attrs, rates: Rates) -> Result<Sgd<T>> {
        hyper(attrs, rates)
    }
    fn step<T: Real, G: Load<T>>(hyper: &Sgd<T>, w: &mut [T], g: &[G], _: [&mut [T]; 0]) {
        hyper.plain_multi(w, g);
    }
}

pub struct Momentum;
impl Rule<1> for Momentum {
    type Hyper<T: Real> = Sgd<T>;
    fn hyper<T: Real>(attrs: &Attrs, rates: Rates) -> Result<Sgd<T>> {
        hyper(attrs, rates)
    }
    fn step<T: Real, G: Load<T>>(hyper: &Sgd<T>, w: &mut [T], g: &[G], [m]: [&mut [T]; 1]) {
        hyper.with_momentum(w, g, m);
    }
}

fn nag<T: Real>(attrs: &Attrs, rates: Rates, decay_from_new_weight: bool) -> Result<Nag<T>> {
    Ok(Nag {
        lr: T::from_f32(rates.lr),
        wd: T::from_f32(rates.wd),
        momentum: real(attrs, "momentum")?,
        prepare: prepare(attrs)?,
        decay_from_new_weight,
    })
}

struct NagInPlace;
impl Rule<1> for NagInPlace {
    type Hyper<T: Real> = Nag<T>;
    fn hyper<T: Real>(attrs: &Attrs, rates: Rates) -> Result<Nag<T>> {
        nag(attrs, rates, true)
    }
    fn step<T: Real, G: Load<T>>(hyper: &Nag<T>, w: &mut [T], g: &[G], [m]: [&mut [T]; 1]) {
        hyper.step(w, g, m);
    }
}

struct NagApart;
impl Rule<1> for NagApart {
    type Hyper<T: Real> = Nag<T>;
    fn hyper<T: Real>(attrs: &Attrs, rates: Rates) -> Result<Nag<T>> {
        nag(attrs, rates, false)
    }
    fn step<T: Real, G: Load<T>>(hyper: &Nag<T>, w: &mut [T], g: &[G], [m]: [&mut [T]; 1]) {
        hyper.step(w, g, m);
    }
}

fn dense_momentum<R: Rule<1>>(call: &Invocation) -> Result<()> {
    let group = Group {
        weight: call.input(0)?,
        gradient: call.input(1)?,
        states: [call.input(2)?],
        weight32: None,
        out: call.output(0)?,
    };
    update::<R, 1>(&call.attrs, Rates::single(&call.attrs)?, &group)
}

fn mixed_momentum<R: Rule<1>>(call: &Invocation) -> Result<()> {
    let group = Group {
        weight: call.input(0)?,
        gradient: call.input(1)?,
        states: [call.input(2)?],
        weight32: Some(call.input(3)?),
        out: call.output(0)?,
    };
    update::<R, 1>(&call.attrs, Rates::single(&call.attrs)?, &group)
}

fn sgd(call: &Invocation) -> Result<()> {
    let (weight, gradient, out) = (call.input(0)?, call.input(1)?, call.output(0)?);
    let rates = Rates::single(&call.attrs)?;
    if gradient.is_dense() {
        return update::<Plain, 0>(
            &call.attrs,
            rates,
            &Group { weight, gradient, states: [], weight32: None, out },
        );
    }
    cast_into(weight, out)?;
    let (lazy, width) = (call.attrs.bool("lazy_update")?, out.shape().row_size());
    let parts = gradient.read_row_sparse()?;
    let rows = gradient_rows(&parts, out)?;
    dispatch_float!(out.dtype(), T => {
        let hyper = hyper::<T>(&call.attrs, rates)?;
        let values = parts.values.elements::<T>()?;
        let mut weight = AllRows::<T>::of_weight(out)?;
        let weight = weight.elements()?;
        if !lazy {
            hyper.decay(weight);
        }
        for (row, g) in rows.iter().zip(values.chunks_exact(width.max(1))) {
            let w = &mut weight[row * width..][..width];
            if lazy { hyper.plain(w, g) } else { hyper.step_only(w, g) }
        }
        Ok(())
    })
}

fn sgd_momentum(call: &Invocation) -> Result<()> {
    let (weight, gradient, momentum, out) = (call.input(0)?, call.input(1)?, call.input(2)?, call.output(0)?);
    if gradient.is_dense() {
        return dense_momentum::<Momentum>(call);
    }
    cast_into(weight, out)?;
    // A dense state under a row_sparse weight means that the caller asked for standard updates when making it.
    let mixed_storage = out.storage() == Storage::RowSparse && momentum.is_dense();
    let lazy = call.attrs.bool("lazy_update")? && !mixed_storage;
    let width = out.shape().row_size();
    let parts = gradient.read_row_sparse()?;
    let rows = gradient_rows(&parts, out)?;
    dispatch_float!(out.dtype(), T => {
        let hyper = hyper::<T>(&call.attrs, Rates::single(&call.attrs)?)?;
        let values = parts.values.elements::<T>()?;
        let (mut weight, mut momentum) = (AllRows::<T>::of_weight(out)?, AllRows::<T>::of_state(momentum, "mom")?);
        let (weight, momentum) = (weight.elements()?, momentum.elements()?);
        if lazy {
            for (row, g) in rows.iter().zip(values.chunks_exact(width.max(1))) {
                let range = row * width..(row + 1) * width;
                hyper.with_momentum(&mut weight[range.clone()], g, &mut momentum[range]);
            }
            return Ok(());
        }
        let absent = vec![T::ZERO; width];
        let mut listed: Vec<Option<usize>> = vec![None; out.shape().rows()];
        rows.iter().enumerate().for_each(|(number, row)| listed[*row] = Some(number));
        for (row, number) in listed.into_iter().enumerate() {
            let range = row * width..(row + 1) * width;
            let g = number.map_or(&absent[..], |number| &values[number * width..][..width]);
            hyper.with_momentum(&mut weight[range.clone()], g, &mut momentum[range]);
        }
        Ok(())
    })
}
