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
use crate::base::suggest::nearest;
use crate::base::uri::local_path;
use crate::telemetry::{Settings, SortBy, log, what};
use crate::{bail, ensure};
use libc::{c_char, c_int};
use std::time::Duration;

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

const SWITCHES: [&str; 7] = [
    "profile_all",
    "profile_symbolic",
    "profile_imperative",
    "profile_memory",
    "profile_api",
    "continuous_dump",
    "aggregate_stats",
];

/// All settings by name, with MXNet's defaults.
struct Params<'a> {
    switches: [bool; 7],
    filename: &'a str,
    dump_period: f64,
    of_servers: bool,
}

fn parse<'a>(params: &[(&'a str, &'a str)]) -> Result<Params<'a>> {
    let mut parsed = Params {
        switches: [false, true, true, true, true, true, false],
        filename: "profile.json",
        dump_period: 1.0,
        of_servers: false,
    };
    for (key, value) in params {
        if let Some(place) = SWITCHES.iter().position(|name| name == key)
            && let Some(switch) = parsed.switches.get_mut(place)
        {
            *switch = match *value {
                "1" | "True" | "true" => true,
                "0" | "False" | "false" => false,
                _ => bail!(
                    InvalidArgument,
                    "Invalid Parameter format for {key} expect boolean but value='{value}'"
                ),
            };
            continue;
        }
        match *key {
            "filename" => parsed.filename = value,
            "dump_period" => {
                parsed.dump_period = value.trim().parse().map_err(|_| {
                    crate::err!(
                        InvalidArgument,
                        "Invalid Parameter format for {key} expect float but value='{value}'"
                    )
                })?;
            }
            "profile_process" => {
                parsed.of_servers = match *value {
                    "worker" => false,
                    "server" => true,
                    _ => bail!(
                        InvalidArgument,
                        "profile_process: Invalid Input: '{value}', valid values are: {{'server', 'worker'}}"
                    ),
                };
            }
            unknown => {
                let known = SWITCHES.into_iter().chain(["filename", "dump_period", "profile_process"]);
                let hint = nearest(unknown, known.clone());
                let hint = hint.map_or(String::new(), |name| format!(" Did you mean '{name}'?"));
                let known: Vec<_> = known.collect();
                bail!(
                    InvalidArgument,
                    "Cannot find argument '{unknown}', Possible Arguments: {}.{hint}",
                    known.join(", ")
                );
            }
        }
    }
    Ok(parsed)
}

fn configure(params: &[(&str, &str)], handle: KVStoreHandle) -> Result<()> {
    let parsed = parse(params)?;
    if parsed.of_servers {
        let own = params.iter().filter(|(key, _)| *key != "profile_process");
        let pairs: Vec<String> = own.map(|(key, value)| format!("{key}:{value}")).collect();
        return tell_servers("kvstoreHandle", handle, &pairs.join(","), '0');
    }
    let [all, symbolic, imperative, _, api, continuous, aggregate] = parsed.switches;
    let mut kinds = what::OBJECTS;
    if all || symbolic || imperative {
        kinds |= what::OPERATORS;
    }
    if all || api {
        kinds |= what::CALLS;
    }
    let period = Duration::try_from_secs_f64(parsed.dump_period).ok().filter(|period| !period.is_zero());
    ensure!(
        !continuous || period.is_some(),
        InvalidArgument,
        "dump_period: expected seconds above 0, got {}",
        parsed.dump_period
    );
    runtime()?.profiler.configure(Settings {
        kinds,
        file: local_path("filename", parsed.filename)?.into(),
        dump_every: period.filter(|_| continuous),
        aggregate,
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_have_mxnets_names_and_defaults() {
        let none = parse(&[]).unwrap();
        assert_eq!(none.switches, [false, true, true, true, true, true, false]);
        assert_eq!((none.filename, none.dump_period, none.of_servers), ("profile.json", 1.0, false));
        let all = [
            ("profile_all", "True"),
            ("filename", "x"),
            ("dump_period", "0.5"),
            ("continuous_dump", "0"),
            ("profile_process", "server"),
        ];
        let all = parse(&all).unwrap();
        assert!(all.switches[0] && !all.switches[5] && all.of_servers);
        assert_eq!((all.filename, all.dump_period), ("x", 0.5));
    }

    #[test]
    fn wrong_settings_are_named() {
        let message = |key, value| parse(&[(key, value)]).err().unwrap().to_string();
        assert!(message("profile_al", "1").contains("Cannot find argument 'profile_al'"));
        assert!(message("profile_al", "1").contains("Did you mean 'profile_all'?"));
        assert!(message("profile_all", "yes").contains("expect boolean but value='yes'"));
        assert!(message("dump_period", "x").contains("expect float but value='x'"));
        assert!(message("profile_process", "x").contains("'worker'"));
    }
}
