//! Where MXNet 1.9.1 has a defect: what we do by default, and that the switch brings the defect back.

use super::engine;
use crate::array::{DType, Device, NdArray, Part, RowSparse, Shape};
use crate::optimizer::{Index, Optimizer, Scalar, Spec};

fn make(name: &str, params: &[(&str, &str)], mxnet_1_9_1: bool) -> Optimizer {
    let spec = Spec { mxnet_1_9_1, ..Spec::from_params(name, params).unwrap() };
    Optimizer::new(&spec, engine()).unwrap()
}

fn vector(values: &[f32]) -> NdArray {
    NdArray::from_slice(Shape::new(&[values.len() as i64]), values, Device::cpu(0)).unwrap()
}

fn of(array: &NdArray) -> Vec<f32> {
    array.read::<f32>().unwrap().to_vec()
}

fn step(optimizer: &Optimizer, key: i64, weight: &NdArray, gradient: &[f32]) {
    optimizer.update(&Index::Int(key), weight, &vector(gradient)).unwrap();
}

/// The weight of key 0 after some updates, with another key updated in between or not.
fn alone_and_in_company(name: &str, params: &[(&str, &str)], mxnet_1_9_1: bool) -> [Vec<f32>; 2] {
    [false, true].map(|in_company| {
        let optimizer = make(name, params, mxnet_1_9_1);
        let (weight, other) = (vector(&[1.0, -2.0]), vector(&[3.0, 4.0]));
        for round in 0..4 {
            optimizer.set(Scalar::LearningRate, 0.1 / f64::from(round + 1)).unwrap();
            if in_company {
                step(&optimizer, 1, &other, &[0.3, 0.2]);
            }
            step(&optimizer, 0, &weight, &[0.5, -0.25]);
        }
        of(&weight)
    })
}

#[test]
fn keys_do_not_change_each_other() {
    let momentum = [("momentum", "0.9")];
    for (name, params) in [("nadam", &[][..]), ("lars", &momentum[..])] {
        let [alone, in_company] = alone_and_in_company(name, params, false);
        assert_eq!(alone, in_company, "{name}");
        let [alone, in_company] = alone_and_in_company(name, params, true);
        assert_ne!(alone, in_company, "{name} as in 1.9.1");
    }
}

#[test]
fn nesterov_decays_by_the_weight_before_the_update() {
    let (lr, wd, mu) = (0.1f64, 0.5, 0.9);
    let params = [("learning_rate", "0.1"), ("wd", "0.5"), ("momentum", "0.9")];
    let (native, original) = (make("nag", &params, false), make("nag", &params, true));
    let (ours, theirs) = (vector(&[1.0]), vector(&[1.0]));
    let (mut w, mut m) = (1.0f64, 0.0f64);
    for gradient in [1.0f64, -0.5, 0.25] {
        step(&native, 0, &ours, &[gradient as f32]);
        step(&original, 0, &theirs, &[gradient as f32]);
        let next = mu * m - lr * (gradient + wd * w);
        (w, m) = (w + (mu + 1.0) * next - mu * m, next);
    }
    assert!((f64::from(of(&ours)[0]) - w).abs() < 1e-6, "{:?} {w}", of(&ours));
    assert_ne!(of(&ours), of(&theirs));
}

#[test]
fn adamax_leaves_elements_without_gradient_alone() {
    let weight = vector(&[1.0, 1.0]);
    step(&make("adamax", &[], false), 0, &weight, &[0.5, 0.0]);
    assert!(of(&weight)[0] < 1.0 && of(&weight)[1] == 1.0);
    step(&make("adamax", &[], true), 0, &weight, &[0.5, 0.0]);
    assert!(of(&weight)[1].is_nan());
}

