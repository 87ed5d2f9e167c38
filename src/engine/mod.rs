//! The engine runs tasks asynchronously, in an order that the data allow.
//!
//! A task names the variables it reads and writes. Tasks that share a variable run in the order of their
//! submission unless both only read it; all others may run at the same time, on any lane. The outcome is
//! therefore that of running every task at once on submission ([`Mode::Naive`] does just that, and tests
//! compare the two).
//!
//! * Small work whose variables are free runs at once on the caller's thread: handing it over would cost more.
//! * All variables of a task are taken in one step (locked in a fixed order), so two threads that submit at the
//!   same time cannot wait for each other in a circle.
//! * A failing task leaves its error on the variables it writes; later tasks on them are skipped and pass the
//!   error on; the first wait that meets it reports it, once.
//!
//! Threads: the lanes `mxkv-lane-N` (see [`lanes`]), and `mxkv-kernel-N`, which share large kernels (see [`pool`]). A wait ends because every task ends: local work by itself,
//! network work by the deadline of its request.

mod lanes;
mod pool;
mod task;
mod var;

pub use pool::{for_each_chunk, for_each_common_chunk, for_each_common_chunk_of, is_parallel};
pub use task::Completion;
pub use var::{Access, Fault, Queue, Var};

use crate::base::sync::atomic::{AtomicUsize, Ordering};
use crate::base::sync::{Arc, Condvar, Mutex, MutexGuard, RwLock, thread};
use crate::base::{Error, Result};
use crate::telemetry::{Trace, what};
use lanes::Lanes;
use pool::{PARALLEL_BYTES, Pool};
use smallvec::SmallVec;
use std::borrow::{Borrow, Cow};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use task::{Task, Work};

/// Work that touches at most this many bytes runs on the caller's thread if it can: waking a lane takes as
/// long as moving this much.
const INLINE_BYTES: usize = 128 << 10;

/// The size to give for work that nobody knows and that may block: it always runs on a lane, neither on the
/// caller's thread nor on those that share kernels.
pub const FOREIGN_WORK: usize = 512 << 10;
const _: () = assert!(INLINE_BYTES < FOREIGN_WORK && FOREIGN_WORK < PARALLEL_BYTES);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Everything runs on the caller's thread before the call returns, and errors come out of the call.
    Naive,
    /// This many lanes.
    Threaded(usize),
}

impl Mode {
    /// In naive mode a lane is still needed for what the network makes ready.
    fn lanes(self) -> usize {
        match self {
            Mode::Naive => 1,
            Mode::Threaded(lanes) => lanes.max(1),
        }
    }
}

/// What a task is called, what it touches and how urgent it is.
pub struct Operation<'a> {
    pub name: Cow<'static, str>,
    pub reads: &'a [&'a Var],
    pub writes: &'a [&'a Var],
    /// Higher runs earlier; a hint that never changes results.
    pub priority: i32,
    /// About how much memory the work touches.
    pub bytes: usize,
}

#[derive(Clone)]
pub struct Engine(Arc<Shared>);

struct Shared {
    mode: Mode,
    lanes: RwLock<Arc<Lanes>>,
    pool: Pool,
    /// Tasks that were queued and have not ended.
    unfinished: AtomicUsize,
    /// Failures that nobody has been told of yet.
    faults: Mutex<Vec<Fault>>,
    all_done: (Mutex<()>, Condvar),
    trace: Arc<Trace>,
}

/// Work on its way through the engine, to be called once: behind a vtable, so that the engine is compiled once.
type Job<'a> = dyn FnMut() -> Result<()> + Send + 'a;

fn taken<'a>(
    work: &'a mut Option<impl FnOnce() -> Result<()> + Send>,
) -> impl FnMut() -> Result<()> + Send + 'a {
    || work.take().map_or(Ok(()), |work| work())
}

impl Engine {
    pub fn new(mode: Mode, trace: Arc<Trace>) -> Self {
        Engine(Arc::new(Shared {
            mode,
            lanes: RwLock::new(Lanes::new(mode.lanes())),
            pool: Pool::new(thread::available_parallelism().map_or(1, |cores| cores.get())),
            unfinished: AtomicUsize::new(0),
            faults: Mutex::new(Vec::new()),
            all_done: (Mutex::new(()), Condvar::new()),
            trace,
        }))
    }

    pub fn mode(&self) -> Mode {
        self.0.mode
    }

