//! Reading and writing stores with integer keys.

#![expect(unsafe_code, reason = "reads through the caller's pointers")]

use super::args::slice_in;
use super::boundary::boundary;
use super::objects::{arrays, store};
use super::types::{KVStoreHandle, NDArrayHandle};
use crate::kvstore::Keys;
use libc::c_int;

/// Stores a copy of each value under its key. The first call with keys fixes whether a store has integer or string
/// keys. A key can be initialised once; when one cannot, those before it stay.
///
/// @param num   the number of keys and values
/// @param keys  the keys
/// @param vals  dense, row_sparse or csr arrays, borrowed
///
/// # Safety
/// `keys` and `vals` hold `num` elements.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXKVStoreInit(
    handle: KVStoreHandle,
    num: u32,
    keys: *const c_int,
    vals: *mut NDArrayHandle,
) -> c_int {
    boundary("MXKVStoreInit", || {
        let num = num as usize;
        // SAFETY: the caller vouches for both.
        let (keys, vals) = unsafe { (slice_in("keys", keys, num)?, slice_in("vals", vals, num)?) };
        store("handle", handle)?.store.init(Keys::Int(keys), &arrays("vals", vals)?)
    })
}

/// Sums the values of each key and gives the sum to the update rule; without one it replaces the stored value. A
/// single dense value is not copied: the store then shares it with the caller.
///
/// @param num       the number of keys and values
/// @param keys      may be repeated; worked on in ascending order (string keys: in the order of their init)
/// @param vals      dense or row_sparse arrays, borrowed
/// @param priority  higher is sooner; never changes a result
///
/// # Safety
/// `keys` and `vals` hold `num` elements.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXKVStorePush(
    handle: KVStoreHandle,
    num: u32,
    keys: *const c_int,
    vals: *mut NDArrayHandle,
    priority: c_int,
) -> c_int {
    boundary("MXKVStorePush", || {
        let num = num as usize;
        // SAFETY: the caller vouches for both.
        let (keys, vals) = unsafe { (slice_in("keys", keys, num)?, slice_in("vals", vals, num)?) };
        store("handle", handle)?.store.push(Keys::Int(keys), &arrays("vals", vals)?, priority)
    })
}

/// Copies the stored value of each key to its outs, converting the element type. Outs that are not dense are left
/// alone.
///
/// @param num       the number of keys and outs
/// @param keys      may be repeated
/// @param vals      the outs: arrays of the shape of the stored value, borrowed
/// @param priority  higher is sooner
///
/// # Safety
/// `keys` and `vals` hold `num` elements.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXKVStorePull(
    handle: KVStoreHandle,
    num: u32,
    keys: *const c_int,
    vals: *mut NDArrayHandle,
    priority: c_int,
) -> c_int {
    boundary("MXKVStorePull", || {
        let num = num as usize;
        // SAFETY: the caller vouches for both.
        let (keys, vals) = unsafe { (slice_in("keys", keys, num)?, slice_in("vals", vals, num)?) };
        store("handle", handle)?.store.pull(Keys::Int(keys), &arrays("vals", vals)?, priority, true)
    })
}

/// As MXKVStorePull, with a choice for outs that are not dense.
///
/// @param ignore_sparse  true to leave them alone, false to convert the stored value to their storage type
///
/// # Safety
/// `keys` and `vals` hold `num` elements.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXKVStorePullWithSparse(
    handle: KVStoreHandle,
    num: u32,
    keys: *const c_int,
    vals: *mut NDArrayHandle,
    priority: c_int,
    ignore_sparse: bool,
) -> c_int {
    boundary("MXKVStorePullWithSparse", || {
        let num = num as usize;
        // SAFETY: the caller vouches for both.
        let (keys, vals) = unsafe { (slice_in("keys", keys, num)?, slice_in("vals", vals, num)?) };
        let vals = arrays("vals", vals)?;
        store("handle", handle)?.store.pull(Keys::Int(keys), &vals, priority, ignore_sparse)
    })
}

