//! The behaviours, each on a new store.

use super::bench::*;
use mxkv::array::{DType, Device, NdArray, Shape, Storage};
use mxkv::kvstore::Keys;

/// Runs every behaviour on a store that `make` makes for it.
pub fn run(make: impl Fn() -> Bench) {
    for behaviour in BEHAVIOURS {
        behaviour(&make());
    }
}

const BEHAVIOURS: &[fn(&Bench)] = &[
    init_copies_and_refuses_duplicates,
    the_first_call_fixes_the_kind_of_key,
    unknown_keys_are_errors_and_change_nothing,
    a_push_assigns_the_sum,
    repeated_keys_are_grouped,
    a_pull_converts_and_copies,
    wrong_shapes_are_errors_before_anything_changes,
    element_types_of_values,
    integers_wrap_and_bools_are_refused,
    large_arrays_are_summed_in_order,
    pushpull_in_place_and_elsewhere,
    pushpull_with_arrays_shared_between_keys,
    broadcast_is_all_or_nothing,
    sparse_values,
    sparse_pulls,
    row_pulls,
    updaters_see_keys_in_order,
    updaters_own_what_they_get,
    updaters_may_use_the_store,
    compression_where_it_is_known,
    nothing_to_do_is_no_error,
    a_store_alone_is_rank_0_of_1,
];

fn init_copies_and_refuses_duplicates(bench: &Bench) {
    let value = vector(&[1.0, 2.0]);
    bench.init(3, &value);
    bench.engine.wait_all().unwrap();
    value.write::<f32>().unwrap().fill(9.0);
    assert_eq!(bench.pulled(3, 2), [1.0, 2.0]);
    let keys = [5, 3, 7];
    let values = [vector(&[5.0]), vector(&[3.0]), vector(&[7.0])];
    assert_error(bench.store.init(Keys::Int(&keys), &values), &["duplicate init of key 3"]);
    assert_eq!(bench.pulled(3, 2), [1.0, 2.0]);
    assert_eq!(bench.pulled(5, 1), [5.0], "keys before the bad one stay");
    bench.init(7, &vector(&[7.0]));
}

fn the_first_call_fixes_the_kind_of_key(bench: &Bench) {
    let value = [vector(&[1.0])];
    bench.store.init(Keys::Text(&[]), &[]).unwrap();
    bench.init(1, &value[0]);
    for result in [
        bench.store.init(Keys::Text(&["a"]), &value),
        bench.store.push(Keys::Text(&["a"]), &value, 0),
        bench.store.pull(Keys::Text(&["a"]), &value, 0, true),
    ] {
        assert_error(result, &["Mixed key types are not allowed"]);
    }
}

fn unknown_keys_are_errors_and_change_nothing(bench: &Bench) {
    bench.init(1, &vector(&[1.0]));
    let values = [vector(&[7.0]), vector(&[8.0]), vector(&[9.0])];
    assert_error(bench.store.push(Keys::Int(&[1, 2, 2]), &values, 0), &["key 2 has not been inited"]);
    assert_error(bench.store.pull(Keys::Int(&[2]), &values[..1], 0, true), &["key 2 has not been inited"]);
    let (keys, outs) = (Keys::Int(&[1]), Keys::Int(&[2]));
    assert_error(bench.store.pushpull(keys, &values[..1], outs, &values[1..2], 0), &["key 2"]);
    assert_eq!(bench.pulled(1, 1), [1.0]);
    assert_error(bench.store.push(Keys::Int(&[1, 1]), &values, 0), &["vals", "2", "3"]);
}

fn a_push_assigns_the_sum(bench: &Bench) {
    bench.init(1, &vector(&[10.0]));
    for count in 1..7 {
        let values: Vec<NdArray> = (0..count).map(|i| on(i, &[(i + 1) as f32])).collect();
        bench.push(1, &values);
        assert_eq!(bench.pulled(1, 1), [(count * (count + 1) / 2) as f32]);
    }
}

fn repeated_keys_are_grouped(bench: &Bench) {
    bench.store.init(Keys::Text(&["b", "", "ü"]), &[vector(&[0.0]), vector(&[0.0]), vector(&[0.0])]).unwrap();
    let values: Vec<NdArray> = [1.0, 2.0, 4.0, 8.0, 16.0].iter().map(|x| vector(&[*x])).collect();
    bench.store.push(Keys::Text(&["ü", "b", "ü", "", "b"]), &values, 0).unwrap();
    let outs: Vec<NdArray> = (0..4).map(|_| vector(&[0.0])).collect();
    bench.store.pull(Keys::Text(&["", "ü", "b", "ü"]), &outs, 0, true).unwrap();
    let seen: Vec<f32> = outs.iter().map(|out| bench.content(out)[0]).collect();
    assert_eq!(seen, [8.0, 5.0, 18.0, 5.0]);
    let error = bench.store.push(Keys::Text(&["c"]), &values[..1], 0);
    assert_error(error, &["key c doesn't exist. Did you init?"]);
}

