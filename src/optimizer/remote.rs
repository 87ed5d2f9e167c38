//! What workers tell servers about optimizers beyond MXNet's protocol: the bodies of our own commands.
//!
//! MXNet's servers ignore commands that they do not know and answer without a body, so an empty answer means that
//! the server has no native optimizers, or that its answer was lost and the command has to be sent again.

#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "the bytes come from outside"
    )
)]

use super::{Scalar, Spec};
use crate::base::Result;
use crate::{bail, ensure, err};

/// Numbers of commands. MXNet has 0 to 5; those from 1000 on are ours.
const SET: i32 = 1000;
const CHANGE: i32 = 1001;
const READ: i32 = 1002;
const WRITE: i32 = 1003;
const COMMIT: i32 = 1004;
const FORGET: i32 = 1005;

/// States travel in pieces of this many bytes, because one message must not be long.
pub const PIECE: usize = 8 << 20;

/// The answer to a command that has nothing else to say.
pub const DONE: &[u8] = b"ok";

/// One transfer of states, named by a number that its worker drew.
pub type Token = u64;

#[derive(Clone, Debug, PartialEq)]
pub enum Remote {
    /// Update the values by this optimizer from now on.
    Set(Box<Spec>),
    Change(Scalar, f64),
    /// A piece of the states as they were at the first piece. Answered with [`Piece`].
    Read {
        token: Token,
        offset: u64,
    },
    /// A piece of states to take over.
    Write {
        token: Token,
        offset: u64,
        total: u64,
        bytes: Vec<u8>,
    },
    /// Take over what was written; `check`: only say whether it could be.
    Commit {
        token: Token,
        check: bool,
    },
    /// The transfer is over.
    Forget {
        token: Token,
    },
}

impl Remote {
    /// The number of the command and its body.
    pub fn encode(&self) -> (i32, Vec<u8>) {
        let numbers = |numbers: &[u64]| numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        match self {
            Remote::Set(spec) => (SET, spec.to_json().into_bytes()),
            Remote::Change(scalar, value) => (CHANGE, format!("{} {value:?}", scalar.name()).into_bytes()),
            Remote::Read { token, offset } => (READ, numbers(&[*token, *offset])),
            Remote::Write { token, offset, total, bytes } => {
                let mut body: Vec<u8> = numbers(&[*token, *offset, *total]);
                body.extend_from_slice(bytes);
                (WRITE, body)
            }
            Remote::Commit { token, check } => (COMMIT, numbers(&[*token, u64::from(*check)])),
            Remote::Forget { token } => (FORGET, numbers(&[*token])),
        }
    }

    /// None for commands that are not about optimizers.
    pub fn decode(number: i32, body: &[u8]) -> Result<Option<Self>> {
        let read = || -> Result<Option<Self>> {
            Ok(Some(match number {
                SET => Remote::Set(Box::new(Spec::from_json(text(body)?)?)),
                CHANGE => change(text(body)?)?,
                READ => {
                    let [token, offset] = only(body)?;
                    Remote::Read { token, offset }
                }
                WRITE => {
                    let ([token, offset, total], bytes) = numbers(body)?;
                    Remote::Write { token, offset, total, bytes: bytes.to_vec() }
                }
                COMMIT => {
                    let [token, check] = only(body)?;
                    Remote::Commit { token, check: check != 0 }
                }
                FORGET => {
                    let [token] = only(body)?;
                    Remote::Forget { token }
                }
                _ => return Ok(None),
            }))
        };
        read().map_err(|error| error.context(format!("command {number}")))
    }
}

fn text(body: &[u8]) -> Result<&str> {
    std::str::from_utf8(body).map_err(|error| err!(Protocol, "expected a text: {error}"))
}

fn change(body: &str) -> Result<Remote> {
    let bad = || err!(Protocol, "expected a name and a number, got '{}'", body.escape_debug());
    let (name, value) = body.split_once(' ').ok_or_else(bad)?;
    let scalar = Scalar::ALL.into_iter().find(|scalar| scalar.name() == name).ok_or_else(bad)?;
    Ok(Remote::Change(scalar, value.parse().map_err(|_| bad())?))
}

fn numbers<const N: usize>(body: &[u8]) -> Result<([u64; N], &[u8])> {
    let (front, rest) = body
        .split_at_checked(8 * N)
        .ok_or_else(|| err!(Protocol, "expected {N} numbers, got {} bytes", body.len()))?;
    let mut numbers = [0; N];
    for (number, bytes) in numbers.iter_mut().zip(front.as_chunks::<8>().0) {
        *number = u64::from_le_bytes(*bytes);
    }
    Ok((numbers, rest))
}

