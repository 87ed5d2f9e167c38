//! The profiler: settings, running, dumping.
//!
//! The forms with a process number act on this process (0) or, through a store over several nodes, on its servers
//! (1). Any store may be given for this process; it is not looked at.

#![expect(unsafe_code, reason = "reads and writes through the caller's pointers")]

use super::args::{count, out, texts_in};
use super::boundary::boundary;
use super::objects::store;
use super::runtime::runtime;
use super::scratch;
use super::types::KVStoreHandle;
use crate::base::Result;
use crate::ensure;
use crate::telemetry::{ProfilerParams, SortBy, log};
use libc::{c_char, c_int};

/// Configures the profiler.
///
/// @param keys, vals  `num_params` texts each: profile_all, profile_symbolic, profile_imperative, profile_memory,
///                    profile_api, filename, continuous_dump, dump_period (seconds), aggregate_stats
///
/// # Safety
/// `keys` and `vals` hold `num_params` NUL-terminated texts.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXSetProfilerConfig(
    num_params: c_int,
    keys: *const *const c_char,
    vals: *const *const c_char,
) -> c_int {
    boundary("MXSetProfilerConfig", || {
        // SAFETY: the caller vouches for both lists.
        let params = unsafe { params_in(num_params, keys, vals) }?;
        configure(&params, std::ptr::null_mut())
    })
}

/// Configures the profiler of this process or, with profile_process=server among the settings, of the servers.
///
/// @param keys, vals     as for MXSetProfilerConfig
/// @param kvstoreHandle  the store whose servers are meant
///
/// # Safety
/// `keys` and `vals` hold `num_params` NUL-terminated texts.
#[unsafe(no_mangle)]
#[expect(non_snake_case, reason = "the argument's name in MXNet")]
pub unsafe extern "C" fn MXSetProcessProfilerConfig(
    num_params: c_int,
    keys: *const *const c_char,
    vals: *const *const c_char,
    kvstoreHandle: KVStoreHandle,
) -> c_int {
    boundary("MXSetProcessProfilerConfig", || {
        // SAFETY: the caller vouches for both lists.
        let params = unsafe { params_in(num_params, keys, vals) }?;
        configure(&params, kvstoreHandle)
    })
}

/// # Safety
/// As the functions above.
unsafe fn params_in<'a>(
    num_params: c_int,
    keys: *const *const c_char,
    vals: *const *const c_char,
) -> Result<Vec<(&'a str, &'a str)>> {
    let count = count("num_params", num_params)?;
    // SAFETY: passed on from the caller.
    let (keys, values) = unsafe { (texts_in("keys", keys, count)?, texts_in("vals", vals, count)?) };
    Ok(keys.into_iter().zip(values).collect())
}

fn configure(params: &[(&str, &str)], handle: KVStoreHandle) -> Result<()> {
    let parsed = ProfilerParams::parse(params)?;
    if parsed.of_servers {
        let own = params.iter().filter(|(key, _)| *key != "profile_process");
        let pairs: Vec<String> = own.map(|(key, value)| format!("{key}:{value}")).collect();
        return tell_servers("kvstoreHandle", handle, &pairs.join(","), '0');
    }
    runtime()?.profiler.configure(parsed.settings()?)
}

/// The command for the profilers of servers; its last character says what the text in front of it is.
const SERVER_PROFILER_COMMAND: i32 = 5;

fn tell_servers(argument: &str, handle: KVStoreHandle, body: &str, kind: char) -> Result<()> {
    let object = store(argument, handle)?;
    if !object.store.type_name().contains("dist") {
        log::info(format_args!(
            "the profiler of servers was asked for, but a '{}' store has no servers",
            object.store.type_name()
        ));
        return Ok(());
    }
    // One worker speaks for all.
    if object.store.rank() != 0 {
        return Ok(());
    }
    object.store.send_command(SERVER_PROFILER_COMMAND, &format!("{body}{kind}"))
}

/// Whether the servers are meant.
fn of_servers(profile_process: c_int) -> Result<bool> {
    ensure!(
        matches!(profile_process, 0 | 1),
        InvalidArgument,
        "profile_process: expected 0 (worker) or 1 (server), got {profile_process}"
    );
    Ok(profile_process == 1)
}

/// Runs (1) or stops (0) the profiler.
#[unsafe(no_mangle)]
pub extern "C" fn MXSetProfilerState(state: c_int) -> c_int {
    boundary("MXSetProfilerState", || set_state(state))
}

