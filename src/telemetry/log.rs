//! What a user should know although nothing failed.

use std::fmt;
use std::io::Write;

/// Writes one line to the standard error stream; if that is closed, there is nobody to tell.
pub fn warn(text: fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stderr(), "mxkv: {text}");
}
