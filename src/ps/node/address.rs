//! Where a node listens, what it tells others, and how it finds the scheduler.

use crate::base::config::Env;
use crate::base::sync::thread;
use crate::base::{Error, Result};
use crate::ps::id::Role;
use crate::ps::transport::Transport;
use crate::ps::wire::Endpoint;
use crate::telemetry::log;
use crate::{ensure, err};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs, UdpSocket};
use std::time::{Duration, Instant};

/// How long to wait before an unknown name is looked up again.
const LOOK_UP_AGAIN: Duration = Duration::from_millis(500);

/// Where the scheduler of the cluster is: `DMLC_PS_ROOT_URI` and `DMLC_PS_ROOT_PORT`.
pub fn scheduler(env: &Env) -> Result<Endpoint> {
    let host = required(env, "DMLC_PS_ROOT_URI")?;
    let port: u16 = required(env, "DMLC_PS_ROOT_PORT")?.trim().parse().map_err(|_| {
        err!(
            Config,
            "DMLC_PS_ROOT_PORT: expected a port, got '{}'",
            env.text("DMLC_PS_ROOT_PORT").unwrap_or_default()
        )
    })?;
    ensure!(port != 0, Config, "DMLC_PS_ROOT_PORT: expected a port, got 0");
    Ok(Endpoint::new(host.trim(), port))
}

/// The value of a variable that a cluster cannot do without.
pub fn required(env: &Env, name: &str) -> Result<String> {
    env.text(name).filter(|value| !value.trim().is_empty()).ok_or_else(|| {
        err!(Config, "{name} is not set: a dist store needs it to find its cluster (see docs/cluster.md)")
    })
}

/// Makes `transport` listen and says where others reach it.
///
/// The scheduler listens where everybody looks for it. Others listen on the address they advertise:
/// `DMLC_NODE_HOST`, or the first address of the interface `DMLC_INTERFACE`, or the address that packets to the
/// scheduler leave from. `MXKV_BIND_HOST` listens on another one (for instance `0.0.0.0` behind a forwarded
/// port), `PORT` and `MXKV_PORT_RANGE` (`from-to`) choose the port. `patience` is how long the scheduler's name may
/// be unknown.
pub fn listen(
    env: &Env,
    role: Role,
    scheduler: &Endpoint,
    patience: Duration,
    transport: &mut dyn Transport,
) -> Result<Endpoint> {
    let bind_host = env.text("MXKV_BIND_HOST").filter(|host| !host.is_empty());
    if role == Role::Scheduler {
        let everywhere = env.switch("DMLC_USE_KUBERNETES").then(|| "0.0.0.0".to_owned());
        let host = bind_host.or(everywhere).unwrap_or_else(|| scheduler.host.clone());
        transport.bind(&host, scheduler.port).map_err(|error| {
            error.context("the scheduler cannot listen at DMLC_PS_ROOT_URI:DMLC_PS_ROOT_PORT")
        })?;
        return Ok(scheduler.clone());
    }
    let host = match (env.text("DMLC_NODE_HOST").filter(|host| !host.is_empty()), env.text("DMLC_INTERFACE"))
    {
        (Some(host), _) => host,
        (None, Some(interface)) if !interface.is_empty() => interface_address(&interface)?.to_string(),
        _ => address_towards(scheduler, patience)?.to_string(),
    };
    let bind_host = bind_host.unwrap_or_else(|| host.clone());
    let port = bind_any(env, transport, &bind_host)?;
    Ok(Endpoint::new(host, port))
}

/// Tries the wanted ports one after the other; without any wish, the system chooses.
fn bind_any(env: &Env, transport: &mut dyn Transport, host: &str) -> Result<u16> {
    let wanted: Option<u16> = match env.text("PORT").filter(|port| !port.is_empty()) {
        Some(text) => {
            Some(text.trim().parse().map_err(|_| err!(Config, "PORT: expected a port, got '{text}'"))?)
        }
        None => None,
    };
    let range = match env.text("MXKV_PORT_RANGE").filter(|range| !range.is_empty()) {
        Some(text) => Some(port_range(&text)?),
        None => None,
    };
    let candidates = wanted.into_iter().chain(range.clone().into_iter().flatten());
    let mut last: Option<Error> = None;
    for port in candidates {
        match transport.bind(host, port) {
            Ok(port) => return Ok(port),
            Err(error) => last = Some(error),
        }
    }
    // A port that was only preferred may be taken; a range is a promise to a firewall.
    match (range, last) {
        (Some(_), Some(error)) => Err(error.context("MXKV_PORT_RANGE: no port of the range is free")),
        _ => transport.bind(host, 0),
    }
}

fn port_range(text: &str) -> Result<std::ops::RangeInclusive<u16>> {
    let bad = || err!(Config, "MXKV_PORT_RANGE: expected 'from-to', got '{text}'");
    let (from, to) = text.split_once('-').ok_or_else(bad)?;
    let (from, to): (u16, u16) =
        (from.trim().parse().map_err(|_| bad())?, to.trim().parse().map_err(|_| bad())?);
    ensure!(from > 0 && from <= to, Config, "MXKV_PORT_RANGE: expected 'from-to', got '{text}'");
    Ok(from..=to)
}

