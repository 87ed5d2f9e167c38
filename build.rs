//! Link arguments of the shared library, nothing else.

#![expect(clippy::disallowed_methods, reason = "cargo describes the target in the environment")]

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        // Programs record this name and find the library by it; it changes when the ABI does.
        println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libmxkv.so.0");
        // Our own calls stay inside even where a real libmxnet in the process defines the same names first.
        println!("cargo::rustc-cdylib-link-arg=-Wl,-Bsymbolic-functions");
    }
}
