//! What Python writes is read; what could do anything is refused; nothing crashes.

use super::*;
use crate::optimizer::foreign::{base64, python};

const CASES: &str = include_str!("../../../../tests/vectors/pickles/cases.json");

fn cases() -> Vec<serde_json::Value> {
    serde_json::from_str::<serde_json::Value>(CASES).unwrap().as_array().unwrap().clone()
}

fn pickles() -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for case in cases() {
        for part in ["optimizer", "states", "both"] {
            if let Some(text) = case[part].as_str() {
                let name = format!("{} {} {part}", case["name"], case["protocol"]);
                found.push((name, base64::decode(text).unwrap()));
            }
        }
    }
    found
}

#[test]
fn every_protocol_gives_the_attributes() {
    for case in cases() {
        let bytes = base64::decode(case["optimizer"].as_str().unwrap()).unwrap();
        let tree = read(&bytes).unwrap();
        let root = tree.root();
        assert_eq!(root.class().unwrap().kind, Kind::Optimizer);
        assert_eq!(root.class().unwrap().name.to_lowercase(), case["name"].as_str().unwrap());
        for (name, wanted) in case["params"].as_object().unwrap() {
            // AdaGrad and its relative keep this one under another name; LBSGD keeps the product of two.
            let name = if name == "eps" && case["name"] != "lars" { "float_stable_eps" } else { name };
            if name == "begin_epoch" {
                continue;
            }
            let found = root.attribute(name).unwrap();
            match wanted {
                serde_json::Value::Bool(wanted) => assert_eq!(found.as_bool(), Some(*wanted)),
                serde_json::Value::String(wanted) => assert_eq!(found.as_text(), Some(wanted.as_str())),
                wanted => assert_eq!(found.as_float(), wanted.as_f64(), "{} {name}", case["name"]),
            }
        }
    }
}

#[test]
fn a_pickle_that_ends_early_is_an_error_wherever_it_ends() {
    for (name, bytes) in pickles().iter().step_by(7) {
        assert!(read(bytes).is_ok(), "{name}");
        for end in 0..bytes.len() {
            assert!(read(&bytes[..end]).is_err(), "{name}: cut off at {end}");
        }
        let mut longer = bytes.clone();
        longer.push(b'N');
        assert!(read(&longer).is_err(), "{name}: bytes after the end");
    }
}

#[test]
fn any_change_of_a_byte_is_harmless() {
    let pickles = pickles();
    for (_, bytes) in pickles.iter().step_by(29) {
        for at in 0..bytes.len() {
            for flip in [0x01, 0x20, 0x80, 0xff] {
                let mut changed = bytes.clone();
                changed[at] ^= flip;
                python::fuzz(&changed);
            }
        }
    }
}

/// Each of these runs something, or worse, when Python reads it.
#[test]
fn what_would_run_is_refused_by_name() {
    let hostile: &[(&[u8], &str)] = &[
        (b"cos\nsystem\n(S'touch /tmp/mxkv-was-here'\ntR.", "os.system"),
        (b"cposix\nsystem\n(S'id'\ntR.", "posix.system"),
        (
            b"\x80\x04\x95\x00\x00\x00\x00\x00\x00\x00\x00\x8c\x02os\x8c\x06system\x93\x8c\x02id\x85R.",
            "os.system",
        ),
        (b"(S'id'\nios\nsystem\n.", "os.system"),
        (b"(cos\nsystem\nS'id'\no.", "os.system"),
        (b"cbuiltins\neval\n(S'1'\ntR.", "builtins.eval"),
        (b"c__builtin__\ngetattr\n.", "__builtin__.getattr"),
        (b"cmxnet.optimizer.optimizer\nOptimizer\n.", "mxnet.optimizer.optimizer.Optimizer"),
        (b"cmxnet.optimizer.optimizer\nos.system\n.", "mxnet.optimizer.optimizer.os.system"),
        (b"c__main__\nMySGD\n)\x81.", "__main__.MySGD"),
        (b"cnumpy\nload\n.", "numpy.load"),
        (b"csubprocess\nPopen\n.", "subprocess.Popen"),
        (b"Pobject\n.", "outside the pickle"),
        (b"NQ.", "outside the pickle"),
        (b"\x82\x01.", "named by number"),
        (b"\x84\x01\x00\x00\x00.", "named by number"),
        (b"\x97.", "outside the pickle"),
    ];
    for (bytes, name) in hostile {
        let error = read(bytes).unwrap_err();
        assert_eq!(error.kind(), crate::base::ErrorKind::Unsupported, "{error}");
        assert!(error.to_string().contains(name), "'{name}' is missing in: {error}");
    }
}

