//! Lines for people, on standard error. `MXKV_LOG` chooses how much: `quiet` (warnings only), `info` (the
//! default) or `detail`.

use crate::base::config::Env;
use once_cell::sync::Lazy;
use std::fmt;
use std::io::Write;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Quiet,
    Info,
    Detail,
}

static LEVEL: Lazy<Level> = Lazy::new(|| {
    let env = Env::process();
    match env.text("MXKV_LOG").as_deref() {
        Some("quiet") => Level::Quiet,
        Some("detail") => Level::Detail,
        _ if env.switch("PS_VERBOSE") => Level::Detail,
        _ => Level::Info,
    }
});

/// Something is wrong, or nearly.
pub fn warn(text: fmt::Arguments<'_>) {
    line(text);
}

/// Worth knowing while waiting.
pub fn info(text: fmt::Arguments<'_>) {
    if *LEVEL >= Level::Info {
        line(text);
    }
}

/// For those who look closer.
pub fn detail(text: fmt::Arguments<'_>) {
    if *LEVEL >= Level::Detail {
        line(text);
    }
}

/// If standard error is closed, there is nobody to tell.
fn line(text: fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stderr(), "mxkv: {text}");
}
