//! The environment of the process.

#![expect(unsafe_code, reason = "reads the caller's texts and writes the environment")]

use super::args::{out, text_in};
use super::boundary::boundary;
use super::scratch;
use crate::base::Result;
use crate::base::config::Env;
use crate::ensure;
use libc::{c_char, c_int};

/// Reads a variable of the process environment.
///
/// @param value  receives its text, valid until the next call on this thread that returns a text; or null
///
/// # Safety
/// `name` is a NUL-terminated text, `value` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXGetEnv(name: *const c_char, value: *mut *const c_char) -> c_int {
    boundary("MXGetEnv", || {
        // SAFETY: the caller vouches for both.
        let (value, name) = unsafe { (out("value", value)?, text_in("name", name)?) };
        value.set(match Env::process().text(name) {
            Some(text) => scratch::text(&text),
            None => std::ptr::null(),
        });
        Ok(())
    })
}

/// Sets or, with a null value, removes a variable of the process environment.
///
/// # Safety
/// `name` is a NUL-terminated text, `value` is null or one. No other thread reads the environment through C
/// meanwhile: that is a rule of the C library itself.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXSetEnv(name: *const c_char, value: *const c_char) -> c_int {
    boundary("MXSetEnv", || {
        // SAFETY: the caller vouches for the name.
        let name = unsafe { text_in("name", name) }?;
        check_name(name)?;
        if value.is_null() {
            // SAFETY: the name is legal, and the caller vouches for the other threads.
            unsafe { std::env::remove_var(name) };
        } else {
            // SAFETY: the caller vouches for the value.
            let value = unsafe { text_in("value", value) }?;
            // SAFETY: as for removing.
            unsafe { std::env::set_var(name, value) };
        }
        Ok(())
    })
}

fn check_name(name: &str) -> Result<()> {
    ensure!(
        !name.is_empty() && !name.contains('='),
        InvalidArgument,
        "name: expected the name of a variable, without '=', got '{name}'"
    );
    Ok(())
}
