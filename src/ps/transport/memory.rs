//! A transport within one process: nodes of one [`Hub`] reach each other by endpoint, through queues. For
//! tests of whole nodes without sockets.
//!
//! Host names are only labels here; two nodes cannot listen on the same host and port. Messages to an endpoint
//! nobody listens on wait for someone, as a socket's would.

use super::{Incoming, Peer, SendError, Transport, Waker};
use crate::base::Result;
use crate::base::sync::{Arc, Condvar, Mutex};
use crate::ps::id::Sender;
use crate::ps::wire::{Endpoint, Frames};
use crate::{bail, ensure};
use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

/// Messages that may wait at one endpoint before senders are told to come back later.
const CAPACITY: usize = 10_000;

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
    woken: bool,
    /// Somebody listens here now. Mailboxes of endpoints that were only connected to exist as well.
    open: bool,
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
        // Wakers of this transport point to its own inbox: take over what waits here instead of the mailbox.
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

    fn send(&mut self, to: &Peer, frames: Frames) -> Result<(), SendError> {
        let (endpoint, identity) = self.links.get(to).ok_or(SendError::NotConnected)?;
        let mailbox = self.mailbox(endpoint);
        let mut queue = mailbox.state.lock();
        if queue.messages.len() >= CAPACITY {
            return Err(SendError::Full(Box::new(frames)));
        }
        queue.messages.push_back((*identity, frames));
        mailbox.filled.notify_one();
        Ok(())
    }

    fn receive(&mut self, wait: Duration) -> Result<Incoming> {
        let deadline = Instant::now() + wait;
        let mut queue = self.inbox.state.lock();
        loop {
            if std::mem::take(&mut queue.woken) {
                return Ok(Incoming::Woken);
            }
            if let Some((from, frames)) = queue.messages.pop_front() {
                return Ok(Incoming::Message(from, frames));
            }
            if self.inbox.filled.wait_until(&mut queue, deadline).timed_out() {
                return Ok(Incoming::Nothing);
            }
        }
    }

    fn waker(&self) -> Waker {
        let inbox = self.inbox.clone();
        Waker::new(move || {
            inbox.state.lock().woken = true;
            inbox.filled.notify_one();
        })
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
        a.send(&Peer::Guest(at.clone()), message("early")).unwrap();
        assert_eq!(b.bind("b", 7).unwrap(), 7);
        a.send(&Peer::Guest(at), message("late")).unwrap();
        for want in ["early", "late"] {
            let Incoming::Message(from, frames) = b.receive(Duration::from_secs(5)).unwrap() else {
                panic!()
            };
            assert_eq!((from, frames), (Sender::parse(b"ps9"), message(want)));
        }
        assert!(matches!(b.receive(Duration::ZERO).unwrap(), Incoming::Nothing));
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
    fn a_wake_is_never_lost() {
        let hub = Hub::new();
        let mut node = hub.transport();
        let waker = node.waker();
        node.bind("h", 0).unwrap();
        waker.wake();
        assert!(matches!(node.receive(Duration::from_secs(60)).unwrap(), Incoming::Woken));
        let other = crate::base::sync::thread::spawn(move || waker.wake());
        assert!(matches!(node.receive(Duration::from_secs(60)).unwrap(), Incoming::Woken));
        other.join().unwrap();
    }

    #[test]
    fn sending_without_a_link_is_an_error() {
        let mut node = Hub::new().transport();
        let peer = Peer::Guest(Endpoint::new("x", 1));
        assert!(matches!(node.send(&peer, message("m")), Err(SendError::NotConnected)));
    }
}
