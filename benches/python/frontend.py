"""kvloop's loop through MXNet's stock Python frontend, on the library that MXNET_LIBRARY_PATH names.

    frontend.py [--sizes FILE | --keys N --floats N] [--contexts N] [--calls one|each] [--store TYPE]
                [--optimizer none|momentum|adam] [--native] [--unchecked]

Speaks kvloop's protocol (see ../c/kvloop.c). With an optimizer the store gets MXNet's own Python updater
through kv.set_optimizer, as Module and Trainer do; with --native its own, where the library has that.
"""

import argparse
import ctypes
import sys
import time

import mxnet as mx
import numpy as np


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes")
    parser.add_argument("--keys", type=int, default=1000)
    parser.add_argument("--floats", type=int, default=256)
    parser.add_argument("--contexts", type=int, default=1)
    parser.add_argument("--calls", choices=["one", "each"], default="one")
    parser.add_argument("--store", default="local")
    parser.add_argument("--optimizer", choices=["none", "momentum", "adam"], default="none")
    parser.add_argument("--native", action="store_true")
    parser.add_argument("--unchecked", action="store_true", help="do not check the results")
    return parser.parse_args()


NATIVE = {
    "momentum": b'{"name": "sgd", "params": {"learning_rate": 0.01, "momentum": 0.9, "wd": 1e-4}}',
    "adam": b'{"name": "adam", "params": {"learning_rate": 0.001}}',
}


def set_native(store, name):
    """False if the library has no optimizers of its own."""
    library = mx.base._LIB
    if not hasattr(library, "mxkv_kvstore_set_optimizer_json"):
        return False
    mx.base.check_call(library.mxkv_kvstore_set_optimizer_json(store.handle, ctypes.c_char_p(NATIVE[name])))
    return True


def optimizer(name):
    if name == "momentum":
        return mx.optimizer.SGD(learning_rate=0.01, momentum=0.9, wd=1e-4)
    return mx.optimizer.Adam(learning_rate=0.001)


class Loop:
    def __init__(self, options):
        self.options = options
        sizes = [options.floats] * options.keys
        if options.sizes:
            with open(options.sizes) as file:
                sizes = [int(line) for line in file]
        self.keys = list(range(len(sizes)))
        contexts = [mx.cpu(i) for i in range(options.contexts)]
        self.store = mx.kv.create(options.store)
        self.values, self.outs, self.sums = [], [], []
        for key, size in enumerate(sizes):
            self.store.init(key, mx.nd.zeros(size))
            # Small whole numbers, so that sums are exact in any order.
            contents = [((key + 3 * i + np.arange(size)) % 61).astype("float32") for i in range(len(contexts))]
            self.values.append([mx.nd.array(x, ctx=c) for x, c in zip(contents, contexts)])
            self.outs.append([mx.nd.zeros(size, ctx=c) for c in contexts])
            self.sums.append(sum(contents))
        is_native = options.native and set_native(self.store, options.optimizer)
        if options.optimizer != "none" and not is_native:
            self.store.set_optimizer(optimizer(options.optimizer))
        mx.nd.waitall()

    def run(self):
        store, keys, values, outs = self.store, self.keys, self.values, self.outs
        if self.options.calls == "one":
            store.push(keys, values)
            store.pull(keys, out=outs)
        else:
            for key, value in zip(keys, values):
                store.push(key, value)
            for key, out in zip(keys, outs):
                store.pull(key, out=out)
        mx.nd.waitall()

    def verify(self):
        """Without an optimizer every out is the sum over all workers; with one, every out is finite and has moved."""
        for key, total in zip(self.keys, self.sums):
            for out in self.outs[key]:
                got = out.asnumpy()
                if self.options.optimizer == "none":
                    assert np.array_equal(got, total * self.store.num_workers), f"key {key}: wrong sum"
                else:
                    assert np.isfinite(got).all() and (got[total != 0] != 0).all(), f"key {key}: not updated"


def main():
    options = parse()
    loop = Loop(options)
    print("ready", flush=True)
    for line in sys.stdin:
        loop.run()
        times = []
        for _ in range(int(line)):
            start = time.perf_counter()
            loop.run()
            times.append(time.perf_counter() - start)
        print(*(f"{t:.9f}" for t in times), flush=True)
    loop.run()
    if not options.unchecked:
        loop.verify()


if __name__ == "__main__":
    main()
