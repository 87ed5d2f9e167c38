//! Gradient compression: fewer bits per element, and what was cut off is added to the next gradient.
//!
//! A [`Codec`] turns a float32 gradient into packed bytes and keeps the difference in a *residual*, one per
//! key and sender, which starts at zero. Formats and rounding are MXNet's: `2bit` as in 1.9.1, `1bit` as in
//! 2.0.

mod one_bit;
mod params;
mod two_bit;

pub use one_bit::OneBit;
pub use params::codec_from_params;
pub use two_bit::TwoBit;

/// The schemes; one sender and its receiver must agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    OneBit,
    TwoBit,
}

impl Scheme {
    pub fn name(self) -> &'static str {
        match self {
            Scheme::OneBit => "1bit",
            Scheme::TwoBit => "2bit",
        }
    }

    /// Elements per byte, the first in the most significant bits.
    pub fn per_byte(self) -> usize {
        match self {
            Scheme::OneBit => 8,
            Scheme::TwoBit => 4,
        }
    }

    /// Elements per 4-byte word: packed data always end at a word, and large keys are split at words.
    pub fn per_word(self) -> usize {
        4 * self.per_byte()
    }

    /// Bytes that `elements` take when packed.
    pub fn packed_len(self, elements: usize) -> usize {
        4 * elements.div_ceil(self.per_word())
    }
}

/// Elements that are quantised at a time when no packed form is kept.
const BLOCK: usize = 512;

pub trait Codec: Send + Sync {
    fn scheme(&self) -> Scheme;

    fn threshold(&self) -> f32;

    /// Adds `gradient` to `residual`, packs what the scheme can say of the sum and leaves the rest in
    /// `residual`. Both have the same length n; `packed` has `packed_len(n)` bytes, and unused bits become 0.
    fn encode(&self, gradient: &[f32], residual: &mut [f32], packed: &mut [u8]);

    /// What `packed` says of each element of `to`; `packed` has at least `packed_len(to.len())` bytes.
    fn decode(&self, packed: &[u8], to: &mut [f32]);

    /// `encode` and `decode` in one step: what the other side would see of `gradient`.
    fn quantise(&self, gradient: &[f32], residual: &mut [f32], to: &mut [f32]) {
        // Enough for a block at one byte per element.
        let mut packed = [0u8; BLOCK];
        let parts = gradient.chunks(BLOCK).zip(residual.chunks_mut(BLOCK)).zip(to.chunks_mut(BLOCK));
        for ((gradient, residual), to) in parts {
            let packed = &mut packed[..self.scheme().packed_len(to.len())];
            self.encode(gradient, residual, packed);
            self.decode(packed, to);
        }
    }
}

#[cfg(test)]
mod tests;
