//! The functions of MXNet's first interface: four, each also an operator. Programs of that time call them with
//! plain numbers instead of parameter texts.

#![expect(unsafe_code, reason = "reads and writes through the caller's pointers")]

use super::args::{count, out, slice_in, text_in, texts_in};
use super::boundary::boundary;
use super::handle::{Kind, constant, number_of};
use super::invoke::invoke_into;
use super::objects::arrays;
use super::op::{Info, InfoPlaces, Texts};
use super::runtime::runtime;
use super::types::{FunctionHandle, NDArrayHandle};
use crate::base::Result;
use crate::ops::{Attrs, registry};
use libc::{c_char, c_int};
use once_cell::sync::Lazy;
use std::ffi::c_void;

struct Function {
    name: &'static str,
    description: &'static str,
    /// Name and type.
    arguments: &'static [(&'static str, &'static str)],
    /// How many of the arguments are arrays to read; the others are numbers.
    arrays: u32,
    /// Where MXNet's callers put arrays and numbers.
    type_mask: c_int,
}

/// Arrays before numbers, and outputs that may be empty: the mask of all but one.
const NORMAL: c_int = 1 | 4;

static FUNCTIONS: [Function; 4] = [
    Function {
        name: "_set_value",
        description: "Fills the output with a number.",
        arguments: &[("src", "real_t")],
        arrays: 0,
        type_mask: 0,
    },
    Function {
        name: "_onehot_encode",
        description: "Row i of the output becomes the unit vector number lhs[i].",
        arguments: &[("lhs", "NDArray"), ("rhs", "NDArray")],
        arrays: 2,
        type_mask: NORMAL,
    },
    Function {
        name: "fill_element_0index",
        description: "The output becomes lhs, but element rhs[i] of row i is mhs[i].",
        arguments: &[("lhs", "NDArray"), ("mhs", "NDArray"), ("rhs", "NDArray")],
        arrays: 3,
        type_mask: NORMAL,
    },
    Function {
        name: "_imdecode",
        description: "Decodes an image; not available.",
        arguments: &[
            ("mean", "NDArray-or-Symbol"),
            ("index", "int"),
            ("x0", "int"),
            ("y0", "int"),
            ("x1", "int"),
            ("y1", "int"),
            ("c", "int"),
            ("size", "int"),
        ],
        arrays: 1,
        type_mask: NORMAL,
    },
];

struct Handles([*const c_void; FUNCTIONS.len()]);

// SAFETY: the words are numbers that nobody dereferences.
unsafe impl Send for Handles {}
// SAFETY: as above.
unsafe impl Sync for Handles {}

static HANDLES: Lazy<Handles> =
    Lazy::new(|| Handles(std::array::from_fn(|number| constant(Kind::Function, number).cast_const())));

static INFOS: Lazy<Vec<Info>> = Lazy::new(|| {
    FUNCTIONS
        .iter()
        .map(|function| Info {
            about: Texts::new([function.name, function.description, ""]),
            names: Texts::new(function.arguments.iter().map(|argument| argument.0)),
            types: Texts::new(function.arguments.iter().map(|argument| argument.1)),
            descriptions: Texts::new(function.arguments.iter().map(|_| "")),
        })
        .collect()
});

fn function(handle: FunctionHandle) -> Result<(usize, &'static Function)> {
    let number = number_of(Kind::Function, "fun", handle)?;
    let function = FUNCTIONS
        .get(number)
        .ok_or_else(|| crate::err!(InvalidArgument, "fun: there is no function number {number}"))?;
    Ok((number, function))
}

/// All functions.
///
/// @param out_size   receives their number
/// @param out_array  receives the handles; they and the list live as long as the process
///
/// # Safety
/// Both are writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXListFunctions(out_size: *mut u32, out_array: *mut *mut FunctionHandle) -> c_int {
    boundary("MXListFunctions", || {
        // SAFETY: the caller vouches for both.
        let (size, array) = unsafe { (out("out_size", out_size)?, out("out_array", out_array)?) };
        size.set(HANDLES.0.len() as u32);
        array.set(HANDLES.0.as_ptr().cast_mut());
        Ok(())
    })
}

/// Looks a function up by name.
///
/// @param out  receives the handle, null if there is no such function
///
/// # Safety
/// `name` is a NUL-terminated text, `out` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXGetFunction(name: *const c_char, out: *mut FunctionHandle) -> c_int {
    boundary("MXGetFunction", || {
        // SAFETY: the caller vouches for both.
        let (place, name) = unsafe { (self::out("out", out)?, text_in("name", name)?) };
        if let Some(number) = FUNCTIONS.iter().position(|function| function.name == name) {
            place.set(constant(Kind::Function, number).cast_const());
        }
        Ok(())
    })
}

