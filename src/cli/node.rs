//! One node of a launched cluster: a process group of its own, here or behind ssh, whose output is passed on.

use super::hosts::Host;
use crate::base::sync::thread;
use crate::base::{Error, Result};
use crate::err;
use crate::telemetry::log;
use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};

pub(super) struct Node {
    pub name: String,
    pub is_worker: bool,
    child: Child,
    /// How the process that was started ended.
    pub status: Option<ExitStatus>,
    /// Nothing is left of its group, so that the number may soon be somebody else's.
    gone: bool,
    /// They pass on what it writes, and end when nobody can write any more.
    readers: Vec<thread::JoinHandle<()>>,
}

/// What to run, and where.
pub(super) struct Plan<'a> {
    pub name: String,
    pub is_worker: bool,
    pub command: &'a [String],
    pub variables: Vec<(String, String)>,
    pub host: Option<&'a Host>,
}

impl Plan<'_> {
    /// Starts the node. The error comes with the exit code that a shell would give.
    pub(super) fn start(self) -> Result<Node, (Error, u8)> {
        let mut process = match self.host {
            Some(host) => over_ssh(host, self.command, &self.variables),
            None => here(self.command, &self.variables),
        }
        .map_err(|error| (error, 1))?;
        process.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let mut child = process.spawn().map_err(|error| {
            let code = if error.kind() == ErrorKind::NotFound { 127 } else { 126 };
            let program = process.get_program().to_string_lossy();
            (Error::io(format!("starting {}: {program}", self.name), &error), code)
        })?;
        let mut readers = Vec::new();
        if let Some(output) = child.stdout.take() {
            readers.push(pass_on(&self.name, output, std::io::stdout()));
        }
        if let Some(output) = child.stderr.take() {
            readers.push(pass_on(&self.name, output, std::io::stderr()));
        }
        let Plan { name, is_worker, .. } = self;
        Ok(Node { name, is_worker, child, status: None, gone: false, readers })
    }
}

impl Node {
    /// Notices if the process has ended. What it left running is told to end.
    pub(super) fn look(&mut self) -> Option<ExitStatus> {
        if self.status.is_none()
            && let Ok(Some(status)) = self.child.try_wait()
        {
            self.status = Some(status);
            self.signal(Signal::SIGTERM);
        }
        self.status
    }

    pub(super) fn signal(&mut self, signal: Signal) {
        if self.gone {
            return;
        }
        match killpg(self.group(), signal) {
            Ok(()) => {}
            Err(Errno::ESRCH) => self.gone = self.status.is_some(),
            Err(error) => log::warn(format_args!("launch: sending {signal} to {}: {error}", self.name)),
        }
    }

    /// Whether the process and all of its group have ended.
    pub(super) fn is_gone(&mut self) -> bool {
        if self.look().is_some() && !self.gone {
            self.gone = killpg(self.group(), None) == Err(Errno::ESRCH);
        }
        self.gone
    }

    /// Whether all that it wrote was passed on.
    pub(super) fn is_read(&self) -> bool {
        self.readers.iter().all(|reader| reader.is_finished())
    }

    fn group(&self) -> Pid {
        // The system's own numbers fit.
        Pid::from_raw(self.child.id() as i32)
    }
}

/// As a shell says it: 128 and the signal if one ended the process.
pub(super) fn exit_code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1);
    u8::try_from(code).unwrap_or(1)
}

fn here(command: &[String], variables: &[(String, String)]) -> Result<Command> {
    let (program, arguments) =
        command.split_first().ok_or_else(|| err!(InvalidArgument, "there is no command"))?;
    let mut process = Command::new(program);
    process.args(arguments).envs(variables.iter().map(|(name, value)| (name, value)));
    Ok(process)
}

/// The same command on another host, in the same folder. The variables travel in the command line, because ssh
/// passes none on.
fn over_ssh(host: &Host, command: &[String], variables: &[(String, String)]) -> Result<Command> {
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
    process.args(["-tt", "-o", "BatchMode=yes"]);
    if let Some(port) = host.port {
        process.args(["-p", &port.to_string()]);
    }
    process.args([&host.name, &line]);
    Ok(process)
}

/// One word for a POSIX shell.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

fn pass_on(
    name: &str,
    from: impl Read + Send + 'static,
    mut to: impl Write + Send + 'static,
) -> thread::JoinHandle<()> {
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
    })
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
