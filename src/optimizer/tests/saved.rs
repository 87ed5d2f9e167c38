//! Saving and loading.

use super::*;
use crate::array::{DType, Device, NdArray, Shape};
use crate::base::ErrorKind;

fn vector(values: &[f32]) -> NdArray {
    NdArray::from_slice(Shape::new(&[values.len() as i64]), values, Device::cpu(0)).unwrap()
}

fn sgd() -> Optimizer {
    let params = [
        ("momentum", "0.9"),
        ("wd", "0.01"),
        ("lr_scheduler", "factor"),
        ("lr_scheduler.step", "2"),
        ("lr_scheduler.factor", "0.5"),
        ("lr_scheduler.base_lr", "0.3"),
    ];
    Optimizer::new(&Spec::from_params("SGD", &params).unwrap(), engine()).unwrap()
}

fn step(optimizer: &Optimizer, weights: &[NdArray], number: usize) {
    for (key, weight) in weights.iter().enumerate() {
        let gradient = vector(&[number as f32, -1.0, 0.25]);
        let index = if key == 0 { Index::Int(7) } else { Index::from("7") };
        optimizer.update(&index, weight, &gradient).unwrap();
    }
}

fn content(weights: &[NdArray]) -> Vec<Vec<f32>> {
    weights.iter().map(|weight| weight.read::<f32>().unwrap().to_vec()).collect()
}

#[test]
fn training_goes_on_as_if_it_had_not_stopped() {
    let (optimizer, weights) = (sgd(), [vector(&[1.0, 2.0, 3.0]), vector(&[0.5, 0.0, -1.0])]);
    (0..5).for_each(|number| step(&optimizer, &weights, number));
    let saved = optimizer.save_states().unwrap();
    let copies = content(&weights).iter().map(|values| vector(values)).collect::<Vec<_>>();
    (5..9).for_each(|number| step(&optimizer, &weights, number));

    for resumed in [Optimizer::from_saved(&saved, engine(), &|_| Ok(None)).unwrap(), sgd()] {
        resumed.load_states(&saved, &|_| Ok(None)).unwrap();
        let copies = content(&copies).iter().map(|values| vector(values)).collect::<Vec<_>>();
        (5..9).for_each(|number| step(&resumed, &copies, number));
        assert_eq!(content(&copies), content(&weights));
        assert_eq!(resumed.spec(), optimizer.spec());
    }
}

#[test]
fn every_broken_file_is_refused_and_changes_nothing() {
    let (optimizer, weights) = (sgd(), [vector(&[1.0, 2.0, 3.0])]);
    step(&optimizer, &weights, 1);
    let saved = optimizer.save_states().unwrap();
    let refuse = |bytes: &[u8]| {
        let kind = optimizer.load_states(bytes, &|_| Ok(None)).unwrap_err().kind();
        assert!(matches!(kind, ErrorKind::Protocol | ErrorKind::Unsupported), "{kind:?}");
        assert_eq!(optimizer.save_states().unwrap(), saved);
    };
    (0..saved.len()).for_each(|end| refuse(&saved[..end]));
    for place in 0..saved.len() {
        let mut changed = saved.clone();
        changed[place] ^= 0x10;
        refuse(&changed);
    }
    refuse(&[saved.clone(), vec![0]].concat());
    refuse(b"\x80\x03N.");
    refuse(b"\x93NUMPY");
    refuse(b"\x80\x03cos\nsystem\nq\x00X\x04\x00\x00\x00trueq\x01\x85q\x02Rq\x03.");
}

/// A file whose checksum is right can still be wrong in every other way.
#[test]
fn a_checksum_is_not_believed() {
    let seal = |mut bytes: Vec<u8>| {
        let checksum = crc32fast::hash(&bytes);
        bytes.extend(checksum.to_le_bytes());
        bytes
    };
    let (optimizer, weights) = (sgd(), [vector(&[1.0, 2.0, 3.0])]);
    step(&optimizer, &weights, 1);
    let saved = optimizer.save_states().unwrap();
    let body = &saved[..saved.len() - 4];
    for place in 8..body.len() {
        for value in [0, 0xff, body[place] ^ 1] {
            let mut changed = body.to_vec();
            changed[place] = value;
            // Some changes are of plain values and load; what does not load must leave everything as it was.
            let before = optimizer.save_states().unwrap();
            if optimizer.load_states(&seal(changed), &|_| Ok(None)).is_err() {
                assert_eq!(optimizer.save_states().unwrap(), before);
            }
        }
    }
}

