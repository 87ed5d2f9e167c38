//! Threads that share one large kernel. A task that touches much memory runs inside the pool, where
//! [`for_each_chunk`] and rayon's parallel iterators spread it over the cores; everywhere else they stay on
//! the calling thread.

use crate::base::sync::{Arc, Mutex};
use rayon::prelude::*;
use smallvec::SmallVec;

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
    pub(super) fn install<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
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

// The functions below call the work through a vtable, once per chunk: the threading is then compiled once per
// element type instead of once per kernel, which halves the size of the library and costs nothing measurable.

/// Calls `work(first, chunk)` for consecutive chunks of `elements`, in parallel inside a pool. `first` is the
/// index of the chunk's first element, to find the same place in other operands.
pub fn for_each_chunk<T: Send>(elements: &mut [T], work: impl Fn(usize, &mut [T]) + Sync) {
    fn spread<T: Send>(elements: &mut [T], work: &(dyn Fn(usize, &mut [T]) + Sync)) {
        let per_chunk = (CHUNK_BYTES / size_of::<T>().max(1)).max(1);
        if !is_parallel() || elements.len() <= per_chunk {
            return work(0, elements);
        }
        elements.par_chunks_mut(per_chunk).enumerate().for_each(|(i, chunk)| work(i * per_chunk, chunk));
    }
    spread(elements, &work);
}

/// As [`for_each_chunk`] for several operands: every chunk is the same range of `lead`, of each of `others`
/// and of `extra`, which are as long as `lead` (or empty).
pub fn for_each_chunks<A: Send, B: Send, const N: usize>(
    lead: &mut [A],
    others: [&mut [A]; N],
    extra: &mut [B],
    work: impl Fn(usize, &mut [A], [&mut [A]; N], &mut [B]) + Sync,
) {
    halve(0, lead, others, extra, &work);
}

type Work<'a, A, B, const N: usize> = &'a (dyn Fn(usize, &mut [A], [&mut [A]; N], &mut [B]) + Sync);

fn halve<A: Send, B: Send, const N: usize>(
    start: usize,
    lead: &mut [A],
    others: [&mut [A]; N],
    extra: &mut [B],
    work: Work<'_, A, B, N>,
) {
    let per_chunk = (CHUNK_BYTES / size_of::<A>().max(1)).max(1);
    if !is_parallel() || lead.len() <= per_chunk {
        return work(start, lead, others, extra);
    }
    // Whole chunks on both sides, so that no cache line is written by two threads.
    let middle = (lead.len() / 2).next_multiple_of(per_chunk).min(lead.len());
    let (lead_left, lead_right) = lead.split_at_mut(middle);
    let (extra_left, extra_right) = extra.split_at_mut(middle.min(extra.len()));
    let (others_left, others_right) = split(others, middle);
    if lead_right.is_empty() {
        return work(start, lead_left, others_left, extra_left);
    }
    rayon::join(
        || halve(start, lead_left, others_left, extra_left, work),
        || halve(start + middle, lead_right, others_right, extra_right, work),
    );
}

type Halves<'a, T, const N: usize> = ([&'a mut [T]; N], [&'a mut [T]; N]);

fn split<T, const N: usize>(parts: [&mut [T]; N], middle: usize) -> Halves<'_, T, N> {
    let mut right: [&mut [T]; N] = std::array::from_fn(|_| Default::default());
    let mut rights = right.iter_mut();
    let left = parts.map(|part| {
        let (head, tail) = part.split_at_mut(middle.min(part.len()));
        if let Some(slot) = rights.next() {
            *slot = tail;
        }
        head
    });
    (left, right)
}

/// As [`for_each_chunk`] for several slices of one length: `work` gets the same chunk of each, so that it can
/// read from the cache what it wrote a moment ago. Outside a pool the chunks follow each other.
pub fn for_each_common_chunk<T: Send>(slices: &mut [&mut [T]], work: impl Fn(usize, &mut [&mut [T]]) + Sync) {
    for_each_common_chunk_of::<T, u8>(slices, &mut [], |first, slices, _| work(first, slices));
}

type WorkOnTwo<'a, A, B> = dyn Fn(usize, &mut [&mut [A]], &mut [&mut [B]]) + Sync + 'a;

