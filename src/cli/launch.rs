//! `mxkv launch`: a cluster as child processes.
//!
//! Output is passed on line by line with the role in front. When a node fails, or the launcher is told to end,
//! all others are ended too. The exit code is the first failing node's.

use super::args::Launch;
use super::node::{Node, Plan, exit_code};
use super::{hosts, signals};
use crate::base::sync::atomic::{AtomicI32, Ordering};
use crate::base::sync::{Arc, thread};
use crate::base::{Error, Result};
use crate::err;
use crate::telemetry::log;
use nix::sys::signal::Signal;
use std::net::TcpListener;
use std::process::ExitCode;
use std::time::{Duration, Instant};

const POLL: Duration = Duration::from_millis(20);
/// What the nodes get to end after each signal.
const GRACE: Duration = Duration::from_secs(5);
/// What scheduler and servers get to end after the last worker.
const FAREWELL: Duration = Duration::from_secs(30);
/// What passing on the last output may take after all nodes ended: a process that left its group may hold it open.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Why starting failed, and the exit code.
type Failure = (Error, u8);

pub(super) fn run(options: &Launch) -> ExitCode {
    let code = launch(options).unwrap_or_else(|(error, code)| {
        log::warn(format_args!("launch: {error}"));
        code
    });
    ExitCode::from(code)
}

fn launch(options: &Launch) -> Result<u8, Failure> {
    let told = Arc::new(AtomicI32::new(0));
    let teller = told.clone();
    signals::on_end(move |signal| teller.store(signal as i32, Ordering::Relaxed)).map_err(plain)?;
    let mut nodes = Vec::new();
    let code = start_all(options, &mut nodes).map(|()| watch(&mut nodes, &told));
    let interrupted = told.load(Ordering::Relaxed) == Signal::SIGINT as i32;
    end_all(&mut nodes, interrupted);
    code
}

fn plain(error: Error) -> Failure {
    (error, 1)
}

/// Starts the nodes one after the other. Those at `nodes` run, also if a later one could not be started.
fn start_all(options: &Launch, nodes: &mut Vec<Node>) -> Result<(), Failure> {
    let hosts = match &options.hostfile {
        Some(path) => hosts::read(path).map_err(plain)?,
        None => Vec::new(),
    };
    let own =
        std::env::current_exe().map_err(|error| plain(Error::io("finding the path of mxkv", &error)))?;
    let own = own.to_string_lossy().into_owned();
    let (workers, servers) = (options.workers, options.servers.unwrap_or(options.workers));
    let shared = shared_variables(options, servers).map_err(plain)?;
    let server = match &options.server_command {
        Some(command) => vec!["sh".to_owned(), "-c".to_owned(), command.clone()],
        None => vec![own.clone(), "server".to_owned()],
    };
    let mut start = |role: &str, number: Option<u32>, task: Option<u32>, command: &[String], host| {
        let mut variables = shared.clone();
        variables.push(("DMLC_ROLE".to_owned(), role.to_owned()));
        if let Some(task) = task {
            variables.push(("DMLC_TASK_ID".to_owned(), task.to_string()));
        }
        let name = number.map_or_else(|| role.to_owned(), |number| format!("{role} {number}"));
        nodes.push(Plan { name, is_worker: role == "worker", command, variables, host }.start()?);
        Ok(())
    };
    start("scheduler", None, None, &[own, "scheduler".to_owned()], None)?;
    let mut hosts = hosts.iter().cycle();
    for number in 0..servers {
        start("server", Some(number), workers.checked_add(number), &server, hosts.next())?;
    }
    for number in 0..workers {
        start("worker", Some(number), Some(number), &options.command, hosts.next())?;
    }
    Ok(())
}

fn shared_variables(options: &Launch, servers: u32) -> Result<Vec<(String, String)>> {
    let mut shared = vec![
        ("DMLC_PS_ROOT_URI".to_owned(), options.address.clone()),
        ("DMLC_PS_ROOT_PORT".to_owned(), free_port(&options.address)?.to_string()),
        ("DMLC_NUM_WORKER".to_owned(), options.workers.to_string()),
        ("DMLC_NUM_SERVER".to_owned(), servers.to_string()),
        ("DMLC_JOB_CLUSTER".to_owned(), if options.hostfile.is_some() { "ssh" } else { "local" }.to_owned()),
    ];
    for variable in &options.variables {
        let (name, value) = variable
            .split_once('=')
            .filter(|(name, _)| !name.is_empty())
            .ok_or_else(|| err!(InvalidArgument, "--env: expected NAME=VALUE, got '{variable}'"))?;
        shared.push((name.to_owned(), value.to_owned()));
    }
    Ok(shared)
}

fn free_port(address: &str) -> Result<u16> {
    let probe = TcpListener::bind((address, 0))
        .and_then(|listener| listener.local_addr())
        .map_err(|error| Error::io(format!("finding a free port at {address}"), &error))?;
    Ok(probe.port())
}

/// Waits until all is done, one fails, or the launcher is `told` a signal; gives the exit code.
fn watch(nodes: &mut [Node], told: &AtomicI32) -> u8 {
    let mut workers_done_at = None;
    loop {
        let signal = told.load(Ordering::Relaxed);
        if signal != 0 {
            log::warn(format_args!("launch: ending all nodes"));
            return u8::try_from(128 + signal).unwrap_or(1);
        }
        for node in nodes.iter_mut().filter(|node| node.status.is_none()) {
            let Some(status) = node.look() else { continue };
            if !status.success() {
                log::warn(format_args!("launch: {} failed ({status}); ending the others", node.name));
                return exit_code(status);
            }
        }
        if nodes.iter().all(|node| node.status.is_some()) {
            return 0;
        }
        if nodes.iter().filter(|node| node.is_worker).all(|node| node.status.is_some()) {
            let since = *workers_done_at.get_or_insert_with(Instant::now);
            if since.elapsed() > FAREWELL {
                log::warn(format_args!("launch: the workers are done, but other nodes do not end"));
                return 0;
            }
        }
        thread::sleep(POLL);
    }
}

/// Asks what still runs to end, after a while makes it, and passes on its last words.
fn end_all(nodes: &mut [Node], interrupted: bool) {
    // What Ctrl-C interrupts shall see an interruption; a node in a group of its own gets none from the terminal.
    let first = interrupted.then_some(Signal::SIGINT);
    for signal in first.into_iter().chain([Signal::SIGTERM, Signal::SIGKILL]) {
        for node in nodes.iter_mut() {
            if !node.is_gone() {
                node.signal(signal);
            }
        }
        if wait_until(GRACE, || nodes.iter_mut().all(Node::is_gone)) {
            break;
        }
    }
    if !wait_until(LAST_WORDS, || nodes.iter().all(Node::is_read)) {
        log::warn(format_args!("launch: processes that left their nodes still hold the output open"));
    }
}

/// Whether `reached` came true within `limit`.
fn wait_until(limit: Duration, mut reached: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + limit;
    while !reached() {
        if Instant::now() >= deadline {
            return false;
        }
        thread::sleep(POLL);
    }
    true
}
