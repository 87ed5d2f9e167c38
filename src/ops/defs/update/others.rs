//! Update operators of one weight with dense arrays: FTML, Ftrl, RMSProp and the sign-based rules.

use super::dense::{Group, Rule, update};
use super::params::{CLIP, LR, MOMENTUM, RESCALE, Rates, WD, beta1, beta2, epsilon, prepare, real};
use super::{R, direct_for, like_weight};
use crate::base::Result;
use crate::dispatch_float;
use crate::ops::kernels::real::Real;
use crate::ops::kernels::rows::{AllRows, gradient_rows};
use crate::ops::kernels::storage::cast_into;
use crate::ops::kernels::update::ftml::Ftml;
use crate::ops::kernels::update::ftrl::Ftrl;
use crate::ops::kernels::update::rmsprop::RmsProp;
use crate::ops::kernels::update::signum::Signum;
use crate::ops::kernels::update::{Load, Prepare};
use crate::ops::operator::{Definition, InPlace};
use crate::ops::param::{Kind, Param, optional, required};
use crate::ops::{Attrs, Inputs, Invocation};
use smallvec::smallvec;

const GAMMA1: Param = optional("gamma1", Kind::Float, "0.95", "The decay rate of the squared gradient.");
const GAMMA2: Param = optional("gamma2", Kind::Float, "0.9", "The decay rate of the step.");
const CLIP_WEIGHTS: Param =
    optional("clip_weights", Kind::Float, "-1", "Bound on each element of the weight; negative means none.");

pub static OPERATORS: &[Definition] = &[
    Definition {
        name: "signsgd_update",
        doc: "weight = (1 - lr*wd)*weight - lr*sign(grad). rescale_grad and clip_gradient have no effect.",
        inputs: Inputs::Fixed(&["weight", "grad"]),
        params: &[LR, WD, RESCALE, CLIP],
        infer: like_weight,
        kernel: |call| run::<SignSgd, 0>(call),
        in_place: InPlace::Weight,
        ..Definition::DEFAULT
    },
    Definition {
        name: "signum_update",
        doc: "mom = momentum*mom - (1-momentum)*(wd*weight + rescale_grad*grad); \
              weight = (1 - lr*wd_lh)*weight + lr*sign(mom).",
        inputs: Inputs::Fixed(&["weight", "grad", "mom"]),
        params: &[
            LR,
            MOMENTUM,
            WD,
            RESCALE,
            CLIP,
            optional("wd_lh", Kind::Float, "0", "Weight decay applied to the weight itself."),
        ],
        mutates: |_, _| smallvec![2],
        infer: like_weight,
        kernel: |call| run::<SignMomentum, 1>(call),
        in_place: InPlace::Weight,
        ..Definition::DEFAULT
    },
    Definition {
        name: "ftml_update",
        doc: "Follow the moving leader.",
        inputs: Inputs::Fixed(&["weight", "grad", "d", "v", "z"]),
        params: &[
            LR,
            beta1("0.6"),
            beta2("0.999"),
            // MXNet's default is 1e-8 rounded to float32.
            optional(
                "epsilon",
                Kind::Double,
                "9.9999999392252903e-09",
                "A small number that keeps divisions finite.",
            ),
            required("t", Kind::Int, "Number of this update, from 1."),
            WD,
            RESCALE,
            optional(
                "clip_grad",
                Kind::Float,
                "-1",
                "Bound on each element of the gradient; negative means none.",
            ),
        ],
        mutates: |_, _| smallvec![2, 3, 4],
        infer: like_weight,
        kernel: |call| run::<MovingLeader, 3>(call),
        in_place: InPlace::Weight,
        ..Definition::DEFAULT
    },
    Definition {
        name: "ftrl_update",
        aliases: &["_sparse_ftrl_update"],
        doc: "Follow the regularised leader. With row_sparse arrays only the rows of grad are updated.",
        inputs: Inputs::Fixed(&["weight", "grad", "z", "n"]),
        params: &[
            LR,
            optional("lamda1", Kind::Float, "0.01", "The L1 regularisation."),
            optional("beta", Kind::Float, "1", "Per-coordinate learning rate smoothing."),
            WD,
            RESCALE,
            CLIP,
        ],
        mutates: |_, _| smallvec![2, 3],
        infer: like_weight,
        plan: |_, query| direct_for(query, &[&[R, R, R]]),
        kernel: ftrl,
        in_place: InPlace::Weight,
        ..Definition::DEFAULT
    },
    Definition {
        name: "rmsprop_update",
        doc: "r = clip(rescale_grad*grad + wd*weight); n = (1-gamma1)*r*r + gamma1*n; \
              weight = weight - lr*r/sqrt(n + epsilon).",
        inputs: Inputs::Fixed(&["weight", "grad", "n"]),
        params: &[LR, GAMMA1, epsilon("1e-8"), WD, RESCALE, CLIP, CLIP_WEIGHTS],
        mutates: |_, _| smallvec![2],
        infer: like_weight,
        kernel: |call| run::<RmsPlain, 1>(call),
        in_place: InPlace::Weight,
        ..Definition::DEFAULT
    },
    Definition {
        name: "rmspropalex_update",
        doc: "RMSProp, centered, with momentum.",
        inputs: Inputs::Fixed(&["weight", "grad", "n", "g", "delta"]),
        params: &[LR, GAMMA1, GAMMA2, epsilon("1e-8"), WD, RESCALE, CLIP, CLIP_WEIGHTS],
        mutates: |_, _| smallvec![2, 3, 4],
        infer: like_weight,
        kernel: |call| run::<RmsCentered, 3>(call),
        in_place: InPlace::Weight,
        ..Definition::DEFAULT
    },
];

