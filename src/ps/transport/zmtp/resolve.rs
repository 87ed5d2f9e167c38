//! Names of hosts to addresses, without waiting.

use super::bell::PollBell;
use super::stream::Address;
use crate::base::sync::{Arc, Mutex, thread};
use crate::base::{Error, Result};
use crate::ps::transport::Bell;
use crate::ps::wire::Endpoint;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};

/// A question to the system's resolver, which takes its time.
pub(super) struct Lookup(Arc<Mutex<Option<Result<Vec<Address>>>>>);

impl Lookup {
    /// Asks in a thread of its own and rings when the answer is there.
    pub(super) fn start(endpoint: &Endpoint, bell: Arc<PollBell>) -> Result<Self> {
        let answer = Arc::new(Mutex::new(None));
        let (slot, endpoint) = (answer.clone(), endpoint.clone());
        thread::Builder::new()
            .name("mxkv-resolve".to_owned())
            .spawn(move || {
                *slot.lock() = Some(addresses(&endpoint));
                bell.ring();
            })
            .map_err(|error| Error::io("starting the thread that looks up a host", &error))?;
        Ok(Lookup(answer))
    }

    /// The answer, once.
    pub(super) fn take(&self) -> Option<Result<Vec<Address>>> {
        self.0.lock().take()
    }
}

/// The address of an endpoint that needs no looking up.
pub(super) fn numeric(endpoint: &Endpoint) -> Option<Address> {
    let host: IpAddr = endpoint.host.trim_matches(['[', ']']).parse().ok()?;
    Some(Address::Tcp(SocketAddr::new(host, endpoint.port)))
}

/// All addresses of an endpoint. Waits for the system's resolver.
pub(super) fn addresses(endpoint: &Endpoint) -> Result<Vec<Address>> {
    if let Some(address) = numeric(endpoint) {
        return Ok(vec![address]);
    }
    let found = (endpoint.host.as_str(), endpoint.port)
        .to_socket_addrs()
        .map_err(|error| Error::io(format!("looking up the host '{}'", endpoint.host), &error))?;
    let found: Vec<Address> = found.map(Address::Tcp).collect();
    crate::ensure!(!found.is_empty(), Io, "the host '{}' has no address", endpoint.host);
    Ok(found)
}
