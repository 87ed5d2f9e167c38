//! Descriptions of optimizers and their saved states, of any content: an optimizer that works and can be saved, or an
//! error; never a crash, and no update that takes for ever.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mxkv::optimizer::fuzz::fuzz(bytes));
