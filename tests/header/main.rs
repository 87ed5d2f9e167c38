//! The committed headers are those that cbindgen makes of the sources.
//!
//! `BLESS=1 cargo test --test header` writes them again. The types at the top of each header are written by
//! hand in `prelude/`, in MXNet's own form: cbindgen would make pointer types of its callbacks and could not
//! leave out what the other headers define.

mod calls;
mod declarations;

use declarations::Function;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

struct Header {
    path: &'static str,
    prelude: &'static str,
    /// The macro in front of each function.
    prefix: &'static str,
    owns: fn(&str) -> bool,
}

const HEADERS: [Header; 5] = [
    Header {
        path: "include/mxkv.h",
        prelude: include_str!("prelude/mxkv.h"),
        prefix: "MXNET_DLL",
        owns: |name| name.starts_with("mxkv_"),
    },
    Header {
        path: "include/nnvm/c_api.h",
        prelude: include_str!("prelude/nnvm_c_api.h"),
        prefix: "NNVM_DLL",
        owns: |name| name.starts_with("NN"),
    },
    Header {
        path: "include/mxnet/c_predict_api.h",
        prelude: include_str!("prelude/mxnet_c_predict_api.h"),
        prefix: "MXNET_DLL",
        owns: |name| name.starts_with("MXPred") || name.starts_with("MXNDList"),
    },
    Header {
        path: "include/mxnet/runtime/c_runtime_api.h",
        prelude: include_str!("prelude/mxnet_runtime.h"),
        prefix: "MXNET_DLL",
        owns: |name| name.starts_with("MXNetFunc") || name.starts_with("MXNetObject"),
    },
    // All that is MXNet's and in none of the others.
    Header {
        path: "include/mxnet/c_api.h",
        prelude: include_str!("prelude/mxnet_c_api.h"),
        prefix: "MXNET_DLL",
        owns: |name| name.starts_with("MX") && !HEADERS[..4].iter().any(|header| (header.owns)(name)),
    },
];

/// Arguments that C++ callers may leave out in MXNet's header: the function, the argument, its value.
const DEFAULTS: [(&str, &str, &str); 18] = [
    ("MXSymbolGetAtomicSymbolInfo", "return_type", "NULL"),
    ("MXFuncGetInfo", "return_type", "NULL"),
    ("MXCreateCachedOpEX", "thread_safe", "false"),
    ("MXKVStoreGetNumDeadNode", "timeout_sec", "60"),
    ("MXEnginePushAsync", "prop_handle", "NULL"),
    ("MXEnginePushAsync", "priority", "0"),
    ("MXEnginePushAsync", "opr_name", "NULL"),
    ("MXEnginePushAsync", "wait", "false"),
    ("MXEnginePushSync", "prop_handle", "NULL"),
    ("MXEnginePushSync", "priority", "0"),
    ("MXEnginePushSync", "opr_name", "NULL"),
    ("MXEnginePushAsyncND", "prop_handle", "NULL"),
    ("MXEnginePushAsyncND", "priority", "0"),
    ("MXEnginePushAsyncND", "opr_name", "NULL"),
    ("MXEnginePushAsyncND", "wait", "false"),
    ("MXEnginePushSyncND", "prop_handle", "NULL"),
    ("MXEnginePushSyncND", "priority", "0"),
    ("MXEnginePushSyncND", "opr_name", "NULL"),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The sources that export functions.
fn sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join("src/capi")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found
}

/// Each word after `fn ` that a source exports.
fn exported(sources: &[PathBuf]) -> Vec<String> {
    let mut names = Vec::new();
    for source in sources {
        let text = std::fs::read_to_string(source).unwrap();
        for line in text.lines() {
            if let Some((before, after)) = line.split_once("extern \"C\" fn ")
                && before.starts_with("pub ")
            {
                names.push(after.split('(').next().unwrap().to_owned());
            }
        }
    }
    names
}

