"""What `sums` of node.clj does, in Python: one worker among others of all kinds."""

import mxnet as mx


def main():
    kv = mx.kv.create("dist_sync")
    total = kv.num_workers * (kv.num_workers + 1) / 2
    shapes = {"small": (3,), "big": (1200, 1000)}
    kv.init(list(shapes), [mx.nd.zeros(shape) for shape in shapes.values()])
    for step in (1, 2, 3):
        for key, shape in shapes.items():
            kv.push(key, mx.nd.ones(shape) * ((kv.rank + 1) * step))
            out = mx.nd.zeros(shape)
            kv.pull(key, out=out)
            assert (out.asnumpy() == step * total).all(), (key, step, out)
            kv._barrier()
    kv._barrier()
    print("all sums are right", flush=True)


main()
