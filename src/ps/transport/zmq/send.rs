//! Sending without copying: ZeroMQ takes the bytes as they are and gives them back when they have left.

#![expect(unsafe_code, reason = "hands memory to libzmq together with the function that releases it")]

use super::super::SendError;
use crate::err;
use crate::ps::wire::Frames;
use bytes::Bytes;
use std::ffi::{c_int, c_void};
use zmq::{Message, Socket};

/// Below this a copy is cheaper than keeping track of shared memory.
const COPIED: usize = 4096;

/// Sends one message. Only the first part can be refused: once it is taken, libzmq takes the others.
pub(super) fn frames(link: &mut Socket, frames: Frames) -> Result<(), SendError> {
    let last = frames.data.len();
    let parts = std::iter::once(&frames.meta).chain(&frames.data);
    for (index, part) in parts.enumerate() {
        let more = if index < last { zmq::SNDMORE } else { 0 };
        let flags = zmq::DONTWAIT | more;
        let sent = if part.len() <= COPIED {
            link.send(Message::from(&part[..]), flags)
        } else {
            shared(link, part.clone(), flags)
        };
        match sent {
            Ok(()) => {}
            Err(zmq::Error::EAGAIN) if index == 0 => return Err(SendError::Full(Box::new(frames))),
            Err(error) => return Err(SendError::Failed(err!(Io, "sending: {error}"))),
        }
    }
    Ok(())
}

/// Called by libzmq on its own thread when it no longer needs a part.
extern "C" fn release(_data: *mut c_void, owner: *mut c_void) {
    // SAFETY: `owner` is the box that `shared` leaked for this message; libzmq calls this once.
    drop(unsafe { Box::from_raw(owner.cast::<Bytes>()) });
}

fn shared(link: &mut Socket, part: Bytes, flags: c_int) -> Result<(), zmq::Error> {
    let (start, len) = (part.as_ptr().cast_mut().cast::<c_void>(), part.len());
    let owner = Box::into_raw(Box::new(part)).cast::<c_void>();
    let mut message = zmq_sys::zmq_msg_t::default();
    // SAFETY: the bytes live until `release` drops their owner; libzmq only reads them. The release function
    // has the signature libzmq wants.
    let made = unsafe { zmq_sys::zmq_msg_init_data(&mut message, start, len, Some(release), owner) };
    if made != 0 {
        release(start, owner);
        return Err(zmq::Error::ENOMEM);
    }
    // SAFETY: the message is initialised; the socket is alive and used by this thread only.
    let sent = unsafe { zmq_sys::zmq_msg_send(&mut message, link.as_mut_ptr(), flags) };
    if sent < 0 {
        // SAFETY: reads this thread's error number, as left by the failed call.
        let error = zmq::Error::from_raw(unsafe { zmq_sys::zmq_errno() });
        // SAFETY: a message that was not sent still belongs to us; closing it calls `release`.
        unsafe { zmq_sys::zmq_msg_close(&mut message) };
        return Err(error);
    }
    Ok(())
}
