//! Calling an update rule of the caller's.

#![expect(unsafe_code, reason = "calls functions of the caller")]

use super::objects::new_handle;
use super::runtime::runtime;
use super::scratch::c_text;
use super::types::{MXKVStoreStrUpdater, MXKVStoreUpdater};
use crate::array::NdArray;
use crate::base::Result;
use crate::kvstore::{Key, KeyKind, Updater};
use libc::c_void;

pub(super) struct CUpdater {
    with_number: MXKVStoreUpdater,
    with_text: MXKVStoreStrUpdater,
    handle: *mut c_void,
}

// SAFETY: the pointer is never dereferenced here, only handed back; whoever gave it vouched (see `new`) that its
// function can be called from any thread that pushes.
unsafe impl Send for CUpdater {}
// SAFETY: as above.
unsafe impl Sync for CUpdater {}

impl CUpdater {
    /// # Safety
    /// Both functions, where given, can be called with `handle` from any thread as long as the updater lives.
    pub(super) unsafe fn new(
        with_number: MXKVStoreUpdater,
        with_text: MXKVStoreStrUpdater,
        handle: *mut c_void,
    ) -> Self {
        CUpdater { with_number, with_text, handle }
    }
}

impl Updater for CUpdater {
    fn accepts(&self, kind: KeyKind) -> Result<()> {
        let callable = self.with_number.is_some() || kind == KeyKind::Text && self.with_text.is_some();
        crate::ensure!(
            callable,
            InvalidArgument,
            "updater: the store's updater is NULL for {} keys",
            match kind {
                KeyKind::Int => "int",
                KeyKind::Text => "string",
            }
        );
        Ok(())
    }

    fn update(&self, key: &Key, pushed: NdArray, stored: NdArray) -> Result<()> {
        let pushed = new_handle(pushed)?;
        let stored = match new_handle(stored) {
            Ok(stored) => stored,
            Err(error) => {
                runtime()?.arrays.remove("recv", pushed)?;
                return Err(error);
            }
        };
        match (key, self.with_text, self.with_number) {
            (Key::Text { text, .. }, Some(call), _) => {
                let text = c_text(text.as_bytes());
                // SAFETY: `new`'s caller vouched for the function; it owns the two handles from here on.
                unsafe { call(text.as_ptr(), pushed, stored, self.handle) }
            }
            // SAFETY: as above.
            (key, _, Some(call)) => unsafe { call(key.number(), pushed, stored, self.handle) },
            (_, _, None) => {
                let arrays = &runtime()?.arrays;
                arrays.remove("recv", pushed)?;
                arrays.remove("local", stored)?;
                self.accepts(KeyKind::Int)?;
            }
        }
        Ok(())
    }
}