/// What a function is called, does and takes; see MXSymbolGetAtomicSymbolInfo.
///
/// # Safety
/// All but `fun` and `return_type` are writable, `return_type` is null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXFuncGetInfo(
    fun: FunctionHandle,
    name: *mut *const c_char,
    description: *mut *const c_char,
    num_args: *mut u32,
    arg_names: *mut *mut *const c_char,
    arg_type_infos: *mut *mut *const c_char,
    arg_descriptions: *mut *mut *const c_char,
    return_type: *mut *const c_char,
) -> c_int {
    boundary("MXFuncGetInfo", || {
        let places = InfoPlaces {
            name,
            description,
            num_args,
            arg_names,
            arg_type_infos,
            arg_descriptions,
            return_type,
        };
        let (number, _) = function(fun)?;
        // SAFETY: the caller vouches for the places.
        unsafe { INFOS[number].answer(places) }
    })
}

/// How many arrays and numbers a function takes.
///
/// @param num_use_vars, num_scalars, num_mutate_vars  receive the numbers of arrays read, numbers, arrays written
/// @param type_mask  receives 1 (arrays before numbers) + 4 (empty outputs are accepted), or 0
///
/// # Safety
/// All but `fun` are writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXFuncDescribe(
    fun: FunctionHandle,
    num_use_vars: *mut u32,
    num_scalars: *mut u32,
    num_mutate_vars: *mut u32,
    type_mask: *mut c_int,
) -> c_int {
    boundary("MXFuncDescribe", || {
        // SAFETY: the caller vouches for the places.
        let (reads, scalars, writes, mask) = unsafe {
            (
                out("num_use_vars", num_use_vars)?,
                out("num_scalars", num_scalars)?,
                out("num_mutate_vars", num_mutate_vars)?,
                out("type_mask", type_mask)?,
            )
        };
        let (_, function) = function(fun)?;
        reads.set(function.arrays);
        scalars.set(function.arguments.len() as u32 - function.arrays);
        writes.set(1);
        mask.set(function.type_mask);
        Ok(())
    })
}

/// Calls a function.
///
/// @param use_vars     as many arrays as MXFuncDescribe says, borrowed
/// @param scalar_args  as many numbers as it says
/// @param mutate_vars  the outputs, borrowed
///
/// # Safety
/// The three lists hold as many elements as MXFuncDescribe says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXFuncInvoke(
    fun: FunctionHandle,
    use_vars: *mut NDArrayHandle,
    scalar_args: *mut f32,
    mutate_vars: *mut NDArrayHandle,
) -> c_int {
    // SAFETY: the caller vouches for the arguments.
    boundary("MXFuncInvoke", || unsafe { call(fun, use_vars, scalar_args, mutate_vars) })
}

/// Calls a function. None of them has parameters besides its numbers, so none may be given.
///
/// # Safety
/// As for MXFuncInvoke; `param_keys` holds `num_params` texts.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXFuncInvokeEx(
    fun: FunctionHandle,
    use_vars: *mut NDArrayHandle,
    scalar_args: *mut f32,
    mutate_vars: *mut NDArrayHandle,
    num_params: c_int,
    param_keys: *mut *mut c_char,
    param_vals: *mut *mut c_char,
) -> c_int {
    boundary("MXFuncInvokeEx", || {
        let params = count("num_params", num_params)?;
        // SAFETY: the caller vouches for the texts.
        let keys =
            unsafe { texts_in("param_keys", param_keys.cast::<*const c_char>().cast_const(), params) }?;
        let _ = param_vals;
        crate::ensure!(
            keys.is_empty(),
            InvalidArgument,
            "param_keys: {} takes no parameters, got {keys:?}",
            function(fun)?.1.name
        );
        // SAFETY: the caller vouches for the arguments.
        unsafe { call(fun, use_vars, scalar_args, mutate_vars) }
    })
}

/// # Safety
/// As for `MXFuncInvoke`.
unsafe fn call(
    fun: FunctionHandle,
    use_vars: *mut NDArrayHandle,
    scalar_args: *mut f32,
    mutate_vars: *mut NDArrayHandle,
) -> Result<()> {
    let (_, function) = function(fun)?;
    let scalars = function.arguments.len() - function.arrays as usize;
    // SAFETY: the caller vouches for the elements.
    let (inputs, numbers, outputs) = unsafe {
        (
            slice_in("use_vars", use_vars.cast_const(), function.arrays as usize)?,
            slice_in("scalar_args", scalar_args.cast_const(), scalars)?,
            slice_in("mutate_vars", mutate_vars.cast_const(), 1)?,
        )
    };
    let inputs = arrays("use_vars", inputs)?;
    let names = function.arguments.iter().skip(function.arrays as usize).map(|argument| argument.0);
    let texts: Vec<(&str, String)> = names.zip(numbers.iter().map(f32::to_string)).collect();
    let texts: Vec<(&str, &str)> = texts.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let operator = registry().get(function.name)?;
    let attrs = Attrs::parse(operator, inputs.len(), &texts)?;
    invoke_into(runtime()?, operator, attrs, &inputs, outputs).map(drop)
}