/// Copies some rows of each key's row_sparse value.
///
/// @param num       the number of keys, outs and lists of rows
/// @param keys      may be repeated
/// @param vals      the outs: row_sparse arrays of the shape of the stored value, borrowed
/// @param row_ids   for each out a dense array with row numbers, in any order, type and shape, also repeated; rows
///                  that the store does not hold come back as zeros
/// @param priority  higher is sooner
///
/// # Safety
/// `keys`, `vals` and `row_ids` hold `num` elements.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXKVStorePullRowSparse(
    handle: KVStoreHandle,
    num: u32,
    keys: *const c_int,
    vals: *mut NDArrayHandle,
    row_ids: *const NDArrayHandle,
    priority: c_int,
) -> c_int {
    boundary("MXKVStorePullRowSparse", || {
        let num = num as usize;
        // SAFETY: the caller vouches for all three.
        let (keys, vals, row_ids) = unsafe {
            (slice_in("keys", keys, num)?, slice_in("vals", vals, num)?, slice_in("row_ids", row_ids, num)?)
        };
        let (vals, row_ids) = (arrays("vals", vals)?, arrays("row_ids", row_ids)?);
        store("handle", handle)?.store.pull_row_sparse(Keys::Int(keys), &vals, &row_ids, priority)
    })
}

/// MXKVStoreInit of `vals`, then MXKVStorePull into `outs`.
///
/// @param vnum, vkeys  the number of values and their keys
/// @param onum, okeys  the number of outs and their keys
/// @param vals, outs   arrays, borrowed
/// @param priority     higher is sooner
///
/// # Safety
/// `vkeys` and `vals` hold `vnum` elements, `okeys` and `outs` `onum`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXKVStoreBroadcast(
    handle: KVStoreHandle,
    vnum: u32,
    vkeys: *const c_int,
    onum: u32,
    okeys: *const c_int,
    vals: *mut NDArrayHandle,
    outs: *mut NDArrayHandle,
    priority: c_int,
) -> c_int {
    boundary("MXKVStoreBroadcast", || {
        let (vnum, onum) = (vnum as usize, onum as usize);
        // SAFETY: the caller vouches for all four.
        let (vkeys, vals, okeys, outs) = unsafe {
            (
                slice_in("vkeys", vkeys, vnum)?,
                slice_in("vals", vals, vnum)?,
                slice_in("okeys", okeys, onum)?,
                slice_in("outs", outs, onum)?,
            )
        };
        let (vals, outs) = (arrays("vals", vals)?, arrays("outs", outs)?);
        let (vkeys, okeys) = (Keys::Int(vkeys), Keys::Int(okeys));
        store("handle", handle)?.store.broadcast(vkeys, &vals, okeys, &outs, priority)
    })
}

/// MXKVStorePush of `vals`, then MXKVStorePull into `outs`, which may be the same arrays. One sweep over memory does
/// both where possible.
///
/// @param vnum, vkeys  the number of values and their keys
/// @param onum, okeys  the number of outs and their keys
/// @param vals, outs   arrays, borrowed
/// @param priority     higher is sooner
///
/// # Safety
/// `vkeys` and `vals` hold `vnum` elements, `okeys` and `outs` `onum`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXKVStorePushPull(
    handle: KVStoreHandle,
    vnum: u32,
    vkeys: *const c_int,
    onum: u32,
    okeys: *const c_int,
    vals: *mut NDArrayHandle,
    outs: *mut NDArrayHandle,
    priority: c_int,
) -> c_int {
    boundary("MXKVStorePushPull", || {
        let (vnum, onum) = (vnum as usize, onum as usize);
        // SAFETY: the caller vouches for all four.
        let (vkeys, vals, okeys, outs) = unsafe {
            (
                slice_in("vkeys", vkeys, vnum)?,
                slice_in("vals", vals, vnum)?,
                slice_in("okeys", okeys, onum)?,
                slice_in("outs", outs, onum)?,
            )
        };
        let (vals, outs) = (arrays("vals", vals)?, arrays("outs", outs)?);
        let (vkeys, okeys) = (Keys::Int(vkeys), Keys::Int(okeys));
        store("handle", handle)?.store.pushpull(vkeys, &vals, okeys, &outs, priority)
    })
}
