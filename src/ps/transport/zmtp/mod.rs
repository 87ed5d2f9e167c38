//! The compatible transport: ZMTP 3.0, the protocol of ZeroMQ's sockets, as MXNet's nodes use it. Towards them a
//! node is one ROUTER socket, which receives everything, and one DEALER socket per peer, which sends; the identity
//! of a DEALER tells the receiver who sends.
//!
//! No thread of its own: whoever calls reads and writes the sockets, so that a message passes through no hands but
//! its sender's and its receiver's. The only thing that other threads touch is the bell.

mod bell;
mod connection;
mod decoder;
mod greeting;
mod link;
mod output;
mod resolve;
mod stream;

use super::{Bell, Incoming, Peer, Transport};
use crate::base::sync::Arc;
use crate::base::{Error, Result};
use crate::ps::id::Sender;
use crate::ps::wire::limits::FRAME_BYTES;
use crate::ps::wire::{Endpoint, Frames};
use crate::telemetry::log;
use crate::{ensure, err};
use bell::{PollBell, Ready};
use connection::{Connection, End, Found, SCRATCH};
use link::Link;
use mio::{Registry, Token};
use std::collections::{HashMap, HashSet, VecDeque};
use std::io::ErrorKind;
use std::time::{Duration, Instant};
use stream::{Listener, Stream};

/// Nothing but the handshake is expected on a link that sends.
const LINK_FRAME_BYTES: usize = 64 << 10;

/// Written to one link before others get their turn.
const TURN: usize = 512 << 10;

/// Reads before whoever receives gets a word in.
const READS: usize = 16;

/// After an error that says that no more connections can be accepted now.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

const LISTENER: Token = Token(usize::MAX - 1);

/// What the settings say about the sockets.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// `DMLC_LOCAL`: endpoints are files under /tmp instead of TCP ports.
    pub local: bool,
}

pub struct ZmtpTransport {
    options: Options,
    bell: Arc<PollBell>,
    registry: Registry,
    listener: Option<Listener>,
    accept_at: Option<Instant>,
    guests: HashMap<Token, Guest>,
    /// Guests that may still have to be hung up on, oldest first.
    strangers: VecDeque<(Instant, Token)>,
    links: HashMap<Peer, Link>,
    /// Whose connection it is.
    owners: HashMap<Token, Peer>,
    /// Links that have something to write.
    unwritten: Vec<Peer>,
    /// Connections that may have something to read.
    readable: VecDeque<Token>,
    listed: HashSet<Token>,
    inbox: VecDeque<(Sender, Frames)>,
    events: Vec<Ready>,
    scratch: Vec<u8>,
    next_token: usize,
}

/// Somebody who connected to us.
struct Guest {
    connection: Connection,
    sender: Sender,
}

impl ZmtpTransport {
    pub fn new(options: Options) -> Result<Self> {
        let (bell, registry) = PollBell::new()?;
        Ok(ZmtpTransport {
            options,
            bell,
            registry,
            listener: None,
            accept_at: None,
            guests: HashMap::new(),
            strangers: VecDeque::new(),
            links: HashMap::new(),
            owners: HashMap::new(),
            unwritten: Vec::new(),
            readable: VecDeque::new(),
            listed: HashSet::new(),
            inbox: VecDeque::new(),
            events: Vec::new(),
            scratch: vec![0; SCRATCH],
            next_token: 0,
        })
    }

    fn token(&mut self) -> Token {
        self.next_token += 1;
        Token(self.next_token)
    }

    // ---- what the sockets report ----

    fn take_events(&mut self) {
        let mut events = std::mem::take(&mut self.events);
        self.bell.take_ready(&mut events);
        for ready in events.drain(..) {
            if ready.token == LISTENER {
                self.accept();
                continue;
            }
            if ready.writable {
                self.writable(ready.token);
            }
            if ready.ended
                && let Some(connection) = self.connection(ready.token)
            {
                connection.ended();
            }
            if ready.readable && self.listed.insert(ready.token) {
                self.readable.push_back(ready.token);
            }
        }
        self.events = events;
    }

    fn connection(&mut self, token: Token) -> Option<&mut Connection> {
        if let Some(guest) = self.guests.get_mut(&token) {
            return Some(&mut guest.connection);
        }
        self.links.get_mut(self.owners.get(&token)?)?.connection.as_mut()
    }

    fn writable(&mut self, token: Token) {
        if let Some(guest) = self.guests.get_mut(&token) {
            let result = guest.connection.writable().and_then(|()| guest.connection.write(TURN));
            if let Err(why) = result {
                self.hang_up(token, &why);
            }
        } else if let Some(peer) = self.owners.get(&token).cloned() {
            let Some(link) = self.links.get_mut(&peer) else { return };
            match link.connection.as_mut().map_or(Ok(()), Connection::writable) {
                Ok(()) => self.list(&peer),
                Err(why) => self.broke(&peer, &why),
            }
        }
    }

