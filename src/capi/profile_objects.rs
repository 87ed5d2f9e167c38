//! What programs measure themselves: tasks, frames and events that take time, counters and markers.

#![expect(unsafe_code, reason = "reads and writes through the caller's pointers")]

use super::args::{out, text_in};
use super::boundary::boundary;
use super::runtime::runtime;
use super::types::ProfileHandle;
use crate::bail;
use crate::base::Result;
use crate::base::sync::{Arc, Mutex};
use crate::telemetry::{Phase, Scope, what};
use libc::{c_char, c_int};
use std::borrow::Cow;

/// Behind a `ProfileHandle`.
pub(super) struct ProfileObject {
    /// The name of the domain it belongs to; its own for a domain.
    category: String,
    name: String,
    kind: Kind,
}

enum Kind {
    Domain,
    /// When it was started, in the trace's time.
    Duration(Mutex<Option<u64>>),
    Counter(Mutex<u64>),
}

fn insert(category: &str, name: &str, kind: Kind) -> Result<ProfileHandle> {
    let object = ProfileObject { category: category.to_owned(), name: name.to_owned(), kind };
    runtime()?.profile_objects.insert(Arc::new(object))
}

fn object(argument: &str, handle: ProfileHandle) -> Result<Arc<ProfileObject>> {
    runtime()?.profile_objects.get(argument, handle)
}

fn domain(handle: ProfileHandle) -> Result<Arc<ProfileObject>> {
    let domain = object("domain", handle)?;
    if !matches!(domain.kind, Kind::Domain) {
        bail!(InvalidArgument, "domain: expected a domain, got '{}', which is none", domain.name);
    }
    Ok(domain)
}

fn record(object: &ProfileObject, phase: Phase, at: u64) -> Result<()> {
    let trace = &runtime()?.trace;
    if trace.records(what::OBJECTS) {
        let (category, name) = (Cow::Owned(object.category.clone()), Cow::Owned(object.name.clone()));
        trace.record(category, name, phase, at);
    }
    Ok(())
}

/// Makes a domain: the name under which others are grouped.
///
/// @param out  receives the domain; owned, free with MXProfileDestroyHandle
///
/// # Safety
/// `domain` is a NUL-terminated text, `out` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXProfileCreateDomain(domain: *const c_char, out: *mut ProfileHandle) -> c_int {
    boundary("MXProfileCreateDomain", || {
        // SAFETY: the caller vouches for both.
        let (out, name) = unsafe { (self::out("out", out)?, text_in("domain", domain)?) };
        out.set(insert(name, name, Kind::Domain)?);
        Ok(())
    })
}

/// Makes a task: something that takes time, to be started and stopped.
///
/// @param out  receives the task; owned, free with MXProfileDestroyHandle
///
/// # Safety
/// `task_name` is a NUL-terminated text, `out` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXProfileCreateTask(
    domain: ProfileHandle,
    task_name: *const c_char,
    out: *mut ProfileHandle,
) -> c_int {
    boundary("MXProfileCreateTask", || {
        // SAFETY: the caller vouches for both.
        let (out, name) = unsafe { (self::out("out", out)?, text_in("task_name", task_name)?) };
        out.set(insert(&self::domain(domain)?.name, name, Kind::Duration(Mutex::default()))?);
        Ok(())
    })
}

/// Makes a frame: one pass of something that repeats, to be started and stopped.
///
/// @param out  receives the frame; owned, free with MXProfileDestroyHandle
///
/// # Safety
/// `frame_name` is a NUL-terminated text, `out` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXProfileCreateFrame(
    domain: ProfileHandle,
    frame_name: *const c_char,
    out: *mut ProfileHandle,
) -> c_int {
    boundary("MXProfileCreateFrame", || {
        // SAFETY: the caller vouches for both.
        let (out, name) = unsafe { (self::out("out", out)?, text_in("frame_name", frame_name)?) };
        out.set(insert(&self::domain(domain)?.name, name, Kind::Duration(Mutex::default()))?);
        Ok(())
    })
}

/// Makes an event: something of one thread that takes time, to be started and stopped; in no domain.
///
/// @param out  receives the event; owned, free with MXProfileDestroyHandle
///
/// # Safety
/// `event_name` is a NUL-terminated text, `out` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXProfileCreateEvent(event_name: *const c_char, out: *mut ProfileHandle) -> c_int {
    boundary("MXProfileCreateEvent", || {
        // SAFETY: the caller vouches for both.
        let (out, name) = unsafe { (self::out("out", out)?, text_in("event_name", event_name)?) };
        out.set(insert("event", name, Kind::Duration(Mutex::default()))?);
        Ok(())
    })
}

