"""Optimizers on servers without Python, fed by the stock frontend."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support import ORIGINAL
from test_cluster import free_port

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
COMMAND = ROOT / "target" / "release" / "mxkv"
TIMEOUT = 300

pytestmark = pytest.mark.skipif(ORIGINAL, reason="needs our library")


def launch(workers, servers, *script, original=False, **environment):
    """Runs a script on every worker of a cluster, on the original library if asked for; returns all output."""
    paths = os.pathsep.join([str(ROOT / "bindings" / "python" / "src"), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": paths, **environment}
    python = ["env", "-u", "MXNET_LIBRARY_PATH", sys.executable] if original else [sys.executable]
    command = [COMMAND, "launch", "-n", str(workers), "-s", str(servers), "--", *python, "-W", "ignore", *map(str, script)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=TIMEOUT)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize("workers, servers, original", [(1, 1, False), (2, 2, False), (1, 1, True)])
def test_every_optimizer_gives_the_bits_of_the_frontend_class(workers, servers, original):
    output = launch(workers, servers, HERE / "optimizers.py", original=original)
    assert output.count("all optimizers agree") == workers, output


@pytest.mark.parametrize("workers, servers", [(1, 1), (2, 2)])
def test_the_trainer_reaches_the_servers(tmp_path, workers, servers):
    output = launch(workers, servers, HERE / "trainer.py", tmp_path)
    assert output.count("the trainer reaches the servers") == workers, output


def test_hostile_optimizers_are_refused_and_nothing_runs(tmp_path):
    output = launch(1, 2, HERE / "hostile.py", tmp_path / "mark")
    assert "nothing ran" in output, output
    assert not (tmp_path / "mark").exists()
    assert "refused an optimizer" in output, "the server's log names it"


@pytest.mark.parametrize("workers, servers", [(1, 2), (2, 2)])
def test_one_bit_compression(workers, servers):
    # Cut into two parts in the middle.
    output = launch(workers, servers, HERE / "one_bit.py", MXNET_KVSTORE_BIGARRAY_BOUND="64")
    assert output.count("one bit is enough") == workers, output


@pytest.mark.parametrize("workers, servers", [(1, 1), (2, 2)])
def test_half_compression(workers, servers):
    output = launch(workers, servers, HERE / "half.py", MXNET_KVSTORE_BIGARRAY_BOUND="64")
    assert output.count("halves are enough") == workers, output


@pytest.mark.parametrize("workers, servers", [(2, 1), (2, 2)])
def test_without_rounds_every_push_is_one_update(workers, servers):
    output = launch(workers, servers, HERE / "asynchronous.py")
    assert output.count("every push counted by itself") == workers, output


class Cluster:
    """Two workers and two servers, each a process of its own."""

    def __init__(self, folder):
        self.folder = folder
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT / "bindings" / "python" / "src"),
            "DMLC_PS_ROOT_URI": "127.0.0.1", "DMLC_PS_ROOT_PORT": str(free_port()), "DMLC_NODE_HOST": "127.0.0.1",
            "DMLC_NUM_WORKER": "2", "DMLC_NUM_SERVER": "2",
            "PS_HEARTBEAT_INTERVAL": "1", "PS_HEARTBEAT_TIMEOUT": "3", "MXKV_REJOIN_TIMEOUT": "60",
        }
        self.nodes = [self.start(role, COMMAND, role) for role in ("scheduler", "server", "server")]

    def start(self, role, *command):
        environment = {**self.environment, "DMLC_ROLE": role}
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return process

    def worker(self, how):
        worker = self.start("worker", sys.executable, "-W", "ignore", HERE / "resume.py", self.folder, how)
        self.nodes.append(worker)
        return worker

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.nodes:
            process.kill()
            process.wait()


def losses(*outputs):
    """{(rank, step): loss}"""
    found = {}
    for line in "\n".join(outputs).splitlines():
        if line.startswith("loss "):
            _, rank, step, value = line.split()
            found[int(rank), int(step)] = value
    return found


def finish(workers):
    outputs = [worker.communicate(timeout=TIMEOUT)[0] for worker in workers]
    assert not any(worker.returncode for worker in workers), "\n".join(outputs)
    return outputs


def test_training_goes_on_with_the_same_losses_after_a_worker_was_killed(tmp_path):
    with Cluster(tmp_path) as cluster:
        whole = losses(*finish([cluster.worker("whole"), cluster.worker("whole")]))
    assert len(whole) == 24
    with Cluster(tmp_path) as cluster:
        both = [cluster.worker("killed"), cluster.worker("killed")]
        while all(worker.poll() is None for worker in both):
            time.sleep(0.05)
        (killed,) = [worker for worker in both if worker.poll() is not None]
        (other,) = [worker for worker in both if worker is not killed]
        assert killed.returncode == -signal.SIGKILL, killed.communicate()[0]
        again = cluster.worker("again")
        outputs = [killed.communicate(timeout=TIMEOUT)[0], *finish([again, other])]
    assert losses(*outputs) == whole
    # And all of it anew, from the files.
    with Cluster(tmp_path) as cluster:
        restarted = losses(*finish([cluster.worker("restart"), cluster.worker("restart")]))
    assert restarted == {place: loss for place, loss in whole.items() if place[1] >= 6}
