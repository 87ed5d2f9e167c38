//! The profiler: when to record, and what to make of it.

use super::chrome::trace_file;
use super::stats::{SortBy, Stats};
use super::trace::{Event, MOST_EVENTS, Trace};
use crate::base::sync::{Arc, Mutex};
use crate::base::{Error, Result, suggest};
use crate::{ensure, err};

/// Parameter names of `MXSetProcessProfilerConfig`.
const NAMES: [&str; 10] = [
    "profile_all",
    "profile_symbolic",
    "profile_imperative",
    "profile_memory",
    "profile_api",
    "filename",
    "continuous_dump",
    "dump_period",
    "aggregate_stats",
    "profile_process",
];

#[derive(Clone, Debug, PartialEq)]
struct Config {
    file: String,
    operators: bool,
    write_at_end: bool,
    aggregate: bool,
}

impl Default for Config {
    fn default() -> Self {
        Config { file: "profile.json".to_owned(), operators: true, write_at_end: true, aggregate: false }
    }
}

pub struct Profiler {
    trace: Arc<Trace>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    config: Config,
    running: bool,
    paused: bool,
    has_run: bool,
    /// Not yet in a finished file.
    events: Vec<Event>,
    /// How many of them are in the file already.
    written: usize,
    stats: Stats,
}

/// Whose profiler a setting is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Process {
    Worker,
    Server,
}

impl Profiler {
    /// With `autostart` it records from the start, into `profile.json`.
    pub fn new(trace: Arc<Trace>, autostart: bool) -> Self {
        let profiler = Profiler { trace, state: Mutex::default() };
        if autostart {
            profiler.set_running(true);
        }
        profiler
    }

    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// Which process the parameters are for. All of them are checked.
    pub fn process_of(params: &[(&str, &str)]) -> Result<Process> {
        parse(params).map(|(_, process)| process)
    }

    /// Sets everything anew: what `params` leaves out gets its default.
    pub fn configure(&self, params: &[(&str, &str)]) -> Result<()> {
        let (config, _) = parse(params)?;
        let mut state = self.state.lock();
        state.config = config;
        self.apply(&state);
        Ok(())
    }

    pub fn set_running(&self, on: bool) {
        let mut state = self.state.lock();
        state.running = on;
        state.has_run |= on;
        self.apply(&state);
    }

    pub fn set_paused(&self, on: bool) {
        let mut state = self.state.lock();
        state.paused = on;
        self.apply(&state);
    }

    fn apply(&self, state: &State) {
        let on = state.running && !state.paused;
        self.trace.record_kinds(on && state.config.operators, on);
    }

    /// Writes all that was recorded to the configured file. After `finished` the next file starts empty.
    pub fn dump(&self, finished: bool) -> Result<()> {
        let mut state = self.state.lock();
        ensure!(
            state.has_run,
            InvalidArgument,
            "Profiler hasn't been run. Config and start profiler first (MXSetProfilerState with state 1)"
        );
        self.collect(&mut state);
        let text = trace_file(&state.events, self.trace.dropped());
        let file = &state.config.file;
        std::fs::write(file, text)
            .map_err(|cause| Error::io(format!("writing the profile '{file}'"), &cause))?;
        state.written = state.events.len();
        if finished {
            state.events.clear();
            state.written = 0;
        }
        Ok(())
    }

    /// Writes what no file holds yet, as the process is about to end.
    pub fn finish(&self) -> Result<()> {
        let mut state = self.state.lock();
        self.collect(&mut state);
        let unwritten = state.config.write_at_end && state.events.len() > state.written;
        drop(state);
        if unwritten { self.dump(true) } else { Ok(()) }
    }

    /// The sums as a table (format 0) or JSON (format 1); nothing if the configuration did not ask for sums.
    pub fn stats(&self, format: i32, sort_by: i32, ascending: bool, reset: bool) -> Result<String> {
        let sort = SortBy::from_code(sort_by).ok_or_else(|| {
            err!(
                InvalidArgument,
                "sort_by: expected 0 (total), 1 (avg), 2 (min), 3 (max) or 4 (count), got {sort_by}"
            )
        })?;
        ensure!(
            matches!(format, 0 | 1),
            InvalidArgument,
            "format: expected 0 (table) or 1 (JSON), got {format}"
        );
        let mut state = self.state.lock();
        self.collect(&mut state);
        let text = match (state.config.aggregate, format) {
            (false, _) => String::new(),
            (true, 0) => state.stats.table(sort, ascending),
            (true, _) => state.stats.json(sort, ascending),
        };
        if reset {
            state.stats = Stats::default();
        }
        Ok(text)
    }