#[test]
fn sizes_that_are_not_there_are_not_believed() {
    let mut huge: Vec<Vec<u8>> = Vec::new();
    for instruction in [0x8d, 0x8e, 0x96] {
        huge.push([&[instruction][..], &u64::MAX.to_le_bytes()].concat());
        huge.push([&[instruction][..], &(1_u64 << 40).to_le_bytes(), b"abc."].concat());
    }
    for instruction in [b'X', b'B', b'T', 0x8b] {
        huge.push([&[instruction][..], &u32::MAX.to_le_bytes(), b"abc."].concat());
    }
    huge.push([&b"Nr"[..], &u32::MAX.to_le_bytes(), b"0N."].concat());
    huge.push(b"Np99999999999999999999\n.".to_vec());
    huge.push(b"I99999999999999999999999\n.".to_vec());
    for bytes in &huge[..huge.len() - 3] {
        assert!(read(bytes).is_err(), "{bytes:?}");
    }
    assert!(read(&huge[huge.len() - 3]).is_ok(), "a far place in the memo costs nothing");
    assert!(read(&huge[huge.len() - 2]).is_err() && read(&huge[huge.len() - 1]).is_err());
}

#[test]
fn depth_and_repetition_cost_nothing() {
    // Lists in lists: dropping them must not recurse either.
    let deep = [b"]".repeat(500_000), b"a".repeat(499_999), b".".to_vec()].concat();
    assert!(read(&deep).is_ok());
    assert!(read(&[b"(".repeat(5_000), b".".to_vec()].concat()).is_err());
    // A list that holds itself.
    let tree = read(b"]q\x00h\x00a.").unwrap();
    assert_eq!(tree.root().as_items().unwrap().next().unwrap().describe(), "a list");
    // The same long arguments again and again.
    let mut again = b"c_codecs\nencode\nq\x00(".to_vec();
    again.extend(b"N".repeat(10_000));
    again.extend(b"tq\x01");
    again.extend(b"h\x00h\x01R0".repeat(10_000));
    again.extend(b".");
    let started = std::time::Instant::now();
    let _ = read(&again);
    assert!(started.elapsed().as_secs() < 5);
    // More values than anybody needs.
    assert!(read(&b"N".repeat(3_000_000)).unwrap_err().to_string().contains("more than"));
}

#[test]
fn numbers_of_numpy_are_numbers() {
    // pickle.dumps(numpy.float64(0.1), 5) and (numpy.int32(-2), 2), written by hand.
    let float = b"\x80\x05\x8c\x15numpy.core.multiarray\x8c\x06scalar\x93\x8c\x05numpy\x8c\x05dtype\x93\x8c\x02f8\x89\x88\x87R(K\x03\x8c\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tbC\x08\x9a\x99\x99\x99\x99\x99\xb9?\x86R.";
    let tree = read(float).unwrap();
    assert_eq!(tree.root().as_float(), Some(0.1));
    assert_eq!(tree.root().as_int(), None);
    let int = b"cnumpy.core.multiarray\nscalar\n(cnumpy\ndtype\n(S'i4'\nI0\nI1\ntR(I3\nS'>'\nNNNI-1\nI-1\nI0\ntbc_codecs\nencode\n(V\xff\xff\xff\xfe\nVlatin1\ntRtR.";
    let tree = read(int).unwrap();
    assert_eq!(tree.root().as_int(), Some(-2));
    assert_eq!(tree.root().as_float(), Some(-2.0));
}

#[test]
fn the_later_of_two_equal_keys_counts() {
    let tree = read(b"(dS'a'\nI1\nsS'a'\nI2\ns.").unwrap();
    assert_eq!(tree.root().entry("a").unwrap().as_int(), Some(2));
}
