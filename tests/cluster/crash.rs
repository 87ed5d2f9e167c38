//! Nodes that are killed.

use super::process::{Cluster, PATIENCE};
use super::times;
use std::time::Instant;

#[test]
fn a_killed_worker_that_is_started_again_goes_on_and_nothing_is_lost_or_doubled() {
    const STRIDE: u32 = 15;
    let times = times(2);
    let mut cluster = Cluster::start(3, 2, STRIDE * (times + 1), 60);
    let mut killed = Vec::new();
    for time in 0..times {
        cluster.wait_for_round(STRIDE * (time + 1) - 5);
        let alive: Vec<usize> = cluster.all("worker").into_iter().filter(|at| !killed.contains(at)).collect();
        let victim = alive[time as usize % alive.len()];
        cluster.nodes[victim].kill();
        killed.push(victim);
        let successor = cluster.spawn("worker", &[]);
        cluster.wait_for("the successor's place", |cluster| {
            cluster.nodes[successor].said("again: true").is_some()
        });
    }
    cluster.wait_until_counted(&killed);
}

/// Kills a node in mid-training for good; every worker that is left must say why it cannot go on, and soon. Only
/// the first is sure to name the node: it leaves, and in what is left of their rounds the others do without it.
fn kill_for_good(role: &str, expected: &[&str]) {
    for _ in 0..times(1) {
        let mut cluster = Cluster::start(2, 2, 1000, 3);
        cluster.wait_for_round(10);
        let victim = cluster.all(role)[0];
        cluster.nodes[victim].kill();
        let since = Instant::now();
        cluster.wait_until_all_ended(&[victim]);
        assert!(since.elapsed() < PATIENCE / 2, "{:?}\n{}", since.elapsed(), cluster.tell());
        let left = cluster.all("worker").into_iter().filter(|at| *at != victim);
        let said: Vec<_> = left.map(|at| cluster.nodes[at].said("failed: ").unwrap_or_default()).collect();
        let names_it = |said: &&String| expected.iter().all(|part| said.contains(part));
        assert!(
            said.iter().all(|said| !said.is_empty()) && said.iter().any(|said| names_it(&said)),
            "{said:?} do not say {expected:?}\n{}",
            cluster.tell()
        );
    }
}

#[test]
fn a_killed_server_ends_what_waits_for_it_with_an_error_that_names_it() {
    kill_for_good("server", &["of key ", "server ", "127.0.0.1:", "dead"]);
}

#[test]
fn a_worker_that_stays_away_ends_the_rounds_that_wait_for_it() {
    kill_for_good("worker", &["push of key ", "worker ", "127.0.0.1:", "dead"]);
}

#[test]
fn without_the_scheduler_training_goes_on_and_only_meeting_fails() {
    let mut cluster = Cluster::start(2, 2, 60, 3);
    cluster.wait_for_round(10);
    let scheduler = cluster.all("scheduler")[0];
    cluster.nodes[scheduler].kill();
    let workers = cluster.all("worker");
    cluster.wait_for("the end", |cluster| workers.iter().all(|at| cluster.nodes[*at].has_ended()));
    for at in workers {
        assert_eq!(cluster.nodes[at].round(), 60, "{}", cluster.tell());
        let said = cluster.nodes[at].said("failed: ").unwrap_or_default();
        assert!(said.contains("barrier") && said.contains("scheduler"), "{said}\n{}", cluster.tell());
    }
}
