//! The compatible transport: ZeroMQ as MXNet's nodes use it. One ROUTER socket receives everything; one DEALER
//! socket per peer sends. The identity of a DEALER tells the receiver who sends.
//!
//! The sockets are not thread-safe; they belong to the node's network thread. The only thing other threads
//! touch is the waker, a pipe that the poll watches.

mod send;

use super::{Incoming, Peer, SendError, Transport, Waker};
use crate::base::sync::Arc;
use crate::base::sync::atomic::{AtomicBool, Ordering};
use crate::base::{Error, Result};
use crate::err;
use crate::ps::id::Sender;
use crate::ps::wire::limits::FRAME_BYTES;
use crate::ps::wire::{Endpoint, Frames};
use bytes::Bytes;
use std::collections::HashMap;
use std::io::{PipeReader, PipeWriter, Read, Write};
use std::net::{IpAddr, ToSocketAddrs};
use std::os::fd::AsRawFd;
use std::time::Duration;
use zmq::{Context, DEALER, DONTWAIT, Message, POLLIN, PollItem, ROUTER, Socket};

/// Between two attempts to reach a peer that does not listen: short at first, because nodes of one cluster
/// start at about the same time.
const FIRST_RETRY_MS: i32 = 20;
const LAST_RETRY_MS: i32 = 1000;

/// What the settings say about the sockets.
#[derive(Clone, Debug)]
pub struct Options {
    /// `DMLC_LOCAL`: endpoints are files under /tmp instead of TCP ports.
    pub local: bool,
    /// `DMLC_PS_WATER_MARK`: messages that may wait on one link before the sender is told to come back.
    pub water_mark: i32,
}

impl Default for Options {
    fn default() -> Self {
        Options { local: false, water_mark: 1000 }
    }
}

pub struct ZmqTransport {
    context: Context,
    inbox: Socket,
    links: HashMap<Peer, Socket>,
    wake: WakeFlag,
    wake_pipe: PipeReader,
    options: Options,
}

/// Set and written by wakers, reset and read by `receive`. The flag keeps the pipe from filling.
#[derive(Clone)]
struct WakeFlag {
    raised: Arc<AtomicBool>,
    pipe: Arc<PipeWriter>,
}

impl ZmqTransport {
    pub fn new(options: Options) -> Result<Self> {
        let context = Context::new();
        let inbox = context.socket(ROUTER).map_err(|error| failed("opening the receiving socket", error))?;
        let set = || -> std::result::Result<(), zmq::Error> {
            inbox.set_ipv6(true)?;
            inbox.set_router_handover(true)?;
            inbox.set_maxmsgsize(i64::try_from(FRAME_BYTES).unwrap_or(i64::MAX))?;
            inbox.set_rcvhwm(0)?;
            inbox.set_linger(0)
        };
        set().map_err(|error| failed("setting up the receiving socket", error))?;
        let (wake_pipe, pipe) =
            std::io::pipe().map_err(|error| Error::io("opening the wake-up pipe", &error))?;
        let wake = WakeFlag { raised: Arc::new(AtomicBool::new(false)), pipe: Arc::new(pipe) };
        Ok(ZmqTransport { context, inbox, links: HashMap::new(), wake, wake_pipe, options })
    }

    fn address(&self, endpoint: &Endpoint) -> String {
        if self.options.local { format!("ipc:///tmp/{}", endpoint.port) } else { format!("tcp://{endpoint}") }
    }

    /// The next message that is already here.
    fn take_message(&mut self) -> Result<Option<(Sender, Frames)>> {
        let identity = match self.inbox.recv_msg(DONTWAIT) {
            Ok(identity) => identity,
            Err(zmq::Error::EAGAIN | zmq::Error::EINTR) => return Ok(None),
            Err(error) => return Err(failed("receiving", error)),
        };
        let mut frames = Frames::default();
        let mut first = true;
        while self.inbox.get_rcvmore().map_err(|error| failed("receiving", error))? {
            let part = self.inbox.recv_msg(0).map_err(|error| failed("receiving", error))?;
            let bytes = Bytes::from_owner(Received(part));
            if first {
                frames.meta = bytes;
                first = false;
            } else if frames.data.len() < MOST_DATA_FRAMES {
                frames.data.push(bytes);
            }
        }
        Ok(Some((Sender::parse(&identity), frames)))
    }

    /// Whether somebody called a waker since the last time.
    fn take_wake(&mut self) -> Result<bool> {
        if !self.wake.raised.load(Ordering::Acquire) {
            return Ok(false);
        }
        let mut byte = [0];
        self.wake_pipe
            .read_exact(&mut byte)
            .map_err(|error| Error::io("reading the wake-up pipe", &error))?;
        self.wake.raised.store(false, Ordering::Release);
        Ok(true)
    }
}

/// More than the protocol knows: enough for the decoder to see that there are too many.
const MOST_DATA_FRAMES: usize = 8;

/// Lets received memory be shared as `Bytes` without copying it.
struct Received(Message);

