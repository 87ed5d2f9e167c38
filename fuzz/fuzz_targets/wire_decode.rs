//! Frames of any content: an error, or a message that encodes and decodes to itself.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use mxkv::ps::wire::{Frames, Message};

// Up to four frames: the length of each of the first three is the next byte of the input.
fuzz_target!(|bytes: &[u8]| {
    let mut rest = bytes;
    let mut parts = Vec::new();
    while parts.len() < 3 {
        let Some((len, after)) = rest.split_first() else { break };
        let (part, after) = after.split_at(usize::from(*len).min(after.len()));
        parts.push(Bytes::copy_from_slice(part));
        rest = after;
    }
    parts.push(Bytes::copy_from_slice(rest));
    let mut parts = parts.into_iter();
    let meta = parts.next().unwrap_or_default();
    let frames = Frames { meta, data: parts.collect() };
    if let Ok(message) = Message::decode(&frames) {
        let again = Message::decode(&message.encode());
        assert_eq!(again.ok().as_ref(), Some(&message));
    }
});
