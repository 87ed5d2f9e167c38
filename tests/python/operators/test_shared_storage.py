"""Updates whose arrays are parts of one buffer, or one array twice: as if each array were its own."""

import pytest
from support import invoke, mx, np, row_sparse

SIZE = 6
UPDATES = {
    "sgd_mom_update": (3, dict(lr=0.1, momentum=0.9)),
    "nag_mom_update": (3, dict(lr=0.1, momentum=0.9)),
    "signum_update": (3, dict(lr=0.1, momentum=0.9)),
    "adam_update": (4, dict(lr=0.1)),
    "ftrl_update": (4, dict(lr=0.1)),
    "ftml_update": (5, dict(lr=0.1, t=2)),
    "rmsprop_update": (3, dict(lr=0.1)),
    "rmspropalex_update": (5, dict(lr=0.1)),
    "_multi_lamb_update": (4, dict(learning_rates="(0.1,)", wds="(0.1,)", step_count="(1,)", num_tensors=1)),
    "lamb_update_phase1": (4, dict(t=1, wd=0.1)),
    "multi_sgd_mom_update": (3, dict(lrs="(0.1,)", wds="(0.1,)", momentum=0.9, num_weights=1)),
}


def drawn(count):
    # Such that no root of a negative number is drawn: rmspropalex takes that of n - g*g.
    return [np.linspace(1, 2, SIZE, dtype="float32") * factor for factor in (1, 0.5, 2, 0.25, 0.125)[:count]]


def in_one_buffer(values):
    buffer = mx.nd.array(np.concatenate(values))
    return buffer, [buffer[i * SIZE:(i + 1) * SIZE] for i in range(len(values))]


@pytest.mark.parametrize("op", UPDATES)
def test_all_arrays_in_one_buffer(op):
    count, attrs = UPDATES[op]
    apart = [mx.nd.array(x) for x in drawn(count)]
    _, together = in_one_buffer(drawn(count))
    for arrays in (apart, together):
        invoke(op, *arrays, out=arrays[0], **attrs)
    for want, got in zip(apart, together):
        np.testing.assert_array_equal(got.asnumpy(), want.asnumpy())


@pytest.mark.parametrize("op", UPDATES)
def test_only_states_in_one_buffer(op):
    count, attrs = UPDATES[op]
    apart = [mx.nd.array(x) for x in drawn(count)]
    _, states = in_one_buffer(drawn(count)[2:])
    together = [mx.nd.array(x) for x in drawn(2)] + states
    for arrays in (apart, together):
        invoke(op, *arrays, out=arrays[0], **attrs)
    for want, got in zip(apart, together):
        np.testing.assert_array_equal(got.asnumpy(), want.asnumpy())


def test_momentum_and_master_weight_in_one_buffer():
    values = drawn(2)
    apart, (_, together) = [mx.nd.array(x) for x in values], in_one_buffer(values)
    results = []
    for mom, weight32 in (apart, together):
        weight, grad = mx.nd.ones(SIZE, dtype="float16"), mx.nd.ones(SIZE, dtype="float16")
        mx.nd.mp_sgd_mom_update(weight, grad, mom, weight32, lr=0.1, momentum=0.9, out=weight)
        results.append([x.asnumpy() for x in (weight, mom, weight32)])
    for got, want in zip(*results):
        np.testing.assert_array_equal(got, want)


def test_weights_of_several_in_one_buffer():
    _, weights = in_one_buffer(drawn(2))
    grads = [mx.nd.ones(SIZE), mx.nd.ones(SIZE)]
    mx.nd.multi_sgd_update(weights[0], grads[0], weights[1], grads[1], lrs=(0.5, 0.25), wds=(0, 0), num_weights=2, out=weights)
    for weight, before, lr in zip(weights, drawn(2), (0.5, 0.25)):
        np.testing.assert_array_equal(weight.asnumpy(), before - np.float32(lr))


def test_the_weight_as_its_own_momentum():
    weight = mx.nd.ones(SIZE)
    mx.nd.sgd_mom_update(weight, mx.nd.ones(SIZE), weight, lr=0.1, momentum=0.9, out=weight)
    assert np.isfinite(weight.asnumpy()).all()


def test_results_into_the_gradient():
    weight, grad, one = mx.nd.ones(SIZE), mx.nd.ones(SIZE) * 2, mx.nd.ones(1)
    mx.nd.lamb_update_phase2(weight, grad, one, one, lr=0.25, out=grad)
    np.testing.assert_array_equal(grad.asnumpy(), np.full(SIZE, 0.5, "float32"))
    want = [mx.nd.array(x) for x in drawn(4)]
    got = [mx.nd.array(x) for x in drawn(4)]
    attrs = UPDATES["_multi_lamb_update"][1]
    invoke("_multi_lamb_update", *want, out=[want[0]], **attrs)
    invoke("_multi_lamb_update", *got, out=[got[1]], **attrs)
    np.testing.assert_array_equal(got[1].asnumpy(), want[0].asnumpy())


def test_a_sparse_result_into_the_gradient():
    weight = row_sparse(np.ones((2, 3)), [0, 1], (2, 3))
    grad = row_sparse(np.ones((2, 3)), [0, 1], (2, 3))
    mx.nd.sgd_update(weight, grad, lr=0.25, out=grad)
    np.testing.assert_array_equal(grad.asnumpy(), np.full((2, 3), 0.75, "float32"))
