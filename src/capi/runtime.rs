//! The one process-wide state: engine, handle tables, random sequence. Made at the first call and passed down
//! by reference; docs/architecture.md lists the few globals below this layer.

#![expect(unsafe_code, reason = "registers handlers that run around fork")]

use super::engine::Pending;
use super::handle::{Kind, Table};
use super::kvstore::StoreObject;
use super::objects::ArrayObject;
use super::profile_objects::ProfileObject;
use crate::base::Result;
use crate::base::config::Env;
use crate::base::sync::{Arc, Mutex, RwLock, thread};
use crate::engine::{Engine, Mode};
use crate::kvstore::Cluster;
use crate::ops::Rng;
use crate::telemetry::{Profiler, Settings, Span, Trace, what};
use crate::{mem, recordio, telemetry};
use once_cell::sync::OnceCell;
use std::cell::Cell;

pub(super) struct Runtime {
    pub engine: Engine,
    pub trace: Arc<Trace>,
    pub profiler: Arc<Profiler>,
    pub profile_objects: Table<Arc<ProfileObject>>,
    pub rng: Rng,
    pub arrays: Table<ArrayObject>,
    /// Functions in the engine that have not said yet that they are done.
    pub completions: Table<Arc<Mutex<Option<Pending>>>>,
    pub stores: Table<Arc<StoreObject>>,
    pub record_readers: Table<Arc<Mutex<recordio::Reader>>>,
    pub record_writers: Table<Arc<Mutex<recordio::Writer>>>,
    /// The process environment behind the table of `MXInitPSEnv`.
    pub ps_env: RwLock<Env>,
    /// This process's membership in a cluster, if it has dist stores.
    pub cluster: Cluster,
}

static RUNTIME: OnceCell<Runtime> = OnceCell::new();

/// Records the call of a C function until the span is dropped, if calls are recorded. Calls about the profiler
/// itself are left out.
pub(super) fn call_span(name: &'static str) -> Option<Span<'static>> {
    let trace = &RUNTIME.get()?.trace;
    let wanted = trace.records(what::CALLS) && !name.contains("Profil");
    if wanted { trace.span(what::CALLS, "MXNET_C_API", name) } else { None }
}

/// The runtime; fails only if a setting in the environment is malformed, and then each time it is asked for.
pub(super) fn runtime() -> Result<&'static Runtime> {
    RUNTIME.get_or_try_init(|| {
        let runtime = Runtime::new(&Env::process())?;
        restart_threads_after_fork();
        Ok(runtime)
    })
}

impl Runtime {
    fn new(env: &Env) -> Result<Self> {
        let trace = Arc::new(Trace::default());
        let profiler = Arc::new(Profiler::new(trace.clone()));
        if env.switch("MXNET_PROFILER_AUTOSTART") {
            profiler.configure(Settings { kinds: profiler_mode(env)?, ..Settings::default() })?;
            profiler.run(true);
        }
        Ok(Runtime {
            engine: Engine::new(engine_mode(env)?, trace.clone()),
            trace,
            profiler,
            profile_objects: Table::new(Kind::Profile),
            rng: Rng::default(),
            arrays: Table::with_hint(Kind::NdArray, ArrayObject::address_of_array),
            completions: Table::new(Kind::Completion),
            stores: Table::new(Kind::KvStore),
            record_readers: Table::new(Kind::RecordIoReader),
            record_writers: Table::new(Kind::RecordIoWriter),
            ps_env: RwLock::new(Env::process()),
            cluster: Cluster::default(),
        })
    }
}

/// `MXNET_PROFILER_MODE`: 1 and 2 stand for operators, 4 for calls of C functions, 8 for memory, which is not
/// profiled here.
fn profiler_mode(env: &Env) -> Result<u8> {
    let mode = env.parsed("MXNET_PROFILER_MODE", 3u8)?;
    let operators = if mode & 3 != 0 { what::OPERATORS } else { 0 };
    let calls = if mode & 4 != 0 { what::CALLS } else { 0 };
    Ok(operators | calls | what::OBJECTS)
}

/// `MXNET_ENGINE_TYPE` and `MXNET_CPU_WORKER_NTHREADS`. By default there are as many lanes as cores.
fn engine_mode(env: &Env) -> Result<Mode> {
    let cores = thread::available_parallelism().map_or(1, |cores| cores.get());
    let lanes = env.parsed("MXNET_CPU_WORKER_NTHREADS", cores)?;
    crate::ensure!(lanes > 0, Config, "MXNET_CPU_WORKER_NTHREADS: expected at least 1, got 0");
    match env.text("MXNET_ENGINE_TYPE").as_deref() {
        Some("NaiveEngine") => Ok(Mode::Naive),
        None | Some("" | "ThreadedEngine" | "ThreadedEnginePerDevice") => Ok(Mode::Threaded(lanes)),
        Some(other) => Err(crate::err!(
            Config,
            "MXNET_ENGINE_TYPE: Cannot find Engine '{other}'; known are NaiveEngine, ThreadedEngine and \
             ThreadedEnginePerDevice"
        )),
    }
}

thread_local! {
    /// From before a fork until after it: the locks that threads of the library take at any time.
    static HELD: Cell<Option<(telemetry::Held<'static>, mem::Held)>> = const { Cell::new(None) };
}

/// Python's multiprocessing forks. The child has none of our threads, so the engine starts new ones there;
/// before the fork all tasks are finished, so that nothing of the engine is locked or half done in the child, and
/// the threads that are no lanes are kept out of what they share with everybody: the profiler and the memory pool.
/// What other threads of the program do at that moment inside the library stays locked there, as with every
/// library: a program that forks should do so from its only busy thread.
fn restart_threads_after_fork() {
    extern "C" fn before() {
        if let Some(runtime) = RUNTIME.get() {
            runtime.engine.drain();
            let held = (runtime.profiler.hold(), mem::hold());
            // A thread whose own memory is gone already forks without them.
            let _ = HELD.try_with(|slot| slot.set(Some(held)));
        }
    }
    extern "C" fn in_parent() {
        let _ = HELD.try_with(Cell::take);
    }
    extern "C" fn in_child() {
        if let Ok(Some((profiler, pool))) = HELD.try_with(Cell::take) {
            drop(pool);
            profiler.stop();
        }
        if let Some(runtime) = RUNTIME.get() {
            runtime.engine.restart_after_fork();
        }
    }
    // SAFETY: all handlers are `extern "C"` functions without captured state that live as long as the library;
    // none unwinds.
    unsafe { libc::pthread_atfork(Some(before), Some(in_parent), Some(in_child)) };
}
