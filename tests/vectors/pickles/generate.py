"""Writes cases.json: what Python's pickle makes of MXNet's optimizers. Run with the stock frontend on its own library."""

import base64
import json
import pickle
from pathlib import Path

import mxnet as mx
import numpy as np

mx.random.seed(1)
np.random.seed(1)

PARAMS = {
    "sgd": {"momentum": 0.9, "lazy_update": False},
    "ccsgd": {"momentum": 0.25},
    "nag": {"momentum": 0.5},
    "signum": {"momentum": 0.8, "wd_lh": 0.01},
    "ftml": {"beta1": 0.5, "beta2": 0.99, "epsilon": 1e-7},
    "lars": {"momentum": 0.7, "eta": 0.002, "eps": 1e-9, "momentum_correction": False, "lazy_update": False},
    "lbsgd": {"momentum": 0.6, "warmup_strategy": "sqrt", "warmup_epochs": 3, "batch_scale": 2, "updates_per_epoch": 8,
              "begin_epoch": 1, "num_epochs": 50},
    "lamb": {"beta1": 0.8, "beta2": 0.99, "epsilon": 1e-5, "lower_bound": 0.01, "upper_bound": 10.0, "bias_correction": False},
    "dcasgd": {"lamda": 0.05},
    "sgld": {},
    "adam": {"beta1": 0.8, "beta2": 0.99, "epsilon": 1e-6, "lazy_update": False},
    "adagrad": {"eps": 1e-6},
    "rmsprop": {"gamma1": 0.8, "gamma2": 0.7, "epsilon": 1e-6, "centered": True, "clip_weights": 5.0},
    "adadelta": {"rho": 0.8, "epsilon": 1e-4},
    "ftrl": {"lamda1": 0.02, "beta": 2},
    "adamax": {"beta1": 0.8, "beta2": 0.99},
    "nadam": {"beta1": 0.8, "beta2": 0.99, "epsilon": 1e-7, "schedule_decay": 0.005},
    "groupadagrad": {"eps": 1e-4},
    "test": {},
}

SCHEDULERS = {
    "factor": lambda: mx.lr_scheduler.FactorScheduler(step=2, factor=0.5, stop_factor_lr=1e-3, base_lr=0.2, warmup_steps=1,
                                                      warmup_begin_lr=0.01, warmup_mode="constant"),
    "multifactor": lambda: mx.lr_scheduler.MultiFactorScheduler(step=[2, 4], factor=0.5, base_lr=0.2),
    "poly": lambda: mx.lr_scheduler.PolyScheduler(max_update=20, base_lr=0.2, pwr=3, final_lr=0.01),
    "cosine": lambda: mx.lr_scheduler.CosineScheduler(max_update=20, base_lr=0.2, final_lr=0.01, warmup_steps=2),
}


def shape_of(name):
    return (3, 2)


def gradient(stype, dtype, row=None):
    """All rows, or one."""
    values = np.random.standard_normal((3, 2))
    if row is not None:
        values[np.arange(3) != row] = 0
    return mx.nd.array(values, dtype=dtype).tostype(stype)


def case(name, protocol, steps=0, scheduler=None, dtype="float32", stype="default", row_by_row=False, **common):
    """One optimizer, after some updates of keys 0 and 3, pickled alone, its states, and both. `row_by_row`: each gradient has
    the row after that of the one before."""
    row = lambda step: step % 3 if row_by_row else None
    arguments = {**PARAMS[name], **common}
    if scheduler:
        arguments["lr_scheduler"] = SCHEDULERS[scheduler]()
    optimizer = mx.optimizer.create(name, **arguments)
    if common.get("param_idx2name"):
        optimizer.set_lr_mult({0: 0.5, "b_bias": 2.0})
        optimizer.set_wd_mult({3: 0.25})
    updater = mx.optimizer.get_updater(optimizer)
    start = np.random.standard_normal((3, 2))
    weights = {index: mx.nd.array(start, dtype=dtype).tostype(stype) for index in (0, 3)}
    for step in range(steps):
        for index, weight in weights.items():
            if index == 0 or step % 2:
                updater(index, gradient(stype, dtype, row(step)), weight)
    encode = lambda value: base64.b64encode(pickle.dumps(value, protocol)).decode()
    found = {
        "name": name, "protocol": protocol, "steps": steps, "scheduler": scheduler, "dtype": dtype, "stype": stype,
        "params": PARAMS[name], "common": {k: v for k, v in common.items() if k != "param_idx2name"},
        "param_idx2name": common.get("param_idx2name"),
        "optimizer": encode(optimizer),
    }
    if steps:
        found["states"] = encode(updater.states)
        found["both"] = encode((updater.states, optimizer))
        # What the next update of key 0 gives: the reader's result must go on from here with the same bits.
        grad = gradient(stype, dtype, row(steps))
        found["start_hex"] = weights[0].asnumpy().tobytes().hex()
        found["grad_hex"] = grad.asnumpy().tobytes().hex()
        updater(0, grad, weights[0])
        found["next_hex"] = weights[0].asnumpy().tobytes().hex()
        found["num_update"] = optimizer.num_update
    return found


def main():
    cases = []
    for name in PARAMS:
        for protocol in range(6):
            cases.append(case(name, protocol))
        rate = {} if name in ("test",) else {"learning_rate": 0.05}
        decay = {} if name == "groupadagrad" else {"wd": 0.01}
        names = {0: "a_weight", 3: "b_bias"}
        for protocol in (0, 2, 4, 5):
            cases.append(case(name, protocol, steps=4, rescale_grad=0.5, clip_gradient=0.75, param_idx2name=names, **rate, **decay))
        cases.append(case(name, 4, steps=3, dtype="float16", multi_precision=True, **rate))
    for name in ("sgd", "adam", "lars"):
        for scheduler in SCHEDULERS:
            for steps in (0, 5):
                for protocol in (0, 4):
                    cases.append(case(name, protocol, steps=steps, scheduler=scheduler))
    for name in ("sgd", "adam", "adagrad", "ftrl", "groupadagrad"):
        cases.append(case(name, 4, steps=3, stype="row_sparse"))
    # The sum that is not used yet has one row, the next gradient another one, and the third row must stay as it is.
    cases.append(case("lbsgd", 4, steps=3, stype="row_sparse", row_by_row=True, learning_rate=0.05, wd=0.01))
    cases = [found for found in cases if found["name"] != "sgld" or not found["steps"]]
    text = ",\n".join(json.dumps(found) for found in cases)
    (Path(__file__).parent / "cases.json").write_text(f"[\n{text}\n]\n")
    print(len(cases), "cases")


main()
