"""Clusters of real processes on loopback: ours, and ours mixed with the original's."""

import itertools
import uuid
from pathlib import Path

import pytest
from clusters import COMMAND, HERE, PYTHON, Cluster, at_loopback, launch
from support import ORIGINAL

WORKER = [*PYTHON, HERE / "worker.py"]

pytestmark = pytest.mark.skipif(ORIGINAL, reason="needs our library")


def test_launch_runs_a_cluster_without_python_on_the_servers():
    output = launch(["-n", 2, "-s", 2], WORKER)
    assert output.count("all sums are right") == 2, output


def test_launch_ends_everything_when_a_worker_fails():
    mark = f"MXKV_TEST_MARK={uuid.uuid4()}"
    output = launch(["-n", 1, "-s", 1, "--env", mark], [*PYTHON, "-c", "import sys; sys.exit(7)"], fails_with=7)
    assert "worker 0 failed" in output
    left = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (process / "environ").read_bytes():
                left.append((process / "cmdline").read_text())
        except OSError:
            pass  # ended meanwhile, or another user's
    assert not left


def node(cluster, role, kind, environment, worker):
    """One process of a cluster. `kind`: ours or real, the library under the stock frontend; bare, our own command."""
    environment = {**environment, "DMLC_ROLE": role}
    if kind == "real":
        environment.pop("MXNET_LIBRARY_PATH")
    if kind == "bare":
        command = [COMMAND, role]
    elif role == "worker":
        command = worker
    else:
        command = [*PYTHON, "-c", "import mxnet"]
    return cluster.start(f"{role} ({kind})", command, environment)


def run_cluster(scheduler, servers, workers, worker=WORKER, says="all sums are right"):
    environment = at_loopback(len(workers), len(servers))
    roles = [("scheduler", scheduler), *(("server", kind) for kind in servers), *(("worker", kind) for kind in workers)]
    with Cluster() as cluster:
        for role, kind in roles:
            node(cluster, role, kind, environment, worker)
        outputs = cluster.finish()
        assert sum(output.count(says) for output in outputs) == len(workers), cluster.shown()


@pytest.mark.parametrize(
    "scheduler, servers, workers",
    [("bare", ["bare", "real"], ["real", "ours"]), ("real", ["ours", "bare"], ["ours", "real"])],
)
def test_a_mixed_cluster_gets_the_sums_right(scheduler, servers, workers):
    run_cluster(scheduler, servers, workers)


def test_servers_of_the_original_are_named_where_halves_are_asked_for():
    run_cluster("bare", ["real"], ["ours"] * 2, [*PYTHON, HERE / "half.py", "refused", "0"], "halves are refused")


@pytest.mark.slow
@pytest.mark.parametrize("scheduler, servers, workers", itertools.product(["ours", "real"], repeat=3))
def test_every_combination_of_ours_and_real_gets_the_sums_right(scheduler, servers, workers):
    run_cluster(scheduler, [servers] * 2, [workers] * 2)