    /// Runs `work` when its variables are free: at once on this thread if it is small and they are free now,
    /// else later on a lane. An error of the work is left on the variables it writes; in naive mode it is
    /// returned instead.
    pub fn run<F>(&self, operation: Operation<'_>, work: F) -> Result<()>
    where
        F: FnOnce() -> Result<()> + Send + 'static,
    {
        let accesses = accesses(operation.reads, operation.writes);
        let mut work = Some(work);
        if let Some(result) = self.run_if_free(&operation, &accesses, &mut taken(&mut work)) {
            return result;
        }
        if let Some(work) = work {
            self.queue(&operation, &accesses, Work::Now(Box::new(work)));
        }
        Ok(())
    }

    /// `None` if the work has to be queued.
    fn run_if_free(
        &self,
        operation: &Operation<'_>,
        accesses: &[(&Var, Access)],
        work: &mut Job<'_>,
    ) -> Option<Result<()>> {
        let naive = self.0.mode == Mode::Naive;
        if !naive && operation.bytes > INLINE_BYTES {
            return None;
        }
        loop {
            if let Some(fault) = start_if_free(accesses) {
                return Some(self.run_free(operation, accesses, fault, work));
            }
            if !naive {
                return None;
            }
            // Only network tasks still hold variables in this mode: wait for them, then run here.
            accesses.iter().for_each(|(var, _)| self.wait_free(var, Access::Write));
        }
    }

    /// Runs `work` before it returns, if it is small and its variables are free now; else it does nothing and
    /// gives `None`. In return for that the work may borrow, and costs less than with [`Engine::run`]: the
    /// variables are simply kept locked meanwhile. So the work must be a kernel, which never uses the engine.
    pub fn run_now(
        &self,
        operation: &Operation<'_>,
        work: impl FnOnce() -> Result<()> + Send,
    ) -> Option<Result<()>> {
        self.run_locked(operation, &mut taken(&mut Some(work)))
    }

    fn run_locked(&self, operation: &Operation<'_>, work: &mut Job<'_>) -> Option<Result<()>> {
        if operation.bytes > INLINE_BYTES {
            return None;
        }
        let accesses = accesses(operation.reads, operation.writes);
        let mut guards = lock_all(&accesses);
        let is_free = |(guard, (_, access)): (&MutexGuard<'_, var::State>, &(&Var, Access))| {
            guard.queue.is_free_for(*access)
        };
        if !guards.iter().zip(&accesses).all(is_free) {
            return None;
        }
        let inherited = guards.iter().find_map(|guard| guard.fault.clone().filter(Fault::is_pending));
        let fault = match inherited {
            Some(fault) => fault,
            None => match (self.guarded(&operation.name, operation.bytes, work), self.0.mode) {
                (Ok(()), _) => return Some(Ok(())),
                (Err(error), Mode::Naive) => return Some(Err(error)),
                (Err(error), Mode::Threaded(_)) => self.new_fault(error),
            },
        };
        for (guard, (_, access)) in guards.iter_mut().zip(&accesses) {
            if *access == Access::Write {
                guard.fault = Some(fault.clone());
            }
        }
        Some(Ok(()))
    }

    /// Starts `work` when its variables are free, on this thread if that is now and `bytes` is small; the
    /// variables stay taken until the completion is used.
    pub fn start<F>(&self, operation: Operation<'_>, work: F)
    where
        F: FnOnce(Completion) + Send + 'static,
    {
        let accesses = accesses(operation.reads, operation.writes);
        let here = self.0.mode == Mode::Naive || operation.bytes <= INLINE_BYTES;
        let task = self.new_task(&operation, &accesses, Work::Later(Box::new(work)));
        match self.take_all(&task) {
            true if here => self.run_chain(task, INLINE_BYTES),
            true => self.hand_over(task),
            false => {}
        }
    }

    /// Runs `work` on this thread when its variables are free and returns what it gives; waits until then. A
    /// failure that reached a variable earlier is reported instead.
    pub fn run_here<R: Send>(
        &self,
        operation: &Operation<'_>,
        work: impl FnOnce() -> Result<R> + Send,
    ) -> Result<R> {
        let mut given = None;
        let mut work = Some(work);
        self.wait_and_run(operation, &mut || {
            given = work.take().map(|work| work()).transpose()?;
            Ok(())
        })?;
        given.ok_or_else(|| crate::err!(Internal, "'{}' did not run", operation.name))
    }

    fn wait_and_run(&self, operation: &Operation<'_>, work: &mut Job<'_>) -> Result<()> {
        let accesses = accesses(operation.reads, operation.writes);
        if let Some(inherited) = start_if_free(&accesses) {
            let result = self.unless_failed(operation, inherited, work);
            self.release(&accesses, None);
            return result;
        }
        let turn = Arc::new((Mutex::new(None), Condvar::new()));
        let sender = turn.clone();
        let grant = move |completion: Completion, inherited: Option<Fault>| {
            *sender.0.lock() = Some((completion, inherited));
            sender.1.notify_all();
        };
        let task = self.new_task(operation, &accesses, Work::Turn(Box::new(grant)));
        if self.take_all(&task) {
            self.run_chain(task, INLINE_BYTES);
        }
        let (lock, arrived) = &*turn;
        let mut slot = lock.lock();
        let (completion, inherited) = loop {
            match slot.take() {
                Some(granted) => break granted,
                None => arrived.wait(&mut slot),
            }
        };
        drop(slot);
        let result = self.unless_failed(operation, inherited, work);
        completion.done(Ok(()));
        result
    }

    /// Waits until nobody writes `var` any more; reports the failure that reached it, if any.
    pub fn wait_to_read(&self, var: &Var) -> Result<()> {
        self.wait_free(var, Access::Read);
        report(var)
    }

    /// Waits until nobody uses `var` any more; reports the failure that reached it, if any.
    pub fn wait_to_write(&self, var: &Var) -> Result<()> {
        self.wait_free(var, Access::Write);
        report(var)
    }

    /// Waits until every task submitted so far has ended; reports the oldest unreported failure and forgets
    /// the others, as MXNet does.
    pub fn wait_all(&self) -> Result<()> {
        self.drain();
        let faults = std::mem::take(&mut *self.0.faults.lock());
        let mut errors = faults.iter().filter_map(Fault::take);
        let first = errors.next();
        errors.for_each(drop);
        first.map_or(Ok(()), Err)
    }

    /// Waits until every task submitted so far has ended and leaves failures for others to report.
    pub fn drain(&self) {
        let (lock, done) = &self.0.all_done;
        let mut guard = lock.lock();
        while self.0.unfinished.load(Ordering::Acquire) != 0 {
            done.wait(&mut guard);
        }
    }

    /// In the child of a fork only the calling thread lives on: new lanes replace those that are gone.
    pub fn restart_after_fork(&self) {
        let old = std::mem::replace(&mut *self.0.lanes.write(), Lanes::new(self.0.mode.lanes()));
        self.0.pool.forget_threads();
        // Its condition variable still lists threads of the parent; it must never be touched again.
        std::mem::forget(old);
    }

    /// Ends the lanes once they have nothing left to do.
    pub fn close(&self) {
        self.0.lanes.read().close();
    }

    fn unless_failed(
        &self,
        operation: &Operation<'_>,
        inherited: Option<Fault>,
        work: &mut Job<'_>,
    ) -> Result<()> {
        match inherited.and_then(|fault| fault.take()) {
            Some(error) => Err(error),
            None => self.guarded(&operation.name, operation.bytes, work),
        }
    }

    /// Runs work whose variables were just taken.
    fn run_free(
        &self,
        operation: &Operation<'_>,
        accesses: &[(&Var, Access)],
        inherited: Option<Fault>,
        work: &mut Job<'_>,
    ) -> Result<()> {
        if inherited.is_some() {
            self.release(accesses, inherited);
            return Ok(());
        }
        let result = self.guarded(&operation.name, operation.bytes, work);
        match (result, self.0.mode) {
            (Ok(()), _) => self.release(accesses, None),
            (Err(error), Mode::Naive) => {
                self.release(accesses, None);
                return Err(error);
            }
            (Err(error), Mode::Threaded(_)) => {
                let fault = self.new_fault(error);
                self.release(accesses, Some(fault));
            }
        }
        Ok(())
    }

    /// Runs work with its span recorded; a panic in it becomes an error.
    fn guarded(&self, name: &str, bytes: usize, work: &mut Job<'_>) -> Result<()> {
        let _span = self.0.trace.span(what::OPERATORS, "operator", name);
        let work = || if bytes < PARALLEL_BYTES { work() } else { self.0.pool.install(work) };
        catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
            Err(crate::err!(Internal, "'{name}' panicked: {}", crate::base::error::panic_text(&*panic)))
        })
    }

