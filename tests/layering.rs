//! Each layer uses only the layers that the table allows. Every `crate::LAYER` in a source file counts, wherever
//! it stands; a layer may always use itself.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What each layer may use; the order is from the bottom up. `docs/architecture.md` shows it as a picture.
const ALLOWED: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("telemetry", &["base"]),
    ("recordio", &["base"]),
    ("mem", &["base", "telemetry"]),
    ("engine", &["base", "telemetry"]),
    ("array", &["base", "telemetry", "mem", "engine"]),
    ("ops", &["base", "telemetry", "mem", "engine", "array"]),
    ("compression", &["base", "telemetry", "mem", "engine", "array"]),
    ("optimizer", &["base", "telemetry", "mem", "engine", "array", "ops"]),
    ("ps", &["base", "telemetry", "mem"]),
    ("server", &["base", "telemetry", "mem", "engine", "array", "ops", "optimizer", "compression", "ps"]),
    ("kvstore", &["base", "telemetry", "mem", "engine", "array", "ops", "optimizer", "compression", "ps"]),
    ("roles", &["base", "telemetry", "engine", "array", "optimizer", "kvstore", "server", "ps"]),
    ("cli", &["base", "telemetry", "engine", "server", "ps"]),
];

/// Uses everything and is used by nobody.
const TOP: &str = "capi";

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The layers that a source names as `crate::layer` or inside `use crate::{layer, …}`.
fn used_layers(source: &str, known: &BTreeSet<&str>) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for line in source.lines().filter(|line| !line.trim_start().starts_with("//")) {
        for (at, _) in line.match_indices("crate::") {
            let rest = &line[at + "crate::".len()..];
            let names: Vec<&str> = match rest.strip_prefix('{') {
                Some(list) => list.split([',', '}']).map(str::trim).collect(),
                None => vec![rest],
            };
            for name in names {
                let word: String = name.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                // A macro of the same name as a layer would be followed by an exclamation mark.
                if known.contains(word.as_str()) && !name[word.len()..].starts_with('!') {
                    used.insert(word);
                }
            }
        }
    }
    used
}

#[test]
fn layers_use_only_what_is_below_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let known: BTreeSet<&str> = ALLOWED.iter().map(|(layer, _)| *layer).chain([TOP]).collect();
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for file in files {
        let inside = file.strip_prefix(&root).unwrap();
        let first = inside.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
        let layer = first.trim_end_matches(".rs").to_owned();
        if layer == TOP || layer == "lib" || layer == "bin" {
            continue;
        }
        let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| *name == layer) else {
            wrong.push(format!("{}: '{layer}' is not in the table of layers", inside.display()));
            continue;
        };
        seen.insert(layer.clone());
        for used in used_layers(&std::fs::read_to_string(&file).unwrap(), &known) {
            if used != layer && !allowed.contains(&used.as_str()) {
                wrong.push(format!("{}: {layer} may not use {used}", inside.display()));
            }
        }
    }
    assert!(seen.len() == ALLOWED.len(), "layers without a source: the table is out of date");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn lists_and_paths_are_understood() {
    let known = BTreeSet::from(["base", "engine", "ops"]);
    let source =
        "use crate::{base, engine::Engine};\n// crate::ops\nlet x = crate::ensure!(a); crate::ops::f();";
    let used = used_layers(source, &known);
    assert_eq!(used.into_iter().collect::<Vec<_>>(), ["base", "engine", "ops"]);
}
