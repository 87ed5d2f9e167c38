//! Serialized Java objects of any content: an optimizer of ours, or an error; never a crash.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mxkv::optimizer::foreign::scala::fuzz(bytes));
