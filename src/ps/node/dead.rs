//! Who is dead, as a node knows it.

use crate::base::Result;
use crate::base::sync::{Arc, Mutex};
use crate::err;
use crate::ps::id::{Audience, NodeId};
use crate::ps::proto::Notice;
use std::collections::BTreeSet;
use std::time::Duration;

/// The nodes that are dead now. Clones are the same list.
#[derive(Clone, Default)]
pub struct DeadNodes(Arc<Mutex<BTreeSet<NodeId>>>);

impl DeadNodes {
    pub(super) fn note(&self, notice: &Notice) {
        match notice {
            Notice::Dead { id, .. } => drop(self.0.lock().insert(*id)),
            Notice::Back { id, .. } | Notice::Left { id } => drop(self.0.lock().remove(id)),
            _ => {}
        }
    }

    /// How many of `group` (a group's or a node's number on the wire) are dead. The scheduler watches everybody, and
    /// after how much silence it calls a node dead is a setting of the cluster, so that all agree. `timeout` is not
    /// compared with it; zero gives none, as in MXNet.
    pub fn count(&self, group: i32, timeout: Duration) -> Result<i32> {
        let audience = Audience::from_wire(group)
            .ok_or_else(|| err!(InvalidArgument, "node_id: node {group} doesn't exist"))?;
        if timeout.is_zero() {
            return Ok(0);
        }
        let dead = self.0.lock().iter().filter(|id| audience.has(**id)).count();
        Ok(i32::try_from(dead).unwrap_or(i32::MAX))
    }
}
