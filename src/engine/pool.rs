//! Threads that share one large kernel. A task that touches much memory runs inside the pool, where
//! [`for_each_chunk`] and rayon's parallel iterators spread it over the cores; everywhere else they stay on
//! the calling thread.

use crate::base::sync::{Arc, Mutex};
use rayon::prelude::*;

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

/// Calls `work(first, chunk)` for consecutive chunks of `elements`, in parallel inside a pool. `first` is the
/// index of the chunk's first element, to find the same place in other operands.
pub fn for_each_chunk<T: Send>(elements: &mut [T], work: impl Fn(usize, &mut [T]) + Sync) {
    let per_chunk = (CHUNK_BYTES / size_of::<T>().max(1)).max(1);
    if !is_parallel() || elements.len() <= per_chunk {
        return work(0, elements);
    }
    elements.par_chunks_mut(per_chunk).enumerate().for_each(|(i, chunk)| work(i * per_chunk, chunk));
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
    fn a_pool_starts_again_after_a_fork() {
        let pool = Pool::new(2);
        assert!(pool.install(is_parallel));
        pool.forget_threads();
        assert!(pool.install(is_parallel));
    }
}
