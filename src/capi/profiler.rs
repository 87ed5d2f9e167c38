//! The profiler: recording what the engine does, and writing it down.
//!
//! The functions with a process argument concern this process (0) or the servers of a distributed store (1); the
//! others concern this process.

#![expect(unsafe_code, reason = "exports functions and reads and writes through the caller's pointers")]
#![expect(non_snake_case, reason = "the arguments' names in MXNet")]

use super::args::{count, out, texts_in};
use super::boundary::boundary;
use super::objects::store;
use super::runtime::runtime;
use super::scratch;
use super::types::KVStoreHandle;
use crate::base::Result;
use crate::telemetry::{Process, Profiler};
use crate::{bail, ensure};
use libc::{c_char, c_int};

/// What servers are asked to do, appended to the body of the command as one digit.
#[derive(Clone, Copy)]
enum ServerCommand {
    Configure = 0,
    SetState = 1,
    Pause = 2,
    Dump = 3,
}

/// Configures the profiler of this process; see MXSetProcessProfilerConfig.
///
/// # Safety
/// `keys` and `vals` hold `num_params` NUL-terminated texts each.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXSetProfilerConfig(
    num_params: c_int,
    keys: *const *const c_char,
    vals: *const *const c_char,
) -> c_int {
    boundary("MXSetProfilerConfig", || {
        // SAFETY: the caller vouches for the texts.
        with_params(num_params, keys, vals, |params| runtime()?.profiler.configure(params))
    })
}

/// Configures the profiler.
///
/// @param keys, vals  `num_params` settings: filename; aggregate_stats (keep sums for
///                    MXAggregateProfileStatsPrint); profile_all, profile_imperative, profile_symbolic (record
///                    operators); continuous_dump (write what is left at the end); profile_process (worker:
///                    this process, or server); profile_memory, profile_api and dump_period are accepted. What is
///                    left out gets its default
/// @param kvstoreHandle  the store whose servers are meant, or null
///
/// # Safety
/// As for MXSetProfilerConfig.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXSetProcessProfilerConfig(
    num_params: c_int,
    keys: *const *const c_char,
    vals: *const *const c_char,
    kvstoreHandle: KVStoreHandle,
) -> c_int {
    boundary("MXSetProcessProfilerConfig", || {
        with_params(num_params, keys, vals, |params| match Profiler::process_of(params)? {
            Process::Worker => runtime()?.profiler.configure(params),
            Process::Server => {
                let settings = params.iter().filter(|(key, _)| *key != "profile_process");
                let settings: Vec<_> = settings.map(|(key, value)| format!("{key}:{value}")).collect();
                tell_servers("kvstoreHandle", kvstoreHandle, ServerCommand::Configure, &settings.join(","))
            }
        })
    })
}

/// Reads the settings. Private, so that only the functions above, whose callers vouch for the texts, reach it.
fn with_params(
    num_params: c_int,
    keys: *const *const c_char,
    vals: *const *const c_char,
    work: impl FnOnce(&[(&str, &str)]) -> Result<()>,
) -> Result<()> {
    let count = count("num_params", num_params)?;
    // SAFETY: the callers of the exported functions vouch for `count` texts in each.
    let (keys, vals) = unsafe { (texts_in("keys", keys, count)?, texts_in("vals", vals, count)?) };
    let params: Vec<_> = keys.into_iter().zip(vals).collect();
    work(&params)
}

/// Starts (1) or stops (0) recording in this process.
#[unsafe(no_mangle)]
pub extern "C" fn MXSetProfilerState(state: c_int) -> c_int {
    boundary("MXSetProfilerState", || {
        runtime()?.profiler.set_running(switch("state", state)?);
        Ok(())
    })
}

/// Starts (1) or stops (0) recording.
///
/// @param profile_process  0 this process, 1 the servers of the store
#[unsafe(no_mangle)]
pub extern "C" fn MXSetProcessProfilerState(
    state: c_int,
    profile_process: c_int,
    kvStoreHandle: KVStoreHandle,
) -> c_int {
    boundary("MXSetProcessProfilerState", || {
        let on = switch("state", state)?;
        match process(profile_process)? {
            Process::Worker => runtime()?.profiler.set_running(on),
            Process::Server => {
                tell_servers("kvStoreHandle", kvStoreHandle, ServerCommand::SetState, &state.to_string())?;
            }
        }
        Ok(())
    })
}