fn a_pull_converts_and_copies(bench: &Bench) {
    bench.init(1, &vector(&[1.5, -2.75]));
    for dtype in [DType::Float64, DType::Float16, DType::Int8, DType::Int64] {
        let out = NdArray::zeros(Shape::new(&[2]), dtype, Device::cpu(3)).unwrap();
        bench.store.pull(Keys::Int(&[1]), std::slice::from_ref(&out), 0, true).unwrap();
        let back = vector(&[0.0, 0.0]);
        bench.engine.wait_to_read(out.var()).unwrap();
        mxkv::ops::kernels::storage::cast_into(&out, &back).unwrap();
        let want = if dtype.is_float() { [1.5, -2.75] } else { [1.0, -2.0] };
        assert_eq!(bench.content(&back), want);
    }
    let out = vector(&[0.0, 0.0]);
    bench.store.pull(Keys::Int(&[1]), std::slice::from_ref(&out), 0, true).unwrap();
    bench.engine.wait_all().unwrap();
    out.write::<f32>().unwrap().fill(9.0);
    assert_eq!(bench.pulled(1, 2), [1.5, -2.75]);
}

fn wrong_shapes_are_errors_before_anything_changes(bench: &Bench) {
    bench.store.init(Keys::Int(&[1, 2]), &[vector(&[1.0]), vector(&[2.0, 2.0])]).unwrap();
    let (good, bad) = (vector(&[5.0]), vector(&[1.0, 2.0, 3.0]));
    let values = [good.clone(), bad.clone(), bad.clone()];
    let mismatch = &["operands shape mismatch from.shape = [3] to.shape=[2]"];
    assert_error(bench.store.push(Keys::Int(&[1, 2, 2]), &values, 0), mismatch);
    assert_eq!(bench.pulled(1, 1), [1.0]);
    let outs = [vector(&[0.0]), vector(&[0.0])];
    let mismatch = &["operands shape mismatch from.shape = [2] to.shape=[1]"];
    assert_error(bench.store.pull(Keys::Int(&[1, 2]), &outs, 0, true), mismatch);
    assert_eq!(bench.content(&outs[0]), [0.0]);
    let keys = Keys::Int(&[1, 2]);
    let values = [good, vector(&[1.0, 1.0])];
    assert_error(bench.store.pushpull(keys, &values, keys, &outs, 0), mismatch);
    assert_eq!(bench.pulled(1, 1), [1.0]);
}

fn element_types_of_values(bench: &Bench) {
    let double = |x: f64| NdArray::from_slice(Shape::new(&[1]), &[x], Device::cpu(0)).unwrap();
    bench.init(1, &vector(&[0.0]));
    let result = bench.try_push(1, &[double(1.5), double(2.5)]);
    if bench.abilities.casts_values {
        result.unwrap();
        assert_eq!(bench.pulled(1, 1), [4.0]);
    } else {
        assert_error(result, &["float32", "float64"]);
    }
}

fn integers_wrap_and_bools_are_refused(bench: &Bench) {
    let hundred = NdArray::from_slice(Shape::new(&[1]), &[100i8], Device::cpu(0)).unwrap();
    bench.init(1, &hundred);
    bench.push(1, &[hundred.clone(), hundred.clone(), hundred.clone()]);
    assert_eq!(bench.pulled(1, 1), [44.0]);
    let yes = NdArray::zeros(Shape::new(&[1]), DType::Bool, Device::cpu(0)).unwrap();
    bench.init(2, &yes);
    assert_error(bench.try_push(2, &[yes.clone(), yes]), &["Unknown type enum 7"]);
}

