//! Recording of what happened when, for the profiler. Costs one relaxed load while recording is off.

use crate::base::sync::Mutex;
use crate::base::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::borrow::Cow;
use std::time::Instant;

/// The recording stops growing here: a forgotten profiler must not eat the memory of a long training.
pub(super) const MOST_EVENTS: usize = 1 << 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Took this many microseconds, from `Event::at` on.
    Duration(u64),
    /// A mark; it concerns this thread or, if false, the process.
    Instant {
        thread_only: bool,
    },
    Counter(i64),
}

#[derive(Clone, Debug)]
pub struct Event {
    pub name: String,
    pub category: Cow<'static, str>,
    pub kind: Kind,
    /// Microseconds since the trace was made.
    pub at: u64,
    /// A small number that tells threads apart.
    pub thread: u64,
}

pub struct Trace {
    operators: AtomicBool,
    objects: AtomicBool,
    started: Instant,
    events: Mutex<Vec<Event>>,
    dropped: AtomicU64,
}

impl Default for Trace {
    fn default() -> Self {
        Trace {
            operators: AtomicBool::new(false),
            objects: AtomicBool::new(false),
            started: Instant::now(),
            events: Mutex::new(Vec::new()),
            dropped: AtomicU64::new(0),
        }
    }
}

impl Trace {
    /// Whether [`Trace::record`] is wanted.
    pub fn is_recording(&self) -> bool {
        self.objects.load(Ordering::Relaxed)
    }

    pub fn set_recording(&self, on: bool) {
        self.record_kinds(on, on);
    }

    /// Chooses separately: the library's own work ([`Trace::span`]), and what callers mark ([`Trace::record`]).
    pub fn record_kinds(&self, operators: bool, objects: bool) {
        self.operators.store(operators, Ordering::Relaxed);
        self.objects.store(objects, Ordering::Relaxed);
    }

    /// Records `name` as lasting until the span is dropped; does nothing while recording is off.
    pub fn span(&self, category: &'static str, name: &str) -> Option<Span<'_>> {
        self.operators.load(Ordering::Relaxed).then(|| Span {
            trace: self,
            category,
            name: name.to_owned(),
            at: self.now(),
        })
    }

    /// Microseconds since the trace was made.
    pub fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Adds an event that began at `at`, on this thread.
    pub fn record(&self, category: impl Into<Cow<'static, str>>, name: String, kind: Kind, at: u64) {
        let event = Event { name, category: category.into(), kind, at, thread: thread_number() };
        let mut events = self.events.lock();
        if events.len() < MOST_EVENTS {
            events.push(event);
        } else {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Hands out the events recorded so far and forgets them.
    pub fn take_events(&self) -> Vec<Event> {
        std::mem::take(&mut *self.events.lock())
    }

    /// Counts events that were thrown away elsewhere.
    pub(super) fn note_dropped(&self, count: usize) {
        self.dropped.fetch_add(count as u64, Ordering::Relaxed);
    }

    /// How many events there was no room for.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

pub struct Span<'a> {
    trace: &'a Trace,
    category: &'static str,
    name: String,
    at: u64,
}

impl Drop for Span<'_> {
    fn drop(&mut self) {
        let lasted = self.trace.now().saturating_sub(self.at);
        self.trace.record(self.category, std::mem::take(&mut self.name), Kind::Duration(lasted), self.at);
    }
}

fn thread_number() -> u64 {
    // The model checker has no atomics that live for ever; nothing is checked here.
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
        let events = trace.take_events();
        assert!(matches!(events.as_slice(), [Event { kind: Kind::Duration(_), .. }]), "{events:?}");
        assert!(trace.take_events().is_empty());
    }
}