#[test]
fn states_of_another_optimizer_or_another_weight_are_refused() {
    let (optimizer, weights) = (sgd(), [vector(&[1.0, 2.0, 3.0])]);
    step(&optimizer, &weights, 1);
    let saved = optimizer.save_states().unwrap();
    let other = Optimizer::new(&Spec::from_params("ccsgd", &[]).unwrap(), engine()).unwrap();
    assert!(other.load_states(&saved, &|_| Ok(None)).unwrap_err().to_string().contains("states of sgd"));
    let longer = NdArray::zeros(Shape::new(&[4]), DType::Float32, Device::cpu(0)).unwrap();
    let refused = optimizer.update(&Index::Int(7), &longer, &longer).unwrap_err();
    assert!(refused.to_string().contains("another shape"));
    assert_eq!(optimizer.spec().progress.counts[&Index::Int(7)], 1);
}

/// The states of a rule have one shape for a weight, and what fits another rule's does not fit.
#[test]
fn states_of_another_shape_are_refused_before_anything_changes() {
    let zeros = |shape: &[i64], dtype| NdArray::zeros(Shape::new(shape), dtype, Device::cpu(0)).unwrap();
    let (index, weight) = (Index::Int(0), zeros(&[2, 3], DType::Float32));
    let values = |_: &Index| Ok(Some(weight.clone()));
    for name in rules::names() {
        let optimizer = Optimizer::new(&Spec::from_params(name, &[]).unwrap(), engine()).unwrap();
        optimizer.update(&index, &weight, &zeros(&[2, 3], DType::Float32)).unwrap();
        let before = optimizer.save_states().unwrap();
        optimizer.load_states(&before, &values).unwrap();
        let count = optimizer.state_names().len();
        for (shape, dtype) in [
            (&[2][..], DType::Float32),
            (&[2, 1], DType::Float32),
            (&[2, 3], DType::Float32),
            (&[3, 2], DType::Float32),
            (&[2, 3], DType::Float64),
        ] {
            let is_right = if name == "groupadagrad" { shape == [2, 1] } else { shape == [2, 3] };
            if count == 0 || is_right && dtype == DType::Float32 {
                continue;
            }
            let states = (0..count).map(|_| zeros(shape, dtype)).collect();
            let keys = [(index.clone(), KeyStates { states, master: None })];
            let wrong = encode(&engine(), &optimizer.spec(), &keys).unwrap();
            let refused = optimizer.load_states(&wrong, &values).unwrap_err().to_string();
            assert!(refused.contains("states were made for another"), "{name} {shape:?}: {refused}");
            assert!(optimizer.check_load(&wrong, &values).is_err());
            assert!(Optimizer::from_saved(&wrong, engine(), &values).is_err());
            assert_eq!(optimizer.save_states().unwrap(), before, "{name} {shape:?}");
            // Where the value was not known yet, the first update finds it.
            let late = Optimizer::from_saved(&wrong, engine(), &|_| Ok(None)).unwrap();
            let spec = late.spec();
            assert!(late.update(&index, &weight, &weight).is_err(), "{name} {shape:?}");
            assert_eq!(late.spec(), spec);
        }
    }
}

#[test]
fn states_of_one_key_are_of_one_kind() {
    let adam = Optimizer::new(&Spec::from_params("adam", &[]).unwrap(), engine()).unwrap();
    let longer = NdArray::zeros(Shape::new(&[4]), DType::Float32, Device::cpu(0)).unwrap();
    let wider = NdArray::zeros(Shape::new(&[3]), DType::Float64, Device::cpu(0)).unwrap();
    for other in [longer, wider] {
        let states = [vector(&[0.0; 3]), other].into_iter().collect();
        let keys = [(Index::Int(0), KeyStates { states, master: None })];
        let bytes = encode(&engine(), &adam.spec(), &keys).unwrap();
        let refused = adam.load_states(&bytes, &|_| Ok(None)).unwrap_err();
        assert!(refused.to_string().contains("one shape and type"), "{refused}");
    }
}

