"""Optimizers on servers without Python, fed by the stock frontend."""

import signal

import clusters
import pytest
from clusters import COMMAND, HERE, PYTHON, at_loopback
from support import ORIGINAL

pytestmark = pytest.mark.skipif(ORIGINAL, reason="needs our library")


def launch(workers, servers, *script, original=False, **environment):
    """Runs a script on every worker of a cluster, on the original library if asked for; returns all output."""
    python = ["env", "-u", "MXNET_LIBRARY_PATH", *PYTHON] if original else PYTHON
    return clusters.launch(["-n", workers, "-s", servers], [*python, *script], **environment)


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


class Cluster(clusters.Cluster):
    """Two workers and two servers, each a process of its own."""

    def __init__(self, folder):
        # A test has three of them.
        super().__init__(deadline=90)
        self.folder = folder
        self.environment = {
            **at_loopback(workers=2, servers=2),
            "PS_HEARTBEAT_INTERVAL": "1", "PS_HEARTBEAT_TIMEOUT": "3", "MXKV_REJOIN_TIMEOUT": "60",
        }
        for role in ("scheduler", "server", "server"):
            self.start(role, [COMMAND, role], {**self.environment, "DMLC_ROLE": role})

    def worker(self, how):
        command = [*PYTHON, HERE / "resume.py", self.folder, how]
        return self.start(f"worker ({how})", command, {**self.environment, "DMLC_ROLE": "worker"})


def losses(*outputs):
    """{(rank, step): loss}"""
    found = {}
    for line in "\n".join(outputs).splitlines():
        if line.startswith("loss "):
            _, rank, step, value = line.split()
            found[int(rank), int(step)] = value
    return found


def test_training_goes_on_with_the_same_losses_after_a_worker_was_killed(tmp_path):
    with Cluster(tmp_path) as cluster:
        whole = losses(*cluster.finish([cluster.worker("whole"), cluster.worker("whole")]))
    assert len(whole) == 24
    with Cluster(tmp_path) as cluster:
        both = [cluster.worker("killed"), cluster.worker("killed")]
        cluster.wait_for("the death of a worker", lambda: any(worker.code is not None for worker in both))
        (killed,) = [worker for worker in both if worker.code is not None]
        (other,) = [worker for worker in both if worker is not killed]
        assert killed.code == -signal.SIGKILL, cluster.shown()
        outputs = [killed.output, *cluster.finish([cluster.worker("again"), other])]
    assert losses(*outputs) == whole
    # And all of it anew, from the files.
    with Cluster(tmp_path) as cluster:
        restarted = losses(*cluster.finish([cluster.worker("restart"), cluster.worker("restart")]))
    assert restarted == {place: loss for place, loss in whole.items() if place[1] >= 6}