/// Makes a counter, which starts at 0.
///
/// @param out  receives the counter; owned, free with MXProfileDestroyHandle
///
/// # Safety
/// `counter_name` is a NUL-terminated text, `out` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXProfileCreateCounter(
    domain: ProfileHandle,
    counter_name: *const c_char,
    out: *mut ProfileHandle,
) -> c_int {
    boundary("MXProfileCreateCounter", || {
        // SAFETY: the caller vouches for both.
        let (out, name) = unsafe { (self::out("out", out)?, text_in("counter_name", counter_name)?) };
        out.set(insert(&self::domain(domain)?.name, name, Kind::Counter(Mutex::default()))?);
        Ok(())
    })
}

/// Frees a domain, task, frame, event or counter. What belongs to a freed domain keeps its name. Null is
/// accepted.
#[unsafe(no_mangle)]
pub extern "C" fn MXProfileDestroyHandle(frame_handle: ProfileHandle) -> c_int {
    boundary("MXProfileDestroyHandle", || {
        if frame_handle.is_null() {
            return Ok(());
        }
        runtime()?.profile_objects.remove("frame_handle", frame_handle).map(drop)
    })
}

/// Starts a task, frame or event; one that is running starts anew.
#[unsafe(no_mangle)]
pub extern "C" fn MXProfileDurationStart(duration_handle: ProfileHandle) -> c_int {
    boundary("MXProfileDurationStart", || {
        let object = object("duration_handle", duration_handle)?;
        *started(&object)?.lock() = Some(runtime()?.trace.now());
        Ok(())
    })
}

/// Stops a task, frame or event; recorded if the profiler runs. One that was not started is left alone.
#[unsafe(no_mangle)]
pub extern "C" fn MXProfileDurationStop(duration_handle: ProfileHandle) -> c_int {
    boundary("MXProfileDurationStop", || {
        let object = object("duration_handle", duration_handle)?;
        let Some(began) = started(&object)?.lock().take() else { return Ok(()) };
        let took = runtime()?.trace.now().saturating_sub(began);
        record(&object, Phase::Complete(took), began)
    })
}

fn started(object: &ProfileObject) -> Result<&Mutex<Option<u64>>> {
    match &object.kind {
        Kind::Duration(started) => Ok(started),
        _ => bail!(
            InvalidArgument,
            "duration_handle: expected a task, frame or event, got '{}', which takes no time",
            object.name
        ),
    }
}

/// Sets a counter; recorded if the profiler runs.
#[unsafe(no_mangle)]
pub extern "C" fn MXProfileSetCounter(counter_handle: ProfileHandle, value: u64) -> c_int {
    boundary("MXProfileSetCounter", || change(counter_handle, |_| value))
}

/// Adds to a counter; recorded if the profiler runs.
#[unsafe(no_mangle)]
pub extern "C" fn MXProfileAdjustCounter(counter_handle: ProfileHandle, value: i64) -> c_int {
    boundary("MXProfileAdjustCounter", || change(counter_handle, |old| old.wrapping_add_signed(value)))
}

fn change(handle: ProfileHandle, next: impl FnOnce(u64) -> u64) -> Result<()> {
    let object = object("counter_handle", handle)?;
    let Kind::Counter(counter) = &object.kind else {
        bail!(InvalidArgument, "counter_handle: expected a counter, got '{}', which is none", object.name)
    };
    // Recorded under the lock, so that values appear in the order in which they were set.
    let mut value = counter.lock();
    *value = next(*value);
    record(&object, Phase::Counter(*value), runtime()?.trace.now())
}

/// Marks this moment; recorded if the profiler runs.
///
/// @param scope  how far the mark reaches: global, process, thread, task or marker
///
/// # Safety
/// Both texts are NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXProfileSetMarker(
    domain: ProfileHandle,
    instant_marker_name: *const c_char,
    scope: *const c_char,
) -> c_int {
    boundary("MXProfileSetMarker", || {
        // SAFETY: the caller vouches for both.
        let (name, scope) =
            unsafe { (text_in("instant_marker_name", instant_marker_name)?, text_in("scope", scope)?) };
        let scope = match scope {
            "global" => Scope::Global,
            "process" => Scope::Process,
            // The viewers know no narrower scope.
            "thread" | "task" | "marker" => Scope::Thread,
            other => bail!(
                InvalidArgument,
                "scope: Invalid Input: '{other}', valid values are: {{'global', 'marker', 'process', 'task', 'thread'}}"
            ),
        };
        let category = self::domain(domain)?.name.clone();
        let mark = ProfileObject { category, name: name.to_owned(), kind: Kind::Domain };
        record(&mark, Phase::Instant(scope), runtime()?.trace.now())
    })
}
