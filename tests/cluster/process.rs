//! Processes of a cluster: started, watched, signalled, and ended with the test.

use super::workload::{LAST, MOST_ROUNDS, ROUNDS};
use mxkv::base::sync::{Arc, Mutex, thread};
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The longest that anything may take here, on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(90);

pub struct Process {
    pub name: String,
    /// Where it listens.
    pub port: u16,
    child: Child,
    lines: Arc<Mutex<Vec<String>>>,
}

pub struct Cluster {
    variables: Vec<(String, String)>,
    pub nodes: Vec<Process>,
    started: u32,
    /// Tells the workers their last round, once it is there.
    last: Option<PathBuf>,
}

impl Cluster {
    /// Everybody notices a death within about two seconds and waits `rejoin` seconds for a successor.
    pub fn start(workers: u32, servers: u32, rounds: u32, rejoin: u32) -> Self {
        let mut cluster = Cluster::prepare(workers, servers, rounds, rejoin, "127.0.0.1");
        cluster.spawn("scheduler", &[]);
        for _ in 0..servers {
            cluster.spawn("server", &[]);
        }
        for _ in 0..workers {
            cluster.spawn("worker", &[]);
        }
        cluster
    }

    /// Nobody is started yet.
    pub fn prepare(workers: u32, servers: u32, rounds: u32, rejoin: u32, root: &str) -> Self {
        let port = free_port();
        let set = |name: &str, value: String| (name.to_owned(), value);
        let variables = vec![
            set("DMLC_PS_ROOT_URI", root.to_owned()),
            set("DMLC_PS_ROOT_PORT", port.to_string()),
            set("DMLC_NUM_WORKER", workers.to_string()),
            set("DMLC_NUM_SERVER", servers.to_string()),
            set("PS_HEARTBEAT_INTERVAL", "0.2".to_owned()),
            set("MXKV_DEAD_AFTER", "2".to_owned()),
            set("MXKV_REJOIN_TIMEOUT", rejoin.to_string()),
            set("MXKV_START_TIMEOUT", PATIENCE.as_secs().to_string()),
            set("MXKV_SHUTDOWN_TIMEOUT", "20".to_owned()),
            set(ROUNDS, rounds.to_string()),
        ];
        Cluster { variables, nodes: Vec::new(), started: 0, last: None }
    }

    /// Starts a node, behind `prefix` if one is given; returns its place among the nodes.
    pub fn spawn(&mut self, role: &str, prefix: &[String]) -> usize {
        self.spawn_as(role, prefix, |_| {})
    }

    /// The same, with other variables.
    pub fn spawn_as(&mut self, role: &str, prefix: &[String], change: impl Fn(&mut Command)) -> usize {
        let own = std::env::current_exe().unwrap().to_string_lossy().into_owned();
        let mut words = prefix.to_vec();
        match role {
            "worker" => {
                words.push(own);
                words
                    .extend(["workload::a_worker", "--exact", "--ignored", "--nocapture"].map(str::to_owned));
            }
            role => words.extend([env!("CARGO_BIN_EXE_mxkv").to_owned(), role.to_owned()]),
        }
        let (program, arguments) = words.split_first().unwrap();
        let mut command = Command::new(program);
        command.args(arguments).envs(self.variables.iter().cloned()).env("DMLC_ROLE", role);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let port = if role == "scheduler" { self.root_port() } else { free_port() };
        command.env("PORT", port.to_string());
        change(&mut command);
        let mut child = command.spawn().unwrap();
        let lines = Arc::default();
        collect(child.stdout.take().unwrap(), &lines);
        collect(child.stderr.take().unwrap(), &lines);
        self.started += 1;
        self.nodes.push(Process { name: format!("{role} (started {}.)", self.started), port, child, lines });
        self.nodes.len() - 1
    }

