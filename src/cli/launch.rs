//! `mxkv launch`: a cluster as child processes.
//!
//! Output is passed on line by line with the role in front. When a node fails, or the launcher is told to end,
//! all others are ended too. The exit code is the first failing node's.

use super::args::Launch;
use crate::base::sync::atomic::{AtomicBool, Ordering};
use crate::base::sync::{Arc, thread};
use crate::base::{Error, Result};
use crate::err;
use crate::telemetry::log;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::time::{Duration, Instant};

const POLL: Duration = Duration::from_millis(20);
/// What a node gets to end by itself after it was asked to.
const GRACE: Duration = Duration::from_secs(5);
/// What scheduler and servers get to end after the last worker.
const FAREWELL: Duration = Duration::from_secs(30);

struct Node {
    name: String,
    is_worker: bool,
    child: Child,
    status: Option<ExitStatus>,
}

pub(super) fn run(options: &Launch) -> ExitCode {
    match launch(options) {
        Ok(code) => code,
        Err(error) => {
            log::warn(format_args!("launch: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn launch(options: &Launch) -> Result<ExitCode> {
    let told_to_end = Arc::new(AtomicBool::new(false));
    let told = told_to_end.clone();
    ctrlc::set_handler(move || told.store(true, Ordering::Relaxed))
        .map_err(|error| err!(Io, "watching for signals: {error}"))?;
    let mut nodes = start_all(options)?;
    let code = watch(&mut nodes, &told_to_end);
    end_all(&mut nodes);
    Ok(code)
}

fn start_all(options: &Launch) -> Result<Vec<Node>> {
    let hosts = hosts(options)?;
    let servers = options.servers.unwrap_or(options.workers);
    let own = std::env::current_exe().map_err(|error| Error::io("finding the path of mxkv", &error))?;
    let own = own.to_string_lossy().into_owned();
    let mut shared = vec![
        ("DMLC_PS_ROOT_URI".to_owned(), options.address.clone()),
        ("DMLC_PS_ROOT_PORT".to_owned(), free_port(&options.address)?.to_string()),
        ("DMLC_NUM_WORKER".to_owned(), options.workers.to_string()),
        ("DMLC_NUM_SERVER".to_owned(), servers.to_string()),
    ];
    for variable in &options.variables {
        let (name, value) = variable
            .split_once('=')
            .ok_or_else(|| err!(InvalidArgument, "--env: expected NAME=VALUE, got '{variable}'"))?;
        shared.push((name.to_owned(), value.to_owned()));
    }
    let server = match &options.server_command {
        Some(command) => vec!["sh".to_owned(), "-c".to_owned(), command.clone()],
        None => vec![own.clone(), "server".to_owned()],
    };
    let mut nodes = Vec::new();
    let mut start =
        |role: &str, number: Option<u32>, command: &[String], host: Option<&String>| -> Result<()> {
            let mut variables = shared.clone();
            variables.push(("DMLC_ROLE".to_owned(), role.to_owned()));
            let name = number.map_or_else(|| role.to_owned(), |number| format!("{role} {number}"));
            match spawn(&name, role == "worker", command, &variables, host) {
                Ok(node) => {
                    nodes.push(node);
                    Ok(())
                }
                Err(error) => {
                    end_all(&mut nodes);
                    Err(error)
                }
            }
        };
    start("scheduler", None, &[own, "scheduler".to_owned()], None)?;
    let mut hosts = hosts.iter().cycle();
    for number in 0..servers {
        start("server", Some(number), &server, hosts.next())?;
    }
    for number in 0..options.workers {
        start("worker", Some(number), &options.command, hosts.next())?;
    }
    Ok(nodes)
}

/// The hosts of the host file; none without one.
fn hosts(options: &Launch) -> Result<Vec<String>> {
    let Some(path) = &options.hostfile else { return Ok(vec![]) };
    let text = std::fs::read_to_string(path)
        .map_err(|error| Error::io(format!("reading the host file {}", path.display()), &error))?;
    let hosts: Vec<String> = text
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default().trim())
        .filter(|host| !host.is_empty())
        .map(str::to_owned)
        .collect();
    crate::ensure!(!hosts.is_empty(), InvalidArgument, "the host file {} names no host", path.display());
    Ok(hosts)
}

fn free_port(address: &str) -> Result<u16> {
    let probe = TcpListener::bind((address, 0))
        .and_then(|listener| listener.local_addr())
        .map_err(|error| Error::io(format!("finding a free port at {address}"), &error))?;
    Ok(probe.port())
}

fn spawn(
    name: &str,
    is_worker: bool,
    command: &[String],
    variables: &[(String, String)],
    host: Option<&String>,
) -> Result<Node> {
    let mut process = match host {
        Some(host) => over_ssh(host, command, variables)?,
        None => {
            let (program, arguments) =
                command.split_first().ok_or_else(|| err!(InvalidArgument, "{name}: no command"))?;
            let mut process = Command::new(program);
            process.args(arguments).envs(variables.iter().map(|(name, value)| (name, value)));
            process
        }
    };
    process.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let shown = command.join(" ");
    let mut child =
        process.spawn().map_err(|error| Error::io(format!("starting {name} ({shown})"), &error))?;
    if let Some(output) = child.stdout.take() {
        pass_on(name, output, std::io::stdout());
    }
    if let Some(output) = child.stderr.take() {
        pass_on(name, output, std::io::stderr());
    }
    Ok(Node { name: name.to_owned(), is_worker, child, status: None })
}

/// The same command on another host, in the same folder. The variables travel in the command line, because ssh
/// passes none on.
fn over_ssh(host: &str, command: &[String], variables: &[(String, String)]) -> Result<Command> {
    let folder = std::env::current_dir().map_err(|error| Error::io("finding the present folder", &error))?;
    let mut line = format!("cd {} && exec env", quoted(&folder.to_string_lossy()));
    for (name, value) in variables {
        line.push_str(&format!(" {name}={}", quoted(value)));
    }
    for word in command {
        line.push(' ');
        line.push_str(&quoted(word));
    }
    let mut process = Command::new("ssh");
    // With a terminal the remote process ends when the connection does.
    process.args(["-tt", "-o", "BatchMode=yes", host, &line]);
    Ok(process)
}

/// One word for a POSIX shell.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

fn pass_on(name: &str, from: impl Read + Send + 'static, mut to: impl Write + Send + 'static) {
    let name = name.to_owned();
    thread::spawn(move || {
        for line in BufReader::new(from).split(b'\n') {
            let Ok(line) = line else { return };
            let mut text = format!("[{name}] ").into_bytes();
            text.extend_from_slice(&line);
            text.push(b'\n');
            // If our own output is closed there is nobody to pass it on to.
            if to.write_all(&text).and_then(|()| to.flush()).is_err() {
                return;
            }
        }
    });
}

/// Waits until all is done, one fails, or the launcher is told to end.
fn watch(nodes: &mut [Node], told_to_end: &AtomicBool) -> ExitCode {
    let mut workers_done_at = None;
    loop {
        if told_to_end.load(Ordering::Relaxed) {
            log::warn(format_args!("launch: ending all nodes"));
            return ExitCode::from(130);
        }
        for node in nodes.iter_mut().filter(|node| node.status.is_none()) {
            let Ok(Some(status)) = node.child.try_wait() else { continue };
            node.status = Some(status);
            if !status.success() {
                log::warn(format_args!("launch: {} failed ({status}); ending the others", node.name));
                let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
                return ExitCode::from(code);
            }
        }
        if nodes.iter().all(|node| node.status.is_some()) {
            return ExitCode::SUCCESS;
        }
        if nodes.iter().filter(|node| node.is_worker).all(|node| node.status.is_some()) {
            let since = *workers_done_at.get_or_insert_with(Instant::now);
            if since.elapsed() > FAREWELL {
                log::warn(format_args!("launch: the workers are done, but other nodes do not end"));
                return ExitCode::SUCCESS;
            }
        }
        thread::sleep(POLL);
    }
}

/// Asks what still runs to end, and after a while makes it.
fn end_all(nodes: &mut [Node]) {
    let mut running: Vec<&mut Node> = nodes.iter_mut().filter(|node| node.status.is_none()).collect();
    for node in &running {
        let id = node.child.id().to_string();
        // A process that has ended meanwhile needs no signal.
        let _ = Command::new("kill").args(["-TERM", &id]).stderr(Stdio::null()).status();
    }
    let deadline = Instant::now() + GRACE;
    while !running.is_empty() && Instant::now() < deadline {
        running.retain_mut(|node| !matches!(node.child.try_wait(), Ok(Some(_))));
        thread::sleep(POLL);
    }
    for node in running {
        let _ = node.child.kill();
        let _ = node.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_a_shell() {
        for word in ["plain", "with space", "it's", "$HOME", "", "a\\b"] {
            let line = format!("printf %s {}", quoted(word));
            let output = Command::new("sh").args(["-c", &line]).output().unwrap();
            assert_eq!(output.stdout, word.as_bytes());
        }
    }
}
