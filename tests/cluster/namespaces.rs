//! Two hosts, as network namespaces with an address each. Needs the right to make namespaces; without it the test
//! says that it did nothing.

use super::process::Cluster;
use std::io::Write;
use std::process::Command;

const HOSTS: [&str; 2] = ["10.213.7.1", "10.213.7.2"];

struct Hosts([String; 2]);

fn ip(arguments: &str) -> Result<(), String> {
    let done =
        Command::new("ip").args(arguments.split_whitespace()).output().map_err(|error| error.to_string())?;
    if done.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&done.stderr).into_owned()) }
}

impl Hosts {
    fn make() -> Result<Self, String> {
        let id = std::process::id();
        let hosts = Hosts([format!("mxkv-{id}-a"), format!("mxkv-{id}-b")]);
        let [a, b] = &hosts.0;
        ip(&format!("netns add {a}"))?;
        ip(&format!("netns add {b}"))?;
        ip(&format!("-n {a} link add veth0 type veth peer name veth0 netns {b}"))?;
        for (name, address) in hosts.0.iter().zip(HOSTS) {
            ip(&format!("-n {name} addr add {address}/24 dev veth0"))?;
            ip(&format!("-n {name} link set veth0 up"))?;
            ip(&format!("-n {name} link set lo up"))?;
        }
        Ok(hosts)
    }

    fn on(&self, host: usize) -> Vec<String> {
        ["ip", "netns", "exec", &self.0[host]].map(str::to_owned).to_vec()
    }
}

impl Drop for Hosts {
    fn drop(&mut self) {
        for name in &self.0 {
            // One that was never made is no loss.
            let _ = ip(&format!("netns delete {name}"));
        }
    }
}

#[test]
fn a_cluster_spans_hosts_that_find_their_own_addresses() {
    let hosts = match Hosts::make() {
        Ok(hosts) => hosts,
        Err(why) => {
            // Not through the macro, whose text is kept back as long as tests pass.
            writeln!(std::io::stderr(), "skipped: a_cluster_spans_hosts: no network namespaces here: {why}")
                .unwrap();
            return;
        }
    };
    let mut cluster = Cluster::prepare(2, 2, 10, 60, HOSTS[0]);
    for (role, host) in [("scheduler", 0), ("server", 0), ("server", 1), ("worker", 0), ("worker", 1)] {
        cluster.spawn(role, &hosts.on(host));
    }
    cluster.wait_until_counted(&[]);
}
