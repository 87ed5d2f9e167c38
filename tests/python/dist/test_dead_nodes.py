"""Every node of a cluster can say who is dead: MXKVStoreGetNumDeadNode in each role."""

import pytest
from clusters import HERE, PYTHON, Cluster, at_loopback
from support import ORIGINAL

pytestmark = pytest.mark.skipif(ORIGINAL, reason="needs our library")


def test_a_killed_worker_counts_as_dead_in_every_role(tmp_path):
    environment = {**at_loopback(workers=2, servers=1), "PS_HEARTBEAT_INTERVAL": "1", "PS_HEARTBEAT_TIMEOUT": "2"}
    with Cluster() as cluster:
        nodes = {
            part: cluster.start(part, [*PYTHON, HERE / "dead_nodes.py", part, tmp_path], environment)
            for part in ("scheduler", "server", "worker", "victim")
        }
        del nodes["victim"]
        for part, output in zip(nodes, cluster.finish(list(nodes.values()))):
            assert f"{part} saw it" in output, cluster.shown()