#[test]
fn signum_without_momentum_takes_all_its_parameters() {
    let params = [("momentum", "0"), ("wd_lh", "0.5"), ("rescale_grad", "-1"), ("learning_rate", "0.1")];
    let weight = vector(&[1.0]);
    step(&make("signum", &params, false), 0, &weight, &[3.0]);
    assert!((of(&weight)[0] - (0.95 + 0.1)).abs() < 1e-6);
    let refused = make("signum", &params, true).update(&Index::Int(0), &weight, &vector(&[1.0]));
    assert!(refused.unwrap_err().to_string().contains("wd_lh"));
}

#[test]
fn every_optimizer_takes_every_float_type() {
    let shape = Shape::new(&[2, 2]);
    for name in crate::optimizer::rules::names() {
        for dtype in [DType::Float16, DType::Float32, DType::Float64] {
            let weight = NdArray::zeros(shape.clone(), dtype, Device::cpu(0)).unwrap();
            let gradient = NdArray::zeros(shape.clone(), dtype, Device::cpu(0)).unwrap();
            crate::dispatch_float!(dtype, T => {
                gradient.write::<T>().unwrap().fill(crate::array::Element::from_f64(-1.0));
                Ok(())
            })
            .unwrap();
            let optimizer = make(name, &[], false);
            optimizer.update(&Index::Int(0), &weight, &gradient).unwrap();
            let moved = crate::dispatch_float!(dtype, T => {
                Ok(weight.read::<T>().unwrap().iter().all(|x| crate::array::Element::to_f64(*x).is_normal()))
            });
            assert!(moved.unwrap(), "{name} {dtype}");
        }
    }
    let weight = NdArray::zeros(shape, DType::Float64, Device::cpu(0)).unwrap();
    for name in ["adagrad", "adadelta", "ftrl", "rmsprop", "groupadagrad"] {
        let refused = make(name, &[], true).update(&Index::Int(0), &weight, &weight).unwrap_err();
        assert!(refused.to_string().contains("float32"), "{name}: {refused}");
    }
}

#[test]
fn dcasgd_has_momentum() {
    let params = [("momentum", "0.5"), ("learning_rate", "0.1"), ("lamda", "2")];
    let (optimizer, weight) = (make("dcasgd", &params, false), vector(&[1.0]));
    let (mut w, mut m, mut previous) = (1.0f64, 0.0f64, 1.0f64);
    for g in [1.0f64, -0.5, 0.75] {
        step(&optimizer, 0, &weight, &[g as f32]);
        m = 0.5 * m - 0.1 * (g + 2.0 * g * g * (w - previous));
        (previous, w) = (w, w + m);
    }
    assert!((f64::from(of(&weight)[0]) - w).abs() < 1e-6);
}

#[test]
fn a_default_rate_does_not_replace_that_of_a_schedule() {
    let schedule =
        [("lr_scheduler", "factor"), ("lr_scheduler.step", "100"), ("lr_scheduler.base_lr", "0.5")];
    assert_eq!(make("adam", &schedule, false).learning_rate(), 0.5);
    assert_eq!(make("adam", &schedule, true).learning_rate(), 0.001);
    let given = [&schedule[..], &[("learning_rate", "0.25")]].concat();
    assert_eq!(make("adam", &given, false).learning_rate(), 0.25);
    assert_eq!(make("ftrl", &given, false).learning_rate(), 0.25);
    assert_eq!(make("ftrl", &given, true).learning_rate(), 0.5);
}

