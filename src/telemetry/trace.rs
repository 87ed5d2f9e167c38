//! Recording of named spans, for the profiler. Costs one relaxed load while recording is off.

use crate::base::sync::atomic::{AtomicU8, Ordering};
use crate::base::sync::{ForkMutex, ForkMutexGuard};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Instant;

/// What can be recorded, as bits.
pub mod what {
    /// Work of the engine.
    pub const OPERATORS: u8 = 1;
    /// Calls of C functions.
    pub const CALLS: u8 = 2;
    /// Tasks, frames, events, counters and markers of the program's own.
    pub const OBJECTS: u8 = 4;
    pub const ALL: u8 = OPERATORS | CALLS | OBJECTS;
}

/// Most events kept until somebody takes them; what comes after is counted, not kept.
const LIMIT: usize = 1 << 22;

/// Where an instant event is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    Global,
    Process,
    Thread,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Something that took this many microseconds.
    Complete(u64),
    Instant(Scope),
    /// A number that has this value from now on.
    Counter(u64),
}

#[derive(Clone, Debug)]
pub struct Event {
    pub name: Cow<'static, str>,
    pub category: Cow<'static, str>,
    pub phase: Phase,
    /// Microseconds since the trace was made; of the beginning if it took some time.
    pub at: u64,
    /// A small number that tells threads apart.
    pub thread: u64,
}

/// What was recorded since the last time.
#[derive(Default)]
pub struct Recorded {
    pub events: Vec<Event>,
    /// Events that found no room.
    pub lost: u64,
    /// The names of all threads that ever recorded something.
    pub threads: BTreeMap<u64, String>,
}

pub struct Trace {
    recording: AtomicU8,
    started: Instant,
    recorded: ForkMutex<Recorded>,
}

impl Default for Trace {
    fn default() -> Self {
        Trace { recording: AtomicU8::new(0), started: Instant::now(), recorded: ForkMutex::default() }
    }
}

impl Trace {
    /// Whether something of this kind is recorded now.
    pub fn records(&self, kind: u8) -> bool {
        self.recording.load(Ordering::Relaxed) & kind != 0
    }

    /// Records these kinds from now on; 0 stops.
    pub fn set_recording(&self, kinds: u8) {
        self.recording.store(kinds, Ordering::Relaxed);
    }

    /// Microseconds since the trace was made.
    pub fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Records `name` until the span is dropped; does nothing while this kind is not recorded.
    pub fn span(&self, kind: u8, category: &'static str, name: &str) -> Option<Span<'_>> {
        if !self.records(kind) {
            return None;
        }
        Some(Span { trace: self, category, name: name.to_owned(), began: self.now() })
    }

    pub fn record(&self, category: Cow<'static, str>, name: Cow<'static, str>, phase: Phase, at: u64) {
        let event = Event { name, category, phase, at, thread: thread_number() };
        let mut recorded = self.recorded.lock();
        if recorded.events.len() >= LIMIT {
            recorded.lost += 1;
            return;
        }
        recorded.threads.entry(event.thread).or_insert_with(thread_name);
        recorded.events.push(event);
    }

    /// Hands out what was recorded so far and forgets it, except the names of threads.
    pub fn take(&self) -> Recorded {
        let mut recorded = self.recorded.lock();
        Recorded {
            events: std::mem::take(&mut recorded.events),
            lost: std::mem::take(&mut recorded.lost),
            threads: recorded.threads.clone(),
        }
    }

    /// Puts back what was taken and found no use, in front of what was recorded since.
    pub fn give_back(&self, mut taken: Recorded) {
        let mut recorded = self.recorded.lock();
        taken.events.append(&mut recorded.events);
        recorded.events = taken.events;
        recorded.lost += taken.lost;
    }

    /// Keeps other threads from recording while the process forks.
    pub(super) fn hold(&self) -> ForkMutexGuard<'_, Recorded> {
        self.recorded.lock()
    }
}

pub struct Span<'a> {
    trace: &'a Trace,
    category: &'static str,
    name: String,
    began: u64,
}

impl Drop for Span<'_> {
    fn drop(&mut self) {
        let took = self.trace.now().saturating_sub(self.began);
        let name = std::mem::take(&mut self.name);
        self.trace.record(self.category.into(), name.into(), Phase::Complete(took), self.began);
    }
}

fn thread_number() -> u64 {
    use std::sync::atomic::AtomicU64;
    static NEXT: AtomicU64 = AtomicU64::new(1);
    thread_local!(static NUMBER: u64 = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
    NUMBER.with(|number| *number)
}

fn thread_name() -> String {
    std::thread::current().name().unwrap_or("thread").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_recorded_only_while_recording() {
        let trace = Trace::default();
        assert!(trace.span(what::OPERATORS, "operator", "ignored").is_none());
        trace.set_recording(what::OPERATORS);
        assert!(trace.span(what::CALLS, "call", "ignored").is_none());
        drop(trace.span(what::OPERATORS, "operator", "seen"));
        let recorded = trace.take();
        assert_eq!(recorded.events.len(), 1);
        assert_eq!(recorded.events[0].name, "seen");
        assert!(matches!(recorded.events[0].phase, Phase::Complete(_)));
        assert!(recorded.threads.contains_key(&recorded.events[0].thread));
        assert!(trace.take().events.is_empty());
        drop(trace.span(what::OPERATORS, "operator", "later"));
        trace.give_back(recorded);
        let names: Vec<_> = trace.take().events.into_iter().map(|event| event.name).collect();
        assert_eq!(names, ["seen", "later"]);
    }
}
