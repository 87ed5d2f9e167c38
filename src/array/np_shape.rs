//! Whether shapes follow numpy: then a size of 0 means zero elements and 0 dimensions mean one element. Off,
//! MXNet's first convention holds, in which both mean "not known yet".
//!
//! Each thread has its own switch, and one for the process wins over all of them while it is on.

use std::cell::Cell;
// Lives as long as the process, which the model checker's atomics cannot.
use std::sync::atomic::{AtomicBool, Ordering};

/// Values of [`get`]: what `MXIsNumpyShape` reports.
pub const OFF: i32 = 0;
pub const ON_IN_THREAD: i32 = 1;
pub const ON_IN_PROCESS: i32 = 2;

thread_local!(static IN_THREAD: Cell<bool> = const { Cell::new(false) });
static IN_PROCESS: AtomicBool = AtomicBool::new(false);

/// How this thread reads shapes: [`OFF`], [`ON_IN_THREAD`] or [`ON_IN_PROCESS`].
pub fn get() -> i32 {
    if IN_PROCESS.load(Ordering::Relaxed) { ON_IN_PROCESS } else { i32::from(IN_THREAD.get()) }
}

/// Whether this thread reads shapes as numpy does.
pub fn is_on() -> bool {
    get() != OFF
}

/// Sets the switch. [`OFF`] ends the process-wide setting too; other threads keep their own. A value that is
/// none of the three changes nothing and gives `false`.
pub fn set(value: i32) -> bool {
    match value {
        OFF => IN_PROCESS.store(false, Ordering::Relaxed),
        ON_IN_THREAD => {}
        ON_IN_PROCESS => IN_PROCESS.store(true, Ordering::Relaxed),
        _ => return false,
    }
    IN_THREAD.set(value != OFF);
    true
}
