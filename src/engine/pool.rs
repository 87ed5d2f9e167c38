//! Threads that share one large kernel. A task that touches much memory runs inside the pool, where
//! [`for_each_chunk`] and rayon's parallel iterators spread it over the cores; everywhere else they stay on
//! the calling thread.

use super::Job;
use crate::base::Result;
use crate::base::sync::{Arc, Mutex};
use bytemuck::Pod;
use rayon::prelude::*;
use smallvec::{SmallVec, smallvec};

/// Work that touches fewer bytes than this gains nothing from a second thread.
pub(super) const PARALLEL_BYTES: usize = 1 << 20;

/// Elements per chunk are chosen so that a chunk of one operand is about this large: several operands
/// of a chunk fit into a core's cache.
const CHUNK_BYTES: usize = 128 << 10;

pub(super) struct Pool {
    threads: usize,
    started: Mutex<Option<Arc<rayon::ThreadPool>>>,
}

impl Pool {
    pub(super) fn new(threads: usize) -> Self {
        Pool { threads, started: Mutex::new(None) }
    }

    /// Runs `work` inside the pool, which is started at the first call; here if there is only one thread, or
    /// none can be started.
    pub(super) fn install(&self, work: &mut Job<'_>) -> Result<()> {
        if self.threads < 2 || is_parallel() {
            return work();
        }
        match self.pool() {
            Some(pool) => pool.install(work),
            None => work(),
        }
    }

    /// In the child of a fork the threads are gone; they start again at the next call.
    pub(super) fn forget_threads(&self) {
        // Dropping a pool waits for its threads, which do not exist here.
        std::mem::forget(self.started.lock().take());
    }

    fn pool(&self) -> Option<Arc<rayon::ThreadPool>> {
        let mut started = self.started.lock();
        if started.is_none() {
            let name = |i| format!("mxkv-kernel-{i}");
            let built = rayon::ThreadPoolBuilder::new().num_threads(self.threads).thread_name(name).build();
            *started = built.ok().map(Arc::new);
        }
        started.clone()
    }
}

/// Whether the caller runs inside a pool, so that parallel iterators use its threads.
pub fn is_parallel() -> bool {
    rayon::current_thread_index().is_some()
}

// The work is called through a vtable, once per chunk, and the threading sees bytes: it is then compiled once
// instead of once per kernel and element type, which costs nothing measurable.

/// Calls `work(first, chunk)` for consecutive chunks of `elements`, in parallel inside a pool. `first` is the
/// index of the chunk's first element, to find the same place in other operands.
pub fn for_each_chunk<T: Pod>(elements: &mut [T], work: impl Fn(usize, &mut [T]) + Sync) {
    fn typed<T: Pod>(elements: &mut [T], work: &(dyn Fn(usize, &mut [T]) + Sync)) {
        if !is_parallel() || elements.len() <= per_chunk::<T>() {
            return work(0, elements);
        }
        let bytes = bytemuck::cast_slice_mut(elements);
        spread(smallvec![(bytes, per_chunk::<T>() * size_of::<T>())], &|number, parts| {
            let first = number * per_chunk::<T>();
            parts.iter_mut().for_each(|part| work(first, bytemuck::cast_slice_mut(part)));
        });
    }
    typed(elements, &work);
}

/// As [`for_each_chunk`] for several slices of one length: `work` gets the same chunk of each, so that it can
/// read from the cache what it wrote a moment ago. Outside a pool the chunks follow each other.
pub fn for_each_common_chunk<T: Pod>(slices: &mut [&mut [T]], work: impl Fn(usize, &mut [&mut [T]]) + Sync) {
    for_each_common_chunk_of::<T, u8>(slices, &mut [], |first, slices, _| work(first, slices));
}

type WorkOnTwo<'a, A, B> = dyn Fn(usize, &mut [&mut [A]], &mut [&mut [B]]) + Sync + 'a;

/// As [`for_each_common_chunk`] for two groups of slices of different types; all of them have one length, or
/// are empty in the second group. The second group may be empty.
pub fn for_each_common_chunk_of<A: Pod, B: Pod>(
    first: &mut [&mut [A]],
    second: &mut [&mut [B]],
    work: impl Fn(usize, &mut [&mut [A]], &mut [&mut [B]]) + Sync,
) {
    fn typed<A: Pod, B: Pod>(first: &mut [&mut [A]], second: &mut [&mut [B]], work: &WorkOnTwo<'_, A, B>) {
        if first.first().is_none_or(|slice| slice.len() <= per_chunk::<A>()) {
            return work(0, first, second);
        }
        let (per_chunk, count) = (per_chunk::<A>(), first.len());
        let mut slices = Slices::new();
        first
            .iter_mut()
            .for_each(|slice| slices.push((bytemuck::cast_slice_mut(slice), per_chunk * size_of::<A>())));
        second
            .iter_mut()
            .for_each(|slice| slices.push((bytemuck::cast_slice_mut(slice), per_chunk * size_of::<B>())));
        spread(slices, &|number, parts| {
            let (first, second) = parts.split_at_mut(count);
            work(number * per_chunk, &mut elements_of(first), &mut elements_of(second));
        });
    }
    typed(first, second, &work);
}