/// Above the sizes at which work goes to other threads; whole numbers, so the order of the sum does not matter,
/// but the order of pushes and pulls does.
fn large_arrays_are_summed_in_order(bench: &Bench) {
    const LEN: usize = 600_000;
    let filled = |x: f32| vector(&vec![x; LEN]);
    bench.init(1, &filled(0.0));
    let out = filled(-1.0);
    let earlier = filled(-1.0);
    for round in 0..4 {
        let values: Vec<NdArray> = (0..3).map(|i| filled((round * 3 + i) as f32)).collect();
        bench.store.push(Keys::Int(&[1, 1, 1]), &values, -round).unwrap();
        bench.store.pull(Keys::Int(&[1]), std::slice::from_ref(&out), round, true).unwrap();
        if round == 1 {
            bench.store.pull(Keys::Int(&[1]), std::slice::from_ref(&earlier), 0, true).unwrap();
        }
    }
    assert!(bench.content(&out).iter().all(|x| *x == 30.0));
    assert!(bench.content(&earlier).iter().all(|x| *x == 12.0));
}

fn pushpull_in_place_and_elsewhere(bench: &Bench) {
    for (key, len) in [(1, 3), (2, 500_000)] {
        bench.init(key, &vector(&vec![0.0; len]));
        let values: Vec<NdArray> = (1..4).map(|i| on(i, &vec![i as f32; len])).collect();
        let other = vector(&vec![0.0; len]);
        let keys = Keys::Int(&[key, key, key]);
        for (outs, want) in
            [([&other, &values[2], &values[0]], 6.0), ([&values[0], &values[1], &values[2]], 14.0)]
        {
            let outs: Vec<NdArray> = outs.into_iter().cloned().collect();
            bench.store.pushpull(keys, &values, keys, &outs, 0).unwrap();
            for out in &outs {
                assert!(bench.content(out).iter().all(|x| *x == want), "{:?}", bench.content(out)[0]);
            }
            assert_eq!(bench.pulled(key, len)[0], want);
        }
        let single = vector(&vec![5.0; len]);
        let out = vector(&vec![0.0; len]);
        let (keys, out_keys) = (Keys::Int(&[key]), Keys::Int(&[key, key]));
        let outs = [out.clone(), single.clone()];
        bench.store.pushpull(keys, std::slice::from_ref(&single), out_keys, &outs, 0).unwrap();
        assert_eq!((bench.content(&out)[0], bench.content(&single)[0]), (5.0, 5.0));
    }
}

/// All pushes come before all pulls: an out of one key may be a value of another, or a part of it.
fn pushpull_with_arrays_shared_between_keys(bench: &Bench) {
    bench.store.init(Keys::Int(&[1, 2]), &[vector(&[0.0, 0.0]), vector(&[0.0, 0.0])]).unwrap();
    let whole = vector(&[1.0, 2.0, 3.0, 4.0]);
    let (head, middle) = (whole.slice(0, 2).unwrap(), whole.slice(1, 3).unwrap());
    let other = vector(&[10.0, 20.0]);
    let keys = Keys::Int(&[1, 1, 2, 2]);
    let values = [head.clone(), other.clone(), middle.clone(), other.clone()];
    let outs = [middle.clone(), vector(&[0.0, 0.0]), other.clone(), head.clone()];
    bench.store.pushpull(keys, &values, keys, &outs, 0).unwrap();
    assert_eq!(bench.content(&outs[1]), [11.0, 22.0]);
    assert_eq!(bench.content(&other), [12.0, 23.0]);
    assert_eq!(bench.content(&whole), [12.0, 23.0, 22.0, 4.0]);
}

fn broadcast_is_all_or_nothing(bench: &Bench) {
    let outs = [vector(&[0.0]), vector(&[0.0])];
    let (keys, out_keys) = (Keys::Text(&["a"]), Keys::Text(&["a", "a"]));
    bench.store.broadcast(keys, &[vector(&[6.0])], out_keys, &outs, 0).unwrap();
    assert_eq!((bench.content(&outs[0]), bench.content(&outs[1])), (vec![6.0], vec![6.0]));
    assert_error(
        bench.store.broadcast(keys, &[vector(&[1.0])], out_keys, &outs, 0),
        &["duplicate init of key a"],
    );
    let new = Keys::Text(&["b"]);
    let wrong = [vector(&[0.0, 0.0])];
    assert_error(bench.store.broadcast(new, &[vector(&[1.0])], new, &wrong, 0), &["shape mismatch"]);
    assert_error(
        bench.store.broadcast(new, &[vector(&[1.0])], Keys::Text(&["c"]), &outs[..1], 0),
        &["key c"],
    );
    bench.store.init(new, &[vector(&[2.0])]).expect("the failed broadcasts left no key behind");
}