    fn accept(&mut self) {
        let told = self.accept_at.take().is_some();
        while let Some(listener) = &self.listener {
            let stream = match listener.accept() {
                Ok(stream) => stream,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                // Somebody who went away again while waiting.
                Err(error)
                    if matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::Interrupted) =>
                {
                    continue;
                }
                Err(error) => {
                    if !told {
                        log::warn(format_args!("cannot accept a connection: {error}; trying again"));
                    }
                    self.accept_at = Some(Instant::now() + ACCEPT_PAUSE);
                    return;
                }
            };
            let token = self.token();
            if let Err(error) = self.welcome(token, stream) {
                log::detail(format_args!("accepting a connection: {error}"));
            }
        }
    }

    fn welcome(&mut self, token: Token, mut stream: Stream) -> Result<()> {
        let registered = stream.register(&self.registry, token);
        registered.map_err(|error| Error::io("registering a connection", &error))?;
        let mut connection = Connection::new(token, stream, End::Router, FRAME_BYTES);
        connection.write(TURN)?;
        if let Some(deadline) = connection.deadline() {
            self.strangers.push_back((deadline, token));
        }
        self.guests.insert(token, Guest { connection, sender: Sender::Anonymous });
        Ok(())
    }

    fn hang_up(&mut self, token: Token, why: &Error) {
        if let Some(guest) = self.guests.remove(&token) {
            log::detail(format_args!("a connection of {} ended: {why}", guest.sender));
            // A guest is sent nothing but the handshake.
            drop(guest.connection.close(&self.registry));
        }
    }

    // ---- reading ----

    fn read_some(&mut self) {
        for _ in 0..READS {
            let Some(token) = self.readable.pop_front() else { return };
            if self.read(token) == Found::More {
                self.readable.push_back(token);
            } else {
                self.listed.remove(&token);
            }
            if !self.inbox.is_empty() {
                return;
            }
        }
    }

    fn read(&mut self, token: Token) -> Found {
        if let Some(guest) = self.guests.get_mut(&token) {
            let (inbox, was_open) = (&mut self.inbox, guest.connection.is_open());
            let mut arrived = Vec::new();
            let found = guest.connection.read(&mut self.scratch, &mut |frames| arrived.push(frames));
            if !was_open {
                guest.sender = Sender::parse(guest.connection.identity());
            }
            inbox.extend(arrived.into_iter().map(|frames| (guest.sender, frames)));
            // What the handshake owes.
            let written = if was_open { Ok(false) } else { guest.connection.write(TURN) };
            return found.and_then(|found| written.map(|_| found)).unwrap_or_else(|why| {
                self.hang_up(token, &why);
                Found::Dry
            });
        }
        let Some(peer) = self.owners.get(&token).cloned() else { return Found::Dry };
        let Some(link) = self.links.get_mut(&peer) else { return Found::Dry };
        let Some(connection) = &mut link.connection else { return Found::Dry };
        let was_open = connection.is_open();
        // Nobody has anything to say to a socket that sends.
        match connection.read(&mut self.scratch, &mut drop) {
            Ok(found) => {
                if !was_open && connection.is_open() {
                    link.opened();
                }
                if !was_open {
                    self.list(&peer);
                }
                found
            }
            Err(why) => {
                self.broke(&peer, &why);
                Found::Dry
            }
        }
    }

    // ---- links ----

    /// Notes that the link has something to write.
    fn list(&mut self, peer: &Peer) {
        if let Some(link) = self.links.get_mut(peer)
            && !std::mem::replace(&mut link.listed, true)
        {
            self.unwritten.push(peer.clone());
        }
    }

    fn broke(&mut self, peer: &Peer, why: &Error) {
        let Some(link) = self.links.get_mut(peer) else { return };
        let unsent = link.connection.take().map(|connection| {
            self.owners.remove(&connection.token);
            connection.close(&self.registry)
        });
        link.failed(unsent.into_iter().flatten());
        if !std::mem::replace(&mut link.told, true) {
            log::detail(format_args!("no connection to {peer} at {}: {why}; trying again", link.endpoint));
        }
    }

    /// Tries to reach the peer if it is time to.
    fn try_to_reach(&mut self, peer: &Peer) {
        let token = self.token();
        let Some(link) = self.links.get_mut(peer) else { return };
        let tried = link.next_address(self.options.local, &self.bell).and_then(|address| {
            let Some(address) = address else { return Ok(()) };
            let open = || {
                let mut stream = Stream::connect(&address)?;
                stream.register(&self.registry, token)?;
                Ok(stream)
            };
            let stream = open().map_err(|error| Error::io(format!("connecting to {address}"), &error))?;
            let end = End::Dealer(link.identity.clone());
            link.connection = Some(Connection::new(token, stream, end, LINK_FRAME_BYTES));
            self.owners.insert(token, peer.clone());
            Ok(())
        });
        if let Err(why) = tried {
            self.broke(peer, &why);
        }
    }

    fn run_timers(&mut self) {
        let now = Instant::now();
        if self.accept_at.is_some_and(|at| at <= now) {
            self.accept();
        }
        while let Some((deadline, token)) = self.strangers.front().copied() {
            let waits = self.guests.get(&token).is_some_and(|guest| !guest.connection.is_open());
            if waits && deadline > now {
                break;
            }
            self.strangers.pop_front();
            if waits {
                self.hang_up(token, &err!(Timeout, "no handshake"));
            }
        }
        let due = |link: &Link| link.connection.is_none() || link.due().is_some_and(|due| due <= now);
        let peers: Vec<Peer> =
            self.links.iter().filter(|(_, link)| due(link)).map(|(peer, _)| peer.clone()).collect();
        for peer in peers {
            if self.links.get(&peer).is_some_and(|link| link.connection.is_some()) {
                self.broke(&peer, &err!(Timeout, "no answer"));
            }
            self.try_to_reach(&peer);
        }
    }
}

