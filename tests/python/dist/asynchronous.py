"""What each worker of the dist_async test does: servers apply every push when it comes, one after the other. In turns
the order is known; with equal gradients it does not matter. Both must give the bits of the frontend's own classes."""

import sys

import mxnet as mx
import numpy as np
from half import rounded

SHAPE = (4, 3)
STEPS = 6
MAKE = {
    "sgd": lambda: mx.optimizer.SGD(learning_rate=0.1, momentum=0.9, wd=0.01, rescale_grad=0.5),
    "sgd with a schedule": lambda: mx.optimizer.SGD(lr_scheduler=mx.lr_scheduler.FactorScheduler(step=3, factor=0.5, base_lr=0.2)),
    "adam": lambda: mx.optimizer.Adam(learning_rate=0.01, wd=0.01, clip_gradient=1.0),
}


class Job:
    def __init__(self):
        self.kv, self.next_key = mx.kv.create("dist_async"), 0

    def value(self, key):
        out = mx.nd.zeros(SHAPE)
        self.kv.pull(key, out=out)
        return out.asnumpy()

    def keys(self, count):
        self.next_key += count
        return range(self.next_key - count, self.next_key)

    def draw(self, *seed):
        return np.random.RandomState(list(seed)).standard_normal(SHAPE).astype("float32")

    def compare(self, name, wire=lambda gradient: gradient):
        kv, keys = self.kv, self.keys(2)
        local = mx.optimizer.get_updater(MAKE[name]())
        weights = {key: mx.nd.array(self.draw(1, key)) for key in keys}
        for key, weight in weights.items():
            kv.init(key, weight)
        kv.set_optimizer(MAKE[name]())
        kv._barrier()

        def check(what):
            for key, weight in weights.items():
                assert self.value(key).tobytes() == weight.asnumpy().tobytes(), f"{name}, key {key}: {what}"
            kv._barrier()

        for step in range(STEPS):
            for rank in range(kv.num_workers):
                for key, weight in weights.items():
                    gradient = self.draw(2, key, step, rank)
                    if rank == kv.rank:
                        kv.push(key, mx.nd.array(gradient))
                        # Has the answer to the push when it ends.
                        self.value(key)
                    local(key, mx.nd.array(wire(gradient)), weight)
                kv._barrier()
                check(f"push {step} of worker {rank}")
        if "schedule" in name:
            # A server's schedule follows the greatest count of its keys: the order between keys would matter.
            return
        for key, weight in weights.items():
            gradient = self.draw(3, key)
            for _ in range(STEPS):
                kv.push(key, mx.nd.array(gradient))
            self.value(key)
            for _ in range(STEPS * kv.num_workers):
                local(key, mx.nd.array(wire(gradient)), weight)
        kv._barrier()
        check("pushes of all workers at the same time")


def main():
    job = Job()
    for name in MAKE:
        job.compare(name)
    job.kv.set_gradient_compression({"type": "bf16"})
    job.compare("adam", lambda gradient: rounded(gradient, "bf16"))
    print(f"rank {job.kv.rank}: every push counted by itself", flush=True)


if __name__ == "__main__":
    sys.exit(main())
