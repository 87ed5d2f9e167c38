//! What looking at values may cost.

use crate::bail;
use crate::base::Result;
use std::cell::Cell;

/// Values may be shared: a few bytes name a long list many times in another one, or a long text for each of many keys.
/// So whatever is looked at pays by its length, out of steps in proportion to the input. When they are spent nothing
/// more is found, and what was made until then is no result.
#[derive(Debug)]
pub(super) struct Budget {
    all: usize,
    /// None after more was asked for than was left.
    left: Cell<Option<usize>>,
}

/// Steps for each byte. What the frontends write takes less than one.
const STEPS: usize = 16;

/// Steps for any input: an optimizer's attributes are looked up one by one.
const AT_LEAST: usize = 1 << 16;

impl Budget {
    pub(super) fn for_input(bytes: &[u8]) -> Self {
        let all = bytes.len().saturating_mul(STEPS).saturating_add(AT_LEAST);
        Budget { all, left: Cell::new(Some(all)) }
    }

    /// Whether that many steps were left.
    pub(super) fn pay(&self, steps: usize) -> bool {
        self.left.set(self.left.get().and_then(|left| left.checked_sub(steps)));
        self.left.get().is_some()
    }

    /// The result of looking at values, or the error that it took too many steps.
    pub(super) fn check<T>(&self, result: Result<T>) -> Result<T> {
        if self.left.get().is_none() {
            bail!(
                Protocol,
                "its values are shared so often that reading them takes more than {} steps",
                self.all
            );
        }
        result
    }
}