    fn new_task(&self, operation: &Operation<'_>, accesses: &[(&Var, Access)], work: Work) -> Arc<Task> {
        self.0.unfinished.fetch_add(1, Ordering::AcqRel);
        Arc::new(Task {
            name: operation.name.clone(),
            priority: operation.priority,
            bytes: operation.bytes,
            missing: AtomicUsize::new(accesses.len() + 1),
            accesses: accesses.iter().map(|(var, access)| ((*var).clone(), *access)).collect(),
            work: Mutex::new(Some(work)),
        })
    }

    fn queue(&self, operation: &Operation<'_>, accesses: &[(&Var, Access)], work: Work) {
        let task = self.new_task(operation, accesses, work);
        if self.take_all(&task) {
            self.hand_over(task);
        }
    }

    fn hand_over(&self, task: Arc<Task>) {
        let lanes = self.0.lanes.read().clone();
        lanes.add(self, task);
    }

    /// Takes or queues for every variable in one step; true if the task can run now.
    fn take_all(&self, task: &Arc<Task>) -> bool {
        let mut guards = lock_all(&task.accesses);
        for (guard, (_, access)) in guards.iter_mut().zip(&task.accesses) {
            if guard.queue.is_free_for(*access) {
                guard.queue.start(*access);
                task.gained_one();
            } else {
                guard.queue.wait(*access, task.clone());
            }
        }
        drop(guards);
        task.gained_one()
    }

