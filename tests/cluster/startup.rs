//! How long nodes take to find each other. Told, not asserted: it is the machine's doing too.

use super::process::Cluster;
use std::time::Instant;

#[test]
fn nodes_without_a_frontend_start_and_end_quickly() {
    let begin = Instant::now();
    let mut cluster = Cluster::start(2, 2, 1, 60);
    let workers = cluster.all("worker");
    cluster.wait_for("the start", |cluster| {
        workers.iter().all(|at| cluster.nodes[*at].said("joined").is_some())
    });
    println!("1 scheduler, 2 servers, 2 workers: joined after {:?}", begin.elapsed());
    cluster.wait_until_counted(&[]);
    println!("ended after {:?}", begin.elapsed());
}

#[test]
fn the_number_of_workers_may_come_from_mpirun_or_srun() {
    for name in ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_NTASKS"] {
        let mut cluster = Cluster::prepare(2, 1, 2, 60, "127.0.0.1");
        cluster.spawn("scheduler", &[]);
        cluster.spawn("server", &[]);
        for _ in 0..2 {
            cluster.spawn_as("worker", &[], |command| {
                command.env_remove("DMLC_NUM_WORKER").env_remove("DMLC_ROLE").env(name, "2");
            });
        }
        cluster.wait_until_counted(&[]);
    }
}
