//! Recording of named spans, for the profiler. Costs one relaxed load while recording is off.

use crate::base::sync::Mutex;
use crate::base::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// The phases of the Chrome trace format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Begin,
    End,
    Instant,
    Counter(i64),
}

#[derive(Clone, Debug)]
pub struct Event {
    pub name: String,
    pub category: &'static str,
    pub phase: Phase,
    /// Microseconds since the trace was made.
    pub at: u64,
    /// A small number that tells threads apart.
    pub thread: u64,
}

pub struct Trace {
    recording: AtomicBool,
    started: Instant,
    events: Mutex<Vec<Event>>,
}

impl Default for Trace {
    fn default() -> Self {
        Trace { recording: AtomicBool::new(false), started: Instant::now(), events: Mutex::new(Vec::new()) }
    }
}

impl Trace {
    pub fn is_recording(&self) -> bool {
        self.recording.load(Ordering::Relaxed)
    }

    pub fn set_recording(&self, on: bool) {
        self.recording.store(on, Ordering::Relaxed);
    }

    /// Records `name` until the span is dropped; does nothing while recording is off.
    pub fn span(&self, category: &'static str, name: &str) -> Option<Span<'_>> {
        if !self.is_recording() {
            return None;
        }
        self.record(category, name, Phase::Begin);
        Some(Span { trace: self, category, name: name.to_owned() })
    }

    pub fn record(&self, category: &'static str, name: &str, phase: Phase) {
        let at = u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX);
        let event = Event { name: name.to_owned(), category, phase, at, thread: thread_number() };
        self.events.lock().push(event);
    }

    /// Hands out the events recorded so far and forgets them.
    pub fn take_events(&self) -> Vec<Event> {
        std::mem::take(&mut *self.events.lock())
    }
}

pub struct Span<'a> {
    trace: &'a Trace,
    category: &'static str,
    name: String,
}

impl Drop for Span<'_> {
    fn drop(&mut self) {
        self.trace.record(self.category, &self.name, Phase::End);
    }
}

fn thread_number() -> u64 {
    use std::sync::atomic::AtomicU64;
    static NEXT: AtomicU64 = AtomicU64::new(1);
    thread_local!(static NUMBER: u64 = NEXT.fetch_add(1, Ordering::Relaxed));
    NUMBER.with(|number| *number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_recorded_only_while_recording() {
        let trace = Trace::default();
        assert!(trace.span("operator", "ignored").is_none());
        trace.set_recording(true);
        drop(trace.span("operator", "seen"));
        let phases: Vec<_> = trace.take_events().iter().map(|event| event.phase).collect();
        assert_eq!(phases, [Phase::Begin, Phase::End]);
        assert!(trace.take_events().is_empty());
    }
}