    /// Runs a task and then those it made ready, one after the other, on this thread; others go to the lanes, and so
    /// do those that touch more than `most` bytes: on any thread but a lane these may run neither kernels that take
    /// long nor code that may block.
    fn run_chain(&self, task: Arc<Task>, most: usize) {
        let mut next = Some(task);
        while let Some(task) = next.take() {
            let Some(work) = task.work.lock().take() else { return };
            let ready = match (task.inherited_fault(), work) {
                (_, Work::Notify(notify)) => {
                    let ready = self.end(&task, None);
                    notify();
                    ready
                }
                (fault, Work::Turn(grant)) => {
                    grant(Completion { engine: self.clone(), task: Some(task.clone()) }, fault);
                    continue;
                }
                (Some(fault), _) => self.end(&task, Some(fault)),
                (None, Work::Now(work)) => {
                    let error = self.guarded(&task.name, task.bytes, &mut taken(&mut Some(work))).err();
                    let fault = error.map(|error| self.new_fault(error));
                    self.end(&task, fault)
                }
                (None, Work::Later(work)) => {
                    let completion = Completion { engine: self.clone(), task: Some(task.clone()) };
                    // A panic drops the completion, which ends the task with an error.
                    let work = move || {
                        work(completion);
                        Ok(())
                    };
                    let _ = self.guarded(&task.name, 0, &mut taken(&mut Some(work)));
                    continue;
                }
            };
            next = self.keep_one(ready, most);
        }
    }

    /// The first ready task that this thread may run, unless something more urgent waits; the rest for the lanes.
    fn keep_one(&self, ready: SmallVec<[Arc<Task>; 4]>, most: usize) -> Option<Arc<Task>> {
        let mut first = None;
        for task in ready {
            if first.is_none() && task.bytes <= most {
                first = Some(task);
            } else {
                self.hand_over(task);
            }
        }
        let first = first?;
        if self.0.lanes.read().has_more_urgent(first.priority) {
            self.hand_over(first);
            return None;
        }
        Some(first)
    }

    /// Ends an asynchronous task from any thread.
    fn finish(&self, task: &Task, error: Option<Error>) {
        let fault = error.map(|error| self.new_fault(error));
        for ready in self.end(task, fault) {
            if ready.bytes <= INLINE_BYTES { self.follow(ready) } else { self.hand_over(ready) }
        }
    }

    /// Runs a small task that the end of an asynchronous one made ready, on the thread that ended it: waking a lane
    /// would take longer. Tasks that end on the way are followed by a loop, not a recursion.
    fn follow(&self, task: Arc<Task>) {
        type Followers = VecDeque<(Engine, Arc<Task>)>;
        thread_local! {
            /// What follows on this thread, if something does at the moment.
            static FOLLOWING: RefCell<Option<Followers>> = const { RefCell::new(None) };
        }
        let mut next = FOLLOWING.with_borrow_mut(|following| match following {
            Some(queue) => {
                queue.push_back((self.clone(), task));
                None
            }
            None => {
                *following = Some(VecDeque::new());
                Some((self.clone(), task))
            }
        });
        while let Some((engine, task)) = next {
            engine.run_chain(task, INLINE_BYTES);
            next = FOLLOWING.with_borrow_mut(|following| {
                let next = following.as_mut().and_then(VecDeque::pop_front);
                if next.is_none() {
                    *following = None;
                }
                next
            });
        }
    }

