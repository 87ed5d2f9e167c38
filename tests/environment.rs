//! Every environment variable that the sources read is described under `docs/`.

use std::collections::BTreeSet;
use std::fs::read_to_string;
use std::path::{Path, PathBuf};

const FAMILIES: &[&str] = &["MXKV_", "MXNET_", "DMLC_", "PS_"];

/// Read by tests alone, or no variable at all.
const NOT_FOR_USERS: &[&str] = &["MXKV_SIM_SEED", "MXKV_SIM_SEEDS", "MXKV_NOT_SET", "MXNET_C_API"];

fn files(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, extension, found);
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
}

fn texts(folder: &str, extension: &str) -> Vec<String> {
    let mut found = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), extension, &mut found);
    found.iter().map(|path| read_to_string(path).unwrap()).collect()
}

/// The string literals that look like names of variables.
fn variables(source: &str) -> impl Iterator<Item = &str> {
    let is_name = |text: &&str| {
        FAMILIES.iter().any(|family| text.strip_prefix(family).is_some_and(|rest| !rest.is_empty()))
            && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
    };
    source.split('"').filter(is_name)
}

#[test]
fn every_variable_is_described() {
    let sources = texts("src", "rs");
    let read: BTreeSet<&str> = sources.iter().flat_map(|source| variables(source)).collect();
    assert!(read.contains("DMLC_ROLE") && read.contains("MXNET_ENGINE_TYPE"), "they are found");
    let documents = texts("docs", "md").concat();
    let missing: Vec<&str> = (read.into_iter())
        .filter(|name| !NOT_FOR_USERS.contains(name) && !documents.contains(&format!("`{name}`")))
        .collect();
    assert!(missing.is_empty(), "no page describes {missing:?}");
}
