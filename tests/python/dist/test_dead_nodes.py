"""Every node of a cluster can say who is dead: MXKVStoreGetNumDeadNode in each role."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support import ORIGINAL
from clusters import free_port

SCRIPT = Path(__file__).resolve().parent / "dead_nodes.py"
TIMEOUT = 120

pytestmark = pytest.mark.skipif(ORIGINAL, reason="needs our library")


def test_a_killed_worker_counts_as_dead_in_every_role(tmp_path):
    environment = {
        **os.environ,
        "DMLC_PS_ROOT_URI": "127.0.0.1", "DMLC_PS_ROOT_PORT": str(free_port()), "DMLC_NODE_HOST": "127.0.0.1",
        "DMLC_NUM_WORKER": "2", "DMLC_NUM_SERVER": "1", "PS_HEARTBEAT_INTERVAL": "1", "PS_HEARTBEAT_TIMEOUT": "2",
    }
    parts = ["scheduler", "server", "worker", "victim"]
    nodes = {}
    try:
        for part in parts:
            nodes[part] = subprocess.Popen(
                [sys.executable, "-W", "ignore", SCRIPT, part, tmp_path],
                env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            )
        for part in ("worker", "server", "scheduler"):
            output = nodes[part].communicate(timeout=TIMEOUT)[0]
            assert f"{part} saw it" in output and nodes[part].returncode == 0, output
    finally:
        for process in nodes.values():
            process.kill()
            process.wait()
