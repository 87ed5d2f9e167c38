//! The data frames of a message: keys, values and, mostly, one length per key.

#![cfg_attr(
    not(test),
    deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used, clippy::panic)
)]

use super::limits;
use crate::base::Result;
use crate::{bail, ensure, err};
use bytes::Bytes;
use smallvec::SmallVec;

/// Keys, values and lengths, still as the bytes of the frames: nothing is copied on the way in or out.
///
/// What always holds: whole keys and whole lengths, no negative length, and as many lengths as keys when there
/// are lengths at all. That the lengths add up to the values is checked by [`Payload::parts`], because some
/// answers count elements instead of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    keys: Bytes,
    values: Bytes,
    lens: Option<Bytes>,
}

impl Payload {
    /// `lens`: bytes of each key's value, in order; `None` where the values are empty on purpose (pull requests).
    pub fn new(keys: &[u64], values: Bytes, lens: Option<&[i32]>) -> Result<Self> {
        let keys: Vec<u8> = keys.iter().flat_map(|key| key.to_le_bytes()).collect();
        let lens = lens.map(|lens| lens.iter().flat_map(|len| len.to_le_bytes()).collect::<Vec<u8>>());
        Payload::from_frames(keys.into(), values, lens.map(Bytes::from))
    }

    /// From the frames of a message.
    pub fn from_frames(keys: Bytes, values: Bytes, lens: Option<Bytes>) -> Result<Self> {
        ensure!(
            keys.len().is_multiple_of(8),
            Protocol,
            "keys: {} bytes, expected a multiple of 8",
            keys.len()
        );
        let count = keys.len() / 8;
        ensure!(count <= limits::KEYS, Protocol, "keys: {count}, more than {} allowed", limits::KEYS);
        ensure!(
            values.len() <= limits::FRAME_BYTES,
            Protocol,
            "values: {} bytes, more than {} allowed",
            values.len(),
            limits::FRAME_BYTES
        );
        if let Some(lens) = &lens {
            ensure!(
                lens.len().is_multiple_of(4),
                Protocol,
                "lens: {} bytes, expected a multiple of 4",
                lens.len()
            );
            ensure!(lens.len() / 4 == count, Protocol, "lens: {} for {count} keys", lens.len() / 4);
        }
        let payload = Payload { keys, values, lens };
        if let Some(negative) = payload.lens().into_iter().flatten().find(|len| *len < 0) {
            bail!(Protocol, "lens: {negative} is negative");
        }
        Ok(payload)
    }

    pub fn key_count(&self) -> usize {
        self.keys.len() / 8
    }

    pub fn keys(&self) -> impl ExactSizeIterator<Item = u64> + Clone + '_ {
        self.keys.as_chunks::<8>().0.iter().map(|key| u64::from_le_bytes(*key))
    }

    pub fn values(&self) -> &Bytes {
        &self.values
    }

    pub fn lens(&self) -> Option<impl ExactSizeIterator<Item = i32> + Clone + '_> {
        let lens = self.lens.as_ref()?;
        Some(lens.as_chunks::<4>().0.iter().map(|len| i32::from_le_bytes(*len)))
    }

    /// The keys as they stand in their frame, to compare or to send back.
    pub fn keys_frame(&self) -> &Bytes {
        &self.keys
    }

    /// Each key with its value; shares the memory. An error unless the lengths are there and add up.
    pub fn parts(&self) -> Result<Vec<(u64, Bytes)>> {
        let lens = self.lens().ok_or_else(|| err!(Protocol, "lens: missing"))?;
        let total: u64 = lens.clone().map(|len| len as u64).sum();
        ensure!(
            total == self.values.len() as u64,
            Protocol,
            "lens: add up to {total} bytes, values have {}",
            self.values.len()
        );
        let mut at = 0;
        let cut = |(key, len): (u64, i32)| {
            let from = at;
            at += len as usize;
            (key, self.values.slice(from..at))
        };
        Ok(self.keys().zip(lens).map(cut).collect())
    }

    /// The frames to send.
    pub fn frames(&self) -> SmallVec<[Bytes; 3]> {
        [Some(self.keys.clone()), Some(self.values.clone()), self.lens.clone()]
            .into_iter()
            .flatten()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_share_the_values() {
        let payload = Payload::new(&[5, 9], Bytes::from_static(b"aabbb"), Some(&[2, 3])).unwrap();
        let parts = payload.parts().unwrap();
        assert_eq!(parts, [(5, Bytes::from_static(b"aa")), (9, Bytes::from_static(b"bbb"))]);
        assert_eq!(payload.keys().collect::<Vec<_>>(), [5, 9]);
    }

    #[test]
    fn every_bad_length_is_named() {
        let frames = |keys: usize, values: usize, lens: Option<&[i32]>| {
            let lens = lens
                .map(|lens| Bytes::from(lens.iter().flat_map(|len| len.to_le_bytes()).collect::<Vec<_>>()));
            Payload::from_frames(vec![0; keys].into(), vec![0; values].into(), lens)
        };
        let text = |result: Result<Payload>| result.unwrap_err().to_string();
        assert_eq!(text(frames(7, 0, None)), "keys: 7 bytes, expected a multiple of 8");
        assert_eq!(text(frames(16, 4, Some(&[4]))), "lens: 1 for 2 keys");
        assert_eq!(text(frames(8, 4, Some(&[-4]))), "lens: -4 is negative");
        let odd = Payload::from_frames(vec![0; 8].into(), Bytes::new(), Some(vec![0; 5].into()));
        assert_eq!(text(odd), "lens: 5 bytes, expected a multiple of 4");
        let sum = frames(16, 4, Some(&[i32::MAX, i32::MAX])).unwrap().parts().unwrap_err().to_string();
        assert_eq!(sum, "lens: add up to 4294967294 bytes, values have 4");
        assert_eq!(frames(8, 0, None).unwrap().parts().unwrap_err().to_string(), "lens: missing");
    }
}
