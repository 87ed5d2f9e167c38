//! Commands that only servers of mxkv know. They answer with a body; MXNet's servers ignore commands that they do not
//! know and answer without one.

use super::DistStore;
use crate::base::Result;
use crate::ps::id::Rank;
use crate::ps::proto::{Body, Outcome, Request};
use crate::ps::wire::Command;
use crate::{bail, err};
use bytes::Bytes;

/// How often a command is sent whose answer came without a body: it may have been lost on the way.
const ATTEMPTS: u32 = 3;

impl DistStore {
    /// A command to every server.
    pub(super) fn tell_ours(&self, command: Command, body: Bytes, subject: &str) -> Result<()> {
        let answers = self.send_ours(command, body.clone(), None, subject)?;
        let mut silent = answers.into_iter().filter(|(_, answer)| answer.is_empty());
        silent.try_for_each(|(server, _)| self.ask_ours(server, command, body.clone(), subject).map(drop))
    }

    /// A command to one server, and its answer.
    pub(super) fn ask_ours(
        &self,
        server: Rank,
        command: Command,
        body: Bytes,
        subject: &str,
    ) -> Result<Bytes> {
        for _ in 0..ATTEMPTS {
            let answers = self.send_ours(command, body.clone(), Some(vec![server]), subject)?;
            if let Some((_, answer)) = answers.into_iter().find(|(_, answer)| !answer.is_empty()) {
                return Ok(answer);
            }
        }
        bail!(Unsupported, "{subject}: server {server} does not know the command; this needs servers of mxkv")
    }

    fn send_ours(
        &self,
        command: Command,
        body: Bytes,
        servers: Option<Vec<Rank>>,
        subject: &str,
    ) -> Result<Vec<(Rank, Bytes)>> {
        let body = Body::Command { command, body, servers };
        let request = Request { body, subject: subject.to_owned(), priority: 0, deadline: None };
        match self.member.node.request_and_wait(self.member.channel, request)? {
            Outcome::Answers(answers) => Ok(answers
                .into_iter()
                .map(|(server, payload)| {
                    (server, payload.map(|answer| answer.values().clone()).unwrap_or_default())
                })
                .collect()),
            other => Err(err!(Internal, "{subject}: it ended with {other:?}")),
        }
    }
}
