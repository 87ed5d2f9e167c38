//! Link arguments of the shared library, nothing else.

#![expect(clippy::disallowed_methods, reason = "cargo describes the target in the environment")]

use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        // Programs record this name and find the library by it; it changes when the ABI does.
        println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libmxkv.so.0");
        // Our own calls stay inside even where a real libmxnet in the process defines the same names first.
        println!("cargo::rustc-cdylib-link-arg=-Wl,-Bsymbolic-functions");
        prefer_static_libstdcxx();
    }
}

/// Lets `-lstdc++` (asked for by libzmq) find the archive: the few hundred kilobytes that are used go into the
/// library, and no program needs a libstdc++ of the right age beside it. Where the compiler has no archive the
/// shared one is linked as usual.
fn prefer_static_libstdcxx() {
    let compiler = std::env::var("CXX").unwrap_or_else(|_| "c++".to_owned());
    let Ok(answer) = Command::new(compiler).arg("-print-file-name=libstdc++.a").output() else { return };
    let archive = PathBuf::from(String::from_utf8_lossy(&answer.stdout).trim());
    let Some(out) = std::env::var_os("OUT_DIR") else { return };
    // A folder that holds nothing else: the compiler's own folder has the shared library too, which would win.
    let copy = Path::new(&out).join("libstdc++.a");
    if archive.is_absolute() && std::fs::copy(&archive, &copy).is_ok() {
        println!("cargo::rustc-link-search=native={}", Path::new(&out).display());
    }
}
