//! What a process is in a cluster, and the store that goes with it: a worker's view of the values, or the handle
//! through which a server or the scheduler is run.

mod service;

pub use service::ServiceStore;

use crate::base::Result;
use crate::base::config::Env;
use crate::base::sync::Arc;
use crate::engine::Engine;
use crate::ensure;
use crate::kvstore::{Cluster, KNOWN_TYPES, KvStore, Role, create as create_for_worker};
use crate::telemetry::Profiler;

/// Makes the store that `type_name` asks for in this process: `DMLC_ROLE` decides what a dist store is.
///
/// `profiler`: what workers profile a server with.
pub fn create(
    type_name: &str,
    engine: &Engine,
    env: &Env,
    cluster: &Cluster,
    profiler: &Arc<Profiler>,
) -> Result<Box<dyn KvStore>> {
    let name = type_name.to_lowercase();
    if !(name.contains("dist") && KNOWN_TYPES.contains(&name.as_str())) {
        return create_for_worker(type_name, engine, env, cluster);
    }
    ensure!(
        env.text("DMLC_ROLE").is_some() || env.text("DMLC_PS_ROOT_URI").is_some(),
        Config,
        "type: '{type_name}' needs a cluster, and neither DMLC_ROLE nor DMLC_PS_ROOT_URI is set (see docs/cluster.md)"
    );
    match Role::from_env(env) {
        Some(Role::Worker) => create_for_worker(type_name, engine, env, cluster),
        Some(role) => {
            let store = ServiceStore::new(type_name, role, engine.clone(), env.clone());
            store.control().set_profiler(profiler.clone());
            Ok(Box::new(store))
        }
        None => Err(crate::err!(
            Config,
            "DMLC_ROLE: expected worker, server or scheduler, got '{}'",
            env.text("DMLC_ROLE").unwrap_or_default()
        )),
    }
}
