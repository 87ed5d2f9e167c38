//! From the environment to the settings of a node.

use super::address;
use crate::base::Result;
use crate::base::config::Env;
use crate::ps::id::Role;
use crate::ps::proto::{Settings, Timing};
use crate::ps::transport::Transport;
use crate::ps::transport::zmtp::{Options, ZmtpTransport};
use crate::ps::wire::Capabilities;
use crate::{ensure, err};
use std::hash::{BuildHasher, Hasher};
use std::time::Duration;

/// A node's settings and its transport, which listens.
pub fn open(env: &Env, role: Role) -> Result<(Settings, Box<dyn Transport>)> {
    let scheduler = address::scheduler(env)?;
    let (workers, servers) = (count(env, Role::Worker)?, count(env, Role::Server)?);
    let options = Options { local: env.switch("DMLC_LOCAL") };
    let mut transport: Box<dyn Transport> = Box::new(ZmtpTransport::new(options)?);
    let timing = timing(env)?;
    let endpoint = address::listen(env, role, &scheduler, timing.start, &mut *transport)?;
    let heartbeats = if timing.heartbeat.is_some() { Capabilities::HEARTBEATS } else { Capabilities::NONE };
    let capabilities = Capabilities::MXKV.and(heartbeats).and(Capabilities::ALL_DTYPES);
    let settings =
        Settings { role, workers, servers, scheduler, endpoint, nonce: nonce(), capabilities, timing };
    Ok((settings, transport))
}

/// `DMLC_NUM_WORKER` and `DMLC_NUM_SERVER`. Under mpirun and srun the number of workers is that of the tasks.
fn count(env: &Env, role: Role) -> Result<u32> {
    let (name, launchers): (&str, &[&str]) = match role {
        Role::Server => ("DMLC_NUM_SERVER", &[]),
        _ => ("DMLC_NUM_WORKER", &["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_NTASKS"]),
    };
    let set = std::iter::once(&name).chain(launchers).find_map(|name| Some((*name, env.text(name)?)));
    let Some((name, text)) = set.filter(|(_, text)| !text.trim().is_empty()) else {
        address::required(env, name)?;
        return Err(err!(Config, "{name} is not set"));
    };
    let number: u32 =
        text.trim().parse().map_err(|_| err!(Config, "{name}: expected a number of nodes, got '{text}'"))?;
    ensure!(number > 0, Config, "{name}: expected at least 1, got 0");
    Ok(number)
}

/// MXNet's variables are in whole seconds or milliseconds; our own (`MXKV_…_TIMEOUT`) in seconds.
fn timing(env: &Env) -> Result<Timing> {
    let defaults = Timing::default();
    let seconds = |name: &str, default: Duration| -> Result<Duration> {
        let value: f64 = env.parsed(name, default.as_secs_f64())?;
        Duration::try_from_secs_f64(value).map_err(|_| err!(Config, "{name}: expected seconds, got {value}"))
    };
    let heartbeat = match env.text("PS_HEARTBEAT_INTERVAL").filter(|text| !text.trim().is_empty()) {
        // Zero turns them off, as it does in MXNet, where that is the default.
        Some(_) => {
            Some(seconds("PS_HEARTBEAT_INTERVAL", Duration::ZERO)?).filter(|interval| !interval.is_zero())
        }
        None => defaults.heartbeat,
    };
    let stock = seconds("PS_HEARTBEAT_TIMEOUT", Duration::ZERO)?;
    let dead_after = if stock.is_zero() { defaults.dead_after } else { stock };
    let resend_ms: u64 = env.parsed("PS_RESEND_TIMEOUT", 1000)?;
    Ok(Timing {
        start: seconds("MXKV_START_TIMEOUT", defaults.start)?,
        heartbeat,
        dead_after: seconds("MXKV_DEAD_AFTER", dead_after)?,
        dead_after_stock: Some(stock).filter(|timeout| !timeout.is_zero()),
        rejoin: seconds("MXKV_REJOIN_TIMEOUT", defaults.rejoin)?,
        barrier: seconds("MXKV_BARRIER_TIMEOUT", defaults.barrier)?,
        request: seconds("MXKV_REQUEST_TIMEOUT", defaults.request)?,
        shutdown: seconds("MXKV_SHUTDOWN_TIMEOUT", defaults.shutdown)?,
        resend: env.switch("PS_RESEND").then(|| Duration::from_millis(resend_ms.max(1))),
        ..defaults
    })
}

/// Tells processes apart. The standard library seeds its hash maps from the system's random numbers.
fn nonce() -> u64 {
    let mut hasher = std::collections::hash_map::RandomState::new().build_hasher();
    hasher.write_u32(std::process::id());
    hasher.finish().max(1)
}
