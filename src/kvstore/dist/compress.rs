//! Gradient compression of a distributed store: said to the servers, then used.

use super::DistStore;
use crate::array::{DType, Storage};
use crate::base::Result;
use crate::compression::{Scheme, codec_from_params};
use crate::ensure;
use crate::kvstore::KvStore;
use crate::ps::wire::Command;

/// What a store that compresses takes new keys and pushes of. Others that it has already can still be pulled.
pub(super) fn check_compressed_key(dtype: DType, storage: Storage) -> Result<()> {
    ensure!(
        storage == Storage::Dense && dtype == DType::Float32,
        Unsupported,
        "gradient compression: keys must be dense float32, got {} {dtype}",
        storage.name()
    );
    Ok(())
}

impl DistStore {
    /// Tells the servers the scheme, then uses it for what is pushed from now on.
    pub(super) fn compress(&self, params: &[(&str, &str)]) -> Result<()> {
        let codec = codec_from_params(params)?;
        let scheme = codec.scheme();
        {
            let state = self.state.lock();
            ensure!(
                state.slicer.is_none(),
                NotImplemented,
                "gradient compression is not supported in P3StoreDist"
            );
        }
        let name = scheme.name();
        match (scheme, codec.threshold()) {
            // The number is MXNet's, and so is that rank 0 alone says it; all digits of the threshold are sent, so that
            // both sides mean the same.
            (Scheme::TwoBit, Some(threshold)) if self.rank() == 0 => {
                self.command(Command::GradientCompression, format!("1,{threshold:?}").into())?;
            }
            (Scheme::TwoBit, _) => {}
            // Said by every worker, so that each learns whether the servers know it (MXNet's would take 1bit for
            // 2bit), and no push comes before it.
            (_, threshold) => {
                let body = threshold.map_or(name.to_owned(), |threshold| format!("{name},{threshold:?}"));
                let subject = format!("gradient compression of type {name}");
                self.tell_ours(Command::NamedCompression, body.into(), &subject)?;
            }
        }
        let mut state = self.state.lock();
        // What one scheme has not sent yet means nothing to another.
        if state.codec.as_ref().is_some_and(|old| old.scheme() != scheme) {
            state.entries.iter().for_each(|entry| entry.residual.lock().clear());
        }
        state.codec = Some(codec);
        Ok(())
    }
}
