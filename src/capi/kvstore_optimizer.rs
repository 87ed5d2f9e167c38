//! Native optimizers in stores: functions of the library's own.

#![expect(unsafe_code, reason = "reads and writes through the caller's pointers")]

use super::args::{out, slice_in, text_in, texts_in};
use super::boundary::boundary;
use super::objects::store;
use super::scratch;
use super::types::KVStoreHandle;
use crate::base::file::{cannot_open, replace};
use crate::base::{Error, Result};
use crate::optimizer::{Scalar, Spec};
use libc::{c_char, c_int, c_void};
use std::path::Path;

/// Makes an optimizer the update rule of a store; in a distributed store it runs on the servers. States of an earlier
/// one are forgotten. docs/optimizers.md lists names and parameters.
///
/// @param name        sgd, adam, … in any case; an unknown name is an error that names the nearest known one
/// @param num_params  the number of keys and vals
/// @param keys, vals  parameters as text (momentum 0.9); also lr_scheduler and lr_scheduler.PARAM, lr_mult.KEY,
///                    wd_mult.KEY, param_idx2name.INDEX and mxnet_1_9_1
///
/// # Safety
/// `name` is a NUL-terminated text; `keys` and `vals` hold `num_params` of them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mxkv_kvstore_set_optimizer(
    handle: KVStoreHandle,
    name: *const c_char,
    num_params: u32,
    keys: *mut *const c_char,
    vals: *mut *const c_char,
) -> c_int {
    boundary("mxkv_kvstore_set_optimizer", || {
        let num = num_params as usize;
        // SAFETY: the caller vouches for all of them.
        let (name, keys, vals) =
            unsafe { (text_in("name", name)?, texts_in("keys", keys, num)?, texts_in("vals", vals, num)?) };
        let params: Vec<_> = keys.into_iter().zip(vals).collect();
        let store = store("handle", handle)?;
        store.store.set_optimizer(&Spec::from_params(name, &params)?)
    })
}

/// As mxkv_kvstore_set_optimizer, from a description in JSON:
/// {"name": "sgd", "params": {"momentum": 0.9}, "lr_scheduler": {"name": "factor", "params": {"step": 100}}}
///
/// @param json  the description; docs/optimizers.md lists its members
///
/// # Safety
/// `json` is a NUL-terminated text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mxkv_kvstore_set_optimizer_json(
    handle: KVStoreHandle,
    json: *const c_char,
) -> c_int {
    boundary("mxkv_kvstore_set_optimizer_json", || {
        // SAFETY: the caller vouches for it.
        let json = unsafe { text_in("json", json) }?;
        let store = store("handle", handle)?;
        store.store.set_optimizer(&Spec::from_json(json)?)
    })
}

/// Changes the learning rate from the next push on. An error if a schedule decides it, or without an optimizer.
///
/// # Safety
/// Any values may be passed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mxkv_kvstore_set_learning_rate(handle: KVStoreHandle, rate: f64) -> c_int {
    boundary("mxkv_kvstore_set_learning_rate", || set(handle, Scalar::LearningRate, rate))
}

/// Changes the weight decay from the next push on.
///
/// # Safety
/// Any values may be passed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mxkv_kvstore_set_wd(handle: KVStoreHandle, wd: f64) -> c_int {
    boundary("mxkv_kvstore_set_wd", || set(handle, Scalar::Wd, wd))
}

/// Changes the factor on gradients from the next push on.
///
/// # Safety
/// Any values may be passed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mxkv_kvstore_set_rescale_grad(handle: KVStoreHandle, rescale: f64) -> c_int {
    boundary("mxkv_kvstore_set_rescale_grad", || set(handle, Scalar::RescaleGrad, rescale))
}

fn set(handle: KVStoreHandle, scalar: Scalar, value: f64) -> Result<()> {
    store("handle", handle)?.store.set_scalar(scalar, value)
}

/// Writes the optimizer with its rates, counts, schedule and the states of every key to a file; whoever reads it
/// meanwhile sees the old content or the new. Waits for updates under way.
///
/// @param fname  a path
///
/// # Safety
/// `fname` is a NUL-terminated text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mxkv_kvstore_save_optimizer_states(
    handle: KVStoreHandle,
    fname: *const c_char,
) -> c_int {
    boundary("mxkv_kvstore_save_optimizer_states", || {
        // SAFETY: the caller vouches for it.
        let path = Path::new(unsafe { text_in("fname", fname) }?);
        let bytes = store("handle", handle)?.store.optimizer_states()?;
        let write = |error| Error::io(format!("Write \"{}\"", path.display()), &error);
        replace(path, move |file| file.write_all(&bytes).map_err(write))
    })
}

/// Takes over what mxkv_kvstore_save_optimizer_states wrote, or what MXNet's Python package saved (nothing in it is
/// executed). Without an optimizer on the store it takes that of the file too; one of another name is an error. After
/// an error nothing has changed.
///
/// @param fname  a path
///
/// # Safety
/// `fname` is a NUL-terminated text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mxkv_kvstore_load_optimizer_states(
    handle: KVStoreHandle,
    fname: *const c_char,
) -> c_int {
    boundary("mxkv_kvstore_load_optimizer_states", || {
        // SAFETY: the caller vouches for it.
        let path = Path::new(unsafe { text_in("fname", fname) }?);
        let store = store("handle", handle)?;
        let bytes = std::fs::read(path).map_err(|error| cannot_open(path, &error))?;
        let loaded = store.store.load_optimizer_states(&bytes);
        loaded.map_err(|error| error.context(format!("loading \"{}\"", path.display())))
    })
}

/// The content of the file that mxkv_kvstore_save_optimizer_states would write.
///
/// @param out_size  receives the number of bytes
/// @param out_buf   receives the bytes, valid until the next call on this thread that returns bytes
///
/// # Safety
/// `out_size` and `out_buf` are writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mxkv_kvstore_save_optimizer_states_to_buffer(
    handle: KVStoreHandle,
    out_size: *mut usize,
    out_buf: *mut *const c_char,
) -> c_int {
    boundary("mxkv_kvstore_save_optimizer_states_to_buffer", || {
        // SAFETY: the caller vouches for both.
        let (size, buffer) = unsafe { (out("out_size", out_size)?, out("out_buf", out_buf)?) };
        let bytes = store("handle", handle)?.store.optimizer_states()?;
        size.set(bytes.len());
        buffer.set(scratch::bytes(bytes));
        Ok(())
    })
}

/// As mxkv_kvstore_load_optimizer_states, from memory.
///
/// @param buf   `size` bytes, read during the call
///
/// # Safety
/// `buf` points to `size` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mxkv_kvstore_load_optimizer_states_from_buffer(
    handle: KVStoreHandle,
    buf: *const c_void,
    size: usize,
) -> c_int {
    boundary("mxkv_kvstore_load_optimizer_states_from_buffer", || {
        // SAFETY: the caller vouches for the bytes.
        let bytes = unsafe { slice_in("buf", buf.cast::<u8>(), size) }?;
        store("handle", handle)?.store.load_optimizer_states(bytes)
    })
}
