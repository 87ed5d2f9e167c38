//! Clusters of real processes under attack: nodes are killed, stopped and started again, strangers send nonsense,
//! hosts are apart. The workers count, so that every lost or doubled update shows.
//!
//! `MXKV_TEST_TIMES` repeats what happens to the nodes, `MXKV_FUZZ_SECONDS` prolongs the nonsense.

mod crash;
mod fuzz;
mod launch;
mod namespaces;
mod pause;
mod process;
mod startup;
mod workload;

use mxkv::base::config::Env;

/// How often the same thing happens to a cluster.
fn times(default: u32) -> u32 {
    Env::process().parsed("MXKV_TEST_TIMES", default).unwrap()
}
