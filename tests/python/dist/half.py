"""What each worker of the fp16 and bf16 tests does: every pushed element arrives rounded, the sum is made in float32."""

import sys

import mxnet as mx
import numpy as np
from mxnet.base import MXNetError


def rounded(values, kind):
    if kind == "fp16":
        return values.astype("float16").astype("float32")
    bits = values.view("uint32")
    return ((bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000).astype("uint32").view("float32")


def gradient(key, step, rank, size):
    draw = np.random.RandomState([key, step, rank])
    # Over many powers of two, also beyond float16 at both ends.
    return (draw.standard_normal(size) * 2.0 ** draw.randint(-30, 19, size)).astype("float32")


def train(kv, keys, kind, steps):
    """Pushes to the cluster, and the same to a store of this process; both must give the numbers of the slow twin."""
    kv.set_gradient_compression({"type": kind})
    local = mx.kv.create("device")
    local.set_gradient_compression({"type": kind})
    for key, size in keys.items():
        local.init(key, mx.nd.zeros((size,)))
    for step in steps:
        for key, size in keys.items():
            gradients = [gradient(key, step, rank, size) for rank in range(kv.num_workers)]
            with np.errstate(over="ignore"):
                wanted = sum(rounded(g, kind) for g in gradients)
            mine = mx.nd.array(gradients[kv.rank])
            out = mx.nd.zeros((size,))
            if step % 2:
                kv.pushpull(key, mine, out=out)
            else:
                kv.push(key, mine)
                kv.pull(key, out=out)
            assert mine.asnumpy().tobytes() == gradients[kv.rank].tobytes(), "the gradient itself stays"
            assert np.array_equal(out.asnumpy(), wanted, equal_nan=True), (kind, key, step, out.asnumpy(), wanted)
            local.push(key, [mx.nd.array(g, ctx=mx.cpu(device)) for device, g in enumerate(gradients)])
            local.pull(key, out=out)
            assert np.array_equal(out.asnumpy(), wanted, equal_nan=True), (kind, key, step, "device")
            kv._barrier()


def main():
    kv = mx.kv.create("dist_sync")
    # Known before compression is, and cut like all others.
    keys = {0: 5, 1: 129}
    for key, size in keys.items():
        kv.init(key, mx.nd.zeros((size,)))
    for kind, others in (("fp16", {2: 33, 3: 1000}), ("bf16", {4: 64, 5: 1})):
        kv.set_gradient_compression({"type": kind})
        for key, size in others.items():
            kv.init(key, mx.nd.zeros((size,)))
        keys.update(others)
        train(kv, keys, kind, range(4))
    for wrong, word in (({"type": "fp16", "threshold": 0.5}, "threshold"), ({"type": "fp8"}, "fp8")):
        try:
            kv.set_gradient_compression(wrong)
        except MXNetError as error:
            assert word in str(error), error
        else:
            raise AssertionError(f"{wrong} was taken")
    kv._barrier()
    print(f"rank {kv.rank}: halves are enough", flush=True)


def refused():
    """Among the servers is one of the original."""
    kv = mx.kv.create("dist_sync")
    kv.init(0, mx.nd.zeros((4,)))
    try:
        kv.set_gradient_compression({"type": "fp16"})
    except MXNetError as error:
        assert "fp16" in str(error) and "needs servers of mxkv" in str(error) and f"server {sys.argv[2]}" in str(error), error
    else:
        raise AssertionError("a server of the original took fp16")
    # Nothing has changed.
    kv.push(0, mx.nd.ones((4,)) / 3)
    out = mx.nd.zeros((4,))
    kv.pull(0, out=out)
    third = np.float32(1) / np.float32(3)
    assert (out.asnumpy() == third * kv.num_workers).all(), out.asnumpy()
    kv._barrier()
    print(f"rank {kv.rank}: halves are refused", flush=True)


if __name__ == "__main__":
    sys.exit(refused() if sys.argv[1:2] == ["refused"] else main())