fn sparse_values(bench: &Bench) {
    bench.init(1, &no_rows());
    bench.push(1, &[rows(&[1, 4], &[1.0, 2.0, 3.0, 4.0]), rows(&[0, 4], &[5.0, 5.0, 10.0, 20.0])]);
    let out = no_rows();
    bench.store.pull(Keys::Int(&[1]), std::slice::from_ref(&out), 0, false).unwrap();
    assert_eq!(bench.rows(&out), (vec![0, 1, 4], vec![5.0, 5.0, 1.0, 2.0, 13.0, 24.0]));
    let dense = matrix(5, &[1.0; 10]);
    bench.push(1, &[rows(&[2], &[1.0, 2.0]), dense.clone()]);
    bench.store.pull(Keys::Int(&[1]), std::slice::from_ref(&out), 0, false).unwrap();
    assert_eq!(bench.rows(&out).0, [0, 1, 2, 3, 4]);
    bench.push(1, &[dense.clone(), rows(&[2], &[1.0, 2.0])]);
    bench.store.pull(Keys::Int(&[1]), std::slice::from_ref(&dense), 0, true).unwrap();
    assert_eq!(bench.content(&dense)[3..7], [1.0, 2.0, 3.0, 1.0]);
    let csr = NdArray::empty(Storage::Csr, Shape::new(&[5, 2]), DType::Float32, Device::cpu(0)).unwrap();
    assert_error(bench.try_push(1, &[csr]), &["Unexpected storage type", "csr"]);
}

fn sparse_pulls(bench: &Bench) {
    bench.init(1, &rows(&[1, 3], &[1.0, 1.5, 3.0, 3.5]));
    let (sparse, dense) = (no_rows(), matrix(5, &[9.0; 10]));
    bench.store.pull(Keys::Int(&[1, 1]), &[sparse.clone(), dense.clone()], 0, true).unwrap();
    assert_eq!(bench.rows(&sparse).0, [0i64; 0]);
    assert_eq!(bench.content(&dense)[2..8], [1.0, 1.5, 0.0, 0.0, 3.0, 3.5]);
    bench.store.pull(Keys::Int(&[1]), std::slice::from_ref(&sparse), 0, false).unwrap();
    assert_eq!(bench.rows(&sparse), (vec![1, 3], vec![1.0, 1.5, 3.0, 3.5]));
    bench.init(2, &matrix(5, &[0.0, 0.0, 0.0, 7.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]));
    bench.store.pull(Keys::Int(&[2]), std::slice::from_ref(&sparse), 0, false).unwrap();
    assert_eq!(bench.rows(&sparse), (vec![1], vec![0.0, 7.0]));
}

fn row_pulls(bench: &Bench) {
    bench.init(1, &rows(&[1, 3], &[1.0, 1.5, 3.0, 3.5]));
    bench.init(2, &matrix(5, &[1.0; 10]));
    let out = no_rows();
    let pull = |key: i32, out: &NdArray, ids: &NdArray| {
        bench.store.pull_row_sparse(
            Keys::Int(&[key]),
            std::slice::from_ref(out),
            std::slice::from_ref(ids),
            0,
        )
    };
    pull(1, &out, &matrix(2, &[3.0, 1.0, 9.0, 3.0])).unwrap();
    assert_eq!(bench.rows(&out), (vec![1, 3, 9], vec![1.0, 1.5, 3.0, 3.5, 0.0, 0.0]));
    assert_error(pull(2, &out, &vector(&[1.0])), &["row_sparse"]);
    assert_error(pull(1, &matrix(5, &[1.0; 10]), &vector(&[1.0])), &["row_sparse"]);
    assert_error(pull(1, &out, &no_rows()), &["row_ids"]);
}

fn updaters_see_keys_in_order(bench: &Bench) {
    let (adder, calls) = Adder::new(bench, 2.0);
    bench.store.init(Keys::Text(&["z", "a"]), &[vector(&[100.0]), vector(&[200.0])]).unwrap();
    bench.store.set_updater(adder).unwrap();
    let values = [vector(&[1.0]), vector(&[2.0]), vector(&[4.0])];
    let keys = Keys::Text(&["a", "z", "a"]);
    bench.store.push(keys, &values, 0).unwrap();
    assert_eq!(*calls.lock(), ["z", "a"]);
    let outs = [vector(&[0.0]), vector(&[0.0])];
    bench.store.pushpull(keys, &values, Keys::Text(&["z", "a"]), &outs, 0).unwrap();
    assert_eq!((bench.content(&outs[0])[0], bench.content(&outs[1])[0]), (108.0, 220.0));
}