/// The first address of the first interface whose name starts with `name`, IPv4 before IPv6.
fn interface_address(name: &str) -> Result<IpAddr> {
    let all =
        if_addrs::get_if_addrs().map_err(|error| Error::io("listing the network interfaces", &error))?;
    let mut found: Vec<IpAddr> = all
        .iter()
        .filter(|interface| interface.name.starts_with(name))
        .map(|interface| interface.ip())
        .collect();
    found.sort_by_key(IpAddr::is_ipv6);
    found.first().copied().ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(|interface| interface.name.as_str()).collect();
        err!(Config, "DMLC_INTERFACE: no interface starts with '{name}'; there are {}", names.join(", "))
    })
}

/// The own address on the way to the scheduler. Nothing is sent: connecting a datagram socket only asks the
/// system for the route.
fn address_towards(scheduler: &Endpoint, patience: Duration) -> Result<IpAddr> {
    let target = look_up(scheduler, patience)?;
    let from: IpAddr =
        if target.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { std::net::Ipv6Addr::UNSPECIFIED.into() };
    let route = || -> std::io::Result<IpAddr> {
        let socket = UdpSocket::bind((from, 0))?;
        socket.connect(target)?;
        socket.local_addr().map(|address| address.ip())
    };
    route().map_err(|error| {
        Error::io(format!("finding the way to the scheduler {scheduler}; set DMLC_NODE_HOST"), &error)
    })
}

/// The address of the scheduler. Where containers start together, its name may come to be known only after it is
/// asked for.
fn look_up(scheduler: &Endpoint, patience: Duration) -> Result<SocketAddr> {
    let host = &scheduler.host;
    let deadline = Instant::now() + patience;
    let mut told = false;
    loop {
        let found = (host.as_str(), scheduler.port)
            .to_socket_addrs()
            .map_err(|error| Error::io(format!("looking up the scheduler's host '{host}'"), &error))
            .and_then(|mut all| {
                all.next().ok_or_else(|| err!(Io, "the scheduler's host '{host}' has no address"))
            });
        match found {
            Err(error) if Instant::now() < deadline => {
                if !std::mem::replace(&mut told, true) {
                    log::warn(format_args!("{error}; trying for {:.0} s more", patience.as_secs_f64()));
                }
                thread::sleep(LOOK_UP_AGAIN.min(deadline.saturating_duration_since(Instant::now())));
            }
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ps::transport::memory::Hub;
    use std::collections::HashMap;

    fn env(pairs: &[(&str, &str)]) -> Env {
        let table = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Env::with_overrides(table.collect::<HashMap<_, _>>())
    }

    #[test]
    fn a_missing_scheduler_is_named() {
        let error = scheduler(&env(&[("DMLC_PS_ROOT_URI", "h"), ("DMLC_PS_ROOT_PORT", "x")])).unwrap_err();
        assert!(error.to_string().starts_with("DMLC_PS_ROOT_PORT: expected a port, got 'x'"));
        let error = scheduler(&env(&[("DMLC_PS_ROOT_URI", " ")])).unwrap_err();
        assert!(error.to_string().starts_with("DMLC_PS_ROOT_URI is not set"));
    }

    #[test]
    fn the_own_address_is_the_one_that_leads_to_the_scheduler() {
        let here = address_towards(&Endpoint::new("127.0.0.1", 9), Duration::ZERO);
        assert_eq!(here.unwrap().to_string(), "127.0.0.1");
    }

    #[test]
    fn an_unknown_scheduler_is_looked_up_again_until_the_patience_ends() {
        let (start, patience) = (Instant::now(), Duration::from_millis(700));
        let error = address_towards(&Endpoint::new("no-such-host.invalid", 9), patience).unwrap_err();
        assert!(error.to_string().starts_with("looking up the scheduler's host 'no-such-host.invalid'"));
        assert!(start.elapsed() >= patience);
    }

    #[test]
    fn a_port_range_is_kept_to() {
        let hub = Hub::new();
        let root = Endpoint::new("127.0.0.1", 9);
        let settings = env(&[("DMLC_NODE_HOST", "a"), ("MXKV_PORT_RANGE", "40000-40001")]);
        let listen =
            |transport: &mut dyn Transport| listen(&settings, Role::Worker, &root, Duration::ZERO, transport);
        let (mut a, mut b, mut c) = (hub.transport(), hub.transport(), hub.transport());
        assert_eq!(listen(&mut a).unwrap(), Endpoint::new("a", 40000));
        assert_eq!(listen(&mut b).unwrap().port, 40001);
        assert!(listen(&mut c).unwrap_err().to_string().contains("MXKV_PORT_RANGE"));
        for bad in ["5", "9-5", "0-5", "a-b"] {
            assert!(port_range(bad).is_err(), "{bad}");
        }
    }
}
