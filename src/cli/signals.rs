//! Signals that tell this process to end.

use crate::base::Result;
use crate::base::sync::thread;
use crate::err;
use nix::sys::signal::Signal;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// Calls `act`, on a thread of its own, whenever this process is told to end. A hangup that it was started to ignore
/// stays ignored.
pub(super) fn on_end(act: impl Fn(Signal) + Send + 'static) -> Result<()> {
    let heard = [SIGINT, SIGTERM, SIGHUP];
    let heard = if ignores_hangups() { &heard[..2] } else { &heard };
    let mut signals = Signals::new(heard).map_err(|error| err!(Io, "watching for signals: {error}"))?;
    thread::spawn(move || {
        for signal in signals.forever() {
            act(Signal::try_from(signal).unwrap_or(Signal::SIGTERM));
        }
    });
    Ok(())
}

/// Whether this process was started so, as by `nohup`. No, where the system does not say.
fn ignores_hangups() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask & 1 << (SIGHUP - 1) != 0)
}
