//! A socket that never blocks: TCP, or a file under /tmp for the nodes of one machine (`DMLC_LOCAL`).

use crate::base::{Error, Result};
use mio::event::Source;
use mio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use mio::{Interest, Registry, Token};
use std::io::{self, IoSlice, Read, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Where a socket connects to or listens.
#[derive(Clone, Debug)]
pub(super) enum Address {
    Tcp(SocketAddr),
    File(PathBuf),
}

pub(super) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Stream {
    /// Begins to connect; the stream becomes writable when it is connected or has failed.
    pub(super) fn connect(to: &Address) -> io::Result<Self> {
        Ok(match to {
            Address::Tcp(address) => Stream::Tcp(TcpStream::connect(*address)?),
            Address::File(path) => Stream::Unix(UnixStream::connect(path)?),
        })
    }

    /// Whether connecting has succeeded; an error if it has failed.
    pub(super) fn connected(&self) -> io::Result<bool> {
        let (error, peer) = match self {
            Stream::Tcp(stream) => (stream.take_error()?, stream.peer_addr().map(drop)),
            Stream::Unix(stream) => (stream.take_error()?, stream.peer_addr().map(drop)),
        };
        match (error, peer) {
            (Some(error), _) => Err(error),
            (None, Ok(())) => Ok(true),
            (None, Err(error)) if error.kind() == io::ErrorKind::NotConnected => Ok(false),
            (None, Err(error)) => Err(error),
        }
    }

    pub(super) fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        if let Stream::Tcp(stream) = self {
            // Requests wait for answers: holding small messages back would only cost time.
            stream.set_nodelay(true)?;
        }
        self.source().register(registry, token, Interest::READABLE | Interest::WRITABLE)
    }

    /// A registered stream must be deregistered before it is dropped.
    pub(super) fn deregister(&mut self, registry: &Registry) {
        // The only way this fails is that the stream is not registered.
        let _ = self.source().deregister(registry);
    }

    fn source(&mut self) -> &mut dyn Source {
        match self {
            Stream::Tcp(stream) => stream,
            Stream::Unix(stream) => stream,
        }
    }
}

impl Read for Stream {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Tcp(stream) => stream.read(into),
            Stream::Unix(stream) => stream.read(into),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Stream::Tcp(stream) => stream.write_vectored(parts),
            Stream::Unix(stream) => stream.write_vectored(parts),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(super) enum Listener {
    Tcp(TcpListener),
    /// The file goes away with the listener.
    Unix(UnixListener, PathBuf),
}

impl Listener {
    pub(super) fn bind(at: &Address) -> Result<Self> {
        let bound = match at {
            Address::Tcp(address) => TcpListener::bind(*address).map(Listener::Tcp),
            Address::File(path) => {
                remove_if_abandoned(path);
                return Self::bind_file(path);
            }
        };
        bound.map_err(|error| Error::io(format!("listening at {at}"), &error))
    }

    /// At a file that is not there yet. What is there is left alone: somebody who has just made it and does not
    /// listen yet looks as if it had been abandoned.
    pub(super) fn bind_file(path: &Path) -> Result<Self> {
        let bound = UnixListener::bind(path).map(|listener| Listener::Unix(listener, path.to_owned()));
        bound.map_err(|error| Error::io(format!("listening at {}", path.display()), &error))
    }

    /// The port that was bound; of a file none.
    pub(super) fn port(&self) -> io::Result<u16> {
        match self {
            Listener::Tcp(listener) => Ok(listener.local_addr()?.port()),
            Listener::Unix(..) => Ok(0),
        }
    }

    pub(super) fn accept(&self) -> io::Result<Stream> {
        Ok(match self {
            Listener::Tcp(listener) => Stream::Tcp(listener.accept()?.0),
            Listener::Unix(listener, _) => Stream::Unix(listener.accept()?.0),
        })
    }

    pub(super) fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        match self {
            Listener::Tcp(listener) => listener.register(registry, token, Interest::READABLE),
            Listener::Unix(listener, _) => listener.register(registry, token, Interest::READABLE),
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Listener::Unix(_, path) = self {
            // Somebody else may have removed it; then it is gone, too.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// A process that was killed leaves its file behind; nobody answers there any more.
fn remove_if_abandoned(path: &Path) {
    let refused = std::os::unix::net::UnixStream::connect(path)
        .is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused);
    if refused {
        // If it cannot be removed, binding fails and says why.
        let _ = std::fs::remove_file(path);
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Address::Tcp(address) => address.fmt(f),
            Address::File(path) => path.display().fmt(f),
        }
    }
}
