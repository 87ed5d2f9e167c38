"""2-bit gradient compression in the `device` store, against values recorded from MXNet 1.9.1."""

import json

from support import *

GOLDEN = VECTORS / "compression"


def cases(name):
    return [pytest.param(case, id=str(case.get("name", case.get("params")))) for case in json.loads((GOLDEN / name).read_text())["cases"]]


def decode(text, shape):
    return np.frombuffer(bytes.fromhex(text), "float32").reshape(shape)


def set_raw(store, parameters):
    keys, values = [(ctypes.c_char_p * len(parameters))(*[str(x).encode() for x in part])
                    for part in (parameters.keys(), parameters.values())]
    return _LIB.MXKVStoreSetGradientCompression(store.handle, len(parameters), keys, values)


@pytest.mark.parametrize("case", cases("twobit_kvstore.json"))
def test_recorded_run(case):
    shape, key = case["shape"], "w"
    store = mx.kv.create("device")
    store.set_gradient_compression(case["params"])
    store.init(key, mx.nd.ones(shape) if case["init"] == "ones" else mx.nd.zeros(shape))
    if "optimizer" in case:
        given = dict(case["optimizer"])
        store.set_optimizer(mx.optimizer.create(given.pop("name"), **given.get("params", given)))
    for entry in case["rounds"]:
        if "threshold" in entry:
            store.set_gradient_compression({**case["params"], "threshold": entry["threshold"]})
        gradients = [mx.nd.array(decode(g, shape), ctx=mx.cpu(i)) for i, g in enumerate(entry["grads_hex"])]
        store.push(key, gradients)
        out = mx.nd.zeros(shape)
        store.pull(key, out=out)
        np.testing.assert_allclose(out.asnumpy(), decode(entry["pulled_hex"], shape), rtol=1e-6)
        for gradient, given in zip(gradients, entry["grads_hex"]):
            same_bits(gradient, decode(given, shape))


@pytest.mark.parametrize("case", cases("twobit.json"))
def test_recorded_codec(case):
    """One device: what is pulled is the decoded gradient itself."""
    shape = case["shape"]
    store = mx.kv.create("device")
    store.set_gradient_compression({"type": "2bit", "threshold": case["threshold"]})
    store.init(1, mx.nd.zeros(shape))
    for entry in case["rounds"]:
        store.push(1, mx.nd.array(decode(entry["grad_hex"], shape)))
        out = mx.nd.zeros(shape)
        store.pull(1, out=out)
        same_bits(out, decode(entry["dequantized_hex"], shape))


@pytest.mark.parametrize("case", cases("params.json"))
def test_parameters(case):
    """Like the original's next release, and unlike 1.9.1, we know 1bit."""
    accepted = case["accepted"] or not ORIGINAL and case["params"].get("type") == "1bit"
    assert set_raw(mx.kv.create("device"), case["params"]) == (0 if accepted else -1)


@pytest.mark.ours("the original's 1.9.1 has no 1bit")
@pytest.mark.parametrize("case", cases("onebit.json"))
def test_recorded_one_bit_codec(case):
    shape = case["shape"]
    store = mx.kv.create("device")
    store.set_gradient_compression({"type": "1bit", "threshold": case["threshold"]})
    store.init(1, mx.nd.zeros(shape))
    for entry in case["rounds"]:
        store.push(1, mx.nd.array(decode(entry["grad_hex"], shape)))
        out = mx.nd.zeros(shape)
        store.pull(1, out=out)
        same_bits(out, decode(entry["dequantized_hex"], shape))


@pytest.mark.ours("the original's 1.9.1 has no 1bit")
def test_another_scheme_starts_without_residuals():
    """What 2bit left over (0.4) would turn the first bit around."""
    store = mx.kv.create("device")
    store.init(1, mx.nd.zeros((1,)))
    out = mx.nd.zeros((1,))
    for params, pushed, seen in (
        ({"type": "2bit", "threshold": 0.5}, 0.4, 0),
        ({"type": "1bit", "threshold": 0.3}, 0.1, -1),
        ({"type": "1bit", "threshold": 2.0}, 0.1, -1),
        ({"type": "1bit", "threshold": 1.0}, 0.1, 1),
    ):
        store.set_gradient_compression(params)
        store.pushpull(1, mx.nd.full((1,), pushed), out=out)
        assert out.asscalar() == seen, params


