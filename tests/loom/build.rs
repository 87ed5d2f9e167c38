//! Turns the locks of the sources into loom's, here and not in the dependencies.
fn main() {
    println!("cargo::rustc-check-cfg=cfg(loom, fuzzing)");
    println!("cargo::rustc-cfg=loom");
    println!("cargo::rerun-if-changed=build.rs");
}
