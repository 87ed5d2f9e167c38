"""Clusters of processes for tests: each has one deadline, and when it passes everything is ended and its output shown."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
COMMAND = ROOT / "target" / "release" / "mxkv"
PYTHON = [sys.executable, "-W", "ignore"]
# Below pytest's faulthandler_timeout, which ends the whole run without these outputs.
DEADLINE = 200
OURS = {"PYTHONPATH": os.pathsep.join([str(ROOT / "bindings" / "python" / "src"), os.environ.get("PYTHONPATH", "")])}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def at_loopback(workers, servers):
    """The variables of a new cluster on this machine."""
    return {
        **os.environ, **OURS,
        "DMLC_PS_ROOT_URI": "127.0.0.1", "DMLC_PS_ROOT_PORT": str(free_port()), "DMLC_NODE_HOST": "127.0.0.1",
        "DMLC_NUM_WORKER": str(workers), "DMLC_NUM_SERVER": str(servers),
    }


class Node:
    def __init__(self, name, command, environment):
        self.name = name
        # A pipe that nobody reads would stop the node when it is full.
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            list(map(str, command)), env=environment, stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT
        )

    @property
    def code(self):
        return self.process.poll()

    @property
    def output(self):
        # Without moving the place where the node goes on writing.
        file = self.log.fileno()
        return os.pread(file, os.fstat(file).st_size, 0).decode(errors="replace")


class Cluster:
    """What is started inside the `with` block; killed at its end."""

    def __init__(self, deadline=DEADLINE):
        self.nodes = []
        self.end = time.monotonic() + deadline

    def start(self, name, command, environment):
        self.nodes.append(Node(name, command, environment))
        return self.nodes[-1]

    def wait_for(self, what, holds):
        while not holds():
            if time.monotonic() > self.end:
                self.kill()
                pytest.fail(f"{what}: not in time\n{self.shown()}", pytrace=False)
            time.sleep(0.02)

    def finish(self, nodes=None):
        """Waits until the nodes (all, if none are named) ended well; as soon as one fails, so does the test."""
        nodes = nodes or self.nodes

        def ended():
            codes = [node.code for node in nodes]
            assert not any(codes), f"{codes}\n{self.shown()}"
            return None not in codes

        self.wait_for("the end", ended)
        return [node.output for node in nodes]

    def shown(self):
        return "\n".join(f"--- {node.name} ended with {node.code}\n{node.output}" for node in self.nodes)

    def kill(self):
        for node in self.nodes:
            if node.code is None and node.name == "launch":
                # Told to, it ends its nodes; killed, it could not.
                node.process.send_signal(signal.SIGTERM)
                try:
                    node.process.wait(20)
                except subprocess.TimeoutExpired:
                    pass
            node.process.kill()
            node.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()


def launch(options, command, fails_with=None, **environment):
    """Runs `mxkv launch` to its end; returns all output. It has to end well, or with `fails_with`."""
    with Cluster() as cluster:
        node = cluster.start("launch", [COMMAND, "launch", *options, "--", *command], {**os.environ, **OURS, **environment})
        cluster.wait_for("the end of the launcher", lambda: node.code is not None)
        assert node.code == (fails_with or 0), cluster.shown()
        return node.output
