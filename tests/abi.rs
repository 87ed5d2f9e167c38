//! The shared library as programs see it: exported names, its own name, what it needs.
#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

/// The library that cargo has built beside this test.
fn library() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test.with_file_name("libmxkv.so");
    assert!(path.exists(), "{} is missing", path.display());
    path
}

fn output_of(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).arg(library()).output();
    let output = output.unwrap_or_else(|error| panic!("{program}, of binutils, is needed: {error}"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn dynamic_entries(tag: &str) -> BTreeSet<String> {
    output_of("readelf", &["--dynamic", "--wide"])
        .lines()
        .filter(|line| line.contains(&format!("({tag})")))
        .map(|line| line.split(['[', ']']).nth(1).unwrap().to_owned())
        .collect()
}

#[test]
fn exports_are_those_of_mxnet_and_our_own() {
    let exported: BTreeSet<String> = output_of("nm", &["--dynamic", "--defined-only"])
        .lines()
        .map(|line| line.split_whitespace().last().unwrap().to_owned())
        .collect();
    let listed = include_str!("../include/symbols.txt").lines().filter(|line| !line.starts_with('#'));
    let listed: BTreeSet<String> = listed.map(str::to_owned).collect();
    assert_eq!(listed.len(), 294);
    let missing: Vec<_> = listed.difference(&exported).collect();
    assert!(missing.is_empty(), "listed in include/symbols.txt but not exported: {missing:?}");
    let foreign: Vec<_> = exported.difference(&listed).filter(|name| !name.starts_with("mxkv_")).collect();
    assert!(foreign.is_empty(), "exported, but neither MXNet's nor ours: {foreign:?}");
}

#[test]
fn the_library_names_itself() {
    assert_eq!(dynamic_entries("SONAME"), BTreeSet::from(["libmxkv.so.0".to_owned()]));
}

/// What is not on this list would have to be installed beside the library.
#[test]
fn the_library_needs_only_what_every_system_has() {
    let usual =
        ["libc.so.6", "libgcc_s.so.1", "libm.so.6", "libstdc++.so.6", "libpthread.so.0", "libdl.so.2"];
    let needed = dynamic_entries("NEEDED");
    let more: Vec<_> = needed
        .iter()
        .filter(|name| !usual.contains(&name.as_str()) && !name.starts_with("ld-linux"))
        .collect();
    assert!(more.is_empty(), "new dependencies: {more:?}");
}