/// As [`for_each_common_chunk`] for two groups of slices of different types; all of them have one length.
/// The second group may be empty.
pub fn for_each_common_chunk_of<A: Send, B: Send>(
    first: &mut [&mut [A]],
    second: &mut [&mut [B]],
    work: impl Fn(usize, &mut [&mut [A]], &mut [&mut [B]]) + Sync,
) {
    fn spread<A: Send, B: Send>(first: &mut [&mut [A]], second: &mut [&mut [B]], work: &WorkOnTwo<'_, A, B>) {
        let per_chunk = (CHUNK_BYTES / size_of::<A>().max(1)).max(1);
        let len = first.first().map_or(0, |slice| slice.len());
        if len <= per_chunk {
            return work(0, first, second);
        }
        let mut first: SmallVec<[&mut [A]; 5]> = first.iter_mut().map(|slice| &mut **slice).collect();
        let mut second: SmallVec<[&mut [B]; 5]> = second.iter_mut().map(|slice| &mut **slice).collect();
        let starts = (0..len).step_by(per_chunk);
        if is_parallel() {
            let cut = |start| (start, cut_off(&mut first, per_chunk), cut_off(&mut second, per_chunk));
            let mut chunks: Vec<_> = starts.map(cut).collect();
            chunks.par_iter_mut().for_each(|(start, first, second)| work(*start, first, second));
        } else {
            starts.for_each(|start| {
                let (mut first, mut second) =
                    (cut_off(&mut first, per_chunk), cut_off(&mut second, per_chunk));
                work(start, &mut first, &mut second);
            });
        }
    }
    spread(first, second, &work);
}

/// The next elements of each slice, at most `count`; the slices are left with what follows.
fn cut_off<'a, T>(rests: &mut [&'a mut [T]], count: usize) -> SmallVec<[&'a mut [T]; 5]> {
    rests.iter_mut().filter_map(|rest| rest.split_off_mut(..count.min(rest.len()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_cover_everything_once_inside_and_outside_a_pool() {
        let pool = Pool::new(2);
        for inside in [false, true] {
            let mut numbers = vec![0usize; 100_000];
            let fill = |numbers: &mut [usize]| {
                for_each_chunk(numbers, |first, chunk| {
                    chunk.iter_mut().enumerate().for_each(|(i, number)| *number += first + i);
                });
            };
            if inside {
                pool.install(|| fill(&mut numbers))
            } else {
                fill(&mut numbers)
            }
            assert!(numbers.iter().enumerate().all(|(i, number)| i == *number));
        }
    }

    #[test]
    fn several_operands_are_cut_at_the_same_places() {
        let (mut a, mut b, mut c) = (vec![1usize; 200_001], vec![2usize; 200_001], vec![0u8; 200_001]);
        Pool::new(2).install(|| {
            for_each_chunks(&mut a, [&mut b], &mut c, |first, a, [b], c| {
                assert!(a.len() == b.len() && b.len() == c.len());
                for i in 0..a.len() {
                    a[i] += b[i] + first + i;
                    c[i] += 1;
                }
            });
        });
        assert!(a.iter().enumerate().all(|(i, x)| *x == 3 + i));
        assert!(c.iter().all(|x| *x == 1));
    }

    #[test]
    fn chunks_of_several_slices_stay_together() {
        let pool = Pool::new(2);
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
            if inside {
                pool.install(|| fill(&mut slices))
            } else {
                fill(&mut slices)
            }
            assert!(a.iter().enumerate().all(|(i, number)| i == *number));
            assert_eq!(a, b);
        }
    }

    #[test]
    fn chunks_of_two_types_stay_together() {
        let pool = Pool::new(2);
        for (inside, len) in [(false, 0), (true, 7), (false, 100_000), (true, 100_000)] {
            let (mut a, mut b) = (vec![0usize; len], vec![0u16; len]);
            let mut fill = || {
                for_each_common_chunk_of(&mut [&mut a], &mut [&mut b], |first, a, b| {
                    let ([a], [b]) = (a, b) else { panic!("one slice each") };
                    assert_eq!(a.len(), b.len());
                    for (i, (a, b)) in a.iter_mut().zip(b.iter_mut()).enumerate() {
                        *a += first + i;
                        *b += 1;
                    }
                });
            };
            if inside {
                pool.install(fill)
            } else {
                fill()
            }
            assert!(a.iter().enumerate().all(|(i, number)| i == *number));
            assert!(b.iter().all(|count| *count == 1));
        }
    }

    #[test]
    fn a_pool_starts_again_after_a_fork() {
        let pool = Pool::new(2);
        assert!(pool.install(is_parallel));
        pool.forget_threads();
        assert!(pool.install(is_parallel));
    }
}
