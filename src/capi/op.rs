//! The list of operators and what each one takes. Frontends make a function of each entry when they start.
//!
//! An operator's handle is its number in the registry: it lives as long as the process, and so does every text
//! and list returned here.

#![expect(unsafe_code, reason = "reads and writes through the caller's pointers")]

use super::args::{out, text_in};
use super::boundary::boundary;
use super::handle::{Kind, constant, number_of};
use super::scratch::c_text;
use super::types::{AtomicSymbolCreator, OpHandle};
use crate::base::Result;
use crate::ops::{Inputs, Operator, registry};
use libc::{c_char, c_int, c_uint};
use once_cell::sync::{Lazy, OnceCell};
use std::ffi::{CString, c_void};

/// Texts that are never freed, and the pointers to them.
pub(super) struct Texts {
    texts: Vec<CString>,
    pointers: Vec<*const c_char>,
}

// SAFETY: the pointers lead to the texts beside them, which nobody changes.
unsafe impl Send for Texts {}
// SAFETY: as above.
unsafe impl Sync for Texts {}

impl Texts {
    pub(super) fn new<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Self {
        let texts: Vec<CString> = texts.into_iter().map(|text| c_text(text.as_ref().as_bytes())).collect();
        let pointers = texts.iter().map(|text| text.as_ptr()).collect();
        Texts { texts, pointers }
    }

    /// For C, which does not write to it although its type would allow that.
    pub(super) fn list(&self) -> *mut *const c_char {
        self.pointers.as_ptr().cast_mut()
    }

    pub(super) fn text(&self, index: usize) -> *const c_char {
        self.texts.get(index).map_or(c"".as_ptr(), |text| text.as_ptr())
    }

    pub(super) fn len(&self) -> u32 {
        self.texts.len() as u32
    }
}

/// What frontends ask about an operator or a function.
pub(super) struct Info {
    /// Name, description, and the parameter that counts the arrays.
    pub(super) about: Texts,
    pub(super) names: Texts,
    pub(super) types: Texts,
    pub(super) descriptions: Texts,
}

/// Where the answers go; `return_type` may be missing.
pub(super) struct InfoPlaces {
    pub(super) name: *mut *const c_char,
    pub(super) description: *mut *const c_char,
    pub(super) num_args: *mut u32,
    pub(super) arg_names: *mut *mut *const c_char,
    pub(super) arg_type_infos: *mut *mut *const c_char,
    pub(super) arg_descriptions: *mut *mut *const c_char,
    pub(super) return_type: *mut *const c_char,
}

impl Info {
    fn of(operator: &Operator) -> Info {
        let several = format!("{}[]", operator.array_type);
        let arrays: Vec<(&str, &str)> = match operator.inputs {
            Inputs::Fixed(names) | Inputs::Optional { names, .. } => {
                names.iter().map(|name| (*name, operator.array_type)).collect()
            }
            Inputs::Variadic { name, .. } => vec![(name, several.as_str())],
        };
        let params = operator
            .shown
            .unwrap_or(operator.params)
            .iter()
            .map(|param| (param.name, param.type_info(), param.doc));
        let arguments: Vec<(&str, String, &str)> = arrays
            .into_iter()
            .map(|(name, kind)| (name, kind.to_owned(), "An array."))
            .chain(params)
            .collect();
        Info {
            about: Texts::new([operator.name, operator.doc, operator.count_param()]),
            names: Texts::new(arguments.iter().map(|argument| argument.0)),
            types: Texts::new(arguments.iter().map(|argument| &argument.1)),
            descriptions: Texts::new(arguments.iter().map(|argument| argument.2)),
        }
    }

