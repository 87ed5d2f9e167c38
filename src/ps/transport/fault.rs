//! A transport around another one that loses, delays and doubles what is sent. For tests.
//!
//! What happens to a message is decided by [`Fate`], from a seed alone; the simulation uses the same decisions
//! without any transport.

use super::{Bell, Incoming, Peer, Transport};
use crate::base::Result;
use crate::base::sync::Arc;
use crate::ps::wire::{Endpoint, Frames};
use smallvec::SmallVec;
use std::time::{Duration, Instant};

/// A small generator of numbers that look random and follow from the seed alone (splitmix64).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Random(seed)
    }

    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// Below `limit`, which must not be 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.bits() % limit.max(1)
    }

    pub fn chance(&mut self, per_mille: u32) -> bool {
        self.below(1000) < u64::from(per_mille)
    }

    pub fn duration(&mut self, most: Duration) -> Duration {
        Duration::from_nanos(self.below(u64::try_from(most.as_nanos()).unwrap_or(u64::MAX).saturating_add(1)))
    }
}

/// How bad the network is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Faults {
    /// Messages lost, of a thousand.
    pub loss: u32,
    /// Messages that arrive twice, of a thousand.
    pub double: u32,
    /// Every message takes up to this long. Messages overtake each other.
    pub delay: Duration,
}

impl Faults {
    pub const NONE: Faults = Faults { loss: 0, double: 0, delay: Duration::ZERO };

    /// After which times copies of one message arrive: none when it is lost, one normally.
    pub fn fate(&self, random: &mut Random) -> Fate {
        let mut fate = Fate::new();
        if !random.chance(self.loss) {
            fate.push(random.duration(self.delay));
            if random.chance(self.double) {
                fate.push(random.duration(self.delay));
            }
        }
        fate
    }
}

pub type Fate = SmallVec<[Duration; 2]>;

pub struct FaultTransport<T> {
    inner: T,
    faults: Faults,
    random: Random,
    held: Vec<(Instant, Peer, Frames, i32)>,
}

impl<T: Transport> FaultTransport<T> {
    pub fn new(inner: T, faults: Faults, seed: u64) -> Self {
        FaultTransport { inner, faults, random: Random::new(seed), held: Vec::new() }
    }

    /// Sends what is due.
    fn release(&mut self) {
        let now = Instant::now();
        let mut waiting = Vec::new();
        for (due, peer, frames, priority) in std::mem::take(&mut self.held) {
            if due > now {
                waiting.push((due, peer, frames, priority));
            } else {
                // Without a link any more it is lost, which is what this transport is for.
                self.inner.send(&peer, frames, priority);
            }
        }
        self.held = waiting;
    }
}

impl<T: Transport> Transport for FaultTransport<T> {
    fn bind(&mut self, host: &str, port: u16) -> Result<u16> {
        self.inner.bind(host, port)
    }

    fn connect(&mut self, peer: &Peer, to: &Endpoint, identity: &[u8]) -> Result<()> {
        self.inner.connect(peer, to, identity)
    }

    fn disconnect(&mut self, peer: &Peer) {
        self.inner.disconnect(peer);
    }

    fn send(&mut self, to: &Peer, frames: Frames, priority: i32) -> bool {
        let now = Instant::now();
        for delay in self.faults.fate(&mut self.random) {
            self.held.push((now + delay, to.clone(), frames.clone(), priority));
        }
        true
    }

    fn flush(&mut self) -> bool {
        self.release();
        self.inner.flush()
    }

    fn receive(&mut self) -> Result<Incoming> {
        self.release();
        self.inner.receive()
    }

    fn due(&self) -> Option<Instant> {
        self.held.iter().map(|(due, ..)| *due).chain(self.inner.due()).min()
    }

    fn bell(&self) -> Arc<dyn Bell> {
        self.inner.bell()
    }

    fn close(&mut self, linger: Duration) {
        self.release();
        self.held.clear();
        self.inner.close(linger);
    }
}

#[cfg(test)]
mod tests {
    use super::super::memory::Hub;
    use super::*;
    use bytes::Bytes;

    #[test]
    fn fates_follow_from_the_seed_and_keep_their_rates() {
        let faults = Faults { loss: 100, double: 200, delay: Duration::from_millis(5) };
        let fates = |seed| {
            let mut random = Random::new(seed);
            (0..10_000).map(|_| faults.fate(&mut random)).collect::<Vec<_>>()
        };
        assert_eq!(fates(7), fates(7));
        assert_ne!(fates(7), fates(8));
        let count = |copies| fates(7).iter().filter(|fate| fate.len() == copies).count();
        assert!((900..1100).contains(&count(0)), "{}", count(0));
        assert!((1650..1950).contains(&count(2)), "{}", count(2));
    }

    #[test]
    fn delayed_messages_arrive_and_lost_ones_do_not() {
        let hub = Hub::new();
        let faults = Faults { loss: 300, double: 0, delay: Duration::from_millis(2) };
        let mut from = FaultTransport::new(hub.transport(), faults, 3);
        let mut to = hub.transport();
        let at = Endpoint::new("to", to.bind("to", 0).unwrap());
        let peer = Peer::Guest(at.clone());
        from.bind("from", 0).unwrap();
        from.connect(&peer, &at, b"ps9").unwrap();
        for _ in 0..200 {
            from.send(&peer, Frames { meta: Bytes::from_static(b"m"), ..Frames::default() }, 0);
        }
        while let Some(due) = from.due() {
            from.bell().wait(due.saturating_duration_since(Instant::now())).unwrap();
            assert!(matches!(from.receive().unwrap(), Incoming::Nothing));
        }
        let mut arrived = 0;
        while let Incoming::Message(..) = to.receive().unwrap() {
            arrived += 1;
        }
        let mut random = Random::new(3);
        let expected = (0..200).filter(|_| !faults.fate(&mut random).is_empty()).count();
        assert_eq!(arrived, expected);
        assert!((100..180).contains(&arrived), "{arrived}");
    }
}