/// A given rate stands for `base_lr` in the whole schedule, after a restart too; 1.9.1 forgets it when the curve or
/// the warm-up is computed from the rate that the schedule was made with.
#[test]
fn a_given_rate_is_that_of_the_whole_schedule() {
    let rates = |mxnet_1_9_1: bool, params: &[(&str, &str)]| -> Vec<f64> {
        let (mut optimizer, weight) = (make("sgd", params, mxnet_1_9_1), vector(&[1.0]));
        let next = |number: i32| {
            if number == 3 {
                let saved = optimizer.save_states().unwrap();
                optimizer = Optimizer::from_saved(&saved, engine(), &|_| Ok(None)).unwrap();
            }
            step(&optimizer, 0, &weight, &[0.0]);
            optimizer.learning_rate()
        };
        (0..6).map(next).collect()
    };
    let factor = [("lr_scheduler.step", "2"), ("lr_scheduler.factor", "0.5")];
    for (name, own) in [
        ("factor", &factor[..]),
        ("multifactor", &[("lr_scheduler.step", "[1, 4]"), ("lr_scheduler.factor", "0.5")]),
        ("poly", &[("lr_scheduler.max_update", "8")]),
        ("cosine", &[("lr_scheduler.max_update", "8"), ("lr_scheduler.final_lr", "0.01")]),
    ] {
        for warmup in
            [&[][..], &[("lr_scheduler.warmup_steps", "4"), ("lr_scheduler.warmup_begin_lr", "0.1")]]
        {
            let schedule = |params: &[(&'static str, &'static str)]| {
                [&[("lr_scheduler", name)], own, warmup, params].concat()
            };
            let meant = rates(false, &schedule(&[("lr_scheduler.base_lr", "0.25")]));
            let given = schedule(&[("lr_scheduler.base_lr", "0.5"), ("learning_rate", "0.25")]);
            assert_eq!(rates(false, &given), meant, "{name} {warmup:?}");
            let follows = name.ends_with("factor") && warmup.is_empty();
            assert_eq!(rates(true, &given) == meant, follows, "{name} {warmup:?} as in 1.9.1");
        }
    }
}

#[test]
fn adamw_decays_by_the_plain_rate() {
    let (lr, wd, b1, b2, epsilon) = (0.1f64, 0.3f64, 0.9f64, 0.999f64, 1e-6);
    let (optimizer, weight) =
        (make("adamw", &[("learning_rate", "0.1"), ("wd", "0.3")], false), vector(&[1.0]));
    let (mut w, mut m, mut v) = (1.0f64, 0.0, 0.0);
    for (t, g) in [(1, 0.5f64), (2, -1.5), (3, 0.25)] {
        step(&optimizer, 0, &weight, &[g as f32]);
        (m, v) = (b1 * m + (1.0 - b1) * g, b2 * v + (1.0 - b2) * g * g);
        let correction = (1.0 - b2.powi(t)).sqrt() / (1.0 - b1.powi(t));
        w -= lr * (correction * m / (v.sqrt() + epsilon) + wd * w);
    }
    assert!((f64::from(of(&weight)[0]) - w).abs() < 1e-5, "{:?} {w}", of(&weight));
}

/// The residual is normal noise of variance lr, new at every update, and the same again after a restart.
#[test]
fn sgld_adds_noise() {
    let params = [("learning_rate", "0.04"), ("wd", "0.1"), ("seed", "7")];
    let (optimizer, count) = (make("sgld", &params, false), 20_000);
    let weight = vector(&vec![1.0; count]);
    let residual = |before: &[f32], after: &[f32]| -> Vec<f64> {
        let moved = |(before, after): (&f32, &f32)| {
            f64::from(*after) - (f64::from(*before) - 0.02 * (0.5 + 0.1 * f64::from(*before)))
        };
        before.iter().zip(after).map(moved).collect()
    };
    let start = of(&weight);
    step(&optimizer, 0, &weight, &vec![0.5; count]);
    let first = of(&weight);
    let saved = optimizer.save_states().unwrap();
    step(&optimizer, 0, &weight, &vec![0.5; count]);
    let (one, two) = (residual(&start, &first), residual(&first, &of(&weight)));
    for noise in [&one, &two] {
        let mean = noise.iter().sum::<f64>() / count as f64;
        let variance = noise.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / count as f64;
        assert!(mean.abs() < 0.006 && (variance - 0.04).abs() < 0.002, "{mean} {variance}");
    }
    let both = one.iter().zip(&two).map(|(a, b)| a * b).sum::<f64>() / count as f64;
    assert!(both.abs() < 0.002, "the noise of two updates is related: {both}");
    let (resumed, again) = (Optimizer::from_saved(&saved, engine(), &|_| Ok(None)).unwrap(), vector(&first));
    step(&resumed, 0, &again, &vec![0.5; count]);
    assert_eq!(of(&again), of(&weight));
}

