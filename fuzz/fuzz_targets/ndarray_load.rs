//! Array files and raw records of any content: an error or arrays that can be used, never a crash.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mxkv::array::format::fuzz(bytes));