/// Elements of a chunk of the first operand.
const fn per_chunk<T>() -> usize {
    CHUNK_BYTES / if size_of::<T>() == 0 { 1 } else { size_of::<T>() }
}

fn elements_of<'a, T: Pod>(parts: &'a mut [&mut [u8]]) -> SmallVec<[&'a mut [T]; 5]> {
    parts.iter_mut().map(|part| bytemuck::cast_slice_mut(part)).collect()
}

/// The bytes of each operand and how many of them make a chunk.
type Slices<'a> = SmallVec<[(&'a mut [u8], usize); 6]>;

/// Calls `work(number, parts)` for each chunk of the first slice and what the others have in the same place.
fn spread(mut slices: Slices<'_>, work: &(dyn Fn(usize, &mut [&mut [u8]]) + Sync)) {
    let chunks = slices.first().map_or(0, |(slice, chunk)| slice.len().div_ceil(*chunk));
    let cut = |number| {
        let next = slices.iter_mut().filter_map(|(rest, chunk)| rest.split_off_mut(..rest.len().min(*chunk)));
        (number, next.collect::<SmallVec<[&mut [u8]; 6]>>())
    };
    let chunks = (0..chunks).map(cut);
    if is_parallel() {
        let mut chunks: Vec<_> = chunks.collect();
        chunks.par_iter_mut().for_each(|(number, parts)| work(*number, parts));
    } else {
        chunks.for_each(|(number, mut parts)| work(number, &mut parts));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn maybe_inside(inside: bool, mut work: impl FnMut() + Send) {
        if !inside {
            return work();
        }
        Pool::new(2)
            .install(&mut || {
                work();
                Ok(())
            })
            .unwrap();
    }

    #[test]
    fn chunks_cover_everything_once_inside_and_outside_a_pool() {
        for inside in [false, true] {
            let mut numbers = vec![0usize; 100_000];
            let fill = |numbers: &mut [usize]| {
                for_each_chunk(numbers, |first, chunk| {
                    chunk.iter_mut().enumerate().for_each(|(i, number)| *number += first + i);
                });
            };
            maybe_inside(inside, || fill(&mut numbers));
            assert!(numbers.iter().enumerate().all(|(i, number)| i == *number));
        }
    }

    #[test]
    fn chunks_of_several_slices_stay_together() {
        for (inside, len) in [(false, 0), (true, 7), (false, 100_000), (true, 100_000)] {
            let (mut a, mut b) = (vec![0usize; len], vec![0usize; len]);
            let fill = |slices: &mut [&mut [usize]]| {
                for_each_common_chunk(slices, |first, chunk| {
                    let [a, b] = chunk else { panic!("two slices") };
                    assert_eq!(a.len(), b.len());
                    a.iter_mut().enumerate().for_each(|(i, number)| *number += first + i);
                    b.copy_from_slice(a);
                });
            };
            let mut slices: [&mut [usize]; 2] = [&mut a, &mut b];
            maybe_inside(inside, || fill(&mut slices));
            assert!(a.iter().enumerate().all(|(i, number)| i == *number));
            assert_eq!(a, b);
        }
    }

    #[test]
    fn chunks_of_two_types_stay_together() {
        for (inside, len) in [(false, 0), (true, 7), (false, 100_000), (true, 100_000)] {
            let (mut a, mut b) = (vec![0usize; len], vec![0u16; len]);
            let fill = || {
                for_each_common_chunk_of(&mut [&mut a], &mut [&mut b], |first, a, b| {
                    let ([a], [b]) = (a, b) else { panic!("one slice each") };
                    assert_eq!(a.len(), b.len());
                    for (i, (a, b)) in a.iter_mut().zip(b.iter_mut()).enumerate() {
                        *a += first + i;
                        *b += 1;
                    }
                });
            };
            maybe_inside(inside, fill);
            assert!(a.iter().enumerate().all(|(i, number)| i == *number));
            assert!(b.iter().all(|count| *count == 1));
        }
    }

    #[test]
    fn a_pool_starts_again_after_a_fork() {
        let pool = Pool::new(2);
        for _ in 0..2 {
            let mut inside = false;
            pool.install(&mut || {
                inside = is_parallel();
                Ok(())
            })
            .unwrap();
            assert!(inside);
            pool.forget_threads();
        }
    }
}
