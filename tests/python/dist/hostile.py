"""A worker that sends what must not run."""

import os
import pickle
import sys

import mxnet as mx
import numpy as np
from mxnet.base import MXNetError

MARK = sys.argv[1]


class Shell:
    def __reduce__(self):
        return os.system, (f"touch {MARK}",)


class Mine(mx.optimizer.SGD):
    pass


def refused(action, *words):
    try:
        action()
    except MXNetError as error:
        missing = [word for word in words if word not in str(error)]
        assert not missing, f"{missing} are missing in: {error}"
    else:
        raise AssertionError(f"{words} were taken")


def main():
    kv = mx.kv.create("dist_sync")
    kv.init(3, mx.nd.ones((2,)))

    def send(body):
        return lambda: kv._send_command_to_servers(0, body)

    refused(send(pickle.dumps(Shell(), 0).decode()), "system")
    refused(lambda: kv.set_optimizer(Mine()), "__main__.Mine")
    with_shell = mx.optimizer.SGD()
    with_shell.extra = Shell()
    refused(lambda: kv.set_optimizer(with_shell), "system")
    refused(send("(" * 100_000 + "."), "deeper")
    refused(send("cos\nsystem\n"), "os.system")
    whole = pickle.dumps(mx.optimizer.Adam(), 0).decode()
    for end in range(0, len(whole), 7):
        refused(send(whole[:end]))
    refused(send("rO0ABXNyABFqYXZhLnV0aWwuSGFzaE1hcA=="), "java.util.HashMap")
    # A refused optimizer is no reason to take gradients for weights.
    kv.push(3, mx.nd.ones((2,)))
    refused(mx.nd.waitall, "refused") if kv.num_workers == 1 else None
    out = mx.nd.zeros((2,))
    kv.pull(3, out=out)
    assert (out.asnumpy() == 1).all(), out
    # And the server lives.
    kv.set_optimizer(mx.optimizer.SGD(learning_rate=0.5))
    kv.push(3, mx.nd.ones((2,)))
    kv.pull(3, out=out)
    assert np.allclose(out.asnumpy(), 0.5), out
    assert not os.path.exists(MARK), "the server ran it"
    print("nothing ran", flush=True)


main()
