//! Serialized Java objects of any content: objects that can be looked at, or an error; never a crash.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mxkv::optimizer::foreign::java::fuzz(bytes));
