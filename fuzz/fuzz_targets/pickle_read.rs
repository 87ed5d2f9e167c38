//! Pickles of any content: an optimizer or states of ours, or an error; nothing is executed and nothing crashes.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mxkv::optimizer::foreign::python::fuzz(bytes));
