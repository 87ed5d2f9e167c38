//! AdaGrad with one history value for each row (MXNet `contrib.GroupAdaGrad`).

use super::{Compat, refuse_other_floats};
use crate::array::{NdArray, Shape, Storage};
use crate::base::Result;
use crate::base::sync::Arc;
use crate::ops::kernels::number::Number;
use crate::ops::kernels::real::Real;
use crate::ops::kernels::reduce::{Reducer, Sum};
use crate::ops::kernels::update::Prepare;
use crate::ops::kernels::update::adagrad::AdaGrad as Kernel;
use crate::optimizer::elementwise::dispatch_types;
use crate::optimizer::params::Reader;
use crate::optimizer::rows::with_rows;
use crate::optimizer::whole::{Whole, whole};
use crate::optimizer::{Operands, Rule, Step};

struct GroupAdaGrad {
    epsilon: f64,
    mxnet_1_9_1: bool,
}

pub(super) fn build(reader: &Reader<'_>, compat: &Compat) -> Result<Arc<dyn Rule>> {
    let epsilon = reader.number_or("eps", 1e-5)?;
    Ok(Arc::new(GroupAdaGrad { epsilon, mxnet_1_9_1: compat.mxnet_1_9_1 }))
}

impl Rule for GroupAdaGrad {
    fn states(&self) -> &'static [&'static str] {
        &["history"]
    }

    fn state_shape(&self, weight: &Shape) -> Shape {
        Shape::new(&[weight.rows() as i64, 1])
    }

    fn check(&self, weight: &NdArray, _: &NdArray, wd: f64, master: bool) -> Result<()> {
        crate::ensure!(
            weight.shape().rank() == 2,
            Shape,
            "weight: GroupAdaGrad takes weights of two dimensions, got {}",
            weight.shape()
        );
        crate::ensure!(wd == 0.0, InvalidArgument, "wd: GroupAdaGrad takes no weight decay, got {wd}");
        refuse_other_floats(self.mxnet_1_9_1, weight, master)
    }

    fn update(&self, step: &Step, operands: &Operands<'_>) -> Result<()> {
        match operands.gradients {
            [only] if only.storage() == Storage::RowSparse => {
                dispatch_types!(operands, T, _G => self.rows::<T>(step, operands))
            }
            _ => {
                let width = operands.weight.shape().row_size();
                whole!(operands, T, |arrays| {
                    self.dense::<T>(step, width, arrays);
                    Ok(())
                })
            }
        }
    }
}

impl GroupAdaGrad {
    fn rows<T: Real>(&self, step: &Step, operands: &Operands<'_>) -> Result<()> {
        let kernel = Kernel {
            lr: T::from_f32(step.lr as f32),
            epsilon: T::from_f32(self.epsilon as f32),
            prepare: step.prepare::<T>(),
        };
        with_rows::<T>(operands, |rows| {
            let width = rows.width.max(1);
            let Some(history) = rows.states.first_mut() else { return Ok(()) };
            for (row, g) in rows.numbers.iter().zip(rows.values.chunks_exact(width)) {
                kernel.step_row(&mut rows.weight[row * width..][..width], g, &mut history[*row]);
            }
            Ok(())
        })
    }

    /// With r = clip(rescale*g), for each row: `h += mean(r*r); w -= lr*r/sqrt(h + epsilon)`
    fn dense<T: Real + Number>(&self, step: &Step, width: usize, arrays: &mut Whole<'_, T>) {
        let (lr, epsilon) = (T::from_f64(step.lr), T::from_f64(self.epsilon));
        let (prepare, width): (Prepare<T>, usize) = (step.prepare_composed(), width.max(1));
        let gradient = arrays.gradient;
        let [history] = arrays.states.as_mut_slice() else { return };
        let rows = arrays.weight.chunks_exact_mut(width).zip(gradient.chunks_exact(width));
        for ((w, g), h) in rows.zip(history.iter_mut()) {
            let mut sum = Reducer::<T>::start(&Sum);
            for g in g {
                let r = prepare.apply(*g);
                Sum.add(&mut sum, r * r);
            }
            *h = *h + Reducer::<T>::finish(&Sum, sum) / T::from_f64(width as f64);
            let root = Real::sqrt(*h + epsilon);
            for (w, g) in w.iter_mut().zip(g) {
                *w = *w - lr * prepare.apply(*g) / root;
            }
        }
    }
}
