//! Key-value stores: what MXNet's `KVStore` is to its users.
//!
//! A store holds one array per key. A push sums the values given for a key and hands the sum to the store's
//! rule (replace the stored array, or call an updater); a pull copies the stored array out. [`create`] makes
//! the store that a type name asks for; [`LocalStore`] is the one for a single process.
//!
//! Work on arrays goes to the engine, so calls return before it is done and errors of the work are left on the
//! arrays. Everything that can be checked at once is checked for the whole call before anything changes.

mod broadcast;
mod compress;
mod create;
mod dist;
mod keys;
mod local;
mod optimize;
mod pull;
mod reduce;
mod role;
mod row_sparse;
mod submit;
mod updater;

pub use create::{KNOWN_TYPES, create};
pub use dist::{Cluster, DistStore};
pub use keys::{Group, Groups, Key, KeyKind, KeyTable, Keys};
pub use local::LocalStore;
pub use reduce::{Buffers, Declared, Reducer, Strategy};
pub use role::Role;
pub use updater::{Rule, Updater};

use crate::array::NdArray;
use crate::base::Result;
use crate::base::sync::Arc;
use crate::optimizer::{Scalar, Spec};
use std::time::Duration;

/// Receives the commands that workers send to a server: a number and a text. Called on the thread that runs
/// the server.
pub type Controller = Box<dyn FnMut(i32, &str) -> Result<()> + Send>;

/// A store, local or distributed. All methods may be called from several threads at once.
///
/// Lists of keys and of arrays have the same length; entry i of one belongs to entry i of the other, and a key
/// may be repeated. `priority` is a hint for the engine and the network: higher is sooner.
pub trait KvStore: Send + Sync {
    /// The type name that it was created with, in lower case.
    fn type_name(&self) -> &str;

    /// Among the workers, or among the servers on a server.
    fn rank(&self) -> i32;

    /// The number of workers.
    fn size(&self) -> i32;

    /// Stores a copy of each value. A key can be initialised once; when one cannot, those before it stay.
    fn init(&self, keys: Keys<'_>, values: &[NdArray]) -> Result<()>;

    /// Sums the values of each key and gives the sums to the update rule, keys in ascending order (texts in
    /// the order of their init).
    fn push(&self, keys: Keys<'_>, values: &[NdArray], priority: i32) -> Result<()>;

    /// Copies the stored value of each key to its outs, converting element type and storage type. With
    /// `ignore_sparse`, outs that are not dense are left alone.
    fn pull(&self, keys: Keys<'_>, outs: &[NdArray], priority: i32, ignore_sparse: bool) -> Result<()>;

    /// Copies those rows of each key's row_sparse value to its out whose numbers are in the `row_ids` of the
    /// same entry.
    fn pull_row_sparse(
        &self,
        keys: Keys<'_>,
        outs: &[NdArray],
        row_ids: &[NdArray],
        priority: i32,
    ) -> Result<()>;

    /// `init` of `keys`, then `pull` of `out_keys`, in a single step if nothing is wrong with either.
    fn broadcast(
        &self,
        keys: Keys<'_>,
        values: &[NdArray],
        out_keys: Keys<'_>,
        outs: &[NdArray],
        priority: i32,
    ) -> Result<()>;

    /// `push` of `keys`, then `pull` of `out_keys` into the dense outs, in one sweep over memory where
    /// possible. The outs may be the values.
    fn pushpull(
        &self,
        keys: Keys<'_>,
        values: &[NdArray],
        out_keys: Keys<'_>,
        outs: &[NdArray],
        priority: i32,
    ) -> Result<()>;

    /// Replaces the update rule.
    fn set_updater(&self, updater: Arc<dyn Updater>) -> Result<()>;

    /// Makes a native optimizer the update rule, in a distributed store that of the servers. Earlier states are
    /// forgotten.
    fn set_optimizer(&self, spec: &Spec) -> Result<()>;

    /// Changes a scalar of the optimizer from the next push on. An error if there is no native optimizer.
    fn set_scalar(&self, scalar: Scalar, value: f64) -> Result<()>;

    /// The optimizer with counts, schedule and all states, in the format of [`crate::optimizer::encode`].
    fn optimizer_states(&self) -> Result<Vec<u8>>;

    /// Takes over what [`KvStore::optimizer_states`] gave; sets the optimizer if there is none yet. On an error
    /// nothing has changed.
    fn load_optimizer_states(&self, bytes: &[u8]) -> Result<()>;

    /// Compresses what is pushed from now on; the parameters are those of [`crate::compression`].
    fn set_gradient_compression(&self, params: &[(&str, &str)]) -> Result<()>;

    /// Waits until every worker is here.
    fn barrier(&self) -> Result<()>;

    /// Whether workers wait for each other when the store is freed.
    fn set_barrier_before_exit(&self, on: bool) -> Result<()>;

    /// On a server or scheduler: serves until the workers are done. Elsewhere it returns at once. Without a
    /// controller a server reads the optimizers that workers send itself, and runs its own.
    fn run_server(&self, controller: Option<Controller>) -> Result<()>;

    /// Sends a command to every server and waits until all have answered.
    fn send_command(&self, id: i32, body: &str) -> Result<()>;

    /// The number of dead nodes in a group. When a silent node counts as dead is a setting of the cluster; a `timeout`
    /// of zero gives none.
    fn dead_nodes(&self, group: i32, timeout: Duration) -> Result<i32>;
}
