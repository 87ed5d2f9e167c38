"""Optimizers that the store runs itself, through the library's own C functions: the recorded values of the original, and
step by step the same bits as the frontend's classes as updaters."""

import ctypes
import json

from support import *
from test_recorded import CLASSES, array, as_index, gradient, load, row_sparse

pytestmark = pytest.mark.ours("its own functions")


def set_native(store, description):
    check_call(_LIB.mxkv_kvstore_set_optimizer_json(store.handle, c_str(json.dumps(description))))


def described(case):
    """A recorded case as the library's description of an optimizer."""
    kept = ["lr_scheduler", "lr_mult", "wd_mult", "param_idx2name"]
    return {"name": case["optimizer"], "params": case["params"], "mxnet_1_9_1": True} | {k: case[k] for k in kept if k in case}


def stored(store, key, like):
    if like.stype == "default":
        out = mx.nd.zeros(like.shape, dtype=like.dtype)
        store.pull(key, out)
        return out
    out = mx.nd.sparse.zeros("row_sparse", like.shape, dtype=like.dtype)
    store.row_sparse_pull(key, out, row_ids=mx.nd.arange(like.shape[0]))
    return out.tostype("default")


@pytest.mark.parametrize("case", CLASSES, ids=lambda case: case["name"])
def test_a_store_updates_as_recorded(case):
    data = load(case)
    weights = {as_index(w["index"]): w for w in data["weights"]}
    start = {key: array(w["init_hex"], w["shape"], w["dtype"], w["stype"]) for key, w in weights.items()}
    texts = any(isinstance(key, str) for key in weights)
    name = str if texts else int
    store = mx.kv.create("local")
    for key, value in start.items():
        store.init(name(key), value)
    set_native(store, described(data))
    for number, update in enumerate(data["updates"]):
        key = as_index(update["index"])
        store.push(name(key), gradient(update["grad"], weights[key]))
        got = stored(store, name(key), start[key])
        want = array(update["weight_hex"], weights[key]["shape"], weights[key]["dtype"])
        try:
            same_bits(got, want)
        except AssertionError as error:
            raise AssertionError(f"update {number}: {error}") from None


STEPS = 100
SHAPE = (23, 11)
RUNS = {
    "sgd": [{}, {"momentum": 0.9}, {"momentum": 0.9, "lazy_update": False}, {"lazy_update": False}],
    "ccsgd": [{"momentum": 0.5}],
    "nag": [{}, {"momentum": 0.9}],
    "signum": [{}, {"wd_lh": 0.01}, {"momentum": 0.0}],
    "ftml": [{}],
    "lars": [{"momentum": 0.9, "eta": 0.1}, {"eta": 0.1}],
    "lbsgd": [{"momentum": 0.9}, {"momentum": 0.9, "batch_scale": 3, "updates_per_epoch": 8},
              {"batch_scale": 2, "warmup_strategy": "lars"}],
    "lamb": [{}, {"bias_correction": False, "lower_bound": 0.5, "upper_bound": 3.0}],
    "dcasgd": [{}],
    "adam": [{}, {"lazy_update": False}],
    "adagrad": [{}],
    "rmsprop": [{}, {"centered": True}, {"clip_weights": 0.5}],
    "adadelta": [{}],
    "ftrl": [{}],
    "adamax": [{}],
    "nadam": [{}],
    "groupadagrad": [{}],
    "test": [{}],
}
COMMON = {"wd": 0.01, "rescale_grad": 0.5, "clip_gradient": 0.9}
NO_DECAY = {"groupadagrad"}
NO_DECAY_IF_SPARSE = {"adagrad"}
FLOAT32_ONLY = {"adagrad", "adadelta", "ftrl", "rmsprop", "groupadagrad"}
CASES = [(name, params, kind) for name, runs in RUNS.items() for params in runs
         for kind in ["dense", "multi_precision", "float16", "row_sparse"]]


def skipped(name, params, kind):
    if kind == "row_sparse" and name == "test":
        return "the original refuses row_sparse weights"
    if kind == "float16" and name in FLOAT32_ONLY:
        return "the original fails on float16 weights"
    return None


def arguments(name, params, kind):
    common = dict(COMMON, learning_rate=0.05, multi_precision=kind == "multi_precision")
    if name in NO_DECAY or kind == "row_sparse" and name in NO_DECAY_IF_SPARSE:
        common["wd"] = 0.0
    return common | params


def random_gradient(rng, kind, dtype):
    values = rng.normal(size=SHAPE).astype(dtype)
    if kind != "row_sparse":
        return mx.nd.array(values, dtype=dtype)
    rows = np.sort(rng.choice(SHAPE[0], rng.integers(1, 9), replace=False))
    return row_sparse(values[: len(rows)], rows, SHAPE, dtype)


@pytest.mark.parametrize("name, params, kind", CASES, ids=lambda value: str(value))
def test_every_step_is_that_of_the_frontends_class(name, params, kind, rng):
    why = skipped(name, params, kind)
    if why:
        pytest.skip(why)
    dtype = "float16" if kind in ("multi_precision", "float16") else "float32"
    values = mx.nd.array(rng.normal(size=SHAPE).astype(dtype), dtype=dtype)
    start = values.tostype("row_sparse") if kind == "row_sparse" else values
    given = arguments(name, params, kind)
    keys = ["fc_weight", "fc_bias"]

    theirs, ours = mx.kv.create("local"), mx.kv.create("local")
    optimizer = mx.optimizer.create(name, param_idx2name=dict(enumerate(keys)), **given)
    theirs._set_updater(mx.optimizer.get_updater(optimizer))
    # As the class has it, `None` and `True` included.
    params = {key: str(value) for key, value in given.items()}
    set_native(ours, {"name": name, "params": params, "mxnet_1_9_1": True,
                      "param_idx2name": dict(enumerate(keys))})
    for key in range(len(keys)):
        theirs.init(key, start)
        ours.init(key, start)
    for step in range(STEPS):
        key = int(rng.integers(len(keys)))
        pushed = random_gradient(rng, kind, dtype)
        theirs.push(key, pushed.copy())
        ours.push(key, pushed)
        got, want = stored(ours, key, start), stored(theirs, key, start)
        if name == "lars" and kind == "row_sparse":
            # The norm of the frontend's class is an operator that rounds at every element.
            np.testing.assert_allclose(got.asnumpy(), want.asnumpy(), rtol=1e-5, atol=1e-6)
            continue
        try:
            same_bits(got, want)
        except AssertionError as error:
            raise AssertionError(f"step {step}: {error}") from None
