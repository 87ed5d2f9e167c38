//! Sharing out one large piece of work among the cores.
//!
//! A job is a list of items and a function. The calling thread works on the items one after the other, and
//! idle helper threads claim items from the same list. The caller never waits for a helper that has not claimed
//! anything, so on a busy machine a job takes no longer than without helpers. One job is shared at a time; a
//! caller that finds another job shared does its own alone, because then the cores are busy anyway.
//!
//! Protocol: `next` counts claims, and claim i gives the right to run item i, once. `finished` counts items that
//! ended. The caller returns when every item has ended, so nothing the items borrow is used after that: a helper
//! that comes later finds `next` at the end and touches only the job's own counters.
//!
//! Threads: `mxkv-helper-N`, one fewer than cores (or than OMP_NUM_THREADS), started at the first shared job.

#![expect(unsafe_code, reason = "hands borrowed work to other threads and waits for its end")]

use crate::base::config::Env;
use crate::base::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use crate::base::sync::{Arc, Condvar, Mutex, thread};
use once_cell::sync::Lazy;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

static CREW: Lazy<Crew> = Lazy::new(Crew::new);
/// Set in the child of a fork, where the helpers do not exist.
static ALONE: AtomicBool = AtomicBool::new(false);

/// Runs `work` on every item, on this thread and on helpers; returns when all have ended.
///
/// # Panics
/// With the panic of the first item that panicked, after all others have ended.
pub fn for_each<I: Send>(items: Vec<I>, work: impl Fn(I) + Sync) {
    if items.len() < 2 || ALONE.load(Ordering::Relaxed) || CREW.helpers == 0 {
        return items.into_iter().for_each(work);
    }
    // SAFETY: an item is moved out by its one claimer; the vector below forgets all of them at once, before
    // any is moved, so none is dropped twice. Items that nobody claims do not exist: see `Job::work`.
    let items: Vec<ManuallyDrop<I>> = items.into_iter().map(ManuallyDrop::new).collect();
    let items = Items(items);
    let run = |index: usize| {
        // SAFETY: `Job::work` passes each index below the length once, to one thread.
        let item = unsafe { items.take(index) };
        work(item);
    };
    CREW.share(&run, items.0.len());
}

/// In the child of a fork all work is done by the calling thread.
pub fn forget_helpers_after_fork() {
    ALONE.store(true, Ordering::Relaxed);
}

/// How many threads can work on one job.
pub fn width() -> usize {
    if ALONE.load(Ordering::Relaxed) { 1 } else { CREW.helpers + 1 }
}

struct Items<I>(Vec<ManuallyDrop<I>>);

// SAFETY: sharing the list means that other threads take items out of it, which is sending those items.
unsafe impl<I: Send> Sync for Items<I> {}

impl<I> Items<I> {
    /// # Safety
    /// `index` is in range and no call has named it before.
    unsafe fn take(&self, index: usize) -> I {
        // SAFETY: by the contract this is the only read of the item.
        unsafe { std::ptr::read(&*self.0[index]) }
    }
}

/// The work of a job with its lifetime erased.
struct Run(*const (dyn Fn(usize) + Sync));

// SAFETY: the function behind the pointer is Sync, and `Job` says how long it may be called.
unsafe impl Send for Run {}
// SAFETY: as above.
unsafe impl Sync for Run {}

struct Job {
    run: Run,
    count: usize,
    next: AtomicUsize,
    finished: AtomicUsize,
    panic: Mutex<Option<Box<dyn std::any::Any + Send>>>,
    caller: thread::Thread,
}

impl Job {
    /// Claims and runs items until none is left.
    fn work(&self) {
        loop {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            if index >= self.count {
                return;
            }
            // SAFETY: an unfinished item keeps the caller in `share`, which keeps the function alive.
            let run = unsafe { &*self.run.0 };
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| run(index))) {
                self.panic.lock().get_or_insert(panic);
            }
            // Release: what the item wrote is seen by the caller when it has seen the count.
            if self.finished.fetch_add(1, Ordering::Release) + 1 == self.count {
                self.caller.unpark();
            }
        }
    }

    fn is_finished(&self) -> bool {
        self.finished.load(Ordering::Acquire) == self.count
    }
}

