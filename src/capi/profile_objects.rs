//! Objects with which programs mark their own work in the profile: domains, durations, counters, marks. They cost
//! nearly nothing while the profiler does not record.

#![expect(unsafe_code, reason = "reads and writes through the caller's pointers")]

use super::args::{out, text_in};
use super::boundary::boundary;
use super::runtime::runtime;
use super::types::ProfileHandle;
use crate::base::Result;
use crate::base::sync::atomic::{AtomicI64, Ordering};
use crate::base::sync::{Arc, Mutex};
use crate::telemetry::{Kind, Trace};
use crate::{bail, err};
use libc::{c_char, c_int};

/// Behind a `ProfileHandle`.
pub(super) enum ProfileObject {
    Domain(String),
    /// A task, frame or event.
    Duration {
        category: String,
        name: String,
        started: Mutex<Option<u64>>,
    },
    Counter {
        category: String,
        name: String,
        value: AtomicI64,
    },
}

fn object(argument: &str, handle: ProfileHandle) -> Result<Arc<ProfileObject>> {
    runtime()?.profile_objects.get(argument, handle)
}

fn domain_name(handle: ProfileHandle) -> Result<String> {
    match &*object("domain", handle)? {
        ProfileObject::Domain(name) => Ok(name.clone()),
        _ => bail!(InvalidArgument, "domain: expected a domain, got another profile object"),
    }
}

fn trace() -> Result<&'static Trace> {
    Ok(runtime()?.profiler.trace())
}

/// # Safety
/// `name` is null or a NUL-terminated text, `place` is null or writable.
unsafe fn create(
    argument: &str,
    name: *const c_char,
    place: *mut ProfileHandle,
    make: impl FnOnce(String) -> Result<ProfileObject>,
) -> Result<()> {
    // SAFETY: passed on from the caller.
    let (place, name) = unsafe { (out("out", place)?, text_in(argument, name)?) };
    place.set(runtime()?.profile_objects.insert(Arc::new(make(name.to_owned())?))?);
    Ok(())
}

fn duration(category: String, name: String) -> ProfileObject {
    ProfileObject::Duration { category, name, started: Mutex::new(None) }
}

/// Makes a domain: a category for other objects.
///
/// @param domain  its name, borrowed
/// @param out     receives it; owned, free with MXProfileDestroyHandle
///
/// # Safety
/// `domain` is a NUL-terminated text, `out` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXProfileCreateDomain(domain: *const c_char, out: *mut ProfileHandle) -> c_int {
    boundary("MXProfileCreateDomain", || {
        // SAFETY: the caller vouches for both.
        unsafe { create("domain", domain, out, |name| Ok(ProfileObject::Domain(name))) }
    })
}

/// Makes a task of a domain: a duration to be started and stopped.
///
/// @param out  receives it; owned, free with MXProfileDestroyHandle
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
        unsafe { create("task_name", task_name, out, |name| Ok(duration(domain_name(domain)?, name))) }
    })
}

/// Makes a frame of a domain: a duration to be started and stopped.
///
/// @param out  receives it; owned, free with MXProfileDestroyHandle
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
        unsafe { create("frame_name", frame_name, out, |name| Ok(duration(domain_name(domain)?, name))) }
    })
}

/// Makes an event: a duration without a domain.
///
/// @param out  receives it; owned, free with MXProfileDestroyHandle
///
/// # Safety
/// `event_name` is a NUL-terminated text, `out` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXProfileCreateEvent(event_name: *const c_char, out: *mut ProfileHandle) -> c_int {
    boundary("MXProfileCreateEvent", || {
        // SAFETY: the caller vouches for both.
        unsafe { create("event_name", event_name, out, |name| Ok(duration("event".to_owned(), name))) }
    })
}

