//! The number by which MXNet's resending names a message in its acknowledgement.

use crate::ps::id::{NodeId, RequestId};

/// Packs sender, receiver, request number and direction into 64 bits. Ids keep 8 bits only and the channel is
/// left out, so two different messages can share one: never decide by it whether a message was seen before
/// (see `proto::redelivery`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Signature(pub u64);

impl Signature {
    /// `app`: whether the message carries an application id (barriers, commands and data do).
    pub fn of(app: bool, from: NodeId, to: NodeId, request: RequestId, is_request: bool) -> Self {
        let app: u64 = if app { 0 } else { 0xffff };
        let byte = |id: NodeId| u64::from(id.to_wire() as u8);
        let number = u64::from(request.0 as u32) << 1;
        Signature(app << 48 | byte(from) << 40 | byte(to) << 32 | number | u64::from(is_request))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ps::id::Rank;

    #[test]
    fn the_published_example() {
        let (server, worker) = (NodeId::server(Rank::new(0).unwrap()), NodeId::worker(Rank::new(0).unwrap()));
        assert_eq!(Signature::of(true, worker, server, RequestId(1), true), Signature(0x0000_0908_0000_0003));
    }
}
