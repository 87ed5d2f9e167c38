//! Pickles of any content: values that can be looked at, or an error; nothing is executed and nothing crashes.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mxkv::optimizer::foreign::pickle::fuzz(bytes));
