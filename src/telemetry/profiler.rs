//! The profiler: what is recorded, and where it goes.
//!
//! Events are collected in the [`Trace`]; a dump writes them to the file and, if asked for, sums them up. With a
//! continuous dump the thread `mxkv-profile` does so periodically.

use super::aggregate::Aggregate;
use super::chrome::TraceFile;
use super::trace::{Recorded, Trace, what};
use crate::base::sync::{Arc, ForkMutex, ForkMutexGuard, thread};
use crate::base::{Error, Result};
use crate::{bail, ensure};
use std::path::PathBuf;
use std::time::Duration;

#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// What to record while running, as bits of [`what`].
    pub kinds: u8,
    pub file: PathBuf,
    /// Dump this often while running.
    pub dump_every: Option<Duration>,
    /// Sum events up for [`Profiler::aggregate`].
    pub aggregate: bool,
}

impl Default for Settings {
    /// MXNet's: operators, into `profile.json`.
    fn default() -> Self {
        Settings {
            kinds: what::OPERATORS | what::OBJECTS,
            file: "profile.json".into(),
            dump_every: None,
            aggregate: false,
        }
    }
}

pub struct Profiler {
    trace: Arc<Trace>,
    state: ForkMutex<State>,
}

#[derive(Default)]
struct State {
    settings: Settings,
    running: bool,
    paused: bool,
    /// It ran since the last final dump, so there is something to write.
    has_run: bool,
    file: Option<TraceFile>,
    sums: Option<Aggregate>,
    /// The thread of the continuous dump; one that is not named here any more ends.
    dumper: Option<thread::Thread>,
}

/// The profiler while the process forks: no other thread is in it.
pub struct Held<'a> {
    trace: &'a Trace,
    state: ForkMutexGuard<'a, State>,
    recorded: ForkMutexGuard<'a, Recorded>,
}

impl Held<'_> {
    /// In the child: the file and what was recorded belong to the parent, and the dumping thread is gone.
    pub fn stop(mut self) {
        self.trace.set_recording(0);
        *self.state = State::default();
        *self.recorded = Recorded::default();
    }
}

impl Profiler {
    pub fn new(trace: Arc<Trace>) -> Self {
        Profiler { trace, state: ForkMutex::default() }
    }

    /// Takes new settings over. The next dump starts a new file; sums go on if they are still wanted.
    pub fn configure(self: &Arc<Self>, settings: Settings) -> Result<()> {
        let every = settings.dump_every;
        ensure!(
            every.is_none_or(|every| !every.is_zero()),
            InvalidArgument,
            "dump_period: expected a time above 0"
        );
        let mut state = self.state.lock();
        state.file = None;
        state.sums = if settings.aggregate { Some(state.sums.take().unwrap_or_default()) } else { None };
        state.settings = settings;
        self.apply(&state);
        state.stop_dumper();
        if let Some(every) = every {
            state.dumper = Some(self.start_dumper(every)?);
        }
        Ok(())
    }

    /// Runs or stops. Running also ends a pause.
    pub fn run(&self, on: bool) {
        let mut state = self.state.lock();
        state.running = on;
        state.paused = false;
        state.has_run |= on;
        self.apply(&state);
    }

    /// Interrupts the recording, or goes on with it if it was running.
    pub fn pause(&self, on: bool) {
        let mut state = self.state.lock();
        state.paused = on;
        self.apply(&state);
    }

    fn apply(&self, state: &State) {
        let records = state.running && !state.paused;
        self.trace.set_recording(if records { state.settings.kinds } else { 0 });
    }

    /// Whether there is anything to dump.
    pub fn has_run(&self) -> bool {
        self.state.lock().has_run
    }

    /// Writes what was recorded since the last dump to the file. `last` also ends the recording: the next run starts
    /// a new file.
    pub fn dump(&self, last: bool) -> Result<()> {
        let mut state = self.state.lock();
        if !state.has_run {
            bail!(InvalidArgument, "Profiler hasn't been run. Config and start profiler first");
        }
        self.flush(&mut state)?;
        if last {
            // The dumping thread goes on: it finds nothing to do until the next run.
            (state.has_run, state.running, state.file) = (false, false, None);
            self.apply(&state);
        }
        Ok(())
    }

