//! The end of the process, and the start of random sequences.

#![expect(unsafe_code, reason = "exports functions")]

use super::boundary::boundary;
use super::runtime::runtime;
use crate::array::Device;
use libc::c_int;

/// Waits for all unfinished work and reports a failure that nobody was told of; writes what the profiler has
/// recorded and not written yet. The library stays usable: objects may be freed afterwards.
#[unsafe(no_mangle)]
pub extern "C" fn MXNotifyShutdown() -> c_int {
    boundary("MXNotifyShutdown", || {
        let runtime = runtime()?;
        let worked = runtime.engine.wait_all();
        let written = if runtime.profiler.has_run() { runtime.profiler.dump(true) } else { Ok(()) };
        worked.and(written)
    })
}

/// Starts the random sequence anew: equal seeds give equal sequences.
#[unsafe(no_mangle)]
pub extern "C" fn MXRandomSeed(seed: c_int) -> c_int {
    boundary("MXRandomSeed", || {
        runtime()?.rng.seed(i64::from(seed).cast_unsigned());
        Ok(())
    })
}

/// As MXRandomSeed: all processors share one sequence.
///
/// @param dev_type, dev_id  the device
#[unsafe(no_mangle)]
pub extern "C" fn MXRandomSeedContext(seed: c_int, dev_type: c_int, dev_id: c_int) -> c_int {
    boundary("MXRandomSeedContext", || {
        Device::from_codes(dev_type, dev_id)?;
        runtime()?.rng.seed(i64::from(seed).cast_unsigned());
        Ok(())
    })
}