struct Crew {
    helpers: usize,
    started: AtomicBool,
    shared: Mutex<Option<Arc<Job>>>,
    arrived: Condvar,
}

impl Crew {
    fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let wanted = Env::process().parsed("OMP_NUM_THREADS", cores).unwrap_or(cores).clamp(1, cores);
        Crew {
            helpers: wanted - 1,
            started: AtomicBool::new(false),
            shared: Mutex::new(None),
            arrived: Condvar::new(),
        }
    }

    fn share(&'static self, run: &(dyn Fn(usize) + Sync), count: usize) {
        // SAFETY: only the lifetime changes; this function returns after the last use, see the module's head.
        let run: &'static (dyn Fn(usize) + Sync) = unsafe { std::mem::transmute(run) };
        let job = Arc::new(Job {
            run: Run(run),
            count,
            next: AtomicUsize::new(0),
            finished: AtomicUsize::new(0),
            panic: Mutex::new(None),
            caller: thread::current(),
        });
        let offered = self.offer(&job);
        job.work();
        if offered {
            *self.shared.lock() = None;
        }
        // A helper still has at most one item each in hand: that takes microseconds, so look before sleeping.
        for _ in 0..2000 {
            if job.is_finished() {
                break;
            }
            std::hint::spin_loop();
        }
        while !job.is_finished() {
            thread::park_timeout(Duration::from_millis(10));
        }
        let panic = job.panic.lock().take();
        if let Some(panic) = panic {
            resume_unwind(panic);
        }
    }

    /// Puts the job where helpers look, unless another one is there.
    fn offer(&'static self, job: &Arc<Job>) -> bool {
        if !self.started.swap(true, Ordering::Relaxed) {
            for number in 1..=self.helpers {
                let name = format!("mxkv-helper-{number}");
                // A helper that cannot be started is not missed: the caller works on its own.
                drop(thread::Builder::new().name(name).spawn(|| self.help()));
            }
        }
        let mut shared = self.shared.lock();
        if shared.is_some() {
            return false;
        }
        *shared = Some(job.clone());
        drop(shared);
        self.arrived.notify_all();
        true
    }

    fn help(&self) {
        let mut shared = self.shared.lock();
        loop {
            match shared.clone() {
                Some(job) if job.next.load(Ordering::Relaxed) < job.count => {
                    drop(shared);
                    job.work();
                    shared = self.shared.lock();
                }
                _ => self.arrived.wait(&mut shared),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_worked_on_once_and_seen_by_the_caller() {
        for round in 0..200 {
            let mut numbers = vec![0u32; 64 * 10 + round];
            let items: Vec<(usize, &mut [u32])> = numbers.chunks_mut(64).enumerate().collect();
            for_each(items, |(index, chunk)| chunk.iter_mut().for_each(|number| *number += index as u32 + 1));
            assert!(numbers.iter().enumerate().all(|(i, number)| *number == (i / 64) as u32 + 1));
        }
    }

    #[test]
    fn items_are_dropped_once() {
        let token = Arc::new(());
        for_each(vec![token.clone(); 50], |item| drop(item));
        assert_eq!(Arc::strong_count(&token), 1);
    }

    #[test]
    fn jobs_of_several_threads_and_jobs_within_jobs_end() {
        let total = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for_each(vec![1; 20], |n: usize| {
                        for_each(vec![n; 3], |n| {
                            total.fetch_add(n, Ordering::Relaxed);
                        });
                    });
                });
            }
        });
        assert_eq!(total.load(Ordering::Relaxed), 4 * 20 * 3);
    }

    #[test]
    fn a_panic_comes_out_after_all_items_have_ended() {
        let ended = AtomicUsize::new(0);
        let result = catch_unwind(AssertUnwindSafe(|| {
            for_each((0..40).collect(), |n: usize| {
                if n == 7 {
                    panic!("planned");
                }
                ended.fetch_add(1, Ordering::SeqCst);
            });
        }));
        assert_eq!(*result.unwrap_err().downcast_ref::<&str>().unwrap(), "planned");
        assert_eq!(ended.load(Ordering::SeqCst), 39);
    }
}