    /// Writes what was recorded. What cannot be written is kept for the next time.
    fn flush(&self, state: &mut State) -> Result<()> {
        let recorded = self.trace.take();
        let file = state.file.get_or_insert_with(|| TraceFile::new(&state.settings.file));
        if let Err(error) = file.add(&recorded) {
            self.trace.give_back(recorded);
            return Err(error);
        }
        if let Some(sums) = &mut state.sums {
            sums.add(&recorded.events);
        }
        if recorded.lost > 0 {
            super::log::warn(format_args!(
                "the profiler dropped {} events: dump more often (continuous_dump, dump_period)",
                recorded.lost
            ));
        }
        Ok(())
    }

    /// What `print` makes of the sums up to now; an empty text if they are not kept. `reset` starts them anew.
    pub fn aggregate(&self, reset: bool, print: impl FnOnce(&Aggregate) -> String) -> Result<String> {
        let mut state = self.state.lock();
        if state.has_run {
            self.flush(&mut state)?;
        }
        let Some(sums) = &mut state.sums else { return Ok(String::new()) };
        let text = print(sums);
        if reset {
            *sums = Aggregate::default();
        }
        Ok(text)
    }

    /// Keeps other threads out of the profiler while the process forks.
    pub fn hold(&self) -> Held<'_> {
        Held { trace: &self.trace, state: self.state.lock(), recorded: self.trace.hold() }
    }

    fn start_dumper(self: &Arc<Self>, every: Duration) -> Result<thread::Thread> {
        let profiler = Arc::downgrade(self);
        let body = move || {
            loop {
                // A wake-up for no reason costs an early dump.
                thread::park_timeout(every);
                if !profiler.upgrade().is_some_and(|profiler| profiler.dump_again()) {
                    return;
                }
            }
        };
        let spawned = thread::Builder::new().name("mxkv-profile".into()).spawn(body);
        let spawned = spawned.map_err(|error| Error::io("starting the thread of the profiler", &error))?;
        Ok(spawned.thread().clone())
    }

    /// One periodic dump, on its thread; `false` if it is the last one. Nobody waits for it, so a failure is told on
    /// standard error and the dumps end.
    fn dump_again(&self) -> bool {
        let mut state = self.state.lock();
        if state.dumper.as_ref().map(thread::Thread::id) != Some(thread::current().id()) {
            return false;
        }
        if state.has_run
            && let Err(error) = self.flush(&mut state)
        {
            super::log::warn(format_args!("the profiler stops its periodic dump: {error}"));
            state.stop_dumper();
        }
        state.dumper.is_some()
    }
}

