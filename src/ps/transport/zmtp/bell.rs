//! Waiting for the sockets of a transport.

use super::super::Bell;
use crate::base::sync::{Arc, Mutex};
use crate::base::{Error, Result};
use mio::{Events, Poll, Registry, Token, Waker};
use std::io::ErrorKind;
use std::time::Duration;

const RUNG: Token = Token(usize::MAX);

/// Events of one wait. More simply come with the next one.
const EVENTS: usize = 256;

/// What a wait found out about one socket.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ready {
    pub token: Token,
    pub readable: bool,
    /// The peer will send no more. There is no other event for that, even if this one is for data, too.
    pub ended: bool,
    pub writable: bool,
}

pub(super) struct PollBell {
    poll: Mutex<(Poll, Events)>,
    waker: Waker,
    /// Found and not yet looked at.
    ready: Mutex<Vec<Ready>>,
}

impl PollBell {
    /// The bell, and where sockets are registered with it.
    pub(super) fn new() -> Result<(Arc<Self>, Registry)> {
        let open = || {
            let poll = Poll::new()?;
            let registry = poll.registry().try_clone()?;
            let waker = Waker::new(&registry, RUNG)?;
            let poll = Mutex::new((poll, Events::with_capacity(EVENTS)));
            Ok((Arc::new(PollBell { poll, waker, ready: Mutex::default() }), registry))
        };
        open().map_err(|error| Error::io("opening the poll of a transport", &error))
    }

    /// Each event is given once: whoever takes it reads or writes until the socket would block.
    pub(super) fn take_ready(&self, into: &mut Vec<Ready>) {
        std::mem::swap(&mut *self.ready.lock(), into);
    }
}

impl Bell for PollBell {
    fn wait(&self, at_most: Duration) -> Result<bool> {
        let (poll, events) = &mut *self.poll.lock();
        match poll.poll(events, Some(at_most)) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(false),
            Err(error) => return Err(Error::io("waiting for messages", &error)),
        }
        let sockets = events.iter().filter(|event| event.token() != RUNG);
        self.ready.lock().extend(sockets.map(|event| Ready {
            token: event.token(),
            // An error or the end is found by reading.
            readable: event.is_readable() || event.is_read_closed() || event.is_error(),
            ended: event.is_read_closed() || event.is_error(),
            writable: event.is_writable() || event.is_write_closed() || event.is_error(),
        }));
        Ok(!events.is_empty())
    }

    fn ring(&self) {
        // Fails only if the poll is gone, and with it whoever would wait.
        let _ = self.waker.wake();
    }
}
