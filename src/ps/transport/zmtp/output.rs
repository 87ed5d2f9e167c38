//! What a connection still has to write.

use super::decoder::head;
use crate::ps::wire::Frames;
use bytes::{Buf, Bytes};
use smallvec::SmallVec;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice, Write};

/// Below this a copy is cheaper than one more piece to write.
const COPIED: usize = 4096;

/// Pieces handed to the system at once.
const PIECES: usize = 64;

#[derive(Default)]
pub(super) struct Output {
    pieces: VecDeque<Bytes>,
    /// Small things at the end, not yet a piece.
    tail: Vec<u8>,
    /// The messages that are not wholly written yet, and where each ends in the stream.
    messages: VecDeque<(u64, Frames)>,
    added: u64,
    written: u64,
}

/// How writing ended.
#[derive(Debug, PartialEq)]
pub(super) enum Written {
    All,
    /// The socket takes no more now.
    Blocked,
    /// The allowance is used up.
    Some,
}

impl Output {
    /// Bytes that wait.
    pub(super) fn len(&self) -> u64 {
        self.added - self.written
    }

    pub(super) fn add_bytes(&mut self, bytes: &[u8]) {
        self.tail.extend_from_slice(bytes);
        self.added += bytes.len() as u64;
    }

    pub(super) fn add_command(&mut self, body: &[u8]) {
        let before = self.tail.len();
        head(&mut self.tail, body.len(), false, true);
        self.added += (self.tail.len() - before) as u64;
        self.add_bytes(body);
    }

    pub(super) fn add_message(&mut self, frames: Frames) {
        let last = frames.data.len();
        for (index, body) in std::iter::once(&frames.meta).chain(&frames.data).enumerate() {
            let before = self.tail.len();
            head(&mut self.tail, body.len(), index < last, false);
            self.added += (self.tail.len() - before) as u64;
            if body.len() <= COPIED {
                self.add_bytes(body);
            } else {
                self.end_tail();
                self.added += body.len() as u64;
                self.pieces.push_back(body.clone());
            }
        }
        self.messages.push_back((self.added, frames));
    }

    fn end_tail(&mut self) {
        if !self.tail.is_empty() {
            self.pieces.push_back(std::mem::take(&mut self.tail).into());
        }
    }

    /// Writes until everything is written, the socket is full, or about `most` bytes have gone.
    pub(super) fn write(&mut self, to: &mut impl Write, most: usize) -> io::Result<Written> {
        self.end_tail();
        let start = self.written;
        while !self.pieces.is_empty() {
            if self.written - start >= most as u64 {
                return Ok(Written::Some);
            }
            let pieces: SmallVec<[IoSlice<'_>; 8]> =
                self.pieces.iter().take(PIECES).map(|piece| IoSlice::new(piece)).collect();
            let result = to.write_vectored(&pieces);
            drop(pieces);
            match result {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(written) => self.advance(written),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Written::Blocked),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Written::All)
    }

    fn advance(&mut self, mut written: usize) {
        self.written += written as u64;
        while let Some(first) = self.pieces.front_mut() {
            let part = written.min(first.len());
            first.advance(part);
            written -= part;
            if !first.is_empty() {
                break;
            }
            self.pieces.pop_front();
        }
        while self.messages.front().is_some_and(|(end, _)| *end <= self.written) {
            self.messages.pop_front();
        }
    }

    /// The messages of which something is left to write, to be sent again over another connection.
    pub(super) fn unsent(self) -> impl DoubleEndedIterator<Item = Frames> {
        self.messages.into_iter().map(|(_, frames)| frames)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes at most 1000 bytes at a time, and so many in all.
    struct Slow {
        taken: Vec<u8>,
        most: usize,
    }

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let room = bytes.len().min(1000).min(self.most - self.taken.len());
            if room == 0 {
                return Err(ErrorKind::WouldBlock.into());
            }
            self.taken.extend_from_slice(&bytes[..room]);
            Ok(room)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn frames(sizes: &[usize]) -> Frames {
        let mut all = sizes.iter().map(|size| Bytes::from(vec![*size as u8; *size]));
        Frames { meta: all.next().unwrap(), data: all.collect() }
    }

    #[test]
    fn what_is_added_is_written_in_order_and_unsent_messages_are_kept_whole() {
        let messages = [frames(&[10, 20_000, 3]), frames(&[5]), frames(&[300, 4096, 4097])];
        let (mut output, mut sink) = (Output::default(), Slow { taken: Vec::new(), most: usize::MAX });
        output.add_bytes(b"hello");
        output.add_command(b"cmd");
        messages.iter().for_each(|message| output.add_message(message.clone()));
        let all = output.len();
        assert_eq!(output.write(&mut sink, 1000).unwrap(), Written::Some);
        assert_eq!(sink.taken.len() as u64 + output.len(), all);
        while output.write(&mut sink, 5000).unwrap() != Written::All {}
        assert_eq!((output.len(), sink.taken.len() as u64), (0, all));
        assert_eq!(output.unsent().count(), 0);
        assert!(sink.taken.starts_with(b"hello\x04\x03cmd\x01\x0a"));

        // Room for the first message and three bytes of the second.
        let first = 2 + 10 + 9 + 20_000 + 2 + 3;
        let (mut output, mut sink) = (Output::default(), Slow { taken: Vec::new(), most: first + 3 });
        messages.iter().for_each(|message| output.add_message(message.clone()));
        assert_eq!(output.write(&mut sink, usize::MAX).unwrap(), Written::Blocked);
        assert_eq!(output.unsent().collect::<Vec<_>>(), messages[1..]);
    }
}
