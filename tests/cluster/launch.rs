//! `mxkv launch`: what it gives to nodes, how it ends them and what it says of them. No cluster is needed for that: the
//! servers are shell commands, and the scheduler waits for them until it is ended too.

use super::process::PATIENCE;
use mxkv::base::sync::thread;
use std::io::{BufRead, BufReader, Lines};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::Instant;

/// A launcher with these options. It hears hangups, also where the tests were started not to.
fn launcher(options: &[&str]) -> Command {
    let mut command = Command::new("env");
    command.args(["--default-signal=HUP", env!("CARGO_BIN_EXE_mxkv"), "launch"]).args(options);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(options: &[&str]) -> Output {
    launcher(options).output().unwrap()
}

fn shown(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn signal(name: &str, process: u32) {
    assert!(
        Command::new("kill").args([&format!("-{name}"), &process.to_string()]).status().unwrap().success()
    );
}

fn is_running(process: u32) -> bool {
    // A zombie that nobody collects has ended.
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with('Z'))
}

fn wait_until_ended(process: u32) {
    let end = Instant::now() + PATIENCE;
    while is_running(process) {
        assert!(Instant::now() < end, "process {process} goes on");
        thread::sleep(std::time::Duration::from_millis(10));
    }
}

/// Reads lines until one contains `text`; gives what follows it there.
fn after(lines: &mut Lines<BufReader<ChildStdout>>, text: &str) -> String {
    let line = lines.map(|line| line.unwrap()).find(|line| line.contains(text)).unwrap();
    line.split_once(text).unwrap().1.to_owned()
}

fn with_lines(mut launcher: Command) -> (Child, Lines<BufReader<ChildStdout>>) {
    let mut child = launcher.spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    (child, lines)
}

#[test]
fn whoever_ends_the_launcher_ends_everything_that_nodes_started() {
    for (name, code) in [("TERM", 143), ("HUP", 129), ("INT", 130)] {
        // The shell is not the process that works: whoever signals only it leaves the other.
        let script = "sleep 300 & echo grandchild $!; wait; true";
        let (mut launcher, mut lines) = with_lines(launcher(&[
            "-n",
            "1",
            "-s",
            "1",
            "--server-command",
            "sleep 300",
            "--",
            "sh",
            "-c",
            script,
        ]));
        let grandchild: u32 = after(&mut lines, "grandchild ").parse().unwrap();
        assert!(is_running(grandchild));
        signal(name, launcher.id());
        let status = launcher.wait().unwrap();
        assert_eq!(status.code(), Some(code), "{name}: {status}");
        wait_until_ended(grandchild);
    }
}

#[test]
fn a_hangup_ends_nobody_under_nohup() {
    let script = "trap '' HUP; exec \"$0\" launch -n 1 -s 1 --server-command 'sleep 300' -- \
        sh -c 'echo ready; while :; do sleep 0.1; echo on; done'";
    let mut command = Command::new("sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_mxkv")]).stdout(Stdio::piped()).stderr(Stdio::null());
    let (mut launcher, mut lines) = with_lines(command);
    after(&mut lines, "ready");
    signal("HUP", launcher.id());
    for _ in 0..10 {
        after(&mut lines, "on");
    }
    signal("TERM", launcher.id());
    // Read on, so that nobody waits for us.
    lines.for_each(drop);
    assert_eq!(launcher.wait().unwrap().code(), Some(143));
}

#[test]
fn an_interruption_reaches_workers_as_one() {
    let script = "trap 'echo interrupted; exit 0' INT; echo ready; while :; do sleep 0.1; done";
    let (mut launcher, mut lines) = with_lines(launcher(&[
        "-n",
        "1",
        "-s",
        "1",
        "--server-command",
        "sleep 300",
        "--",
        "sh",
        "-c",
        script,
    ]));
    after(&mut lines, "ready");
    signal("INT", launcher.id());
    assert_eq!(after(&mut lines, "[worker 0] "), "interrupted");
    assert_eq!(launcher.wait().unwrap().code(), Some(130));
}

#[test]
fn the_exit_code_says_how_the_first_node_failed() {
    for (command, code) in [
        (["sh", "-c", "exit 7"], 7),
        (["sh", "-c", "kill -SEGV $$"], 139),
        (["no-such-command", "", ""], 127),
        (["/", "", ""], 126),
    ] {
        let options = ["-n", "1", "-s", "1", "--server-command", "sleep 300", "--"];
        let output = run(&[&options[..], &command].concat());
        assert_eq!(output.status.code(), Some(code), "{}", shown(&output));
        assert_eq!(output.status.signal(), None);
        assert!(shown(&output).contains("worker 0"), "{}", shown(&output));
    }
}

#[test]
fn all_output_arrives() {
    let script = "i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i + 1)); done; printf 'no end'; exit 3";
    let output = run(&["-n", "1", "-s", "1", "--server-command", "sleep 300", "--", "sh", "-c", script]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.matches("[worker 0] line ").count(), 20_000);
    assert!(text.ends_with("[worker 0] no end\n"), "{:?}", &text[text.len() - 60..]);
}