fn generate(header: &Header, exported: &[String]) -> String {
    let mut config = cbindgen::Config::from_file(root().join("cbindgen.toml")).unwrap();
    let version: Vec<_> = env!("CARGO_PKG_VERSION").split('.').collect();
    let prelude = header.prelude.trim_end();
    let prelude = prelude.replace("@VERSION@", env!("CARGO_PKG_VERSION"));
    let prelude = ["@MAJOR@", "@MINOR@", "@PATCH@"]
        .iter()
        .zip(version)
        .fold(prelude, |text, (place, number)| text.replace(place, number));
    config.header = Some(prelude);
    config.trailer = Some("#ifdef __cplusplus\n}\n#endif\n\n#endif".to_owned());
    config.function.prefix = Some(header.prefix.to_owned());
    config.export.exclude = exported.iter().filter(|name| !(header.owns)(name)).cloned().collect();
    config.export.exclude.extend(types());
    // cbindgen follows the modules from here.
    let builder = cbindgen::Builder::new().with_config(config).with_src(root().join("src/capi/mod.rs"));
    let mut text = Vec::new();
    builder.generate().unwrap().write(&mut text);
    let text = String::from_utf8(text).unwrap();
    with_defaults(text.replace(" * # Safety\n", " * What the caller vouches for:\n"))
}

/// The types that preludes define.
fn types() -> Vec<String> {
    let source = std::fs::read_to_string(root().join("src/capi/types.rs")).unwrap();
    let starts = ["pub type ", "pub struct ", "pub union "];
    let rest = source.lines().filter_map(|line| starts.iter().find_map(|start| line.strip_prefix(start)));
    rest.map(|rest| rest.split([' ', '=']).next().unwrap().to_owned()).collect()
}

/// Writes the values of [`DEFAULTS`] behind their arguments.
fn with_defaults(text: String) -> String {
    let mut text = text;
    for (function, argument, value) in DEFAULTS {
        let Some(start) = text.find(&format!(" {function}(")) else { continue };
        let end = start + text[start..].find(");").unwrap();
        let list = &text[start..end];
        let last = [format!("{argument},"), argument.to_owned()];
        let at =
            if list.ends_with(argument) { list.len() } else { list.find(&last[0]).unwrap() + argument.len() };
        text.insert_str(start + at, &format!(" MXNET_DEFAULT({value})"));
    }
    text
}

fn generated() -> BTreeMap<&'static str, String> {
    let exported = exported(&sources());
    let mut files: BTreeMap<_, _> =
        HEADERS.iter().map(|header| (header.path, generate(header, &exported))).collect();
    let functions: Vec<Function> = files.values().flat_map(|text| declarations::parse(text)).collect();
    let missing: Vec<_> =
        exported.iter().filter(|name| !functions.iter().any(|function| function.name == **name)).collect();
    assert!(missing.is_empty(), "exported but in no header: {missing:?}");
    files.insert("c-tests/calls.inc", calls::table(&functions));
    files
}

#[test]
#[expect(clippy::disallowed_methods, reason = "BLESS is for this test, not a setting of the library")]
fn headers_are_current() {
    let bless = std::env::var_os("BLESS").is_some();
    let mut stale = Vec::new();
    for (path, text) in generated() {
        let file = root().join(path);
        if std::fs::read_to_string(&file).is_ok_and(|committed| committed == text) {
            continue;
        }
        if bless {
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(&file, text).unwrap();
        } else {
            stale.push(path);
        }
    }
    assert!(stale.is_empty(), "{stale:?} differ from the sources; `make header` writes them again");
}

#[test]
fn defaults_go_behind_their_arguments() {
    let text = "int MXKVStoreGetNumDeadNode(KVStoreHandle handle,\n  int *number,\n  int timeout_sec);\n\
                int MXCreateCachedOpEX(SymbolHandle handle, bool thread_safe, int thread_safe_too);\n";
    let text = with_defaults(text.to_owned());
    assert!(text.contains("int timeout_sec MXNET_DEFAULT(60));"), "{text}");
    assert!(text.contains("bool thread_safe MXNET_DEFAULT(false), int thread_safe_too);"), "{text}");
}
