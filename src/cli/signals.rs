//! Signals that tell this process to end.

use crate::base::Result;
use crate::base::sync::thread;
use crate::err;
use nix::sys::signal::Signal;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// Calls `act`, on a thread of its own, whenever this process is told to end.
pub(super) fn on_end(act: impl Fn(Signal) + Send + 'static) -> Result<()> {
    let mut signals =
        Signals::new([SIGHUP, SIGINT, SIGTERM]).map_err(|error| err!(Io, "watching for signals: {error}"))?;
    thread::spawn(move || {
        for signal in signals.forever() {
            act(Signal::try_from(signal).unwrap_or(Signal::SIGTERM));
        }
    });
    Ok(())
}