/// A first update that fails leaves the key as if it had not been.
#[test]
fn a_failed_first_update_does_not_spoil_the_states() {
    use crate::array::{Part, RowSparse};
    let rows = |numbers: &[i64], value: f32| {
        let parts = RowSparse {
            indices: Part::indices(numbers).unwrap(),
            values: Part::from_slice(Shape::new(&[numbers.len() as i64, 1]), &vec![value; numbers.len()])
                .unwrap(),
        };
        NdArray::from_row_sparse(parts, Shape::new(&[2, 1]), Device::cpu(0)).unwrap()
    };
    let optimizer = make("dcasgd", &[("learning_rate", "0.5"), ("lamda", "2")], false);
    // It does not hold all its rows, which only the kernel sees.
    assert!(optimizer.update(&Index::Int(0), &rows(&[1], 1.0), &rows(&[1], 1.0)).is_err());
    let weight = rows(&[0, 1], 1.0);
    optimizer.update(&Index::Int(0), &weight, &rows(&[0, 1], 1.0)).unwrap();
    // With a previous weight of 0 instead of 1 it would be -0.5.
    let parts = weight.read_row_sparse().unwrap();
    assert_eq!(parts.values.elements::<f32>().unwrap(), [0.5, 0.5]);
}

#[test]
fn listed_rows_without_elements_are_no_rows() {
    let shape = Shape::new(&[3, 0]);
    let weight = NdArray::zeros(shape.clone(), DType::Float32, Device::cpu(0)).unwrap();
    let parts = RowSparse {
        indices: Part::indices(&[0, 2]).unwrap(),
        values: Part::new(DType::Float32, shape.with_rows(2)).unwrap(),
    };
    let gradient = NdArray::from_row_sparse(parts, shape, Device::cpu(0)).unwrap();
    for (name, momentum) in [("adam", None), ("sgd", Some(("momentum", "0.9")))] {
        for lazy in ["true", "false"] {
            let params: Vec<_> = [("lazy_update", lazy)].into_iter().chain(momentum).collect();
            make(name, &params, false).update(&Index::Int(0), &weight, &gradient).unwrap();
        }
    }
}

#[test]
fn scalars_are_finite_unless_a_stock_frontend_gave_them() {
    let made = |param, value, mxnet_1_9_1| {
        let spec = Spec { mxnet_1_9_1, ..Spec::from_params("adam", &[(param, value)]).unwrap() };
        Optimizer::new(&spec, engine()).map(drop)
    };
    for param in ["learning_rate", "wd", "rescale_grad", "clip_gradient", "epsilon", "beta1"] {
        for value in ["nan", "inf", "-inf"] {
            let refused = made(param, value, false).unwrap_err().to_string();
            assert!(refused.contains(param) && refused.contains("a finite number"), "{refused}");
            made(param, value, true).unwrap();
        }
    }
}

#[test]
fn a_text_key_that_equals_a_name_decays_like_it() {
    let spec =
        Spec::from_params("sgd", &[("wd", "0.5"), ("learning_rate", "1"), ("param_idx2name.0", "fc_bias")]);
    let optimizer = Optimizer::new(&spec.unwrap(), engine()).unwrap();
    let (bias, other) = (vector(&[1.0]), vector(&[1.0]));
    optimizer.update(&Index::from("fc_bias"), &bias, &vector(&[0.0])).unwrap();
    optimizer.update(&Index::from("other_bias"), &other, &vector(&[0.0])).unwrap();
    assert_eq!([of(&bias), of(&other)], [[1.0], [0.5]]);
}
