//! The part of a store in a cluster. Stores of one process are a cluster of one worker.

#![expect(unsafe_code, reason = "reads and writes through the caller's pointers")]

use super::args::{out, text_in, texts_in};
use super::boundary::boundary;
use super::objects::store;
use super::runtime::runtime;
use super::scratch::c_text;
use super::types::{KVStoreHandle, MXKVStoreServerController};
use crate::base::Result;
use crate::base::config::Env;
use crate::kvstore::{Controller, Role};
use libc::{c_char, c_int, c_void};
use std::time::Duration;

/// Sets variables that win over the process environment wherever DMLC_* and PS_* settings are read. Replaces
/// what an earlier call set.
///
/// @param num_vars    the number of keys and values
/// @param keys, vals  copied
///
/// # Safety
/// `keys` and `vals` hold `num_vars` NUL-terminated texts.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXInitPSEnv(
    num_vars: u32,
    keys: *mut *const c_char,
    vals: *mut *const c_char,
) -> c_int {
    boundary("MXInitPSEnv", || {
        let num = num_vars as usize;
        // SAFETY: the caller vouches for both.
        let (keys, vals) = unsafe { (texts_in("keys", keys, num)?, texts_in("vals", vals, num)?) };
        let table = keys.into_iter().map(str::to_owned).zip(vals.into_iter().map(str::to_owned)).collect();
        *runtime()?.ps_env.write() = Env::with_overrides(table);
        Ok(())
    })
}

/// Whether this process is a worker: DMLC_ROLE is `worker` or not set.
///
/// @param ret  receives 1 or 0
///
/// # Safety
/// `ret` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXKVStoreIsWorkerNode(ret: *mut c_int) -> c_int {
    // SAFETY: passed on from the caller.
    boundary("MXKVStoreIsWorkerNode", || unsafe { is_role(Role::Worker, ret) })
}

/// Whether this process is a server: DMLC_ROLE is `server`.
///
/// @param ret  receives 1 or 0
///
/// # Safety
/// `ret` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXKVStoreIsServerNode(ret: *mut c_int) -> c_int {
    // SAFETY: passed on from the caller.
    boundary("MXKVStoreIsServerNode", || unsafe { is_role(Role::Server, ret) })
}

/// Whether this process is the scheduler: DMLC_ROLE is `scheduler`.
///
/// @param ret  receives 1 or 0
///
/// # Safety
/// `ret` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXKVStoreIsSchedulerNode(ret: *mut c_int) -> c_int {
    // SAFETY: passed on from the caller.
    boundary("MXKVStoreIsSchedulerNode", || unsafe { is_role(Role::Scheduler, ret) })
}

/// # Safety
/// `ret` is null or writable.
unsafe fn is_role(role: Role, ret: *mut c_int) -> Result<()> {
    // SAFETY: passed on from the caller.
    let ret = unsafe { out("ret", ret) }?;
    ret.set((Role::from_env(&runtime()?.ps_env.read()) == Some(role)).into());
    Ok(())
}

/// The number of this process among the workers (on a server: among the servers), from 0.
///
/// @param ret  receives it
///
/// # Safety
/// `ret` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXKVStoreGetRank(handle: KVStoreHandle, ret: *mut c_int) -> c_int {
    boundary("MXKVStoreGetRank", || {
        // SAFETY: the caller vouches for it.
        let ret = unsafe { out("ret", ret) }?;
        ret.set(store("handle", handle)?.store.rank());
        Ok(())
    })
}

/// The number of workers.
///
/// @param ret  receives it
///
/// # Safety
/// `ret` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXKVStoreGetGroupSize(handle: KVStoreHandle, ret: *mut c_int) -> c_int {
    boundary("MXKVStoreGetGroupSize", || {
        // SAFETY: the caller vouches for it.
        let ret = unsafe { out("ret", ret) }?;
        ret.set(store("handle", handle)?.store.size());
        Ok(())
    })
}

