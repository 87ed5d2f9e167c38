//! LBSGD's sum of row_sparse gradients against SGD that gets the mean.

use super::engine;
use crate::array::{Device, NdArray, Part, RowSparse, Shape};
use crate::optimizer::{Index, Optimizer, Spec};
use std::collections::BTreeMap;

const ROWS: usize = 6;
const WIDTH: usize = 2;

type Rows = BTreeMap<i64, [f32; WIDTH]>;

fn row_sparse(rows: &Rows) -> NdArray {
    let numbers: Vec<i64> = rows.keys().copied().collect();
    let elements: Vec<f32> = rows.values().flatten().copied().collect();
    let mut values = Part::new(crate::array::DType::Float32, shape().with_rows(rows.len())).unwrap();
    values.bytes.copy_from_slice(bytemuck::cast_slice(&elements));
    let parts = RowSparse { indices: Part::indices(&numbers).unwrap(), values };
    NdArray::from_row_sparse(parts, shape(), Device::cpu(0)).unwrap()
}

fn shape() -> Shape {
    Shape::new(&[ROWS as i64, WIDTH as i64])
}

fn weights() -> NdArray {
    let values: Vec<f32> = (0..ROWS * WIDTH).map(|x| x as f32 / 4.0 - 1.0).collect();
    NdArray::from_slice(shape(), &values, Device::cpu(0)).unwrap()
}

fn make(name: &str, momentum: &str, more: &[(&str, &str)]) -> Optimizer {
    let params: Vec<_> = [("learning_rate", "0.5"), ("wd", "0.125"), ("momentum", momentum)]
        .into_iter()
        .chain(more.iter().copied())
        .collect();
    Optimizer::new(&Spec::from_params(name, &params).unwrap(), engine()).unwrap()
}

#[test]
fn a_step_changes_the_rows_of_all_gradients_of_its_sum_and_no_others() {
    let gradients: [Rows; 6] = [
        [(0, [1.0, -1.0]), (2, [0.25, 0.5])].into(),
        [(2, [0.5, 0.0])].into(),
        // Zeros that are there count, negative ones too.
        [(1, [0.0, 0.0])].into(),
        [(4, [-0.0, -0.0])].into(),
        [(5, [2.0, 0.0])].into(),
        [(5, [-2.0, 0.0])].into(),
    ];
    for momentum in ["0.0", "0.5"] {
        let scale = [("batch_scale", "2"), ("warmup_strategy", "constant")];
        let (mut summing, plain) = (make("lbsgd", momentum, &scale), make("sgd", momentum, &[]));
        let (ours, twin) = (weights(), weights());
        for pair in gradients.chunks(2) {
            let mut mean = Rows::new();
            for rows in pair {
                summing.update(&Index::Int(0), &ours, &row_sparse(rows)).unwrap();
                let saved = summing.save_states().unwrap();
                summing = Optimizer::from_saved(&saved, engine(), &|_| Ok(None)).unwrap();
                for (row, values) in rows {
                    let sum = mean.entry(*row).or_default();
                    sum.iter_mut().zip(values).for_each(|(sum, x)| *sum += x / 2.0);
                }
            }
            plain.update(&Index::Int(0), &twin, &row_sparse(&mean)).unwrap();
            let (ours, twin) = (ours.read::<f32>().unwrap(), twin.read::<f32>().unwrap());
            assert_eq!(*ours, *twin, "momentum {momentum}, rows {:?}", mean.keys());
        }
    }
}

#[test]
fn a_dense_gradient_makes_all_rows_present() {
    let scale = [("batch_scale", "2"), ("warmup_strategy", "constant")];
    let (summing, plain) = (make("lbsgd", "0.5", &scale), make("sgd", "0.5", &[]));
    let (ours, twin) = (weights(), weights());
    let zeros = NdArray::zeros(shape(), crate::array::DType::Float32, Device::cpu(0)).unwrap();
    summing.update(&Index::Int(0), &ours, &zeros).unwrap();
    summing.update(&Index::Int(0), &ours, &row_sparse(&[(3, [1.0, 2.0])].into())).unwrap();
    let mut mean: Rows = (0..ROWS as i64).map(|row| (row, [0.0; WIDTH])).collect();
    mean.insert(3, [0.5, 1.0]);
    plain.update(&Index::Int(0), &twin, &row_sparse(&mean)).unwrap();
    assert_eq!(*ours.read::<f32>().unwrap(), *twin.read::<f32>().unwrap());
}
