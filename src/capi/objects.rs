//! The objects behind the handles.

use super::kvstore::StoreObject;
use super::runtime::runtime;
use crate::array::NdArray;
use crate::base::Result;
use crate::base::sync::Arc;
use std::ffi::c_void;

/// Behind an `NDArrayHandle`: an array, or none yet (`MXNDArrayCreateNone`, a placeholder for an output).
/// Some calls put another array in, so that the handle then means that one.
/// Kept small, see [`Content`](crate::array::Content).
#[derive(Default)]
pub(super) struct ArrayObject {
    pub array: Option<NdArray>,
    /// Set by `MXAutogradMarkVariables`.
    pub gradient: Option<Box<Gradient>>,
    /// What `MXNDArrayGetSharedMemHandle` handed out: its descriptor lives until the next time or the
    /// end of the handle.
    pub shared: Option<Box<NdArray>>,
}

/// The gradient buffer of a marked variable.
#[derive(Clone)]
pub(super) struct Gradient {
    pub buffer: NdArray,
    /// Whether a backward pass wrote it since the trainer last looked.
    pub fresh: bool,
}

impl ArrayObject {
    /// Where the array's own state lives, for prefetching only.
    pub(super) fn address_of_array(&self) -> *const () {
        self.array.as_ref().map_or(std::ptr::null(), NdArray::state_address)
    }

    /// The same array with the same gradient buffer.
    pub(super) fn shallow_copy(&self) -> ArrayObject {
        ArrayObject { array: self.array.clone(), gradient: self.gradient.clone(), shared: None }
    }
}

impl From<Option<NdArray>> for ArrayObject {
    fn from(array: Option<NdArray>) -> Self {
        ArrayObject { array, ..ArrayObject::default() }
    }
}

/// The array behind a handle, if there is one yet.
pub(super) fn maybe_array(argument: &str, handle: *const c_void) -> Result<Option<NdArray>> {
    runtime()?.arrays.with(argument, handle, |object| object.array.clone())
}

/// The array behind a handle; an empty one is an error.
pub(super) fn array(argument: &str, handle: *const c_void) -> Result<NdArray> {
    maybe_array(argument, handle)?.ok_or_else(|| {
        crate::err!(InvalidArgument, "{argument}: this NDArray is empty (made by MXNDArrayCreateNone)")
    })
}

/// So many handles ahead that memory has answered when they come: a look-up takes some ten nanoseconds, memory
/// about a hundred.
const AHEAD: usize = 6;

/// The arrays behind a list of handles.
pub(super) fn arrays(argument: &str, handles: &[*mut c_void]) -> Result<Vec<NdArray>> {
    let table = &runtime()?.arrays;
    // A made-up count ends at the first bad handle: it must not ask for memory before, and nothing behind what
    // is no handle at all may be read.
    let mut found = Vec::with_capacity(handles.len().min(1024));
    let ahead = if handles.len() > 1 { handles } else { &[] };
    let mut slots = ahead.iter().take_while(|handle| table.may_hold(**handle));
    let mut objects = slots.clone();
    slots.by_ref().take(2 * AHEAD).for_each(|handle| table.prefetch_slot(*handle));
    objects.by_ref().take(AHEAD).for_each(|handle| table.prefetch_object(*handle));
    for (i, handle) in handles.iter().enumerate() {
        if let Some(later) = slots.next() {
            table.prefetch_slot(*later);
        }
        if let Some(later) = objects.next() {
            table.prefetch_object(*later);
        }
        // The name with the index is made only when it is needed: this is the hot path of push and pull.
        let array = table.with(argument, *handle, |object| object.array.clone());
        match array {
            Ok(Some(array)) => {
                array.prefetch_var();
                found.push(array);
            }
            _ => found.push(self::array(&format!("{argument}[{i}]"), *handle)?),
        }
    }
    Ok(found)
}

/// The store behind a handle.
pub(super) fn store(argument: &str, handle: *const c_void) -> Result<Arc<StoreObject>> {
    runtime()?.stores.get(argument, handle)
}

/// A new handle, owned by the caller, for an array.
pub(super) fn new_handle(array: NdArray) -> Result<*mut c_void> {
    runtime()?.arrays.insert(ArrayObject::from(Some(array)))
}