/// An update that was skipped because of its gradient's error leaves arrays without content, which are no states.
#[test]
fn states_without_content_are_not_saved() {
    use crate::engine::{Engine, Mode, Operation};
    let engine = Engine::new(Mode::Threaded(2), Default::default());
    let with = |params: &[(&str, &str)], name: &str| {
        Optimizer::new(&Spec::from_params(name, params).unwrap(), engine.clone()).unwrap()
    };
    let array = |dtype: DType, value: f64| {
        let array = NdArray::zeros(Shape::new(&[3]), dtype, Device::cpu(0)).unwrap();
        crate::dispatch_float!(dtype, T => {
            array.write::<T>().unwrap().fill(crate::array::Element::from_f64(value));
            Ok(())
        })
        .unwrap();
        array
    };
    let precise = [("multi_precision", "1"), ("momentum", "0.5")];
    let (precise, plain) = ((&precise[..], "sgd", DType::Float16), (&[][..], "dcasgd", DType::Float32));
    for (params, name, dtype) in [precise, plain] {
        let (first, weight, gradient) = (with(params, name), array(dtype, 2.0), array(dtype, 0.25));
        let writes = [gradient.var()];
        let operation =
            Operation { name: "fail".into(), reads: &[], writes: &writes, priority: 0, bytes: usize::MAX };
        engine.run(operation, || Err(crate::err!(Protocol, "it was lost"))).unwrap();
        first.update(&Index::Int(0), &weight, &gradient).unwrap();
        first.update(&Index::Int(1), &array(dtype, 2.0), &array(dtype, 0.25)).unwrap();
        assert!(engine.wait_to_read(weight.var()).is_err());
        let saved = first.save_states().unwrap();
        let keys: Vec<Index> = decode(&saved).unwrap().1.into_iter().map(|(index, _)| index).collect();
        assert_eq!(keys, [Index::Int(1)], "{name}");
        let resumed = Optimizer::from_saved(&saved, engine.clone(), &|_| Ok(None)).unwrap();
        let (fresh, expected) = (with(params, name), array(dtype, 2.0));
        resumed.update(&Index::Int(0), &weight, &array(dtype, 0.25)).unwrap();
        fresh.update(&Index::Int(0), &expected, &array(dtype, 0.25)).unwrap();
        engine.wait_all().unwrap();
        assert_eq!(*weight.read_bytes().unwrap(), *expected.read_bytes().unwrap(), "{name}");
    }
}

#[test]
fn misspelt_names_get_a_hint() {
    let message = |name: &str, params: &[(&str, &str)]| {
        let spec = Spec::from_params(name, params);
        spec.and_then(|spec| Optimizer::new(&spec, engine())).map(|_| ()).unwrap_err().to_string()
    };
    assert!(message("sgdm", &[]).contains("did you mean 'sgd'"));
    assert!(message("sgd", &[("momentm", "0.9")]).contains("did you mean 'momentum'"));
    assert!(message("sgd", &[("momentum", "fast")]).contains("expected a number, got 'fast'"));
    assert!(message("sgd", &[("lr_mlt.3", "1")]).contains("did you mean 'lr_mult'"));
    assert!(message("sgd", &[("lr_scheduler.step", "1")]).contains("lr_scheduler"));
}

#[test]
fn rates_change_while_training() {
    let optimizer = Optimizer::new(&Spec::from_params("sgd", &[]).unwrap(), engine()).unwrap();
    let weight = vector(&[1.0]);
    optimizer.set(Scalar::LearningRate, 0.5).unwrap();
    optimizer.update(&Index::Int(0), &weight, &vector(&[1.0])).unwrap();
    assert_eq!(*weight.read::<f32>().unwrap(), [0.5]);
    optimizer.set(Scalar::RescaleGrad, 0.5).unwrap();
    optimizer.set(Scalar::Wd, 1.0).unwrap();
    optimizer.update(&Index::Int(0), &weight, &vector(&[1.0])).unwrap();
    assert_eq!(*weight.read::<f32>().unwrap(), [0.0]);
    assert!(optimizer.set(Scalar::LearningRate, f64::NAN).is_err());
    assert!(sgd().set(Scalar::LearningRate, 0.1).is_err());
}

#[test]
fn counts_at_the_end_of_their_range_stay_there() {
    for (count, scheduler) in [(i64::MAX, true), (i64::MAX, false), (i64::MIN, true), (i64::MIN, false)] {
        for name in rules::names() {
            let index = Index::from(0);
            let mut spec = Spec { name: name.to_owned(), ..Spec::default() };
            spec.progress.counts.insert(index.clone(), count);
            spec.scheduler = scheduler.then(|| SchedulerSpec::new("cosine", &[("max_update", "9")]));
            let optimizer = Optimizer::new(&spec, engine()).unwrap();
            let weight = NdArray::zeros(Shape::new(&[2, 2]), DType::Float32, Device::cpu(0)).unwrap();
            let gradient = NdArray::zeros(Shape::new(&[2, 2]), DType::Float32, Device::cpu(0)).unwrap();
            for _ in 0..3 {
                optimizer.update(&index, &weight, &gradient).unwrap();
            }
            let got = optimizer.spec().progress.counts[&index];
            // Some never count.
            assert!(got == count.saturating_add(3) || got == count, "{name}: {got}");
        }
    }
}
