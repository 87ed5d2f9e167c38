//! `adam_update`.

use super::dense::{Group, Rule, update};
use super::params::{CLIP, LAZY, LR, RESCALE, Rates, WD, beta1, beta2, epsilon, prepare, real};
use super::{like_weight, plan_with_states};
use crate::array::Storage;
use crate::base::Result;
use crate::dispatch_float;
use crate::ops::kernels::real::Real;
use crate::ops::kernels::rows::{AllRows, gradient_rows};
use crate::ops::kernels::storage::cast_into;
use crate::ops::kernels::update::Load;
use crate::ops::kernels::update::adam::Adam;
use crate::ops::operator::{Definition, InPlace};
use crate::ops::{Attrs, Inputs, Invocation};
use smallvec::smallvec;

pub static OPERATORS: &[Definition] = &[Definition {
    name: "adam_update",
    aliases: &["_sparse_adam_update"],
    doc: "Adam without bias correction: r = clip(rescale_grad*grad + wd*weight); \
          mean = beta1*mean + (1-beta1)*r; var = beta2*var + (1-beta2)*r*r; \
          weight = weight - lr*mean/(sqrt(var) + epsilon).",
    inputs: Inputs::Fixed(&["weight", "grad", "mean", "var"]),
    params: &[LR, beta1("0.9"), beta2("0.999"), epsilon("1e-8"), WD, RESCALE, CLIP, LAZY],
    mutates: |_, _| smallvec![2, 3],
    infer: like_weight,
    plan: plan_with_states,
    kernel: adam,
    in_place: InPlace::Weight,
    ..Definition::DEFAULT
}];

struct Moments;
impl Rule<2> for Moments {
    type Hyper<T: Real> = Adam<T>;
    fn hyper<T: Real>(attrs: &Attrs, rates: Rates) -> Result<Adam<T>> {
        Ok(Adam {
            lr: T::from_f32(rates.lr),
            beta1: real(attrs, "beta1")?,
            beta2: real(attrs, "beta2")?,
            epsilon: real(attrs, "epsilon")?,
            wd: T::from_f32(rates.wd),
            prepare: prepare(attrs)?,
        })
    }
    fn step<T: Real, G: Load<T>>(hyper: &Adam<T>, w: &mut [T], g: &[G], [mean, var]: [&mut [T]; 2]) {
        hyper.step(w, g, mean, var);
    }
}

fn adam(call: &Invocation) -> Result<()> {
    let (weight, gradient, mean, var) = (call.input(0)?, call.input(1)?, call.input(2)?, call.input(3)?);
    let (out, rates) = (call.output(0)?, Rates::single(&call.attrs)?);
    if gradient.is_dense() {
        let group = Group { weight, gradient, states: [mean, var], weight32: None, out };
        return update::<Moments, 2>(&call.attrs, rates, &group);
    }
    cast_into(weight, out)?;
    let mixed_storage = out.storage() == Storage::RowSparse && mean.is_dense();
    let lazy = call.attrs.bool("lazy_update")? && !mixed_storage;
    let width = out.shape().row_size();
    let parts = gradient.read_row_sparse()?;
    let rows = gradient_rows(&parts, out)?;
    dispatch_float!(out.dtype(), T => {
        let hyper = Moments::hyper::<T>(&call.attrs, rates)?;
        let values = parts.values.elements::<T>()?;
        let mut weight = AllRows::<T>::of_weight(out)?;
        let (mut mean, mut var) = (AllRows::<T>::of_state(mean, "mean")?, AllRows::<T>::of_state(var, "var")?);
        let (weight, mean, var) = (weight.elements()?, mean.elements()?, var.elements()?);
        let mut listed: Vec<Option<usize>> = vec![None; out.shape().rows()];
        rows.iter().enumerate().for_each(|(number, row)| listed[*row] = Some(number));
        for (row, number) in listed.into_iter().enumerate() {
            let range = row * width..(row + 1) * width;
            let (w, mean, var) = (&mut weight[range.clone()], &mut mean[range.clone()], &mut var[range]);
            match number.map(|number| &values[number * width..][..width]) {
                Some(g) if lazy && hyper.prepare.clip.is_none() => hyper.step(w, g, mean, var),
                Some(g) => hyper.step_squared_first(w, g, mean, var),
                None if lazy => {}
                None => hyper.step_without_gradient(w, mean, var),
            }
        }
        Ok(())
    })
}
