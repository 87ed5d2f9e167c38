//! `LayerNorm`.

use crate::array::Element;
use crate::base::Result;
use crate::dispatch_float;
use crate::ops::operator::{Definition, Inputs};
use crate::ops::param::{Kind, optional};
use crate::ops::{Invocation, Meta, Query};
use smallvec::{SmallVec, smallvec};

pub static OPERATORS: &[Definition] = &[Definition {
    name: "LayerNorm",
    aliases: &["_npx_layer_norm"],
    doc: "gamma (data - mean) / sqrt(variance + eps) + beta, each over the vectors along axis; with \
              output_mean_var also the means and the roots.",
    inputs: Inputs::Fixed(&["data", "gamma", "beta"]),
    params: &[
        optional("axis", Kind::Int, "-1", "The axis to perform layer normalization."),
        optional("eps", Kind::Float, "1e-5", "Added to the variance, which might be 0."),
        optional("output_mean_var", Kind::Bool, "0", "Output the mean and deviation too."),
    ],
    outputs: |_, _| Ok(3),
    visible: Some(|attrs, _| Ok(if attrs.bool("output_mean_var")? { 3 } else { 1 })),
    infer: layer_norm_shapes,
    kernel: layer_norm,
    ..Definition::DEFAULT
}];

fn layer_norm_shapes(query: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    let data = query.input(0)?;
    crate::ensure!(data.dtype().is_float(), DType, "data: expected floats, got {}", data.dtype());
    let axis = data.shape().axis("axis", query.attrs.int("axis")?)?;
    let channels = data.shape().dims()[axis];
    for (index, name) in [(1, "gamma"), (2, "beta")] {
        query.require_dtype(index, data.dtype())?;
        let shape = query.input(index)?.shape();
        crate::ensure!(
            shape.dims() == [channels],
            Shape,
            "{name}: expected a vector of {channels}, got shape {shape}"
        );
    }
    let mut moments = data.shape().clone();
    moments.dims_mut()[axis] = 1;
    let moments = Meta::new(moments, data.dtype());
    Ok(smallvec![Meta::of(data), moments.clone(), moments])
}

fn layer_norm(call: &Invocation) -> Result<()> {
    let data = call.input(0)?;
    let axis = data.shape().axis("axis", call.attrs.int("axis")?)?;
    let (length, step) = (data.shape().dims()[axis] as usize, data.shape().strides()[axis]);
    let epsilon = f64::from(call.attrs.float("eps")?);
    dispatch_float!(data.dtype(), T => {
        let (source, gamma, beta) = (data.read::<T>()?, call.input(1)?.read::<T>()?, call.input(2)?.read::<T>()?);
        let (mut out, mut means, mut roots) =
            (call.output(0)?.write::<T>()?, call.output(1)?.write::<T>()?, call.output(2)?.write::<T>()?);
        for (vector, (mean_out, root_out)) in means.iter_mut().zip(roots.iter_mut()).enumerate() {
            let start = vector / step * length * step + vector % step;
            let at = |number: usize| source[start + number * step].to_f64();
            let mean = (0..length).map(at).sum::<f64>() / length as f64;
            let variance = (0..length).map(|number| (at(number) - mean).powi(2)).sum::<f64>() / length as f64;
            let root = (variance + epsilon).sqrt();
            (*mean_out, *root_out) = (T::from_f64(mean), T::from_f64(root));
            for number in 0..length {
                let scaled = (at(number) - mean) / root * gamma[number].to_f64() + beta[number].to_f64();
                out[start + number * step] = T::from_f64(scaled);
            }
        }
        Ok(())
    })
}
