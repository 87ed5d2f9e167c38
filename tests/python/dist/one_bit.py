"""What each worker of the 1bit test does: every pushed element arrives as +1 or -1, and what was cut off comes later."""

import sys

import mxnet as mx
import numpy as np
from mxnet.base import MXNetError

THRESHOLD = 0.1


def main():
    kv = mx.kv.create("dist_sync")
    kv.set_gradient_compression({"type": "1bit", "threshold": THRESHOLD})
    sizes = {0: 5, 1: 100, 2: 33, 3: 64}
    for key, size in sizes.items():
        kv.init(key, mx.nd.zeros((size,)))
    residuals = {(key, rank): np.zeros(size, "float32") for key, size in sizes.items() for rank in range(kv.num_workers)}
    for step in range(4):
        for key, size in sizes.items():
            wanted = np.zeros(size, "float32")
            for rank in range(kv.num_workers):
                gradient = np.random.RandomState([key, step, rank]).standard_normal(size).astype("float32")
                if rank == kv.rank:
                    kv.push(key, mx.nd.array(gradient))
                residual = residuals[key, rank]
                residual += gradient
                bits = np.where(residual > np.float32(THRESHOLD), np.float32(1), np.float32(-1))
                residual -= bits
                wanted += bits
            out = mx.nd.zeros((size,))
            kv.pull(key, out=out)
            assert (out.asnumpy() == wanted).all(), (key, step, out.asnumpy(), wanted)
            kv._barrier()
    for wrong in ({"type": "3bit"}, {"type": "1bit", "threshold": "x"}):
        try:
            kv.set_gradient_compression(wrong)
        except MXNetError:
            continue
        raise AssertionError(f"{wrong} was taken")
    kv._barrier()
    print(f"rank {kv.rank}: one bit is enough", flush=True)


if __name__ == "__main__":
    sys.exit(main())
