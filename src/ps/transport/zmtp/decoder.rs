//! From the bytes that arrive on a connection to frames and messages, without a socket.

#![cfg_attr(
    not(test),
    deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used, clippy::panic)
)]

use super::greeting::GREETING;
use crate::base::Result;
use crate::ensure;
use crate::mem::Block;
use crate::ps::wire::Frames;
use bytes::{Buf, Bytes};

const MORE: u8 = 1;
const LONG: u8 = 2;
const COMMAND: u8 = 4;

/// A frame longer than this is read straight into memory of its own.
const LARGE: usize = 32 << 10;

/// Most bytes that stay unfinished: the head of a frame and a body that is just not large.
pub(super) const MOST_UNFINISHED: usize = LARGE + 16;

/// More data frames than the protocol knows: enough for the decoder of messages to see that there are too many.
const MOST_DATA_FRAMES: usize = 8;

#[derive(Debug, PartialEq)]
pub(super) enum Item {
    Greeting([u8; GREETING]),
    /// The body of a command.
    Command(Bytes),
    Message(Frames),
}

pub(super) struct Decoder {
    greeted: bool,
    most: usize,
    /// Arrived and not yet taken apart.
    rest: Bytes,
    large: Option<Large>,
    /// The message whose last frame has not come, and how many frames of it have.
    frames: Frames,
    count: usize,
}

/// A frame on its way into its own memory.
struct Large {
    flags: u8,
    block: Block,
    filled: usize,
}

struct Head {
    flags: u8,
    bytes: usize,
    body: usize,
}

impl Decoder {
    /// `most`: bytes of the longest frame that is allowed.
    pub(super) fn new(most: usize) -> Self {
        Decoder { greeted: false, most, rest: Bytes::new(), large: None, frames: Frames::default(), count: 0 }
    }

    /// Where the next bytes belong, if that is not the decoder's to choose: the rest of a large frame.
    pub(super) fn room(&mut self) -> Option<&mut [u8]> {
        let large = self.large.as_mut()?;
        large.block.get_mut(large.filled..)
    }

    /// So many bytes were put into the room.
    pub(super) fn filled(&mut self, bytes: usize) {
        if let Some(large) = &mut self.large {
            large.filled = large.block.len().min(large.filled + bytes);
        }
    }

    /// What is left of earlier bytes; the next ones have to follow it.
    pub(super) fn unfinished(&self) -> &[u8] {
        &self.rest
    }

    /// The next bytes, after the unfinished ones, which they repeat.
    pub(super) fn feed(&mut self, bytes: Bytes) {
        self.rest = bytes;
    }

    /// The next thing that is complete.
    pub(super) fn next(&mut self) -> Result<Option<Item>> {
        if !self.greeted {
            let Some(greeting) = self.rest.first_chunk::<GREETING>().copied() else { return Ok(None) };
            self.rest.advance(GREETING);
            self.greeted = true;
            return Ok(Some(Item::Greeting(greeting)));
        }
        loop {
            let Some((flags, body)) = self.frame()? else { return Ok(None) };
            if flags & COMMAND != 0 {
                return Ok(Some(Item::Command(body)));
            }
            match self.count {
                0 => self.frames.meta = body,
                1..=MOST_DATA_FRAMES => self.frames.data.push(body),
                _ => {}
            }
            self.count = self.count.saturating_add(1);
            if flags & MORE == 0 {
                self.count = 0;
                return Ok(Some(Item::Message(std::mem::take(&mut self.frames))));
            }
        }
    }

    /// The next whole frame: its flags and body.
    fn frame(&mut self) -> Result<Option<(u8, Bytes)>> {
        if let Some(large) = &self.large {
            if large.filled < large.block.len() {
                return Ok(None);
            }
            return Ok(self.large.take().map(|large| (large.flags, large.block.into())));
        }
        let Some(head) = self.head()? else { return Ok(None) };
        if head.body > LARGE && self.rest.len() < head.bytes + head.body {
            self.rest.advance(head.bytes);
            let mut block = Block::new(head.body)?;
            let here = std::mem::take(&mut self.rest);
            if let Some(start) = block.get_mut(..here.len()) {
                start.copy_from_slice(&here);
            }
            self.large = Some(Large { flags: head.flags, block, filled: here.len() });
            return Ok(None);
        }
        if self.rest.len() < head.bytes + head.body {
            return Ok(None);
        }
        self.rest.advance(head.bytes);
        Ok(Some((head.flags, self.rest.split_to(head.body))))
    }