/// A sum that an updater got is not the stored value, even where an earlier push had stored the sum itself.
fn updaters_own_what_they_get(bench: &Bench) {
    bench.init(1, &vector(&[0.0]));
    bench.push(1, &[vector(&[1.0]), vector(&[2.0])]);
    let (adder, _) = Adder::new(bench, 10.0);
    bench.store.set_updater(adder).unwrap();
    for _ in 0..2 {
        bench.push(1, &[vector(&[1.0]), vector(&[1.0])]);
    }
    assert_eq!(bench.pulled(1, 1), [43.0]);
}

fn updaters_may_use_the_store(bench: &Bench) {
    use mxkv::base::Result;
    use mxkv::base::sync::{Arc, Mutex, Weak};
    use mxkv::kvstore::{Key, KeyKind, Updater};

    /// Pushes half of what it gets to the same key until little is left.
    struct Again(Mutex<Weak<Bench>>);
    impl Updater for Again {
        fn accepts(&self, _kind: KeyKind) -> Result<()> {
            Ok(())
        }
        fn update(&self, key: &Key, pushed: NdArray, stored: NdArray) -> Result<()> {
            let bench = self.0.lock().upgrade().expect("the bench lives");
            let amount = bench.content(&pushed)[0];
            bench.engine.wait_to_write(stored.var())?;
            stored.write::<f32>()?[0] += amount;
            if amount > 1.0 {
                bench.store.push(
                    Keys::Int(&[key.number(); 2]),
                    &[vector(&[amount / 4.0]), vector(&[amount / 4.0])],
                    0,
                )?;
            }
            assert_eq!(bench.content(&pushed)[0], amount, "the inner push summed elsewhere");
            Ok(())
        }
    }
    let own = Arc::new(Bench::new(bench.store.type_name(), bench.engine.mode(), bench.abilities));
    own.init(1, &vector(&[0.0]));
    own.store.set_updater(Arc::new(Again(Mutex::new(Arc::downgrade(&own))))).unwrap();
    own.push(1, &[vector(&[4.0]), vector(&[4.0])]);
    assert_eq!(own.pulled(1, 1), [15.0]);
}

fn compression_where_it_is_known(bench: &Bench) {
    let params = [("type", "2bit"), ("threshold", "0.5")];
    bench.init(1, &vector(&[9.0, 9.0]));
    if !bench.abilities.compression {
        return assert_error(
            bench.store.set_gradient_compression(&params),
            &["compression", bench.store.type_name()],
        );
    }
    bench.push(1, &[vector(&[1.0, 1.0]), vector(&[1.0, 1.0])]);
    bench.store.set_gradient_compression(&params).unwrap();
    let gradients = [vector(&[0.75, -0.3]), vector(&[0.1, -0.3])];
    bench.push(1, &gradients);
    assert_eq!(bench.pulled(1, 2), [0.5, 0.0]);
    bench.push(1, &gradients);
    assert_eq!(bench.pulled(1, 2), [0.5, -1.0]);
    bench.push(1, &gradients[..1]);
    assert_eq!(bench.pulled(1, 2), [0.5, 0.0], "a single gradient is compressed too");
    assert_eq!(bench.content(&gradients[0]), [0.75, -0.3]);
    bench.init(2, &no_rows());
    assert_error(bench.try_push(2, &[rows(&[1], &[1.0, 1.0])]), &["row_sparse"]);
    let doubles = NdArray::zeros(Shape::new(&[1]), DType::Float64, Device::cpu(0)).unwrap();
    bench.init(3, &doubles);
    assert_error(bench.try_push(3, &[doubles]), &["float32", "float64"]);
    assert_error(bench.store.set_gradient_compression(&[("type", "3bit")]), &["Unknown type", "3bit"]);
}

fn nothing_to_do_is_no_error(bench: &Bench) {
    let none = Keys::Int(&[]);
    bench.store.init(none, &[]).unwrap();
    bench.store.push(none, &[], 0).unwrap();
    bench.store.pull(none, &[], 0, true).unwrap();
    bench.store.pushpull(none, &[], none, &[], 0).unwrap();
    bench.store.broadcast(none, &[], none, &[], 0).unwrap();
    let empty = vector(&[]);
    bench.init(1, &empty);
    bench.push(1, &[empty.clone(), empty]);
    assert_eq!(bench.pulled(1, 0), [0f32; 0]);
}

fn a_store_alone_is_rank_0_of_1(bench: &Bench) {
    assert_eq!((bench.store.rank(), bench.store.size()), (0, 1));
    bench.store.barrier().unwrap();
    bench.store.set_barrier_before_exit(false).unwrap();
    bench.store.send_command(0, "x").unwrap();
}