const TELL: &str =
    "echo says $DMLC_ROLE $DMLC_TASK_ID $DMLC_NUM_WORKER $DMLC_NUM_SERVER $DMLC_JOB_CLUSTER $MINE; exit 9";

#[test]
fn nodes_are_told_their_place_and_what_env_says() {
    let options =
        ["-n", "2", "-s", "1", "--env", "MINE=a b=c", "--server-command", "sleep 300", "--", "sh", "-c"];
    let output = run(&[&options[..], &[TELL]].concat());
    assert!(shown(&output).contains("says worker 0 2 1 local a b=c\n"), "{}", shown(&output));
    let options = ["-n", "2", "-s", "1", "--server-command", TELL, "--", "sleep", "300"];
    let output = run(&options);
    assert_eq!(output.status.code(), Some(9));
    assert!(shown(&output).contains("[server 0] says server 2 2 1 local\n"), "{}", shown(&output));
    let output = run(&["-n", "1", "--env", "MINE", "--", "true"]);
    assert!(!output.status.success() && shown(&output).contains("expected NAME=VALUE, got 'MINE'"));
}

/// A folder on PATH with an `ssh` that shows its options and the host and runs the rest here.
struct FakeSsh(PathBuf);

impl FakeSsh {
    fn make() -> Self {
        let folder = std::env::temp_dir().join(format!("mxkv-ssh-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let ssh = folder.join("ssh");
        let script =
            "#!/bin/sh\nfor last; do :; done\necho \"ssh $*\" | sed 's/ cd .*//'\nexec sh -c \"$last\"\n";
        std::fs::write(&ssh, script).unwrap();
        std::fs::set_permissions(&ssh, std::fs::Permissions::from_mode(0o755)).unwrap();
        FakeSsh(folder)
    }

    fn hosts(&self, text: &str) -> String {
        let path = self.0.join("hosts");
        std::fs::write(&path, text).unwrap();
        path.to_string_lossy().into_owned()
    }

    fn launcher(&self, options: &[&str]) -> Command {
        let mut command = launcher(options);
        command.env("PATH", format!("{}:/usr/bin:/bin", self.0.display()));
        command
    }
}

impl Drop for FakeSsh {
    fn drop(&mut self) {
        // Nothing depends on it.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn nodes_are_dealt_out_to_hosts() {
    let ssh = FakeSsh::make();
    let hosts = ssh.hosts("first # the server\nme@second:2222\nthird slots=1\n");
    let script = format!("sleep 0.5; {TELL}");
    let options = [
        "-n",
        "2",
        "-s",
        "1",
        "-H",
        &hosts,
        "--address",
        "127.0.0.1",
        "--env",
        "MINE=it's",
        "--server-command",
    ];
    let output =
        ssh.launcher(&[&options[..], &["sleep 300", "--", "sh", "-c", &script]].concat()).output().unwrap();
    let text = shown(&output);
    for expected in [
        "[server 0] ssh -tt -o BatchMode=yes first\n",
        "[worker 0] ssh -tt -o BatchMode=yes -p 2222 me@second\n",
        "[worker 1] ssh -tt -o BatchMode=yes third\n",
        "says worker 0 2 1 ssh it's\n",
    ] {
        assert!(text.contains(expected), "{expected}{text}");
    }
    assert_eq!(output.status.code(), Some(9), "{text}");
    let hosts = ssh.hosts("a\nb max-slots=3\n");
    let output =
        ssh.launcher(&["-n", "1", "-H", &hosts, "--address", "127.0.0.1", "--", "true"]).output().unwrap();
    assert!(
        !output.status.success() && shown(&output).contains("line 2: expected HOST"),
        "{}",
        shown(&output)
    );
    let output = ssh.launcher(&["-n", "1", "-H", &hosts, "--", "true"]).output().unwrap();
    assert!(!output.status.success() && shown(&output).contains("--address"), "{}", shown(&output));
}

#[test]
fn a_server_or_scheduler_that_must_end_before_the_workers_are_done_says_so() {
    for role in ["scheduler", "server"] {
        let mut node = Command::new(env!("CARGO_BIN_EXE_mxkv"));
        let port =
            std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
        node.arg(role).env("DMLC_PS_ROOT_URI", "127.0.0.1").env("DMLC_PS_ROOT_PORT", port);
        node.env("DMLC_NUM_WORKER", "1").env("DMLC_NUM_SERVER", "1").stderr(Stdio::piped());
        let mut child = node.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(|line| line.unwrap());
        // It says whom it waits for, so it listens to signals.
        lines.next().unwrap();
        signal("TERM", child.id());
        assert!(lines.any(|line| line.contains("told to end before the workers were done")), "{role}");
        assert_eq!(child.wait().unwrap().code(), Some(1), "{role}");
    }
}
