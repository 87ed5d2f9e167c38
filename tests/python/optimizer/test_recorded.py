"""Every optimizer class of the frontend, as updater and in a store, against values recorded from MXNet 1.9.1."""

import json

from support import *

GOLDEN = VECTORS / "optimizers"
CASES = json.loads((GOLDEN / "manifest.json").read_text())["files"]
CLASSES = [case for case in CASES if not case["optimizer"].startswith("operator:")]
OPERATORS = [case for case in CASES if case["optimizer"].startswith("operator:")]


def load(case):
    return json.loads((GOLDEN / case["file"]).read_text())


def as_index(text):
    return int(text) if str(text).lstrip("-").isdigit() else text


def array(text, shape, dtype, stype="default"):
    values = np.frombuffer(bytes.fromhex(text), dtype).reshape(shape)
    return mx.nd.array(values, dtype=dtype).tostype(stype) if stype != "default" else mx.nd.array(values, dtype=dtype)


def gradient(entry, weight):
    shape, dtype = weight["shape"], weight["dtype"]
    if entry["stype"] == "default":
        return array(entry["hex"], shape, dtype)
    values = np.frombuffer(bytes.fromhex(entry["hex"]), dtype).reshape([len(entry["rows"]), *shape[1:]])
    if not entry["rows"]:
        return mx.nd.sparse.zeros("row_sparse", tuple(shape), dtype=dtype)
    return row_sparse(values, entry["rows"], tuple(shape), dtype)


def scheduler(entry):
    classes = {"factor": "FactorScheduler", "multifactor": "MultiFactorScheduler", "poly": "PolyScheduler",
               "cosine": "CosineScheduler"}
    return getattr(mx.lr_scheduler, classes[entry["name"]])(**entry["params"])


def make(data):
    arguments = dict(data["params"])
    if "lr_scheduler" in data:
        arguments["lr_scheduler"] = scheduler(data["lr_scheduler"])
    if "param_idx2name" in data:
        arguments["param_idx2name"] = {as_index(k): v for k, v in data["param_idx2name"].items()}
    optimizer = mx.optimizer.create(data["optimizer"], **arguments)
    for name, setter in [("lr_mult", optimizer.set_lr_mult), ("wd_mult", optimizer.set_wd_mult)]:
        if name in data:
            setter({as_index(k): v for k, v in data[name].items()})
    return optimizer


def flat(state):
    if isinstance(state, (tuple, list)):
        return [array for part in state for array in flat(part)]
    return [] if state is None else [state]


def close(got, text, dtype, tolerance):
    want = np.frombuffer(bytes.fromhex(text), dtype).reshape(got.shape)
    limit = tolerance * np.abs(want) + tolerance * np.nanmax(np.abs(want), initial=0)
    difference = np.abs(got.astype("float64") - want.astype("float64"))
    np.testing.assert_array_equal(np.isnan(got), np.isnan(want))
    assert (difference[~np.isnan(want)] <= limit[~np.isnan(want)]).all(), f"differs by up to {np.nanmax(difference)}"


def compare(case, weight, got, states, update):
    got = got.asnumpy()
    norms = case["optimizer"] in ("lamb", "lars")  # the last bit of a norm depends on the order of its sum
    if norms or not case["bit_exact_model"]:
        close(got, update["weight_hex"], weight["dtype"], case["tolerance"]["weight"])
        return
    same_bits(got, np.frombuffer(bytes.fromhex(update["weight_hex"]), weight["dtype"]).reshape(weight["shape"]))
    bits = {state.asnumpy().tobytes().hex() for state in states}
    for name, text in update["states"].items():
        assert text in bits, f"state {name} differs in update {update['step']} of {update['index']}"


@pytest.mark.parametrize("case", CLASSES, ids=lambda c: c["name"])
def test_as_updater(case):
    data = load(case)
    updater = mx.optimizer.get_updater(make(data))
    weights = {w["index"]: (w, array(w["init_hex"], w["shape"], w["dtype"], w["stype"])) for w in data["weights"]}
    for update in data["updates"]:
        weight, value = weights[update["index"]]
        updater(update["index"], gradient(update["grad"], weight), value)
        compare(case, weight, value, flat(updater.states[update["index"]]), update)


@pytest.mark.parametrize("case", [c for c in CLASSES if load(c)["checked_through_kvstore"]], ids=lambda c: c["name"])
def test_in_a_local_store(case):
    data = load(case)
    store = mx.kv.create("local")
    store.set_optimizer(make(data))
    weights = {w["index"]: w for w in data["weights"]}
    for index, weight in weights.items():
        store.init(index, array(weight["init_hex"], weight["shape"], weight["dtype"], weight["stype"]))
    for update in data["updates"]:
        weight = weights[update["index"]]
        store.push(update["index"], gradient(update["grad"], weight))
        out = mx.nd.zeros(weight["shape"], dtype=weight["dtype"])
        store.pull(update["index"], out=out)
        compare(case, weight, out, flat(store._updater.states[update["index"]]), update)


@pytest.mark.parametrize("case", OPERATORS, ids=lambda c: c["name"])
def test_operator(case):
    """AdamW has no class; its state comes in as inputs."""
    data = load(case)
    operator = getattr(mx.nd.contrib, data["optimizer"].split(":")[1])
    params, weight = dict(data["params"]), data["weights"][0]
    value = array(weight["init_hex"], weight["shape"], weight["dtype"])
    states = {name: mx.nd.zeros(info["shape"], dtype=info["dtype"]) for name, info in data["state_info"].items()}
    if "weight32" in states:
        states["weight32"] = value.astype("float32")
    for update in data["updates"]:
        scale = mx.nd.array([update["rescale_grad"]])
        arrays = [value, gradient(update["grad"], weight), *states.values()]
        if "multi" in operator.__name__:
            lists = {name: [params[name]] if not isinstance(params[name], list) else params[name]
                     for name in ("lrs", "wds", "etas") if name in params}
            rest = {name: v for name, v in params.items() if name not in lists}
            for single in ("lr", "wd", "eta"):
                if single in rest:
                    lists[single + "s"] = [rest.pop(single)]
            arrays = [[array] for array in arrays[:2]] + [[state] for state in states.values()]
            operator(*arrays, rescale_grad=scale, out=[value], size=1, **lists, **rest)
        else:
            operator(*arrays, rescale_grad=scale, out=value, **params)
        compare(case, weight, value, states.values(), update)
