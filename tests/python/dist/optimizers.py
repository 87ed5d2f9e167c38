"""What each worker of the optimizer tests does: trains through servers without Python, and the same with the frontend's classes
in this process, step by step; every weight must have the same bits."""

import copy
import os
import sys

import mxnet as mx
import numpy as np

# Parameters beside the defaults, so that each optimizer shows its rules. All registered ones but SGLD, which is random.
DENSE = {
    "adadelta": {}, "adagrad": {"learning_rate": 0.1}, "adam": {}, "adamax": {}, "ccsgd": {"momentum": 0.5}, "dcasgd": {},
    "ftml": {"learning_rate": 0.01}, "ftrl": {}, "lamb": {}, "lars": {"momentum": 0.9}, "lbsgd": {"momentum": 0.9, "batch_scale": 2},
    "nadam": {}, "nag": {"momentum": 0.9}, "rmsprop": {"centered": True}, "sgd": {"momentum": 0.9}, "signum": {}, "test": {},
}
SPARSE = {
    "sgd": {"momentum": 0.9}, "adam": {}, "adagrad": {"learning_rate": 0.1}, "ftrl": {}, "groupadagrad": {"learning_rate": 0.1},
}
SCHEDULES = {
    "factor": lambda: mx.lr_scheduler.FactorScheduler(step=2, factor=0.5),
    "multifactor": lambda: mx.lr_scheduler.MultiFactorScheduler(step=[1, 3], factor=0.5),
    "poly": lambda: mx.lr_scheduler.PolyScheduler(max_update=6, base_lr=0.1),
    "cosine": lambda: mx.lr_scheduler.CosineScheduler(max_update=6, base_lr=0.1, warmup_steps=2),
}
SHAPE = (4, 3)
STEPS = 5


class Job:
    def __init__(self, kv):
        self.kv, self.next_key = kv, 0

    def keys(self, count):
        self.next_key += count
        return range(self.next_key - count, self.next_key)

    def draw(self, *seed):
        return np.random.RandomState(list(seed)).standard_normal(SHAPE).astype("float32")

    def compare(self, optimizer, label, stype="default", dtype="float32"):
        """Two keys, both with the optimizer's names for them."""
        keys = self.keys(2)
        local = mx.optimizer.get_updater(copy.deepcopy(optimizer))
        self.kv.set_optimizer(optimizer)
        weights = {key: mx.nd.array(self.draw(1, key), dtype=dtype).tostype(stype) for key in keys}
        for key, weight in weights.items():
            self.kv.init(key, weight)
        for step in range(STEPS):
            for key, weight in weights.items():
                gradients = [self.gradient(key, step, rank, stype, dtype) for rank in range(self.kv.num_workers)]
                # The original's pulls may write into what was pushed.
                self.kv.push(key, gradients[self.kv.rank].copy())
                total = gradients[0]
                for other in gradients[1:]:
                    total = total + other
                local(key, total, weight)
                self.same(key, weight, f"{label}, key {key}, step {step}")
        self.kv._barrier()

    def gradient(self, key, step, rank, stype, dtype):
        values = self.draw(2, key, step, rank)
        if stype != "default":
            values[(step + rank) % SHAPE[0]] = 0
        # Few digits, so that float16 sums are exact in any order.
        values = np.round(values * 16) / 16
        return mx.nd.array(values, dtype=dtype).tostype(stype)

    def same(self, key, wanted, label):
        if wanted.stype == "default":
            out = mx.nd.zeros(SHAPE, dtype=wanted.dtype)
            self.kv.pull(key, out=out)
        else:
            out = mx.nd.sparse.zeros("row_sparse", SHAPE, dtype=wanted.dtype)
            self.kv.row_sparse_pull(key, out=out, row_ids=mx.nd.arange(SHAPE[0]))
        got, want = out.asnumpy(), wanted.asnumpy()
        assert got.dtype == want.dtype and got.tobytes() == want.tobytes(), f"{label}\n{got}\n{want}"


def create(job, name, **parameters):
    first = job.next_key
    names = {first: "a_weight", first + 1: "b_bias"}
    return mx.optimizer.create(name, rescale_grad=0.5, param_idx2name=names, **parameters)


def main():
    job = Job(mx.kv.create("dist_sync"))
    for name, parameters in DENSE.items():
        # Its keys share a number; on two servers they share it with those on the same one.
        if name == "nadam" and os.environ["DMLC_NUM_SERVER"] != "1":
            continue
        job.compare(create(job, name, **parameters), name)
        if name != "test":
            job.compare(create(job, name, clip_gradient=0.5, wd=0.01, **parameters), f"{name} with decay and clipping")
    for name, parameters in SPARSE.items():
        job.compare(create(job, name, **parameters), f"{name} of rows", stype="row_sparse")
    for name, make in SCHEDULES.items():
        job.compare(create(job, "adam", lr_scheduler=make()), f"schedule {name}")
    multiplied = create(job, "sgd", wd=0.1)
    multiplied.set_lr_mult({"a_weight": 0.5, job.next_key + 1: 2.0})
    multiplied.set_wd_mult({"b_bias": 0.25})
    job.compare(multiplied, "multipliers")
    # The last: servers keep float32 copies of everything from then on.
    for name in ("sgd", "adam"):
        job.compare(create(job, name, multi_precision=True), f"{name} with float32 copies", dtype="float16")
    print(f"rank {job.kv.rank}: all optimizers agree", flush=True)


if __name__ == "__main__":
    sys.exit(main())
