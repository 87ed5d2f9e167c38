//! Whole clusters in one loop, each repeated exactly by its seed.
//!
//! A seed picks the size of the cluster, the job, how bad the network is and what else goes wrong; messages are
//! lost, doubled, delayed and overtake each other, processes pause, die and are started again. [`invariants`]
//! says what has to hold all the same. `MXKV_SIM_SEEDS` sets how many seeds are run, `MXKV_SIM_SEED` picks a
//! single one and tells everything that happens in it.

mod cluster;
mod invariants;
mod network;
mod process;
mod scenario;
mod script;
mod toy;

use crate::base::config::Env;
use cluster::{Cluster, Report};
use scenario::Scenario;

/// In a normal `cargo test`.
const SEEDS: u64 = 300;

fn run(seed: u64, trace: bool) -> Result<Report, String> {
    Cluster::new(Scenario::new(seed), trace).run().map_err(|violation| format!("seed {seed}: {violation}"))
}

#[test]
fn seeded_clusters_keep_the_invariants() {
    let env = Env::process();
    if let Some(seed) = env.text("MXKV_SIM_SEED") {
        println!("{:#?}", run(seed.parse().unwrap(), true).unwrap());
        return;
    }
    let seeds = env.parsed("MXKV_SIM_SEEDS", SEEDS).unwrap();
    let mut broken = Vec::new();
    let mut total = Report::default();
    for seed in 0..seeds {
        match run(seed, false) {
            Ok(report) => {
                total.steps += report.steps;
                total.failures += report.failures;
                total.acknowledged += report.acknowledged;
                total.duplicates += report.duplicates;
                total.resent += report.resent;
                total.ended = total.ended.max(report.ended);
            }
            Err(violation) => broken.push(violation),
        }
    }
    println!("{seeds} seeds: {total:?}");
    assert!(
        broken.is_empty(),
        "{} of {seeds} seeds:\n{}",
        broken.len(),
        broken[..broken.len().min(10)].join("\n")
    );
    // A simulation in which nothing goes wrong proves nothing.
    assert!(total.acknowledged > 10 * seeds && total.duplicates > seeds && total.resent > seeds, "{total:?}");
}

#[test]
fn a_seed_repeats_exactly() {
    for seed in 0..10 {
        assert_eq!(format!("{:?}", run(seed, false)), format!("{:?}", run(seed, false)));
    }
}

/// Also tells how long it took; nothing but the machine would decide whether an assertion on that held.
#[test]
fn a_cluster_of_64_nodes_starts_and_ends() {
    let begin = std::time::Instant::now();
    let report = Cluster::new(Scenario::quiet(vec![1; 8], 55), false).run().unwrap();
    println!("64 nodes: {:?} for {report:?}", begin.elapsed());
    assert_eq!((report.failures, report.resent), (0, 0));
}