fn run<U: Rule<S>, const S: usize>(call: &Invocation) -> Result<()> {
    let out = call.output(0)?;
    let mut states = [out; S];
    for (index, state) in states.iter_mut().enumerate() {
        *state = call.input(2 + index)?;
    }
    let group = Group { weight: call.input(0)?, gradient: call.input(1)?, states, weight32: None, out };
    update::<U, S>(&call.attrs, Rates::single(&call.attrs)?, &group)
}

/// Declares a rule that is nothing but a name for a method of its hyper-parameters.
macro_rules! rule {
    ($name:ident, $states:literal, $hyper:ident, $make:expr, |$h:ident, $w:ident, $g:ident, $s:pat_param| $step:expr) => {
        struct $name;
        impl Rule<$states> for $name {
            type Hyper<T: Real> = $hyper<T>;
            fn hyper<T: Real>(attrs: &Attrs, rates: Rates) -> Result<$hyper<T>> {
                $make(attrs, rates)
            }
            fn step<T: Real, G: Load<T>>($h: &$hyper<T>, $w: &mut [T], $g: &[G], $s: [&mut [T]; $states]) {
                $step
            }
        }
    };
}

rule!(SignSgd, 0, Signum, signum, |h, w, g, _| h.plain(w, g));
rule!(SignMomentum, 1, Signum, signum, |h, w, g, [m]| h.with_momentum(w, g, m));
rule!(MovingLeader, 3, Ftml, ftml_hyper, |h, w, g, states| h.step(w, g, states));
rule!(Leader, 2, Ftrl, ftrl_hyper, |h, w, g, [z, n]| h.step(w, g, z, n));
rule!(RmsPlain, 1, RmsProp, rms_hyper, |h, w, g, [n]| h.plain(w, g, n));
rule!(RmsCentered, 3, RmsProp, rms_hyper, |h, w, g, states| h.centered(w, g, states));

fn signum<T: Real>(attrs: &Attrs, rates: Rates) -> Result<Signum<T>> {
    let or_zero = |name| if attrs.has(name) { real(attrs, name) } else { Ok(T::ZERO) };
    Ok(Signum {
        lr: T::from_f32(rates.lr),
        wd: T::from_f32(rates.wd),
        momentum: or_zero("momentum")?,
        wd_lh: or_zero("wd_lh")?,
        prepare: prepare(attrs)?,
    })
}

fn ftml_hyper<T: Real>(attrs: &Attrs, rates: Rates) -> Result<Ftml<T>> {
    let t = attrs.int("t")?;
    Ok(Ftml {
        lr: T::from_f32(rates.lr),
        beta1: real(attrs, "beta1")?,
        beta2: real(attrs, "beta2")?,
        epsilon: T::from_f64(attrs.double("epsilon")?),
        wd: T::from_f32(rates.wd),
        t: i32::try_from(t).map_err(|_| crate::err!(InvalidArgument, "t: expected an int, got {t}"))?,
        prepare: Prepare::new(attrs.float("rescale_grad")?, attrs.float("clip_grad")?),
    })
}

fn ftrl_hyper<T: Real>(attrs: &Attrs, rates: Rates) -> Result<Ftrl<T>> {
    Ok(Ftrl {
        lr: T::from_f32(rates.lr),
        lamda1: real(attrs, "lamda1")?,
        beta: real(attrs, "beta")?,
        wd: T::from_f32(rates.wd),
        prepare: prepare(attrs)?,
    })
}

fn rms_hyper<T: Real>(attrs: &Attrs, rates: Rates) -> Result<RmsProp<T>> {
    let bound = attrs.float("clip_weights")?;
    Ok(RmsProp {
        lr: T::from_f32(rates.lr),
        gamma1: real(attrs, "gamma1")?,
        gamma2: if attrs.has("gamma2") { real(attrs, "gamma2")? } else { T::ZERO },
        epsilon: real(attrs, "epsilon")?,
        wd: T::from_f32(rates.wd),
        prepare: prepare(attrs)?,
        clip_weights: (bound >= 0.0).then(|| T::from_f32(bound)),
    })
}

fn ftrl(call: &Invocation) -> Result<()> {
    let (gradient, out) = (call.input(1)?, call.output(0)?);
    if gradient.is_dense() {
        return run::<Leader, 2>(call);
    }
    cast_into(call.input(0)?, out)?;
    let width = out.shape().row_size();
    let parts = gradient.read_row_sparse()?;
    let rows = gradient_rows(&parts, out)?;
    dispatch_float!(out.dtype(), T => {
        let hyper = Leader::hyper::<T>(&call.attrs, Rates::single(&call.attrs)?)?;
        let values = parts.values.elements::<T>()?;
        let mut weight = AllRows::<T>::of_weight(out)?;
        let (mut z, mut n) = (AllRows::<T>::of_state(call.input(2)?, "z")?, AllRows::<T>::of_state(call.input(3)?, "n")?);
        let (weight, z, n) = (weight.elements()?, z.elements()?, n.elements()?);
        for (row, g) in rows.iter().zip(values.chunks_exact(width.max(1))) {
            let range = row * width..(row + 1) * width;
            hyper.step(&mut weight[range.clone()], g, &mut z[range.clone()], &mut n[range]);
        }
        Ok(())
    })
}
