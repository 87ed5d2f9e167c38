//! The bare kernels on one thread, in GB/s of traffic that cannot be avoided (each input read once, each output
//! written once), beside the system's memcpy: `cargo bench --bench kernels`.

use mxkv::mem::{Block, copy};
use mxkv::ops::simd::{Order, sum_into};
use std::time::Instant;

const BYTES: usize = 64 << 20;

fn main() {
    let mut blocks: Vec<Block> = (0..5).map(|_| filled(BYTES)).collect();
    let (one, four) = blocks.split_at_mut(1);
    for array in [64 << 10, 1 << 20, 8 << 20, BYTES] {
        print!("{:6} KB:", array >> 10);
        let out: &mut [u8] = &mut one[0];
        report("memcpy", 2, || {
            out.chunks_mut(array).zip(four[0].chunks(array)).for_each(|(to, from)| to.copy_from_slice(from));
        });
        report("copy", 2, || {
            out.chunks_mut(array).zip(four[0].chunks(array)).for_each(|(to, from)| copy::copy(to, from));
        });
        for count in [2, 4] {
            report(&format!("sum of {count}"), count + 1, || {
                for (i, to) in out.chunks_mut(array).enumerate() {
                    let from = four[..count].iter().map(|x| &x[i * array..i * array + to.len()]);
                    let from: Vec<&[f32]> = from.map(bytemuck::cast_slice).collect();
                    sum_into(bytemuck::cast_slice_mut::<u8, f32>(to), &from, Order::Fours);
                }
            });
        }
        report("one to four", 5, || {
            for (i, from) in one[0].chunks(array).enumerate() {
                let to = four.iter_mut().map(|x| &mut x[i * array..i * array + from.len()]);
                copy::copy_to_all(&mut to.collect::<Vec<_>>(), from);
            }
        });
        println!();
    }
}

fn filled(bytes: usize) -> Block {
    let mut block = Block::new(bytes).expect("memory");
    block.fill(1);
    block
}

/// Prints the second-best of many runs: other programs only ever make a run slower.
fn report(name: &str, operands: usize, mut work: impl FnMut()) {
    let time = |_| {
        let start = Instant::now();
        work();
        start.elapsed().as_secs_f64()
    };
    let mut times: Vec<f64> = (0..25).map(time).collect();
    times.sort_by(f64::total_cmp);
    print!("  {name} {:.1}", (operands * BYTES) as f64 / times[1] / 1e9);
}