    /// # Safety
    /// Each place is null or writable.
    pub(super) unsafe fn answer(&self, places: InfoPlaces) -> Result<()> {
        // SAFETY: the caller vouches for the places.
        let (name, description, count, names, types, descriptions) = unsafe {
            (
                out("name", places.name)?,
                out("description", places.description)?,
                out("num_args", places.num_args)?,
                out("arg_names", places.arg_names)?,
                out("arg_type_infos", places.arg_type_infos)?,
                out("arg_descriptions", places.arg_descriptions)?,
            )
        };
        name.set(self.about.text(0));
        description.set(self.about.text(1));
        count.set(self.names.len());
        names.set(self.names.list());
        types.set(self.types.list());
        descriptions.set(self.descriptions.list());
        if !places.return_type.is_null() {
            // SAFETY: not null, and the caller vouches for the rest.
            unsafe { out("return_type", places.return_type)? }.set(c"".as_ptr());
        }
        Ok(())
    }
}

struct Handles(Vec<*mut c_void>);

// SAFETY: the words are numbers that nobody dereferences.
unsafe impl Send for Handles {}
// SAFETY: as above.
unsafe impl Sync for Handles {}

static NAMES: Lazy<Texts> = Lazy::new(|| Texts::new(registry().names()));
static HANDLES: Lazy<Handles> =
    Lazy::new(|| Handles((0..registry().len()).map(|number| constant(Kind::Operator, number)).collect()));
static INFOS: Lazy<Vec<OnceCell<Info>>> =
    Lazy::new(|| (0..registry().len()).map(|_| OnceCell::new()).collect());

/// The operator behind a handle.
pub(super) fn operator(argument: &str, handle: *const c_void) -> Result<&'static Operator> {
    let number = number_of(Kind::Operator, argument, handle)?;
    registry()
        .by_number(number)
        .ok_or_else(|| crate::err!(InvalidArgument, "{argument}: there is no operator number {number}"))
}

fn info(argument: &str, handle: *const c_void) -> Result<&'static Info> {
    let operator = operator(argument, handle)?;
    let number = number_of(Kind::Operator, argument, handle)?;
    let cell = INFOS
        .get(number)
        .ok_or_else(|| crate::err!(InvalidArgument, "{argument}: there is no operator number {number}"))?;
    Ok(cell.get_or_init(|| Info::of(operator)))
}

/// # Safety
/// Both are null or writable.
unsafe fn list_names(out_size: *mut u32, out_array: *mut *mut *const c_char) -> Result<()> {
    // SAFETY: the caller vouches for both.
    let (size, array) = unsafe { (out("out_size", out_size)?, out("out_array", out_array)?) };
    size.set(NAMES.len());
    array.set(NAMES.list());
    Ok(())
}

/// # Safety
/// Both are null or writable.
unsafe fn list_handles(out_size: *mut u32, out_array: *mut *mut *mut c_void) -> Result<()> {
    // SAFETY: the caller vouches for both.
    let (size, array) = unsafe { (out("out_size", out_size)?, out("out_array", out_array)?) };
    size.set(HANDLES.0.len() as u32);
    array.set(HANDLES.0.as_ptr().cast_mut());
    Ok(())
}

/// The names of all operators, aliases included, in byte order.
///
/// @param out_size   receives their number
/// @param out_array  receives the names; they and the list live as long as the process
///
/// # Safety
/// Both are writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXListAllOpNames(out_size: *mut u32, out_array: *mut *mut *const c_char) -> c_int {
    // SAFETY: passed on from the caller.
    boundary("MXListAllOpNames", || unsafe { list_names(out_size, out_array) })
}

/// The same as MXListAllOpNames.
///
/// # Safety
/// Both are writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NNListAllOpNames(
    out_size: *mut c_uint,
    out_array: *mut *mut *const c_char,
) -> c_int {
    // SAFETY: passed on from the caller.
    boundary("NNListAllOpNames", || unsafe { list_names(out_size, out_array) })
}

/// All operators, each once.
///
/// @param out_size   receives their number
/// @param out_array  receives the handles; they and the list live as long as the process
///
/// # Safety
/// Both are writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NNListUniqueOps(out_size: *mut c_uint, out_array: *mut *mut OpHandle) -> c_int {
    // SAFETY: passed on from the caller.
    boundary("NNListUniqueOps", || unsafe { list_handles(out_size, out_array) })
}

