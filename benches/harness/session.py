"""Sessions: how a number is obtained from a library, always in another process than this one."""

import json
import os
import select
import subprocess
import tempfile
import time

TIMEOUT_SECONDS = 300


class Failed(Exception):
    """A measured program failed; the text says which and why."""


def environment(side, extra=None):
    """The caller's environment with nothing in it that would steer MXNet or mxkv, but for `extra`."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("MXNET_", "DMLC_", "PS_", "MXKV_"))}
    if side is not None:
        clean["MXNET_LIBRARY_PATH"] = side.library
    clean.update(extra or {})
    return clean


class Loop:
    """A program that says "ready", and answers each line N with N times in seconds (see c/timed.h)."""

    def __init__(self, command, env=None, wait=True):
        self.command = command
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors
        )
        self.pending = b""
        if wait:
            self.wait_until_ready()

    def wait_until_ready(self):
        if self._line() != "ready":
            self._fail("did not start")

    def sample(self, count):
        self.ask(count)
        return self.answers(count)

    def ask(self, count):
        self._send(f"{count}\n")

    def answers(self, count):
        times = [float(word) for word in self._line().split()]
        if len(times) != count:
            self._fail(f"answered {len(times)} times instead of {count}")
        return times

    def close(self):
        """Lets the program check its results; anything but a clean exit is a failure."""
        self.process.stdin.close()
        try:
            status = self.process.wait(TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            self._fail("does not end")
        if status != 0:
            self._fail(f"ended with status {status}")

    def _send(self, text):
        try:
            self.process.stdin.write(text.encode())
            self.process.stdin.flush()
        except BrokenPipeError:
            self._fail("ended early")

    def _line(self):
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while b"\n" not in self.pending:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))
            if not ready:
                self._fail("does not answer")
            piece = os.read(self.process.stdout.fileno(), 1 << 16)
            if not piece:
                self._fail("ended early")
            self.pending += piece
        line, self.pending = self.pending.split(b"\n", 1)
        return line.decode()

    def _fail(self, what):
        self.process.kill()
        self.process.wait()
        self.errors.seek(0)
        tail = self.errors.read().decode(errors="replace").strip()[-2000:]
        raise Failed(f"{' '.join(self.command)}: {what}\n{tail}")


class Fresh:
    """One new process per sample; its last line of output is JSON, of which one field is the number."""

    def __init__(self, command, field, env=None):
        self.command, self.field, self.env = command, field, env

    def sample(self, count):
        return [self._one() for _ in range(count)]

    def _one(self):
        run = subprocess.run(
            self.command, env=self.env, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False
        )
        if run.returncode != 0:
            raise Failed(f"{' '.join(self.command)}: status {run.returncode}\n{run.stderr.strip()[-2000:]}")
        return float(json.loads(run.stdout.strip().splitlines()[-1])[self.field])

    def close(self):
        pass


class Fixed:
    """A number that does not vary, such as a file's size."""

    def __init__(self, number):
        self.number = number

    def sample(self, count):
        return [self.number] * count

    def close(self):
        pass
