//! From a type name to a store.

use super::KvStore;
use super::dist::{Cluster, DistStore};
use super::local::LocalStore;
use super::reduce::Strategy;
use crate::base::Result;
use crate::base::config::Env;
use crate::base::suggest::nearest;
use crate::engine::Engine;

const LOCAL_TYPES: [(&str, Strategy); 5] = [
    ("local", Strategy::Local),
    ("local_update_cpu", Strategy::Local),
    ("local_allreduce_cpu", Strategy::Local),
    ("local_allreduce_device", Strategy::Device),
    ("device", Strategy::Device),
];

/// Every type name of MXNet's. Names that contain `dist` and add to these are variants of our own.
pub const KNOWN_TYPES: [&str; 12] = [
    "local",
    "local_update_cpu",
    "local_allreduce_cpu",
    "local_allreduce_device",
    "device",
    "dist",
    "dist_sync",
    "dist_async",
    "dist_device_sync",
    "dist_sync_device",
    "dist_device_async",
    "dist_async_device",
];

/// Makes the store of a worker that `type_name`, in any case, asks for. A dist store joins the cluster that
/// `env` describes, and is made when the cluster is complete.
pub fn create(type_name: &str, engine: &Engine, env: &Env, cluster: &Cluster) -> Result<Box<dyn KvStore>> {
    let name = type_name.to_lowercase();
    if let Some((name, strategy)) = LOCAL_TYPES.into_iter().find(|(known, _)| *known == name) {
        return Ok(Box::new(LocalStore::new(name, strategy, engine.clone())));
    }
    crate::ensure!(
        !name.contains("nccl"),
        NotBuilt,
        "type: compile with USE_NCCL=1 to use nccl: this library has no GPU support; use device"
    );
    if KNOWN_TYPES.contains(&name.as_str()) {
        return Ok(Box::new(DistStore::new(&name, engine, env, cluster)?));
    }
    let hint = nearest(&name, KNOWN_TYPES).map(|near| format!("; did you mean {near}?")).unwrap_or_default();
    Err(crate::err!(
        InvalidArgument,
        "type: unknown store type '{type_name}'{hint} Known are {}",
        KNOWN_TYPES.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ErrorKind;
    use crate::base::sync::Arc;
    use crate::engine::Mode;

    #[test]
    fn names_are_known_in_any_case_and_others_refused_with_a_hint() {
        let engine = Engine::new(Mode::Naive, Arc::default());
        for (name, _) in LOCAL_TYPES {
            assert_eq!(
                create(&name.to_uppercase(), &engine, &Env::process(), &Cluster::default())
                    .unwrap()
                    .type_name(),
                name
            );
        }
        let error = |name: &str| create(name, &engine, &Env::process(), &Cluster::default()).err().unwrap();
        assert_eq!(error("nccl").kind(), ErrorKind::NotBuilt);
        assert_eq!(error("dist_sync").kind(), ErrorKind::Config, "no scheduler is set");
        let text = error("Devise").to_string();
        assert!(
            text.starts_with("type: unknown store type 'Devise'; did you mean device? Known are local, ")
        );
        assert!(error("").to_string().contains("unknown store type '' Known are"), "{}", error(""));
    }

    #[test]
    fn a_setting_that_cannot_work_is_refused_before_the_store_joins() {
        let engine = Engine::new(Mode::Naive, Arc::default());
        let settings = [("DMLC_PS_VAN_TYPE", "p3"), ("MXNET_KVSTORE_SLICE_THRESHOLD", "0")];
        let table = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let env = Env::with_overrides(table.into_iter().collect());
        let error = create("dist_sync", &engine, &env, &Cluster::default()).err().unwrap();
        // Joining would have missed the scheduler.
        assert!(error.to_string().contains("MXNET_KVSTORE_SLICE_THRESHOLD"), "{error}");
    }
}
