//! Attribute texts for every operator: an error or values, never a crash.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mxkv::ops::{Attrs, registry};

// The first byte chooses the operator, the second the number of inputs; the rest is name=value lines.
fuzz_target!(|bytes: &[u8]| {
    let [operator, inputs, rest @ ..] = bytes else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let number = (usize::from(*operator) << 1) % registry().len();
    let Some(operator) = registry().by_number(number + usize::from(*inputs & 1)) else { return };
    let pairs: Vec<(&str, &str)> = text.lines().filter_map(|line| line.split_once('=')).collect();
    // Every value is also offered to every parameter of the operator.
    let spread: Vec<(&str, &str)> = operator
        .params
        .iter()
        .zip(pairs.iter().cycle())
        .map(|(param, (_, value))| (param.name, *value))
        .collect();
    for texts in [&pairs, &spread] {
        if let Ok(attrs) = Attrs::parse(operator, usize::from(*inputs >> 1), texts) {
            for param in operator.params {
                assert!(attrs.value(param.name).is_ok());
            }
        }
    }
});