impl State {
    fn stop_dumper(&mut self) {
        if let Some(dumper) = self.dumper.take() {
            dumper.unpark();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::aggregate::SortBy;
    use super::*;
    use serde_json::Value;

    fn profiler(name: &str, change: impl FnOnce(&mut Settings)) -> (Arc<Trace>, Arc<Profiler>, PathBuf) {
        let trace = Arc::new(Trace::default());
        let profiler = Arc::new(Profiler::new(trace.clone()));
        let file = std::env::temp_dir().join(format!("mxkv-profile-{}-{name}.json", std::process::id()));
        let mut settings = Settings { file: file.clone(), ..Settings::default() };
        change(&mut settings);
        profiler.configure(settings).unwrap();
        (trace, profiler, file)
    }

    fn names(file: &PathBuf) -> Vec<String> {
        try_names(file).unwrap()
    }

    /// A file that is being written may be incomplete for a moment.
    fn try_names(file: &PathBuf) -> Option<Vec<String>> {
        let trace: Value = serde_json::from_slice(&std::fs::read(file).ok()?).ok()?;
        let events = trace["traceEvents"].as_array().unwrap().iter();
        let spans = events.filter(|event| event["ph"] == "X");
        Some(spans.map(|event| event["name"].as_str().unwrap().to_owned()).collect())
    }

    fn work(trace: &Trace, name: &str) {
        drop(trace.span(what::OPERATORS, "operator", name));
    }

    #[test]
    fn only_what_runs_unpaused_is_written() {
        let (trace, profiler, file) = profiler("states", |_| {});
        assert!(profiler.dump(false).unwrap_err().message().starts_with("Profiler hasn't been run"));
        work(&trace, "before");
        profiler.run(true);
        work(&trace, "one");
        profiler.pause(true);
        work(&trace, "paused");
        profiler.pause(false);
        work(&trace, "two");
        profiler.dump(false).unwrap();
        assert_eq!(names(&file), ["one", "two"]);
        work(&trace, "three");
        profiler.run(false);
        work(&trace, "stopped");
        profiler.dump(true).unwrap();
        assert_eq!(names(&file), ["one", "two", "three"]);
        assert!(profiler.dump(true).is_err());
        profiler.run(true);
        work(&trace, "again");
        profiler.dump(true).unwrap();
        assert_eq!(names(&file), ["again"]);
        std::fs::remove_file(file).unwrap();
    }

    #[test]
    fn a_pause_does_not_start_what_does_not_run() {
        let (trace, profiler, _) = profiler("pause", |_| {});
        profiler.pause(false);
        assert!(!trace.records(what::ALL));
    }

    #[test]
    fn periodic_dumps_go_on_with_the_next_run() {
        let every = Some(Duration::from_millis(1));
        let (trace, profiler, file) = profiler("next-run", |settings| settings.dump_every = every);
        profiler.run(true);
        profiler.dump(true).unwrap();
        profiler.run(true);
        work(&trace, "again");
        let end = std::time::Instant::now() + Duration::from_secs(60);
        while try_names(&file).is_none_or(|names| names != ["again"]) {
            assert!(std::time::Instant::now() < end, "nothing was dumped");
            thread::sleep(Duration::from_millis(1));
        }
        profiler.configure(Settings::default()).unwrap();
        std::fs::remove_file(file).unwrap();
    }

    #[test]
    fn what_cannot_be_written_is_kept_and_summed_up_once() {
        let (trace, profiler, file) = profiler("kept", |settings| settings.aggregate = true);
        std::fs::create_dir(&file).unwrap();
        profiler.run(true);
        work(&trace, "a");
        assert!(profiler.dump(false).is_err());
        std::fs::remove_dir(&file).unwrap();
        work(&trace, "b");
        profiler.dump(false).unwrap();
        assert_eq!(names(&file), ["a", "b"]);
        let text = profiler.aggregate(false, |sums| sums.json(SortBy::Total, false)).unwrap();
        let json: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(json["Time"]["operator"]["a"]["Count"], 1);
        std::fs::remove_file(file).unwrap();
    }

    #[test]
    fn sums_are_kept_on_demand_and_reset() {
        let (trace, profiler, file) = profiler("sums", |settings| settings.aggregate = true);
        profiler.run(true);
        work(&trace, "a");
        let json = |reset| {
            let text = profiler.aggregate(reset, |sums| sums.json(SortBy::Total, false)).unwrap();
            let json: Value = serde_json::from_str(&text).unwrap();
            json["Time"]["operator"]["a"]["Count"].as_u64()
        };
        assert_eq!(json(false), Some(1));
        work(&trace, "a");
        assert_eq!(json(true), Some(2));
        assert_eq!(json(false), None);
        assert_eq!(names(&file).len(), 2, "what was summed up is also in the file");
        std::fs::remove_file(file).unwrap();
    }

    #[test]
    fn a_periodic_dump_writes_by_itself() {
        let (trace, profiler, file) =
            profiler("periodic", |settings| settings.dump_every = Some(Duration::from_millis(5)));
        profiler.run(true);
        work(&trace, "a");
        let deadline = std::time::Instant::now() + Duration::from_secs(20);
        while try_names(&file).is_none_or(|names| names.is_empty()) {
            assert!(std::time::Instant::now() < deadline, "no dump");
            thread::sleep(Duration::from_millis(5));
        }
        profiler.dump(true).unwrap();
        std::fs::remove_file(file).unwrap();
    }
}
