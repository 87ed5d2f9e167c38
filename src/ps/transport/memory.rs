//! A transport within one process: nodes of one [`Hub`] reach each other by endpoint, through queues. For
//! tests of whole nodes without sockets.
//!
//! Host names are only labels here; two nodes cannot listen on the same host and port. Messages to an endpoint
//! nobody listens on wait for someone, as a socket's would.

use super::{Bell, Incoming, Peer, Transport};
use crate::base::Result;
use crate::base::sync::{Arc, Condvar, Mutex};
use crate::ps::id::Sender;
use crate::ps::wire::{Endpoint, Frames};
use crate::{bail, ensure};
use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

const FIRST_FREE_PORT: u16 = 20_000;

/// The network that the transports of one test share.
#[derive(Clone, Default)]
pub struct Hub(Arc<Mutex<HashMap<Endpoint, Arc<Mailbox>>>>);

impl Hub {
    pub fn new() -> Self {
        Hub::default()
    }

    /// A transport for one node.
    pub fn transport(&self) -> MemoryTransport {
        MemoryTransport { hub: self.clone(), at: None, inbox: Arc::default(), links: HashMap::new() }
    }
}

#[derive(Default)]
struct Mailbox {
    state: Mutex<Queue>,
    filled: Condvar,
}

#[derive(Default)]
struct Queue {
    messages: VecDeque<(Sender, Frames)>,
    rung: bool,
    /// Somebody listens here now. Mailboxes of endpoints that were only connected to exist as well.
    open: bool,
}

impl Bell for Mailbox {
    fn wait(&self, at_most: Duration) -> Result<bool> {
        let deadline = Instant::now() + at_most;
        let mut queue = self.state.lock();
        while !std::mem::take(&mut queue.rung) && queue.messages.is_empty() {
            if self.filled.wait_until(&mut queue, deadline).timed_out() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn ring(&self) {
        self.state.lock().rung = true;
        self.filled.notify_one();
    }
}

pub struct MemoryTransport {
    hub: Hub,
    at: Option<Endpoint>,
    inbox: Arc<Mailbox>,
    links: HashMap<Peer, (Endpoint, Sender)>,
}

impl MemoryTransport {
    /// The mailbox at an endpoint; made for whoever binds there later if nobody has yet.
    fn mailbox(&self, at: &Endpoint) -> Arc<Mailbox> {
        self.hub.0.lock().entry(at.clone()).or_default().clone()
    }
}

impl Transport for MemoryTransport {
    fn bind(&mut self, host: &str, port: u16) -> Result<u16> {
        ensure!(self.at.is_none(), InvalidArgument, "bind: already listening");
        let mut boxes = self.hub.0.lock();
        let taken =
            |port| boxes.get(&Endpoint::new(host, port)).is_some_and(|mailbox| mailbox.state.lock().open);
        let port = match port {
            0 => (FIRST_FREE_PORT..u16::MAX).find(|port| !taken(*port)),
            port => (!taken(port)).then_some(port),
        };
        let Some(port) = port else { bail!(Io, "bind: {host} has no free port, or the given one is taken") };
        // The bell of this transport is its own inbox: take over what waits here instead of the mailbox.
        let at = Endpoint::new(host, port);
        let early = boxes.insert(at.clone(), self.inbox.clone());
        let early = early.map(|mailbox| std::mem::take(&mut mailbox.state.lock().messages));
        let mut queue = self.inbox.state.lock();
        queue.messages = early.unwrap_or_default();
        queue.open = true;
        drop(queue);
        self.at = Some(at);
        Ok(port)
    }

    fn connect(&mut self, peer: &Peer, to: &Endpoint, identity: &[u8]) -> Result<()> {
        self.links.insert(peer.clone(), (to.clone(), Sender::parse(identity)));
        Ok(())
    }

    fn disconnect(&mut self, peer: &Peer) {
        self.links.remove(peer);
    }

    /// There is always room, so priorities make no difference.
    fn send(&mut self, to: &Peer, frames: Frames, _priority: i32) -> bool {
        let Some((endpoint, identity)) = self.links.get(to) else { return false };
        let mailbox = self.mailbox(endpoint);
        mailbox.state.lock().messages.push_back((*identity, frames));
        mailbox.filled.notify_one();
        true
    }

    fn flush(&mut self) -> bool {
        false
    }

    fn receive(&mut self) -> Result<Incoming> {
        let next = self.inbox.state.lock().messages.pop_front();
        Ok(next.map_or(Incoming::Nothing, |(from, frames)| Incoming::Message(from, frames)))
    }

    fn due(&self) -> Option<Instant> {
        None
    }

    fn bell(&self) -> Arc<dyn Bell> {
        self.inbox.clone()
    }

    fn close(&mut self, _linger: Duration) {
        self.links.clear();
        if let Some(at) = self.at.take() {
            // What nobody read dies with its reader; a successor at the same endpoint starts empty.
            self.hub.0.lock().remove(&at);
        }
    }
}

impl Drop for MemoryTransport {
    fn drop(&mut self) {
        self.close(Duration::ZERO);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn message(text: &'static str) -> Frames {
        Frames { meta: Bytes::from_static(text.as_bytes()), ..Frames::default() }
    }

    #[test]
    fn messages_arrive_in_order_with_their_senders_identity() {
        let hub = Hub::new();
        let (mut a, mut b) = (hub.transport(), hub.transport());
        let at = Endpoint::new("b", 7);
        a.connect(&Peer::Guest(at.clone()), &at, b"ps9").unwrap();
        assert!(a.send(&Peer::Guest(at.clone()), message("early"), 0));
        assert_eq!(b.bind("b", 7).unwrap(), 7);
        assert!(a.send(&Peer::Guest(at), message("late"), 0));
        for want in ["early", "late"] {
            let Incoming::Message(from, frames) = b.receive().unwrap() else { panic!() };
            assert_eq!((from, frames), (Sender::parse(b"ps9"), message(want)));
        }
        assert!(matches!(b.receive().unwrap(), Incoming::Nothing));
    }

    #[test]
    fn a_taken_port_is_an_error_and_a_closed_one_is_free_again() {
        let hub = Hub::new();
        let (mut a, mut b) = (hub.transport(), hub.transport());
        a.bind("h", 5).unwrap();
        assert!(b.bind("h", 5).is_err());
        a.close(Duration::ZERO);
        b.bind("h", 5).unwrap();
    }

    #[test]
    fn a_ring_is_never_lost_and_arrivals_ring() {
        const LONG: Duration = Duration::from_secs(60);
        let hub = Hub::new();
        let (mut node, mut other) = (hub.transport(), hub.transport());
        let bell = node.bell();
        let at = Endpoint::new("h", node.bind("h", 0).unwrap());
        let start = Instant::now();
        bell.ring();
        assert!(bell.wait(LONG).unwrap());
        assert!(!bell.wait(Duration::ZERO).unwrap());
        let sleeper = bell.clone();
        let thread = crate::base::sync::thread::spawn(move || sleeper.wait(LONG).unwrap());
        bell.ring();
        thread.join().unwrap();
        other.connect(&Peer::Guest(at.clone()), &at, b"").unwrap();
        assert!(other.send(&Peer::Guest(at), message("m"), 0));
        bell.wait(LONG).unwrap();
        assert!(start.elapsed() < LONG);
    }

    #[test]
    fn sending_without_a_link_is_told() {
        let mut node = Hub::new().transport();
        let peer = Peer::Guest(Endpoint::new("x", 1));
        assert!(!node.send(&peer, message("m"), 0));
    }
}
