//! Making, freeing and configuring stores.

#![expect(unsafe_code, reason = "reads and writes through the caller's pointers")]

use super::args::{out, text_in, texts_in};
use super::boundary::boundary;
use super::kvstore_updater::CUpdater;
use super::objects::store;
use super::runtime::runtime;
use super::scratch::c_text;
use super::types::{KVStoreHandle, MXKVStoreStrUpdater, MXKVStoreUpdater};
use crate::base::sync::Arc;
use crate::kvstore::KvStore;
use crate::roles::create;
use libc::{c_char, c_int, c_void};
use std::ffi::CString;

/// Behind a `KVStoreHandle`.
pub(super) struct StoreObject {
    pub store: Box<dyn KvStore>,
    /// What `MXKVStoreGetType` points to.
    type_name: CString,
}

/// Makes a store.
///
/// @param type  local, device, dist_sync, … in any case; an unknown name is an error that lists the known ones
/// @param out   receives the store; owned, free with MXKVStoreFree
///
/// # Safety
/// `type` is a NUL-terminated text, `out` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXKVStoreCreate(r#type: *const c_char, out: *mut KVStoreHandle) -> c_int {
    boundary("MXKVStoreCreate", || {
        // SAFETY: the caller vouches for both.
        let (out, name) = unsafe { (self::out("out", out)?, text_in("type", r#type)?) };
        let runtime = runtime()?;
        let env = runtime.ps_env.read().clone();
        let store = create(name, &runtime.engine, &env, &runtime.cluster, &runtime.profiler)?;
        let type_name = c_text(store.type_name().as_bytes());
        out.set(runtime.stores.insert(Arc::new(StoreObject { store, type_name }))?);
        Ok(())
    })
}

/// Frees a store; null is ignored. Arrays that updaters kept stay valid. Works after MXNotifyShutdown.
///
/// # Safety
/// Any value may be passed: handles are checked.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXKVStoreFree(handle: KVStoreHandle) -> c_int {
    boundary("MXKVStoreFree", || {
        if !handle.is_null() {
            drop(runtime()?.stores.remove("handle", handle)?);
        }
        Ok(())
    })
}

/// The type name of a store, in lower case.
///
/// @param type  receives a text that lives as long as the store
///
/// # Safety
/// `type` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXKVStoreGetType(handle: KVStoreHandle, r#type: *mut *const c_char) -> c_int {
    boundary("MXKVStoreGetType", || {
        // SAFETY: the caller vouches for it.
        let name = unsafe { out("type", r#type) }?;
        name.set(store("handle", handle)?.type_name.as_ptr());
        Ok(())
    })
}

/// Sets the update rule, called for each pushed key on the thread that pushes. With string keys it gets their
/// number in the order of their init.
///
/// @param updater         called with the key, the sum of the pushed values and the stored array, which it owns:
///                        it frees both with MXNDArrayFree
/// @param updater_handle  passed on to each call
///
/// # Safety
/// `updater` can be called from any thread that pushes until it is replaced or the store is freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXKVStoreSetUpdater(
    handle: KVStoreHandle,
    updater: MXKVStoreUpdater,
    updater_handle: *mut c_void,
) -> c_int {
    boundary("MXKVStoreSetUpdater", || {
        // SAFETY: the caller vouches for the function.
        let updater = unsafe { CUpdater::new(updater, None, updater_handle) };
        store("handle", handle)?.store.set_updater(Arc::new(updater))
    })
}

/// As MXKVStoreSetUpdater, with a second function that stores with string keys call instead.
///
/// @param updater, str_updater  either may be null; a push that needs it then is an error
/// @param updater_handle        passed on to each call
///
/// # Safety
/// The functions can be called from any thread that pushes until they are replaced or the store is freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXKVStoreSetUpdaterEx(
    handle: KVStoreHandle,
    updater: MXKVStoreUpdater,
    str_updater: MXKVStoreStrUpdater,
    updater_handle: *mut c_void,
) -> c_int {
    boundary("MXKVStoreSetUpdaterEx", || {
        // SAFETY: the caller vouches for the functions.
        let updater = unsafe { CUpdater::new(updater, str_updater, updater_handle) };
        store("handle", handle)?.store.set_updater(Arc::new(updater))
    })
}

/// Compresses the gradients that are pushed from now on. Calling it again changes the threshold; what earlier
/// pushes left over is kept unless the type changes.
///
/// @param num_params  the number of keys and values
/// @param keys, vals  `type` (2bit, 1bit, fp16 or bf16) and, of the first two, `threshold` (a number, default 0.5);
///                    others are ignored
///
/// # Safety
/// `keys` and `vals` hold `num_params` NUL-terminated texts.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXKVStoreSetGradientCompression(
    handle: KVStoreHandle,
    num_params: u32,
    keys: *mut *const c_char,
    vals: *mut *const c_char,
) -> c_int {
    boundary("MXKVStoreSetGradientCompression", || {
        let num = num_params as usize;
        // SAFETY: the caller vouches for both.
        let (keys, vals) = unsafe { (texts_in("keys", keys, num)?, texts_in("vals", vals, num)?) };
        let params: Vec<_> = keys.into_iter().zip(vals).collect();
        store("handle", handle)?.store.set_gradient_compression(&params)
    })
}
