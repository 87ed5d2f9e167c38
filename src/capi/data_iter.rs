//! The list of data iterators. The stock Python frontend makes a class of each when it is imported and looks
//! nine of them up by name, so the nine are listed; making one is refused (`unsupported::data_iter`).

#![expect(unsafe_code, reason = "writes through the caller's pointers")]

use super::args::out;
use super::boundary::boundary;
use super::types::DataIterCreator;
use crate::base::Result;
use crate::err;
use libc::{c_char, c_int};
use std::ffi::CStr;
use std::ptr::null_mut;

static NAMES: [&CStr; 9] = [
    c"CSVIter",
    c"ImageDetRecordIter",
    c"ImageRecordIter_v1",
    c"ImageRecordUInt8Iter_v1",
    c"ImageRecordIter",
    c"ImageRecordUInt8Iter",
    c"ImageRecordInt8Iter",
    c"LibSVMIter",
    c"MNISTIter",
];

const DESCRIPTION: &CStr = c"Listed for the frontends that expect it; mxkv does not read training data.";

/// A creator is its place in the list under this tag: distinct from null, from every address and from every
/// handle of another kind.
const TAG: usize = (super::handle::Kind::DataIter as usize) << 56;

static CREATORS: Creators = Creators({
    let mut creators = [null_mut(); NAMES.len()];
    let mut index = 0;
    while index < creators.len() {
        creators[index] = std::ptr::without_provenance_mut(TAG | index);
        index += 1;
    }
    creators
});

struct Creators([DataIterCreator; NAMES.len()]);

// SAFETY: the words are numbers that nobody dereferences.
unsafe impl Sync for Creators {}

fn name_of(creator: DataIterCreator) -> Result<&'static CStr> {
    let index = creator.addr().checked_sub(TAG);
    index.and_then(|index| NAMES.get(index)).copied().ok_or_else(|| {
        err!(InvalidArgument, "creator: expected one that MXListDataIters returned, got {creator:p}")
    })
}

/// The data iterators that frontends know by name.
///
/// @param out_size   receives their number
/// @param out_array  receives them; they and the list live as long as the process
///
/// # Safety
/// Both are writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXListDataIters(out_size: *mut u32, out_array: *mut *mut DataIterCreator) -> c_int {
    boundary("MXListDataIters", || {
        // SAFETY: the caller vouches for both.
        let (out_size, out_array) = unsafe { (out("out_size", out_size)?, out("out_array", out_array)?) };
        out_size.set(CREATORS.0.len() as u32);
        out_array.set(CREATORS.0.as_ptr().cast_mut());
        Ok(())
    })
}

/// The name of a data iterator. It takes no arguments, as it cannot be made.
///
/// @param name, description  receive texts that live as long as the process
/// @param num_args           receives 0
/// @param arg_names, arg_type_infos, arg_descriptions  receive null
///
/// # Safety
/// All but `creator` are writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXDataIterGetIterInfo(
    creator: DataIterCreator,
    name: *mut *const c_char,
    description: *mut *const c_char,
    num_args: *mut u32,
    arg_names: *mut *mut *const c_char,
    arg_type_infos: *mut *mut *const c_char,
    arg_descriptions: *mut *mut *const c_char,
) -> c_int {
    boundary("MXDataIterGetIterInfo", || {
        // SAFETY: the caller vouches for all of them.
        let (name, description, num_args, lists) = unsafe {
            (
                out("name", name)?,
                out("description", description)?,
                out("num_args", num_args)?,
                [
                    out("arg_names", arg_names)?,
                    out("arg_type_infos", arg_type_infos)?,
                    out("arg_descriptions", arg_descriptions)?,
                ],
            )
        };
        name.set(name_of(creator)?.as_ptr());
        description.set(DESCRIPTION.as_ptr());
        num_args.set(0);
        for list in lists {
            list.set(null_mut());
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn creators_are_checked() {
        assert_eq!(name_of(CREATORS.0[8]).unwrap(), c"MNISTIter");
        for foreign in [0, 1, TAG | 9, usize::MAX] {
            assert!(name_of(std::ptr::without_provenance_mut(foreign)).is_err());
        }
    }
}
