//! What can be said on the command line.

use clap::{Args as Options, Parser, Subcommand};
use std::path::PathBuf;

/// MXNet's KVStore without MXNet: scheduler, servers and whole clusters.
#[derive(Debug, Parser)]
#[command(name = "mxkv", version)]
pub(super) struct Args {
    #[command(subcommand)]
    pub action: Do,
}

#[derive(Debug, Subcommand)]
pub(super) enum Do {
    /// Run the scheduler of the cluster that DMLC_PS_ROOT_URI, DMLC_PS_ROOT_PORT, DMLC_NUM_WORKER and
    /// DMLC_NUM_SERVER describe, until the workers are done.
    Scheduler,
    /// Run a server of that cluster, until the workers are done.
    Server,
    /// Start a scheduler, servers and workers, and wait until the workers are done.
    Launch(Launch),
}

#[derive(Debug, Options)]
pub(super) struct Launch {
    /// Number of workers.
    #[arg(short = 'n', long, value_parser = clap::value_parser!(u32).range(1..))]
    pub workers: u32,
    /// Number of servers; as many as workers if not given.
    #[arg(short = 's', long, value_parser = clap::value_parser!(u32).range(1..))]
    pub servers: Option<u32>,
    /// A file with one host per line (HOST, HOST:PORT or HOST slots=N); nodes are dealt out to the hosts in turn and
    /// started over ssh. Without it, everything runs on this machine. Needs --address.
    #[arg(short = 'H', long, value_name = "FILE", requires = "address")]
    pub hostfile: Option<PathBuf>,
    /// The address under which this machine is reached by the others, where the scheduler runs.
    #[arg(long, default_value = "127.0.0.1")]
    pub address: String,
    /// What a server runs instead of `mxkv server`, through the shell: for instance a frontend with its own
    /// updater.
    #[arg(long, value_name = "COMMAND")]
    pub server_command: Option<String>,
    /// Another environment variable for every node, as NAME=VALUE. May be repeated. With -H it is on the command
    /// line of ssh, where every user of this machine and of the hosts can read it: pass no secrets.
    #[arg(long = "env", value_name = "NAME=VALUE")]
    pub variables: Vec<String>,
    /// The worker's command.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub command: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_sound_and_a_cluster_can_be_asked_for() {
        use clap::CommandFactory;
        Args::command().debug_assert();
        let args =
            Args::try_parse_from(["mxkv", "launch", "-n", "3", "-s", "2", "--", "python", "train.py", "-x"]);
        let Do::Launch(launch) = args.unwrap().action else { panic!("not a launch") };
        assert_eq!((launch.workers, launch.servers), (3, Some(2)));
        assert_eq!(launch.command, ["python", "train.py", "-x"]);
        assert!(Args::try_parse_from(["mxkv", "launch", "-n", "0", "--", "x"]).is_err());
        assert!(Args::try_parse_from(["mxkv", "launch", "-n", "1"]).is_err());
        // Other hosts would look for the scheduler at 127.0.0.1.
        let over_ssh = ["mxkv", "launch", "-n", "1", "-H", "hosts", "--address", "10.0.0.1", "--", "x"];
        assert!(Args::try_parse_from(over_ssh).is_ok());
        let without =
            Args::try_parse_from(over_ssh.iter().filter(|word| !["--address", "10.0.0.1"].contains(word)));
        assert!(without.unwrap_err().to_string().contains("--address"));
    }
}
