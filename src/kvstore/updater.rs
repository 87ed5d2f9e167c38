//! The update rule of a store.

use super::keys::{Key, KeyKind};
use crate::array::NdArray;
use crate::base::Result;
use crate::base::sync::Arc;
use crate::optimizer::Optimizer;

/// A rule given by the caller. It is called on the thread that pushes, one key after the other, while no lock
/// is held, so it may use the store itself.
pub trait Updater: Send + Sync {
    /// Whether the rule can be called for keys of this kind. Asked before a push changes anything.
    fn accepts(&self, kind: KeyKind) -> Result<()>;

    /// Changes `stored` in place, by what was pushed. Both arrays may still be computing. `pushed` is the
    /// caller's own array if the push had one value, else their sum; it may be overwritten.
    fn update(&self, key: &Key, pushed: NdArray, stored: NdArray) -> Result<()>;
}

/// What a push does with the sum of its values.
#[derive(Clone, Default)]
pub enum Rule {
    /// The sum replaces the stored value.
    #[default]
    Assign,
    Call(Arc<dyn Updater>),
    Optimize(Arc<Optimizer>),
}

impl Rule {
    /// The native optimizer.
    pub fn optimizer(&self) -> Result<&Arc<Optimizer>> {
        match self {
            Rule::Optimize(optimizer) => Ok(optimizer),
            Rule::Call(_) => {
                Err(crate::err!(InvalidArgument, "the store calls an updater: it has no native optimizer"))
            }
            Rule::Assign => Err(crate::err!(InvalidArgument, "no optimizer is set on the store")),
        }
    }
}