/// The same as NNListUniqueOps.
///
/// # Safety
/// Both are writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXSymbolListAtomicSymbolCreators(
    out_size: *mut u32,
    out_array: *mut *mut AtomicSymbolCreator,
) -> c_int {
    // SAFETY: passed on from the caller.
    boundary("MXSymbolListAtomicSymbolCreators", || unsafe { list_handles(out_size, out_array) })
}

/// Looks an operator up by name or alias; the aliases of an operator have one handle.
///
/// @param op_out  receives the handle, which lives as long as the process
///
/// # Safety
/// `op_name` is a NUL-terminated text, `op_out` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NNGetOpHandle(op_name: *const c_char, op_out: *mut OpHandle) -> c_int {
    boundary("NNGetOpHandle", || {
        // SAFETY: the caller vouches for both.
        let (place, name) = unsafe { (out("op_out", op_out)?, text_in("op_name", op_name)?) };
        place.set(constant(Kind::Operator, registry().number(name)?));
        Ok(())
    })
}

/// The name of an operator, also if the handle was found by an alias.
///
/// @param name  receives a text that lives as long as the process
///
/// # Safety
/// `name` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXSymbolGetAtomicSymbolName(
    creator: AtomicSymbolCreator,
    name: *mut *const c_char,
) -> c_int {
    boundary("MXSymbolGetAtomicSymbolName", || {
        // SAFETY: the caller vouches for it.
        let place = unsafe { out("name", name) }?;
        place.set(info("creator", creator)?.about.text(0));
        Ok(())
    })
}

/// What an operator is called, does and takes: its arrays first, then its parameters.
///
/// @param name, description  receive texts
/// @param num_args           receives the number of arguments
/// @param arg_names, arg_type_infos, arg_descriptions  receive lists of that length
/// @param key_var_num_args   receives the name of the parameter that counts the arrays, empty if there is none
/// @param return_type        receives an empty text; may be null
///
/// All texts and lists live as long as the process.
///
/// # Safety
/// All but `creator` and `return_type` are writable, `return_type` is null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXSymbolGetAtomicSymbolInfo(
    creator: AtomicSymbolCreator,
    name: *mut *const c_char,
    description: *mut *const c_char,
    num_args: *mut u32,
    arg_names: *mut *mut *const c_char,
    arg_type_infos: *mut *mut *const c_char,
    arg_descriptions: *mut *mut *const c_char,
    key_var_num_args: *mut *const c_char,
    return_type: *mut *const c_char,
) -> c_int {
    boundary("MXSymbolGetAtomicSymbolInfo", || {
        // SAFETY: the caller vouches for it.
        let count = unsafe { out("key_var_num_args", key_var_num_args) }?;
        count.set(c"".as_ptr());
        let places = InfoPlaces {
            name,
            description,
            num_args,
            arg_names,
            arg_type_infos,
            arg_descriptions,
            return_type,
        };
        let info = info("creator", creator)?;
        // SAFETY: the caller vouches for the places.
        unsafe {
            info.answer(places)?;
            *key_var_num_args = info.about.text(2);
        }
        Ok(())
    })
}

/// What an operator is called, does and takes; see MXSymbolGetAtomicSymbolInfo.
///
/// # Safety
/// All but `op` and `return_type` are writable, `return_type` is null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NNGetOpInfo(
    op: OpHandle,
    real_name: *mut *const c_char,
    description: *mut *const c_char,
    num_doc_args: *mut c_uint,
    arg_names: *mut *mut *const c_char,
    arg_type_infos: *mut *mut *const c_char,
    arg_descriptions: *mut *mut *const c_char,
    return_type: *mut *const c_char,
) -> c_int {
    boundary("NNGetOpInfo", || {
        let places = InfoPlaces {
            name: real_name,
            description,
            num_args: num_doc_args,
            arg_names,
            arg_type_infos,
            arg_descriptions,
            return_type,
        };
        // SAFETY: the caller vouches for the places.
        unsafe { info("op", op)?.answer(places) }
    })
}
