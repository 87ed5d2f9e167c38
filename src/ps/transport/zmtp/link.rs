//! The way to one peer: messages wait here for a connection, which is set up again whenever it breaks.

use super::bell::PollBell;
use super::connection::Connection;
use super::resolve::{Lookup, numeric};
use super::stream::{Address, Listener};
use crate::base::Result;
use crate::base::priority_queue::PriorityQueue;
use crate::base::sync::Arc;
use crate::err;
use crate::ps::wire::{Endpoint, Frames};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Between two attempts to reach a peer that does not listen: short at first, because nodes of one cluster start
/// at about the same time.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LAST_PAUSE: Duration = Duration::from_secs(1);

/// So many bytes are handed to the connection at once; what waits behind them can still be overtaken.
const WINDOW: u64 = 256 << 10;

/// Where a node listens that may choose, when endpoints are files.
const PORTS: std::ops::Range<u16> = 10_000..50_000;

/// Files that may be taken away from under our nose before something else must be wrong.
const TRIES: usize = 1000;

pub(super) struct Link {
    pub endpoint: Endpoint,
    pub identity: Vec<u8>,
    pub connection: Option<Connection>,
    /// It waits in the transport's list of links that have something to write.
    pub listed: bool,
    /// What a broken connection left, to be sent before everything else.
    left: VecDeque<Frames>,
    queue: PriorityQueue<i32, Frames>,
    pause: Duration,
    retry: Instant,
    lookup: Option<Lookup>,
    /// Not tried since the last lookup.
    addresses: VecDeque<Address>,
    /// Somebody was told why there is no connection.
    pub told: bool,
}

impl Link {
    pub(super) fn new(endpoint: &Endpoint, identity: &[u8]) -> Self {
        Link {
            endpoint: endpoint.clone(),
            identity: identity.to_vec(),
            connection: None,
            listed: false,
            left: VecDeque::new(),
            queue: PriorityQueue::default(),
            pause: FIRST_PAUSE,
            retry: Instant::now(),
            lookup: None,
            addresses: VecDeque::new(),
            told: false,
        }
    }

    pub(super) fn push(&mut self, frames: Frames, priority: i32) {
        self.queue.push(priority, frames);
    }

    /// Nothing waits any more.
    pub(super) fn is_idle(&self) -> bool {
        let written = self.connection.as_ref().is_none_or(|connection| connection.waiting() == 0);
        written && self.left.is_empty() && self.queue.is_empty()
    }

    /// Writes about `most` bytes. True if there is more, and room for it.
    pub(super) fn write(&mut self, most: usize) -> Result<bool> {
        let Some(connection) = &mut self.connection else { return Ok(false) };
        let end = most as u64;
        let mut passed = 0;
        loop {
            while connection.is_open() && connection.waiting() < WINDOW {
                let next = self.left.pop_front().or_else(|| self.queue.pop());
                let Some(frames) = next else { break };
                connection.add_message(frames);
            }
            let before = connection.waiting();
            let room = connection.write(most)?;
            passed += before - connection.waiting();
            let more = connection.is_open() && !(self.left.is_empty() && self.queue.is_empty());
            if connection.waiting() > 0 || !more {
                return Ok(room);
            }
            if passed >= end {
                return Ok(true);
            }
        }
    }

    /// The next address to try now. `None`: not yet, or the lookup goes on.
    pub(super) fn next_address(&mut self, local: bool, bell: &Arc<PollBell>) -> Result<Option<Address>> {
        if self.connection.is_some() || Instant::now() < self.retry {
            return Ok(None);
        }
        if local {
            return Ok(Some(Address::File(file(self.endpoint.port))));
        }
        if let Some(address) = numeric(&self.endpoint).or_else(|| self.addresses.pop_front()) {
            return Ok(Some(address));
        }
        match &self.lookup {
            None => self.lookup = Some(Lookup::start(&self.endpoint, bell.clone())?),
            Some(lookup) => {
                if let Some(found) = lookup.take() {
                    self.lookup = None;
                    self.addresses = found?.into();
                    return Ok(self.addresses.pop_front());
                }
            }
        }
        Ok(None)
    }

    /// A try has failed, or a connection broke with these messages on their way.
    pub(super) fn failed(&mut self, unsent: impl DoubleEndedIterator<Item = Frames>) {
        unsent.rev().for_each(|frames| self.left.push_front(frames));
        if self.addresses.is_empty() {
            self.retry = Instant::now() + self.pause;
            self.pause = (self.pause * 2).min(LAST_PAUSE);
        }
    }

    /// The peer has said who it is.
    pub(super) fn opened(&mut self) {
        self.pause = FIRST_PAUSE;
        self.addresses.clear();
        self.told = false;
    }

    /// When something is to be done although nothing happens.
    pub(super) fn due(&self) -> Option<Instant> {
        match &self.connection {
            Some(connection) => connection.deadline(),
            None if self.lookup.is_some() => None,
            None => Some(self.retry),
        }
    }
}

/// Where a node with this port listens when endpoints are files.
pub(super) fn file(port: u16) -> PathBuf {
    PathBuf::from(format!("/tmp/{port}"))
}

/// Listens at the file of this port; of port 0 at the first one that nobody has. The port is only a number in a
/// file name, and another node may take a free one between looking and listening.
pub(super) fn listen(port: u16) -> Result<(Listener, u16)> {
    if port != 0 {
        return Listener::bind(&Address::File(file(port))).map(|listener| (listener, port));
    }
    let free = PORTS.filter(|port| !file(*port).exists());
    let mut last = err!(Io, "no free local endpoint under /tmp");
    for port in free.take(TRIES) {
        match Listener::bind_file(&file(port)) {
            Ok(listener) => return Ok((listener, port)),
            Err(error) => last = error,
        }
    }
    Err(last)
}
