//! Locks, atomics and threads. All of the crate takes them from here, so that the loom model checker can
//! replace them (`RUSTFLAGS="--cfg loom"`, see `tests/loom.rs`).

#[cfg(not(loom))]
pub use parking_lot::{Condvar, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};
#[cfg(not(loom))]
pub use std::sync::{Arc, Weak, atomic};
#[cfg(not(loom))]
pub use std::thread;

#[cfg(loom)]
pub use self::model::{Condvar, Mutex, RwLock};
#[cfg(loom)]
pub use loom::sync::{Arc, MutexGuard, RwLockReadGuard, RwLockWriteGuard, atomic};
#[cfg(loom)]
pub use loom::thread;

/// loom's locks behind parking_lot's interface (no poisoning).
#[cfg(loom)]
mod model {
    use loom::sync as loom_sync;

    #[derive(Debug, Default)]
    pub struct Mutex<T>(loom_sync::Mutex<T>);
    impl<T> Mutex<T> {
        pub fn new(value: T) -> Self {
            Mutex(loom_sync::Mutex::new(value))
        }
        pub fn lock(&self) -> loom_sync::MutexGuard<'_, T> {
            self.0.lock().unwrap()
        }
    }

    #[derive(Debug, Default)]
    pub struct RwLock<T>(loom_sync::RwLock<T>);
    impl<T> RwLock<T> {
        pub fn new(value: T) -> Self {
            RwLock(loom_sync::RwLock::new(value))
        }
        pub fn read(&self) -> loom_sync::RwLockReadGuard<'_, T> {
            self.0.read().unwrap()
        }
        pub fn write(&self) -> loom_sync::RwLockWriteGuard<'_, T> {
            self.0.write().unwrap()
        }
    }

    #[derive(Debug, Default)]
    pub struct Condvar(loom_sync::Condvar);
    impl Condvar {
        pub fn new() -> Self {
            Condvar(loom_sync::Condvar::new())
        }
        pub fn notify_one(&self) {
            self.0.notify_one();
        }
        pub fn notify_all(&self) {
            self.0.notify_all();
        }
        /// parking_lot waits through `&mut guard`; loom moves the guard, so models loop with `wait_moved`.
        pub fn wait_moved<'a, T>(&self, guard: loom_sync::MutexGuard<'a, T>) -> loom_sync::MutexGuard<'a, T> {
            self.0.wait(guard).unwrap()
        }
    }
}