/// Makes a counter of a domain, at 0.
///
/// @param out  receives it; owned, free with MXProfileDestroyHandle
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
        let make = |name| {
            Ok(ProfileObject::Counter { category: domain_name(domain)?, name, value: AtomicI64::new(0) })
        };
        // SAFETY: the caller vouches for both.
        unsafe { create("counter_name", counter_name, out, make) }
    })
}

/// Frees a profile object; null is ignored. Freeing a domain leaves its objects as they are.
#[unsafe(no_mangle)]
pub extern "C" fn MXProfileDestroyHandle(frame_handle: ProfileHandle) -> c_int {
    boundary("MXProfileDestroyHandle", || {
        if !frame_handle.is_null() {
            drop(runtime()?.profile_objects.remove("frame_handle", frame_handle)?);
        }
        Ok(())
    })
}

/// Starts a duration; if it runs, it starts again from now.
#[unsafe(no_mangle)]
pub extern "C" fn MXProfileDurationStart(duration_handle: ProfileHandle) -> c_int {
    boundary("MXProfileDurationStart", || match &*object("duration_handle", duration_handle)? {
        ProfileObject::Duration { started, .. } => {
            *started.lock() = Some(trace()?.now());
            Ok(())
        }
        _ => Err(no_duration()),
    })
}

/// Stops a duration and records it; nothing happens if it does not run.
#[unsafe(no_mangle)]
pub extern "C" fn MXProfileDurationStop(duration_handle: ProfileHandle) -> c_int {
    boundary("MXProfileDurationStop", || match &*object("duration_handle", duration_handle)? {
        ProfileObject::Duration { category, name, started } => {
            let trace = trace()?;
            if let Some(at) = started.lock().take().filter(|_| trace.is_recording()) {
                let lasted = trace.now().saturating_sub(at);
                trace.record(category.clone(), name.clone(), Kind::Duration(lasted), at);
            }
            Ok(())
        }
        _ => Err(no_duration()),
    })
}

fn no_duration() -> crate::base::Error {
    err!(InvalidArgument, "duration_handle: expected a task, frame or event, got another profile object")
}

/// Sets a counter. Values from 2^63 on are shown as negative numbers.
#[unsafe(no_mangle)]
pub extern "C" fn MXProfileSetCounter(counter_handle: ProfileHandle, value: u64) -> c_int {
    boundary("MXProfileSetCounter", || {
        change_counter(counter_handle, |counter| {
            counter.store(value.cast_signed(), Ordering::Relaxed);
            value.cast_signed()
        })
    })
}

/// Adds to a counter.
#[unsafe(no_mangle)]
pub extern "C" fn MXProfileAdjustCounter(counter_handle: ProfileHandle, value: i64) -> c_int {
    boundary("MXProfileAdjustCounter", || {
        change_counter(counter_handle, |counter| {
            counter.fetch_add(value, Ordering::Relaxed).wrapping_add(value)
        })
    })
}

fn change_counter(handle: ProfileHandle, change: impl FnOnce(&AtomicI64) -> i64) -> Result<()> {
    let object = object("counter_handle", handle)?;
    let ProfileObject::Counter { category, name, value } = &*object else {
        bail!(InvalidArgument, "counter_handle: expected a counter, got another profile object")
    };
    let now = change(value);
    let trace = trace()?;
    if trace.is_recording() {
        trace.record(category.clone(), name.clone(), Kind::Counter(now), trace.now());
    }
    Ok(())
}

/// Records a mark at this moment.
///
/// @param scope  "thread", "process", "global", "task" or "marker"
///
/// # Safety
/// `instant_marker_name` and `scope` are NUL-terminated texts.
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
        let thread_only = match scope {
            "thread" | "task" | "marker" => true,
            "process" | "global" => false,
            other => bail!(
                InvalidArgument,
                "scope: expected global, process, thread, task or marker, got '{other}'"
            ),
        };
        let category = domain_name(domain)?;
        let trace = trace()?;
        if trace.is_recording() {
            trace.record(category, name.to_owned(), Kind::Instant { thread_only }, trace.now());
        }
        Ok(())
    })
}
