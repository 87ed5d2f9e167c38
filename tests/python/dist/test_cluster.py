"""Clusters of real processes on loopback: ours, and ours mixed with the original's."""

import itertools
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from support import ORIGINAL

HERE = Path(__file__).resolve().parent
COMMAND = Path(__file__).resolve().parents[3] / "target" / "release" / "mxkv"
WORKER = [sys.executable, "-W", "ignore", str(HERE / "worker.py")]
TIMEOUT = 180

pytestmark = pytest.mark.skipif(ORIGINAL, reason="needs our library")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_launch_runs_a_cluster_without_python_on_the_servers():
    done = subprocess.run(
        [COMMAND, "launch", "-n", "2", "-s", "2", "--", *WORKER], capture_output=True, text=True, timeout=TIMEOUT
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("all sums are right") == 2, done.stdout


def test_launch_ends_everything_when_a_worker_fails():
    fail = [sys.executable, "-c", "import sys; sys.exit(7)"]
    done = subprocess.run(
        [COMMAND, "launch", "-n", "1", "-s", "1", "--", *fail], capture_output=True, text=True, timeout=TIMEOUT
    )
    assert done.returncode == 7
    assert "worker 0 failed" in done.stderr


def node(role, kind, environment, worker=WORKER):
    """One process of a cluster. `kind`: ours or real, the library under the stock frontend; bare, our own command."""
    environment = {**environment, "DMLC_ROLE": role}
    if kind == "real":
        environment.pop("MXNET_LIBRARY_PATH")
    if kind == "bare":
        command = [COMMAND, role]
    elif role == "worker":
        command = worker
    else:
        command = [sys.executable, "-W", "ignore", "-c", "import mxnet"]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def run_cluster(scheduler, servers, workers, worker=WORKER, says="all sums are right"):
    environment = {
        **os.environ,
        "DMLC_PS_ROOT_URI": "127.0.0.1",
        "DMLC_PS_ROOT_PORT": str(free_port()),
        "DMLC_NODE_HOST": "127.0.0.1",
        "DMLC_NUM_WORKER": str(len(workers)),
        "DMLC_NUM_SERVER": str(len(servers)),
    }
    roles = [("scheduler", scheduler), *(("server", kind) for kind in servers), *(("worker", kind) for kind in workers)]
    nodes = [node(role, kind, environment, worker) for role, kind in roles]
    try:
        outputs = [process.communicate(timeout=TIMEOUT)[0] for process in nodes]
    finally:
        for process in nodes:
            process.kill()
    shown = "\n".join(f"--- {role} ({kind})\n{output}" for (role, kind), output in zip(roles, outputs))
    codes = [process.returncode for process in nodes]
    assert not any(codes), f"{codes}\n{shown}"
    assert sum(output.count(says) for output in outputs) == len(workers), shown


@pytest.mark.parametrize(
    "scheduler, servers, workers",
    [("bare", ["bare", "real"], ["real", "ours"]), ("real", ["ours", "bare"], ["ours", "real"])],
)
def test_a_mixed_cluster_gets_the_sums_right(scheduler, servers, workers):
    run_cluster(scheduler, servers, workers)


def test_servers_of_the_original_are_named_where_halves_are_asked_for():
    refused = [sys.executable, "-W", "ignore", str(HERE / "half.py"), "refused"]
    run_cluster("bare", ["real"], ["ours"] * 2, [*refused, "0"], "halves are refused")


@pytest.mark.slow
@pytest.mark.parametrize("scheduler, servers, workers", itertools.product(["ours", "real"], repeat=3))
def test_every_combination_of_ours_and_real_gets_the_sums_right(scheduler, servers, workers):
    run_cluster(scheduler, [servers] * 2, [workers] * 2)