impl Transport for ZmtpTransport {
    fn bind(&mut self, host: &str, port: u16) -> Result<u16> {
        ensure!(self.listener.is_none(), InvalidArgument, "bind: already listening");
        let (mut listener, port) = if self.options.local {
            let (listener, port) = link::listen(port)?;
            (listener, Some(port))
        } else {
            let found = resolve::addresses(&Endpoint::new(host, port))?;
            let first = found.into_iter().next();
            (Listener::bind(&first.ok_or_else(|| err!(Io, "the host '{host}' has no address"))?)?, None)
        };
        let registered = listener.register(&self.registry, LISTENER).and_then(|()| listener.port());
        let bound = registered.map_err(|error| Error::io(format!("listening at {host}"), &error))?;
        self.listener = Some(listener);
        Ok(port.unwrap_or(bound))
    }

    fn connect(&mut self, peer: &Peer, to: &Endpoint, identity: &[u8]) -> Result<()> {
        self.disconnect(peer);
        self.links.insert(peer.clone(), Link::new(to, identity));
        self.try_to_reach(peer);
        Ok(())
    }

    fn disconnect(&mut self, peer: &Peer) {
        let Some(link) = self.links.remove(peer) else { return };
        self.unwritten.retain(|other| other != peer);
        if let Some(connection) = link.connection {
            self.owners.remove(&connection.token);
            drop(connection.close(&self.registry));
        }
    }

    fn send(&mut self, to: &Peer, frames: Frames, priority: i32) -> bool {
        let Some(link) = self.links.get_mut(to) else { return false };
        link.push(frames, priority);
        self.list(to);
        true
    }

    fn flush(&mut self) -> bool {
        let mut more = false;
        for peer in std::mem::take(&mut self.unwritten) {
            let Some(link) = self.links.get_mut(&peer) else { continue };
            link.listed = false;
            match link.write(TURN) {
                Ok(true) => {
                    more = true;
                    self.list(&peer);
                }
                Ok(false) => {}
                Err(why) => self.broke(&peer, &why),
            }
        }
        more
    }

    fn receive(&mut self) -> Result<Incoming> {
        if self.inbox.is_empty() {
            self.take_events();
            self.run_timers();
            self.read_some();
        }
        Ok(match self.inbox.pop_front() {
            Some((from, frames)) => Incoming::Message(from, frames),
            None if self.readable.is_empty() => Incoming::Nothing,
            None => Incoming::Part,
        })
    }

    fn due(&self) -> Option<Instant> {
        let strangers = self.strangers.front().map(|(deadline, _)| *deadline);
        let links = self.links.values().filter_map(Link::due);
        links.chain(strangers).chain(self.accept_at).min()
    }

    fn bell(&self) -> Arc<dyn Bell> {
        self.bell.clone()
    }

    fn close(&mut self, linger: Duration) {
        let end = Instant::now() + linger;
        loop {
            self.take_events();
            self.run_timers();
            self.read_some();
            self.inbox.clear();
            let more = self.flush();
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() || self.links.values().all(Link::is_idle) {
                break;
            }
            let soon = if more { Duration::ZERO } else { left.min(Duration::from_millis(20)) };
            if self.bell.wait(soon).is_err() {
                break;
            }
        }
        self.listener = None;
        for peer in self.links.keys().cloned().collect::<Vec<_>>() {
            self.disconnect(&peer);
        }
        for (_, guest) in self.guests.drain() {
            drop(guest.connection.close(&self.registry));
        }
    }
}

#[cfg(test)]
mod tests;
