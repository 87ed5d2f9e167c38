//! How a ZMTP 3.0 connection begins (<https://rfc.zeromq.org/spec/23/>): both sides send a greeting of fixed size,
//! then, with the NULL mechanism, the command READY with what they say about themselves.

#![cfg_attr(
    not(test),
    deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used, clippy::panic)
)]

use crate::base::Result;
use crate::ensure;
use crate::err;

/// Bytes of a greeting.
pub(super) const GREETING: usize = 64;

/// The mechanism's name in the greeting, padded.
const NULL: &[u8; 20] = b"NULL\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

const READY: &[u8] = b"\x05READY";

/// ZeroMQ allows no longer identity.
const IDENTITY_BYTES: usize = 255;

/// This side's greeting: signature, version 3.0, mechanism, not a server, filler. Higher minor versions would
/// oblige us to more commands and give nothing that nodes use.
pub(super) fn greeting() -> [u8; GREETING] {
    let mut greeting = [0; GREETING];
    let head = b"\xff\0\0\0\0\0\0\0\x01\x7f\x03\0".iter().chain(NULL);
    greeting.iter_mut().zip(head).for_each(|(to, from)| *to = *from);
    greeting
}

/// Checks the greeting of a peer.
pub(super) fn check(greeting: &[u8; GREETING]) -> Result<()> {
    let [0xff, _, _, _, _, _, _, _, _, end, major, _minor, rest @ ..] = greeting else {
        return Err(err!(Protocol, "the peer does not speak ZMTP"));
    };
    ensure!(end & 1 == 1, Protocol, "the peer does not speak ZMTP");
    ensure!(*major >= 3, Protocol, "the peer speaks ZMTP {major}, expected 3 or later");
    ensure!(rest.starts_with(NULL), Protocol, "the peer wants another security mechanism than NULL");
    Ok(())
}

/// The body of READY.
pub(super) fn ready(socket_type: &str, identity: &[u8]) -> Vec<u8> {
    let mut body = READY.to_vec();
    for (name, value) in [("Socket-Type", socket_type.as_bytes()), ("Identity", identity)] {
        body.push(name.len() as u8);
        body.extend_from_slice(name.as_bytes());
        body.extend_from_slice(&(value.len() as u32).to_be_bytes());
        body.extend_from_slice(value);
    }
    body
}

/// Reads the body of READY; gives the identity that the peer announces, empty if none.
pub(super) fn parse_ready(body: &[u8]) -> Result<Vec<u8>> {
    let mut rest = body
        .strip_prefix(READY)
        .ok_or_else(|| err!(Protocol, "the peer began with another command than READY"))?;
    let mut identity = Vec::new();
    while !rest.is_empty() {
        let (name, value);
        (name, value, rest) = property(rest).ok_or_else(|| err!(Protocol, "READY: cut off"))?;
        if name.eq_ignore_ascii_case(b"Identity") {
            ensure!(value.len() <= IDENTITY_BYTES, Protocol, "READY: an identity of {} bytes", value.len());
            identity = value.to_vec();
        }
    }
    Ok(identity)
}

/// Name, value and what follows.
fn property(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (name_len, rest) = bytes.split_first()?;
    let (name, rest) = rest.split_at_checked(usize::from(*name_len))?;
    let (value_len, rest) = rest.split_first_chunk::<4>()?;
    let (value, rest) = rest.split_at_checked(u32::from_be_bytes(*value_len) as usize)?;
    Some((name, value, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_understand_each_other() {
        check(&greeting()).unwrap();
        assert_eq!(parse_ready(&ready("DEALER", b"ps9")).unwrap(), b"ps9");
        assert_eq!(parse_ready(&ready("ROUTER", b"")).unwrap(), b"");
        assert_eq!(parse_ready(b"\x05READY\x08iDENTITY\0\0\0\x01x").unwrap(), b"x");
    }

    #[test]
    fn every_cut_ready_and_every_other_greeting_is_an_error() {
        let whole = ready("DEALER", b"ps9");
        let whole_properties = [b"\x05READY".len(), whole.len() - b"\x08Identity\0\0\0\x03ps9".len()];
        for len in (0..whole.len()).filter(|len| !whole_properties.contains(len)) {
            assert!(parse_ready(&whole[..len]).is_err(), "{len}");
        }
        for (at, byte) in [(0, 0), (9, 0x7e), (10, 2), (12, b'P'), (16, b'X')] {
            let mut other = greeting();
            other[at] = byte;
            assert!(check(&other).is_err(), "{at}");
        }
        assert!(parse_ready(&ready("DEALER", &[b'x'; 256])).is_err());
    }
}
