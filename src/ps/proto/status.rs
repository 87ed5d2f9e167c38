//! How far the start of the cluster has come, as data to print.

use crate::ps::id::Role;
use crate::ps::wire::Endpoint;
use std::fmt;
use std::time::Duration;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartStatus {
    pub role: Role,
    /// The scheduler's address.
    pub scheduler: Endpoint,
    pub waited: Duration,
    /// Who has joined, as far as this node knows: None until the scheduler has said so. MXNet's scheduler
    /// never does.
    pub joined: Option<Vec<(Role, Endpoint)>>,
    pub workers: u32,
    pub servers: u32,
    /// Everybody is known; the nodes are telling each other so.
    pub complete: bool,
    /// What the scheduler said about why this node has to wait.
    pub remark: Option<String>,
}

impl StartStatus {
    /// How many of a role are still missing; None if unknown.
    pub fn missing(&self, role: Role) -> Option<u32> {
        let want = match role {
            Role::Worker => self.workers,
            Role::Server => self.servers,
            Role::Scheduler => 0,
        };
        let have = self.joined.as_ref()?.iter().filter(|(joined, _)| *joined == role).count();
        Some(want.saturating_sub(u32::try_from(have).unwrap_or(u32::MAX)))
    }
}

/// One line: what is waited for, who has joined, which address is tried.
impl fmt::Display for StartStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let StartStatus { role, scheduler, workers, servers, .. } = self;
        write!(f, "{role}: after {} s, ", self.waited.as_secs())?;
        match &self.joined {
            _ if self.complete => write!(f, "all have joined; waiting for them to say so")?,
            None => write!(f, "no word yet from the scheduler at {scheduler}")?,
            Some(joined) => {
                let missing = |role| self.missing(role).unwrap_or(0);
                write!(
                    f,
                    "waiting for {} of {workers} workers and {} of {servers} servers at the scheduler {scheduler}; joined:",
                    missing(Role::Worker),
                    missing(Role::Server)
                )?;
                if joined.is_empty() {
                    f.write_str(" nobody")?;
                }
                for (at, (role, endpoint)) in joined.iter().enumerate() {
                    write!(f, "{} {role} {endpoint}", if at == 0 { "" } else { "," })?;
                }
            }
        }
        match &self.remark {
            Some(remark) => write!(f, " ({remark})"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_who_is_missing_and_where() {
        let mut status = StartStatus {
            role: Role::Worker,
            scheduler: Endpoint::new("10.0.0.1", 9100),
            waited: Duration::from_secs(5),
            joined: None,
            workers: 2,
            servers: 1,
            complete: false,
            remark: None,
        };
        assert_eq!(status.to_string(), "worker: after 5 s, no word yet from the scheduler at 10.0.0.1:9100");
        status.joined = Some(vec![(Role::Worker, Endpoint::new("::1", 9301))]);
        assert_eq!(
            status.to_string(),
            "worker: after 5 s, waiting for 1 of 2 workers and 1 of 1 servers at the scheduler 10.0.0.1:9100; \
             joined: worker [::1]:9301"
        );
        assert_eq!(status.missing(Role::Worker), Some(1));
    }
}