    fn end(&self, task: &Task, fault: Option<Fault>) -> SmallVec<[Arc<Task>; 4]> {
        let ready = release_all(&task.accesses, fault.as_ref());
        if self.0.unfinished.fetch_sub(1, Ordering::AcqRel) == 1 {
            let (lock, done) = &self.0.all_done;
            drop(lock.lock());
            done.notify_all();
        }
        ready
    }

    fn release(&self, accesses: &[(&Var, Access)], fault: Option<Fault>) {
        for task in release_all(accesses, fault.as_ref()) {
            self.hand_over(task);
        }
    }

    fn new_fault(&self, error: Error) -> Fault {
        let fault = Fault::new(error);
        let mut faults = self.0.faults.lock();
        faults.retain(Fault::is_pending);
        faults.push(fault.clone());
        fault
    }

    fn wait_free(&self, var: &Var, access: Access) {
        if var.lock().queue.is_free_for(access) {
            return;
        }
        let signal = Arc::new((Mutex::new(false), Condvar::new()));
        let sender = signal.clone();
        let notify = move || {
            *sender.0.lock() = true;
            sender.1.notify_all();
        };
        // Waiting is itself a task in the variable's queue, run by whoever frees the variable.
        let operation =
            Operation { name: Cow::Borrowed("wait"), reads: &[], writes: &[], priority: i32::MAX, bytes: 0 };
        let task = self.new_task(&operation, &[(var, access)], Work::Notify(Box::new(notify)));
        if self.take_all(&task) {
            self.run_chain(task, INLINE_BYTES);
        }
        let (lock, arrived) = &*signal;
        let mut is_free = lock.lock();
        while !*is_free {
            arrived.wait(&mut is_free);
        }
    }
}

fn report(var: &Var) -> Result<()> {
    let fault = var.lock().fault.take();
    fault.and_then(|fault| fault.take()).map_or(Ok(()), Err)
}

/// The variables in locking order, each once; writing wins over reading.
fn accesses<'a>(reads: &[&'a Var], writes: &[&'a Var]) -> SmallVec<[(&'a Var, Access); 6]> {
    let mut all: SmallVec<[(&Var, Access); 6]> = SmallVec::new();
    all.extend(writes.iter().map(|var| (*var, Access::Write)));
    all.extend(reads.iter().map(|var| (*var, Access::Read)));
    if all.len() > 1 {
        all.sort_by_key(|(var, access)| (var.order(), *access == Access::Read));
        all.dedup_by(|later, earlier| later.0.is_same(earlier.0));
    }
    all
}

/// Locks every variable of a list that `accesses` made, in its order.
#[inline]
fn lock_all<V: Borrow<Var>>(accesses: &[(V, Access)]) -> SmallVec<[MutexGuard<'_, var::State>; 6]> {
    accesses.iter().map(|(var, _)| var.borrow().lock()).collect()
}

/// Takes all variables if all are free. Gives the failure that the work would build on, if there is one.
fn start_if_free(accesses: &[(&Var, Access)]) -> Option<Option<Fault>> {
    let mut guards = lock_all(accesses);
    let free = guards.iter().zip(accesses).all(|(guard, (_, access))| guard.queue.is_free_for(*access));
    if !free {
        return None;
    }
    let mut inherited = None;
    for (guard, (_, access)) in guards.iter_mut().zip(accesses) {
        guard.queue.start(*access);
        if let Some(fault) = guard.fault.as_ref().filter(|fault| fault.is_pending()) {
            inherited = Some(fault.clone());
        }
    }
    Some(inherited)
}

/// Gives every variable back, with the failure on those written; returns the tasks that can run now.
fn release_all<V: Borrow<Var>>(accesses: &[(V, Access)], fault: Option<&Fault>) -> SmallVec<[Arc<Task>; 4]> {
    let mut ready = SmallVec::new();
    for (var, access) in accesses {
        let mut state = var.borrow().lock();
        if let (Access::Write, Some(fault)) = (access, fault) {
            state.fault = Some(fault.clone());
        }
        state.queue.finish(*access, |task| {
            if task.gained_one() {
                ready.push(task);
            }
        });
    }
    ready
}

#[cfg(test)]
mod tests;
