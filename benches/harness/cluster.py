"""Whole clusters on loopback: the stock frontend in the workers, on the side's library in every role.

Our scheduler and servers need no Python; the original's are its frontend.
"""

import re
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from .session import TIMEOUT_SECONDS, Failed, Loop, environment


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Cluster:
    """A loop that all workers run together; the slowest of them counts."""

    def __init__(self, side, workers, servers, options):
        self.begun = time.perf_counter()
        self.errors = tempfile.TemporaryFile()
        common = environment(side, {
            "DMLC_PS_ROOT_URI": "127.0.0.1", "DMLC_PS_ROOT_PORT": str(free_port()), "DMLC_NODE_HOST": "127.0.0.1",
            "DMLC_NUM_WORKER": str(workers), "DMLC_NUM_SERVER": str(servers),
        })
        roles = ["scheduler"] + ["server"] * servers
        self.services = [self._service(side, role, {**common, "DMLC_ROLE": role}) for role in roles]
        command = [side.python, "-W", "ignore", side.tools.frontend, "--store", "dist_sync", *options]
        if side.name == "real" and workers > 1:
            # Its pull writes to the array that was pushed, so that sums grow from loop to loop.
            command.append("--unchecked")
        try:
            own = {**common, "DMLC_ROLE": "worker"}
            self.workers = [Loop(command, own, wait=False) for _ in range(workers)]
            for worker in self.workers:
                worker.wait_until_ready()
        except Failed:
            self._kill()
            raise
        self.start_seconds = time.perf_counter() - self.begun

    def _service(self, side, role, env):
        command = [side.python, "-W", "ignore", "-c", "import mxnet"]
        if side.name == "ours":
            command = [str(Path(side.library).parent / "mxkv"), role]
        return subprocess.Popen(command, env=env, stdout=self.errors, stderr=self.errors)

    def sample(self, count):
        for worker in self.workers:
            worker.ask(count)
        return [max(times) for times in zip(*(worker.answers(count) for worker in self.workers))]

    def server_peak(self):
        """The largest resident memory that any server ever had."""
        peaks = []
        for server in self.services[1:]:
            status = Path(f"/proc/{server.pid}/status").read_text()
            peaks.append(int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) * 1024)
        return max(peaks)

    def close(self):
        try:
            for worker in self.workers:
                worker.process.stdin.close()
            for worker in self.workers:
                worker.close()
            for service in self.services:
                if service.wait(TIMEOUT_SECONDS) != 0:
                    raise Failed(f"{' '.join(service.args)}: ended with status {service.returncode}")
        except subprocess.TimeoutExpired as late:
            raise Failed(f"the cluster does not end: {late}") from late
        finally:
            self._kill()

    def _kill(self):
        for worker in getattr(self, "workers", []):
            worker.process.kill()
        for service in self.services:
            service.kill()
            service.wait()


class Starts:
    """How long a cluster takes until its workers have met; a new one for each sample."""

    def __init__(self, *cluster):
        self.cluster = cluster

    def sample(self, count):
        times = []
        for _ in range(count):
            cluster = Cluster(*self.cluster)
            times.append(cluster.start_seconds)
            cluster.close()
        return times

    def close(self):
        pass


class ServerMemory(Cluster):
    """What the servers take at most while they serve a few rounds."""

    def sample(self, count):
        super().sample(3)
        return [self.server_peak()] * count
