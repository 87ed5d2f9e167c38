//! Time as the protocol sees it: how long the node has been running. It is always handed in.

use std::time::Duration;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Time(pub Duration);

impl Time {
    pub const START: Time = Time(Duration::ZERO);
    /// Never comes.
    pub const NEVER: Time = Time(Duration::MAX);

    #[must_use]
    pub fn after(self, wait: Duration) -> Time {
        Time(self.0.saturating_add(wait))
    }

    /// How long ago `earlier` was; zero if it is still to come.
    pub fn since(self, earlier: Time) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}
