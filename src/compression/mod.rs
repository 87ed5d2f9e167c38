//! Gradient compression: fewer bits per element, and what was cut off is added to the next gradient.
//!
//! A [`Codec`] turns a float32 gradient into packed bytes and keeps the difference in a *residual*, one per
//! key and sender, which starts at zero. Formats and rounding are MXNet's: `2bit` as in 1.9.1, `1bit` as in
//! 2.0. `fp16` and `bf16` are ours: they round, and keep no residual.

mod half;
mod one_bit;
mod params;
mod two_bit;

pub use half::Half;
pub use one_bit::OneBit;
pub use params::codec_from_params;
pub use two_bit::TwoBit;

/// The schemes; one sender and its receiver must agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    OneBit,
    TwoBit,
    Half(Half),
}

impl Scheme {
    pub fn name(self) -> &'static str {
        match self {
            Scheme::OneBit => "1bit",
            Scheme::TwoBit => "2bit",
            Scheme::Half(Half::Float16) => "fp16",
            Scheme::Half(Half::Bfloat16) => "bf16",
        }
    }

    /// Elements per 4-byte word. Bits fill their bytes from the most significant one; packed bits always end at
    /// a word, and large keys are split at words.
    pub fn per_word(self) -> usize {
        match self {
            Scheme::OneBit => 32,
            Scheme::TwoBit => 16,
            Scheme::Half(_) => 2,
        }
    }

    /// Bytes that `elements` take when packed.
    pub fn packed_len(self, elements: usize) -> usize {
        match self {
            Scheme::OneBit | Scheme::TwoBit => 4 * elements.div_ceil(self.per_word()),
            Scheme::Half(_) => 2 * elements,
        }
    }

    /// Whether what was cut off is kept for the next gradient.
    pub fn has_residual(self) -> bool {
        self.half().is_none()
    }

    /// The element type of the packed form, where it is an array that can be cut anywhere.
    pub fn half(self) -> Option<Half> {
        match self {
            Scheme::OneBit | Scheme::TwoBit => None,
            Scheme::Half(half) => Some(half),
        }
    }
}

/// Elements that are quantised at a time when no packed form is kept.
const BLOCK: usize = 512;

pub trait Codec: Send + Sync {
    fn scheme(&self) -> Scheme;

    /// None where the scheme has no such parameter.
    fn threshold(&self) -> Option<f32>;

    /// Adds `gradient` to `residual`, packs what the scheme can say of the sum and leaves the rest in
    /// `residual`. Both have the same length n (a scheme without residuals ignores it); `packed` has `packed_len(n)` bytes, and unused bits become 0.
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
