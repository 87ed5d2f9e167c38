//! Sum, update and copies in one pass have the bits of the three steps one after the other.

use crate::array::{DType, Device, Element, NdArray, Shape};
use crate::base::sync::Arc;
use crate::engine::{Engine, Mode};
use crate::ops::kernels::storage::copy_of;
use crate::ops::kernels::sum::{SumOrder, sum_arrays};
use crate::optimizer::{Index, Optimizer, Spec, rules};
use crate::telemetry::Trace;
use proptest::prelude::*;

fn random(len: usize, dtype: DType, state: &mut u64) -> NdArray {
    let array = NdArray::new(Shape::new(&[len as i64]), dtype, Device::cpu(0)).unwrap();
    crate::dispatch_float!(dtype, T => {
        for x in array.write::<T>().unwrap().iter_mut() {
            *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *x = T::from_f64((*state >> 40) as f64 / f64::from(1 << 23) - 1.0);
        }
        Ok(())
    })
    .unwrap();
    array
}

fn check(engine: &Engine, name: &str, dtype: DType, len: usize, devices: usize, order: SumOrder, seed: u64) {
    let params =
        [("wd", "0.01"), ("clip_gradient", "0.8"), ("rescale_grad", "0.7"), ("multi_precision", "True")];
    let with_momentum = [&params[..], &[("momentum", "0.9")]].concat();
    let has_momentum = ["sgd", "nag", "dcasgd"].contains(&name);
    let spec = Spec::from_params(name, if has_momentum { &with_momentum } else { &params }).unwrap();
    let [fused, stepwise] = [(); 2].map(|()| Optimizer::new(&spec, engine.clone()).unwrap());
    let mut state = seed | 1;
    let weight = random(len, dtype, &mut state);
    let (ours, theirs) = (copy_of(&weight).unwrap(), copy_of(&weight).unwrap());
    for _ in 0..2 {
        let gradients: Vec<NdArray> = (0..devices).map(|_| random(len, dtype, &mut state)).collect();
        let outs: Vec<NdArray> = (0..devices).map(|_| random(len, dtype, &mut state)).collect();
        assert!(fused.can_fuse(&ours, &gradients, &outs), "{name}");
        fused.update_with(&Index::Int(0), &ours, &gradients, order, &outs, 0).unwrap();
        let sum = copy_of(&gradients[0]).unwrap();
        if devices > 1 {
            sum_arrays(&sum, &gradients, &[], order).unwrap();
        }
        stepwise.update(&Index::Int(0), &theirs, &sum).unwrap();
        engine.wait_all().unwrap();
        let want = theirs.read_bytes().unwrap();
        for array in outs.iter().chain([&ours]) {
            assert!(*array.read_bytes().unwrap() == *want, "{name} {dtype} {len} {devices} {order:?}");
        }
    }
    let same = |(a, b): (&NdArray, &NdArray)| *a.read_bytes().unwrap() == *b.read_bytes().unwrap();
    let (a, b) = (fused.states().unwrap(), stepwise.states().unwrap());
    assert!(a[0].1.states.iter().zip(&b[0].1.states).all(same), "{name}: states");
}

fn engine() -> Engine {
    Engine::new(Mode::Threaded(2), Arc::new(Trace::default()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn one_pass_has_the_bits_of_three(
        which in any::<prop::sample::Index>(),
        dtype in prop::sample::select(vec![DType::Float16, DType::Float32, DType::Float64]),
        len in prop_oneof![1usize..5, 1000usize..1100, 5000usize..9000],
        devices in 1usize..7,
        order in prop::sample::select(vec![SumOrder::InFours, SumOrder::LeftToRight]),
        seed in any::<u64>(),
    ) {
        let names: Vec<&str> =
            rules::names().filter(|name| !["groupadagrad", "lamb", "lars", "lbsgd", "sgld"].contains(name)).collect();
        check(&engine(), names[which.index(names.len())], dtype, len, devices, order, seed);
    }
}

/// Large enough to be shared out to several threads.
#[test]
fn large_arrays_are_cut_at_the_same_places() {
    let engine = engine();
    for name in ["sgd", "adam"] {
        for dtype in [DType::Float32, DType::Float16] {
            check(&engine, name, dtype, 400_003, 3, SumOrder::InFours, 5);
        }
    }
}
