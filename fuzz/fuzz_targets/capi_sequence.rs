//! Sequences of C calls on a few handles, live, freed and made up: every call returns, 0 or -1 with a text.
#![no_main]

use libfuzzer_sys::fuzz_target;
// The functions are found by their C names; this makes the linker look into the library at all.
use mxkv as _;
use std::ffi::{c_char, c_int, c_void};

type Handle = *mut c_void;

// The exported functions, as a C program declares them.
unsafe extern "C" {
    fn MXGetLastError() -> *const c_char;
    fn MXNDArrayCreateEx(shape: *const u32, ndim: u32, dev_type: c_int, dev_id: c_int, delay: c_int, dtype: c_int, out: *mut Handle) -> c_int;
    fn MXNDArrayFree(handle: Handle) -> c_int;
    fn MXNDArraySlice(handle: Handle, begin: u32, end: u32, out: *mut Handle) -> c_int;
    fn MXNDArrayAt(handle: Handle, index: u32, out: *mut Handle) -> c_int;
    fn MXNDArrayReshape64(handle: Handle, ndim: c_int, dims: *mut i64, reverse: bool, out: *mut Handle) -> c_int;
    fn MXNDArrayWaitToRead(handle: Handle) -> c_int;
    fn MXNDArraySyncCopyFromNDArray(dst: Handle, src: Handle, i: c_int) -> c_int;
    fn MXNDArraySyncCheckFormat(handle: Handle, full: bool) -> c_int;
    fn MXNDArrayGetDataNDArray(handle: Handle, out: *mut Handle) -> c_int;
    fn MXKVStoreCreate(name: *const c_char, out: *mut Handle) -> c_int;
    fn MXKVStoreFree(handle: Handle) -> c_int;
    fn MXKVStoreInit(handle: Handle, num: u32, keys: *const c_int, vals: *mut Handle) -> c_int;
    fn MXKVStorePush(handle: Handle, num: u32, keys: *const c_int, vals: *mut Handle, priority: c_int) -> c_int;
    fn MXKVStorePull(handle: Handle, num: u32, keys: *const c_int, vals: *mut Handle, priority: c_int) -> c_int;
}

/// The handles that a sequence knows. A freed one stays, so that it is used again.
#[derive(Default)]
struct Known {
    handles: Vec<Handle>,
    live: Vec<(Handle, bool)>,
}

impl Known {
    fn pick(&self, byte: u8) -> Handle {
        match (byte, self.handles.len()) {
            (255, _) | (_, 0) => std::ptr::null_mut(),
            (254, _) => std::ptr::without_provenance_mut(0x7fff_dead_beef),
            (byte, len) => self.handles[usize::from(byte) % len],
        }
    }

    fn add(&mut self, status: c_int, handle: Handle, store: bool) {
        if status == 0 && !handle.is_null() {
            self.handles.push(handle);
            self.live.push((handle, store));
        }
    }

    fn forget(&mut self, status: c_int, handle: Handle) {
        if status == 0 {
            self.live.retain(|(live, _)| *live != handle);
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    let mut known = Known::default();
    for call in bytes.chunks_exact(4).take(64) {
        let [what, a, b, c] = [call[0], call[1], call[2], call[3]];
        let (first, second) = (known.pick(a), known.pick(b));
        let (keys, mut values) = ([c_int::from(c % 4), c_int::from(c / 64)], [second, known.pick(c)]);
        let shape = [u32::from(a % 5), u32::from(b % 5)];
        let mut dims = [i64::from(b as i8), i64::from(c as i8)];
        let mut out: Handle = std::ptr::null_mut();
        let names = [c"local", c"device", c"nonsense"];
        // SAFETY: every pointer is to a live local of the right size; handles may be anything.
        let status = unsafe {
            match what % 15 {
                0 | 1 => MXNDArrayCreateEx(shape.as_ptr(), u32::from(c % 4).min(2), 1, 0, 0, c_int::from(c % 14), &mut out),
                2 => MXNDArrayFree(first),
                3 => MXNDArraySlice(first, b.into(), c.into(), &mut out),
                4 => MXNDArrayAt(first, b.into(), &mut out),
                5 => MXNDArrayReshape64(first, 2, dims.as_mut_ptr(), c & 1 == 1, &mut out),
                6 => MXNDArrayWaitToRead(first),
                7 => MXNDArraySyncCopyFromNDArray(first, second, c_int::from(c as i8)),
                8 => MXNDArraySyncCheckFormat(first, c & 1 == 1),
                9 => MXNDArrayGetDataNDArray(first, &mut out),
                10 => MXKVStoreCreate(names[usize::from(c) % 3].as_ptr(), &mut out),
                11 => MXKVStoreInit(first, u32::from(c % 3), keys.as_ptr(), values.as_mut_ptr()),
                12 => MXKVStorePush(first, u32::from(c % 3), keys.as_ptr(), values.as_mut_ptr(), c.into()),
                13 => MXKVStorePull(first, u32::from(c % 3), keys.as_ptr(), values.as_mut_ptr(), 0),
                _ => MXKVStoreFree(first),
            }
        };
        assert!(status == 0 || status == -1);
        if status == -1 {
            // SAFETY: the text lives until the next failure on this thread.
            let text = unsafe { std::ffi::CStr::from_ptr(MXGetLastError()) };
            assert!(!text.is_empty());
        }
        if matches!(what % 15, 2 | 14) {
            known.forget(status, first);
        }
        known.add(status, out, what % 15 == 10);
    }
    for (handle, store) in known.live {
        // SAFETY: handles may be anything.
        unsafe { if store { MXKVStoreFree(handle) } else { MXNDArrayFree(handle) } };
    }
});
