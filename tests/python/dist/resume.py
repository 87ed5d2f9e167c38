"""A worker that trains a line fit with Adam on the servers. `resume.py FOLDER HOW`:

whole    all steps
killed   rank 0 saves after half of them; then rank 1 is killed and rank 0 goes on
again    rank 1 in place of the killed one: loads the states and goes on
restart  a new cluster goes on from what was saved
"""

import os
import signal
import sys

import mxkv.frontend
import mxnet as mx
import numpy as np

STEPS, HALF = 12, 6
FOLDER, HOW = sys.argv[1:]
STATES, WEIGHTS = f"{FOLDER}/states", f"{FOLDER}/weights"


def batch(rank, step):
    """Ten points of a noisy plane."""
    random = np.random.RandomState([rank, step])
    x = random.standard_normal((10, 4)).astype("float32")
    return x, x @ np.arange(4, dtype="float32") + 3 + 0.1 * random.standard_normal(10).astype("float32")


def pull(kv):
    slope, offset = mx.nd.zeros((4,)), mx.nd.zeros((1,))
    kv.pull(0, out=slope)
    kv.pull(1, out=offset)
    return slope.asnumpy(), offset.asnumpy()


def main():
    kv = mx.kv.create("dist_sync")
    kv.set_optimizer(mx.optimizer.Adam(learning_rate=0.1))
    first = [mx.nd.zeros((4,)), mx.nd.zeros((1,))]
    begin = 0
    if HOW == "restart":
        first, begin = mx.nd.load(WEIGHTS), HALF
    kv.init([0, 1], first)
    if HOW in ("again", "restart"):
        kv.load_optimizer_states(STATES)
        begin = HALF
    if HOW == "restart":
        kv._barrier()
    for step in range(begin, STEPS):
        if step == HALF and HOW == "killed":
            kv._barrier()
            if kv.rank == 0:
                kv.save_optimizer_states(STATES)
                mx.nd.save(WEIGHTS, [mx.nd.array(part) for part in pull(kv)])
            kv._barrier()
            if kv.rank == 1:
                os.kill(os.getpid(), signal.SIGKILL)
        slope, offset = pull(kv)
        x, y = batch(kv.rank, step)
        error = x @ slope + offset - y
        print(f"loss {kv.rank} {step} {float((error ** 2).mean()).hex()}", flush=True)
        kv.push(0, mx.nd.array(2 * x.T @ error / 10))
        kv.push(1, mx.nd.array([2 * error.mean()]))
    pull(kv)


main()