def test_the_frontend_refuses_it_on_local():
    with pytest.raises(Exception, match="[Gg]radient compression"):
        mx.kv.create("local").set_gradient_compression({"type": "2bit"})


@pytest.mark.ours("the original accepts it and does not compress")
@pytest.mark.parametrize("name", ["local", "local_update_cpu", "local_allreduce_cpu"])
def test_local_refuses_it(name):
    store = mx.kv.create(name)
    with fails("local", "compress"):
        check_call(set_raw(store, {"type": "2bit", "threshold": "0.5"}))


@pytest.mark.parametrize("dtype", ["float16", "float64", "int32"])
def test_only_float32(dtype):
    store = mx.kv.create("device")
    store.set_gradient_compression({"type": "2bit"})
    store.init(1, mx.nd.zeros((4,), dtype=dtype))
    with fails("float32", dtype):
        store.push(1, [mx.nd.ones((4,), dtype=dtype)] * 2)
        mx.nd.waitall()


@pytest.mark.ours("silently wrong in the original")
def test_row_sparse_gradients_are_refused():
    store = mx.kv.create("device")
    store.set_gradient_compression({"type": "2bit"})
    store.init(1, mx.nd.zeros((4, 2)))
    with fails("row_sparse"):
        store.push(1, row_sparse([[1, 2]], [1], (4, 2)))
        mx.nd.waitall()


@pytest.mark.ours("the original crashes")
def test_switched_on_after_pushes_from_several_devices():
    store = mx.kv.create("device")
    store.init(1, mx.nd.zeros((4,)))
    values = [mx.nd.full((4,), 0.75, ctx=mx.cpu(i)) for i in range(2)]
    store.push(1, values)
    store.set_gradient_compression({"type": "2bit", "threshold": 0.5})
    out = mx.nd.zeros((4,))
    store.pushpull(1, values, out=out)
    assert out.asnumpy().tolist() == [1, 1, 1, 1]


def as_half(values, kind):
    """Rounded to the nearest, ties to even."""
    if kind == "fp16":
        with np.errstate(over="ignore"):
            return values.astype("float16").astype("float32")
    bits = values.view("uint32")
    return ((bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000).astype("uint32").view("float32")


@pytest.mark.ours("the original has no 16-bit compression")
@pytest.mark.parametrize("kind", ["fp16", "bf16"])
@pytest.mark.parametrize("devices", [1, 2, 3])
def test_halves_are_rounded_one_by_one_and_summed_in_float32(kind, devices):
    draw = np.random.RandomState(devices)
    shape = (7, 301)
    store = mx.kv.create("device")
    store.set_gradient_compression({"type": kind})
    store.init("w", mx.nd.zeros(shape))
    out = mx.nd.zeros(shape)
    for _ in range(3):
        given = [(draw.standard_normal(shape) * 2.0 ** draw.randint(-30, 18, shape)).astype("float32") for _ in range(devices)]
        values = [mx.nd.array(g, ctx=mx.cpu(i)) for i, g in enumerate(given)]
        store.push("w", values)
        store.pull("w", out=out)
        # Nothing is left over from the step before.
        same_bits(out, sum((as_half(g, kind) for g in given[1:]), as_half(given[0], kind)))
        for value, before in zip(values, given):
            same_bits(value, before)


@pytest.mark.ours("the original has no 16-bit compression")
@pytest.mark.parametrize("kind", ["fp16", "bf16"])
def test_halves_take_no_threshold(kind):
    store = mx.kv.create("device")
    with fails("threshold", kind, "0.5"):
        check_call(set_raw(store, {"type": kind, "threshold": "0.5"}))
    with fails("local", "compress"):
        check_call(set_raw(mx.kv.create("local"), {"type": kind}))


@pytest.mark.ours("the original has no 16-bit compression")
def test_an_optimizer_sees_rounded_gradients():
    store = mx.kv.create("device")
    store.set_gradient_compression({"type": "bf16"})
    store.init(0, mx.nd.ones((3,)))
    store.set_optimizer(mx.optimizer.SGD(learning_rate=1.0))
    gradient = np.array([1.00390625, 1.01171875, 0.3], "float32")
    out = mx.nd.zeros((3,))
    store.push(0, mx.nd.array(gradient))
    store.pull(0, out=out)
    same_bits(out, np.float32(1) - as_half(gradient, "bf16"))
