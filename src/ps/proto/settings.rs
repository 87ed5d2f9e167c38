//! What a node is told at its start.

use crate::ps::id::Role;
use crate::ps::wire::{Capabilities, Endpoint};
use std::time::Duration;

#[derive(Clone, Debug)]
pub struct Settings {
    pub role: Role,
    /// How many stores of workers the cluster has (`DMLC_NUM_WORKER`); one process may have several.
    pub workers: u32,
    pub servers: u32,
    pub scheduler: Endpoint,
    /// Where this node can be reached; the scheduler's own entry for a scheduler.
    pub endpoint: Endpoint,
    /// A random number, different for every process and never 0.
    pub nonce: u64,
    pub capabilities: Capabilities,
    pub timing: Timing,
}

/// All intervals and deadlines.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// Until the cluster has to be complete.
    pub start: Duration,
    /// How often to tell people what is being waited for.
    pub progress: Duration,
    /// How often small messages are repeated until they are answered: registrations and barriers. Only between
    /// our own nodes.
    pub repeat: Duration,
    /// How long to wait for an answer before asking the server whether the request arrived. Doubles each time.
    pub query: Duration,
    /// Between two heartbeats; None: none are sent, and nobody's silence means anything.
    pub heartbeat: Option<Duration>,
    /// Silence after which a node that sends heartbeats counts as dead.
    pub dead_after: Duration,
    /// The same for MXNet's nodes that never sent any, which is how MXNet's scheduler treats them
    /// (`PS_HEARTBEAT_TIMEOUT`). None: they never count as dead.
    pub dead_after_stock: Option<Duration>,
    /// How long a dead node may stay away before what waits for it fails.
    pub rejoin: Duration,
    /// How long the cluster waits for anyone to come back when all workers are dead.
    pub abandon: Duration,
    /// A barrier without a deadline of its own.
    pub barrier: Duration,
    /// A request without a deadline of its own.
    pub request: Duration,
    /// For what remains after the workers have met for the last time.
    pub shutdown: Duration,
    /// How long a closing node stays to repeat its last words.
    pub linger: Duration,
    /// Acknowledge and resend every message, as `PS_RESEND=1` does, after this time (`PS_RESEND_TIMEOUT`). All
    /// nodes of a cluster have to agree on whether.
    pub resend: Option<Duration>,
}

impl Default for Timing {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Timing {
            start: seconds(300),
            progress: seconds(5),
            repeat: seconds(1),
            query: seconds(2),
            heartbeat: Some(seconds(1)),
            dead_after: seconds(10),
            dead_after_stock: None,
            rejoin: seconds(20),
            abandon: seconds(600),
            barrier: seconds(24 * 3600),
            request: seconds(24 * 3600),
            shutdown: seconds(60),
            linger: seconds(2),
            resend: None,
        }
    }
}

/// For the tests of parts of a node.
#[cfg(test)]
pub(super) fn of_a(role: Role) -> Settings {
    Settings {
        role,
        workers: 1,
        servers: 1,
        scheduler: Endpoint::new("scheduler", 1),
        endpoint: Endpoint::new("here", 2),
        nonce: 1,
        capabilities: Capabilities::MXKV,
        timing: Timing::default(),
    }
}