    fn head(&self) -> Result<Option<Head>> {
        let Some((flags, rest)) = self.rest.split_first() else { return Ok(None) };
        ensure!(flags & !(MORE | LONG | COMMAND) == 0, Protocol, "frame: unknown flags {flags:#04x}");
        let (bytes, body) = if flags & LONG != 0 {
            let Some(body) = rest.first_chunk::<8>() else { return Ok(None) };
            (9, u64::from_be_bytes(*body))
        } else {
            let Some(body) = rest.first() else { return Ok(None) };
            (2, u64::from(*body))
        };
        let body = usize::try_from(body).unwrap_or(usize::MAX);
        ensure!(body <= self.most, Protocol, "frame: {body} bytes, more than {} allowed", self.most);
        Ok(Some(Head { flags: *flags, bytes, body }))
    }
}

/// The bytes before the body of a frame.
pub(super) fn head(into: &mut Vec<u8>, body: usize, more: bool, command: bool) {
    let flags = if more { MORE } else { 0 } | if command { COMMAND } else { 0 };
    match u8::try_from(body) {
        Ok(short) => into.extend([flags, short]),
        Err(_) => {
            into.push(flags | LONG);
            into.extend((body as u64).to_be_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::greeting::greeting;
    use super::*;
    use proptest::prelude::*;

    fn encoded(frames: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (index, frame) in frames.iter().enumerate() {
            head(&mut bytes, frame.len(), index + 1 < frames.len(), false);
            bytes.extend_from_slice(frame);
        }
        bytes
    }

    /// Feeds the bytes in pieces, as a connection does.
    fn decoded(bytes: &[u8], mut piece: impl FnMut() -> usize) -> Result<Vec<Item>> {
        let mut decoder = Decoder::new(1 << 20);
        let (mut at, mut items) = (0, Vec::new());
        while at < bytes.len() {
            let len = piece().clamp(1, bytes.len() - at);
            if let Some(room) = decoder.room() {
                let len = len.min(room.len());
                room[..len].copy_from_slice(&bytes[at..at + len]);
                decoder.filled(len);
                at += len;
            } else {
                let whole = [decoder.unfinished(), &bytes[at..at + len]].concat();
                decoder.feed(whole.into());
                at += len;
            }
            while let Some(item) = decoder.next()? {
                items.push(item);
            }
        }
        Ok(items)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn messages_survive_any_cut(
            sizes in proptest::collection::vec(
                proptest::collection::vec(prop_oneof![0usize..300, 32_000usize..100_000], 1..5), 1..5),
            pieces in proptest::collection::vec(prop_oneof![1usize..10, 1usize..70_000], 1..20),
        ) {
            let messages: Vec<Vec<Vec<u8>>> = sizes.iter().enumerate().map(|(m, sizes)| {
                sizes.iter().enumerate().map(|(f, size)| vec![(m * 7 + f) as u8; *size]).collect()
            }).collect();
            let mut bytes = greeting().to_vec();
            messages.iter().for_each(|message| bytes.extend(encoded(message)));
            let mut next = pieces.iter().cycle();
            let items = decoded(&bytes, || *next.next().unwrap()).unwrap();
            let expected: Vec<Item> = std::iter::once(Item::Greeting(greeting())).chain(messages.iter().map(|message| {
                let mut frames = message.iter().map(|frame| Bytes::copy_from_slice(frame));
                Item::Message(Frames { meta: frames.next().unwrap(), data: frames.collect() })
            })).collect();
            prop_assert_eq!(items, expected);
        }

        #[test]
        fn nonsense_is_an_error_or_waits_for_more(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let all = [&greeting()[..], &bytes].concat();
            let _ = decoded(&all, || 64);
        }
    }

    #[test]
    fn commands_are_told_from_messages_and_surplus_frames_are_dropped() {
        let mut bytes = greeting().to_vec();
        head(&mut bytes, 3, false, true);
        bytes.extend(b"abc");
        bytes.extend(encoded(&vec![vec![1]; 50]));
        let items = decoded(&bytes, || 7).unwrap();
        assert_eq!(items[1], Item::Command(Bytes::from_static(b"abc")));
        let Item::Message(frames) = &items[2] else { panic!("{items:?}") };
        assert_eq!(frames.data.len(), MOST_DATA_FRAMES);
    }

    #[test]
    fn a_frame_that_is_too_long_or_strange_is_an_error() {
        for bad in
            [&[2, 0, 0, 0, 0, 0, 0x10, 0, 1][..], &[2, 255, 255, 255, 255, 255, 255, 255, 255], &[8, 0]]
        {
            assert!(decoded(&[&greeting()[..], bad].concat(), || 5).is_err(), "{bad:?}");
        }
    }
}
