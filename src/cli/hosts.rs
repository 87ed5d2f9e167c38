//! Host files: where the nodes of a cluster run.

use crate::base::{Error, Result};
use crate::{ensure, err};
use std::path::Path;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Host {
    /// As ssh takes it: a name or an address, also with a user in front.
    pub name: String,
    /// Where ssh listens, if not where it usually does.
    pub port: Option<u16>,
}

/// The hosts in the order in which nodes are dealt out to them.
pub(super) fn read(path: &Path) -> Result<Vec<Host>> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| Error::io(format!("reading the host file {shown}"), &error))?;
    parse(&text).map_err(|error| error.context(format!("the host file {shown}")))
}

/// One host per line, as MXNet's launcher takes them: `name`, `name:port` for ssh, `name slots=N` for N turns.
fn parse(text: &str) -> Result<Vec<Host>> {
    let mut hosts = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let mut words = line.split('#').next().unwrap_or_default().split_whitespace();
        let Some(first) = words.next() else { continue };
        let refused = |what: &str| err!(InvalidArgument, "line {}: {what} in '{}'", number + 1, line.trim());
        let host = match first.split_once(':') {
            // More colons are an IPv6 address.
            Some((name, port)) if !port.contains(':') => {
                let port = port.parse().ok().filter(|port| *port != 0);
                let port = port.ok_or_else(|| refused("expected a port after the colon"))?;
                Host { name: name.to_owned(), port: Some(port) }
            }
            _ => Host { name: first.to_owned(), port: None },
        };
        // ssh would take it for an option.
        if host.name.is_empty() || host.name.starts_with('-') {
            return Err(refused("expected a host's name"));
        }
        let mut slots = 1;
        for word in words {
            let given = word.strip_prefix("slots=").and_then(|slots| slots.parse().ok());
            match given {
                Some(given @ 1..=1024) => slots = given,
                _ => return Err(refused("expected HOST, HOST:PORT or HOST slots=N")),
            }
        }
        hosts.extend(std::iter::repeat_n(host, slots));
    }
    ensure!(!hosts.is_empty(), InvalidArgument, "names no host");
    Ok(hosts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_ports_and_slots() {
        let host = |name: &str, port| Host { name: name.to_owned(), port };
        let text = "# ours\na\n\n me@b:2222  # the other\nfe80::1\nc:22 slots=2\n";
        let expected = [
            host("a", None),
            host("me@b", Some(2222)),
            host("fe80::1", None),
            host("c", Some(22)),
            host("c", Some(22)),
        ];
        assert_eq!(parse(text).unwrap(), expected);
    }

    #[test]
    fn what_cannot_be_a_host_is_refused_with_its_line() {
        for (text, line) in [
            ("a\nb:ssh", "line 2: expected a port after the colon in 'b:ssh'"),
            ("a:0", "line 1: expected a port"),
            (":22", "line 1: expected a host's name"),
            ("-oProxyCommand=x", "line 1: expected a host's name"),
            ("a slots=0", "line 1: expected HOST, HOST:PORT or HOST slots=N"),
            ("a max_slots=2", "line 1: expected HOST"),
            ("# nobody\n", "names no host"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(line), "{text}: {error}");
        }
    }
}
