//! How much work on large values may wait. Values arrive faster than they are summed, and each takes memory until
//! then; while too many wait, no more are looked at, and TCP holds their senders back.

use crate::base::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// Bytes of values that wait or are worked on.
const MOST: usize = 8 << 20;

/// Work that waits for other work would keep the rest waiting: after this it goes on anyway.
const PATIENCE: Duration = Duration::from_millis(100);

#[derive(Clone, Default)]
pub(super) struct Backlog(Arc<(Mutex<usize>, Condvar)>);

/// Work that is not done yet.
pub(super) struct Share {
    backlog: Backlog,
    bytes: usize,
}

impl Backlog {
    /// Waits until there is room for work on so many bytes, or nothing else waits.
    pub(super) fn enter(&self, bytes: usize) -> Share {
        let (waiting, done) = &*self.0;
        let deadline = Instant::now() + PATIENCE;
        let mut all = waiting.lock();
        while *all > 0 && all.saturating_add(bytes) > MOST {
            if done.wait_until(&mut all, deadline).timed_out() {
                break;
            }
        }
        *all = all.saturating_add(bytes);
        Share { backlog: self.clone(), bytes }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let (waiting, done) = &*self.backlog.0;
        let mut all = waiting.lock();
        *all = all.saturating_sub(self.bytes);
        done.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::sync::thread;

    #[test]
    fn work_waits_for_room_but_not_for_ever() {
        let backlog = Backlog::default();
        let first = backlog.enter(2 * MOST);
        let start = Instant::now();
        let second = backlog.enter(1);
        assert!(start.elapsed() >= PATIENCE);
        drop(second);
        let other = backlog.clone();
        let waiting = thread::spawn(move || drop(other.enter(1)));
        drop(first);
        waiting.join().unwrap();
        let shares: Vec<Share> = (0..4).map(|_| backlog.enter(MOST / 4)).collect();
        assert_eq!((shares.len(), *backlog.0.0.lock()), (4, MOST));
        drop(shares);
        assert_eq!(*backlog.0.0.lock(), 0);
    }
}