/// Numbers and nothing else.
fn only<const N: usize>(body: &[u8]) -> Result<[u64; N]> {
    let (numbers, rest) = numbers(body)?;
    ensure!(rest.is_empty(), Protocol, "expected {N} numbers, got {} bytes", body.len());
    Ok(numbers)
}

/// The answer to [`Remote::Read`]: how many bytes there are in all, and some of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece<'a> {
    pub total: u64,
    pub bytes: &'a [u8],
}

impl<'a> Piece<'a> {
    /// The piece at an offset.
    pub fn of(all: &'a [u8], offset: u64) -> Result<Self> {
        let start = usize::try_from(offset).ok().filter(|start| *start <= all.len());
        let Some(rest) = start.and_then(|start| all.get(start..)) else {
            bail!(Protocol, "states: {offset} is beyond their {} bytes", all.len());
        };
        Ok(Piece { total: all.len() as u64, bytes: rest.get(..PIECE).unwrap_or(rest) })
    }

    pub fn encode(&self) -> Vec<u8> {
        [&self.total.to_le_bytes()[..], self.bytes].concat()
    }

    pub fn decode(answer: &'a [u8]) -> Result<Self> {
        let ([total], bytes) = numbers(answer)?;
        Ok(Piece { total, bytes })
    }
}

/// What arrives piece by piece. The pieces of one transfer come in order; one that came before is ignored.
#[derive(Debug, Default)]
pub struct Incoming {
    token: Token,
    total: u64,
    bytes: Vec<u8>,
}

impl Incoming {
    /// Takes a piece; the first one of another transfer begins anew.
    pub fn add(&mut self, token: Token, offset: u64, total: u64, piece: &[u8]) -> Result<()> {
        if offset == 0 {
            *self = Incoming { token, total, bytes: Vec::new() };
        }
        let here = self.bytes.len() as u64;
        ensure!(
            token == self.token && total == self.total && offset <= here,
            Protocol,
            "states: a piece at {offset} of {total} does not follow the {here} bytes of {}",
            self.total
        );
        let end = offset.saturating_add(piece.len() as u64);
        ensure!(end <= total, Protocol, "states: a piece reaches beyond their {total} bytes");
        if offset == here {
            self.bytes.extend_from_slice(piece);
        }
        Ok(())
    }

    /// All of it, once it is complete.
    pub fn whole(&self, token: Token) -> Result<&[u8]> {
        let is_whole = token == self.token && self.bytes.len() as u64 == self.total && self.total > 0;
        ensure!(is_whole, Protocol, "states: {} of {} bytes have arrived", self.bytes.len(), self.total);
        Ok(&self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_survive_the_way() {
        let spec = Spec::from_params("sgd", &[("learning_rate", "0.1")]).unwrap();
        let commands = [
            Remote::Set(Box::new(spec)),
            Remote::Change(Scalar::LearningRate, 0.1),
            Remote::Change(Scalar::Wd, 1e-300),
            Remote::Read { token: 7, offset: 1 << 40 },
            Remote::Write { token: 7, offset: 3, total: 5, bytes: vec![1, 2] },
            Remote::Commit { token: 7, check: true },
            Remote::Forget { token: u64::MAX },
        ];
        for command in commands {
            let (number, body) = command.encode();
            assert!(number >= 1000);
            assert_eq!(Remote::decode(number, &body).unwrap(), Some(command));
        }
        for mxnet in 0..6 {
            assert_eq!(Remote::decode(mxnet, b"anything").unwrap(), None);
        }
    }

    #[test]
    fn nonsense_is_an_error() {
        for number in SET..=FORGET {
            for body in [&b""[..], b"abc", b"\xff", b"learning_rate", b"learning_rate x", b"lr 1"] {
                assert!(Remote::decode(number, body).is_err(), "{number} {body:?}");
            }
        }
    }

    #[test]
    fn pieces_make_the_whole() {
        let all: Vec<u8> = (0..2 * PIECE + 10).map(|number| number as u8).collect();
        let mut incoming = Incoming::default();
        let mut offset = 0;
        while offset < all.len() as u64 {
            let answer = Piece::of(&all, offset).unwrap().encode();
            let piece = Piece::decode(&answer).unwrap();
            assert!(incoming.whole(3).is_err());
            incoming.add(3, offset, piece.total, piece.bytes).unwrap();
            // The same piece once more.
            incoming.add(3, offset, piece.total, piece.bytes).unwrap();
            offset += piece.bytes.len() as u64;
        }
        assert_eq!(incoming.whole(3).unwrap(), all);
        assert!(incoming.whole(4).is_err());
        assert!(incoming.add(4, 5, 10, b"x").is_err(), "the middle of another transfer");
        assert!(incoming.add(4, 0, 1, b"xy").is_err(), "more than there is");
        assert!(Piece::of(&all, all.len() as u64 + 1).is_err());
    }
}
