//! The process's membership in a cluster: one worker node, shared by its stores.

use crate::base::Result;
use crate::base::config::Env;
use crate::base::sync::{Arc, Mutex, Weak};
use crate::ps::id::{Channel, NodeId};
use crate::ps::node::WorkerNode;

/// Held by whoever makes stores; empty until the first dist store is made.
#[derive(Default)]
pub struct Cluster(Mutex<Joined>);

#[derive(Default)]
struct Joined {
    node: Weak<WorkerNode>,
    stores: i32,
}

/// One store's place in the cluster.
#[derive(Clone)]
pub(super) struct Membership {
    pub node: Arc<WorkerNode>,
    pub channel: Channel,
    pub id: NodeId,
    /// The process took over the id of a dead one: values are initialised already.
    pub rejoined: bool,
}

impl Cluster {
    /// Joins with one more store; returns when the cluster is complete. `DMLC_NUM_WORKER` counts stores.
    pub(super) fn join(&self, env: &Env) -> Result<Membership> {
        let (node, channel) = {
            let mut joined = self.0.lock();
            let node = match joined.node.upgrade() {
                Some(node) => node,
                None => {
                    let node = Arc::new(WorkerNode::open(env)?);
                    *joined = Joined { node: Arc::downgrade(&node), stores: 0 };
                    node
                }
            };
            joined.stores += 1;
            (node, Channel(joined.stores - 1))
        };
        let (id, rejoined) = node.join(channel)?;
        Ok(Membership { node, channel, id, rejoined })
    }
}
