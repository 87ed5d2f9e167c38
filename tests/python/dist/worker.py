"""What each worker of the cluster tests does; it ends with an error unless every sum is right."""

import sys

import mxnet as mx
import numpy as np

RATE = 0.25


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
    """Before there is an optimizer."""
    kv.init(11, mx.nd.ones((4, 3)).tostype("row_sparse"))
    out = mx.nd.sparse.zeros("row_sparse", (4, 3))
    kv.row_sparse_pull(11, out=out, row_ids=mx.nd.array([1, 3, 1]))
    assert (out.asnumpy() == [[0] * 3, [1] * 3, [0] * 3, [1] * 3]).all(), out
    kv._barrier()


def row_gradients(kv):
    """Rows of all workers meet on servers that update by them; the larger key is cut into parts."""
    kv.set_optimizer(mx.optimizer.SGD(learning_rate=RATE))
    shapes = {12: (6, 3), 13: (1200, 1000)}
    rows = {12: [0, 1, 3, 5], 13: [0, 599, 600, 1199]}
    for key, shape in shapes.items():
        kv.init(key, mx.nd.ones(shape).tostype("row_sparse"))
    wanted = {key: np.ones(shape, "float32") for key, shape in shapes.items()}
    for step in range(1, 4):
        for key, shape in shapes.items():
            for rank in range(kv.num_workers):
                # Everybody has the last row, and another one alone or with others.
                mine = [rows[key][(rank + step) % 3], rows[key][3]]
                value = np.full((2, shape[1]), (rank + 1) * step, "float32")
                wanted[key][mine] -= RATE * value
                if rank == kv.rank:
                    kv.push(key, mx.nd.sparse.row_sparse_array((value, mine), shape=shape))
            out = mx.nd.sparse.zeros("row_sparse", shape)
            kv.row_sparse_pull(key, out=out, row_ids=mx.nd.array([*rows[key], 2]))
            pulled = sorted([*rows[key], 2])
            assert out.indices.asnumpy().tolist() == pulled, (key, step, out.indices)
            assert (out.data.asnumpy() == wanted[key][pulled]).all(), (key, step, out.data, wanted[key][pulled])
            kv._barrier()


def compressed(kv):
    """Subtracted by the optimizer."""
    kv.set_gradient_compression({"type": "2bit", "threshold": 0.5})
    kv.init(21, mx.nd.zeros((40,)))
    kv._barrier()
    kv.push(21, mx.nd.ones((40,)) * 0.75)
    out = mx.nd.zeros((40,))
    kv.pull(21, out=out)
    assert np.allclose(out.asnumpy(), -RATE * 0.5 * kv.num_workers), out
    kv._barrier()


def main():
    kv = mx.kv.create("dist_sync")
    dense(kv, sum(range(1, kv.num_workers + 1)))
    pushpull(kv)
    rows(kv)
    kv._send_command_to_servers(77, "ignored by every server")
    kv._barrier()
    row_gradients(kv)
    compressed(kv)
    print(f"rank {kv.rank} of {kv.num_workers}: all sums are right", flush=True)


if __name__ == "__main__":
    sys.exit(main())
