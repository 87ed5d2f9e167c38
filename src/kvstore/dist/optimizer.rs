//! The optimizer of a distributed store, which runs on its servers.

use super::DistStore;
use crate::base::Result;
use crate::ensure;
use crate::optimizer::gathered::{Gathered, is_gathered};
use crate::optimizer::remote::{PIECE, Piece, Remote, Token};
use crate::optimizer::{Optimizer, Scalar, Spec};
use crate::ps::id::Rank;
use crate::ps::wire::{Command, Head};
use bytes::Bytes;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

impl DistStore {
    pub(super) fn send_optimizer(&self, spec: &Spec) -> Result<()> {
        // What is wrong with it is found here, while the servers still have theirs.
        Optimizer::new(spec, self.engine.clone())?;
        self.tell_all(&Remote::Set(Box::new(spec.clone())), "set optimizer")
    }

    pub(super) fn send_scalar(&self, scalar: Scalar, value: f64) -> Result<()> {
        // What was pushed before is updated with the old value.
        self.engine.drain();
        self.tell_all(&Remote::Change(scalar, value), &format!("set {}", scalar.name()))
    }

    /// The states of every server, as they are when this worker's pushes are through.
    pub(super) fn gather_states(&self) -> Result<Vec<u8>> {
        self.engine.drain();
        let token = new_token();
        let parts: Result<Vec<Vec<u8>>> =
            self.servers().map(|server| self.read_states(server, token)).collect();
        let forgotten = self.tell_all(&Remote::Forget { token }, "end of saving optimizer states");
        let gathered = Gathered { split_threshold: self.space.split_threshold(), parts: parts? };
        forgotten?;
        Ok(gathered.encode())
    }

    fn read_states(&self, server: Rank, token: Token) -> Result<Vec<u8>> {
        let mut states = Vec::new();
        loop {
            let offset = states.len() as u64;
            let answer = self.ask(server, &Remote::Read { token, offset }, "saving optimizer states")?;
            let piece = Piece::decode(&answer)?;
            ensure!(
                !piece.bytes.is_empty() || piece.total == offset,
                Protocol,
                "server {server}: its optimizer states end at {offset} of {} bytes",
                piece.total
            );
            states.extend_from_slice(piece.bytes);
            if states.len() as u64 >= piece.total {
                return Ok(states);
            }
        }
    }

    /// Gives every server its states back. Nothing changes on any of them unless all of them can take theirs.
    pub(super) fn scatter_states(&self, bytes: &[u8]) -> Result<()> {
        ensure!(
            is_gathered(bytes),
            InvalidArgument,
            "optimizer states: these were not saved by a distributed store"
        );
        let gathered = Gathered::decode(bytes)?;
        let servers = self.servers().count();
        ensure!(
            gathered.parts.len() == servers,
            InvalidArgument,
            "optimizer states: they are those of {} servers, this cluster has {servers}",
            gathered.parts.len()
        );
        let threshold = self.space.split_threshold();
        ensure!(
            gathered.split_threshold == threshold,
            InvalidArgument,
            "optimizer states: they were saved with MXNET_KVSTORE_BIGARRAY_BOUND={}, here it is {threshold}",
            gathered.split_threshold
        );
        self.engine.drain();
        let token = new_token();
        let load = || -> Result<()> {
            for (server, states) in self.servers().zip(&gathered.parts) {
                self.write_states(server, token, states)?;
            }
            self.tell_all(&Remote::Commit { token, check: true }, "loading optimizer states")?;
            self.tell_all(&Remote::Commit { token, check: false }, "loading optimizer states")
        };
        let loaded = load();
        // Servers that cannot be told any more keep the bytes until the next transfer.
        let forgotten = self.tell_all(&Remote::Forget { token }, "end of loading optimizer states");
        loaded.and(forgotten)
    }

    fn write_states(&self, server: Rank, token: Token, states: &[u8]) -> Result<()> {
        let total = states.len() as u64;
        for (number, piece) in states.chunks(PIECE).enumerate() {
            let offset = (number * PIECE) as u64;
            let piece = Remote::Write { token, offset, total, bytes: piece.to_vec() };
            self.ask(server, &piece, "loading optimizer states")?;
        }
        Ok(())
    }

    fn servers(&self) -> impl Iterator<Item = Rank> {
        Rank::all(self.member.node.servers())
    }

    fn tell_all(&self, command: &Remote, subject: &str) -> Result<()> {
        let (number, body) = command.encode();
        self.tell_ours(Command::from_head(Head(number)), body.into(), subject)
    }

    fn ask(&self, server: Rank, command: &Remote, subject: &str) -> Result<Bytes> {
        let (number, body) = command.encode();
        self.ask_ours(server, Command::from_head(Head(number)), body.into(), subject)
    }
}

/// A number that no other transfer has.
fn new_token() -> Token {
    RandomState::new().hash_one(std::process::id())
}