    fn collect(&self, state: &mut State) {
        let events = self.trace.take_events();
        if state.config.aggregate {
            events.iter().for_each(|event| state.stats.add(event));
        }
        let room = MOST_EVENTS.saturating_sub(state.events.len());
        self.trace.note_dropped(events.len().saturating_sub(room));
        state.events.extend(events.into_iter().take(room));
    }
}

fn parse(params: &[(&str, &str)]) -> Result<(Config, Process)> {
    let mut config = Config::default();
    let (mut all, mut symbolic, mut imperative) = (false, true, true);
    let mut process = Process::Worker;
    for (name, value) in params {
        match *name {
            "profile_all" => all = switch(name, value)?,
            "profile_symbolic" => symbolic = switch(name, value)?,
            "profile_imperative" => imperative = switch(name, value)?,
            // Memory is not traced, and calls of the interface are no events of their own.
            "profile_memory" | "profile_api" => drop(switch(name, value)?),
            "filename" => {
                ensure!(!value.is_empty(), InvalidArgument, "filename: expected the path of a file, got ''");
                config.file = (*value).to_owned();
            }
            "continuous_dump" => config.write_at_end = switch(name, value)?,
            "dump_period" => drop(period(value)?),
            "aggregate_stats" => config.aggregate = switch(name, value)?,
            "profile_process" => {
                process = match *value {
                    "worker" => Process::Worker,
                    "server" => Process::Server,
                    other => {
                        return Err(err!(
                            InvalidArgument,
                            "profile_process: expected 'worker' or 'server', got '{other}'"
                        ));
                    }
                };
            }
            other => return Err(unknown(other)),
        }
    }
    config.operators = all || symbolic || imperative;
    Ok((config, process))
}

fn unknown(name: &str) -> Error {
    let nearest = suggest::nearest(name, NAMES).map(|near| format!("; did you mean '{near}'?"));
    err!(
        InvalidArgument,
        "keys: Cannot find argument '{name}'{} Possible arguments: {}",
        nearest.as_deref().unwrap_or("."),
        NAMES.join(", ")
    )
}

fn switch(name: &str, value: &str) -> Result<bool> {
    match value {
        "True" | "true" | "1" => Ok(true),
        "False" | "false" | "0" => Ok(false),
        other => Err(err!(InvalidArgument, "{name}: expected True or False, got '{other}'")),
    }
}

/// Files are written when asked for and at the end, so the period changes nothing.
fn period(value: &str) -> Result<f32> {
    let seconds = value.trim().parse().ok().filter(|seconds: &f32| seconds.is_finite() && *seconds >= 0.0);
    seconds.ok_or_else(|| err!(InvalidArgument, "dump_period: expected seconds, got '{value}'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn running(params: &[(&str, &str)]) -> Profiler {
        let profiler = Profiler::new(Arc::new(Trace::default()), false);
        profiler.configure(params).unwrap();
        profiler.set_running(true);
        profiler
    }

    #[test]
    fn a_pause_is_not_in_the_file() {
        let file = std::env::temp_dir().join(format!("mxkv-profile-{}.json", std::process::id()));
        let profiler = running(&[("filename", file.to_str().unwrap())]);
        drop(profiler.trace().span("operator", "seen"));
        profiler.set_paused(true);
        drop(profiler.trace().span("operator", "hidden"));
        profiler.set_paused(false);
        drop(profiler.trace().span("operator", "seen again"));
        profiler.dump(false).unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.contains("\"seen\"") && text.contains("\"seen again\"") && !text.contains("hidden"));
        std::fs::remove_file(&file).unwrap();
        profiler.finish().unwrap();
        assert!(!file.exists(), "nothing new was recorded");
    }

    #[test]
    fn sums_are_kept_on_demand() {
        let profiler = running(&[("aggregate_stats", "True")]);
        drop(profiler.trace().span("operator", "sqrt"));
        assert!(profiler.stats(0, 0, false, true).unwrap().contains("sqrt"));
        assert!(!profiler.stats(1, 4, true, false).unwrap().contains("sqrt"));
        assert_eq!(running(&[]).stats(0, 0, false, false).unwrap(), "");
    }

    #[test]
    fn bad_parameters_are_named() {
        let profiler = Profiler::new(Arc::new(Trace::default()), false);
        for (param, expected) in [
            (("file", "x"), "Cannot find argument 'file'"),
            (("profile_al", "1"), "did you mean 'profile_all'"),
            (("profile_all", "yes"), "profile_all"),
            (("dump_period", "NaN"), "dump_period"),
            (("profile_process", "moon"), "profile_process"),
            (("filename", ""), "filename"),
        ] {
            let error = profiler.configure(&[param]).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        assert!(profiler.dump(true).unwrap_err().to_string().contains("hasn't been run"));
        assert!(profiler.stats(7, 0, false, false).is_err() && profiler.stats(0, 7, false, false).is_err());
    }
}
