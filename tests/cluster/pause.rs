//! Nodes that stand still for a while, long enough to be taken for dead.

use super::process::Cluster;
use super::times;
use mxkv::base::sync::thread;
use std::time::Duration;

#[test]
fn whoever_was_stopped_goes_on_and_nothing_is_lost_or_doubled() {
    const STRIDE: u32 = 10;
    let times = times(1);
    let roles = ["worker", "server", "scheduler"];
    let mut cluster = Cluster::start(2, 2, STRIDE * (times * 3 + 1), 60);
    for time in 0..times * 3 {
        cluster.wait_for_round(STRIDE * (time + 1) - 5);
        let all = cluster.all(roles[time as usize % 3]);
        let victim = all[(time / 3) as usize % all.len()];
        cluster.nodes[victim].signal("STOP");
        thread::sleep(Duration::from_millis(3500));
        cluster.nodes[victim].signal("CONT");
    }
    cluster.wait_until_counted(&[]);
}
