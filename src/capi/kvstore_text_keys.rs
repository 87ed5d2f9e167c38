//! Reading and writing stores with string keys.

#![expect(unsafe_code, reason = "reads through the caller's pointers")]

use super::args::{slice_in, texts_in};
use super::boundary::boundary;
use super::objects::{arrays, store};
use super::types::{KVStoreHandle, NDArrayHandle};
use crate::kvstore::Keys;
use libc::{c_char, c_int};

/// As MXKVStoreInit, with string keys.
///
/// # Safety
/// `keys` and `vals` hold `num` elements, the keys NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXKVStoreInitEx(
    handle: KVStoreHandle,
    num: u32,
    keys: *mut *const c_char,
    vals: *mut NDArrayHandle,
) -> c_int {
    boundary("MXKVStoreInitEx", || {
        let num = num as usize;
        // SAFETY: the caller vouches for both.
        let (keys, vals) = unsafe { (texts_in("keys", keys, num)?, slice_in("vals", vals, num)?) };
        store("handle", handle)?.store.init(Keys::Text(&keys), &arrays("vals", vals)?)
    })
}

/// As MXKVStorePush, with string keys.
///
/// # Safety
/// `keys` and `vals` hold `num` elements, the keys NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXKVStorePushEx(
    handle: KVStoreHandle,
    num: u32,
    keys: *mut *const c_char,
    vals: *mut NDArrayHandle,
    priority: c_int,
) -> c_int {
    boundary("MXKVStorePushEx", || {
        let num = num as usize;
        // SAFETY: the caller vouches for both.
        let (keys, vals) = unsafe { (texts_in("keys", keys, num)?, slice_in("vals", vals, num)?) };
        store("handle", handle)?.store.push(Keys::Text(&keys), &arrays("vals", vals)?, priority)
    })
}

/// As MXKVStorePull, with string keys.
///
/// # Safety
/// `keys` and `vals` hold `num` elements, the keys NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXKVStorePullEx(
    handle: KVStoreHandle,
    num: u32,
    keys: *mut *const c_char,
    vals: *mut NDArrayHandle,
    priority: c_int,
) -> c_int {
    boundary("MXKVStorePullEx", || {
        let num = num as usize;
        // SAFETY: the caller vouches for both.
        let (keys, vals) = unsafe { (texts_in("keys", keys, num)?, slice_in("vals", vals, num)?) };
        store("handle", handle)?.store.pull(Keys::Text(&keys), &arrays("vals", vals)?, priority, true)
    })
}

/// As MXKVStorePullWithSparse, with string keys.
///
/// # Safety
/// `keys` and `vals` hold `num` elements, the keys NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXKVStorePullWithSparseEx(
    handle: KVStoreHandle,
    num: u32,
    keys: *mut *const c_char,
    vals: *mut NDArrayHandle,
    priority: c_int,
    ignore_sparse: bool,
) -> c_int {
    boundary("MXKVStorePullWithSparseEx", || {
        let num = num as usize;
        // SAFETY: the caller vouches for both.
        let (keys, vals) = unsafe { (texts_in("keys", keys, num)?, slice_in("vals", vals, num)?) };
        let vals = arrays("vals", vals)?;
        store("handle", handle)?.store.pull(Keys::Text(&keys), &vals, priority, ignore_sparse)
    })
}

/// As MXKVStorePullRowSparse, with string keys.
///
/// # Safety
/// `keys`, `vals` and `row_ids` hold `num` elements, the keys NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXKVStorePullRowSparseEx(
    handle: KVStoreHandle,
    num: u32,
    keys: *mut *const c_char,
    vals: *mut NDArrayHandle,
    row_ids: *const NDArrayHandle,
    priority: c_int,
) -> c_int {
    boundary("MXKVStorePullRowSparseEx", || {
        let num = num as usize;
        // SAFETY: the caller vouches for all three.
        let (keys, vals, row_ids) = unsafe {
            (texts_in("keys", keys, num)?, slice_in("vals", vals, num)?, slice_in("row_ids", row_ids, num)?)
        };
        let (vals, row_ids) = (arrays("vals", vals)?, arrays("row_ids", row_ids)?);
        store("handle", handle)?.store.pull_row_sparse(Keys::Text(&keys), &vals, &row_ids, priority)
    })
}

/// As MXKVStoreBroadcast, with string keys.
///
/// # Safety
/// `vkeys` and `vals` hold `vnum` elements, `okeys` and `outs` `onum`; the keys are NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXKVStoreBroadcastEx(
    handle: KVStoreHandle,
    vnum: u32,
    vkeys: *mut *const c_char,
    onum: u32,
    okeys: *mut *const c_char,
    vals: *mut NDArrayHandle,
    outs: *mut NDArrayHandle,
    priority: c_int,
) -> c_int {
    boundary("MXKVStoreBroadcastEx", || {
        let (vnum, onum) = (vnum as usize, onum as usize);
        // SAFETY: the caller vouches for all four.
        let (vkeys, vals, okeys, outs) = unsafe {
            (
                texts_in("vkeys", vkeys, vnum)?,
                slice_in("vals", vals, vnum)?,
                texts_in("okeys", okeys, onum)?,
                slice_in("outs", outs, onum)?,
            )
        };
        let (vals, outs) = (arrays("vals", vals)?, arrays("outs", outs)?);
        let (vkeys, okeys) = (Keys::Text(&vkeys), Keys::Text(&okeys));
        store("handle", handle)?.store.broadcast(vkeys, &vals, okeys, &outs, priority)
    })
}

/// As MXKVStorePushPull, with string keys.
///
/// # Safety
/// `vkeys` and `vals` hold `vnum` elements, `okeys` and `outs` `onum`; the keys are NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXKVStorePushPullEx(
    handle: KVStoreHandle,
    vnum: u32,
    vkeys: *mut *const c_char,
    onum: u32,
    okeys: *mut *const c_char,
    vals: *mut NDArrayHandle,
    outs: *mut NDArrayHandle,
    priority: c_int,
) -> c_int {
    boundary("MXKVStorePushPullEx", || {
        let (vnum, onum) = (vnum as usize, onum as usize);
        // SAFETY: the caller vouches for all four.
        let (vkeys, vals, okeys, outs) = unsafe {
            (
                texts_in("vkeys", vkeys, vnum)?,
                slice_in("vals", vals, vnum)?,
                texts_in("okeys", okeys, onum)?,
                slice_in("outs", outs, onum)?,
            )
        };
        let (vals, outs) = (arrays("vals", vals)?, arrays("outs", outs)?);
        let (vkeys, okeys) = (Keys::Text(&vkeys), Keys::Text(&okeys));
        store("handle", handle)?.store.pushpull(vkeys, &vals, okeys, &outs, priority)
    })
}
