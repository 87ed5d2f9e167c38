//! The role of this process in a cluster.

use crate::base::Result;
use crate::base::config::Env;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Worker,
    Server,
    Scheduler,
}

impl Role {
    /// From `DMLC_ROLE`: a worker if that is not set, nothing if it is no known role.
    pub fn from_env(env: &Env) -> Option<Role> {
        match env.text("DMLC_ROLE").as_deref() {
            None | Some("worker") => Some(Role::Worker),
            Some("server") => Some(Role::Server),
            Some("scheduler") => Some(Role::Scheduler),
            Some(_) => None,
        }
    }

    /// An error naming `setting` unless this process is a worker.
    pub fn require_worker(env: &Env, setting: &str) -> Result<()> {
        crate::ensure!(
            Role::from_env(env) == Some(Role::Worker),
            Unsupported,
            "{setting} takes effect only on worker nodes"
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn roles_have_mxnets_names() {
        let role = |name: &str| {
            Role::from_env(&Env::with_overrides(HashMap::from([("DMLC_ROLE".into(), name.into())])))
        };
        assert_eq!(role("worker"), Some(Role::Worker));
        assert_eq!(role("server"), Some(Role::Server));
        assert_eq!(role("scheduler"), Some(Role::Scheduler));
        assert_eq!(role("Server"), None);
    }
}