    pub fn set(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// Before any worker is started: lets them train until [`Cluster::end_training`].
    pub fn train_until_told(&mut self) {
        let path = std::env::temp_dir().join(format!("mxkv-last-round-{}", self.root_port()));
        self.set(ROUNDS, &MOST_ROUNDS.to_string());
        self.set(LAST, &path.to_string_lossy());
        self.last = Some(path);
    }

    /// Gives the workers a last round that none of them has reached yet: they are at most one round apart, and what
    /// they say of it comes late.
    pub fn end_training(&self) {
        let path = self.last.as_ref().unwrap();
        let seen = self.nodes.iter().map(Process::round).max().unwrap_or(0);
        // Renamed, so that nobody reads half of it.
        let unfinished = path.with_extension("new");
        std::fs::write(&unfinished, (seen + 200).to_string()).unwrap();
        std::fs::rename(unfinished, path).unwrap();
    }

    fn root_port(&self) -> u16 {
        self.variables[1].1.parse().unwrap()
    }

    /// The places of all nodes of a role.
    pub fn all(&self, role: &str) -> Vec<usize> {
        (0..self.nodes.len()).filter(|at| self.nodes[*at].name.starts_with(role)).collect()
    }

    /// Waits until a worker has finished `round`.
    pub fn wait_for_round(&mut self, round: u32) {
        let workers = self.all("worker");
        self.wait_for(&format!("round {round}"), |cluster| {
            workers.iter().any(|at| cluster.nodes[*at].round() >= round)
        });
    }

    pub fn wait_for(&mut self, what: &str, reached: impl Fn(&mut Self) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !reached(self) {
            assert!(Instant::now() < end, "{what} was not reached\n{}", self.tell());
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until all nodes but the ones at `except` have ended by themselves, and well.
    pub fn wait_until_all_ended(&mut self, except: &[usize]) {
        self.wait_for("the end", |cluster| {
            let mut nodes = cluster.nodes.iter_mut().enumerate();
            nodes.all(|(at, node)| except.contains(&at) || node.has_ended())
        });
        for at in (0..self.nodes.len()).filter(|at| !except.contains(at)) {
            assert!(self.nodes[at].ended_well(), "{} ended badly\n{}", self.nodes[at].name, self.tell());
        }
    }

    /// Waits until every worker except those at `except` has counted to the end.
    pub fn wait_until_counted(&mut self, except: &[usize]) {
        self.wait_until_all_ended(except);
        for at in self.all("worker").into_iter().filter(|at| !except.contains(at)) {
            assert!(self.nodes[at].said("done").is_some(), "{}", self.tell());
        }
    }

    pub fn tell(&self) -> String {
        let mut text = String::new();
        for node in &self.nodes {
            let lines = node.lines.lock();
            let last = lines.len().saturating_sub(12);
            text.push_str(&format!("--- {}\n{}\n", node.name, lines[last..].join("\n")));
        }
        text
    }
}

impl Process {
    pub fn signal(&self, name: &str) {
        let done = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(done.unwrap().success());
    }

    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    fn ended_well(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some_and(|status| status.success())
    }

    /// The first line that contains `text`.
    pub fn said(&self, text: &str) -> Option<String> {
        self.lines.lock().iter().find(|line| line.contains(text)).cloned()
    }

    pub fn round(&self) -> u32 {
        let round = |line: &String| line.strip_prefix("round ")?.parse().ok();
        self.lines.lock().iter().filter_map(round).max().unwrap_or(0)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(path) = &self.last {
            // It is there only if training was ended.
            let _ = std::fs::remove_file(path);
        }
        for node in &mut self.nodes {
            // Most have ended already.
            let _ = node.child.kill();
            let _ = node.child.wait();
        }
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn collect(from: impl Read + Send + 'static, lines: &Arc<Mutex<Vec<String>>>) {
    let lines = lines.clone();
    thread::spawn(move || {
        for line in BufReader::new(from).lines() {
            let Ok(line) = line else { return };
            lines.lock().push(line);
        }
    });
}
