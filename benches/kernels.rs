//! The bare kernels on one thread, in GB/s of traffic that cannot be avoided (each input read once, each output
//! written once), beside the system's memcpy: `cargo bench --bench kernels`.

use mxkv::array::{DType, Device, NdArray, Shape};
use mxkv::base::Result;
use mxkv::mem::copy;
use mxkv::ops::kernels::storage::cast_into;
use mxkv::ops::kernels::sum::{SumOrder, sum_arrays};
use std::time::Instant;

const BYTES: usize = 64 << 20;

fn main() -> Result<()> {
    for array in [1 << 10, 64 << 10, 1 << 20, 8 << 20, BYTES] {
        let rows = (0..BYTES / array).map(|_| five_arrays(array)).collect::<Result<Vec<_>>>()?;
        print!("{:6} KB:", array >> 10);
        report("memcpy", 2, &rows, |[a, b, ..]| {
            a.write_bytes()?.copy_from_slice(&b.read_bytes()?);
            Ok(())
        })?;
        report("copy", 2, &rows, |[a, b, ..]| cast_into(b, a))?;
        for count in [2, 4] {
            report(&format!("sum of {count}"), count + 1, &rows, |[a, others @ ..]| {
                sum_arrays(a, &others[..count], &[], SumOrder::InFours)
            })?;
        }
        report("one to four", 5, &rows, |[a, others @ ..]| {
            let mut views = others.iter().map(NdArray::write_bytes).collect::<Result<Vec<_>>>()?;
            let mut to: Vec<&mut [u8]> = views.iter_mut().map(|view| &mut **view).collect();
            copy::copy_to_all(&mut to, &a.read_bytes()?);
            Ok(())
        })?;
        println!();
    }
    Ok(())
}

fn five_arrays(bytes: usize) -> Result<[NdArray; 5]> {
    let floats = |_| -> Result<NdArray> {
        let array = NdArray::new(Shape::new(&[bytes as i64 / 4]), DType::Float32, Device::cpu(0))?;
        array.write_bytes()?.fill(1);
        Ok(array)
    };
    let all = (0..5).map(floats).collect::<Result<Vec<_>>>()?;
    all.try_into().map_err(|_| mxkv::err!(Internal, "five arrays were made"))
}

/// Prints the second-best of many runs: other programs only ever make a run slower.
fn report(
    name: &str,
    operands: usize,
    rows: &[[NdArray; 5]],
    work: impl Fn(&[NdArray; 5]) -> Result<()>,
) -> Result<()> {
    let time = |_| {
        let start = Instant::now();
        rows.iter().try_for_each(&work)?;
        Ok(start.elapsed().as_secs_f64())
    };
    let mut times = (0..25).map(time).collect::<Result<Vec<_>>>()?;
    times.sort_by(f64::total_cmp);
    print!("  {name} {:.1}", (operands * BYTES) as f64 / times[1] / 1e9);
    Ok(())
}
