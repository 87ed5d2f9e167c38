//! The bare kernels, in GB/s of traffic that cannot be avoided (each input read once, each output written
//! once): `cargo bench --bench kernels`.

use mxkv::mem::{Block, copy, crew};
use mxkv::ops::simd::{Order, sum_into};
use std::time::Instant;

const BYTES: usize = 96 << 20;

fn main() {
    let blocks: Vec<Block> = (0..6).map(|_| filled(BYTES)).collect();
    run(blocks);
}

fn filled(bytes: usize) -> Block {
    let mut block = Block::new(bytes).expect("memory");
    block.fill(1);
    block
}

fn run(mut blocks: Vec<Block>) {
    let (out, inputs) = blocks.split_at_mut(1);
    let out: &mut [u8] = &mut out[0];
    for array in [8 << 20, BYTES] {
        print!("{:8} KB:", array >> 10);
        report("memcpy", 2 * BYTES, || {
            out.chunks_mut(array).zip(inputs[0].chunks(array)).for_each(|(to, from)| to.copy_from_slice(from));
        });
        report("stream", 2 * BYTES, || {
            out.chunks_mut(array).zip(inputs[0].chunks(array)).for_each(|(to, from)| copy::Stream::new().copy(to, from));
        });
        for count in [2, 4] {
            report(&format!("sum {count}"), (count + 1) * BYTES, || {
                for (i, to) in out.chunks_mut(array).enumerate() {
                    let from: Vec<&[f32]> = inputs[..count]
                        .iter()
                        .map(|x| bytemuck::cast_slice(&x[i * array..i * array + to.len()]))
                        .collect();
                    sum_into(bytemuck::cast_slice_mut::<u8, f32>(to), &from, Order::Fours);
                }
            });
            report(&format!("crew {count}"), (count + 1) * BYTES, || {
                for (i, to) in out.chunks_mut(array).enumerate() {
                    let from: Vec<&[u8]> =
                        inputs[..count].iter().map(|x| &x[i * array..i * array + to.len()]).collect();
                    let piece = 256 << 10;
                    let items = to.chunks_mut(piece).enumerate().collect();
                    crew::for_each(items, |(p, to): (usize, &mut [u8])| {
                        let from: Vec<&[f32]> = from
                            .iter()
                            .map(|x| bytemuck::cast_slice(&x[p * piece..p * piece + to.len()]))
                            .collect();
                        sum_into(bytemuck::cast_slice_mut::<u8, f32>(to), &from, Order::Fours);
                    });
                }
            });
        }
        println!();
    }
    let (from, outs) = blocks.split_at_mut(1);
    let mut outs: Vec<&mut [u8]> = outs.iter_mut().take(4).map(|block| &mut block[..]).collect();
    report("one to four", 5 * BYTES, || copy::copy_to_all(&mut outs, &from[0]));
    println!();
}

fn report(name: &str, bytes: usize, mut work: impl FnMut()) {
    let mut times: Vec<f64> = (0..25)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed().as_secs_f64()
        })
        .collect();
    times.sort_by(f64::total_cmp);
    print!("  {name} {:.1}", bytes as f64 / times[2] / 1e9);
}