/// Waits until every worker has called it. Pushes and pulls need not be done.
///
/// # Safety
/// Any value may be passed: handles are checked.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXKVStoreBarrier(handle: KVStoreHandle) -> c_int {
    boundary("MXKVStoreBarrier", || store("handle", handle)?.store.barrier())
}

/// Whether the workers wait for each other when their stores are freed; they do unless told not to.
///
/// @param barrier_before_exit  0 for not
///
/// # Safety
/// Any value may be passed: handles are checked.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXKVStoreSetBarrierBeforeExit(
    handle: KVStoreHandle,
    barrier_before_exit: c_int,
) -> c_int {
    boundary("MXKVStoreSetBarrierBeforeExit", || {
        let object = store("handle", handle)?;
        Role::require_worker(&runtime()?.ps_env.read(), "barrier_before_exit")?;
        object.store.set_barrier_before_exit(barrier_before_exit != 0)
    })
}

/// On a server or the scheduler: serves until the workers are done. A local store returns at once.
///
/// @param controller         called on this thread with each command of the workers; NULL: the server reads the
///                           optimizers that they send itself, executing nothing, and runs its own
/// @param controller_handle  passed on to each call
///
/// # Safety
/// `controller` can be called until this function returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXKVStoreRunServer(
    handle: KVStoreHandle,
    controller: MXKVStoreServerController,
    controller_handle: *mut c_void,
) -> c_int {
    boundary("MXKVStoreRunServer", || {
        // SAFETY: the caller vouches for the function.
        let controller = unsafe { c_controller(controller, controller_handle) };
        store("handle", handle)?.store.run_server(controller)
    })
}

/// # Safety
/// `controller`, if given, can be called with `handle` as long as the result lives.
unsafe fn c_controller(controller: MXKVStoreServerController, handle: *mut c_void) -> Option<Controller> {
    struct Opaque(*mut c_void);
    // SAFETY: the pointer is only handed back, on the thread that runs the server.
    unsafe impl Send for Opaque {}
    let opaque = Opaque(handle);
    let call = controller?;
    Some(Box::new(move |head, body| {
        let opaque = &opaque;
        let body = c_text(body.as_bytes());
        // SAFETY: the caller of `c_controller` vouches for the function; `body` lives during the call.
        unsafe { call(head, body.as_ptr(), opaque.0) };
        Ok(())
    }))
}

/// Sends a command to every server and waits until all have answered. A local store has no servers.
///
/// @param cmd_id    0 reaches the controller of the server; 1 to 5 have a meaning of their own
/// @param cmd_body  copied
///
/// # Safety
/// `cmd_body` is a NUL-terminated text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXKVStoreSendCommmandToServers(
    handle: KVStoreHandle,
    cmd_id: c_int,
    cmd_body: *const c_char,
) -> c_int {
    boundary("MXKVStoreSendCommmandToServers", || {
        // SAFETY: the caller vouches for it.
        let body = unsafe { text_in("cmd_body", cmd_body) }?;
        store("handle", handle)?.store.send_command(cmd_id, body)
    })
}

/// The number of nodes that are dead. A local store has none. The cluster has one limit of silence for all, set by
/// `PS_HEARTBEAT_TIMEOUT`; the timeout given here only says, if it is zero, that nobody counts.
///
/// @param node_id      a group (1 the scheduler, 2 the servers, 4 the workers, or a sum of these) or one node
/// @param number       receives it
/// @param timeout_sec  0: no node counts; anything else: those that the cluster knows to be dead
///
/// # Safety
/// `number` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXKVStoreGetNumDeadNode(
    handle: KVStoreHandle,
    node_id: c_int,
    number: *mut c_int,
    timeout_sec: c_int,
) -> c_int {
    boundary("MXKVStoreGetNumDeadNode", || {
        // SAFETY: the caller vouches for it.
        let number = unsafe { out("number", number) }?;
        let timeout = Duration::from_secs(u64::try_from(timeout_sec).unwrap_or(0));
        number.set(store("handle", handle)?.store.dead_nodes(node_id, timeout)?);
        Ok(())
    })
}
