//! Whether this thread records operators for differentiation, and whether it trains. Both start off. Recording
//! keeps no graph here (there is nothing to run backward); operators that behave differently in training read
//! the second switch.

use std::cell::Cell;

thread_local! {
    static RECORDING: Cell<bool> = const { Cell::new(false) };
    static TRAINING: Cell<bool> = const { Cell::new(false) };
}

pub fn is_recording() -> bool {
    RECORDING.get()
}

/// Returns the previous value.
pub fn set_recording(on: bool) -> bool {
    RECORDING.replace(on)
}

pub fn is_training() -> bool {
    TRAINING.get()
}

/// Returns the previous value.
pub fn set_training(on: bool) -> bool {
    TRAINING.replace(on)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::sync::thread;

    #[test]
    fn each_thread_has_its_own_switches() {
        assert!(!set_recording(true));
        assert!(!set_training(true));
        thread::spawn(|| assert!(!is_recording() && !is_training())).join().unwrap();
        assert!(set_recording(false) && set_training(false));
    }
}