impl AsRef<[u8]> for Received {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Transport for ZmqTransport {
    fn bind(&mut self, host: &str, port: u16) -> Result<u16> {
        if self.options.local {
            return self.bind_file(port);
        }
        let address = match host.parse::<IpAddr>() {
            Ok(address) => address,
            Err(_) => resolve(host)?,
        };
        let shown = match address {
            IpAddr::V4(v4) => v4.to_string(),
            IpAddr::V6(v6) => format!("[{v6}]"),
        };
        let wanted = if port == 0 { "*".to_owned() } else { port.to_string() };
        self.inbox
            .bind(&format!("tcp://{shown}:{wanted}"))
            .map_err(|error| failed(&format!("listening at {shown}:{wanted}"), error))?;
        let bound = self.inbox.get_last_endpoint().map_err(|error| failed("asking for the port", error))?;
        let bound = bound.unwrap_or_else(|text| String::from_utf8_lossy(&text).into_owned());
        let port = bound.rsplit(':').next().and_then(|port| port.trim_end_matches('\0').parse().ok());
        port.ok_or_else(|| err!(Io, "listening at {shown}: cannot tell the port from '{bound}'"))
    }

    fn connect(&mut self, peer: &Peer, to: &Endpoint, identity: &[u8]) -> Result<()> {
        let link = self.context.socket(DEALER).map_err(|error| failed("opening a socket", error))?;
        let set = || -> std::result::Result<(), zmq::Error> {
            link.set_ipv6(true)?;
            link.set_linger(0)?;
            link.set_sndhwm(self.options.water_mark)?;
            link.set_reconnect_ivl(FIRST_RETRY_MS)?;
            link.set_reconnect_ivl_max(LAST_RETRY_MS)?;
            if !identity.is_empty() {
                link.set_identity(identity)?;
            }
            link.connect(&self.address(to))
        };
        set().map_err(|error| failed(&format!("connecting to {peer} at {to}"), error))?;
        self.links.insert(peer.clone(), link);
        Ok(())
    }

    fn disconnect(&mut self, peer: &Peer) {
        self.links.remove(peer);
    }

    fn send(&mut self, to: &Peer, frames: Frames) -> Result<(), SendError> {
        let link = self.links.get_mut(to).ok_or(SendError::NotConnected)?;
        send::frames(link, frames)
    }

    fn receive(&mut self, wait: Duration) -> Result<Incoming> {
        if self.take_wake()? {
            return Ok(Incoming::Woken);
        }
        if let Some((from, frames)) = self.take_message()? {
            return Ok(Incoming::Message(from, frames));
        }
        let mut items =
            [self.inbox.as_poll_item(POLLIN), PollItem::from_fd(self.wake_pipe.as_raw_fd(), POLLIN)];
        // Rounded up, so that a timer that is nearly due does not make the loop spin.
        let wait = i64::try_from(wait.as_micros().div_ceil(1000)).unwrap_or(i64::MAX);
        match zmq::poll(&mut items, wait) {
            Ok(_) | Err(zmq::Error::EINTR) => {}
            Err(error) => return Err(failed("waiting for messages", error)),
        }
        if self.take_wake()? {
            return Ok(Incoming::Woken);
        }
        Ok(match self.take_message()? {
            Some((from, frames)) => Incoming::Message(from, frames),
            None => Incoming::Nothing,
        })
    }

    fn waker(&self) -> Waker {
        let wake = self.wake.clone();
        Waker::new(move || {
            if !wake.raised.swap(true, Ordering::AcqRel) {
                // A reader that is gone needs no wake-up any more.
                let _ = (&*wake.pipe).write_all(&[1]);
            }
        })
    }

    fn close(&mut self, linger: Duration) {
        let linger = i32::try_from(linger.as_millis()).unwrap_or(i32::MAX);
        for (_, link) in self.links.drain() {
            // Setting it fails only on a socket that is closed already.
            let _ = link.set_linger(linger);
        }
        let idle = Context::new();
        // The old inbox closes with the old context, which waits for the lingering links.
        if let Ok(unused) = idle.socket(ROUTER) {
            drop(std::mem::replace(&mut self.inbox, unused));
        }
        drop(std::mem::replace(&mut self.context, idle));
    }
}

impl ZmqTransport {
    /// With `DMLC_LOCAL` the port is only a number in a file name, so one is chosen that no file has.
    fn bind_file(&mut self, port: u16) -> Result<u16> {
        let free = |port: &u16| !std::path::Path::new(&format!("/tmp/{port}")).exists();
        let port = match port {
            0 => (10_000..50_000).find(free).ok_or_else(|| err!(Io, "no free local endpoint under /tmp"))?,
            port => port,
        };
        self.inbox
            .bind(&format!("ipc:///tmp/{port}"))
            .map_err(|error| failed(&format!("listening at /tmp/{port}"), error))?;
        Ok(port)
    }
}

fn resolve(host: &str) -> Result<IpAddr> {
    let mut found = (host, 0u16)
        .to_socket_addrs()
        .map_err(|error| Error::io(format!("looking up the host '{host}'"), &error))?;
    found.next().map(|address| address.ip()).ok_or_else(|| err!(Io, "the host '{host}' has no address"))
}

fn failed(doing: &str, error: zmq::Error) -> Error {
    err!(Io, "{doing}: {error}")
}

#[cfg(test)]
mod tests;
