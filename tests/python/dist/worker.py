"""What each worker of the cluster tests does; it ends with an error unless every sum is right."""

import sys

import mxnet as mx
import numpy as np


def dense(kv, total):
    sizes = {3: ((2, 3), "float32"), 99: ((1200, 1000), "float32"), 7: ((5, 2), "float16")}
    for key, (shape, dtype) in sizes.items():
        kv.init(key, mx.nd.zeros(shape, dtype=dtype))
    for step in range(1, 4):
        for key, (shape, dtype) in sizes.items():
            kv.push(key, mx.nd.ones(shape, dtype=dtype) * (kv.rank + 1) * step)
            out = mx.nd.zeros(shape, dtype=dtype)
            kv.pull(key, out=out)
            assert (out.asnumpy() == step * total).all(), (key, step, out)
            kv._barrier()


def pushpull(kv):
    kv.init(4, mx.nd.zeros((2, 3)))
    out = mx.nd.zeros((2, 3))
    kv.pushpull(4, mx.nd.ones((2, 3)), out=out)
    assert (out.asnumpy() == kv.num_workers).all(), out
    kv._barrier()


def rows(kv):
    kv.init(11, mx.nd.ones((4, 3)).tostype("row_sparse"))
    out = mx.nd.sparse.zeros("row_sparse", (4, 3))
    kv.row_sparse_pull(11, out=out, row_ids=mx.nd.array([1, 3, 1]))
    assert (out.asnumpy() == [[0] * 3, [1] * 3, [0] * 3, [1] * 3]).all(), out
    kv._barrier()


def compressed(kv):
    kv.set_gradient_compression({"type": "2bit", "threshold": 0.5})
    kv.init(21, mx.nd.zeros((40,)))
    kv._barrier()
    kv.push(21, mx.nd.ones((40,)) * 0.75)
    out = mx.nd.zeros((40,))
    kv.pull(21, out=out)
    assert np.allclose(out.asnumpy(), 0.5 * kv.num_workers), out
    kv._barrier()


def main():
    kv = mx.kv.create("dist_sync")
    dense(kv, sum(range(1, kv.num_workers + 1)))
    pushpull(kv)
    rows(kv)
    kv._send_command_to_servers(77, "ignored by every server")
    kv._barrier()
    compressed(kv)
    print(f"rank {kv.rank} of {kv.num_workers}: all sums are right", flush=True)


if __name__ == "__main__":
    sys.exit(main())
