//! Locks, atomics and threads. All of the crate takes them from here, so that the loom model checker can
//! replace them (cfg `loom`, set by `tests/loom`, which compiles the engine once more with it).

#[cfg(not(loom))]
pub use parking_lot::{Condvar, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};
#[cfg(not(loom))]
pub use std::sync::atomic;
#[cfg(not(loom))]
pub use std::thread;

// Counting references is not what the models check, and loom's `Arc` cannot be a receiver.
pub use std::sync::{Arc, Weak};

/// A lock that may be held while the process forks and then be released in the child. parking_lot's may not: it
/// would hand the lock over to a thread that waited for it, which the child does not have.
#[derive(Debug, Default)]
#[expect(clippy::disallowed_types, reason = "the one lock that is not parking_lot's")]
pub struct ForkMutex<T>(std::sync::Mutex<T>);

pub type ForkMutexGuard<'a, T> = std::sync::MutexGuard<'a, T>;

impl<T> ForkMutex<T> {
    pub fn new(value: T) -> Self {
        #[expect(clippy::disallowed_types, reason = "see above")]
        ForkMutex(std::sync::Mutex::new(value))
    }

    /// Waits for the lock. As everywhere here a panic of its holder does not poison it.
    pub fn lock(&self) -> ForkMutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(loom)]
pub use self::model::{Condvar, Mutex, MutexGuard, RwLock, thread};
#[cfg(loom)]
pub use loom::sync::{RwLockReadGuard, RwLockWriteGuard, atomic};

/// loom's locks behind parking_lot's interface: no poisoning, and waiting through `&mut guard`.
#[cfg(loom)]
mod model {
    use loom::sync as checked;
    use std::ops::{Deref, DerefMut};

    #[derive(Debug, Default)]
    pub struct Mutex<T>(checked::Mutex<T>);

    impl<T> Mutex<T> {
        pub fn new(value: T) -> Self {
            Mutex(checked::Mutex::new(value))
        }

        pub fn lock(&self) -> MutexGuard<'_, T> {
            MutexGuard(Some(self.0.lock().unwrap()))
        }
    }

    /// Empty only while its condition variable waits.
    pub struct MutexGuard<'a, T>(Option<checked::MutexGuard<'a, T>>);

    impl<T> Deref for MutexGuard<'_, T> {
        type Target = T;
        fn deref(&self) -> &T {
            self.0.as_ref().unwrap()
        }
    }

    impl<T> DerefMut for MutexGuard<'_, T> {
        fn deref_mut(&mut self) -> &mut T {
            self.0.as_mut().unwrap()
        }
    }

    #[derive(Debug, Default)]
    pub struct RwLock<T>(checked::RwLock<T>);

    impl<T> RwLock<T> {
        pub fn new(value: T) -> Self {
            RwLock(checked::RwLock::new(value))
        }

        pub fn read(&self) -> checked::RwLockReadGuard<'_, T> {
            self.0.read().unwrap()
        }

        pub fn write(&self) -> checked::RwLockWriteGuard<'_, T> {
            self.0.write().unwrap()
        }
    }

    #[derive(Debug, Default)]
    pub struct Condvar(checked::Condvar);

    impl Condvar {
        pub fn new() -> Self {
            Condvar(checked::Condvar::new())
        }

        pub fn notify_one(&self) {
            self.0.notify_one();
        }

        pub fn notify_all(&self) {
            self.0.notify_all();
        }

        pub fn wait<T>(&self, guard: &mut MutexGuard<'_, T>) {
            let held = guard.0.take().unwrap();
            guard.0 = Some(self.0.wait(held).unwrap());
        }
    }

    pub mod thread {
        pub use loom::thread::*;

        /// One: the pool for large kernels, whose threads the checker does not know, is not used then.
        pub fn available_parallelism() -> std::io::Result<std::num::NonZeroUsize> {
            Ok(std::num::NonZeroUsize::MIN)
        }
    }
}