/// Pauses (1) or resumes (0) recording in this process.
#[unsafe(no_mangle)]
pub extern "C" fn MXProfilePause(paused: c_int) -> c_int {
    boundary("MXProfilePause", || {
        runtime()?.profiler.set_paused(paused != 0);
        Ok(())
    })
}

/// Pauses (1) or resumes (0) recording.
///
/// @param profile_process  0 this process, 1 the servers of the store
#[unsafe(no_mangle)]
pub extern "C" fn MXProcessProfilePause(
    paused: c_int,
    profile_process: c_int,
    kvStoreHandle: KVStoreHandle,
) -> c_int {
    boundary("MXProcessProfilePause", || {
        match process(profile_process)? {
            Process::Worker => runtime()?.profiler.set_paused(paused != 0),
            Process::Server => {
                tell_servers("kvStoreHandle", kvStoreHandle, ServerCommand::Pause, &paused.to_string())?;
            }
        }
        Ok(())
    })
}

/// Writes what this process recorded to its file, in the Chrome trace format.
///
/// @param finished  not 0: the next file starts empty
#[unsafe(no_mangle)]
pub extern "C" fn MXDumpProfile(finished: c_int) -> c_int {
    boundary("MXDumpProfile", || runtime()?.profiler.dump(finished != 0))
}

/// Writes what was recorded to the file, in the Chrome trace format.
///
/// @param finished         not 0: the next file starts empty
/// @param profile_process  0 this process, 1 the servers of the store
#[unsafe(no_mangle)]
pub extern "C" fn MXDumpProcessProfile(
    finished: c_int,
    profile_process: c_int,
    kvStoreHandle: KVStoreHandle,
) -> c_int {
    boundary("MXDumpProcessProfile", || match process(profile_process)? {
        Process::Worker => runtime()?.profiler.dump(finished != 0),
        Process::Server => {
            tell_servers("kvStoreHandle", kvStoreHandle, ServerCommand::Dump, &finished.to_string())
        }
    })
}

/// The sums over what was recorded, as a table by total time.
///
/// @param out_str  receives a text, valid until the next call on this thread that returns a text; empty unless
///                 the configuration says aggregate_stats
/// @param reset    not 0: the sums start anew
///
/// # Safety
/// `out_str` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXAggregateProfileStatsPrint(out_str: *mut *const c_char, reset: c_int) -> c_int {
    boundary("MXAggregateProfileStatsPrint", || {
        // SAFETY: the caller vouches for it.
        let place = unsafe { out("out_str", out_str) }?;
        place.set(scratch::text(&runtime()?.profiler.stats(0, 0, false, reset != 0)?));
        Ok(())
    })
}

/// The sums over what was recorded.
///
/// @param out_str    as for MXAggregateProfileStatsPrint
/// @param format     0 a table, 1 JSON
/// @param sort_by    0 total, 1 avg, 2 min, 3 max, 4 count
/// @param ascending  not 0: smallest first
///
/// # Safety
/// `out_str` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXAggregateProfileStatsPrintEx(
    out_str: *mut *const c_char,
    reset: c_int,
    format: c_int,
    sort_by: c_int,
    ascending: c_int,
) -> c_int {
    boundary("MXAggregateProfileStatsPrintEx", || {
        // SAFETY: the caller vouches for it.
        let place = unsafe { out("out_str", out_str) }?;
        let text = runtime()?.profiler.stats(format, sort_by, ascending != 0, reset != 0)?;
        place.set(scratch::text(&text));
        Ok(())
    })
}

fn switch(argument: &str, value: c_int) -> Result<bool> {
    ensure!(matches!(value, 0 | 1), InvalidArgument, "{argument}: expected 0 or 1, got {value}");
    Ok(value == 1)
}

fn process(code: c_int) -> Result<Process> {
    match code {
        0 => Ok(Process::Worker),
        1 => Ok(Process::Server),
        _ => bail!(
            InvalidArgument,
            "profile_process: expected 0 (this process) or 1 (the servers), got {code}"
        ),
    }
}

/// Sends a profiler command to the servers of a distributed store; a local store has none and ignores it.
fn tell_servers(argument: &str, handle: KVStoreHandle, command: ServerCommand, body: &str) -> Result<()> {
    const PROFILER: i32 = 5;
    let store = store(argument, handle)?;
    // One worker speaks for all.
    if store.store.rank() != 0 {
        return Ok(());
    }
    store.store.send_command(PROFILER, &format!("{body}{}", command as i32))
}