/// Runs (1) or stops (0) the profiler of this process or of the servers.
#[unsafe(no_mangle)]
#[expect(non_snake_case, reason = "the argument's name in MXNet")]
pub extern "C" fn MXSetProcessProfilerState(
    state: c_int,
    profile_process: c_int,
    kvStoreHandle: KVStoreHandle,
) -> c_int {
    boundary("MXSetProcessProfilerState", || {
        if of_servers(profile_process)? {
            return tell_servers("kvStoreHandle", kvStoreHandle, &state.to_string(), '1');
        }
        set_state(state)
    })
}

fn set_state(state: c_int) -> Result<()> {
    ensure!(matches!(state, 0 | 1), InvalidArgument, "state: expected 0 (stop) or 1 (run), got {state}");
    runtime()?.profiler.run(state == 1);
    Ok(())
}

/// Writes what was recorded since the last dump to the file.
///
/// @param finished  not 0: stops the profiler; its next run starts the file anew
#[unsafe(no_mangle)]
pub extern "C" fn MXDumpProfile(finished: c_int) -> c_int {
    boundary("MXDumpProfile", || runtime()?.profiler.dump(finished != 0))
}

/// As MXDumpProfile, for this process or for the servers, each of which writes a file of its own.
#[unsafe(no_mangle)]
#[expect(non_snake_case, reason = "the argument's name in MXNet")]
pub extern "C" fn MXDumpProcessProfile(
    finished: c_int,
    profile_process: c_int,
    kvStoreHandle: KVStoreHandle,
) -> c_int {
    boundary("MXDumpProcessProfile", || {
        if of_servers(profile_process)? {
            return tell_servers("kvStoreHandle", kvStoreHandle, &finished.to_string(), '3');
        }
        runtime()?.profiler.dump(finished != 0)
    })
}

/// Interrupts the recording (not 0) or goes on with it (0).
#[unsafe(no_mangle)]
pub extern "C" fn MXProfilePause(paused: c_int) -> c_int {
    boundary("MXProfilePause", || {
        runtime()?.profiler.pause(paused != 0);
        Ok(())
    })
}

/// As MXProfilePause, for this process or for the servers.
#[unsafe(no_mangle)]
#[expect(non_snake_case, reason = "the argument's name in MXNet")]
pub extern "C" fn MXProcessProfilePause(
    paused: c_int,
    profile_process: c_int,
    kvStoreHandle: KVStoreHandle,
) -> c_int {
    boundary("MXProcessProfilePause", || {
        if of_servers(profile_process)? {
            return tell_servers("kvStoreHandle", kvStoreHandle, &paused.to_string(), '2');
        }
        runtime()?.profiler.pause(paused != 0);
        Ok(())
    })
}

/// The sums of what was recorded, as a table by total time; empty unless aggregate_stats is set.
///
/// @param out_str  receives a text, valid until the next call on this thread that returns one
/// @param reset    not 0: starts the sums anew
///
/// # Safety
/// `out_str` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXAggregateProfileStatsPrint(out_str: *mut *const c_char, reset: c_int) -> c_int {
    boundary("MXAggregateProfileStatsPrint", || {
        // SAFETY: the caller vouches for it.
        let out = unsafe { out("out_str", out_str) }?;
        let text = runtime()?.profiler.aggregate(reset != 0, |sums| sums.table(SortBy::Total, false))?;
        out.set(scratch::text(&text));
        Ok(())
    })
}

/// The sums of what was recorded; empty unless aggregate_stats is set.
///
/// @param out_str    receives a text, valid until the next call on this thread that returns one
/// @param reset      not 0: starts the sums anew
/// @param format     0 a table, 1 JSON
/// @param sort_by    0 total, 1 average, 2 minimum, 3 maximum, 4 count
/// @param ascending  not 0: the smallest first
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
        let out = unsafe { out("out_str", out_str) }?;
        let (by, ascending) = (SortBy::from_code(sort_by)?, ascending != 0);
        ensure!(
            matches!(format, 0 | 1),
            InvalidArgument,
            "format: expected 0 (table) or 1 (json), got {format}"
        );
        let text = runtime()?.profiler.aggregate(reset != 0, |sums| match format {
            0 => sums.table(by, ascending),
            _ => sums.json(by, ascending),
        })?;
        out.set(scratch::text(&text));
        Ok(())
    })
}
